/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walker takes the ways of page_cases.c apart again. What each entry of each way can
 * do wrong is tried on all of them.
 */
#include "wire_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "error.h"
#include "macros.h"
#include "page_cache.h"
#include "page_cases.h"
#include "page_memory.h"
#include "page_walk.h"

/* --- what can become of them ------------------------------------------------------ */

static void put_tables(struct page_memory *memory, const struct walk_case *one)
{
	struct sonde_page_regime regime = page_case_regime(one->arch, &one->cpu);

	for (unsigned i = 0; i < page_case_step_count(one); i++)
		page_memory_put(memory, one->steps[i].entry_address, one->steps[i].entry,
			page_case_entry_bytes(&regime));
}

static void check_translation(
	const struct walk_case *one, const struct sonde_translation *found)
{
	char rights[4] = "";

	assert_true(found->permissions_known);
	sprintf(rights, "%s%s%s", found->writable ? "w" : "",
		found->executable ? "x" : "", found->user ? "u" : "");
	if (found->physical_address != one->physical ||
		found->page_bytes != one->page_bytes || strcmp(rights, one->rights) != 0)
		fail_msg("%s: 0x%" PRIx64 " in 0x%" PRIx64 " bytes, '%s'", one->name,
			found->physical_address, found->page_bytes, rights);
	assert_true(found->virtual_address == one->address);
	assert_int_equal(found->step_count, page_case_step_count(one));
	for (unsigned i = 0; i < found->step_count; i++) {
		assert_string_equal(found->steps[i].name, one->steps[i].name);
		assert_true(found->steps[i].entry_address == one->steps[i].entry_address);
		assert_true(found->steps[i].entry == one->steps[i].entry);
	}
}

/* A fault at @p address; all of the words are in what it says. */
static void check_fault(const struct walk_case *one, struct sonde_error *error,
	uint64_t address, const char *word, const char *other)
{
	if (!error)
		fail_msg("%s: no fault", one->name);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_FAULT);
	assert_true(sonde_error_address(error) == address);
	if (!strstr(sonde_error_why(error), word) ||
		!strstr(sonde_error_why(error), other))
		fail_msg("%s: '%s' lacks '%s' or '%s'", one->name, sonde_error_why(error),
			word, other);
	sonde_error_destroy(error);
}

/* What the walk of @p one comes to with @p step changed to @p entry. */
static struct sonde_error *walk_changed(
	const struct walk_case *one, unsigned step, uint64_t entry)
{
	struct sonde_page_regime regime = page_case_regime(one->arch, &one->cpu);
	struct sonde_translation untouched = {.step_count = 77};
	struct sonde_error *error;
	struct page_memory memory;

	page_memory_init(&memory);
	put_tables(&memory, one);
	page_memory_put(&memory, one->steps[step].entry_address, entry,
		page_case_entry_bytes(&regime));
	error = sonde_page_walk(&memory.space, &regime, one->address, &untouched);
	assert_true(!error || untouched.step_count == 77);
	page_memory_deinit(&memory);
	return error;
}

static void test_every_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_case_count; i++) {
		struct sonde_page_regime regime =
			page_case_regime(page_cases[i].arch, &page_cases[i].cpu);
		struct sonde_translation found;
		struct page_memory memory;

		page_memory_init(&memory);
		put_tables(&memory, &page_cases[i]);
		check(sonde_page_walk(
			&memory.space, &regime, page_cases[i].address, &found));
		check_translation(&page_cases[i], &found);
		assert_int_equal(memory.entry_reads, found.step_count);
		assert_int_equal(memory.long_reads, 0);
		page_memory_deinit(&memory);
	}
}

static void test_not_present_at_each_level(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_case_count; i++) {
		for (unsigned step = 0; step < page_case_step_count(&page_cases[i]);
			step++) {
			uint64_t entry = page_cases[i].steps[step].entry & ~U64(1);
			char words[96];

			sprintf(words, "the %s entry at 0x%" PRIx64 " is not present",
				page_cases[i].steps[step].name,
				page_cases[i].steps[step].entry_address);
			check_fault(&page_cases[i],
				walk_changed(&page_cases[i], step, entry),
				page_cases[i].address, words, "(0x");
		}
	}
}

