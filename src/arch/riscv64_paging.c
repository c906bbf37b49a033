/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page tables of RISC-V with 64-bit registers.
 *
 * RISC-V privileged ISA, 20211203: 4.1.11 (satp), 4.3.2 (how an address is translated),
 * 4.4 (Sv39), 4.5 (Sv48), 4.6 (Sv57), 5 (Svnapot), 6 (Svpbmt). Levels have no names
 * there but numbers, of which 0 is the last.
 *
 * Software in machine mode uses physical addresses, whatever satp says; which mode the
 * CPU is in, QEMU tells as "priv". Tables of a hypervisor's guest are not described.
 */
#include "arch.h"

#define ENTRY_R	  (UINT64_C(1) << 1)
#define ENTRY_W	  (UINT64_C(1) << 2)
#define ENTRY_X	  (UINT64_C(1) << 3)
#define ENTRY_U	  (UINT64_C(1) << 4)
#define ENTRY_N	  (UINT64_C(1) << 63)
#define ENTRY_PPN UINT64_C(0x003ffffffffffc00)
#define SATP_PPN  UINT64_C(0x00000fffffffffff)

enum {
	MACHINE_MODE = 3,
	PPN_SHIFT = 10,
	PAGE_SHIFT = 12,
};

/* By X, W and R: what is written but not read is reserved, without any it is a table. */
#define LEAVES_OR(none)                                                        \
	{                                                                      \
		none, SONDE_PAGE_LEAF, SONDE_PAGE_RESERVED, SONDE_PAGE_LEAF,   \
			SONDE_PAGE_LEAF, SONDE_PAGE_LEAF, SONDE_PAGE_RESERVED, \
			SONDE_PAGE_LEAF                                        \
	}

/* A page's address must be a multiple of its size. */
#define UPPER(name, shift)                                                            \
	{                                                                             \
		name, shift, 9, LEAVES_OR(SONDE_PAGE_TABLE),                          \
			.leaf_reserved =                                              \
				ENTRY_N | ((UINT64_C(1) << ((shift)-PAGE_SHIFT)) - 1) \
						  << PPN_SHIFT                        \
	}

static struct sonde_page_rights rights(const struct sonde_page_entries *entries)
{
	return (struct sonde_page_rights){
		.writable = entries->leaf & ENTRY_W,
		.executable = entries->leaf & ENTRY_X,
		.user = entries->leaf & ENTRY_U,
	};
}

/* clang-format off */
#define COMMON                                                                           \
	.entry_bytes = 8, .present = 1, .kind_shift = 1, .kind_mask = 7,                 \
	.address = ENTRY_PPN, .address_shift = PAGE_SHIFT - PPN_SHIFT, .rights = rights

#define LEVEL_0 {"level 0", 12, 9, LEAVES_OR(SONDE_PAGE_RESERVED), .group = ENTRY_N}
#define LEVEL_1 UPPER("level 1", 21)
#define LEVEL_2 UPPER("level 2", 30)
#define LEVEL_3 UPPER("level 3", 39)
#define LEVEL_4 UPPER("level 4", 48)

const struct sonde_page_format sonde_page_sv39 = {
	COMMON, .level_count = 3, .levels = {LEVEL_2, LEVEL_1, LEVEL_0},
};

const struct sonde_page_format sonde_page_sv48 = {
	COMMON, .level_count = 4, .levels = {LEVEL_3, LEVEL_2, LEVEL_1, LEVEL_0},
};

const struct sonde_page_format sonde_page_sv57 = {
	COMMON, .level_count = 5, .levels = {LEVEL_4, LEVEL_3, LEVEL_2, LEVEL_1, LEVEL_0},
};
/* clang-format on */

/* The bits above those that are translated are all as the highest of them is. */
static void set_halves(struct sonde_page_regime *regime,
	const struct sonde_page_format *format, uint64_t satp)
{
	struct sonde_page_range *lower = &regime->ranges[0], *upper = &regime->ranges[1];

	lower->format = format;
	lower->bits = (unsigned char)(format->levels[0].shift + format->levels[0].bits);
	lower->root = (satp & SATP_PPN) << PAGE_SHIFT;
	lower->last = (UINT64_C(1) << (lower->bits - 1)) - 1;
	*upper = *lower;
	upper->first = ~lower->last;
	upper->last = UINT64_MAX;
	regime->range_count = 2;
}

bool sonde_riscv64_read_regime(
	const struct sonde_arch_reader *reader, struct sonde_page_regime *ret)
{
	static const struct {
		const char *name;
		const struct sonde_page_format *format;
	} modes[16] = {
		[0] = {"none", NULL},
		[8] = {"sv39", &sonde_page_sv39},
		[9] = {"sv48", &sonde_page_sv48},
		[10] = {"sv57", &sonde_page_sv57},
	};
	struct sonde_page_regime regime = {.name = "none"};
	uint64_t satp, privilege;

	if (!reader->read(reader->user, "satp", &satp) || !modes[satp >> 60].name)
		return false;
	if (!reader->read(reader->user, "priv", &privilege))
		privilege = 0;
	if ((privilege & 3) != MACHINE_MODE && modes[satp >> 60].format) {
		regime.name = modes[satp >> 60].name;
		set_halves(&regime, modes[satp >> 60].format, satp);
	}
	*ret = regime;
	return true;
}
