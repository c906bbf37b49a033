/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How CPUs translate addresses, as data: formats of page tables, and which of them are in
 * use. Nothing is read here; src/core/page_walk.h walks.
 */
#ifndef SONDE_ARCH_PAGING_H
#define SONDE_ARCH_PAGING_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SONDE_PAGE_LEVELS_MAX = 5,
	/** Of the halves of the address space. */
	SONDE_PAGE_RANGES_MAX = 2,
};

/** Where an entry leads that is present. */
enum sonde_page_kind {
	/** Nowhere: the manual says that it faults, or reserves it. */
	SONDE_PAGE_RESERVED,
	SONDE_PAGE_TABLE,
	SONDE_PAGE_LEAF,
};

/** The tables of one level. */
struct sonde_page_level {
	/** As the manual calls it. Never freed. */
	const char *name;
	/** The bits of the address that choose an entry: so many, from bit @ref shift on.
	 */
	unsigned char shift, bits;
	/** An enum sonde_page_kind for each value of the format's kind bits. */
	unsigned char kinds[8];
	/** Bits of an entry that is a page's, which all have to be 0. */
	uint64_t leaf_reserved;
	/** Bits of an entry, of a table's or a page's, that are moved: see high_shift. */
	uint64_t table_high, leaf_high;
	/**
	 * An entry of a page with this bit is one of sixteen that are the same, for a
	 * page of sixteen times the size; the lowest four bits of its address say that
	 * by being 1000 (RISC-V's Svnapot). 0: there is no such bit.
	 */
	uint64_t group;
};

/** What the rights of a page come from. */
struct sonde_page_entries {
	/** Bits that all entries of tables have, and that any of them has. */
	uint64_t all, any;
	/** The entry of the page itself. */
	uint64_t leaf;
	/** Some of enum sonde_page_flag. */
	unsigned flags;
};

/**
 * What the tables allow to at least one of the privileges that they speak of. What else
 * may forbid an access, such as SMAP or a protection key, is not in it.
 */
struct sonde_page_rights {
	bool writable, executable;
	/** Unprivileged software may read it. */
	bool user;
};

struct sonde_page_format {
	/** 4 or 8. */
	unsigned char entry_bytes;
	unsigned char level_count;
	/** An entry without this bit leads nowhere. */
	uint64_t present;
	/** The kind bits of an entry: entry >> kind_shift & kind_mask, at most 7. */
	unsigned char kind_shift, kind_mask;
	/** The kind that means a table wherever one may follow; others may, too. */
	unsigned char table_kind;
	/** The bits of an entry that are an address, and how far left they belong. */
	uint64_t address;
	unsigned char address_shift;
	/** How far left the moved bits belong. */
	unsigned char high_shift;
	/** Levels before this one have no rights to give or to take. */
	unsigned char rights_level;
	struct sonde_page_rights (*rights)(const struct sonde_page_entries *entries);
	/** From the top one, in which a walk begins unless its range says otherwise. */
	struct sonde_page_level levels[SONDE_PAGE_LEVELS_MAX];
};

enum sonde_page_flag {
	/** What may be written cannot be executed (SCTLR.WXN). */
	SONDE_PAGE_WRITABLE_NEVER_EXECUTABLE = 1 << 0,
	/** A read-only page may be one that the CPU makes writable itself (TCR.HD). */
	SONDE_PAGE_DIRTY_BY_HARDWARE = 1 << 1,
};

/** One range of virtual addresses and the tables that translate it. */
struct sonde_page_range {
	/** Both included; none is in it if @ref first is the higher one. */
	uint64_t first, last;
	/** Bits of an address that do not count when it is held against these. */
	uint64_t ignored;
	/** So many bits of an address are translated. */
	unsigned char bits;
	/** The level of the table at @ref root, an index into format->levels. */
	unsigned char top;
	/** Some of enum sonde_page_flag. */
	unsigned flags;
	/** Bits of entries that all have to be 0, at whatever level. */
	uint64_t reserved;
	/** Bits of entries of tables that say nothing about rights. */
	uint64_t rights_ignored;
	/** Physical address of the top table. */
	uint64_t root;
	const struct sonde_page_format *format;
};

/** A mask of the lowest @p count bits, at most 64. */
static inline uint64_t sonde_page_low_bits(unsigned count)
{
	return count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

/** What a CPU translates with at the moment. */
struct sonde_page_regime {
	/** 0: nothing is translated, virtual addresses are physical ones. */
	unsigned range_count;
	struct sonde_page_range ranges[SONDE_PAGE_RANGES_MAX];
	/** A word for users: "none", "4-level", "4-level, 16k pages", "sv39". Never
	 * freed. */
	const char *name;
};

/* --- the formats there are ------------------------------------------------------- */

extern const struct sonde_page_format sonde_page_x86_32, sonde_page_x86_32_pse;
extern const struct sonde_page_format sonde_page_x86_pae;
extern const struct sonde_page_format sonde_page_x86_4level, sonde_page_x86_5level;

/** By size of the smallest page; the latter of each have addresses of 52 bits. */
extern const struct sonde_page_format sonde_page_aarch64_4k, sonde_page_aarch64_4k_ds;
extern const struct sonde_page_format sonde_page_aarch64_16k, sonde_page_aarch64_16k_ds;
extern const struct sonde_page_format sonde_page_aarch64_64k, sonde_page_aarch64_64k_lpa;

extern const struct sonde_page_format sonde_page_sv39, sonde_page_sv48, sonde_page_sv57;

/* --- which is in use: as read_regime of struct sonde_arch ------------------------- */

struct sonde_arch_reader;

bool sonde_x86_64_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret);
bool sonde_i386_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret);
bool sonde_aarch64_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret);
bool sonde_riscv64_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret);

#endif
