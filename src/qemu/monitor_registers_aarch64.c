/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AArch64, from QEMU's target/arm/cpu.c, aarch64_cpu_dump_state. Names are those of the
 * stub's description. With SVE enabled Z registers are printed in the place of Q; their
 * lowest 128 bits are V. System registers are the stub's alone: here are those that tell
 * where the kernel and its page tables are.
 *
 * A CPU in AArch32 state is printed in another way (R00, PSR), which is not understood.
 */
#include <stdio.h>

#include "macros.h"
#include "monitor_registers_arch.h"

#define IN_STUB                                                                \
	"QEMU's monitor does not tell it; the stub does, once a command that " \
	"controls the guest has connected"

#define X(n)                                \
	{                                   \
		"x" #n, 64, "general", NULL \
	}
#define V(n)                                \
	{                                   \
		"v" #n, 128, "vector", NULL \
	}
#define STUBS(name)                         \
	{                                   \
		name, 64, "system", IN_STUB \
	}

/* clang-format off */
static const struct sonde_qemu_register registers[] = {
	X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7),
	X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15),
	X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23),
	X(24), X(25), X(26), X(27), X(28), X(29), X(30),
	{"sp", 64, "general", NULL}, {"pc", 64, "general", NULL},
	{"cpsr", 32, "general", NULL},
	V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7),
	V(8), V(9), V(10), V(11), V(12), V(13), V(14), V(15),
	V(16), V(17), V(18), V(19), V(20), V(21), V(22), V(23),
	V(24), V(25), V(26), V(27), V(28), V(29), V(30), V(31),
	{"fpsr", 32, "float", NULL}, {"fpcr", 32, "float", NULL},
	STUBS("SCTLR"), STUBS("TCR_EL1"), STUBS("TTBR0_EL1"),
	STUBS("TTBR1_EL1"), STUBS("MAIR_EL1"), STUBS("VBAR"),
	STUBS("SP_EL0"), STUBS("SP_EL1"), STUBS("TPIDR_EL0"),
	STUBS("TPIDRRO_EL0"), STUBS("TPIDR_EL1"), STUBS("CONTEXTIDR_EL1"),
	STUBS("ESR_EL1"), STUBS("FAR_EL1"), STUBS("ELR_EL1"),
	STUBS("SPSR_EL1"), STUBS("PAR_EL1"), STUBS("CPACR"),
};
/* clang-format on */

static const struct {
	const char *field, *name;
} places[] = {
	{"PC", "pc"},
	{"SP", "sp"},
	{"PSTATE", "cpsr"},
	{"FPCR", "fpcr"},
	{"FPSR", "fpsr"},
};

static void take(struct sonde_qemu_dump *dump, const struct sonde_qemu_field *field)
{
	int general = sonde_qemu_field_number(field, "X");
	int vector = sonde_qemu_field_number(field, "Q");
	unsigned count = field->count;
	char name[16];

	if (!count)
		return;
	if (vector < 0)
		vector = sonde_qemu_field_number(field, "Z");
	if (general >= 0) {
		snprintf(name, sizeof(name), "x%d", general);
		sonde_qemu_dump_set(dump, name, field->words[0], 0);
	} else if (vector >= 0 && count >= 2) {
		snprintf(name, sizeof(name), "v%d", vector);
		sonde_qemu_dump_set(
			dump, name, field->words[count - 1], field->words[count - 2]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (sonde_qemu_field_is(field, places[i].field))
			sonde_qemu_dump_set(dump, places[i].name, field->words[0], 0);
}

const struct sonde_qemu_architecture sonde_qemu_architecture_aarch64 = {
	.name = "aarch64",
	.registers = registers,
	.count = ARRAY_SIZE(registers),
	.equal_signs = true,
	.take = take,
};
