/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page tables of every format, one way each, written down by hand: addresses are put
 * together from the indices that choose their entries, entries from the manuals' bits.
 */
#ifndef TESTS_PAGE_CASES_H
#define TESTS_PAGE_CASES_H

#include <sonde/translate.h>
#include "arch.h"

struct made_up_register {
	const char *name;
	uint64_t value;
};

/* A NULL name ends the table. */
struct made_up_cpu {
	struct made_up_register registers[8];
};

#define CPU(...)                             \
	{                                    \
		.registers = { __VA_ARGS__ } \
	}

struct walk_case {
	const char *name;
	const struct sonde_arch *arch;
	struct made_up_cpu cpu;
	uint64_t address;
	/** Its entries: level, where, what. A NULL name ends them. */
	struct sonde_translation_step steps[SONDE_TRANSLATION_LEVELS_MAX];
	uint64_t physical, page_bytes;
	/** Some of "wxu". */
	const char *rights;
};

extern const struct walk_case page_cases[];
extern const size_t page_case_count;

/** A failed test if there is none called @p name. */
const struct walk_case *page_case_find(const char *name);

/** What @p cpu, of @p arch, translates with. */
struct sonde_page_regime page_case_regime(
	const struct sonde_arch *arch, const struct made_up_cpu *cpu);

unsigned page_case_entry_bytes(const struct sonde_page_regime *regime);
unsigned page_case_step_count(const struct walk_case *one);

/* --- what they are written with ---------------------------------------------------- */

#define KIB    1024ULL
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define TIB    (1024 * GIB)
#define U64(x) UINT64_C(x)

/* Addresses from indices. What is above the bits that are translated is added. */
#define SIGNED_48 U64(0xffff000000000000)
#define BY_4K(a, b, c, d, offset) \
	(U64(a) << 39 | U64(b) << 30 | U64(c) << 21 | U64(d) << 12 | (offset))
#define BY_16K(a, b, c, d, offset) \
	(U64(a) << 47 | U64(b) << 36 | U64(c) << 25 | U64(d) << 14 | (offset))
#define BY_64K(a, b, c, offset) (U64(a) << 42 | U64(b) << 29 | U64(c) << 16 | (offset))
#define BY_32(a, b, offset)	(U64(a) << 22 | U64(b) << 12 | (offset))

#define LONG_MODE(cr3)                                       \
	{"cr0", 0x80000001}, {"cr4", 0x20}, {"efer", 0xd01}, \
	{                                                    \
		"cr3", cr3                                   \
	}
#define LA57(cr3)                                              \
	{"cr0", 0x80000001}, {"cr4", 0x1020}, {"efer", 0xd01}, \
	{                                                      \
		"cr3", cr3                                     \
	}
#define LEGACY(cr4, cr3)                                \
	{"cr0", 0x80000001}, {"cr4", cr4}, {"efer", 0}, \
	{                                               \
		"cr3", cr3                              \
	}
#define XD U64(0x8000000000000000)

/* TCR_EL1: TG0, T0SZ, TG1, T1SZ. */
#define TCR(tg0, t0sz, tg1, t1sz) \
	(U64(tg0) << 14 | U64(t0sz) | U64(tg1) << 30 | U64(t1sz) << 16)
#define TCR_DS	   (U64(1) << 59)
#define TCR_TBI0   (U64(1) << 37)
#define TCR_TBI1   (U64(1) << 38)
#define TCR_IPS_52 (U64(6) << 32)
#define EL1(tcr, ttbr0, ttbr1)                                \
	{"SCTLR", 1}, {"TCR_EL1", tcr}, {"TTBR0_EL1", ttbr0}, \
	{                                                     \
		"TTBR1_EL1", ttbr1                            \
	}
/* Block or page: AF, inner shareable. */
#define BLOCK 0x701
#define PAGE  0x703
/* With FEAT_LPA2 there is no shareability in an entry. */
#define DS_BLOCK 0x401
#define DS_PAGE	 0x403
#define UXN	 (U64(1) << 54)
#define PXN	 (U64(1) << 53)

#define SATP(mode, root)                                                \
	{                                                               \
		"satp", U64(mode) << 60 | U64(0x7) << 44 | (root) >> 12 \
	}
/* RISC-V: an entry with an address. */
#define PTE(address, flags) ((U64(address) >> 12) << 10 | (flags))

#endif
