/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory behind page tables: read, written, and shown in windows. */
#include "wire_check.h"

#include "error.h"
#include "macros.h"
#include "page_cache.h"
#include "page_cases.h"
#include "page_memory.h"
#include "page_walk.h"
#include "page_write.h"

/* --- reading and writing ----------------------------------------------------------- */

enum {
	SMALL = 4096,
};

struct scene {
	struct page_memory memory;
	struct sonde_page_regime regime;
	/** What @ref regime makes of it. */
	struct sonde_space virtual;
};

/* 4-level tables at 0x1000; pages of the last 2 MiB of the address space. */
static void scene_init(struct scene *scene)
{
	static const struct made_up_cpu cpu = CPU(LONG_MODE(0x1000));

	page_memory_init(&scene->memory);
	scene->virtual = (struct sonde_space){.epoch = &scene->memory.epoch};
	scene->regime = page_case_regime(&sonde_arch_x86_64, &cpu);
	page_memory_put(&scene->memory, 0x1000 + 8 * 511, 0x2003, 8);
	page_memory_put(&scene->memory, 0x2000 + 8 * 511, 0x3003, 8);
	page_memory_put(&scene->memory, 0x3000 + 8 * 511, 0x4003, 8);
	for (uint64_t i = 0x10000; i < PAGE_MEMORY_BANK_BYTES; i++)
		scene->memory.banks[0].data[i] = (uint8_t)(i * 7 + (i >> 12));
}

static void scene_deinit(struct scene *scene)
{
	page_memory_deinit(&scene->memory);
	sonde_space_deinit(&scene->virtual);
}

static uint64_t scene_page(unsigned index)
{
	return U64(0xffffffffffe00000) + (uint64_t)index * SMALL;
}

static void scene_map(struct scene *scene, unsigned index, uint64_t physical)
{
	page_memory_put(&scene->memory, 0x4000 + 8 * (uint64_t)index, physical | 3, 8);
}

static void scene_expect(
	struct scene *scene, uint64_t address, size_t length, const uint8_t *expected)
{
	uint8_t *found = malloc(length);

	assert_non_null(found);
	check(sonde_page_read(
		&scene->memory.space, &scene->regime, address, found, length));
	assert_memory_equal(found, expected, length);
	free(found);
}

static void test_scattered_pages(void **state)
{
	struct scene scene;
	uint8_t expected[3 * SMALL];

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000);
	scene_map(&scene, 6, 0x11000);
	scene_map(&scene, 7, 0x30000);
	memcpy(expected, page_memory_at(&scene.memory, 0x20000, SMALL), SMALL);
	memcpy(expected + SMALL, page_memory_at(&scene.memory, 0x11000, SMALL), SMALL);
	memcpy(expected + 2 * SMALL, page_memory_at(&scene.memory, 0x30000, SMALL),
		SMALL);
	scene_expect(&scene, scene_page(5), sizeof(expected), expected);
	scene_expect(&scene, scene_page(5) + 100, sizeof(expected) - 200, expected + 100);
	scene_expect(&scene, scene_page(6) - 1, 2, expected + SMALL - 1);
	scene_expect(&scene, scene_page(6) - 1, 1, expected + SMALL - 1);
	check(sonde_page_read(&scene.memory.space, &scene.regime, 0, NULL, 0));
	scene_deinit(&scene);
}

/* Contiguous pages are one read, and one entry each. */
static void test_contiguous_pages(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	for (unsigned i = 0; i < 200; i++)
		scene_map(&scene, 100 + i, 0x40000 + i * SMALL);
	scene_map(&scene, 300, 0x20000);
	scene.memory.entry_reads = scene.memory.long_reads = 0;
	scene_expect(&scene, scene_page(100) + 5, 200 * SMALL - 5,
		page_memory_at(&scene.memory, 0x40005, 200 * SMALL - 5));
	assert_int_equal(scene.memory.long_reads, 1);
	assert_int_equal(scene.memory.entry_reads, 3 + 200);
	scene_deinit(&scene);
}

