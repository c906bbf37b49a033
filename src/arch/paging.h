/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How CPUs translate addresses, as data: formats of page tables, and which of them are in
 * use. Nothing is read here; src/core/page_walk.h walks.
 */
#ifndef SONDE_ARCH_PAGING_H
#define SONDE_ARCH_PAGING_H

#include <stdbool.h>
#include <stdint.h>

struct sonde_page_format;

/** One range of virtual addresses and the tables that translate it. */
struct sonde_page_range {
	/** Both included. */
	uint64_t first, last;
	/** Physical address of the top table. */
	uint64_t root;
	const struct sonde_page_format *format;
};

enum {
	/** Of the halves of the address space. */
	SONDE_PAGE_RANGES_MAX = 2,
};

/** What a CPU translates with at the moment. */
struct sonde_page_regime {
	/** 0: nothing is translated, virtual addresses are physical ones. */
	unsigned range_count;
	struct sonde_page_range ranges[SONDE_PAGE_RANGES_MAX];
	/** A word for users: "none", "4-level", "4-level, 16k pages", "sv39". Never
	 * freed. */
	const char *name;
};

#endif
