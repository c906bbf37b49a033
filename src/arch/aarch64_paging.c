/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page tables of AArch64: stage 1 of the EL1&0 regime, and of EL2&0 with VHE, whose
 * registers have the same format.
 *
 * Arm ARM (DDI 0487, issue J.a) D8.1 (regimes), D8.2 (levels, TTBR), D8.3 (descriptors),
 * D8.4 (rights); D19.2 for HCR_EL2, SCTLR_EL1, TCR_EL1, TTBR0_EL1. QEMU calls SCTLR_EL1
 * "SCTLR".
 *
 * A table of the top level is as short as the width of addresses makes it. Its level
 * depends on that width, too: formats have all levels, a range begins at one of them.
 *
 * Not described: stage 2 (a guest of this machine's own hypervisor is not told), other
 * software at EL2 and EL3, AArch32's tables, indirect permissions (FEAT_S1PIE). The
 * access flag does not matter here: what lacks it is mapped nevertheless.
 */
#include "arch.h"
#include "macros.h"

#define HCR_VM	   (UINT64_C(1) << 0)
#define HCR_TGE	   (UINT64_C(1) << 27)
#define HCR_E2H	   (UINT64_C(1) << 34)
#define SCTLR_M	   (UINT64_C(1) << 0)
#define SCTLR_WXN  (UINT64_C(1) << 19)
#define CPSR_NRW   (UINT64_C(1) << 4)
#define TCR_HD	   (UINT64_C(1) << 40)
#define TCR_DS	   (UINT64_C(1) << 59)
#define TTBR_BADDR UINT64_C(0x0000fffffffffffe)

#define AP_TABLE_EL0   (UINT64_C(1) << 61)
#define AP_TABLE_WRITE (UINT64_C(1) << 62)
#define UXN_TABLE      (UINT64_C(1) << 60)
#define PXN_TABLE      (UINT64_C(1) << 59)
#define TABLE_RIGHTS   (UINT64_C(0x1f) << 59)
#define AP_EL0	       (UINT64_C(1) << 6)
#define AP_READ_ONLY   (UINT64_C(1) << 7)
#define DBM	       (UINT64_C(1) << 51)
#define PXN	       (UINT64_C(1) << 53)
#define UXN	       (UINT64_C(1) << 54)

enum {
	EL2 = 2,
	/** TCR.IPS: 52 bits. */
	IPS_52 = 6,
	MAX_BITS = 52,
};

/* Both values of bit 1: a block, a table; in the last level reserved, a page. */
#define NO_BLOCKS                                     \
	{                                             \
		SONDE_PAGE_RESERVED, SONDE_PAGE_TABLE \
	}
#define BLOCKS                                    \
	{                                         \
		SONDE_PAGE_LEAF, SONDE_PAGE_TABLE \
	}
#define PAGES                                        \
	{                                            \
		SONDE_PAGE_RESERVED, SONDE_PAGE_LEAF \
	}

/* What EL0 may write is never executed at EL1. */
static struct sonde_page_rights rights(const struct sonde_page_entries *entries)
{
	bool dirty = entries->flags & SONDE_PAGE_DIRTY_BY_HARDWARE && entries->leaf & DBM;
	bool exclusive = entries->flags & SONDE_PAGE_WRITABLE_NEVER_EXECUTABLE;
	bool user = entries->leaf & AP_EL0 && !(entries->any & AP_TABLE_EL0);
	bool writable = (!(entries->leaf & AP_READ_ONLY) || dirty) &&
			!(entries->any & AP_TABLE_WRITE);
	bool by_user = !(entries->leaf & UXN) && !(entries->any & UXN_TABLE) &&
		       !(exclusive && user && writable);
	bool by_kernel = !(entries->leaf & PXN) && !(entries->any & PXN_TABLE) &&
			 !(user && writable) && !(exclusive && writable);

	return (struct sonde_page_rights){
		.writable = writable,
		.executable = by_user || by_kernel,
		.user = user,
	};
}

/* clang-format off */
#define COMMON                                                                           \
	.entry_bytes = 8, .present = 1, .kind_shift = 1, .kind_mask = 1, .table_kind = 1, .rights = rights

const struct sonde_page_format sonde_page_aarch64_4k = {
	COMMON, .level_count = 4, .address = UINT64_C(0x0000fffffffff000),
	.levels = {
		{"level 0", 39, 9, NO_BLOCKS}, {"level 1", 30, 9, BLOCKS},
		{"level 2", 21, 9, BLOCKS}, {"level 3", 12, 9, PAGES},
	},
};

const struct sonde_page_format sonde_page_aarch64_16k = {
	COMMON, .level_count = 4, .address = UINT64_C(0x0000ffffffffc000),
	.levels = {
		{"level 0", 47, 5, NO_BLOCKS}, {"level 1", 36, 11, NO_BLOCKS},
		{"level 2", 25, 11, BLOCKS}, {"level 3", 14, 11, PAGES},
	},
};

const struct sonde_page_format sonde_page_aarch64_64k = {
	COMMON, .level_count = 3, .address = UINT64_C(0x0000ffffffff0000),
	.levels = {
		{"level 1", 42, 10, NO_BLOCKS}, {"level 2", 29, 13, BLOCKS},
		{"level 3", 16, 13, PAGES},
	},
};

/* FEAT_LPA2: bits 51 and 50 of an address are in bits 9 and 8 of an entry. */
#define DS .high_shift = 42
#define DS_HIGH .table_high = 0x300, .leaf_high = 0x300

const struct sonde_page_format sonde_page_aarch64_4k_ds = {
	COMMON, DS, .level_count = 5, .address = UINT64_C(0x0003fffffffff000),
	.levels = {
		{"level -1", 48, 4, NO_BLOCKS, DS_HIGH}, {"level 0", 39, 9, BLOCKS, DS_HIGH},
		{"level 1", 30, 9, BLOCKS, DS_HIGH}, {"level 2", 21, 9, BLOCKS, DS_HIGH},
		{"level 3", 12, 9, PAGES, DS_HIGH},
	},
};

const struct sonde_page_format sonde_page_aarch64_16k_ds = {
	COMMON, DS, .level_count = 4, .address = UINT64_C(0x0003ffffffffc000),
	.levels = {
		{"level 0", 47, 5, NO_BLOCKS, DS_HIGH}, {"level 1", 36, 11, BLOCKS, DS_HIGH},
		{"level 2", 25, 11, BLOCKS, DS_HIGH}, {"level 3", 14, 11, PAGES, DS_HIGH},
	},
};

/* FEAT_LPA: bits 51 to 48 of an address are in bits 15 to 12. */
#define LPA_HIGH .table_high = 0xf000, .leaf_high = 0xf000

const struct sonde_page_format sonde_page_aarch64_64k_lpa = {
	COMMON, .high_shift = 36, .level_count = 3, .address = UINT64_C(0x0000ffffffff0000),
	.levels = {
		{"level 1", 42, 10, BLOCKS, LPA_HIGH}, {"level 2", 29, 13, BLOCKS, LPA_HIGH},
		{"level 3", 16, 13, PAGES, LPA_HIGH},
	},
};
/* clang-format on */

/* --- the registers --------------------------------------------------------------- */

/* Where the fields of a half are in TCR. TG0 and TG1 do not share their encoding. */
struct half {
	unsigned char size_shift, disable_bit, granule_shift, ignore_bit, flat_bit;
	unsigned char page_shifts[4];
};

static const struct half lower_half = {0, 7, 14, 37, 41, {12, 16, 14, 0}};
static const struct half upper_half = {16, 23, 30, 38, 42, {0, 14, 12, 16}};

struct control {
	uint64_t sctlr, tcr;
	/** Names of the registers with the tables. */
	const char *ttbr0, *ttbr1;
};

static bool bit(uint64_t value, unsigned number)
{
	return value >> number & 1;
}

/* The registers of the regime that a kernel is in: EL2's under a host with VHE. */
static bool read_control(const struct sonde_arch_reader *reader, struct control *ret)
{
	uint64_t hcr, cpsr;
	unsigned el;

	if (!reader->read(reader->user, "HCR_EL2", &hcr))
		hcr = 0;
	if (!reader->read(reader->user, "cpsr", &cpsr))
		cpsr = 0;
	/* In AArch32 state these are bits of the mode; a program's are 0. */
	if (cpsr & CPSR_NRW && cpsr & 15)
		return false;
	el = cpsr >> 2 & 3;
	if (hcr & HCR_E2H && (el == EL2 || (hcr & HCR_TGE && el < EL2))) {
		*ret = (struct control){.ttbr0 = "TTBR0_EL2", .ttbr1 = "TTBR1_EL2"};
		return reader->read(reader->user, "SCTLR_EL2", &ret->sctlr) &&
		       reader->read(reader->user, "TCR_EL2", &ret->tcr);
	}
	if (el >= EL2 || hcr & HCR_VM)
		return false;
	*ret = (struct control){.ttbr0 = "TTBR0_EL1", .ttbr1 = "TTBR1_EL1"};
	return (reader->read(reader->user, "SCTLR", &ret->sctlr) ||
		       reader->read(reader->user, "SCTLR_EL1", &ret->sctlr)) &&
	       reader->read(reader->user, "TCR_EL1", &ret->tcr);
}

static const struct sonde_page_format *find_format(uint64_t tcr, unsigned page_shift)
{
	bool ds = tcr & TCR_DS;

	switch (page_shift) {
	case 14:
		return ds ? &sonde_page_aarch64_16k_ds : &sonde_page_aarch64_16k;
	case 16:
		return (tcr >> 32 & 7) == IPS_52 ? &sonde_page_aarch64_64k_lpa
						 : &sonde_page_aarch64_64k;
	default:
		return ds ? &sonde_page_aarch64_4k_ds : &sonde_page_aarch64_4k;
	}
}

static unsigned page_shift_of(uint64_t tcr, const struct half *half)
{
	return half->page_shifts[tcr >> half->granule_shift & 3];
}

/* 0: no CPU has addresses of such a width. */
static unsigned bits_of(uint64_t tcr, const struct half *half)
{
	unsigned bits = 64 - (unsigned)(tcr >> half->size_shift & 63);
	unsigned page_shift = page_shift_of(tcr, half);

	/* FEAT_LPA2: without DS, tables of 4k and 16k pages end at 48 bits. */
	if (bits > 48 && page_shift != 16 && !(tcr & TCR_DS))
		bits = 48;
	return page_shift && bits > page_shift && bits <= MAX_BITS ? bits : 0;
}

/* A level resolves page_shift - 3 bits (8-byte entries). */
static unsigned levels_of(unsigned bits, unsigned page_shift)
{
	return (bits - 4) / (page_shift - 3);
}

/*
 * The address of the top table, which is a multiple of its size. Where physical
 * addresses have 52 bits, the highest four are the lowest four of the register.
 */
static uint64_t root_of(uint64_t ttbr, uint64_t tcr, const struct sonde_page_range *range)
{
	const struct sonde_page_level *top = &range->format->levels[range->top];
	uint64_t bytes = UINT64_C(8) << (range->bits - top->shift);
	bool wide = (tcr >> 32 & 7) == IPS_52 &&
		    (tcr & TCR_DS || range->format == &sonde_page_aarch64_64k_lpa);
	uint64_t high = wide ? (ttbr >> 2 & 15) << 48 : 0;

	if (wide && bytes < 64)
		bytes = 64;
	return high | (ttbr & TTBR_BADDR & ~(bytes - 1));
}

static void fill_range(struct sonde_page_range *ret, const struct control *control,
	const struct half *half, uint64_t ttbr)
{
	uint64_t tcr = control->tcr;
	unsigned bits = bits_of(tcr, half), page_shift = page_shift_of(tcr, half);

	*ret = (struct sonde_page_range){
		.last = (UINT64_C(1) << bits) - 1,
		.ignored = bit(tcr, half->ignore_bit) ? UINT64_C(0xff) << 56 : 0,
		.bits = (unsigned char)bits,
		.flags =
			(control->sctlr & SCTLR_WXN ? SONDE_PAGE_WRITABLE_NEVER_EXECUTABLE
						    : 0) |
			(tcr & TCR_HD ? SONDE_PAGE_DIRTY_BY_HARDWARE : 0),
		.rights_ignored = bit(tcr, half->flat_bit) ? TABLE_RIGHTS : 0,
		.format = find_format(tcr, page_shift),
	};
	ret->top =
		(unsigned char)(ret->format->level_count - levels_of(bits, page_shift));
	ret->root = root_of(ttbr, tcr, ret);
	if (half == &upper_half) {
		ret->first = ~ret->last;
		ret->last = UINT64_MAX;
	}
}

/* A half that is turned off, or whose fields have no meaning, translates nothing. */
static bool add_half(const struct sonde_arch_reader *reader,
	const struct control *control, const struct half *half,
	struct sonde_page_regime *regime)
{
	const char *name = half == &upper_half ? control->ttbr1 : control->ttbr0;
	struct sonde_page_range *range = &regime->ranges[regime->range_count];
	uint64_t ttbr;

	if (bit(control->tcr, half->disable_bit) || !bits_of(control->tcr, half))
		return true;
	if (!reader->read(reader->user, name, &ttbr))
		return false;
	fill_range(range, control, half, ttbr);
	regime->range_count++;
	return true;
}

/* By the upper half, the kernel's, unless it is turned off as firmware does. */
static const char *name_of(uint64_t tcr)
{
	static const char *const names[][6] = {
		{NULL, "1-level, 4k pages", "2-level, 4k pages", "3-level, 4k pages",
			"4-level, 4k pages", "5-level, 4k pages"},
		{NULL, "1-level, 16k pages", "2-level, 16k pages", "3-level, 16k pages",
			"4-level, 16k pages"},
		{NULL, "1-level, 64k pages", "2-level, 64k pages", "3-level, 64k pages"},
	};
	const struct half *half =
		bit(tcr, upper_half.disable_bit) ? &lower_half : &upper_half;
	unsigned bits = bits_of(tcr, half), page_shift = page_shift_of(tcr, half);

	return bits ? names[(page_shift - 12) / 2][levels_of(bits, page_shift)] : NULL;
}

bool sonde_aarch64_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret)
{
	struct sonde_page_regime regime = {.name = "none"};
	struct control control;

	if (!read_control(reader, &control))
		return false;
	if (control.sctlr & SCTLR_M) {
		regime.name = name_of(control.tcr);
		if (!regime.name || !add_half(reader, &control, &lower_half, &regime) ||
			!add_half(reader, &control, &upper_half, &regime))
			return false;
		/* Both are turned off: a range without any address. */
		if (!regime.range_count)
			regime.ranges[regime.range_count++] = (struct sonde_page_range){
				.first = UINT64_MAX, .format = &sonde_page_aarch64_4k};
	}
	*ret = regime;
	return true;
}
