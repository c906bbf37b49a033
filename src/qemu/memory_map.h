/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which physical addresses are RAM or ROM, as the monitor's `info mtree -f` tells it of
 * system memory (QEMU's system/memory.c, once softmmu/memory.c, mtree_print_flatview).
 *
 * A view is printed once for all address spaces that are equal to it. The one of "memory"
 * is taken: a CPU's own, "cpu-memory-0", may differ in what it alone sees, such as SMRAM,
 * and is taken where no "memory" is. QEMU 2.9 and 2.10 print views in another way,
 * without the offsets, and are refused.
 */
#ifndef SONDE_QEMU_MEMORY_MAP_H
#define SONDE_QEMU_MEMORY_MAP_H

#include <stddef.h>

#include "error.h"

enum {
	/** More ranges than this no machine has. */
	SONDE_QEMU_RANGES_MAX = 4096,
};

struct sonde_qemu_range {
	/** Physical; both included. */
	uint64_t first, last;
	/** Where it begins in its memory region (bytes). */
	uint64_t offset;
	/** ROM, or a ROM device in its ROM mode: not to be written behind QEMU's back. */
	bool read_only;
	/** Of the memory region, such as "pc.ram". Owned. */
	char *region;
};

/** Sorted, without overlaps. */
struct sonde_qemu_memory_map {
	struct sonde_qemu_range *ranges;
	size_t count;
};

/**
 * Keeps what can be read like RAM, which "i/o" and devices' memory ("ramd") cannot; what
 * adjoins in its region as well as in the address space becomes one range.
 * SONDE_ERROR_BAD_DATA where @p text has no flat view of system memory, or one that
 * cannot be. The caller deinits @p ret.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_memory_map_parse(
	const char *text, struct sonde_qemu_memory_map *ret);
void sonde_qemu_memory_map_deinit(struct sonde_qemu_memory_map *map);

/** The range that @p address is in, or NULL. */
const struct sonde_qemu_range *sonde_qemu_memory_map_find(
	const struct sonde_qemu_memory_map *map, uint64_t address);

/** Sum of all ranges that can be written: the guest's RAM (bytes). */
uint64_t sonde_qemu_memory_map_ram_bytes(const struct sonde_qemu_memory_map *map);

#endif
