/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x86, from QEMU's target/i386/cpu-dump.c.
 *
 * What is printed depends on the CPU's mode. In 64-bit code all is told. In
 * compatibility mode the general registers and the segments' bases are cut to 32 bits,
 * though tables and control registers are not: the bases are then not taken, since those
 * of FS, GS and TR may well be wider. Outside of long mode 32 bits are all there is.
 *
 * Names and widths are those of the stub's description; what it lacks is called as in the
 * Intel SDM. QEMU prints the x87 registers by their place (Intel SDM volume 1, 8.1.2),
 * and a tag word of one bit each (volume 1, 10.5.1.1).
 */
#include <stdio.h>
#include <string.h>

#include "macros.h"
#include "monitor_registers_arch.h"

#define UNTOLD "QEMU's monitor does not tell it"
#define IN_STUB                                                                \
	"QEMU's monitor does not tell it; the stub does, once a command that " \
	"controls the guest has connected"

/* clang-format off */
#define FLOAT                                                                            \
	{"st0", 80, "float", NULL}, {"st1", 80, "float", NULL},                          \
	{"st2", 80, "float", NULL}, {"st3", 80, "float", NULL},                          \
	{"st4", 80, "float", NULL}, {"st5", 80, "float", NULL},                          \
	{"st6", 80, "float", NULL}, {"st7", 80, "float", NULL},                          \
	{"fctrl", 32, "float", NULL}, {"fstat", 32, "float", NULL},                      \
	{"ftag", 32, "float", NULL}, {"fiseg", 32, "float", UNTOLD},                     \
	{"fioff", 32, "float", UNTOLD}, {"foseg", 32, "float", UNTOLD},                  \
	{"fooff", 32, "float", UNTOLD}, {"fop", 32, "float", UNTOLD}

#define VECTOR(n) {"xmm" #n, 128, "vector", NULL}
#define UPPER(n) {"ymm" #n "h", 128, "vector", NULL}

#define SYSTEM(width)                                                                    \
	{"fs_base", width, "system", NULL}, {"gs_base", width, "system", NULL},          \
	{"k_gs_base", width, "system", IN_STUB},                                         \
	{"cr0", width, "system", NULL}, {"cr2", width, "system", NULL},                  \
	{"cr3", width, "system", NULL}, {"cr4", width, "system", NULL},                  \
	{"cr8", width, "system", IN_STUB}, {"efer", width, "system", NULL}

#define TABLES(width)                                                                    \
	{"gdt_base", width, "system", NULL}, {"gdt_limit", 16, "system", NULL},          \
	{"idt_base", width, "system", NULL}, {"idt_limit", 16, "system", NULL},          \
	{"ldt", 16, "system", NULL}, {"ldt_base", width, "system", NULL},                \
	{"ldt_limit", 32, "system", NULL},                                               \
	{"tr", 16, "system", NULL}, {"tr_base", width, "system", NULL},                  \
	{"tr_limit", 32, "system", NULL},                                                \
	{"dr0", width, "system", NULL}, {"dr1", width, "system", NULL},                  \
	{"dr2", width, "system", NULL}, {"dr3", width, "system", NULL},                  \
	{"dr6", width, "system", NULL}, {"dr7", width, "system", NULL}

#define SEGMENTS                                                                         \
	{"cs", 32, "general", NULL}, {"ss", 32, "general", NULL},                        \
	{"ds", 32, "general", NULL}, {"es", 32, "general", NULL},                        \
	{"fs", 32, "general", NULL}, {"gs", 32, "general", NULL}

#define MSRS(width)                                                                      \
	{"sysenter_cs", width, "system", UNTOLD},                                        \
	{"sysenter_esp", width, "system", UNTOLD},                                       \
	{"sysenter_eip", width, "system", UNTOLD},                                       \
	{"pat", 64, "system", UNTOLD}, {"apic_base", 64, "system", UNTOLD}

