/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of src/arch against each other, and capstone against known bytes. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <capstone/capstone.h>

#include "arch.h"
#include "macros.h"

static const struct sonde_arch *const all[] = {
	&sonde_arch_x86_64,
	&sonde_arch_i386,
	&sonde_arch_aarch64,
	&sonde_arch_riscv64,
};

struct made_up_register {
	const char *name;
	uint64_t value;
};

/* A NULL name ends the table. */
struct made_up_cpu {
	struct made_up_register registers[8];
};

#define CPU(...)                             \
	{                                    \
		.registers = { __VA_ARGS__ } \
	}

static bool read_made_up(void *user, const char *name, uint64_t *ret)
{
	const struct made_up_cpu *cpu = user;

	for (size_t i = 0; i < ARRAY_SIZE(cpu->registers); i++)
		if (cpu->registers[i].name && strcmp(cpu->registers[i].name, name) == 0) {
			*ret = cpu->registers[i].value;
			return true;
		}
	return false;
}

static const struct sonde_arch_register *find_register(
	const struct sonde_arch *arch, const char *name)
{
	for (unsigned i = 0; i < arch->register_count; i++)
		if (strcmp(arch->registers[i].name, name) == 0)
			return &arch->registers[i];
	return NULL;
}

static unsigned offset_of(const struct sonde_arch *arch, const char *name)
{
	unsigned offset = 0;

	for (unsigned i = 0; i < arch->register_count; i++) {
		if (strcmp(arch->registers[i].name, name) == 0)
			return offset;
		offset += arch->registers[i].bits / 8;
	}
	fail_msg("%s has no %s", arch->name, name);
	return 0;
}

static bool is_prefix(const struct sonde_arch *arch, unsigned bytes)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < arch->register_count && sum < bytes; i++)
		sum += arch->registers[i].bits / 8;
	return sum == bytes;
}

static void test_registers(void **state)
{
	(void)state;
	for (size_t a = 0; a < ARRAY_SIZE(all); a++) {
		const struct sonde_arch *arch = all[a];

		assert_non_null(find_register(arch, arch->pc));
		assert_non_null(find_register(arch, arch->sp));
		assert_int_equal(find_register(arch, arch->pc)->bits, arch->address_bits);
		for (unsigned i = 0; i < arch->register_count; i++) {
			const struct sonde_arch_register *one = &arch->registers[i];

			assert_int_equal(one->bits % 8, 0);
			assert_in_range(one->bits, 8, SONDE_REGISTER_MAX_BYTES * 8);
			assert_ptr_equal(find_register(arch, one->name), one);
			assert_string_equal(arch->group_of(one->name), one->group);
		}
	}
}

static void test_g_lengths(void **state)
{
	(void)state;
	for (size_t a = 0; a < ARRAY_SIZE(all); a++) {
		const unsigned *length = all[a]->g_lengths;

		for (; *length; length++) {
			assert_true(is_prefix(all[a], *length));
			/* Another's length, or one listed twice, would find another. */
			assert_ptr_equal(sonde_arch_find_by_g_length(*length), all[a]);
			assert_true(!length[1] || length[1] > *length);
		}
		assert_int_equal(offset_of(all[a], all[a]->registers[0].name), 0);
		/* The last one is the whole layout. */
		assert_false(is_prefix(all[a], length[-1] + 1));
		assert_int_equal(
			offset_of(all[a],
				all[a]->registers[all[a]->register_count - 1].name) +
				all[a]->registers[all[a]->register_count - 1].bits / 8,
			length[-1]);
	}
	assert_null(sonde_arch_find_by_g_length(0));
	assert_null(sonde_arch_find_by_g_length(608));
	assert_null(sonde_arch_find_by_g_length(SIZE_MAX));
}

