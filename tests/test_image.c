/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs of mapped pages, the image of a kernel among them, and bytes looked for in it. */
#include "wire_check.h"

#include <string.h>

#include "error.h"
#include "image.h"
#include "macros.h"
#include "page_cases.h"
#include "page_memory.h"
#include "space_search.h"

enum {
	LARGE = 2 << 20,
	/** As LONG_MODE() has it. */
	KERNEL_TABLES = 0x2000,
	USER_TABLES = 0x3000,
};

#define X86_BASE U64(0xffffffff80000000)
#define WORK	 100000u

static struct page_memory memory;

static void put(uint64_t address, unsigned index, uint64_t entry)
{
	page_memory_put(&memory, address + 8 * (uint64_t)index, entry, 8);
}

static uint64_t large_at(unsigned index)
{
	return X86_BASE + (uint64_t)index * LARGE;
}

/* An image of 8 large pages from the eighth on, the first four of them code, one missing
 * behind those; and a page of something else. */
static void map_x86(void)
{
	page_memory_init(&memory);
	put(KERNEL_TABLES, 511, 0x4003);
	put(0x4000, 510, 0x5003);
	for (unsigned i = 8; i < 16; i++)
		if (i != 12)
			put(0x5000, i,
				(uint64_t)(i + 24) * LARGE | 0x83 | (i > 12 ? XD : 0));
	put(0x5000, 40, U64(0x7000000000) | 0x83 | XD);
	/* In user mode one page of it is there. */
	put(USER_TABLES, 511, 0x6003);
	put(0x6000, 510, 0x7003);
	put(0x7000, 9, (uint64_t)(9 + 24) * LARGE | 0x83);
}

static struct sonde_page_regime x86_regime(void)
{
	static const struct made_up_cpu cpu = CPU(LONG_MODE(KERNEL_TABLES));

	return page_case_regime(&sonde_arch_x86_64, &cpu);
}

static struct sonde_page_regime x86_user_regime(void)
{
	static const struct made_up_cpu cpu = CPU(LONG_MODE(USER_TABLES));

	return page_case_regime(&sonde_arch_x86_64, &cpu);
}

/* --- runs -------------------------------------------------------------------------- */

static bool find_run(const struct sonde_page_regime *regime, uint64_t first,
	uint64_t last, unsigned *work, struct sonde_page_run *ret)
{
	bool found;

	check(sonde_page_find_run(&memory.space, regime, first, last, work, ret, &found));
	return found;
}

static void expect_run(const struct sonde_page_run *run, unsigned first, unsigned end,
	uint64_t physical, bool executable)
{
	assert_true(run->address == large_at(first));
	assert_true(run->last == large_at(end) - 1);
	assert_true(run->physical == physical);
	assert_int_equal(run->executable, executable);
}

static void test_runs(void **state)
{
	struct sonde_page_regime regime;
	struct sonde_page_run run;
	unsigned work = WORK;

	(void)state;
	map_x86();
	regime = x86_regime();
	assert_true(find_run(&regime, X86_BASE, UINT64_MAX, &work, &run));
	expect_run(&run, 8, 12, 32ull * LARGE, true);
	assert_true(find_run(&regime, run.last + 1, UINT64_MAX, &work, &run));
	expect_run(&run, 13, 16, 37ull * LARGE, false);
	assert_true(find_run(&regime, run.last + 1, UINT64_MAX, &work, &run));
	expect_run(&run, 40, 41, U64(0x7000000000), false);
	assert_false(find_run(&regime, run.last + 1, UINT64_MAX, &work, &run));
	/* All of the address space, the part that no CPU translates included. */
	assert_true(find_run(&regime, 0, UINT64_MAX, &work, &run));
	expect_run(&run, 8, 12, 32ull * LARGE, true);
	/* From within a page, and not behind the end. */
	assert_true(find_run(&regime, large_at(9) + 5, large_at(10) + 6, &work, &run));
	assert_true(run.address == large_at(9) + 5 && run.last == large_at(10) + 6);
	assert_true(run.physical == 33ull * LARGE + 5);
	assert_false(find_run(&regime, 0, X86_BASE - 1, &work, &run));
	page_memory_deinit(&memory);
}

