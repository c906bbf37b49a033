/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RISC-V with 64-bit registers.
 *
 * The order of `g` is gdb's built-in description (gdb/features/riscv/64bit-cpu.xml,
 * 64bit-fpu.xml): 264 bytes for CPUs without floating point, as QEMU sends always,
 * else 532. (KGDB's 288 bytes go on with CSRs and come with a description.)
 *
 * RISC-V unprivileged ISA 2.8 for EBREAK.
 *
 * ebreak is four bytes long: where instructions can be compressed, it must not be
 * written over one of two bytes. gdb uses c.ebreak (02 90, kind 2) for those.
 */
#include "group.h"
#include "macros.h"

#define X(name)                     \
	{                           \
		name, 64, "general" \
	}
#define F(name)                   \
	{                         \
		name, 64, "float" \
	}

/* clang-format off */
static const struct sonde_arch_register registers[] = {
	X("zero"), X("ra"), X("sp"), X("gp"), X("tp"), X("t0"), X("t1"), X("t2"),
	X("fp"), X("s1"), X("a0"), X("a1"), X("a2"), X("a3"), X("a4"), X("a5"),
	X("a6"), X("a7"), X("s2"), X("s3"), X("s4"), X("s5"), X("s6"), X("s7"),
	X("s8"), X("s9"), X("s10"), X("s11"), X("t3"), X("t4"), X("t5"), X("t6"),
	X("pc"),
	F("ft0"), F("ft1"), F("ft2"), F("ft3"), F("ft4"), F("ft5"), F("ft6"), F("ft7"),
	F("fs0"), F("fs1"), F("fa0"), F("fa1"), F("fa2"), F("fa3"), F("fa4"), F("fa5"),
	F("fa6"), F("fa7"), F("fs2"), F("fs3"), F("fs4"), F("fs5"), F("fs6"), F("fs7"),
	F("fs8"), F("fs9"), F("fs10"), F("fs11"), F("ft8"), F("ft9"),
	F("ft10"), F("ft11"),
	{"fflags", 32, "float"}, {"frm", 32, "float"}, {"fcsr", 32, "float"},
};

/* The vector extension by the names of its specification; all else is CSRs. */
static const struct sonde_arch_group groups[] = {
	{"x#", "general"}, {"s0", "general"}, {"f#", "float"},
	{"v#", "vector"}, {"vl", "vector"}, {"vlenb", "vector"}, {"vtype", "vector"},
	{"vstart", "vector"}, {"vxrm", "vector"}, {"vxsat", "vector"}, {"vcsr", "vector"},
	{NULL, "system"},
};
/* clang-format on */

/* A plain "riscv" leaves the width open; "riscv:rv32" does not. */
static const char *const description_names[] = {"riscv:rv64", "riscv", NULL};
static const unsigned g_lengths[] = {264, 532, 0};

static int capstone_mode(const struct sonde_arch_reader *reader)
{
	(void)reader;
	return 0;
}

static const char *group_of(const char *register_name)
{
	return sonde_arch_group_find(&sonde_arch_riscv64, groups, register_name);
}

const struct sonde_arch sonde_arch_riscv64 = {
	.name = "riscv64",
	.description_names = description_names,
	.address_bits = 64,
	.page_bytes = 4096,
	.pc = "pc",
	.sp = "sp",
	.registers = registers,
	.register_count = ARRAY_SIZE(registers),
	.g_lengths = g_lengths,
	/* ebreak */
	.breakpoint = {0x73, 0x00, 0x10, 0x00},
	.breakpoint_bytes = 4,
	.breakpoint_pc_offset = 0,
	.watchpoint_stops_before = true,
	.breakpoint_kind = 4,
	.dwarf_register_count = 32,
	.capstone_arch = -1,
	.capstone_mode = capstone_mode,
	.read_regime = sonde_riscv64_read_regime,
	.group_of = group_of,
};
