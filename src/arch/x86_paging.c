/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page tables of x86.
 *
 * Intel SDM volume 3A, chapter 4: 4.1 (modes), 4.3 (32-bit), 4.4 (PAE), 4.5 (4-level and
 * 5-level), 4.6 (rights), 4.7 (reserved bits). Chapter 2 for CR0, CR3, CR4 and EFER.
 *
 * The lowest twelve bits of CR3 are no part of an address (PCID, PWT, PCD), and of the
 * highest bits some are in use by LAM. With page table isolation a CPU in user mode has
 * tables of its own: what they translate is what the CPU would.
 *
 * How wide physical addresses are, is in CPUID, which no stub shows: all 52 bits are
 * taken, and a table beyond the memory there is cannot be read. PAE's four top entries
 * are taken from memory, though a CPU keeps copies since CR3 was loaded.
 */
#include "arch.h"
#include "x86.h"

#define CR0_PG	 (UINT64_C(1) << 31)
#define CR4_PSE	 (UINT64_C(1) << 4)
#define CR4_PAE	 (UINT64_C(1) << 5)
#define CR4_LA57 (UINT64_C(1) << 12)
#define EFER_NXE (UINT64_C(1) << 11)
#define ENTRY_RW (UINT64_C(1) << 1)
#define ENTRY_US (UINT64_C(1) << 2)
#define ENTRY_XD (UINT64_C(1) << 63)
#define ADDRESS	 UINT64_C(0x000ffffffffff000)
#define PAE_ROOT UINT64_C(0xffffffe0)
#define ROOT_32	 UINT64_C(0xfffff000)
#define LAST_32	 UINT64_C(0xffffffff)

enum {
	/** The bit of an entry that says: a page (PS). */
	PS_SHIFT = 7,
};

/* Both values of PS. */
#define IGNORES_PS                                 \
	{                                          \
		SONDE_PAGE_TABLE, SONDE_PAGE_TABLE \
	}
#define NO_PAGES                                      \
	{                                             \
		SONDE_PAGE_TABLE, SONDE_PAGE_RESERVED \
	}
#define LARGE_PAGES                               \
	{                                         \
		SONDE_PAGE_TABLE, SONDE_PAGE_LEAF \
	}
#define SMALL_PAGES                              \
	{                                        \
		SONDE_PAGE_LEAF, SONDE_PAGE_LEAF \
	}

/* Without EFER.NXE, XD is a reserved bit of the range. */
static struct sonde_page_rights rights(const struct sonde_page_entries *entries)
{
	uint64_t all = entries->all & entries->leaf;

	return (struct sonde_page_rights){
		.writable = all & ENTRY_RW,
		.user = all & ENTRY_US,
		.executable = !((entries->any | entries->leaf) & ENTRY_XD),
	};
}

#define COMMON .present = 1, .kind_shift = PS_SHIFT, .kind_mask = 1, .rights = rights

/* clang-format off */
#define PD_AND_PT                                                                        \
	{"PD", 21, 9, LARGE_PAGES, .leaf_reserved = 0x1fe000},                           \
	{"PT", 12, 9, SMALL_PAGES}
#define PDPT_AND_BELOW                                                                   \
	{"PDPT", 30, 9, LARGE_PAGES, .leaf_reserved = 0x3fffe000},                       \
	PD_AND_PT

const struct sonde_page_format sonde_page_x86_32 = {
	COMMON, .entry_bytes = 4, .level_count = 2, .address = ROOT_32,
	.levels = {{"PD", 22, 10, IGNORES_PS}, {"PT", 12, 10, SMALL_PAGES}},
};

/* Bits 20 to 13 of a page of 4 MiB are bits 39 to 32 of its address (PSE-36). */
const struct sonde_page_format sonde_page_x86_32_pse = {
	COMMON, .entry_bytes = 4, .level_count = 2, .address = ROOT_32, .high_shift = 19,
	.levels = {
		{"PD", 22, 10, LARGE_PAGES, .leaf_reserved = 0x200000,
			.leaf_high = 0x1fe000},
		{"PT", 12, 10, SMALL_PAGES},
	},
};

