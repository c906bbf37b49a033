/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x86 without 64-bit mode.
 *
 * The order of `g` is gdb's built-in description (gdb/features/i386/32bit-core.xml,
 * 32bit-sse.xml), seen with `maint print remote-registers` of gdb 13. Stubs that end
 * earlier: KGDB (arch/x86/kernel/kgdb.c) and gdbsx after gs, 64 bytes; CPUs without
 * SSE after fop, 176 bytes.
 *
 * Intel SDM volume 3A 9.9 for real mode, volume 2A for INT3.
 */
#include <capstone/capstone.h>

#include "macros.h"
#include "x86.h"

/* clang-format off */
static const struct sonde_arch_register registers[] = {
	{"eax", 32, "general"}, {"ecx", 32, "general"}, {"edx", 32, "general"},
	{"ebx", 32, "general"}, {"esp", 32, "general"}, {"ebp", 32, "general"},
	{"esi", 32, "general"}, {"edi", 32, "general"}, {"eip", 32, "general"},
	{"eflags", 32, "general"},
	{"cs", 32, "general"}, {"ss", 32, "general"}, {"ds", 32, "general"},
	{"es", 32, "general"}, {"fs", 32, "general"}, {"gs", 32, "general"},
	SONDE_X86_FLOAT_REGISTERS,
	SONDE_X86_VECTOR_REGISTERS, {"mxcsr", 32, "vector"},
};
/* clang-format on */

/* i8086 has the registers of i386, to gdb and to the CPU. */
static const char *const description_names[] = {"i386", "i386:intel", "i8086", NULL};
static const unsigned g_lengths[] = {64, 176, 308, 0};

static int capstone_mode(const struct sonde_arch_reader *reader)
{
	return sonde_x86_legacy_mode(reader, CS_MODE_32);
}

static const char *group_of(const char *register_name)
{
	return sonde_arch_group_find(&sonde_arch_i386, sonde_x86_groups, register_name);
}

static const char *const call_words[] = {"call", "lcall", NULL};
static const char *const return_words[] = {"ret", NULL};
static const char *const jump_words[] = {"j*", "ljmp", "loop", "loope", "loopne", NULL};

/*
 * Where arguments are differs from function to function: the kernel is compiled with
 * -mregparm=3, but for those that are asmlinkage or take a variable number.
 */
static const struct sonde_arch_calls calls = {
	.result = "eax",
	.return_pops = 4,
	.call_words = call_words,
	.return_words = return_words,
	.jump_words = jump_words,
};

const struct sonde_arch sonde_arch_i386 = {
	.name = "i386",
	.description_names = description_names,
	.address_bits = 32,
	.page_bytes = 4096,
	.pc = "eip",
	.sp = "esp",
	.registers = registers,
	.register_count = ARRAY_SIZE(registers),
	.g_lengths = g_lengths,
	.breakpoint = {0xcc},
	.breakpoint_bytes = 1,
	.breakpoint_pc_offset = 1,
	.breakpoint_kind = 1,
	.debug_registers = 4,
	.dwarf_register_count = 9,
	.capstone_arch = CS_ARCH_X86,
	.capstone_mode = capstone_mode,
	.read_regime = sonde_i386_read_regime,
	.calls = &calls,
	.find_call = sonde_x86_find_call,
	.group_of = group_of,
};