/* Offsets as `maint print remote-registers` of gdb 13 shows them. */
static void test_g_offsets(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		const char *name;
		unsigned offset;
	} known[] = {
		{&sonde_arch_x86_64, "rsp", 56},
		{&sonde_arch_x86_64, "rip", 128},
		{&sonde_arch_x86_64, "gs", 160},
		{&sonde_arch_x86_64, "st0", 164},
		{&sonde_arch_x86_64, "fctrl", 244},
		{&sonde_arch_x86_64, "xmm0", 276},
		{&sonde_arch_x86_64, "mxcsr", 532},
		{&sonde_arch_x86_64, "gs_base", 544},
		{&sonde_arch_i386, "esp", 16},
		{&sonde_arch_i386, "eip", 32},
		{&sonde_arch_i386, "gs", 60},
		{&sonde_arch_i386, "fop", 172},
		{&sonde_arch_i386, "mxcsr", 304},
		{&sonde_arch_aarch64, "sp", 248},
		{&sonde_arch_aarch64, "cpsr", 264},
		{&sonde_arch_aarch64, "v0", 268},
		{&sonde_arch_aarch64, "fpcr", 784},
		{&sonde_arch_riscv64, "sp", 16},
		{&sonde_arch_riscv64, "a0", 80},
		{&sonde_arch_riscv64, "t3", 224},
		{&sonde_arch_riscv64, "pc", 256},
		{&sonde_arch_riscv64, "ft0", 264},
		{&sonde_arch_riscv64, "fcsr", 528},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_int_equal(
			offset_of(known[i].arch, known[i].name), known[i].offset);
}

static void test_find(void **state)
{
	(void)state;
	for (size_t a = 0; a < ARRAY_SIZE(all); a++) {
		assert_ptr_equal(sonde_arch_find(all[a]->name), all[a]);
		for (const char *const *name = all[a]->description_names; *name; name++)
			assert_ptr_equal(sonde_arch_find(*name), all[a]);
	}
	assert_ptr_equal(sonde_arch_find("i386:x86-64"), &sonde_arch_x86_64);
	assert_ptr_equal(sonde_arch_find("i386:x64-32"), &sonde_arch_x86_64);
	assert_ptr_equal(sonde_arch_find("i8086"), &sonde_arch_i386);
	assert_ptr_equal(sonde_arch_find("riscv"), &sonde_arch_riscv64);
	assert_null(sonde_arch_find("riscv:rv32"));
	assert_null(sonde_arch_find("arm"));
	assert_null(sonde_arch_find("i386:"));
	assert_null(sonde_arch_find(""));
}

static void test_breakpoints(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		const char *text;
		unsigned pc_offset;
	} known[] = {
		{&sonde_arch_x86_64, "int3", 1},
		{&sonde_arch_i386, "int3", 1},
		{&sonde_arch_aarch64, "brk #0", 0},
	};
	static const uint8_t ebreak[] = {0x73, 0x00, 0x10, 0x00};
	struct made_up_cpu unknown = CPU({NULL, 0});
	const struct sonde_arch_reader nothing = {read_made_up, &unknown};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct sonde_arch *arch = known[i].arch;
		struct sonde_instruction instruction;

		assert_null(sonde_arch_disassemble(arch, arch->capstone_mode(&nothing), 0,
			arch->breakpoint, arch->breakpoint_bytes, &instruction));
		assert_string_equal(instruction.text, known[i].text);
		assert_int_equal(instruction.length, arch->breakpoint_bytes);
		assert_int_equal(arch->breakpoint_kind, arch->breakpoint_bytes);
		assert_int_equal(arch->breakpoint_pc_offset, known[i].pc_offset);
	}
	assert_memory_equal(sonde_arch_riscv64.breakpoint, ebreak, sizeof(ebreak));
	assert_int_equal(sonde_arch_riscv64.breakpoint_bytes, sizeof(ebreak));
	assert_int_equal(sonde_arch_riscv64.breakpoint_kind, sizeof(ebreak));
	assert_int_equal(sonde_arch_riscv64.breakpoint_pc_offset, 0);
}

