/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Macros for cleanup, checks and arrays; nothing that hides control flow but CHECK. */
#ifndef SONDE_BASE_MACROS_H
#define SONDE_BASE_MACROS_H

#include <stddef.h>
#include <stdlib.h>

#define ARRAY_SIZE(array)	 (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(p, type, m) ((type *)(void *)((char *)(p)-offsetof(type, m)))
#define CLEANUP(function)	 __attribute__((cleanup(function)))
#define PRINTF(text, first)	 __attribute__((format(printf, text, first)))
/** What is seldom called, out of the way of what is called all the time. */
#define NOINLINE   __attribute__((noinline))
#define NEVER_NULL __attribute__((returns_nonnull))

/** Returns what @p expression returned, unless that is NULL. */
#define CHECK(expression)                                       \
	do {                                                    \
		struct sonde_error *check_error = (expression); \
		if (check_error)                                \
			return check_error;                     \
	} while (0)

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

#endif