/* The last byte of the address space, and not one more. */
static void test_top_of_the_address_space(void **state)
{
	struct scene scene;
	uint8_t bytes[2 * SMALL];

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 511, 0x20000);
	scene_map(&scene, 510, 0x1f000);
	scene_expect(&scene, UINT64_MAX, 1, page_memory_at(&scene.memory, 0x20fff, 1));
	scene_expect(&scene, scene_page(510), 2 * SMALL,
		page_memory_at(&scene.memory, 0x1f000, 2 * SMALL));
	check_fails(
		sonde_page_read(&scene.memory.space, &scene.regime, UINT64_MAX, bytes, 2),
		SONDE_ERROR_FAULT);
	check_fails(sonde_page_read(&scene.memory.space, &scene.regime, scene_page(510),
			    bytes, SIZE_MAX),
		SONDE_ERROR_FAULT);
	scene_deinit(&scene);
}

/* What is before a page that is not there has been read; so with one without memory. */
static void test_read_faults(void **state)
{
	static const struct {
		/** 0: not mapped. */
		uint64_t physical;
		uint64_t offset;
		const char *word;
	} known[] = {
		{0, 0, "the PT entry at 0x4030 is not present"},
		{0x700000, 0, "no memory is at physical address 0x700000"},
		{PAGE_MEMORY_BANK_BYTES, 0, "no memory is at physical address 0x200000"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint8_t bytes[3 * SMALL] = {0};
		struct sonde_error *error;
		struct scene scene;

		scene_init(&scene);
		/* In the last case memory ends within what is contiguous. */
		scene_map(&scene, 5, i == 2 ? PAGE_MEMORY_BANK_BYTES - SMALL : 0x20000);
		if (known[i].physical)
			scene_map(&scene, 6, known[i].physical);
		scene_map(&scene, 7, 0x30000);
		error = sonde_page_read(&scene.memory.space, &scene.regime,
			scene_page(5) + 10, bytes, sizeof(bytes) - 10);
		assert_true(error && sonde_error_address(error) == scene_page(6));
		check_says(error, SONDE_ERROR_FAULT, known[i].word);
		assert_memory_equal(bytes,
			page_memory_at(&scene.memory,
				i == 2 ? PAGE_MEMORY_BANK_BYTES - SMALL + 10 : 0x2000a,
				SMALL - 10),
			SMALL - 10);
		scene_deinit(&scene);
	}
}

/* A fault that is told of another address than was asked for: nothing was read. */
static void test_fault_elsewhere(void **state)
{
	static const uint64_t lies[] = {0x6fffff, 0x701000, 0x10, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct scene scene;
		uint8_t bytes[SMALL];
		struct sonde_error *error;

		scene_init(&scene);
		scene_map(&scene, 5, 0x700000);
		scene.memory.lie = lies[i];
		error = sonde_page_read(&scene.memory.space, &scene.regime, scene_page(5),
			bytes, sizeof(bytes));
		assert_true(error && sonde_error_address(error) == scene_page(5));
		check_fails(error, SONDE_ERROR_FAULT);
		scene_deinit(&scene);
	}
}

/* From one table to the next, at each level, and into large pages and out of them. */
static void test_across_tables(void **state)
{
	const uint64_t end = U64(0xffffffffffe00000), giga = U64(0xffffffffc0000000);
	uint8_t expected[2 * SMALL];
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 0, 0x20000);
	page_memory_put(&scene.memory, 0x5000 + 8 * 511, 0x11003, 8);
	page_memory_put(&scene.memory, 0x3000 + 8 * 510, 0x5003, 8);
	memcpy(expected, page_memory_at(&scene.memory, 0x11000, SMALL), SMALL);
	memcpy(expected + SMALL, page_memory_at(&scene.memory, 0x20000, SMALL), SMALL);
	scene_expect(&scene, end - SMALL, 2 * SMALL, expected);
	/* The lower one is a page of 2 MiB. */
	page_memory_put(&scene.memory, 0x3000 + 8 * 510, 0x83, 8);
	memcpy(expected, page_memory_at(&scene.memory, 0x1ff000, SMALL), SMALL);
	scene_expect(&scene, end - SMALL, 2 * SMALL, expected);
	/* Another table of the third level; then small pages come first. */
	page_memory_put(&scene.memory, 0x2000 + 8 * 510, 0x6003, 8);
	page_memory_put(&scene.memory, 0x6000 + 8 * 511, 0x5003, 8);
	page_memory_put(&scene.memory, 0x3000, 0x83, 8);
	memcpy(expected, page_memory_at(&scene.memory, 0x11000, SMALL), SMALL);
	memcpy(expected + SMALL, page_memory_at(&scene.memory, 0, SMALL), SMALL);
	scene_expect(&scene, giga - SMALL, 2 * SMALL, expected);
	scene_deinit(&scene);
}