static void test_groups(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		const char *name;
		const char *group;
	} known[] = {
		{&sonde_arch_x86_64, "rax", "general"},
		{&sonde_arch_x86_64, "eflags", "general"},
		{&sonde_arch_x86_64, "st7", "float"},
		{&sonde_arch_x86_64, "xmm31", "vector"},
		{&sonde_arch_x86_64, "ymm0h", "vector"},
		{&sonde_arch_x86_64, "mxcsr", "vector"},
		{&sonde_arch_x86_64, "cr3", "system"},
		{&sonde_arch_x86_64, "efer", "system"},
		{&sonde_arch_x86_64, "fs_base", "system"},
		{&sonde_arch_x86_64, "k_gs_base", "system"},
		{&sonde_arch_x86_64, "star", "system"},
		{&sonde_arch_x86_64, "gdt_base", "system"},
		{&sonde_arch_x86_64, "cr", NULL},
		{&sonde_arch_x86_64, "cr3x", NULL},
		{&sonde_arch_x86_64, "", NULL},
		{&sonde_arch_i386, "esp", "general"},
		{&sonde_arch_i386, "cr0", "system"},
		{&sonde_arch_i386, "fop", "float"},
		{&sonde_arch_aarch64, "x30", "general"},
		{&sonde_arch_aarch64, "fpsr", "float"},
		{&sonde_arch_aarch64, "z31", "vector"},
		{&sonde_arch_aarch64, "SP_EL0", "system"},
		{&sonde_arch_aarch64, "TTBR1_EL1", "system"},
		{&sonde_arch_riscv64, "s0", "general"},
		{&sonde_arch_riscv64, "fs11", "float"},
		{&sonde_arch_riscv64, "v31", "vector"},
		{&sonde_arch_riscv64, "satp", "system"},
		{&sonde_arch_riscv64, "priv", "system"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *group = known[i].arch->group_of(known[i].name);

		if (known[i].group)
			assert_string_equal(group, known[i].group);
		else
			assert_null(group);
	}
}

#define CR0_PE	       UINT64_C(0x1)
#define CR0_PG	       UINT64_C(0x80000001)
#define CR4_PAE	       UINT64_C(0x20)
#define CR4_LA57       UINT64_C(0x1000)
#define EFER_LMA       UINT64_C(0x400)
#define TCR(tg1, t1sz) ((uint64_t)(tg1) << 30 | (uint64_t)(t1sz) << 16)
#define TCR_DS	       (UINT64_C(1) << 59)
#define TCR_EPD0       (UINT64_C(1) << 7)
#define TCR_EPD1       (UINT64_C(1) << 23)
#define TABLES                      \
	{"TTBR0_EL1", 0x1000},      \
	{                           \
		"TTBR1_EL1", 0x2000 \
	}
#define HOST	   (UINT64_C(1) << 34 | UINT64_C(1) << 27)
#define SATP(mode) ((uint64_t)(mode) << 60 | 0x80123)

struct paging_case {
	const struct sonde_arch *arch;
	struct made_up_cpu cpu;
	const char *paging;
};