/* 0x7f0000 is behind the end of the bank: as a table's address. */
static void test_tables_outside_of_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_case_count; i++) {
		bool riscv = page_cases[i].arch == &sonde_arch_riscv64;

		for (unsigned step = 0; step + 1 < page_case_step_count(&page_cases[i]);
			step++) {
			uint64_t entry =
				riscv ? PTE(0x7f0000, 1)
				      : 0x7f0000 |
						(page_cases[i].steps[step].entry & 0xff);
			char words[64];

			sprintf(words, "the %s entry at 0x7f",
				page_cases[i].steps[step + 1].name);
			check_fault(&page_cases[i],
				walk_changed(&page_cases[i], step, entry),
				page_cases[i].address, words, "cannot be read");
		}
	}
}

/* Memory ends within the entry of each level. */
static void test_entry_across_the_end_of_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_case_count; i++) {
		struct sonde_page_regime regime =
			page_case_regime(page_cases[i].arch, &page_cases[i].cpu);
		const struct sonde_translation_step *last =
			&page_cases[i].steps[page_case_step_count(&page_cases[i]) - 1];
		struct sonde_translation found;
		struct page_memory memory;

		page_memory_init(&memory);
		put_tables(&memory, &page_cases[i]);
		for (size_t j = 0; j < PAGE_MEMORY_BANKS; j++)
			if (last->entry_address - memory.banks[j].base <
				memory.banks[j].length)
				memory.banks[j].length =
					last->entry_address + 3 - memory.banks[j].base;
		check_fault(&page_cases[i],
			sonde_page_walk(
				&memory.space, &regime, page_cases[i].address, &found),
			page_cases[i].address, "entry at", "cannot be read");
		page_memory_deinit(&memory);
	}
}

/* Other errors than faults go through, with what was done. */
static void test_broken_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_case_count; i++) {
		struct sonde_page_regime regime =
			page_case_regime(page_cases[i].arch, &page_cases[i].cpu);
		struct sonde_translation found;
		struct page_memory memory;

		page_memory_init(&memory);
		put_tables(&memory, &page_cases[i]);
		memory.broken = page_cases[i].steps[0].entry_address;
		check_says(sonde_page_walk(
				   &memory.space, &regime, page_cases[i].address, &found),
			SONDE_ERROR_TIMEOUT, page_cases[i].steps[0].name);
		page_memory_deinit(&memory);
	}
}

/* --- addresses that no table is asked for ------------------------------------------ */

struct outside_case {
	const char *name;
	uint64_t address;
};

/* clang-format off */
static const struct outside_case outside_cases[] = {
	{"x86 4-level, 4 KiB", U64(0x0000800000000000)},
	{"x86 4-level, 4 KiB", U64(0xffff7fffffffffff)},
	{"x86 4-level, 4 KiB", U64(0x8000000000000000)},
	{"x86 4-level, 4 KiB", U64(0x7fff888000000000)},
	{"x86 5-level, 4 KiB", U64(0x0100000000000000)},
	{"x86 5-level, 4 KiB", U64(0xfeffffffffffffff)},
	{"x86 PAE, 4 KiB", U64(0x100000000)},
	{"x86 32-bit, 4 MiB, PSE-36", U64(0xffffffff00000000)},
	{"AArch64 4k, 48 bits, upper half", U64(0x0001000000000000)},
	{"AArch64 4k, 48 bits, upper half", U64(0xfffeffffffffffff)},
	{"AArch64 4k, 48 bits, upper half", U64(0xabff888000000000)},
	{"AArch64 4k, 39 bits, lower half", U64(0x0000008000000000)},
	{"AArch64 4k, 39 bits, lower half", U64(0xffffff7fffffffff)},
	/* Only the lower half's top byte is ignored, and only that. */
	{"AArch64 4k, 2 MiB, top byte ignored", U64(0xab01000000000000)},
	{"AArch64 4k, 2 MiB, top byte ignored", U64(0xabff888000000000)},
	{"AArch64 64k, 52 bits", U64(0x0010000000000000)},
	{"AArch64 64k, 52 bits", U64(0xffefffffffffffff)},
	{"Sv39, 4 KiB", U64(0x0000004000000000)},
	{"Sv39, 4 KiB", U64(0xffffffbfffffffff)},
	{"Sv48, 4 KiB", U64(0x0000800000000000)},
	{"Sv57, 4 KiB", U64(0xfeffffffffffffff)},
};
/* clang-format on */