/* An error that comes once, such as an interrupt, while looking ahead, is not lost. */
static void test_error_behind_a_run(void **state)
{
	struct scene scene;
	uint8_t bytes[2 * SMALL] = {0};

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000);
	scene_map(&scene, 6, 0x30000);
	scene.memory.broken = 0x4000 + 8 * 6;
	check_says(sonde_page_read(&scene.memory.space, &scene.regime, scene_page(5),
			   bytes, sizeof(bytes)),
		SONDE_ERROR_TIMEOUT, "the PT entry at 0x4030");
	assert_memory_equal(bytes, page_memory_at(&scene.memory, 0x20000, SMALL), SMALL);
	scene_deinit(&scene);
}

static void test_read_of_broken_memory(void **state)
{
	struct scene scene;
	uint8_t bytes[16];

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000);
	scene.memory.broken = 0x20008;
	check_says(sonde_page_read(&scene.memory.space, &scene.regime, scene_page(5),
			   bytes, sizeof(bytes)),
		SONDE_ERROR_TIMEOUT, "physical memory at 0x20000");
	scene_deinit(&scene);
}

static struct sonde_error *write_pages(
	struct scene *scene, uint64_t address, const void *data, size_t length)
{
	const struct sonde_write write = {
		.address = address, .data = data, .length = length};

	return sonde_page_write(&scene->memory.space, &scene->regime, &write);
}

/* The second byte of a page, which tells whether something was written there. */
static uint8_t byte_of(struct scene *scene, uint64_t page)
{
	return *page_memory_at(&scene->memory, page + 1, 1);
}

static void test_writes(void **state)
{
	uint8_t pattern[SMALL + 100];
	struct scene scene;

	(void)state;
	memset(pattern, 0xa5, sizeof(pattern));
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000);
	scene_map(&scene, 6, 0x11000);
	check(write_pages(&scene, scene_page(6) - 50, pattern, sizeof(pattern) - 60));
	scene_expect(&scene, scene_page(6) - 50, sizeof(pattern) - 60, pattern);
	assert_int_equal(*page_memory_at(&scene.memory, 0x20fcd, 1),
		(uint8_t)(0x20fcd * 7 + 0x20));
	assert_int_equal(*page_memory_at(&scene.memory, 0x20fce, 1), 0xa5);
	assert_int_equal(*page_memory_at(&scene.memory, 0x11000, 1), 0xa5);
	check(write_pages(&scene, scene_page(5), pattern, 0));
	scene_deinit(&scene);
}

/* What the tables say, and nothing else: each page is looked at, and then written. */
static void test_writes_of_code(void **state)
{
	static const uint8_t pattern[2 * SMALL];
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000 | UINT64_C(1) << 63);
	scene_map(&scene, 6, 0x11000);
	check(write_pages(&scene, scene_page(5), pattern, SMALL));
	assert_int_equal(scene.memory.code_writes, 0);
	check(write_pages(&scene, scene_page(5), pattern, 2 * SMALL));
	assert_int_equal(scene.memory.code_writes, 2);
	/* Where nothing is translated, nothing is known. */
	scene.regime = (struct sonde_page_regime){.range_count = 0};
	check(write_pages(&scene, 0x20000, pattern, 8));
	assert_int_equal(scene.memory.code_writes, 4);
	scene_deinit(&scene);
}

/* A page is not mapped, has no memory behind it, or fails only when it is written. */
static void test_failed_writes_change_nothing(void **state)
{
	uint8_t pattern[3 * SMALL], before;
	struct scene scene;
	struct sonde_error *error;

	(void)state;
	memset(pattern, 0xa5, sizeof(pattern));
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000);
	scene_map(&scene, 6, 0x11000);
	before = byte_of(&scene, 0x20000);
	error = write_pages(&scene, scene_page(5), pattern, sizeof(pattern));
	assert_true(error && sonde_error_address(error) == scene_page(7));
	check_fails(error, SONDE_ERROR_FAULT);
	scene_map(&scene, 7, UINT64_C(1) << 40);
	error = write_pages(&scene, scene_page(5), pattern, sizeof(pattern));
	assert_true(error && sonde_error_address(error) == scene_page(7));
	check_says(error, SONDE_ERROR_FAULT, "0x10000000000");
	assert_int_equal(byte_of(&scene, 0x20000), before);
	scene_map(&scene, 7, 0x30000);
	scene.memory.unwritable = 0x30000;
	check_says(write_pages(&scene, scene_page(5) + 1, pattern, sizeof(pattern) - 1),
		SONDE_ERROR_IO, "cannot be written");
	assert_int_equal(byte_of(&scene, 0x20000), before);
	assert_int_equal(*page_memory_at(&scene.memory, 0x11fff, 1),
		(uint8_t)(0x11fff * 7 + 0x11));
	scene_deinit(&scene);
}

