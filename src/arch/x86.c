/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the two architectures of x86 share.
 *
 * Intel SDM volume 3A: 2.2.1 (EFER), 2.5 (control registers), 9.9 (real and protected
 * mode). Volume 2A for CALL. Names of registers are those of QEMU's and gdb's
 * descriptions, and those that the SDM gives the rest.
 */
#include <capstone/capstone.h>
#include <string.h>

#include "x86.h"

enum {
	CR0_PE = 1 << 0,
	EFER_LMA = 1 << 10,
};

/* clang-format off */
const struct sonde_arch_group sonde_x86_groups[] = {
	{"rflags", "general"},
	{"orig_rax", "system"}, {"orig_eax", "system"},
	{"xmm#", "vector"}, {"ymm#", "vector"}, {"ymm#h", "vector"},
	{"zmm#", "vector"}, {"zmm#h", "vector"}, {"k#", "vector"},
	{"cr#", "system"}, {"dr#", "system"}, {"xcr#", "system"},
	{"efer", "system"}, {"fs_base", "system"}, {"gs_base", "system"},
	{"k_gs_base", "system"}, {"gdt*", "system"}, {"idt*", "system"},
	{"ldt*", "system"}, {"tr", "system"}, {"tr_*", "system"},
	{"star", "system"}, {"lstar", "system"}, {"cstar", "system"},
	{"sfmask", "system"}, {"fmask", "system"}, {"sysenter_*", "system"},
	{"pat", "system"}, {"apic_base", "system"}, {"pkru", "system"},
	{"bnd*", "system"},
	{NULL, NULL},
};
/* clang-format on */

bool sonde_x86_is_long_mode(uint64_t efer)
{
	return efer & EFER_LMA;
}

/* 16-bit segments of protected mode and virtual-8086 mode are taken for 32-bit code. */
int sonde_x86_legacy_mode(const struct sonde_arch_reader *reader, int if_unknown)
{
	uint64_t cr0;

	if (!reader->read(reader->user, "cr0", &cr0))
		return if_unknown;
	return cr0 & CR0_PE ? CS_MODE_32 : CS_MODE_16;
}

size_t sonde_x86_find_call(uint64_t address, const uint8_t *code, size_t length,
	size_t from, uint64_t target)
{
	enum { CALL_BYTES = 5 };

	while (from < length && length - from >= CALL_BYTES) {
		const uint8_t *at =
			memchr(code + from, 0xe8, length - from - (CALL_BYTES - 1));
		uint32_t distance;

		if (!at)
			break;
		from = (size_t)(at - code);
		distance = (uint32_t)at[1] | (uint32_t)at[2] << 8 |
			   (uint32_t)at[3] << 16 | (uint32_t)at[4] << 24;
		if (address + from + CALL_BYTES + (uint64_t)(int64_t)(int32_t)distance ==
			target)
			return from;
		from++;
	}
	return length;
}