static void test_outside_of_the_ranges(void **state)
{
	struct page_memory memory;

	(void)state;
	page_memory_init(&memory);
	memset(memory.banks[0].data, 0xff, PAGE_MEMORY_BANK_BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(outside_cases); i++) {
		const struct walk_case *one = page_case_find(outside_cases[i].name);
		struct sonde_page_regime regime = page_case_regime(one->arch, &one->cpu);
		struct sonde_translation found;

		check_fault(one,
			sonde_page_walk(
				&memory.space, &regime, outside_cases[i].address, &found),
			outside_cases[i].address, "translates no such address", "at 0x");
	}
	assert_int_equal(memory.entry_reads, 0);
	page_memory_deinit(&memory);
}

/* TCR.EPD0 and EPD1. */
static void test_halves_turned_off(void **state)
{
	static const struct made_up_cpu cpus[] = {
		CPU(EL1(TCR(0, 16, 2, 16) | 1 << 7, 0x1000, 0x1000)),
		CPU(EL1(TCR(0, 16, 2, 16) | 1 << 23, 0x1000, 0x1000)),
		CPU(EL1(TCR(0, 16, 2, 16) | 1 << 7 | 1 << 23, 0x1000, 0x1000)),
	};
	static const uint64_t addresses[] = {0x1234, SIGNED_48 | 0x1234, UINT64_MAX};
	struct page_memory memory;

	(void)state;
	page_memory_init(&memory);
	page_memory_put(&memory, 0x1000, U64(0x0000000000001003), 8);
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		struct sonde_page_regime regime =
			page_case_regime(&sonde_arch_aarch64, &cpus[i]);

		for (size_t j = 0; j < ARRAY_SIZE(addresses); j++) {
			struct sonde_translation found;
			bool off = i == 2 || (i == 0) == (j == 0);

			check_says(sonde_page_walk(
					   &memory.space, &regime, addresses[j], &found),
				SONDE_ERROR_FAULT,
				off ? "no such address"
				    : (j == 2 ? "level 0" : "level 3"));
		}
	}
	page_memory_deinit(&memory);
}

static void test_nothing_is_translated(void **state)
{
	static const struct made_up_cpu cpu = CPU({"cr0", 0x11});
	struct sonde_page_regime regime = page_case_regime(&sonde_arch_i386, &cpu);
	struct sonde_translation found;
	struct page_memory memory;
	struct sonde_space virtual = {.epoch = &memory.epoch};
	struct sonde_window window;
	uint8_t bytes[8] = {0};

	(void)state;
	page_memory_init(&memory);
	check(sonde_page_walk(&memory.space, &regime, 0x12345678, &found));
	assert_true(found.physical_address == 0x12345678 && !found.page_bytes);
	assert_false(found.permissions_known);
	assert_int_equal(found.step_count, 0);
	page_memory_put(&memory, 0x1ff000, U64(0x1122334455667788), 8);
	check(sonde_page_read(&memory.space, &regime, 0x1ff000, bytes, 8));
	assert_int_equal(bytes[0], 0x88);
	memory.window_bytes = 16384;
	check(sonde_page_cache_look(&virtual, &memory.space, &regime, 0x1ff000, &window));
	assert_int_equal(window.host[0x1ff000 - window.address], 0x88);
	check(sonde_page_cache_look(&virtual, &memory.space, &regime, 0x200000, &window));
	assert_int_equal(window.length, 0);
	sonde_space_deinit(&virtual);
	page_memory_deinit(&memory);
}

/* --- rights ----------------------------------------------------------------------- */

#define LEAF 9

struct rights_case {
	const char *name;
	/** Which entry, counted from the top or LEAF, loses and gets which bits. */
	unsigned step;
	uint64_t clear, set;
	const char *rights;
};