static void test_runs_are_bounded(void **state)
{
	struct sonde_page_regime regime;
	struct sonde_page_run run;
	unsigned work = 0;

	(void)state;
	map_x86();
	regime = x86_regime();
	assert_false(find_run(&regime, 0, UINT64_MAX, &work, &run));
	work = 2;
	assert_true(find_run(&regime, large_at(8), UINT64_MAX, &work, &run));
	assert_true(run.last == large_at(10) - 1);
	assert_int_equal(work, 0);
	/* Each entry leads to the table that it is in. */
	for (unsigned i = 0; i < 512; i++)
		put(KERNEL_TABLES, i, KERNEL_TABLES | 3);
	work = 5000;
	find_run(&regime, 0, UINT64_MAX, &work, &run);
	page_memory_deinit(&memory);
}

/* --- images ------------------------------------------------------------------------ */

static bool find_image(const struct sonde_arch *arch,
	const struct sonde_page_regime *regime, uint64_t anchor, unsigned attempt,
	struct sonde_linux_image *ret)
{
	bool found;

	check(sonde_linux_image_find(
		arch, &memory.space, regime, anchor, attempt, ret, &found));
	return found;
}

static void test_x86_image(void **state)
{
	struct sonde_linux_image image;
	struct sonde_page_regime regime;

	(void)state;
	map_x86();
	regime = x86_regime();
	assert_true(find_image(&sonde_arch_x86_64, &regime, 0, 0, &image));
	assert_true(image.first == large_at(8) && image.last == large_at(16) - 1);
	assert_true(image.physical == 32ull * LARGE);
	assert_true(image.code_end == large_at(12));
	/* In user mode: the kernel's own tables are tried first. */
	regime = x86_user_regime();
	assert_true(find_image(&sonde_arch_x86_64, &regime, 0, 0, &image));
	assert_true(image.first == large_at(8) && image.last == large_at(16) - 1);
	assert_true(image.regime.ranges[1].root == KERNEL_TABLES);
	assert_true(find_image(&sonde_arch_x86_64, &regime, 0, 1, &image));
	assert_true(image.first == large_at(9) && image.last == large_at(10) - 1);
	assert_false(find_image(&sonde_arch_x86_64, &regime, 0, 2, &image));
	page_memory_deinit(&memory);
}

/* Its first large page as a table, of which so many entries are no code. */
static void put_head(unsigned pages)
{
	put(0x5000, 8, 0x8003);
	for (unsigned i = 0; i < 512; i++)
		put(0x8000, i,
			32ull * LARGE + i * UINT64_C(4096) + 3 + (i < pages ? XD : 0));
}

static void test_image_with_head(void **state)
{
	struct sonde_linux_image image;
	struct sonde_page_regime regime;

	(void)state;
	map_x86();
	regime = x86_regime();
	put_head(16);
	assert_true(find_image(&sonde_arch_x86_64, &regime, 0, 0, &image));
	assert_true(image.first == large_at(8) && image.last == large_at(16) - 1);
	assert_true(image.code_end == large_at(12));
	put_head(17);
	assert_false(find_image(&sonde_arch_x86_64, &regime, 0, 0, &image));
	page_memory_deinit(&memory);
}

