/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of a kernel's modules and their symbols: as it should be, and as it lies. */
#include "wire_check.h"

#include "module_image.h"

#define IMAGE(name, layout)       \
	struct module_image name; \
	module_image_begin(&name, layout)

static const struct sonde_linux_modules *find(struct module_image *image)
{
	const struct sonde_linux_modules *modules;

	check(sonde_linux_modules_find(&image->fake.kernel, &modules));
	return modules;
}

static void test_as_it_should_be(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < MODULE_LAYOUTS; layout++) {
		IMAGE(image, layout);
		const struct sonde_linux_modules *modules = find(&image);
		struct sonde_symbol symbol;

		assert_int_equal(modules->count, MODULE_IMAGE_MODULES);
		assert_int_equal(modules->symbol_count,
			MODULE_IMAGE_MODULES * MODULE_IMAGE_SYMBOLS);
		for (unsigned i = 0; i < MODULE_IMAGE_MODULES; i++)
			assert_int_equal(modules->list[i].address, image.modules[i]);
		assert_true(
			sonde_linux_modules_find_symbol(modules, "m3_s4", 0, &symbol));
		assert_int_equal(symbol.address, image.code[3] + 4 * 32);
		assert_string_equal(symbol.module, "m3");
		assert_int_equal(symbol.kind, 't');
		assert_true(sonde_linux_modules_at(modules, image.code[1] + 40, &symbol));
		assert_string_equal(symbol.name, "m1_s1");
		assert_int_equal(symbol.kind, 'T');
		assert_false(
			sonde_linux_modules_find_symbol(modules, "m3_s4", 1, &symbol));
		assert_false(sonde_linux_modules_at(modules, image.head, &symbol));
		module_image_end(&image);
	}
}

/* What lies may cost this much, and no more. */
static const struct sonde_linux_modules *find_quickly(struct module_image *image)
{
	const struct sonde_linux_modules *modules = find(image);

	assert_true(image->fake.reads < 100000);
	assert_true(image->fake.read_bytes < 1 << 20);
	return modules;
}

static uint64_t link_of(struct module_image *image, unsigned number)
{
	return image->modules[number] +
	       linux_image_offset(&image->fake, "struct module", "list");
}

static void test_cycles(void **state)
{
	IMAGE(image, MODULE_LAYOUT_CORE);

	(void)state;
	/* The last one leads to the first; and then both links do. */
	linux_image_put(&image.fake, link_of(&image, 4), link_of(&image, 0), 8);
	assert_in_range(find_quickly(&image)->count, 1, MODULE_IMAGE_MODULES);
	linux_image_restore(&image.fake);
	linux_image_put(&image.fake, link_of(&image, 4), link_of(&image, 0), 8);
	linux_image_put(&image.fake, link_of(&image, 0) + 8, link_of(&image, 4), 8);
	assert_in_range(find_quickly(&image)->count, 0, MODULE_IMAGE_MODULES);
	linux_image_restore(&image.fake);
	/* To itself. */
	linux_image_list(&image.fake, link_of(&image, 2), NULL, 0);
	assert_in_range(find_quickly(&image)->count, 1, MODULE_IMAGE_MODULES);
	module_image_end(&image);
}

static void test_pointers_elsewhere(void **state)
{
	static const uint64_t nowhere[] = {0, 8, 0x401000, 0x7fffffffe000,
		0x8000000000000000, 0xffff888000000000, UINT64_MAX, UINT64_MAX - 7,
		LINUX_IMAGE_BASE - 8, LINUX_IMAGE_BASE + 1};
	static const char *const members[] = {"list.next", "kallsyms", "syms"};
	IMAGE(image, MODULE_LAYOUT_MEM);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		for (size_t k = 0; k < ARRAY_SIZE(members); k++) {
			linux_image_restore(&image.fake);
			linux_image_set(&image.fake, image.modules[1], "struct module",
				members[k], nowhere[i]);
			assert_in_range(
				find_quickly(&image)->count, 1, MODULE_IMAGE_MODULES);
		}
	module_image_end(&image);
}

static void test_counts_that_lie(void **state)
{
	static const uint64_t counts[] = {0, 1, 1000, 1 << 18, (1 << 18) + 1, UINT32_MAX};
	IMAGE(image, MODULE_LAYOUT_CORE);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		uint64_t kallsyms;

		linux_image_restore(&image.fake);
		memcpy(&kallsyms,
			linux_image_at(&image.fake,
				image.modules[0] + linux_image_offset(&image.fake,
							   "struct module", "kallsyms"),
				8),
			8);
		linux_image_set(&image.fake, kallsyms, "struct mod_kallsyms",
			"num_symtab", counts[i]);
		linux_image_set(&image.fake, image.modules[1], "struct module",
			"num_syms", counts[i]);
		assert_in_range(find(&image)->count, MODULE_IMAGE_MODULES - 1,
			MODULE_IMAGE_MODULES);
		assert_true(image.fake.reads < 1000);
	}
	module_image_end(&image);
}

