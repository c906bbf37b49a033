/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire_check.h"

#include "macros.h"
#include "page_cases.h"

/* clang-format off */
const struct walk_case page_cases[] = {
	/* CR3's low bits are a PCID or caching bits; XD of any level counts. */
	{"x86 4-level, 4 KiB", &sonde_arch_x86_64, CPU(LONG_MODE(0x1005)),
		SIGNED_48 | BY_4K(273, 5, 6, 7, 0x678),
		{{"PML4", 0x1000 + 8 * 273, 0x2067}, {"PDPT", 0x2000 + 8 * 5, 0x3067},
		{"PD", 0x3000 + 8 * 6, 0x4067}, {"PT", 0x4000 + 8 * 7, XD | 0x551e3}},
		0x55678, 4 * KIB, "w"},
	/* With page table isolation CR3 of a program has bit 12 set. */
	{"x86 4-level, a program's tables", &sonde_arch_x86_64, CPU(LONG_MODE(0x1805)),
		BY_4K(255, 511, 511, 511, 0xfff),
		{{"PML4", 0x1000 + 8 * 255, 0x2067}, {"PDPT", 0x2000 + 8 * 511, 0x3067},
		{"PD", 0x3000 + 8 * 511, 0x4067}, {"PT", 0x4000 + 8 * 511, 0x60025}},
		0x60fff, 4 * KIB, "xu"},
	/* Bit 12 of a large page is PAT. Bits 62 to 52 are no address. */
	{"x86 4-level, 2 MiB", &sonde_arch_x86_64, CPU(LONG_MODE(0x1000)),
		SIGNED_48 | BY_4K(256, 0, 9, 0x123, 0x456),
		{{"PML4", 0x1000 + 8 * 256, 0x2067}, {"PDPT", 0x2000, 0x3063},
		{"PD", 0x3000 + 8 * 9, U64(0x7ff0000040001083)}},
		0x40123456, 2 * MIB, "wx"},
	{"x86 4-level, 1 GiB", &sonde_arch_x86_64, CPU(LONG_MODE(0x1000)),
		SIGNED_48 | BY_4K(511, 510, 0x1ff, 0x1ff, 0xfff),
		{{"PML4", 0x1000 + 8 * 511, 0x2007}, {"PDPT", 0x2000 + 8 * 510,
			U64(0x000fffffc0001087)}},
		U64(0x000fffffffffffff), GIB, "wxu"},
	{"x86 5-level, 4 KiB", &sonde_arch_x86_64, CPU(LA57(0x1000)),
		U64(0xff00000000000000) | U64(273) << 48 | BY_4K(1, 2, 3, 4, 5),
		{{"PML5", 0x1000 + 8 * 273, 0x2003}, {"PML4", 0x2000 + 8 * 1, 0x3003},
		{"PDPT", 0x3000 + 8 * 2, 0x4003}, {"PD", 0x4000 + 8 * 3, 0x5003},
		{"PT", 0x5000 + 8 * 4, 0x77003}}, 0x77005, 4 * KIB, "wx"},
	{"x86 5-level, 2 MiB, lower half", &sonde_arch_x86_64, CPU(LA57(0x1000)),
		U64(255) << 48 | BY_4K(511, 2, 3, 4, 5),
		{{"PML5", 0x1000 + 8 * 255, 0x2007}, {"PML4", 0x2000 + 8 * 511, 0x3007},
		{"PDPT", 0x3000 + 8 * 2, 0x4007}, {"PD", 0x4000 + 8 * 3, 0x2000087}},
		0x2004005, 2 * MIB, "wxu"},
	{"x86 5-level, 1 GiB", &sonde_arch_x86_64, CPU(LA57(0x1000)),
		BY_4K(5, 6, 1, 2, 3),
		{{"PML5", 0x1000, 0x2007}, {"PML4", 0x2000 + 8 * 5, 0x3007},
		{"PDPT", 0x3000 + 8 * 6, 0x80000087}}, 0x80202003, GIB, "wxu"},
	/* PAE's top table has 32 bytes, and its entries no rights. */
	{"x86 PAE, 4 KiB", &sonde_arch_x86_64, CPU(LEGACY(0x20, 0x1020)),
		BY_4K(0, 3, 6, 7, 0x678),
		{{"PDPT", 0x1020 + 8 * 3, 0x3001}, {"PD", 0x3000 + 8 * 6, 0x4067},
		{"PT", 0x4000 + 8 * 7, 0x55067}}, 0x55678, 4 * KIB, "wxu"},
	{"x86 PAE, 2 MiB, and XD", &sonde_arch_i386,
		CPU({"cr0", 0x80000001}, {"cr4", 0x20}, {"cr3", 0x1fe0}, {"efer", 0x800}),
		BY_4K(0, 0, 511, 0x1ff, 0xfff),
		{{"PDPT", 0x1fe0, 0x3001},
		{"PD", 0x3000 + 8 * 511, XD | U64(0x0000000800200083)}},
		U64(0x8003fffff), 2 * MIB, "w"},
	{"x86 32-bit, 4 KiB", &sonde_arch_i386, CPU(LEGACY(0x10, 0x1018)),
		BY_32(1023, 1022, 0x123),
		{{"PD", 0x1000 + 4 * 1023, 0x2027}, {"PT", 0x2000 + 4 * 1022, 0xfffff0e5}},
		0xfffff123, 4 * KIB, "xu"},
	{"x86 32-bit, 4 MiB, PSE-36", &sonde_arch_x86_64, CPU(LEGACY(0x10, 0x1000)),
		BY_32(5, 0x3ff, 0xffe),
		{{"PD", 0x1000 + 4 * 5, 0x00c00083 | 0xab << 13 | 1 << 12}},
		U64(0xab00fffffe), 4 * MIB, "wx"},
	{"x86 32-bit, PS without PSE", &sonde_arch_i386, CPU(LEGACY(0, 0x1000)),
		BY_32(5, 6, 7),
		{{"PD", 0x1000 + 4 * 5, 0x20e7}, {"PT", 0x2000 + 4 * 6, 0x3067}},
		0x3007, 4 * KIB, "wxu"},

	/* ASID and CnP are in TTBR, too. */
	{"AArch64 4k, 48 bits, upper half", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 16, 2, 16), 0, U64(0x1234000000001001))),
		SIGNED_48 | BY_4K(273, 5, 6, 7, 0x678),
		{{"level 0", 0x1000 + 8 * 273, 0x2003}, {"level 1", 0x2000 + 8 * 5, 0x3003},
		{"level 2", 0x3000 + 8 * 6, 0x4003},
		{"level 3", 0x4000 + 8 * 7, UXN | PXN | 0x55000 | PAGE}},
		0x55678, 4 * KIB, "w"},
	{"AArch64 4k, 39 bits, lower half", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 25, 2, 25), 0x1001, 0)), BY_4K(0, 511, 6, 7, 0x678),
		{{"level 1", 0x1000 + 8 * 511, 0x3003}, {"level 2", 0x3000 + 8 * 6, 0x4003},
		{"level 3", 0x4000 + 8 * 7, PXN | 0xc0 | 0x55000 | PAGE}},
		0x55678, 4 * KIB, "xu"},
	/* 42 bits: of eight entries of level 0; bits above do not choose one. */
	{"AArch64 4k, 42 bits, upper half, 1 GiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 16, 2, 22), 0, 0x1040)),
		U64(0xfffffc0000000000) | BY_4K(7, 511, 6, 7, 0x678),
		{{"level 0", 0x1040 + 8 * 7, 0x3003},
		{"level 1", 0x3000 + 8 * 511, U64(0xffc0000000) | BLOCK}},
		U64(0xffc0c07678), GIB, "wx"},
	{"AArch64 4k, 2 MiB, top byte ignored", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 16, 2, 16) | TCR_TBI0, 0x1000, 0)),
		U64(0xab) << 56 | BY_4K(1, 2, 3, 0x12, 0x345),
		{{"level 0", 0x1000 + 8, 0x2003}, {"level 1", 0x2000 + 8 * 2, 0x3003},
		{"level 2", 0x3000 + 8 * 3, U64(0x800000200000) | PXN | 0x40 | BLOCK}},
		U64(0x800000212345), 2 * MIB, "wxu"},
	{"AArch64 4k, upper half, top byte ignored", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 16, 2, 16) | TCR_TBI1, 0, 0x1000)),
		U64(0x12ff000000000000) | BY_4K(511, 2, 3, 0x12, 0x345),
		{{"level 0", 0x1000 + 8 * 511, 0x2003}, {"level 1", 0x2000 + 8 * 2, 0x3003},
		{"level 2", 0x3000 + 8 * 3, 0x200000 | BLOCK}}, 0x212345, 2 * MIB, "wx"},
	{"AArch64 4k, one level", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 43, 2, 16), 0x1000, 0)), BY_4K(0, 0, 0, 511, 0x678),
		{{"level 3", 0x1000 + 8 * 511, 0x55000 | PAGE}}, 0x55678, 4 * KIB, "wx"},
	{"AArch64 16k, 47 bits", &sonde_arch_aarch64,
		CPU(EL1(TCR(2, 17, 1, 17), 0, 0x4000)),
		U64(0xffff800000000000) | BY_16K(0, 2047, 3, 4, 0x3fff),
		{{"level 1", 0x4000 + 8 * 2047, 0x8003}, {"level 2", 0x8000 + 8 * 3, 0xc003},
		{"level 3", 0xc000 + 8 * 4, 0x54000 | PAGE}}, 0x57fff, 16 * KIB, "wx"},
	{"AArch64 16k, 48 bits", &sonde_arch_aarch64,
		CPU(EL1(TCR(2, 16, 1, 16), 0x1010, 0)), BY_16K(1, 2, 3, 4, 0x123),
		{{"level 0", 0x1010 + 8, 0x4003}, {"level 1", 0x4000 + 8 * 2, 0x8003},
		{"level 2", 0x8000 + 8 * 3, 0xc003}, {"level 3", 0xc000 + 8 * 4, 0x54000 | PAGE}},
		0x54123, 16 * KIB, "wx"},
	{"AArch64 16k, 32 MiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(2, 28, 1, 16), 0x4000, 0)), BY_16K(0, 0, 3, 4, 0x123),
		{{"level 2", 0x4000 + 8 * 3, 0x4000000 | BLOCK}}, 0x4010123, 32 * MIB, "wx"},
	{"AArch64 64k, 42 bits", &sonde_arch_aarch64,
		CPU(EL1(TCR(1, 22, 3, 22), 0, 0x10000)),
		U64(0xfffffc0000000000) | BY_64K(0, 8191, 4, 0xffff),
		{{"level 2", 0x10000 + 8 * 8191, 0x20003},
		{"level 3", 0x20000 + 8 * 4, 0x70000 | PAGE}}, 0x7ffff, 64 * KIB, "wx"},
	{"AArch64 64k, 48 bits, 512 MiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(1, 16, 3, 16), 0x1000, 0)), BY_64K(63, 5, 4, 0x1234),
		{{"level 1", 0x1000 + 8 * 63, 0x10003},
		{"level 2", 0x10000 + 8 * 5, U64(0x40000000) | BLOCK}},
		0x40041234, 512 * MIB, "wx"},
	/* Bits 51 to 48 of addresses: 15 to 12 of entries, 5 to 2 of TTBR. */
	{"AArch64 64k, 52 bits", &sonde_arch_aarch64,
		CPU(EL1(TCR(1, 12, 3, 12) | TCR_IPS_52, 0, 0x10000 | 1 << 2)),
		U64(0xfff0000000000000) | BY_64K(1023, 5, 4, 0x1234),
		{{"level 1", (U64(1) << 48) + 0x10000 + 8 * 1023, 0x10003 | 0x1 << 12},
		{"level 2", (U64(1) << 48) + 0x10000 + 8 * 5, 0x20003 | 0xc << 12},
		{"level 3", (U64(3) << 50) + 0x20000 + 8 * 4, 0x30000 | 0x9 << 12 | PAGE}},
		U64(0x0009000000031234), 64 * KIB, "wx"},
	{"AArch64 64k, 52 bits, 4 TiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(1, 12, 3, 12) | TCR_IPS_52, 0x4000, 0)),
		BY_64K(9, 5, 4, 0x1234),
		{{"level 1", 0x4000 + 8 * 9, U64(0x0000fc0000000000) | 0xf << 12 | BLOCK}},
		U64(0x000ffc00a0041234), 4 * TIB, "wx"},
	/* FEAT_LPA2: bits 51 and 50 are 9 and 8 of entries. */
	{"AArch64 4k, 52 bits", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 12, 2, 12) | TCR_DS | TCR_IPS_52, 0, 0x1000)),
		U64(0xfff0000000000000) | U64(15) << 48 | BY_4K(1, 2, 3, 4, 5),
		{{"level -1", 0x1000 + 8 * 15, 0x2003}, {"level 0", 0x2000 + 8 * 1, 0x3303},
		{"level 1", (U64(3) << 50) + 0x3000 + 8 * 2, 0x4003},
		{"level 2", 0x4000 + 8 * 3, U64(0x0001000000005003)},
		{"level 3", (U64(1) << 48) + 0x5000 + 8 * 4,
			U64(0x0003000000055000) | DS_PAGE | 0x200}},
		U64(0x000b000000055005), 4 * KIB, "wx"},
	{"AArch64 4k, 52 bits, 512 GiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 12, 2, 12) | TCR_DS | TCR_IPS_52, 0x1080 | 1 << 2, 0)),
		U64(3) << 48 | BY_4K(1, 2, 3, 4, 5),
		{{"level -1", (U64(1) << 48) + 0x1080 + 8 * 3, 0x3003},
		{"level 0", 0x3000 + 8, U64(0x8000000000) | DS_BLOCK | 0x100}},
		U64(0x0004008080604005), 512 * GIB, "wx"},
	{"AArch64 4k, 48 bits with DS, 1 GiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(0, 16, 2, 16) | TCR_DS, 0x1000, 0)), BY_4K(1, 2, 3, 4, 5),
		{{"level 0", 0x1000 + 8, 0x3003},
		{"level 1", 0x3000 + 8 * 2, 0x40000000 | DS_BLOCK}},
		0x40604005, GIB, "wx"},
	{"AArch64 16k, 52 bits, 64 GiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(2, 12, 1, 12) | TCR_DS, 0, 0x1000)),
		U64(0xfff0000000000000) | BY_16K(31, 2, 3, 4, 5),
		{{"level 0", 0x1000 + 8 * 31, 0x4003},
		{"level 1", 0x4000 + 8 * 2, U64(0x3000000000) | DS_BLOCK | 0x300}},
		U64(0x000c003006010005), 64 * GIB, "wx"},
	{"AArch64 16k, 52 bits, 16 KiB", &sonde_arch_aarch64,
		CPU(EL1(TCR(2, 12, 1, 12) | TCR_DS, 0x1000, 0)), BY_16K(30, 2, 3, 4, 5),
		{{"level 0", 0x1000 + 8 * 30, 0x4303},
		{"level 1", (U64(3) << 50) + 0x4000 + 8 * 2, 0x8003},
		{"level 2", 0x8000 + 8 * 3, 0xc003},
		{"level 3", 0xc000 + 8 * 4, 0x54000 | DS_PAGE}}, 0x54005, 16 * KIB, "wx"},
	{"AArch64, a host with VHE", &sonde_arch_aarch64,
		CPU({"HCR_EL2", U64(1) << 34 | U64(1) << 27}, {"SCTLR_EL2", 1},
			{"TCR_EL2", TCR(0, 25, 2, 25)}, {"TTBR0_EL2", 0x8000},
			{"TTBR1_EL2", 0x1000}, {"TTBR1_EL1", 0x9000}, {"cpsr", 0x3c9}),
		U64(0xffffff8000000000) | BY_4K(0, 511, 6, 7, 0x678),
		{{"level 1", 0x1000 + 8 * 511, 0x3003},
		{"level 2", 0x3000 + 8 * 6, 0x200000 | BLOCK}}, 0x207678, 2 * MIB, "wx"},

	/* Accessed, dirty and global bits, and PBMT, matter to nobody. */
	{"Sv39, 4 KiB", &sonde_arch_riscv64, CPU(SATP(8, 0x1000)),
		U64(0xffffffc000000000) | BY_4K(0, 511, 6, 7, 0x678),
		{{"level 2", 0x1000 + 8 * 511, PTE(0x3000, 1)},
		{"level 1", 0x3000 + 8 * 6, PTE(0x4000, 0x21)},
		{"level 0", 0x4000 + 8 * 7, PTE(0x55000, 0xe7) | U64(2) << 61}},
		0x55678, 4 * KIB, "w"},
	{"Sv39, 2 MiB", &sonde_arch_riscv64, CPU(SATP(8, 0x1000)),
		BY_4K(0, 255, 6, 7, 0x678),
		{{"level 2", 0x1000 + 8 * 255, PTE(0x3000, 1)},
		{"level 1", 0x3000 + 8 * 6, PTE(0x80200000, 0x19)}},
		0x80207678, 2 * MIB, "xu"},
	{"Sv39, 1 GiB", &sonde_arch_riscv64, CPU(SATP(8, 0x1000), {"priv", 1}),
		BY_4K(0, 2, 6, 7, 0x678),
		{{"level 2", 0x1000 + 8 * 2, PTE(0xffffffc0000000, 0xf)}},
		U64(0xffffffc0c07678), GIB, "wx"},
	{"Sv48, 4 KiB", &sonde_arch_riscv64, CPU(SATP(9, 0x1000)),
		SIGNED_48 | BY_4K(273, 5, 6, 7, 0x678),
		{{"level 3", 0x1000 + 8 * 273, PTE(0x2000, 1)},
		{"level 2", 0x2000 + 8 * 5, PTE(0x3000, 1)},
		{"level 1", 0x3000 + 8 * 6, PTE(0x4000, 1)},
		{"level 0", 0x4000 + 8 * 7, PTE(0x55000, 0x3)}}, 0x55678, 4 * KIB, ""},
	{"Sv48, 512 GiB", &sonde_arch_riscv64, CPU(SATP(9, 0x1000)),
		BY_4K(255, 5, 6, 7, 0x678),
		{{"level 3", 0x1000 + 8 * 255, PTE(0x8000000000, 0x1f)}},
		U64(0x8140c07678), 512 * GIB, "wxu"},
	{"Sv57, 4 KiB", &sonde_arch_riscv64, CPU(SATP(10, 0x1000)),
		U64(0xff00000000000000) | U64(273) << 48 | BY_4K(1, 2, 3, 4, 5),
		{{"level 4", 0x1000 + 8 * 273, PTE(0x2000, 1)},
		{"level 3", 0x2000 + 8 * 1, PTE(0x3000, 1)},
		{"level 2", 0x3000 + 8 * 2, PTE(0x4000, 1)},
		{"level 1", 0x4000 + 8 * 3, PTE(0x5000, 1)},
		{"level 0", 0x5000 + 8 * 4, PTE(0x77000, 0xb)}}, 0x77005, 4 * KIB, "x"},
	{"Sv57, 256 TiB", &sonde_arch_riscv64, CPU(SATP(10, 0x1000)),
		U64(255) << 48 | BY_4K(1, 2, 3, 4, 5),
		{{"level 4", 0x1000 + 8 * 255, PTE(0x3000000000000, 0x7)}},
		U64(0x3008080604005), 256 * TIB, "w"},
	/* Svnapot: sixteen entries with the same 8 below an address. */
	{"Sv39, 64 KiB", &sonde_arch_riscv64, CPU(SATP(8, 0x1000)),
		BY_4K(0, 1, 6, 0x17, 0x678),
		{{"level 2", 0x1000 + 8 * 1, PTE(0x3000, 1)},
		{"level 1", 0x3000 + 8 * 6, PTE(0x4000, 1)},
		{"level 0", 0x4000 + 8 * 0x17, U64(1) << 63 | PTE(0x58000, 0x7)}},
		0x57678, 64 * KIB, "w"},
};
/* clang-format on */

const size_t page_case_count = ARRAY_SIZE(page_cases);

const struct walk_case *page_case_find(const char *name)
{
	for (size_t i = 0; i < page_case_count; i++)
		if (!strcmp(page_cases[i].name, name))
			return &page_cases[i];
	fail_msg("there is no '%s'", name);
	return NULL;
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

struct sonde_page_regime page_case_regime(
	const struct sonde_arch *arch, const struct made_up_cpu *cpu)
{
	struct made_up_cpu copy = *cpu;
	const struct sonde_arch_reader reader = {read_made_up, &copy};
	struct sonde_page_regime regime;

	assert_true(arch->read_regime(&reader, &regime));
	return regime;
}

unsigned page_case_entry_bytes(const struct sonde_page_regime *regime)
{
	return regime->ranges[0].format->entry_bytes;
}

unsigned page_case_step_count(const struct walk_case *one)
{
	unsigned count = 0;

	while (one->steps[count].name)
		count++;
	return count;
}