static void test_no_image(void **state)
{
	static const struct made_up_cpu off = CPU({"cr0", 0}, {"efer", 0});
	struct sonde_linux_image image;
	struct sonde_page_regime regime;

	(void)state;
	page_memory_init(&memory);
	regime = x86_regime();
	for (unsigned i = 0; i < SONDE_LINUX_IMAGE_ATTEMPTS; i++)
		assert_false(find_image(&sonde_arch_x86_64, &regime, 0, i, &image));
	regime = page_case_regime(&sonde_arch_x86_64, &off);
	assert_false(find_image(&sonde_arch_x86_64, &regime, 0, 0, &image));
	/* Tables that are not in memory. */
	put(KERNEL_TABLES, 511, U64(0x800000000000) | 3);
	regime = x86_regime();
	assert_false(find_image(&sonde_arch_x86_64, &regime, 0, 0, &image));
	page_memory_deinit(&memory);
}

/* 4-level tables of 4k pages at @p tables: an image of 8 large pages. */
static void map_aarch64(uint64_t tables)
{
	page_memory_init(&memory);
	put(tables, 256, 0xa003);
	put(0xa000, 0, 0xb003);
	for (unsigned i = 64; i < 72; i++)
		put(0xb000, i, (uint64_t)i * LARGE | BLOCK | UXN | (i > 67 ? PXN : 0));
	/* A module, nearby and elsewhere in memory. */
	put(0xb000, 62, U64(0x9000000000) | BLOCK | UXN);
}

static void test_aarch64_image(void **state)
{
	static const struct made_up_cpu cpu = CPU(EL1(TCR(0, 16, 2, 16), 0, 0x8000));
	const uint64_t base = U64(0xffff800000000000) + 64ull * LARGE;
	struct sonde_page_regime regime = page_case_regime(&sonde_arch_aarch64, &cpu);
	struct sonde_linux_image image;

	(void)state;
	map_aarch64(0x8000);
	assert_true(find_image(&sonde_arch_aarch64, &regime, base + 0x10800, 0, &image));
	assert_true(image.first == base && image.last == base + 8ull * LARGE - 1);
	assert_true(image.code_end == base + 4ull * LARGE);
	assert_true(image.physical == 64ull * LARGE);
	page_memory_deinit(&memory);
	/* In user mode, with the exception vectors somewhere else. */
	map_aarch64(0x9000);
	put(0xb000, 62, 0);
	assert_false(find_image(
		&sonde_arch_aarch64, &regime, U64(0xffffffff12340800), 0, &image));
	assert_true(find_image(
		&sonde_arch_aarch64, &regime, U64(0xffffffff12340800), 1, &image));
	assert_true(image.first == base && image.regime.ranges[1].root == 0x9000);
	page_memory_deinit(&memory);
}

/* Sv39: an image of 6 large pages at the beginning of the last 2 GiB, and a module
 * before. */
static void test_riscv64_image(void **state)
{
	static const struct made_up_cpu cpu = CPU({"satp", U64(8) << 60 | 8});
	const uint64_t base = U64(0xffffffff80000000);
	struct sonde_page_regime regime = page_case_regime(&sonde_arch_riscv64, &cpu);
	struct sonde_linux_image image;

	(void)state;
	page_memory_init(&memory);
	put(0x8000, 510, 9 << 10 | 1);
	put(0x8000, 509, 10 << 10 | 1);
	for (unsigned i = 0; i < 6; i++)
		put(0x9000, i, (i + 64ull) << 19 | (i < 2 ? 0xb : 0x7));
	put(0xa000, 511, U64(1) << 32 | 0xb);
	assert_true(find_image(&sonde_arch_riscv64, &regime, 0, 0, &image));
	assert_true(image.first == base && image.last == base + 6ull * LARGE - 1);
	assert_true(image.code_end == base + 2ull * LARGE);
	assert_true(image.physical == 64ull * LARGE);
	assert_false(find_image(&sonde_arch_riscv64, &regime, 0, 1, &image));
	page_memory_deinit(&memory);
}