/* Names without an end, or with bytes that no module's name has, are no module's. */
static void test_names(void **state)
{
	static const char *const names[] = {"", "a b", "\033[2J", "../x", "\xff\xfe"};
	IMAGE(image, MODULE_LAYOUT_MEM);
	char longest[56];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	linux_image_fill(&image.fake, image.modules[2], "struct module", "name", longest,
		sizeof(longest));
	assert_int_equal(find_quickly(&image)->count, MODULE_IMAGE_MODULES - 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		linux_image_restore(&image.fake);
		linux_image_fill(&image.fake, image.modules[2], "struct module", "name",
			names[i], strlen(names[i]) + 1);
		assert_int_equal(find_quickly(&image)->count, MODULE_IMAGE_MODULES - 1);
	}
	module_image_end(&image);
}

/* --- ten million ------------------------------------------------------------------ */

#define FIRST_OF_MANY UINT64_C(0xffff900000000000)

enum {
	MANY = 10000000,
	APART = 1024,
};

static struct module_image many;

/* All of them have the symbols of the first one in the image. */
static bool make_module(
	struct linux_image *fake, uint64_t address, uint8_t *buffer, size_t length)
{
	size_t list = linux_image_offset(fake, "struct module", "list");
	uint64_t index = (address - FIRST_OF_MANY) / APART;
	uint64_t module = FIRST_OF_MANY + index * APART;
	uint64_t links[] = {module + APART + list, module - APART + list};
	uint8_t copy[APART] = {0};

	if (address < FIRST_OF_MANY || index >= MANY || address + length > module + APART)
		return false;
	memcpy(copy, linux_image_at(fake, many.modules[0], 512), 512);
	if (!index)
		links[1] = many.head;
	if (index == MANY - 1)
		links[0] = many.head;
	memcpy(copy + list, links, sizeof(links));
	memcpy(buffer, copy + (address - module), length);
	return true;
}

static void test_ten_million(void **state)
{
	const struct sonde_linux_modules *modules;
	size_t list;

	(void)state;
	module_image_begin(&many, MODULE_LAYOUT_MEM);
	list = linux_image_offset(&many.fake, "struct module", "list");
	many.fake.elsewhere = make_module;
	linux_image_put(&many.fake, many.head, FIRST_OF_MANY + list, 8);
	linux_image_put(&many.fake, many.head + 8,
		FIRST_OF_MANY + (uint64_t)(MANY - 1) * APART + list, 8);
	modules = find(&many);
	/* More than any system has, and far less than there are. */
	assert_in_range(modules->count, 1000, 10000);
	assert_true(many.fake.reads < 40 * modules->count);
	module_image_end(&many);
}

/* Modules come and go while they are read: those that stay are there, once each. */
static struct module_image changing;

static void remove_second(struct linux_image *fake)
{
	linux_image_put(fake, link_of(&changing, 0), link_of(&changing, 2), 8);
	linux_image_put(fake, link_of(&changing, 2) + 8, link_of(&changing, 0), 8);
	/* list_del_rcu(), and what was there is something else. */
	linux_image_put(fake, link_of(&changing, 1), 0x100, 8);
	linux_image_put(fake, link_of(&changing, 1) + 8, UINT64_C(0xdead000000000122), 8);
}

static void test_changes(void **state)
{
	(void)state;
	module_image_begin(&changing, MODULE_LAYOUT_CORE);
	changing.fake.happens = remove_second;
	for (unsigned when = 1; when < 100; when++) {
		const struct sonde_linux_modules *modules;
		unsigned seen[MODULE_IMAGE_MODULES] = {0};

		linux_image_restore(&changing.fake);
		changing.fake.when = when;
		modules = find(&changing);
		for (size_t i = 0; i < modules->count; i++)
			for (unsigned k = 0; k < MODULE_IMAGE_MODULES; k++)
				seen[k] +=
					modules->list[i].address == changing.modules[k];
		for (unsigned k = 0; k < MODULE_IMAGE_MODULES; k++)
			assert_in_range(seen[k], k == 1 ? 0 : 1, 1);
	}
	module_image_end(&changing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_it_should_be),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_pointers_elsewhere),
		cmocka_unit_test(test_counts_that_lie),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ten_million),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
