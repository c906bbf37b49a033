/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where each register is on the wire: its number for p and P, its place in g and G.
 * A layout comes from a target description, or from the architecture's own table.
 */
#ifndef SONDE_GDB_LAYOUT_H
#define SONDE_GDB_LAYOUT_H

#include "arch.h"
#include "description.h"

struct sonde_gdb_slot {
	unsigned number;
	unsigned bytes;
	/** In g, and in a cache of registers. */
	size_t offset;
};

struct sonde_gdb_layout {
	/**
	 * As users see them: @ref count that the stub has, in the order of their numbers,
	 * and behind them those that only a helper has, @ref listed in all.
	 */
	struct sonde_register *registers;
	size_t listed;
	/** Of the stub's registers. */
	struct sonde_gdb_slot *slots;
	size_t count;
	/** The length of all of them. */
	size_t bytes;
	/** How much of that g carries; 0 as long as no g was seen. */
	size_t g_bytes;
	/** Keeps the names alive. */
	struct sonde_gdb_description description;
};

void sonde_gdb_layout_deinit(struct sonde_gdb_layout *layout);

/** Takes over @p description, also on failure. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_layout_from_description(
	const struct sonde_arch *arch, struct sonde_gdb_description *description,
	struct sonde_gdb_layout *ret);

/** As much of the architecture's table as @p g_bytes hold. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_layout_from_arch(
	const struct sonde_arch *arch, size_t g_bytes, struct sonde_gdb_layout *ret);

/**
 * Lists @p count registers of a helper, but for those whose name is there already. The
 * names are borrowed.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_layout_list(struct sonde_gdb_layout *layout,
	const struct sonde_register *registers, size_t count);

/** The index of the register that the protocol calls @p number, or -1. */
ptrdiff_t sonde_gdb_layout_find(const struct sonde_gdb_layout *layout, uint64_t number);

enum sonde_gdb_register_state {
	SONDE_GDB_REGISTER_UNKNOWN,
	SONDE_GDB_REGISTER_VALID,
	/** The stub knows it but not its value. */
	SONDE_GDB_REGISTER_UNAVAILABLE,
};

/** What is known of one thread's registers, in the target's byte order. */
struct sonde_gdb_register_cache {
	uint8_t *bytes;
	/** One enum sonde_gdb_register_state a register. */
	uint8_t *states;
	/** The epoch that this is from. */
	uint64_t epoch;
	/** Registers fetched one by one in this epoch. */
	unsigned singles;
	bool has_g;
	/** g was sent in the epoch before this number. */
	uint64_t synchronized;
};

SONDE_NODISCARD struct sonde_error *sonde_gdb_register_cache_init(
	struct sonde_gdb_register_cache *cache, const struct sonde_gdb_layout *layout);
void sonde_gdb_register_cache_deinit(struct sonde_gdb_register_cache *cache);
void sonde_gdb_register_cache_clear(
	struct sonde_gdb_register_cache *cache, const struct sonde_gdb_layout *layout);

/** Takes one register as p and stop replies carry it; false if that makes no sense. */
bool sonde_gdb_register_cache_put(struct sonde_gdb_register_cache *cache,
	const struct sonde_gdb_layout *layout, size_t index, const char *hex,
	size_t digits);

/** Takes a whole g reply; SONDE_ERROR_BAD_DATA if it is none. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_register_cache_put_all(
	struct sonde_gdb_register_cache *cache, const struct sonde_gdb_layout *layout,
	const char *hex, size_t digits);

#endif