/* clang-format off */
static const struct paging_case paging_cases[] = {
	{&sonde_arch_x86_64, CPU({NULL, 0}), NULL},
	{&sonde_arch_x86_64, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"cr4", CR4_PAE}), NULL},
	{&sonde_arch_x86_64, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"efer", EFER_LMA}), NULL},
	{&sonde_arch_x86_64, CPU({"cr0", CR0_PE}, {"efer", 0}), "none"},
	{&sonde_arch_x86_64, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"cr4", CR4_PAE}, {"efer", 0x500}),
		"4-level"},
	{&sonde_arch_x86_64, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"cr4", CR4_PAE | CR4_LA57},
		{"efer", 0x500}), "5-level"},
	/* Where the tables are has to be known, too. */
	{&sonde_arch_x86_64, CPU({"cr0", CR0_PG}, {"cr4", CR4_PAE}, {"efer", 0x500}), NULL},
	/* LME alone is not LMA. */
	{&sonde_arch_x86_64, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"cr4", CR4_PAE}, {"efer", 0x100}),
		"pae"},
	{&sonde_arch_x86_64, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"cr4", 0}, {"efer", 0}), "32-bit"},
	{&sonde_arch_i386, CPU({NULL, 0}), NULL},
	{&sonde_arch_i386, CPU({"cr0", CR0_PE}), "none"},
	{&sonde_arch_i386, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"cr4", 0}), "32-bit"},
	{&sonde_arch_i386, CPU({"cr3", 0x1000}, {"cr0", CR0_PG}, {"cr4", CR4_PAE}), "pae"},

	{&sonde_arch_aarch64, CPU({NULL, 0}), NULL},
	{&sonde_arch_aarch64, CPU({"SCTLR", 1}), NULL},
	{&sonde_arch_aarch64, CPU({"SCTLR", 0}, {"TCR_EL1", TCR(2, 16)}), "none"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 16)}),
		"4-level, 4k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR_EL1", 1}, {"TCR_EL1", TCR(2, 25)}),
		"3-level, 4k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 12) | TCR_DS}),
		"5-level, 4k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 12)}),
		"4-level, 4k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(1, 17)}),
		"3-level, 16k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(1, 16)}),
		"4-level, 16k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(1, 12) | TCR_DS}),
		"4-level, 16k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(3, 22)}),
		"2-level, 64k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(3, 12)}),
		"3-level, 64k pages"},
	/* A reserved granule, and sizes that no CPU has. */
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(0, 16)}), NULL},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(3, 0)}), NULL},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 63)}), NULL},
	/* Firmware has the lower half alone; TG0 is encoded in its own way. */
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR_EPD1 | 20}),
		"4-level, 4k pages"},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR_EPD1 | 1 << 14 | 22}),
		"2-level, 64k pages"},
	{&sonde_arch_aarch64, CPU({"TTBR0_EL1", 0}, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 16)}),
		NULL},
	{&sonde_arch_aarch64, CPU({"TTBR1_EL1", 0}, {"SCTLR", 1},
		{"TCR_EL1", TCR(2, 16) | 1 << 7}), "4-level, 4k pages"},
	/* A guest of the machine's own hypervisor; AArch32's own tables. */
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 16)},
		{"HCR_EL2", 1}), NULL},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 16)},
		{"cpsr", 0x13}), NULL},
	{&sonde_arch_aarch64, CPU(TABLES, {"SCTLR", 1}, {"TCR_EL1", TCR(2, 16)},
		{"cpsr", 0x10}), "4-level, 4k pages"},
	/* A host with VHE; other software at EL2. */
	{&sonde_arch_aarch64, CPU({"SCTLR", 0}, {"TCR_EL1", 0}, {"HCR_EL2", HOST},
		{"TTBR0_EL2", 0}, {"TTBR1_EL2", 0},
		{"SCTLR_EL2", 1}, {"TCR_EL2", TCR(2, 16)}), "4-level, 4k pages"},
	{&sonde_arch_aarch64, CPU({"SCTLR", 0}, {"TCR_EL1", 0}, {"HCR_EL2", 0},
		{"cpsr", 0x3c9}), NULL},
	{&sonde_arch_aarch64, CPU({"SCTLR", 0}, {"TCR_EL1", 0}, {"HCR_EL2", 0},
		{"cpsr", 0x3c5}), "none"},

	{&sonde_arch_riscv64, CPU({NULL, 0}), NULL},
	{&sonde_arch_riscv64, CPU({"satp", 0}), "none"},
	{&sonde_arch_riscv64, CPU({"satp", SATP(8)}), "sv39"},
	{&sonde_arch_riscv64, CPU({"satp", SATP(9)}), "sv48"},
	{&sonde_arch_riscv64, CPU({"satp", SATP(10)}), "sv57"},
	{&sonde_arch_riscv64, CPU({"satp", SATP(8)}, {"priv", 1}), "sv39"},
	{&sonde_arch_riscv64, CPU({"satp", SATP(8)}, {"priv", 3}), "none"},
	{&sonde_arch_riscv64, CPU({"satp", SATP(15)}), NULL},
};
/* clang-format on */