/* clang-format off */
static const struct rights_case rights_cases[] = {
	{"x86 4-level, 4 KiB", LEAF, XD, 4, "wxu"},
	{"x86 4-level, 4 KiB", LEAF, XD | 2, 4, "xu"},
	{"x86 4-level, 4 KiB", 0, 2, 0, ""},
	{"x86 4-level, 4 KiB", 1, 2, 0, ""},
	{"x86 5-level, 2 MiB, lower half", 0, 4, 0, "wx"},
	{"x86 5-level, 2 MiB, lower half", 0, 0, XD, "wu"},
	{"x86 5-level, 2 MiB, lower half", 2, 2, 0, "xu"},
	{"x86 PAE, 4 KiB", 1, 2, 0, "xu"},
	{"x86 PAE, 4 KiB", LEAF, 4, 0, "wx"},
	{"x86 32-bit, 4 KiB", LEAF, 0, 2, "wxu"},
	{"x86 32-bit, 4 KiB", 0, 4, 0, "x"},

	/* AP[2:1], UXN, PXN; then those of tables. */
	{"AArch64 4k, 48 bits, upper half", LEAF, UXN | PXN, 0, "wx"},
	{"AArch64 4k, 48 bits, upper half", LEAF, UXN, 0, "wx"},
	{"AArch64 4k, 48 bits, upper half", LEAF, PXN, 0, "wx"},
	{"AArch64 4k, 48 bits, upper half", LEAF, 0, 0x80, ""},
	{"AArch64 4k, 48 bits, upper half", LEAF, PXN, 0xc0, "xu"},
	/* What EL0 may write, EL1 never executes. */
	{"AArch64 4k, 48 bits, upper half", LEAF, PXN, 0x40, "wu"},
	{"AArch64 4k, 48 bits, upper half", LEAF, UXN, 0x40, "wxu"},
	{"AArch64 4k, 48 bits, upper half", 0, 0, U64(1) << 62, ""},
	{"AArch64 4k, 2 MiB, top byte ignored", 0, 0, U64(1) << 61, "wx"},
	{"AArch64 4k, 2 MiB, top byte ignored", 1, 0, U64(1) << 62, "xu"},
	{"AArch64 4k, 2 MiB, top byte ignored", 1, 0, U64(1) << 60, "wu"},
	{"AArch64 4k, 2 MiB, top byte ignored", 1, 0, U64(1) << 59, "wxu"},
	{"AArch64 4k, 2 MiB, top byte ignored", 0, 0, U64(3) << 59, "wu"},
	{"AArch64 64k, 48 bits, 512 MiB", 0, 0, U64(1) << 59, "wx"},
	{"AArch64 64k, 48 bits, 512 MiB", 0, 0, U64(3) << 59, "w"},

	/* RISC-V: X, W, R, U of the leaf alone. */
	{"Sv39, 4 KiB", LEAF, 0xe, 0x2, ""},
	{"Sv39, 4 KiB", LEAF, 0xe, 0x8, "x"},
	{"Sv39, 4 KiB", LEAF, 0xe, 0x1e, "wxu"},
	{"Sv39, 4 KiB", LEAF, 0xe, 0x12, "u"},
};
/* clang-format on */

static void check_rights(const struct walk_case *one,
	const struct sonde_page_regime *regime, const struct rights_case *change)
{
	unsigned step =
		change->step == LEAF ? page_case_step_count(one) - 1 : change->step;
	struct walk_case changed = *one;
	struct sonde_translation found;
	struct page_memory memory;

	changed.steps[step].entry &= ~change->clear;
	changed.steps[step].entry |= change->set;
	changed.rights = change->rights;
	page_memory_init(&memory);
	put_tables(&memory, &changed);
	check(sonde_page_walk(&memory.space, regime, one->address, &found));
	check_translation(&changed, &found);
	page_memory_deinit(&memory);
}

static void test_rights(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rights_cases); i++) {
		const struct walk_case *one = page_case_find(rights_cases[i].name);
		struct sonde_page_regime regime = page_case_regime(one->arch, &one->cpu);

		check_rights(one, &regime, &rights_cases[i]);
	}
}

