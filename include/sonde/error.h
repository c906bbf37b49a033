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
#else
#define SONDE_PUBLIC
#define SONDE_NODISCARD
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

#ifdef __cplusplus
}
#endif

#endif