/* --- windows ----------------------------------------------------------------------- */

static struct sonde_error *look(
	struct scene *scene, uint64_t address, struct sonde_window *ret)
{
	return sonde_page_cache_look(
		&scene->virtual, &scene->memory.space, &scene->regime, address, ret);
}

/* Whatever is shown of physical memory, of virtual memory it is one page, or nothing. */
static void test_windows(void **state)
{
	static const uint64_t sizes[] = {2, 64, 4096, 6000, 8192, 1 << 20, 8 << 20};
	static const unsigned offsets[] = {0, 1, 31, 32, 2048, 4094, 4095};
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 511, 0x20000);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(offsets); j++) {
			struct sonde_window window;

			scene.memory.window_bytes = sizes[i];
			sonde_space_forget(&scene.memory.space);
			check(look(&scene, scene_page(511) + offsets[j], &window));
			if (sizes[i] / 2 < SMALL) {
				assert_int_equal(window.length, 0);
				continue;
			}
			assert_true(window.address == scene_page(511));
			assert_true(window.length == SMALL);
			assert_ptr_equal(window.host,
				page_memory_at(&scene.memory, 0x20000, SMALL));
		}
	}
	scene_deinit(&scene);
}

/* Where pages may not be looked at, the space is asked for each of them first. */
static void test_absent_pages(void **state)
{
	static uint64_t present[PAGE_MEMORY_BANK_BYTES / SMALL / 64];
	struct sonde_window window;
	struct scene scene;

	(void)state;
	memset(present, 0, sizeof(present));
	scene_init(&scene);
	scene_map(&scene, 4, 0x20000);
	scene_map(&scene, 5, 0x21000);
	scene.memory.window_bytes = 8 << 20;
	scene.memory.present = present;
	check(look(&scene, scene_page(4), &window));
	assert_true(window.length == SMALL);
	assert_true(present[0x20 / 64] >> 0x20 % 64 & 1);
	assert_false(present[0x21 / 64] >> 0x21 % 64 & 1);
	check(look(&scene, scene_page(5), &window));
	assert_ptr_equal(window.host, page_memory_at(&scene.memory, 0x21000, SMALL));
	assert_true(present[0x21 / 64] >> 0x21 % 64 & 1);
	scene_deinit(&scene);
}

static void test_no_window(void **state)
{
	const struct sonde_space_ops blind = {.read = NULL};
	struct sonde_window window = {.length = 77};
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000);
	scene_map(&scene, 6, 0x700000);
	check(look(&scene, scene_page(5), &window));
	assert_int_equal(window.length, 0);
	window.length = 77;
	check_says(
		look(&scene, scene_page(7), &window), SONDE_ERROR_FAULT, "the PT entry");
	/* That nothing is where a page is mapped to, reading tells. */
	window.length = 77;
	check(look(&scene, scene_page(6) + 3, &window));
	assert_int_equal(window.length, 0);
	/* A space that cannot show anything is not even walked. */
	scene.memory.space.ops = &blind;
	check(look(&scene, scene_page(5), &window));
	assert_int_equal(window.length, 0);
	scene_deinit(&scene);
}

/* --- what is remembered ---------------------------------------------------------------
 */

static struct sonde_error *read_cached(
	struct scene *scene, uint64_t address, void *buffer, size_t length)
{
	return sonde_page_cache_read(&scene->virtual, &scene->memory.space,
		&scene->regime, address, buffer, length);
}