/* TCR.HPD0 and HPD1, TCR.HD, SCTLR.WXN. */
static void test_rights_by_registers(void **state)
{
	static const struct {
		uint64_t tcr, sctlr;
		struct rights_case change;
	} known[] = {
		{U64(1) << 41, 1, {NULL, 0, 0, U64(0x1f) << 59, "wxu"}},
		{U64(1) << 42, 1, {NULL, 0, 0, U64(0x1f) << 59, ""}},
		{0, 1, {NULL, LEAF, 0, U64(1) << 51 | 0x80, "xu"}},
		{U64(1) << 40, 1, {NULL, LEAF, 0, U64(1) << 51 | 0x80, "wxu"}},
		{U64(1) << 40, 1, {NULL, LEAF, 0, 0x80, "xu"}},
		{0, 1 | 1 << 19, {NULL, LEAF, 0, 0, "wu"}},
		{0, 1 | 1 << 19, {NULL, LEAF, 0, 0x80, "xu"}},
		{0, 1 | 1 << 19, {NULL, LEAF, 0x40 | PXN, UXN, "w"}},
	};
	const struct walk_case *one =
		page_case_find("AArch64 4k, 2 MiB, top byte ignored");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct made_up_cpu cpu = one->cpu;
		struct sonde_page_regime regime;

		cpu.registers[0].value = known[i].sctlr;
		cpu.registers[1].value |= known[i].tcr;
		regime = page_case_regime(one->arch, &cpu);
		check_rights(one, &regime, &known[i].change);
	}
}

/* --- what manuals reserve ---------------------------------------------------------- */

struct reserved_case {
	const char *name;
	unsigned step;
	uint64_t clear, set;
	const char *word;
};

/* clang-format off */
static const struct reserved_case reserved_cases[] = {
	/* No pages at the top. */
	{"x86 4-level, 4 KiB", 0, 0, 0x80, "PML4"},
	{"x86 5-level, 4 KiB", 0, 0, 0x80, "PML5"},
	{"x86 PAE, 4 KiB", 0, 0, 0x80, "PDPT"},
	/* Pages whose address is no multiple of their size. */
	{"x86 4-level, 2 MiB", LEAF, 0, 0x2000, "PD"},
	{"x86 4-level, 2 MiB", LEAF, 0, 0x100000, "PD"},
	{"x86 4-level, 1 GiB", LEAF, 0, 0x20000000, "PDPT"},
	{"x86 32-bit, 4 MiB, PSE-36", LEAF, 0, 0x200000, "PD"},
	{"Sv39, 2 MiB", LEAF, 0, PTE(0x1000, 0), "level 1"},
	{"Sv39, 1 GiB", LEAF, 0, PTE(0x200000, 0), "level 2"},
	{"Sv48, 512 GiB", LEAF, 0, PTE(0x40000000, 0), "level 3"},
	{"Sv57, 256 TiB", LEAF, 0, PTE(0x8000000000, 0), "level 4"},
	/* Blocks where there are none, and pages that are blocks. */
	{"AArch64 4k, 48 bits, upper half", 0, 2, 0, "level 0"},
	{"AArch64 4k, 48 bits, upper half", LEAF, 2, 0, "level 3"},
	{"AArch64 16k, 48 bits", 0, 2, 0, "level 0"},
	{"AArch64 16k, 48 bits", 1, 2, 0, "level 1"},
	{"AArch64 64k, 48 bits, 512 MiB", 0, 2, 0, "level 1"},
	{"AArch64 4k, 52 bits", 0, 2, 0, "level -1"},
	{"AArch64 16k, 52 bits, 64 GiB", 0, 2, 0, "level 0"},
	/* Written but not read; a table below the last level; other groups. */
	{"Sv39, 4 KiB", LEAF, 0xe, 0x4, "level 0"},
	{"Sv39, 4 KiB", LEAF, 0xe, 0xc, "level 0"},
	{"Sv39, 4 KiB", 0, 0xe, 0x4, "level 2"},
	{"Sv39, 4 KiB", LEAF, 0xe, 0, "level 0"},
	{"Sv39, 64 KiB", LEAF, 0, PTE(0x1000, 0), "level 0"},
	{"Sv39, 64 KiB", LEAF, PTE(0x8000, 0), PTE(0x4000, 0), "level 0"},
	{"Sv39, 2 MiB", LEAF, 0, U64(1) << 63, "level 1"},
};
/* clang-format on */