static void test_paging(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paging_cases); i++) {
		struct made_up_cpu cpu = paging_cases[i].cpu;
		const struct sonde_arch_reader reader = {read_made_up, &cpu};
		struct sonde_page_regime regime = {.name = NULL};
		const char *paging = NULL;
		const char *expected = paging_cases[i].paging;

		if (paging_cases[i].arch->read_regime(&reader, &regime))
			paging = regime.name;
		if (!paging != !expected || (paging && strcmp(paging, expected) != 0))
			fail_msg("case %zu: %s, not %s", i, paging ? paging : "NULL",
				expected ? expected : "NULL");
	}
}

/* Every value of the fields gives one of the words or NULL: no index goes astray. */
static void test_paging_bounds(void **state)
{
	struct made_up_cpu cpu = CPU({"SCTLR", 1}, {"TCR_EL1", 0}, TABLES);
	const struct sonde_arch_reader reader = {read_made_up, &cpu};
	struct sonde_page_regime regime;

	(void)state;
	for (unsigned fields = 0; fields < 1U << 11; fields++) {
		uint64_t halves = TCR(fields >> 6 & 3, fields & 63) |
				  (fields >> 6 & 3) << 14 | (fields & 63);

		cpu.registers[1].value = halves | (fields & 256 ? TCR_DS : 0) |
					 (fields & 512 ? TCR_EPD1 : 0) |
					 (fields & 1024 ? TCR_EPD0 : 0);
		if (!sonde_arch_aarch64.read_regime(&reader, &regime))
			continue;
		assert_non_null(strchr(regime.name, '-'));
		assert_in_range(regime.range_count, 1, SONDE_PAGE_RANGES_MAX);
		for (unsigned i = 0; i < regime.range_count; i++)
			assert_true(regime.ranges[i].top <
				    regime.ranges[i].format->level_count);
	}
}

static void test_capstone_mode(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		struct made_up_cpu cpu;
		int mode;
	} known[] = {
		{&sonde_arch_x86_64, CPU({NULL, 0}), CS_MODE_64},
		{&sonde_arch_x86_64, CPU({"cr0", CR0_PG}), CS_MODE_64},
		{&sonde_arch_x86_64, CPU({"efer", EFER_LMA}), CS_MODE_64},
		{&sonde_arch_x86_64, CPU({"efer", 0}, {"cr0", CR0_PE}), CS_MODE_32},
		{&sonde_arch_x86_64, CPU({"efer", 0}, {"cr0", 0x60000010}), CS_MODE_16},
		{&sonde_arch_i386, CPU({NULL, 0}), CS_MODE_32},
		{&sonde_arch_i386, CPU({"cr0", CR0_PG}), CS_MODE_32},
		{&sonde_arch_i386, CPU({"cr0", 0x60000010}), CS_MODE_16},
		{&sonde_arch_aarch64, CPU({NULL, 0}), CS_MODE_LITTLE_ENDIAN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct made_up_cpu cpu = known[i].cpu;
		const struct sonde_arch_reader reader = {read_made_up, &cpu};

		assert_int_equal(known[i].arch->capstone_mode(&reader), known[i].mode);
	}
	assert_int_equal(sonde_arch_riscv64.capstone_arch, -1);
}

struct code_case {
	const struct sonde_arch *arch;
	int mode;
	uint64_t address;
	uint8_t code[16];
	unsigned code_length;
	unsigned length;
	const char *text;
};

