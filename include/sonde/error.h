/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors. Every function of sonde that can fail returns a struct sonde_error *:
 * NULL is success, anything else belongs to the caller, who hands it on or
 * destroys it. An out-parameter is written on success only.
 */
#ifndef SONDE_ERROR_H
#define SONDE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SONDE_PUBLIC	__attribute__((visibility("default")))
#define SONDE_NODISCARD __attribute__((warn_unused_result))
/** A pointer that is returned, never NULL. */
#define SONDE_NEVER_NULL __attribute__((returns_nonnull))
/** Takes a format, as argument @p text, and what it is about, from @p first on. */
#define SONDE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SONDE_PUBLIC
#define SONDE_NODISCARD
#define SONDE_NEVER_NULL
#define SONDE_PRINTF(text, first)
#endif

enum sonde_error_kind {
	SONDE_ERROR_NO_MEMORY,
	/** An address that cannot be read or written: see sonde_error_address(). */
	SONDE_ERROR_FAULT,
	SONDE_ERROR_NOT_FOUND,
	/** This target, stub or machine cannot do it. */
	SONDE_ERROR_UNSUPPORTED,
	/** The other side broke the protocol, or reported an error of its own. */
	SONDE_ERROR_PROTOCOL,
	/** The operating system failed us: connect, read, write. */
	SONDE_ERROR_IO,
	/** What was read makes no sense (corrupt, hostile, or not what it claims). */
	SONDE_ERROR_BAD_DATA,
	SONDE_ERROR_PERMISSION,
	/** sonde_interrupt() was called. */
	SONDE_ERROR_INTERRUPTED,
	/** The other side did not answer in time. */
	SONDE_ERROR_TIMEOUT,
	/** Somebody else holds it. */
	SONDE_ERROR_BUSY,
	/** The caller asked for something that has no meaning. */
	SONDE_ERROR_INVALID,
	/** The target runs, and has to be stopped for this. */
	SONDE_ERROR_RUNNING,
};

struct sonde_error;

/** @p error must not be NULL. */
SONDE_PUBLIC enum sonde_error_kind sonde_error_kind(const struct sonde_error *error);

/** A short lower-case word for a kind, such as "fault". Never freed. */
SONDE_PUBLIC const char *sonde_error_kind_name(enum sonde_error_kind kind);

/** What was tried, such as "reading 16 bytes at 0x1000". Lives as long as @p error. */
SONDE_PUBLIC const char *sonde_error_what(const struct sonde_error *error);

/** Why it failed. Lives as long as @p error. */
SONDE_PUBLIC const char *sonde_error_why(const struct sonde_error *error);

/** What to try next, or NULL where there is nothing to say. Lives as long as @p error. */
SONDE_PUBLIC const char *sonde_error_hint(const struct sonde_error *error);

/** The first address that could not be accessed; 0 for kinds other than a fault. */
SONDE_PUBLIC uint64_t sonde_error_address(const struct sonde_error *error);

/** Releases @p error; NULL is allowed. */
SONDE_PUBLIC void sonde_error_destroy(struct sonde_error *error);

/*
 * Making errors: for helpers, whose operations return them. Where there is no memory
 * for one, the error that is made says that.
 */

/** An error whose reason is @p why_format, in lower case and without a full stop. */
SONDE_PUBLIC struct sonde_error *sonde_error_create(enum sonde_error_kind kind,
	const char *why_format, ...) SONDE_PRINTF(2, 3) SONDE_NEVER_NULL;

/** Of kind I/O, permission or no memory by @p number, an errno value. */
SONDE_PUBLIC struct sonde_error *sonde_error_system(int number) SONDE_NEVER_NULL;

/** @p address cannot be accessed. @p why may be NULL: "no memory can be accessed". */
SONDE_PUBLIC struct sonde_error *sonde_error_fault(
	uint64_t address, const char *why) SONDE_NEVER_NULL;

/** Puts what was tried in front of what @p error says; returns @p error, NULL for NULL.
 */
SONDE_PUBLIC struct sonde_error *sonde_error_while(
	struct sonde_error *error, const char *what_format, ...) SONDE_PRINTF(2, 3);

/** Says what to try next, unless something was said already; returns @p error. */
SONDE_PUBLIC struct sonde_error *sonde_error_suggest(
	struct sonde_error *error, const char *hint_format, ...) SONDE_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#endif
