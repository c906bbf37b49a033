/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cmocka with errors of sonde: what was not expected is said in its own words. */
#ifndef TESTS_WIRE_CHECK_H
#define TESTS_WIRE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sonde/error.h>

/** @p expression must succeed. */
#define check(expression) check_success((expression), #expression, __FILE__, __LINE__)

/** @p expression must fail with @p kind; the error is destroyed. */
#define check_fails(expression, kind) \
	check_failure((expression), (kind), NULL, #expression, __FILE__, __LINE__)

/** The same, and @p word must be in what the error says. */
#define check_says(expression, kind, word) \
	check_failure((expression), (kind), (word), #expression, __FILE__, __LINE__)

static inline void check_success(
	struct sonde_error *error, const char *expression, const char *file, int line)
{
	if (!error)
		return;
	print_error("%s: %s: %s (%s)\n", expression, sonde_error_what(error),
		sonde_error_why(error), sonde_error_kind_name(sonde_error_kind(error)));
	sonde_error_destroy(error);
	_fail(file, line);
}

static inline void check_failure(struct sonde_error *error, enum sonde_error_kind kind,
	const char *word, const char *expression, const char *file, int line)
{
	bool fits;

	if (!error) {
		print_error("%s: should have failed\n", expression);
		_fail(file, line);
		return;
	}
	fits = sonde_error_kind(error) == kind &&
	       (!word || strstr(sonde_error_why(error), word) ||
		       strstr(sonde_error_what(error), word));
	if (!fits)
		print_error("%s: %s: %s (%s); should have been: %s, \"%s\"\n", expression,
			sonde_error_what(error), sonde_error_why(error),
			sonde_error_kind_name(sonde_error_kind(error)),
			sonde_error_kind_name(kind), word ? word : "");
	sonde_error_destroy(error);
	if (!fits)
		_fail(file, line);
}

#endif