static const struct sonde_qemu_register registers_64[] = {
	{"rax", 64, "general", NULL}, {"rbx", 64, "general", NULL},
	{"rcx", 64, "general", NULL}, {"rdx", 64, "general", NULL},
	{"rsi", 64, "general", NULL}, {"rdi", 64, "general", NULL},
	{"rbp", 64, "general", NULL}, {"rsp", 64, "general", NULL},
	{"r8", 64, "general", NULL}, {"r9", 64, "general", NULL},
	{"r10", 64, "general", NULL}, {"r11", 64, "general", NULL},
	{"r12", 64, "general", NULL}, {"r13", 64, "general", NULL},
	{"r14", 64, "general", NULL}, {"r15", 64, "general", NULL},
	{"rip", 64, "general", NULL}, {"eflags", 32, "general", NULL},
	SEGMENTS, SYSTEM(64), FLOAT,
	VECTOR(0), VECTOR(1), VECTOR(2), VECTOR(3), VECTOR(4), VECTOR(5), VECTOR(6),
	VECTOR(7), VECTOR(8), VECTOR(9), VECTOR(10), VECTOR(11), VECTOR(12), VECTOR(13),
	VECTOR(14), VECTOR(15), {"mxcsr", 32, "vector", NULL},
	VECTOR(16), VECTOR(17), VECTOR(18), VECTOR(19), VECTOR(20), VECTOR(21),
	VECTOR(22), VECTOR(23), VECTOR(24), VECTOR(25), VECTOR(26), VECTOR(27),
	VECTOR(28), VECTOR(29), VECTOR(30), VECTOR(31),
	UPPER(0), UPPER(1), UPPER(2), UPPER(3), UPPER(4), UPPER(5), UPPER(6), UPPER(7),
	UPPER(8), UPPER(9), UPPER(10), UPPER(11), UPPER(12), UPPER(13), UPPER(14),
	UPPER(15),
	TABLES(64), MSRS(64),
	{"star", 64, "system", UNTOLD}, {"lstar", 64, "system", UNTOLD},
	{"cstar", 64, "system", UNTOLD}, {"sfmask", 64, "system", UNTOLD},
};

static const struct sonde_qemu_register registers_32[] = {
	{"eax", 32, "general", NULL}, {"ecx", 32, "general", NULL},
	{"edx", 32, "general", NULL}, {"ebx", 32, "general", NULL},
	{"esp", 32, "general", NULL}, {"ebp", 32, "general", NULL},
	{"esi", 32, "general", NULL}, {"edi", 32, "general", NULL},
	{"eip", 32, "general", NULL}, {"eflags", 32, "general", NULL},
	SEGMENTS, SYSTEM(32), FLOAT,
	VECTOR(0), VECTOR(1), VECTOR(2), VECTOR(3), VECTOR(4), VECTOR(5), VECTOR(6),
	VECTOR(7), {"mxcsr", 32, "vector", NULL},
	UPPER(0), UPPER(1), UPPER(2), UPPER(3), UPPER(4), UPPER(5), UPPER(6), UPPER(7),
	TABLES(32), MSRS(32),
};

