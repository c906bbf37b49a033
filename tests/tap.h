/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests that print the Test Anything Protocol, for programs that are no cmocka suites. */
#ifndef SONDE_TESTS_TAP_H
#define SONDE_TESTS_TAP_H

#include <setjmp.h>
#include <sonde/error.h>

struct tap {
	unsigned count;
	unsigned failed;
	/** Where the check that runs now ends early. */
	jmp_buf end;
	char skip[256];
	char why[512];
};

/** Runs one check; it ends by returning, tap_fail or tap_skip. */
void tap_run(struct tap *tap, const char *name, void (*check)(void *), void *argument);

/** Prints the plan; the exit status of the program. */
int tap_finish(const struct tap *tap);

_Noreturn void tap_fail(struct tap *tap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
_Noreturn void tap_skip(struct tap *tap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Fails with what @p error says, which is destroyed. NULL goes on. */
void tap_ok(struct tap *tap, struct sonde_error *error, const char *file, int line);

/** Fails unless @p error is of this kind; it is destroyed. */
void tap_is(struct tap *tap, struct sonde_error *error, enum sonde_error_kind kind,
	const char *file, int line);

#define TAP_OK(tap, expression)	      tap_ok(tap, expression, __FILE__, __LINE__)
#define TAP_IS(tap, expression, kind) tap_is(tap, expression, kind, __FILE__, __LINE__)
#define TAP_TRUE(tap, condition)                                                    \
	do {                                                                        \
		if (!(condition))                                                   \
			tap_fail(tap, "%s:%d: %s", __FILE__, __LINE__, #condition); \
	} while (0)

#endif
