/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copying out of mapped files that others may cut short. Reading behind the end of one
 * raises SIGBUS. One handler a process sees to that: a fault inside a copy that is under
 * way here, in the thread that makes it, gets a page of zeros to read on from, and the
 * copy says afterwards that it went wrong. Every other SIGBUS is passed on to whoever had
 * the signal before.
 *
 * This costs three stores and a load a copy, no system call and no jump buffer. A program
 * that takes SIGBUS for itself later has to pass on what it does not know, as this does;
 * one that cannot do that lets RAM be read with pread() instead
 * (struct sonde_options.no_mapping).
 */
#ifndef SONDE_CORE_GUARDED_COPY_H
#define SONDE_CORE_GUARDED_COPY_H

#include <stdint.h>
#include <string.h>

#include "error.h"

/** What this thread copies at the moment; the handler looks at it. */
struct sonde_guarded_range {
	/** Neither is dereferenced. */
	uintptr_t first, end;
	/** Set by the handler. */
	int failed;
};

extern __thread struct sonde_guarded_range sonde_guarded_range
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

static inline struct sonde_guarded_range *sonde_guarded_range_of_thread(void)
{
	struct sonde_guarded_range *range = &sonde_guarded_range;

	/*
	 * The linker makes LEA of the ADD that finds what is a thread's, and LEA sets no
	 * flags: a check for NULL that GCC builds on them (UBSan) fails for nothing.
	 */
#ifdef __SANITIZE_ADDRESS__
	__asm__("" : "+r"(range));
#endif
	return range;
}

/** Installs the handler, once a process: before the first window is shown to anybody. */
SONDE_NODISCARD struct sonde_error *sonde_guarded_copy_prepare(void);

/**
 * From here to sonde_guard_end() this thread may use these bytes, and nothing that is
 * called in between may have them unmapped. Begun again, it is about other bytes.
 */
static inline void sonde_guard_begin(const void *from, size_t length)
{
	struct sonde_guarded_range *range = sonde_guarded_range_of_thread();

	range->first = (uintptr_t)from;
	range->end = (uintptr_t)from + length;
	__asm__ volatile("" ::: "memory");
}

/**
 * False: a file behind these bytes ends before them, and what was read means nothing.
 * From then on pages of zeros lie there, so the whole mapping is to be given up.
 */
static inline bool sonde_guard_end(void)
{
	struct sonde_guarded_range *range = sonde_guarded_range_of_thread();

	__asm__ volatile("" ::: "memory");
	range->end = 0;
	if (__builtin_expect(range->failed, 0)) {
		range->failed = 0;
		return false;
	}
	return true;
}

/** As sonde_guard_end() says. */
static inline bool sonde_guarded_copy(void *to, const void *from, size_t length)
{
	sonde_guard_begin(from, length);
	/* The compiler makes one move of what is most often wanted. */
	if (length == 8)
		memcpy(to, from, 8);
	else
		memcpy(to, from, length);
	return sonde_guard_end();
}

/** The same where what is written to, @p to, may end. */
static inline bool sonde_guarded_store(void *to, const void *from, size_t length)
{
	sonde_guard_begin(to, length);
	memcpy(to, from, length);
	return sonde_guard_end();
}

#endif