/* clang-format off */
static const struct code_case code_cases[] = {
	{&sonde_arch_x86_64, CS_MODE_64, 0, {0x90}, 1, 1, "nop"},
	{&sonde_arch_x86_64, CS_MODE_64, 0, {0x48, 0x89, 0xe5, 0xc3}, 4, 3,
		"mov rbp, rsp"},
	{&sonde_arch_x86_64, CS_MODE_64, 0xffffffff81000000,
		{0xe8, 0xfb, 0x0f, 0x00, 0x00}, 5, 5, "call 0xffffffff81001000"},
	{&sonde_arch_x86_64, CS_MODE_64, 0,
		{0x65, 0x48, 0x8b, 0x04, 0x25, 0x28, 0x00, 0x00, 0x00}, 9, 9,
		"mov rax, qword ptr gs:[0x28]"},
	{&sonde_arch_x86_64, CS_MODE_64, 0, {0x0f, 0x05}, 2, 2, "syscall"},
	/* The same bytes, by code width. */
	{&sonde_arch_x86_64, CS_MODE_32, 0, {0x48, 0x89, 0xe5}, 3, 1, "dec eax"},
	{&sonde_arch_x86_64, CS_MODE_16, 0, {0x48, 0x89, 0xe5}, 3, 1, "dec ax"},
	{&sonde_arch_i386, CS_MODE_32, 0, {0xb8, 0x34, 0x12, 0x00, 0x00}, 5, 5,
		"mov eax, 0x1234"},
	{&sonde_arch_i386, CS_MODE_16, 0, {0xb8, 0x34, 0x12}, 3, 3, "mov ax, 0x1234"},
	/* The reset vector of a PC. */
	{&sonde_arch_x86_64, CS_MODE_16, 0xfff0, {0xea, 0x5b, 0xe0, 0x00, 0xf0}, 5, 5,
		"ljmp 0xf000:0xe05b"},
	{&sonde_arch_aarch64, 0, 0, {0xfd, 0x7b, 0xbf, 0xa9}, 4, 4,
		"stp x29, x30, [sp, #-0x10]!"},
	{&sonde_arch_aarch64, 0, 0x1000, {0x04, 0x00, 0x00, 0x94}, 4, 4, "bl #0x1010"},
	{&sonde_arch_aarch64, 0, 0, {0x1f, 0x20, 0x03, 0xd5, 0xc0}, 5, 4, "nop"},
	/* No instructions: 06 (push es) in 64-bit code, and reserved encodings. */
	{&sonde_arch_x86_64, CS_MODE_64, 0, {0x06}, 16, 1, "(bad)"},
	{&sonde_arch_x86_64, CS_MODE_64, 0, {0x0f, 0x04}, 15, 1, "(bad)"},
	{&sonde_arch_aarch64, 0, 0, {0x00, 0x00, 0x00, 0x00}, 4, 4, "(bad)"},
};
/* clang-format on */

static void test_disassemble(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(code_cases); i++) {
		const struct code_case *one = &code_cases[i];
		struct sonde_instruction instruction;

		assert_null(sonde_arch_disassemble(one->arch, one->mode, one->address,
			one->code, one->code_length, &instruction));
		assert_string_equal(instruction.text, one->text);
		assert_int_equal(instruction.length, one->length);
		assert_memory_equal(instruction.bytes, one->code, one->length);
		assert_true(instruction.address == one->address);
	}
}

/* Fifteen prefixes and no instruction; the longest instruction there is. */
static void test_disassemble_prefixes(void **state)
{
	uint8_t code[32];
	struct sonde_instruction instruction;

	(void)state;
	memset(code, 0x66, sizeof(code));
	assert_null(sonde_arch_disassemble(
		&sonde_arch_x86_64, CS_MODE_64, 0, code, sizeof(code), &instruction));
	assert_string_equal(instruction.text, "(bad)");
	assert_int_equal(instruction.length, 1);
	code[14] = 0x90;
	assert_null(sonde_arch_disassemble(
		&sonde_arch_x86_64, CS_MODE_64, 0, code, sizeof(code), &instruction));
	assert_int_equal(instruction.length, 15);
	assert_memory_equal(instruction.bytes, code, 15);
}