/* The second read of a page walks no more, until it is forgotten. */
static void test_walks_once(void **state)
{
	uint8_t bytes[2 * SMALL];
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 5, 0x20000);
	scene_map(&scene, 6, 0x30000);
	check(read_cached(&scene, scene_page(5) + 8, bytes, 8));
	assert_int_equal(scene.memory.entry_reads, 4 + 1);
	check(read_cached(&scene, scene_page(6) - 1, bytes, 1));
	assert_int_equal(bytes[0], (uint8_t)(0x20fff * 7 + 0x20));
	assert_int_equal(scene.memory.entry_reads, 4 + 2);
	/* It is another one now, and nobody has said so. */
	scene_map(&scene, 5, 0x31000);
	check(read_cached(&scene, scene_page(5), bytes, 1));
	assert_int_equal(bytes[0], (uint8_t)(0x20000 * 7 + 0x20));
	sonde_space_forget(&scene.virtual);
	check(read_cached(&scene, scene_page(5), bytes, 1));
	assert_int_equal(bytes[0], (uint8_t)(0x31000 * 7 + 0x31));
	scene.memory.epoch++;
	scene.memory.entry_reads = 0;
	check(read_cached(&scene, scene_page(5), bytes, 8));
	assert_int_equal(scene.memory.entry_reads, 4 + 1);
	/* Of two pages one is known. */
	scene.memory.entry_reads = 0;
	check(read_cached(&scene, scene_page(5) + 1, bytes, SMALL));
	assert_int_equal(bytes[SMALL - 1], (uint8_t)(0x30000 * 7 + 0x30));
	assert_int_equal(scene.memory.entry_reads, 4 + 1);
	check_says(read_cached(&scene, scene_page(7), bytes, 8), SONDE_ERROR_FAULT,
		"the PT entry");
	scene_deinit(&scene);
}

/* One that is large is walked to once, wherever in it is read; and what goes past its
 * end is two reads. */
static void test_walks_once_to_a_large_page(void **state)
{
	uint64_t large = scene_page(0) - (2 << 20);
	uint8_t bytes[2 * SMALL];
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 0, 0x20000);
	page_memory_put(&scene.memory, 0x3000 + 8 * 510, 0x83, 8);
	check(read_cached(&scene, large + 0x30000, bytes, 8));
	assert_int_equal(scene.memory.entry_reads, 3 + 1);
	scene.memory.entry_reads = scene.memory.long_reads = 0;
	check(read_cached(&scene, large + 0x40ffc, bytes, 1000));
	assert_int_equal(scene.memory.entry_reads, 0);
	assert_int_equal(scene.memory.long_reads, 1);
	assert_int_equal(bytes[999], (uint8_t)((0x40ffc + 999) * 7 + 0x41));
	scene.memory.epoch++;
	check(read_cached(&scene, large + 0x50000, bytes, 1));
	assert_int_equal(scene.memory.entry_reads, 3 + 1);
	assert_int_equal(bytes[0], (uint8_t)(0x50000 * 7 + 0x50));
	/* The next one is small, and the one behind that is not there. */
	check_says(read_cached(&scene, scene_page(0) + 8, bytes, SMALL),
		SONDE_ERROR_FAULT, "the PT entry");
	assert_int_equal(bytes[0], (uint8_t)(0x20008 * 7 + 0x20));
	scene_deinit(&scene);
}

static void test_faults_behind_what_is_remembered(void **state)
{
	struct sonde_error *error;
	struct scene scene;
	uint8_t byte;

	(void)state;
	scene_init(&scene);
	scene_map(&scene, 6, 0x700000);
	for (int i = 0; i < 2; i++) {
		error = read_cached(&scene, scene_page(6) + 3, &byte, 1);
		assert_true(error && sonde_error_address(error) == scene_page(6) + 3);
		check_says(error, SONDE_ERROR_FAULT, "0x700003");
	}
	scene_deinit(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scattered_pages),
		cmocka_unit_test(test_contiguous_pages),
		cmocka_unit_test(test_top_of_the_address_space),
		cmocka_unit_test(test_read_faults),
		cmocka_unit_test(test_fault_elsewhere),
		cmocka_unit_test(test_across_tables),
		cmocka_unit_test(test_error_behind_a_run),
		cmocka_unit_test(test_read_of_broken_memory),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_writes_of_code),
		cmocka_unit_test(test_failed_writes_change_nothing),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_absent_pages),
		cmocka_unit_test(test_no_window),
		cmocka_unit_test(test_walks_once),
		cmocka_unit_test(test_walks_once_to_a_large_page),
		cmocka_unit_test(test_faults_behind_what_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
