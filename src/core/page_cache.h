/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which physical page a virtual one is, remembered as long as a space remembers anything:
 * for memory that no window shows (window.h), where each entry of a walk is a system call
 * or a packet. Large pages are remembered whole, since what a kernel has of its own lies
 * in few of them.
 */
#ifndef SONDE_CORE_PAGE_CACHE_H
#define SONDE_CORE_PAGE_CACHE_H

#include "paging.h"
#include "space.h"

enum {
	/** A power of two. */
	SONDE_PAGE_CACHE_SLOTS = 1024,
	SONDE_PAGE_CACHE_LARGE = 16,
	/** Reads of so many pages of windows, and no more, look for each page here. */
	SONDE_PAGE_CACHE_PAGES = 8,
};

struct sonde_page_cache {
	struct {
		/** Multiples of SONDE_WINDOW_PAGE_BYTES. */
		uint64_t address, physical;
		/** The space's sonde_space_age() when it was walked to; 0: never. */
		uint64_t age;
	} slots[SONDE_PAGE_CACHE_SLOTS];
	/** Pages that are larger than that, and which one is to be replaced next. */
	struct {
		uint64_t address, physical, bytes;
		uint64_t age;
	} large[SONDE_PAGE_CACHE_LARGE];
	unsigned oldest_large;
};

/**
 * The physical address of @p address in @p space, which @p regime makes of @p physical.
 * Faults as sonde_page_walk() does.
 */
SONDE_NODISCARD struct sonde_error *sonde_page_cache_find(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, uint64_t *ret);

/** As sonde_page_read(), of @p space; what is within a few pages is looked for here. */
SONDE_NODISCARD struct sonde_error *sonde_page_cache_read(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, void *buffer, size_t length);

/** As sonde_space_ops.look, of @p space; what it shows is one page of windows, or
 * nothing. */
SONDE_NODISCARD struct sonde_error *sonde_page_cache_look(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, struct sonde_window *ret);

#endif