static void test_disassemble_cut_short(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		int mode;
		uint8_t code[4];
		unsigned length;
	} known[] = {
		{&sonde_arch_x86_64, CS_MODE_64, {0xe8, 0xfb, 0x0f}, 3},
		{&sonde_arch_x86_64, CS_MODE_64, {0x48}, 1},
		{&sonde_arch_x86_64, CS_MODE_64, {0x90}, 0},
		{&sonde_arch_i386, CS_MODE_32, {0x0f}, 1},
		{&sonde_arch_aarch64, 0, {0x1f, 0x20, 0x03}, 3},
		{&sonde_arch_aarch64, 0, {0x1f}, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct sonde_instruction untouched = {.length = 77};
		struct sonde_error *error = sonde_arch_disassemble(known[i].arch,
			known[i].mode, 0, known[i].code, known[i].length, &untouched);

		assert_non_null(error);
		assert_int_equal(sonde_error_kind(error), SONDE_ERROR_BAD_DATA);
		assert_int_equal(untouched.length, 77);
		sonde_error_destroy(error);
	}
}

static void test_disassemble_unsupported(void **state)
{
	struct sonde_instruction instruction;
	struct sonde_error *error;

	(void)state;
	error = sonde_arch_disassemble(&sonde_arch_riscv64, 0, 0,
		sonde_arch_riscv64.breakpoint, 4, &instruction);
	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_UNSUPPORTED);
	assert_non_null(strstr(sonde_error_why(error), "riscv64"));
	assert_non_null(strstr(sonde_error_hint(error), "sonde read"));
	sonde_error_destroy(error);
}

static bool has_register(const struct sonde_arch *arch, const char *name)
{
	for (unsigned i = 0; i < arch->register_count; i++)
		if (!strcmp(arch->registers[i].name, name))
			return true;
	return false;
}

/* What is passed over without being executed: a disassembler has to agree. */
static void test_no_ops(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		int mode;
		uint8_t code[16];
		unsigned bytes;
	} known[] = {
		{&sonde_arch_x86_64, CS_MODE_64, {0x90, 0xcc}, 1},
		{&sonde_arch_x86_64, CS_MODE_64, {0x66, 0x90}, 2},
		{&sonde_arch_x86_64, CS_MODE_64, {0x0f, 0x1f, 0x00}, 3},
		{&sonde_arch_x86_64, CS_MODE_64, {0x0f, 0x1f, 0x40, 0x00}, 4},
		{&sonde_arch_x86_64, CS_MODE_64, {0x0f, 0x1f, 0x44, 0x00, 0x00}, 5},
		{&sonde_arch_x86_64, CS_MODE_64, {0x66, 0x0f, 0x1f, 0x44}, 6},
		{&sonde_arch_x86_64, CS_MODE_64, {0x0f, 0x1f, 0x80, 1, 2, 3, 4}, 7},
		{&sonde_arch_x86_64, CS_MODE_64, {0x0f, 0x1f, 0x84}, 8},
		{&sonde_arch_x86_64, CS_MODE_64, {0x66, 0x0f, 0x1f, 0x84}, 9},
		{&sonde_arch_aarch64, 0, {0x1f, 0x20, 0x03, 0xd5}, 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct sonde_arch *arch = known[i].arch;
		struct sonde_instruction instruction;

		assert_int_equal(arch->no_op(known[i].code, 16), known[i].bytes);
		assert_int_equal(arch->no_op(known[i].code, known[i].bytes - 1), 0);
		assert_null(sonde_arch_disassemble(
			arch, known[i].mode, 0, known[i].code, 16, &instruction));
		assert_int_equal(instruction.length, known[i].bytes);
		assert_memory_equal(instruction.text, "nop", 3);
	}
}