static void test_reserved(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reserved_cases); i++) {
		const struct reserved_case *change = &reserved_cases[i];
		const struct walk_case *one = page_case_find(change->name);
		unsigned step = change->step == LEAF ? page_case_step_count(one) - 1
						     : change->step;
		uint64_t entry = (one->steps[step].entry & ~change->clear) | change->set;

		check_fault(one, walk_changed(one, step, entry), one->address,
			change->word, "reserved");
	}
}

/* Without EFER.NXE, XD is no right but a reserved bit. */
static void test_no_execute_disable(void **state)
{
	const struct walk_case *one = page_case_find("x86 4-level, 4 KiB");
	struct walk_case without = *one;

	(void)state;
	without.cpu.registers[2].value &= ~U64(0x800);
	check_fault(&without, walk_changed(&without, 3, one->steps[3].entry),
		one->address, "PT", "reserved");
	check(walk_changed(&without, 3, one->steps[3].entry & ~XD));
}

/* --- tables that lead to themselves ------------------------------------------------ */

/* Each level reads the same entry: the walk ends with the levels. */
static void test_self_mapping(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		struct made_up_cpu cpu;
		uint64_t address, entry_address, entry;
		unsigned steps;
	} known[] = {
		{&sonde_arch_x86_64, CPU(LONG_MODE(0x1000)),
			SIGNED_48 | BY_4K(510, 510, 510, 510, 0x678), 0x1ff0, 0x1063, 4},
		{&sonde_arch_x86_64, CPU(LA57(0x1000)),
			U64(0xfffe000000000000) | BY_4K(510, 510, 510, 510, 0x678),
			0x1ff0, 0x1063, 5},
		{&sonde_arch_i386, CPU(LEGACY(0, 0x1000)), BY_32(1023, 1023, 0x678),
			0x1ffc, 0x1063, 2},
		{&sonde_arch_aarch64, CPU(EL1(TCR(0, 16, 2, 16), 0x1000, 0)),
			BY_4K(510, 510, 510, 510, 0x678), 0x1ff0, 0x1703, 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct sonde_page_regime regime =
			page_case_regime(known[i].arch, &known[i].cpu);
		struct sonde_translation found;
		struct page_memory memory;

		page_memory_init(&memory);
		page_memory_put(&memory, known[i].entry_address, known[i].entry,
			page_case_entry_bytes(&regime));
		check(sonde_page_walk(&memory.space, &regime, known[i].address, &found));
		assert_int_equal(found.step_count, known[i].steps);
		assert_int_equal(memory.entry_reads, known[i].steps);
		assert_true(found.physical_address == 0x1678);
		page_memory_deinit(&memory);
	}
}

/* RISC-V cannot: an entry that is a table in one level is one in the last, too. */
static void test_cycle_without_end(void **state)
{
	static const struct made_up_cpu cpu = CPU(SATP(10, 0x1000));
	struct sonde_page_regime regime = page_case_regime(&sonde_arch_riscv64, &cpu);
	struct sonde_translation found;
	struct page_memory memory;

	(void)state;
	page_memory_init(&memory);
	page_memory_put(&memory, 0x1000, PTE(0x1000, 1), 8);
	check_says(sonde_page_walk(&memory.space, &regime, 0x123, &found),
		SONDE_ERROR_FAULT, "level 0");
	assert_int_equal(memory.entry_reads, 5);
	page_memory_deinit(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format),
		cmocka_unit_test(test_not_present_at_each_level),
		cmocka_unit_test(test_tables_outside_of_memory),
		cmocka_unit_test(test_entry_across_the_end_of_memory),
		cmocka_unit_test(test_broken_memory),
		cmocka_unit_test(test_outside_of_the_ranges),
		cmocka_unit_test(test_halves_turned_off),
		cmocka_unit_test(test_nothing_is_translated),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_rights_by_registers),
		cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_no_execute_disable),
		cmocka_unit_test(test_self_mapping),
		cmocka_unit_test(test_cycle_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
