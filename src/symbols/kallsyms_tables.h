/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of kallsyms, once they were found: kallsyms_locate.c finds them. */
#ifndef SONDE_SYMBOLS_KALLSYMS_TABLES_H
#define SONDE_SYMBOLS_KALLSYMS_TABLES_H

#include "kallsyms.h"

#include "macros.h"
#include "space.h"

enum {
	SONDE_KALLSYMS_TOKENS = 256,
	/** Names are found from one of so many on. */
	SONDE_KALLSYMS_BLOCK_NAMES = 256,
	/** No kernel has half as many symbols. */
	SONDE_KALLSYMS_COUNT_MAX = 1 << 22,
	/** A length is at most KSYM_NAME_LEN, in two bytes (scripts/kallsyms.c). */
	SONDE_KALLSYMS_BLOCK_BYTES_MAX =
		SONDE_KALLSYMS_BLOCK_NAMES * (SONDE_SYMBOL_NAME_BYTES + 2),
	/** A length and a byte. */
	SONDE_KALLSYMS_BLOCK_BYTES_MIN = SONDE_KALLSYMS_BLOCK_NAMES * 2,
	/** Offsets of tokens have 16 bits (bytes). */
	SONDE_KALLSYMS_TOKEN_BYTES_MAX = 1 << 16,
	/** Of so many symbols the addresses come in one read, where that is a round trip.
	 */
	SONDE_KALLSYMS_NEAR = 64,
};

enum sonde_kallsyms_addressing {
	/** Kernels before 6.13 with CONFIG_SONDE_KALLSYMS_ABSOLUTE_PERCPU: an offset that
	 * is not negative is the address, others count down from base - 1. */
	SONDE_KALLSYMS_ABSOLUTE_PERCPU,
	/** Unsigned offsets from the base. */
	SONDE_KALLSYMS_BASE,
	/** Signed ones from where the offset lies. */
	SONDE_KALLSYMS_SELF,
};

struct sonde_kallsyms_tables {
	/** Not owned. */
	struct sonde_space *space;
	struct sonde_kallsyms_place place;
	uint32_t count;
	enum sonde_kallsyms_addressing addressing;
	/** Addresses of the tables; @ref sequences 0: there is none. */
	uint64_t names, offsets, sequences;
	/** What offsets are relative to. */
	uint64_t base;
	/** So many entries are looked at to see what a table is. */
	unsigned samples;
	/** Where each block of names begins, from @ref names on, and where the last one
	 * ends; rising by at most SONDE_KALLSYMS_BLOCK_BYTES_MAX. Owned. */
	uint32_t *markers;
	uint32_t block_count;
	/** SONDE_KALLSYMS_TOKENS strings, each with its NUL. Owned. */
	char *tokens;
	uint16_t token_index[SONDE_KALLSYMS_TOKENS];
	/** Where a read is a round trip: offsets that were read, by index, and which of
	 * them are known. NULL elsewhere. Owned. */
	uint32_t *kept;
	bool *known;
};

/** Finds the tables; after an error @p ret is to be deinitialized, too. */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_locate(struct sonde_space *space,
	const struct sonde_kallsyms_place *place, struct sonde_kallsyms_tables *ret);
void sonde_kallsyms_tables_deinit(struct sonde_kallsyms_tables *tables);

/** The address of the symbol at @p index. */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_address(
	const struct sonde_kallsyms_tables *tables, uint32_t index, uint64_t *ret);

/** From now on each offset is read once. */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_keep_offsets(
	struct sonde_kallsyms_tables *tables);

/** Where offsets are kept: reads those from @p low up to @p high, and the next one, in
 * one read, if they are near each other. */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_load_offsets(
	const struct sonde_kallsyms_tables *tables, uint32_t low, uint32_t high);

/**
 * Moves *@p position, within @p length bytes of names, behind the length of a name, and
 * says how many bytes of name follow. False: that is not all there.
 */
bool sonde_kallsyms_next_name(
	const uint8_t *data, size_t length, size_t *position, size_t *name_length);

/**
 * What @p length bytes at @p data are short for: the kind, then the name. False: that is
 * longer than a name can be, or empty.
 */
bool sonde_kallsyms_expand(const struct sonde_kallsyms_tables *tables,
	const uint8_t *data, size_t length, char ret[SONDE_SYMBOL_NAME_BYTES + 1]);

static inline uint32_t sonde_kallsyms_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static inline uint64_t sonde_kallsyms_align(uint64_t address, unsigned bytes)
{
	return (address + bytes - 1) & ~(uint64_t)(bytes - 1);
}

#endif