/* The image as a space: moved by a constant, and ended where it ends. */
static void test_image_space(void **state)
{
	const struct sonde_linux_image image = {
		.first = X86_BASE, .last = X86_BASE + 0x2fff, .physical = 0x10000};
	struct sonde_linux_image_space space;
	struct sonde_error *error;
	uint8_t byte[16];

	(void)state;
	page_memory_init(&memory);
	memory.window_bytes = 0x40000;
	memcpy(page_memory_at(&memory, 0x11ff8, 16), "0123456789abcdef", 16);
	memcpy(page_memory_at(&memory, 0x12ff8, 16), "ghijklmnopqrstuv", 16);
	sonde_linux_image_space_init(&space, &memory.space, &image);
	check(sonde_space_read(&space.space, X86_BASE + 0x1ff8, byte, 16));
	assert_memory_equal(byte, "0123456789abcdef", 16);
	check(sonde_space_read(&space.space, X86_BASE + 0x2ff8, byte, 8));
	error = sonde_space_read(&space.space, X86_BASE + 0x2ff8, byte, 16);
	assert_true(sonde_error_address(error) == X86_BASE + 0x3000);
	assert_memory_equal(byte, "ghijklmn", 8);
	sonde_error_destroy(error);
	check_fails(
		sonde_space_read(&space.space, X86_BASE - 1, byte, 1), SONDE_ERROR_FAULT);
	sonde_space_deinit(&space.space);
	page_memory_deinit(&memory);
}

/* --- looking for bytes ------------------------------------------------------------- */

static uint64_t search(uint64_t first, uint64_t last, const char *pattern)
{
	uint64_t at = 0;
	bool found;

	check(sonde_space_search(
		&memory.space, first, last, pattern, strlen(pattern), &at, &found));
	return found ? at : UINT64_MAX;
}

static void test_search(void **state)
{
	/* Read, in windows of some pages, in one. */
	static const uint64_t windows[] = {0, 0x8000, 8 << 20};
	static const uint64_t places[] = {0, 0x1000 - 3, 0x8000 - 1, 0x10000 - 4,
		0x123456, PAGE_MEMORY_BANK_BYTES - 7};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(windows); i++) {
		for (unsigned k = 0; k < ARRAY_SIZE(places); k++) {
			uint64_t last = PAGE_MEMORY_BANK_BYTES - 1, at = places[k];

			page_memory_init(&memory);
			memory.window_bytes = windows[i];
			memcpy(page_memory_at(&memory, at, 7), "pattern", 7);
			assert_true(search(0, last, "pattern") == at);
			assert_true(search(at, last, "pattern") == at);
			assert_true(search(at + 1, last, "pattern") == UINT64_MAX);
			assert_true(search(0, at + 6, "pattern") == at);
			assert_true(search(0, at + 5, "pattern") == UINT64_MAX);
			assert_true(search(0, UINT64_C(1) << 23, "pattern") == at);
			assert_true(search(0, last, "patterns") == UINT64_MAX);
			page_memory_deinit(&memory);
		}
	}
}

/* What lies on both sides of a hole is no match, and the hole is passed over. */
static void test_search_over_holes(void **state)
{
	const uint64_t end = PAGE_MEMORY_BANK_BYTES, gap = 0x4000;

	(void)state;
	page_memory_init(&memory);
	memory.banks[1].base = end + gap;
	memcpy(page_memory_at(&memory, end - 3, 3), "pat", 3);
	memcpy(page_memory_at(&memory, end + gap, 4), "tern", 4);
	assert_true(search(0, end + gap + 0x10000, "pattern") == UINT64_MAX);
	memcpy(page_memory_at(&memory, end + gap + 9, 7), "pattern", 7);
	assert_true(search(0, end + gap + 0x10000, "pattern") == end + gap + 9);
	page_memory_deinit(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_runs_are_bounded),
		cmocka_unit_test(test_x86_image),
		cmocka_unit_test(test_image_with_head),
		cmocka_unit_test(test_no_image),
		cmocka_unit_test(test_aarch64_image),
		cmocka_unit_test(test_riscv64_image),
		cmocka_unit_test(test_image_space),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_search_over_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
