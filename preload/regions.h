/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table of address ranges of this process: what was reserved, and what has become
 * shared RAM. No two of them overlap. It allocates nothing. Its user keeps
 * threads apart; regions_any() alone may be called by anybody.
 */
#ifndef SONDE_PRELOAD_REGIONS_H
#define SONDE_PRELOAD_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	/** QEMU has a region for each of 256 DIMMs, and some for devices. */
	REGIONS_MAX = 1024,
};

enum region_kind {
	REGION_NONE,
	/** Addresses without memory (PROT_NONE). */
	REGION_RESERVED,
	/** A shared mapping. */
	REGION_RAM,
};

struct region {
	enum region_kind kind;
	/** Addresses; @ref end is behind it. */
	uintptr_t first, end;
	/** The memfd that is mapped; -1: a file of QEMU's, or none. Several regions may
	 * have the same one. */
	int fd;
	/** REGION_RAM: where in the file @ref first is (bytes). */
	off64_t offset;
};

/** Whether there is any. */
bool regions_any(void);

bool regions_are_full(void);

/** Nothing is done where they are full. */
void regions_add(const struct region *region);

/** The lowest one that has an address in [@p first, @p end), or NULL. It is the table's.
 */
struct region *regions_find(uintptr_t first, uintptr_t end);

/**
 * Take [@p first, @p end) out of @p region, which may leave none, one, or two. Where a
 * second one finds no place in the table, the upper one is lost.
 *
 * @return what was taken out
 */
struct region regions_cut(struct region *region, uintptr_t first, uintptr_t end);

/** Whether some region has this file. */
bool regions_have(int fd);

#endif
