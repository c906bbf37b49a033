/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk that does nothing but load finds what the one that explains finds, or nothing;
 * and what it says of entries holds until one of them is another.
 */
#include "wire_check.h"

#include "error.h"
#include "macros.h"
#include "page_cases.h"
#include "page_memory.h"
#include "page_plan.h"

struct scene {
	const struct walk_case *one;
	struct page_memory memory;
	struct sonde_page_tables tables;
	struct sonde_page_proof proof;
	unsigned entry_bytes;
};

static struct page_memory_bank *bank_of(struct scene *scene, uint64_t address)
{
	for (unsigned i = 0; i < PAGE_MEMORY_BANKS; i++)
		if (address - scene->memory.banks[i].base < PAGE_MEMORY_BANK_BYTES)
			return &scene->memory.banks[i];
	return NULL;
}

static void scene_init(struct scene *scene, const struct walk_case *one)
{
	*scene = (struct scene){.one = one};
	page_memory_init(&scene->memory);
	scene->memory.window_bytes = 4 * PAGE_MEMORY_BANK_BYTES;
	scene->tables.physical = &scene->memory.space;
	scene->tables.regime = page_case_regime(one->arch, &one->cpu);
	scene->entry_bytes = page_case_entry_bytes(&scene->tables.regime);
	sonde_page_tables_plan(&scene->tables);
	for (unsigned i = 0; i < page_case_step_count(one); i++)
		page_memory_put(&scene->memory, one->steps[i].entry_address,
			one->steps[i].entry, scene->entry_bytes);
}

/* All of memory is in windows from now on. */
static void show(struct scene *scene)
{
	for (unsigned i = 0; i < PAGE_MEMORY_BANKS; i++)
		assert_non_null(sonde_space_see_page(
			&scene->memory.space, scene->memory.banks[i].base));
}

static const uint8_t *find(struct scene *scene, uint64_t address)
{
	bool *broken;

	return sonde_page_find(&scene->tables, address, &broken, &scene->proof);
}

/*
 * Formats with addresses in two parts, and entries of 4 bytes, have no plan; nor is
 * anything done about tags, and groups of entries (Svnapot).
 */
static bool has_plan(const struct scene *scene)
{
	static const char *const without[] = {"52 bits", "with DS", "64 KiB", "tag"};

	for (unsigned i = 0; i < ARRAY_SIZE(without); i++)
		if (strstr(scene->one->name, without[i]))
			return false;
	return scene->entry_bytes == 8;
}

/* Where the page is, or NULL. */
static const uint8_t *expected(struct scene *scene)
{
	uint64_t page = scene->one->physical & ~U64(4095);
	const struct page_memory_bank *bank = bank_of(scene, page);

	return bank && has_plan(scene) ? bank->data + (page - bank->base) : NULL;
}

static void test_every_format(void **state)
{
	unsigned found = 0;

	(void)state;
	for (size_t i = 0; i < page_case_count; i++) {
		struct scene scene;

		scene_init(&scene, &page_cases[i]);
		assert_null(find(&scene, scene.one->address));
		show(&scene);
		if (find(&scene, scene.one->address) != expected(&scene))
			fail_msg("%s: another page", scene.one->name);
		found += expected(&scene) != NULL;
		page_memory_deinit(&scene.memory);
	}
	/* Some of each architecture lie where there is memory. */
	assert_true(found >= 8);
}

/* Each entry in its turn is not present, or is another one that leads elsewhere. */
static void test_changed_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < page_case_count; i++) {
		const struct walk_case *one = &page_cases[i];

		for (unsigned step = 0; step < page_case_step_count(one); step++) {
			struct scene scene;

			scene_init(&scene, one);
			show(&scene);
			if (!find(&scene, one->address)) {
				page_memory_deinit(&scene.memory);
				continue;
			}
			assert_true(sonde_page_proof_holds(
				&scene.memory.space, &scene.proof));
			page_memory_put(&scene.memory, one->steps[step].entry_address,
				one->steps[step].entry & ~U64(1), scene.entry_bytes);
			assert_false(sonde_page_proof_holds(
				&scene.memory.space, &scene.proof));
			assert_null(find(&scene, one->address));
			assert_false(sonde_page_proof_holds(
				&scene.memory.space, &scene.proof));
			page_memory_deinit(&scene.memory);
		}
	}
}

static void test_end_of_a_proof(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, page_case_find("x86 4-level, 4 KiB"));
	show(&scene);
	assert_non_null(find(&scene, scene.one->address));
	sonde_space_forget(&scene.memory.space);
	assert_false(sonde_page_proof_holds(&scene.memory.space, &scene.proof));
	show(&scene);
	assert_non_null(find(&scene, scene.one->address));
	assert_true(sonde_page_proof_holds(&scene.memory.space, &scene.proof));
	scene.memory.epoch++;
	assert_false(sonde_page_proof_holds(&scene.memory.space, &scene.proof));
	/* Without windows, what was known of them is not used. */
	assert_null(find(&scene, scene.one->address));
	page_memory_deinit(&scene.memory);
}

static void test_outside_of_the_ranges(void **state)
{
	static const struct {
		const char *name;
		uint64_t address;
	} cases[] = {
		{"x86 4-level, 4 KiB", U64(0x0000800000000000)},
		{"x86 4-level, 4 KiB", U64(0xffff7fffffffffff)},
		{"x86 PAE, 4 KiB", U64(0x100000000)},
		{"x86 PAE, 4 KiB", U64(0xffffffff00000000)},
		{"AArch64 4k, 48 bits, upper half", U64(0xfffeffffffffffff)},
		{"Sv39, 4 KiB", U64(0xffffffbfffffffff)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scene scene;

		scene_init(&scene, page_case_find(cases[i].name));
		memset(scene.memory.banks[0].data, 0xff, PAGE_MEMORY_BANK_BYTES);
		show(&scene);
		assert_null(find(&scene, cases[i].address));
		page_memory_deinit(&scene.memory);
	}
}

/* A CPU that translates nothing, and tables that memory has no room for. */
static void test_nothing_to_find(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, page_case_find("x86 4-level, 4 KiB"));
	show(&scene);
	scene.tables.regime.range_count = 0;
	sonde_page_tables_plan(&scene.tables);
	assert_null(find(&scene, 0));
	assert_null(find(&scene, UINT64_MAX));
	page_memory_deinit(&scene.memory);
	scene_init(&scene, page_case_find("x86 4-level, 4 KiB"));
	show(&scene);
	for (unsigned i = 0; i < 2; i++)
		scene.tables.regime.ranges[i].root = U64(0x7f0000);
	sonde_page_tables_plan(&scene.tables);
	assert_null(find(&scene, scene.one->address));
	page_memory_deinit(&scene.memory);
}

/* A window that ends within a page does not show it. */
static void test_page_across_the_end(void **state)
{
	struct scene scene;
	uint64_t page;

	(void)state;
	scene_init(&scene, page_case_find("x86 4-level, 4 KiB"));
	page = scene.one->physical & ~U64(4095);
	assert_non_null(bank_of(&scene, page));
	bank_of(&scene, page)->length = page + 4000 - bank_of(&scene, page)->base;
	show(&scene);
	assert_null(find(&scene, scene.one->address));
	page_memory_deinit(&scene.memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format),
		cmocka_unit_test(test_changed_entries),
		cmocka_unit_test(test_end_of_a_proof),
		cmocka_unit_test(test_outside_of_the_ranges),
		cmocka_unit_test(test_nothing_to_find),
		cmocka_unit_test(test_page_across_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