/* They look like it, and do something. */
static void test_others_are_no_no_ops(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		uint8_t code[16];
	} others[] = {
		/* pause, endbr64, xchg r8,rax, prefetch, call, ret */
		{&sonde_arch_x86_64, {0xf3, 0x90}},
		{&sonde_arch_x86_64, {0xf3, 0x0f, 0x1e, 0xfa}},
		{&sonde_arch_x86_64, {0x49, 0x90}},
		{&sonde_arch_x86_64, {0x0f, 0x18, 0x00}},
		{&sonde_arch_x86_64, {0xe8}},
		{&sonde_arch_x86_64, {0xc3}},
		/* yield, bti c, paciasp */
		{&sonde_arch_aarch64, {0x3f, 0x20, 0x03, 0xd5}},
		{&sonde_arch_aarch64, {0x5f, 0x24, 0x03, 0xd5}},
		{&sonde_arch_aarch64, {0x3f, 0x23, 0x03, 0xd5}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(others[i].arch->no_op(others[i].code, 16), 0);
}

/* What is carried out without being executed: a disassembler has to agree. */
static void test_jumps(void **state)
{
	static const uint64_t pc = UINT64_C(0xffffffff81000000);
	static const struct {
		uint8_t code[16];
		uint64_t to;
	} known[] = {
		{{0xeb, 0x10}, pc + 0x12},
		{{0xeb, 0x80}, pc + 2 - 0x80},
		{{0xe9, 0x78, 0x56, 0x34, 0x12}, pc + 5 + 0x12345678},
		{{0xe9, 0x00, 0x00, 0x00, 0x80}, pc + 5 - UINT64_C(0x80000000)},
	};
	static const uint8_t others[][16] = {{0xeb, 0xfe}, {0xe8, 1}, {0x74, 1},
		{0xff, 0xe0}, {0x66, 0xe9, 1}, {0x90}};
	struct sonde_instruction instruction;
	char text[40];
	uint64_t to;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		assert_true(sonde_arch_x86_64.jump(pc, known[i].code, 16, &to));
		assert_int_equal(to, known[i].to);
		assert_null(sonde_arch_disassemble(&sonde_arch_x86_64, CS_MODE_64, pc,
			known[i].code, 16, &instruction));
		snprintf(text, sizeof(text), "jmp 0x%" PRIx64, to);
		assert_string_equal(instruction.text, text);
		/* 16-bit code has the same bytes. */
		assert_false(sonde_arch_x86_64.jump(0x7c00, known[i].code, 16, &to));
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(sonde_arch_x86_64.jump(pc, others[i], 16, &to));
}

static void test_ends_of_calls(void **state)
{
	static const uint8_t known[][8] = {{0, 0, 0, 0xe8, 1, 2, 3, 4},
		{0, 0, 0, 0, 0, 0, 0xff, 0xd0}, {0, 0, 0, 0, 0, 0xff, 0x50, 0x10},
		{0, 0xff, 0x14, 0xc5, 1, 2, 3, 4}};
	static const uint8_t others[][8] = {{0x90, 0x90, 0x90, 0xe9, 1, 2, 3, 4},
		{0, 0, 0, 0, 0, 0, 0xff, 0xe0}, {0xe8, 0, 0, 0, 0, 0x90, 0x90, 0x90}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_true(sonde_arch_x86_64.calls->ends_with_call(known[i], 8));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(sonde_arch_x86_64.calls->ends_with_call(others[i], 8));
}

/* Registers by which functions are called must be there. */
static void test_calls(void **state)
{
	static const struct sonde_arch *const known[] = {&sonde_arch_x86_64,
		&sonde_arch_i386, &sonde_arch_aarch64, &sonde_arch_riscv64};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const struct sonde_arch_calls *calls = known[i]->calls;

		assert_true(has_register(known[i], calls->result));
		assert_true(!calls->link || has_register(known[i], calls->link));
		assert_true(!calls->branch_register ||
			    has_register(known[i], calls->branch_register));
		for (size_t j = 0; calls->arguments && calls->arguments[j]; j++)
			assert_true(has_register(known[i], calls->arguments[j]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_g_lengths),
		cmocka_unit_test(test_g_offsets),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_breakpoints),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_paging),
		cmocka_unit_test(test_paging_bounds),
		cmocka_unit_test(test_capstone_mode),
		cmocka_unit_test(test_disassemble),
		cmocka_unit_test(test_disassemble_prefixes),
		cmocka_unit_test(test_disassemble_cut_short),
		cmocka_unit_test(test_disassemble_unsupported),
		cmocka_unit_test(test_no_ops),
		cmocka_unit_test(test_others_are_no_no_ops),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_ends_of_calls),
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
