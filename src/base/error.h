/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the library alone does with errors; what they are, <sonde/error.h> says. */
#ifndef SONDE_BASE_ERROR_H
#define SONDE_BASE_ERROR_H

#include <sonde/error.h>
#include "macros.h"

/** The one that needs no memory. */
struct sonde_error *sonde_error_no_memory(void) NEVER_NULL;

static inline bool sonde_error_is(
	const struct sonde_error *error, enum sonde_error_kind kind)
{
	return error && sonde_error_kind(error) == kind;
}

/** Destroys @p second if there is a @p first; returns the one that remains. */
struct sonde_error *sonde_error_first(
	struct sonde_error *first, struct sonde_error *second);

/* The analyzer does not believe returns_nonnull; what it may assume is spelled out. */
#if defined(__clang_analyzer__) && !defined(SONDE_ERROR_IMPLEMENTATION)
static inline struct sonde_error *sonde_error_not_null(struct sonde_error *error)
{
	if (!error)
		__builtin_unreachable();
	return error;
}
#define sonde_error_create(...)		sonde_error_not_null(sonde_error_create(__VA_ARGS__))
#define sonde_error_fault(...)		sonde_error_not_null(sonde_error_fault(__VA_ARGS__))
#define sonde_error_system(...)		sonde_error_not_null(sonde_error_system(__VA_ARGS__))
#define sonde_error_while(error, ...)	(error)
#define sonde_error_suggest(error, ...) (error)
#define sonde_error_no_memory(x)	sonde_error_not_null(sonde_error_no_memory(x))
#endif

#endif
