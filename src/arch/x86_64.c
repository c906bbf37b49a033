/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x86-64.
 *
 * The order of `g` is gdb's built-in description (gdb/features/i386/64bit-core.xml,
 * 64bit-sse.xml, 64bit-segments.xml), seen with `maint print remote-registers` of
 * gdb 13. Stubs that end earlier: KGDB (arch/x86/include/asm/kgdb.h) after es, 156
 * bytes, though it has fs and gs by `p`; gdbsx after gs, 164 bytes; QEMU of old and
 * others before fs_base, 536 bytes.
 *
 * gdbserver for Linux, asked by a client that does not offer xmlRegisters=i386, puts
 * orig_rax before fs_base: 560 bytes, no prefix of this, and so not listed. QEMU's
 * 608 bytes always come with a description.
 *
 * Intel SDM volume 3A 2.2.1 for IA-32e mode, volume 2A for INT3, volume 2B for NOP.
 * System V ABI, AMD64 supplement 3.2.3, for calls; the kernel uses it without vectors and
 * with the stack aligned to 8 (-mpreferred-stack-boundary=3 in arch/x86/Makefile).
 */
#include <capstone/capstone.h>
#include <string.h>

#include "macros.h"
#include "x86.h"

/* clang-format off */
static const struct sonde_arch_register registers[] = {
	{"rax", 64, "general"}, {"rbx", 64, "general"}, {"rcx", 64, "general"},
	{"rdx", 64, "general"}, {"rsi", 64, "general"}, {"rdi", 64, "general"},
	{"rbp", 64, "general"}, {"rsp", 64, "general"}, {"r8", 64, "general"},
	{"r9", 64, "general"}, {"r10", 64, "general"}, {"r11", 64, "general"},
	{"r12", 64, "general"}, {"r13", 64, "general"}, {"r14", 64, "general"},
	{"r15", 64, "general"}, {"rip", 64, "general"}, {"eflags", 32, "general"},
	{"cs", 32, "general"}, {"ss", 32, "general"}, {"ds", 32, "general"},
	{"es", 32, "general"}, {"fs", 32, "general"}, {"gs", 32, "general"},
	SONDE_X86_FLOAT_REGISTERS,
	SONDE_X86_VECTOR_REGISTERS,
	{"xmm8", 128, "vector"}, {"xmm9", 128, "vector"}, {"xmm10", 128, "vector"},
	{"xmm11", 128, "vector"}, {"xmm12", 128, "vector"}, {"xmm13", 128, "vector"},
	{"xmm14", 128, "vector"}, {"xmm15", 128, "vector"}, {"mxcsr", 32, "vector"},
	{"fs_base", 64, "system"}, {"gs_base", 64, "system"},
};
/* clang-format on */

/* x64-32 is the same CPU under an ABI with short pointers. */
static const char *const description_names[] = {
	"i386:x86-64", "i386:x86-64:intel", "i386:x64-32", "i386:x64-32:intel", NULL};
static const unsigned g_lengths[] = {156, 164, 536, 552, 0};

/*
 * A stub that hides EFER (KGDB, gdbserver) debugs 64-bit software. Compatibility mode
 * is in the descriptor of CS, which no stub shows: its code is taken for 64-bit code.
 */
static int capstone_mode(const struct sonde_arch_reader *reader)
{
	uint64_t efer;

	if (!reader->read(reader->user, "efer", &efer) || sonde_x86_is_long_mode(efer))
		return CS_MODE_64;
	return sonde_x86_legacy_mode(reader, CS_MODE_64);
}

/*
 * SDM volume 2A, "JMP": EB cb and E9 cd, what a static key of the kernel's makes of its
 * no-op. In the upper half of the address space it is 64-bit code for certain.
 */
static bool jump(uint64_t pc, const uint8_t *code, size_t length, uint64_t *ret)
{
	if (!(pc >> 63) || length < 5)
		return false;
	if (code[0] == 0xeb)
		*ret = pc + 2 + (uint64_t)(int64_t)(int8_t)code[1];
	else if (code[0] == 0xe9)
		*ret = pc + 5 +
		       (uint64_t)(int64_t)(int32_t)((uint32_t)code[1] |
						    (uint32_t)code[2] << 8 |
						    (uint32_t)code[3] << 16 |
						    (uint32_t)code[4] << 24);
	else
		return false;
	/* One that leads to itself is met again. */
	return *ret != pc;
}