/* Where QEMU has them: the word of a field, from 0. */
static const struct {
	const char *field;
	/** In a 64-bit and in a 32-bit QEMU; NULL: it has none. */
	const char *name_64, *name_32;
	unsigned word;
	/** Cut to 32 bits in compatibility mode. */
	bool is_cut;
} places[] = {
	{"RAX", "rax", NULL, 0, false}, {"EAX", "rax", "eax", 0, false},
	{"RBX", "rbx", NULL, 0, false}, {"EBX", "rbx", "ebx", 0, false},
	{"RCX", "rcx", NULL, 0, false}, {"ECX", "rcx", "ecx", 0, false},
	{"RDX", "rdx", NULL, 0, false}, {"EDX", "rdx", "edx", 0, false},
	{"RSI", "rsi", NULL, 0, false}, {"ESI", "rsi", "esi", 0, false},
	{"RDI", "rdi", NULL, 0, false}, {"EDI", "rdi", "edi", 0, false},
	{"RBP", "rbp", NULL, 0, false}, {"EBP", "rbp", "ebp", 0, false},
	{"RSP", "rsp", NULL, 0, false}, {"ESP", "rsp", "esp", 0, false},
	{"R8", "r8", NULL, 0, false}, {"R9", "r9", NULL, 0, false},
	{"R10", "r10", NULL, 0, false}, {"R11", "r11", NULL, 0, false},
	{"R12", "r12", NULL, 0, false}, {"R13", "r13", NULL, 0, false},
	{"R14", "r14", NULL, 0, false}, {"R15", "r15", NULL, 0, false},
	{"RIP", "rip", NULL, 0, false}, {"EIP", "rip", "eip", 0, false},
	{"RFL", "eflags", "eflags", 0, false}, {"EFL", "eflags", "eflags", 0, false},
	{"CS", "cs", "cs", 0, false}, {"SS", "ss", "ss", 0, false},
	{"DS", "ds", "ds", 0, false}, {"ES", "es", "es", 0, false},
	{"FS", "fs", "fs", 0, false}, {"FS", "fs_base", "fs_base", 1, true},
	{"GS", "gs", "gs", 0, false}, {"GS", "gs_base", "gs_base", 1, true},
	{"LDT", "ldt", "ldt", 0, false}, {"LDT", "ldt_base", "ldt_base", 1, true},
	{"LDT", "ldt_limit", "ldt_limit", 2, false},
	{"TR", "tr", "tr", 0, false}, {"TR", "tr_base", "tr_base", 1, true},
	{"TR", "tr_limit", "tr_limit", 2, false},
	{"GDT", "gdt_base", "gdt_base", 0, false},
	{"GDT", "gdt_limit", "gdt_limit", 1, false},
	{"IDT", "idt_base", "idt_base", 0, false},
	{"IDT", "idt_limit", "idt_limit", 1, false},
	{"CR0", "cr0", "cr0", 0, false}, {"CR2", "cr2", "cr2", 0, false},
	{"CR3", "cr3", "cr3", 0, false}, {"CR4", "cr4", "cr4", 0, false},
	{"DR0", "dr0", "dr0", 0, false}, {"DR1", "dr1", "dr1", 0, false},
	{"DR2", "dr2", "dr2", 0, false}, {"DR3", "dr3", "dr3", 0, false},
	{"DR6", "dr6", "dr6", 0, false}, {"DR7", "dr7", "dr7", 0, false},
	{"EFER", "efer", "efer", 0, false}, {"MXCSR", "mxcsr", "mxcsr", 0, false},
	{"FCW", "fctrl", "fctrl", 0, false}, {"FSW", "fstat", "fstat", 0, false},
	{"FTW", "ftag", "ftag", 0, false},
};
/* clang-format on */

enum {
	EFER_LMA = 1 << 10,
	/** Of a base that is cut to 32 bits. */
	CUT_DIGITS = 8,
	FLOATS = 8,
	/** The tag word's two bits a register. */
	TAG_VALID = 0,
	TAG_ZERO = 1,
	TAG_SPECIAL = 2,
	TAG_EMPTY = 3,
	EXPONENT_MASK = 0x7fff,
};

/* "XMM00=high low", and with more words in front YMM and ZMM. */
static bool take_vector(
	struct sonde_qemu_dump *dump, const struct sonde_qemu_field *field)
{
	static const char *const prefixes[] = {"XMM", "YMM", "ZMM"};
	char name[16];
	int number = -1;

	for (size_t i = 0; number < 0 && i < ARRAY_SIZE(prefixes); i++)
		number = sonde_qemu_field_number(field, prefixes[i]);
	if (number < 0)
		return false;
	if (field->count >= 2) {
		snprintf(name, sizeof(name), "xmm%d", number);
		sonde_qemu_dump_set(dump, name, field->words[field->count - 1],
			field->words[field->count - 2]);
	}
	if (field->count >= 4) {
		snprintf(name, sizeof(name), "ymm%dh", number);
		sonde_qemu_dump_set(dump, name, field->words[field->count - 3],
			field->words[field->count - 4]);
	}
	return true;
}

