/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AArch64, little-endian.
 *
 * The order of `g` is gdb's built-in description (gdb/features/aarch64-core.xml,
 * aarch64-fpu.xml), seen with `maint print remote-registers` of gdb 13. QEMU sends
 * the 268 bytes of the core alone, KGDB (arch/arm64/include/asm/kgdb.h) all 788.
 *
 * Arm ARM (DDI 0487) C6.2 for BRK, BL and NOP, D1.4 for PSTATE.BTYPE. AAPCS64 (IHI
 * 0055) 6.8 for calls.
 */
#include <capstone/capstone.h>
#include <string.h>

#include "group.h"
#include "macros.h"

#define X(n)                          \
	{                             \
		"x" #n, 64, "general" \
	}
#define V(n)                          \
	{                             \
		"v" #n, 128, "vector" \
	}

/* clang-format off */
static const struct sonde_arch_register registers[] = {
	X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7),
	X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15),
	X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23),
	X(24), X(25), X(26), X(27), X(28), X(29), X(30),
	{"sp", 64, "general"}, {"pc", 64, "general"}, {"cpsr", 32, "general"},
	V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7),
	V(8), V(9), V(10), V(11), V(12), V(13), V(14), V(15),
	V(16), V(17), V(18), V(19), V(20), V(21), V(22), V(23),
	V(24), V(25), V(26), V(27), V(28), V(29), V(30), V(31),
	{"fpsr", 32, "float"}, {"fpcr", 32, "float"},
};

/* SVE and SME by the names of gdb's descriptions; all else is QEMU's system registers. */
static const struct sonde_arch_group groups[] = {
	{"w#", "general"}, {"lr", "general"}, {"fp", "general"}, {"pstate", "general"},
	{"q#", "vector"}, {"d#", "vector"}, {"s#", "vector"},
	{"z#", "vector"}, {"p#", "vector"}, {"ffr", "vector"}, {"vg", "vector"},
	{"za", "vector"}, {"zt#", "vector"}, {"svg", "vector"}, {"svcr", "vector"},
	{NULL, "system"},
};
/* clang-format on */

/* ilp32 is the same CPU under an ABI with short pointers. */
static const char *const description_names[] = {"aarch64", "aarch64:ilp32", NULL};
static const unsigned g_lengths[] = {268, 788, 0};

/* A CPU in AArch32 state still gets its code decoded as A64. */
static int capstone_mode(const struct sonde_arch_reader *reader)
{
	(void)reader;
	return CS_MODE_LITTLE_ENDIAN;
}

static const char *group_of(const char *register_name)
{
	return sonde_arch_group_find(&sonde_arch_aarch64, groups, register_name);
}

static const char *const arguments[] = {
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", NULL};
static const char *const call_words[] = {
	"bl", "blr", "blraa", "blrab", "blraaz", "blrabz", NULL};

static const char *const return_words[] = {"ret", "retaa", "retab", NULL};
static const char *const jump_words[] = {"b", "b.*", "br", "braa", "brab", "braaz",
	"brabz", "cbz", "cbnz", "tbz", "tbnz", NULL};

/* BTYPE: a page that is guarded wants BTI behind an indirect branch. */
static const struct sonde_arch_calls calls = {
	.arguments = arguments,
	.large_by_reference = true,
	.result = "x0",
	.link = "x30",
	.branch_register = "cpsr",
	.branch_bits = 3 << 10,
	.call_words = call_words,
	.return_words = return_words,
	.jump_words = jump_words,
};

/* NOP alone: BTI and PACIASP, which often come first, do something. */
static unsigned no_op(const uint8_t *code, size_t length)
{
	static const uint8_t nop[] = {0x1f, 0x20, 0x03, 0xd5};

	return length >= sizeof(nop) && !memcmp(code, nop, sizeof(nop)) ? sizeof(nop) : 0;
}

/* BL: 100101 and 26 bits, the distance in words. */
static size_t find_call(uint64_t address, const uint8_t *code, size_t length, size_t from,
	uint64_t target)
{
	from += -(address + from) & 3;
	for (; from < length && length - from >= 4; from += 4) {
		uint32_t word = (uint32_t)code[from] | (uint32_t)code[from + 1] << 8 |
				(uint32_t)code[from + 2] << 16 |
				(uint32_t)code[from + 3] << 24;
		int64_t distance = (int64_t)(int32_t)(word << 6) >> 4;

		if (word >> 26 == 0x25 && address + from + (uint64_t)distance == target)
			return from;
	}
	return length;
}

const struct sonde_arch sonde_arch_aarch64 = {
	.name = "aarch64",
	.description_names = description_names,
	.address_bits = 64,
	.page_bytes = 4096,
	.pc = "pc",
	.sp = "sp",
	.registers = registers,
	.register_count = ARRAY_SIZE(registers),
	.g_lengths = g_lengths,
	/* brk #0 */
	.breakpoint = {0x00, 0x00, 0x20, 0xd4},
	.breakpoint_bytes = 4,
	.breakpoint_pc_offset = 0,
	.watchpoint_stops_before = true,
	.breakpoint_kind = 4,
	.dwarf_register_count = 32,
	.capstone_arch = CS_ARCH_ARM64,
	.capstone_mode = capstone_mode,
	.read_regime = sonde_aarch64_read_regime,
	.calls = &calls,
	.no_op = no_op,
	.instruction_bytes = 4,
	.find_call = find_call,
	.group_of = group_of,
};