static const char *group_of(const char *register_name)
{
	return sonde_arch_group_find(&sonde_arch_x86_64, sonde_x86_groups, register_name);
}

/* System V ABI, AMD64 supplement, figure 3.36. */
static const char *const dwarf_registers[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi",
	"rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"};

static const char *const arguments[] = {"rdi", "rsi", "rdx", "rcx", "r8", "r9", NULL};
static const char *const call_words[] = {"call", "lcall", NULL};
static const char *const return_words[] = {"ret*", NULL};
static const char *const jump_words[] = {"j*", "ljmp", "loop*", NULL};
static const char *const trap_words[] = {
	"int*", "syscall", "sysenter", "ud0", "ud1", "ud2", "ud2b", NULL};
static const char *const trap_return_words[] = {
	"iret*", "sysret*", "sysexit*", "uiret", NULL};

enum {
	CALL_RELATIVE = 0xe8,
	GROUP_5 = 0xff,
	/** FF with its ModRM byte, a SIB byte and a displacement. */
	CALL_LONGEST = 7,
};

/* SDM volume 2A, "CALL": E8 cd, and FF /2 with what ModRM says that follows. */
static bool ends_with_call(const uint8_t *code, size_t length)
{
	if (length >= 5 && code[length - 5] == CALL_RELATIVE)
		return true;
	for (size_t i = 2; i <= CALL_LONGEST && i <= length; i++)
		if (code[length - i] == GROUP_5 && (code[length - i + 1] >> 3 & 7) == 2)
			return true;
	return false;
}

/* CALL has pushed the address to return to, RET takes it off. */
static const struct sonde_arch_calls calls = {
	.arguments = arguments,
	.stack_arguments = 8,
	.result = "rax",
	.return_pops = 8,
	.call_words = call_words,
	.return_words = return_words,
	.jump_words = jump_words,
	.trap_words = trap_words,
	.trap_return_words = trap_return_words,
	.ends_with_call = ends_with_call,
};

/*
 * The recommended ones (SDM volume 2B, "NOP", table 4-12), which are also the kernel's
 * (arch/x86/include/asm/nops.h): what ftrace leaves at the entry of a function is the one
 * of five bytes. ENDBR64 is none: after an indirect branch the CPU waits for it.
 */
static unsigned no_op(const uint8_t *code, size_t length)
{
	static const struct {
		uint8_t bytes[8];
		/** Of these, @ref given have to be so; an offset follows. */
		uint8_t given, length;
	} no_ops[] = {
		{{0x90}, 1, 1},
		{{0x66, 0x90}, 2, 2},
		{{0x0f, 0x1f, 0x00}, 3, 3},
		{{0x0f, 0x1f, 0x40, 0x00}, 4, 4},
		{{0x0f, 0x1f, 0x44, 0x00, 0x00}, 5, 5},
		{{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}, 6, 6},
		{{0x0f, 0x1f, 0x80}, 3, 7},
		{{0x0f, 0x1f, 0x84, 0x00}, 4, 8},
		{{0x66, 0x0f, 0x1f, 0x84, 0x00}, 5, 9},
	};

	for (size_t i = 0; i < ARRAY_SIZE(no_ops); i++)
		if (length >= no_ops[i].length &&
			!memcmp(code, no_ops[i].bytes, no_ops[i].given))
			return no_ops[i].length;
	return 0;
}

const struct sonde_arch sonde_arch_x86_64 = {
	.name = "x86_64",
	.description_names = description_names,
	.address_bits = 64,
	.page_bytes = 4096,
	.pc = "rip",
	.sp = "rsp",
	.registers = registers,
	.register_count = ARRAY_SIZE(registers),
	.g_lengths = g_lengths,
	.breakpoint = {0xcc},
	.breakpoint_bytes = 1,
	.breakpoint_pc_offset = 1,
	.breakpoint_kind = 1,
	.debug_registers = 4,
	.capstone_arch = CS_ARCH_X86,
	.capstone_mode = capstone_mode,
	.dwarf_registers = dwarf_registers,
	.dwarf_register_count = ARRAY_SIZE(dwarf_registers),
	.read_regime = sonde_x86_64_read_regime,
	.calls = &calls,
	.no_op = no_op,
	.find_call = sonde_x86_find_call,
	.jump = jump,
	.group_of = group_of,
};