static void take_places(
	struct sonde_qemu_dump *dump, const struct sonde_qemu_field *field)
{
	bool is_64 = dump->architecture == &sonde_qemu_architecture_x86_64;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *name = is_64 ? places[i].name_64 : places[i].name_32;
		unsigned word = places[i].word;

		if (!name || word >= field->count ||
			!sonde_qemu_field_is(field, places[i].field))
			continue;
		sonde_qemu_dump_set(dump, name, field->words[word], 0);
		if (places[i].is_cut && field->digits[word] <= CUT_DIGITS)
			dump->is_narrow = true;
	}
}

static void take(struct sonde_qemu_dump *dump, const struct sonde_qemu_field *field)
{
	int number = sonde_qemu_field_number(field, "FPR");
	char name[16];

	if (number >= 0 && field->count >= 2) {
		snprintf(name, sizeof(name), "st%d", number);
		sonde_qemu_dump_set(dump, name, field->words[0], field->words[1]);
	} else if (!take_vector(dump, field)) {
		take_places(dump, field);
	}
}

/* --- what needs more than one field ------------------------------------------------ */

static struct sonde_register_value *find_float(struct sonde_qemu_dump *dump, unsigned i)
{
	char name[16];

	snprintf(name, sizeof(name), "st%u", i);
	return sonde_qemu_dump_find(dump, name);
}

/* What kind of number is in an x87 register. */
static unsigned tag_of(const struct sonde_register_value *value)
{
	uint64_t mantissa = sonde_register_value_integer(value);
	unsigned exponent = (value->bytes[8] | value->bytes[9] << 8) & EXPONENT_MASK;

	if (exponent == EXPONENT_MASK)
		return TAG_SPECIAL;
	if (!exponent)
		return mantissa ? TAG_SPECIAL : TAG_ZERO;
	return mantissa >> 63 ? TAG_VALID : TAG_SPECIAL;
}

/* From a bit for each register that is in use to the two bits that the register has. */
static void widen_tags(struct sonde_qemu_dump *dump)
{
	struct sonde_register_value *value = sonde_qemu_dump_find(dump, "ftag");
	uint64_t used = sonde_register_value_integer(value), tags = 0;

	if (!value->available)
		return;
	for (unsigned i = 0; i < FLOATS; i++)
		tags |= (uint64_t)(used >> i & 1 ? tag_of(find_float(dump, i))
						 : TAG_EMPTY)
			<< 2 * i;
	sonde_register_value_set_integer(value, tags, value->bits);
}

/* st0 is the top of the stack, wherever that is. */
static void rotate_floats(struct sonde_qemu_dump *dump)
{
	const struct sonde_register_value *status = sonde_qemu_dump_find(dump, "fstat");
	unsigned top = sonde_register_value_integer(status) >> 11 & 7;
	struct sonde_register_value places_of[FLOATS];

	for (unsigned i = 0; i < FLOATS; i++)
		places_of[i] = *find_float(dump, i);
	for (unsigned i = 0; i < FLOATS; i++) {
		*find_float(dump, i) = places_of[(i + top) % FLOATS];
		if (!status->available)
			find_float(dump, i)->available = false;
	}
}

static void finish(struct sonde_qemu_dump *dump)
{
	const struct sonde_register_value *efer = sonde_qemu_dump_find(dump, "efer");

	widen_tags(dump);
	rotate_floats(dump);
	if (!dump->is_narrow || !(sonde_register_value_integer(efer) & EFER_LMA))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].is_cut)
			sonde_qemu_dump_find(dump, places[i].name_64)->available = false;
}

const struct sonde_qemu_architecture sonde_qemu_architecture_x86_64 = {
	.name = "x86_64",
	.registers = registers_64,
	.count = ARRAY_SIZE(registers_64),
	.equal_signs = true,
	.take = take,
	.finish = finish,
};

const struct sonde_qemu_architecture sonde_qemu_architecture_i386 = {
	.name = "i386",
	.registers = registers_32,
	.count = ARRAY_SIZE(registers_32),
	.equal_signs = true,
	.take = take,
	.finish = finish,
};
