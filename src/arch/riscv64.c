/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RISC-V with 64-bit registers.
 *
 * The order of `g` is gdb's built-in description (gdb/features/riscv/64bit-cpu.xml,
 * 64bit-fpu.xml): 264 bytes for CPUs without floating point, as QEMU sends always,
 * else 532. (KGDB's 288 bytes go on with CSRs and come with a description.)
 *
 * RISC-V unprivileged ISA 2.8 for EBREAK, 2.5 and 16.4 (C) for jumps, of which those that
 * write x1 or x5 are calls (table 2.1). RISC-V calling conventions 1.0 for arguments: two
 * words may lie half in the last register and half on the stack.
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

static const char *const arguments[] = {
	"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", NULL};
static const char *const call_words[] = {"jal", "jalr", "c.jalr", NULL};
static const char *const return_words[] = {"ret", NULL};
static const char *const jump_words[] = {"j", "jr", "c.j", "c.jr", "b*", "c.b*", NULL};

static const struct sonde_arch_calls calls = {
	.arguments = arguments,
	.large_by_reference = true,
	.splits = true,
	.result = "a0",
	.link = "ra",
	.call_words = call_words,
	.return_words = return_words,
	.jump_words = jump_words,
};

/* --- jumps ------------------------------------------------------------------------ */

enum {
	RA = 1,
	T0 = 5,
	JAL = 0x6f,
	JALR = 0x67,
	BRANCH = 0x63,
	AUIPC = 0x17,
	SYSTEM = 0x73,
	ECALL = 0x00000073,
	EBREAK = 0x00100073,
	SRET = 0x10200073,
	MRET = 0x30200073,
	C_EBREAK = 0x9002,
};

static uint32_t bits(uint32_t word, unsigned from, unsigned count)
{
	return word >> from & ((1u << count) - 1);
}

/* The sign is at the bit before @p count. */
static uint64_t extend(uint32_t word, unsigned count)
{
	return (uint64_t)((int64_t)((uint64_t)word << (64 - count)) >> (64 - count));
}

static uint32_t word_at(const uint8_t *code)
{
	return (uint32_t)code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 |
	       (uint32_t)code[3] << 24;
}

static bool is_link(uint32_t reg)
{
	return reg == RA || reg == T0;
}

static uint64_t jal_distance(uint32_t word)
{
	return extend(bits(word, 31, 1) << 20 | bits(word, 12, 8) << 12 |
			      bits(word, 20, 1) << 11 | bits(word, 21, 10) << 1,
		21);
}

static void jump_to(struct sonde_flow *flow, uint64_t distance)
{
	flow->kind = SONDE_FLOW_JUMP;
	flow->has_target = true;
	flow->target = flow->address + distance;
}

/* Those that change or read CSRs have bits set that these have not. */
static void decode_system(uint32_t word, struct sonde_flow *flow)
{
	switch (word) {
	case ECALL:
	case EBREAK:
		flow->kind = SONDE_FLOW_TRAP;
		break;
	case SRET:
	case MRET:
		flow->kind = SONDE_FLOW_TRAP_RETURN;
		break;
	default:
		break;
	}
}

static void decode_full(uint32_t word, struct sonde_flow *flow)
{
	uint32_t destination = bits(word, 7, 5);

	switch (bits(word, 0, 7)) {
	case JAL:
		jump_to(flow, jal_distance(word));
		if (is_link(destination))
			flow->kind = SONDE_FLOW_CALL;
		break;
	case JALR:
		if (is_link(destination))
			flow->kind = SONDE_FLOW_CALL;
		else if (!destination && bits(word, 15, 5) == RA)
			flow->kind = SONDE_FLOW_RETURN;
		else
			flow->kind = SONDE_FLOW_JUMP;
		break;
	case BRANCH:
		jump_to(flow,
			extend(bits(word, 31, 1) << 12 | bits(word, 7, 1) << 11 |
					bits(word, 25, 6) << 5 | bits(word, 8, 4) << 1,
				13));
		break;
	case SYSTEM:
		decode_system(word, flow);
		break;
	default:
		break;
	}
}

static void decode_compressed(uint32_t word, struct sonde_flow *flow)
{
	uint32_t which = bits(word, 0, 2) << 3 | bits(word, 13, 3);
	uint32_t source = bits(word, 7, 5);

	/* C.J; C.BEQZ and C.BNEZ; C.JR and C.JALR. */
	if (which == (1 << 3 | 5)) {
		jump_to(flow,
			extend(bits(word, 12, 1) << 11 | bits(word, 8, 1) << 10 |
					bits(word, 9, 2) << 8 | bits(word, 6, 1) << 7 |
					bits(word, 7, 1) << 6 | bits(word, 2, 1) << 5 |
					bits(word, 11, 1) << 4 | bits(word, 3, 3) << 1,
				12));
	} else if (which == (1 << 3 | 6) || which == (1 << 3 | 7)) {
		jump_to(flow,
			extend(bits(word, 12, 1) << 8 | bits(word, 5, 2) << 6 |
					bits(word, 2, 1) << 5 | bits(word, 10, 2) << 3 |
					bits(word, 3, 2) << 1,
				9));
	} else if (word == C_EBREAK) {
		flow->kind = SONDE_FLOW_TRAP;
	} else if (which == (2 << 3 | 4) && source && !bits(word, 2, 5)) {
		if (bits(word, 12, 1))
			flow->kind = SONDE_FLOW_CALL;
		else
			flow->kind = source == RA ? SONDE_FLOW_RETURN : SONDE_FLOW_JUMP;
	}
}

static bool decode(
	uint64_t address, const uint8_t *code, size_t length, struct sonde_flow *ret)
{
	unsigned bytes = length && (code[0] & 3) == 3 ? 4 : 2;

	if (length < bytes)
		return false;
	*ret = (struct sonde_flow){.address = address, .length = bytes};
	if (bytes == 4)
		decode_full(word_at(code), ret);
	else
		decode_compressed((uint32_t)code[0] | (uint32_t)code[1] << 8, ret);
	return true;
}

/* JAL; or JALR behind the AUIPC that has set its register. */
static bool calls_target(
	uint64_t address, const uint8_t *code, bool has_before, uint64_t target)
{
	uint32_t word = word_at(code), before;

	if (!is_link(bits(word, 7, 5)))
		return false;
	if (bits(word, 0, 7) == JAL)
		return address + jal_distance(word) == target;
	if (bits(word, 0, 7) != JALR || !has_before)
		return false;
	before = word_at(code - 4);
	return bits(before, 0, 7) == AUIPC && bits(before, 7, 5) == bits(word, 15, 5) &&
	       address - 4 + extend(before & ~0xfffu, 32) +
			       extend(bits(word, 20, 12), 12) ==
		       target;
}

static size_t find_call(uint64_t address, const uint8_t *code, size_t length, size_t from,
	uint64_t target)
{
	from += (address + from) & 1;
	for (; from < length && length - from >= 4; from += 2)
		if (calls_target(address + from, code + from, from >= 4, target))
			return from;
	return length;
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
	.calls = &calls,
	.decode = decode,
	.find_call = find_call,
	.group_of = group_of,
};
