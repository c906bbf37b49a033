/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

enum {
	PASSED,
	FAILED,
	SKIPPED,
};

void tap_run(struct tap *tap, const char *name, void (*check)(void *), void *argument)
{
	int result = setjmp(tap->end);

	if (!result) {
		tap->count++;
		check(argument);
	}
	if (result == FAILED) {
		tap->failed++;
		printf("not ok %u - %s\n# %s\n", tap->count, name, tap->why);
	} else if (result == SKIPPED) {
		printf("ok %u - %s # SKIP %s\n", tap->count, name, tap->skip);
	} else {
		printf("ok %u - %s\n", tap->count, name);
	}
	fflush(stdout);
}

int tap_finish(const struct tap *tap)
{
	printf("1..%u\n", tap->count);
	return tap->failed ? 1 : 0;
}

void tap_fail(struct tap *tap, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(tap->why, sizeof(tap->why), format, arguments);
	va_end(arguments);
	longjmp(tap->end, FAILED);
}

void tap_skip(struct tap *tap, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(tap->skip, sizeof(tap->skip), format, arguments);
	va_end(arguments);
	longjmp(tap->end, SKIPPED);
}

void tap_ok(struct tap *tap, struct sonde_error *error, const char *file, int line)
{
	char text[400];

	if (!error)
		return;
	snprintf(text, sizeof(text), "%s: %s", sonde_error_what(error),
		sonde_error_why(error));
	sonde_error_destroy(error);
	tap_fail(tap, "%s:%d: %s", file, line, text);
}

void tap_is(struct tap *tap, struct sonde_error *error, enum sonde_error_kind kind,
	const char *file, int line)
{
	enum sonde_error_kind got;

	if (!error)
		tap_fail(tap, "%s:%d: success where an error \"%s\" was due", file, line,
			sonde_error_kind_name(kind));
	got = sonde_error_kind(error);
	if (got != kind)
		tap_ok(tap, error, file, line);
	sonde_error_destroy(error);
}