const struct sonde_page_format sonde_page_x86_pae = {
	COMMON, .entry_bytes = 8, .level_count = 3, .address = ADDRESS, .rights_level = 1,
	.levels = {{"PDPT", 30, 2, NO_PAGES}, PD_AND_PT},
};

const struct sonde_page_format sonde_page_x86_4level = {
	COMMON, .entry_bytes = 8, .level_count = 4, .address = ADDRESS,
	.levels = {{"PML4", 39, 9, NO_PAGES}, PDPT_AND_BELOW},
};

const struct sonde_page_format sonde_page_x86_5level = {
	COMMON, .entry_bytes = 8, .level_count = 5, .address = ADDRESS,
	.levels = {{"PML5", 48, 9, NO_PAGES}, {"PML4", 39, 9, NO_PAGES}, PDPT_AND_BELOW},
};
/* clang-format on */

static void set_long_mode(struct sonde_page_regime *regime, uint64_t cr3, uint64_t cr4)
{
	bool five = cr4 & CR4_LA57;
	struct sonde_page_range *lower = &regime->ranges[0], *upper = &regime->ranges[1];

	regime->name = five ? "5-level" : "4-level";
	lower->format = five ? &sonde_page_x86_5level : &sonde_page_x86_4level;
	lower->bits = five ? 57 : 48;
	lower->root = cr3 & ADDRESS;
	lower->last = (UINT64_C(1) << (lower->bits - 1)) - 1;
	/* Between the halves no address is canonical. */
	*upper = *lower;
	upper->first = ~lower->last;
	upper->last = UINT64_MAX;
	regime->range_count = 2;
}

static void set_legacy_mode(struct sonde_page_regime *regime, uint64_t cr3, uint64_t cr4)
{
	struct sonde_page_range *range = &regime->ranges[0];
	bool pae = cr4 & CR4_PAE;

	regime->name = pae ? "pae" : "32-bit";
	range->format = pae		? &sonde_page_x86_pae
			: cr4 & CR4_PSE ? &sonde_page_x86_32_pse
					: &sonde_page_x86_32;
	range->bits = 32;
	range->root = cr3 & (pae ? PAE_ROOT : ROOT_32);
	range->last = LAST_32;
	regime->range_count = 1;
}

static bool read_regime(const struct sonde_arch_reader *reader, bool long_mode,
	uint64_t reserved, struct sonde_page_regime *ret)
{
	struct sonde_page_regime regime = {.name = "none"};
	uint64_t cr0, cr3, cr4;

	if (!reader->read(reader->user, "cr0", &cr0))
		return false;
	if (cr0 & CR0_PG) {
		if (!reader->read(reader->user, "cr4", &cr4) ||
			!reader->read(reader->user, "cr3", &cr3))
			return false;
		if (long_mode)
			set_long_mode(&regime, cr3, cr4);
		else
			set_legacy_mode(&regime, cr3, cr4);
	}
	for (unsigned i = 0; i < regime.range_count; i++)
		regime.ranges[i].reserved = reserved;
	*ret = regime;
	return true;
}

static uint64_t reserved_by(uint64_t efer)
{
	return efer & EFER_NXE ? 0 : ENTRY_XD;
}

bool sonde_x86_64_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret)
{
	uint64_t efer;

	if (!reader->read(reader->user, "efer", &efer))
		return false;
	return read_regime(reader, sonde_x86_is_long_mode(efer), reserved_by(efer), ret);
}

/* Where EFER is not shown, XD may be in use with PAE. */
bool sonde_i386_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret)
{
	uint64_t efer;
	bool known = reader->read(reader->user, "efer", &efer);

	return read_regime(reader, false, known ? reserved_by(efer) : 0, ret);
}
