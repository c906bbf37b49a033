/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RISC-V with 64-bit registers, from QEMU's target/riscv/cpu.c, riscv_cpu_dump_state:
 * " x1/ra    VALUE", " satp     VALUE". Names are those of the stub's description, which
 * calls x8 "fp". Which control registers are printed depends on the CPU's extensions.
 */
#include <string.h>

#include "macros.h"
#include "monitor_registers_arch.h"

#define IN_STUB                                                                \
	"QEMU's monitor does not tell it; the stub does, once a command that " \
	"controls the guest has connected"

#define X(name)                           \
	{                                 \
		name, 64, "general", NULL \
	}
#define F(name)                         \
	{                               \
		name, 64, "float", NULL \
	}
#define CSR(name)                        \
	{                                \
		name, 64, "system", NULL \
	}
#define STUBS(name)                         \
	{                                   \
		name, 64, "system", IN_STUB \
	}

/* clang-format off */
static const struct sonde_qemu_register registers[] = {
	X("zero"), X("ra"), X("sp"), X("gp"), X("tp"), X("t0"), X("t1"), X("t2"),
	X("fp"), X("s1"), X("a0"), X("a1"), X("a2"), X("a3"), X("a4"), X("a5"),
	X("a6"), X("a7"), X("s2"), X("s3"), X("s4"), X("s5"), X("s6"), X("s7"),
	X("s8"), X("s9"), X("s10"), X("s11"), X("t3"), X("t4"), X("t5"), X("t6"),
	X("pc"),
	F("ft0"), F("ft1"), F("ft2"), F("ft3"), F("ft4"), F("ft5"), F("ft6"), F("ft7"),
	F("fs0"), F("fs1"), F("fa0"), F("fa1"), F("fa2"), F("fa3"), F("fa4"), F("fa5"),
	F("fa6"), F("fa7"), F("fs2"), F("fs3"), F("fs4"), F("fs5"), F("fs6"), F("fs7"),
	F("fs8"), F("fs9"), F("fs10"), F("fs11"), F("ft8"), F("ft9"), F("ft10"), F("ft11"),
	CSR("mhartid"), CSR("mstatus"), CSR("hstatus"), CSR("vsstatus"), CSR("mip"),
	CSR("mie"), CSR("mideleg"), CSR("hideleg"), CSR("medeleg"), CSR("hedeleg"),
	CSR("mtvec"), CSR("stvec"), CSR("vstvec"), CSR("mepc"), CSR("sepc"),
	CSR("vsepc"), CSR("mcause"), CSR("scause"), CSR("vscause"), CSR("mtval"),
	CSR("stval"), CSR("htval"), CSR("mtval2"), CSR("mscratch"), CSR("sscratch"),
	CSR("satp"),
	STUBS("sstatus"), STUBS("sie"), STUBS("sip"), STUBS("scounteren"),
	STUBS("vsatp"), STUBS("hgatp"), STUBS("priv"),
};
/* clang-format on */

static void take(struct sonde_qemu_dump *dump, const struct sonde_qemu_field *field)
{
	const char *slash = memchr(field->name, '/', field->name_length);
	const char *start = slash ? slash + 1 : field->name;
	size_t length = field->name_length - (size_t)(start - field->name);
	char name[16];

	if (length >= sizeof(name))
		return;
	memcpy(name, start, length);
	name[length] = '\0';
	sonde_qemu_dump_set(
		dump, strcmp(name, "s0") == 0 ? "fp" : name, field->words[0], 0);
}

const struct sonde_qemu_architecture sonde_qemu_architecture_riscv64 = {
	.name = "riscv64",
	.registers = registers,
	.count = ARRAY_SIZE(registers),
	.take = take,
};
