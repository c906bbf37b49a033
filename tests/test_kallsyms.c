/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's table of symbols in each of its layouts, and when something is wrong. */
#include "wire_check.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "kallsyms_image.h"
#include "macros.h"

enum {
	MANY = 1300,
};

static struct kallsyms_image image;

static struct sonde_kallsyms *open_image(enum kallsyms_layout layout, unsigned count)
{
	struct sonde_kallsyms_place place = kallsyms_image_place();
	struct sonde_kallsyms *kallsyms = NULL;

	kallsyms_image_init(&image, layout, count);
	check(sonde_kallsyms_create(&image.space, &place, &kallsyms));
	assert_int_equal(sonde_kallsyms_count(kallsyms), count);
	return kallsyms;
}

static struct sonde_error *open_again(struct sonde_kallsyms **ret)
{
	struct sonde_kallsyms_place place = kallsyms_image_place();

	*ret = NULL;
	return sonde_kallsyms_create(&image.space, &place, ret);
}

static void expect_symbol(
	const struct sonde_symbol *symbol, enum kallsyms_layout layout, unsigned index)
{
	char name[SONDE_SYMBOL_NAME_BYTES];

	kallsyms_image_name(&image, index, name);
	assert_string_equal(symbol->name, name + 1);
	assert_int_equal(symbol->kind, name[0]);
	assert_string_equal(symbol->module, "");
	assert_true(symbol->address == kallsyms_image_address(&image, layout, index));
}

static void look_up(
	struct sonde_kallsyms *kallsyms, enum kallsyms_layout layout, unsigned index)
{
	unsigned number = index == image.count - 1, first = index;
	char name[SONDE_SYMBOL_NAME_BYTES];
	struct sonde_symbol symbol;
	bool found;

	check(sonde_kallsyms_get(kallsyms, index, &symbol));
	expect_symbol(&symbol, layout, index);
	kallsyms_image_name(&image, index, name);
	check(sonde_kallsyms_find(kallsyms, name + 1, number, &symbol, &found));
	assert_true(found);
	expect_symbol(&symbol, layout, index);
	while (first && kallsyms_image_address(&image, layout, first - 1) ==
				kallsyms_image_address(&image, layout, index))
		first--;
	check(sonde_kallsyms_at(kallsyms, symbol.address, &symbol, &found));
	assert_true(found);
	expect_symbol(&symbol, layout, first);
}

static void test_each_layout(void **state)
{
	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		/* Also where the last block is full, and where it has one. */
		static const unsigned counts[] = {MANY, 768, 769, 1027};

		for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
			struct sonde_kallsyms *kallsyms = open_image(layout, counts[i]);

			for (unsigned k = 0; k < counts[i]; k++)
				look_up(kallsyms, layout, k);
			sonde_kallsyms_destroy(kallsyms);
		}
	}
}

static void test_sequences_are_used(void **state)
{
	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		struct sonde_kallsyms *kallsyms = open_image(layout, MANY);
		bool sorted = strstr(sonde_kallsyms_layout(kallsyms), ", sorted") != NULL;

		assert_int_equal(sorted, layout > LAYOUT_5_10_BASE);
		sonde_kallsyms_destroy(kallsyms);
	}
}

static void test_between_symbols(void **state)
{
	struct sonde_kallsyms *kallsyms = open_image(LAYOUT_6_1, MANY);
	struct sonde_symbol symbol;
	bool found;

	(void)state;
	check(sonde_kallsyms_at(kallsyms,
		KALLSYMS_IMAGE_BASE + 100 * KALLSYMS_IMAGE_STEP + 5, &symbol, &found));
	assert_true(found);
	expect_symbol(&symbol, LAYOUT_6_1, 100);
	assert_int_equal(symbol.bytes, KALLSYMS_IMAGE_STEP);
	/* Those at one address end where the next address begins. */
	check(sonde_kallsyms_get(kallsyms, 10, &symbol));
	assert_int_equal(symbol.bytes, 3 * KALLSYMS_IMAGE_STEP);
	/* Per-CPU symbols are at their own addresses alone. */
	check(sonde_kallsyms_at(kallsyms, 0x1000, &symbol, &found));
	assert_true(found);
	expect_symbol(&symbol, LAYOUT_6_1, 1);
	check(sonde_kallsyms_get(kallsyms, 2, &symbol));
	assert_int_equal(symbol.bytes, 0);
	check(sonde_kallsyms_at(kallsyms, 0x1001, &symbol, &found));
	assert_false(found);
	check(sonde_kallsyms_at(kallsyms, KALLSYMS_IMAGE_BASE - 1, &symbol, &found));
	assert_false(found);
	/* How long the last one is, nobody knows. */
	check(sonde_kallsyms_get(kallsyms, MANY - 1, &symbol));
	assert_int_equal(symbol.bytes, 0);
	check(sonde_kallsyms_at(kallsyms, symbol.address + 1, &symbol, &found));
	assert_false(found);
	check(sonde_kallsyms_at(kallsyms, UINT64_MAX, &symbol, &found));
	assert_false(found);
	sonde_kallsyms_destroy(kallsyms);
}

static void test_names_that_are_not_there(void **state)
{
	static const char *const names[] = {
		"", "symbol_", "symbol_0000x", "a", "zzz", "symbol_9999", "\377"};

	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		struct sonde_kallsyms *kallsyms = open_image(layout, MANY);
		struct sonde_symbol symbol;
		bool found;

		for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
			check(sonde_kallsyms_find(
				kallsyms, names[i], 0, &symbol, &found));
			assert_false(found);
		}
		check(sonde_kallsyms_find(kallsyms, "symbol_0100", 1, &symbol, &found));
		assert_false(found);
		check(sonde_kallsyms_find(
			kallsyms, "symbol_0100", UINT32_MAX, &symbol, &found));
		assert_false(found);
		check_fails(sonde_kallsyms_get(kallsyms, MANY, &symbol),
			SONDE_ERROR_NOT_FOUND);
		sonde_kallsyms_destroy(kallsyms);
	}
}

/* Wherever it is said to be: the same is found, and where it is is told. */
static void test_near(void **state)
{
	static const char *const names[] = {
		"", "symbol_0000", "symbol_0100", "symbol_0100x", "zzz"};

	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		struct sonde_kallsyms *kallsyms = open_image(layout, MANY);

		for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
			struct sonde_symbol right = {.address = 0}, symbol = right;
			uint32_t right_place = 0, place;
			bool is_there, found;

			check(sonde_kallsyms_find(
				kallsyms, names[i], 0, &right, &is_there));
			check(sonde_kallsyms_find_near(
				kallsyms, names[i], &right_place, &symbol, &found));
			assert_int_equal(found, is_there);
			for (uint32_t said = 1; said < MANY + 10; said++) {
				place = said;
				check(sonde_kallsyms_find_near(
					kallsyms, names[i], &place, &symbol, &found));
				assert_int_equal(found, is_there);
				assert_int_equal(place, right_place);
				assert_int_equal(symbol.address, right.address);
			}
			place = UINT32_MAX;
			check(sonde_kallsyms_find_near(
				kallsyms, names[i], &place, &symbol, &found));
			assert_int_equal(place, right_place);
		}
		sonde_kallsyms_destroy(kallsyms);
	}
}

/* Behind a serial line: the offsets are found by samples, and then little is read. */
static void test_samples(void **state)
{
	enum { COUNT = 9900 };

	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		struct sonde_kallsyms_place place = kallsyms_image_place();
		struct sonde_kallsyms *kallsyms;
		uint64_t searched;

		kallsyms_image_init(&image, layout, COUNT);
		check(sonde_kallsyms_create(&image.space, &place, &kallsyms));
		searched = image.bytes;
		sonde_kallsyms_destroy(kallsyms);
		image.bytes = image.reads = 0;
		place.slow = true;
		check(sonde_kallsyms_create(&image.space, &place, &kallsyms));
		assert_int_equal(sonde_kallsyms_count(kallsyms), COUNT);
		for (unsigned k = 0; k < COUNT; k += 97)
			look_up(kallsyms, layout, k);
		sonde_kallsyms_destroy(kallsyms);
		/* Other layouts are no worse, but for the samples. */
		image.bytes = image.reads = 0;
		check(sonde_kallsyms_create(&image.space, &place, &kallsyms));
		assert_true(image.bytes < searched + (64 << 10));
		sonde_kallsyms_destroy(kallsyms);
	}
}

/* A lookup reads little: what slow connections have to carry. */
static void test_lookups_are_cheap(void **state)
{
	struct sonde_kallsyms *kallsyms = open_image(LAYOUT_6_1, 4000);
	struct sonde_symbol symbol;
	uint32_t place = 0;
	uint64_t before;
	bool found;

	(void)state;
	before = image.bytes;
	check(sonde_kallsyms_find(kallsyms, "symbol_3000", 0, &symbol, &found));
	assert_true(found);
	assert_true(image.bytes - before < (uint64_t)16 * 5000);
	check(sonde_kallsyms_find_near(kallsyms, "symbol_3000", &place, &symbol, &found));
	before = image.reads;
	check(sonde_kallsyms_find_near(kallsyms, "symbol_3000", &place, &symbol, &found));
	assert_true(found);
	/* Two names, with a sequence and a block each, and the address. */
	assert_true(image.reads - before <= 8);
	before = image.reads;
	check(sonde_kallsyms_at(kallsyms, symbol.address + 1, &symbol, &found));
	assert_true(found);
	assert_true(image.reads - before < 40);
	sonde_kallsyms_destroy(kallsyms);
}

/* Where reads are round trips, few do: what was read of the offsets is not read again. */
static void test_slow_lookups_are_few_reads(void **state)
{
	struct sonde_kallsyms_place place = kallsyms_image_place();
	struct sonde_kallsyms *kallsyms;
	struct sonde_symbol symbol, other;
	uint64_t before;
	bool found;

	(void)state;
	kallsyms_image_init(&image, LAYOUT_6_1, 4000);
	place.slow = true;
	check(sonde_kallsyms_create(&image.space, &place, &kallsyms));
	check(sonde_kallsyms_find(kallsyms, "symbol_3000", 0, &symbol, &found));
	assert_true(found);
	before = image.reads;
	check(sonde_kallsyms_at(kallsyms, symbol.address, &other, &found));
	assert_true(found);
	assert_int_equal(other.address, symbol.address);
	/* Six steps to 64 of them, those, as often for the one before, and a name. */
	assert_in_range(image.reads - before, 1, 15);
	before = image.reads;
	check(sonde_kallsyms_at(kallsyms, symbol.address + 1, &other, &found));
	assert_true(found);
	assert_int_equal(image.reads, before);
	sonde_kallsyms_destroy(kallsyms);
}

/* --- when something is wrong ------------------------------------------------------- */

static void expect_no_tables(void)
{
	struct sonde_kallsyms *kallsyms;

	check_fails(open_again(&kallsyms), SONDE_ERROR_NOT_FOUND);
	assert_null(kallsyms);
}

static void test_wrong_tokens(void **state)
{
	(void)state;
	kallsyms_image_init(&image, LAYOUT_6_1, MANY);
	image.data[image.index + 7]++;
	expect_no_tables();
	kallsyms_image_init(&image, LAYOUT_6_1, MANY);
	image.data[image.tokens + 6] = 'x';
	expect_no_tables();
	kallsyms_image_init(&image, LAYOUT_6_1, MANY);
	memset(image.data + image.tokens, 0, 600);
	expect_no_tables();
}

static void test_wrong_markers_and_names(void **state)
{
	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		/* Of the second block. */
		kallsyms_image_init(&image, layout, MANY);
		image.data[image.markers + 4] += 3;
		expect_no_tables();
		/* The number of symbols, which is 8 or 4 bytes before the names. */
		kallsyms_image_init(&image, layout, MANY);
		image.data[image.names - (layout == LAYOUT_7_2 ? 4 : 8)] += 9;
		expect_no_tables();
		kallsyms_image_init(&image, layout, MANY);
		image.data[image.names] += 9;
		expect_no_tables();
	}
}

static void test_wrong_offsets(void **state)
{
	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		kallsyms_image_init(&image, layout, MANY);
		for (unsigned i = 0; i < MANY; i++)
			image.data[image.offsets + 4 * i + 3] ^= (uint8_t)(i * 37);
		expect_no_tables();
	}
}

/* Names are still found where their order makes no sense. */
static void test_wrong_sequences(void **state)
{
	(void)state;
	for (enum kallsyms_layout layout = LAYOUT_6_1; layout < LAYOUTS; layout++) {
		struct sonde_kallsyms *kallsyms;

		kallsyms_image_init(&image, layout, MANY);
		for (unsigned i = 0; i < MANY; i++)
			image.data[image.sequences + 3 * i + 1] ^= 1;
		check(open_again(&kallsyms));
		assert_non_null(strstr(sonde_kallsyms_layout(kallsyms), "unsorted"));
		for (unsigned i = 0; i < MANY; i++)
			look_up(kallsyms, layout, i);
		sonde_kallsyms_destroy(kallsyms);
		/* They lead beyond the end. */
		kallsyms_image_init(&image, layout, MANY);
		memset(image.data + image.sequences, 0xff, 3 * MANY);
		check(open_again(&kallsyms));
		look_up(kallsyms, layout, 5);
		sonde_kallsyms_destroy(kallsyms);
	}
}

/* A length that leads out of its block, changed after the tables were found. */
static void test_names_that_change(void **state)
{
	struct sonde_kallsyms *kallsyms = open_image(LAYOUT_6_1, MANY);
	struct sonde_symbol symbol;
	bool found;

	(void)state;
	image.data[image.names] = 0xff;
	image.data[image.names + 1] = 0xff;
	check_fails(sonde_kallsyms_get(kallsyms, 3, &symbol), SONDE_ERROR_BAD_DATA);
	check(sonde_kallsyms_get(kallsyms, 300, &symbol));
	/* What is longer than a name can be. */
	memset(image.data + image.names, 0x80, 250);
	image.data[image.names] = 0x78;
	check_fails(sonde_kallsyms_get(kallsyms, 0, &symbol), SONDE_ERROR_BAD_DATA);
	/* Memory that is gone. */
	image.length = image.names;
	check_fails(sonde_kallsyms_get(kallsyms, 600, &symbol), SONDE_ERROR_FAULT);
	check_fails(sonde_kallsyms_find(kallsyms, "symbol_0600", 0, &symbol, &found),
		SONDE_ERROR_FAULT);
	sonde_kallsyms_destroy(kallsyms);
}

/* An image that ends anywhere, as memory with holes does. */
static void test_cut_short(void **state)
{
	struct sonde_kallsyms *kallsyms;
	struct sonde_symbol symbol;

	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		kallsyms_image_init(&image, layout, MANY);
		for (size_t length = 0x4000; length < 0x4000 + 60000; length += 1011) {
			struct sonde_error *error;

			image.length = length;
			error = open_again(&kallsyms);
			if (error) {
				check_fails(error, SONDE_ERROR_NOT_FOUND);
				continue;
			}
			check(sonde_kallsyms_get(kallsyms, MANY - 1, &symbol));
			sonde_kallsyms_destroy(kallsyms);
		}
	}
}

/* Memory that nearly fits, again and again, ends the search, and does so in time. */
static void test_much_that_nearly_fits(void **state)
{
	(void)state;
	kallsyms_image_init(&image, LAYOUT_6_1, MANY);
	for (size_t i = 0; i + 8 <= image.tokens; i += 8) {
		memset(image.data + i, 0, 8);
		image.data[i + 5] = 3;
	}
	expect_no_tables();
	/* Digits, and nothing behind them. */
	memset(image.data, 0, sizeof(image.data));
	for (size_t i = 0; i + 20 <= sizeof(image.data); i += 20)
		memcpy(image.data + i, "0\0001\0002\0003\0004\0005\0006\0007\0008\0009",
			20);
	expect_no_tables();
}

/* Opens it with what may be known of places; the place where it was found is @p right. */
static uint64_t bytes_read_with(const struct sonde_kallsyms_place *place,
	const struct sonde_kallsyms_place *right, uint64_t count)
{
	const struct sonde_kallsyms_place *found;
	struct sonde_kallsyms *kallsyms = NULL;

	image.bytes = 0;
	check(sonde_kallsyms_create(&image.space, place, &kallsyms));
	found = sonde_kallsyms_place(kallsyms);
	assert_true(found->digits == right->digits);
	assert_true(found->markers == right->markers);
	assert_int_equal(sonde_kallsyms_count(kallsyms), count);
	sonde_kallsyms_destroy(kallsyms);
	return image.bytes;
}

static void test_known_places(void **state)
{
	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		struct sonde_kallsyms *kallsyms = open_image(layout, MANY);
		struct sonde_kallsyms_place known = *sonde_kallsyms_place(kallsyms);
		struct sonde_kallsyms_place none = kallsyms_image_place();

		sonde_kallsyms_destroy(kallsyms);
		assert_true(known.digits > KALLSYMS_IMAGE_BASE + image.tokens);
		assert_true(known.markers == KALLSYMS_IMAGE_BASE + image.markers);
		assert_true(bytes_read_with(&known, &known, MANY) + image.tokens / 2 <
			    bytes_read_with(&none, &known, MANY));
	}
}

static void test_wrong_places(void **state)
{
	(void)state;
	for (enum kallsyms_layout layout = 0; layout < LAYOUTS; layout++) {
		struct sonde_kallsyms *kallsyms = open_image(layout, MANY);
		struct sonde_kallsyms_place right = *sonde_kallsyms_place(kallsyms);
		const uint64_t wrong[] = {1, right.first - 4, right.first,
			right.digits + 4, right.markers + 4, right.markers - 4,
			right.markers + 1, right.last, right.last + 1, UINT64_MAX - 3,
			UINT64_MAX};

		sonde_kallsyms_destroy(kallsyms);
		for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
			struct sonde_kallsyms_place place = right;

			place.digits = wrong[i];
			bytes_read_with(&place, &right, MANY);
			place.markers = wrong[i];
			bytes_read_with(&place, &right, MANY);
			place.digits = right.digits;
			bytes_read_with(&place, &right, MANY);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_layout),
		cmocka_unit_test(test_sequences_are_used),
		cmocka_unit_test(test_between_symbols),
		cmocka_unit_test(test_names_that_are_not_there),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_lookups_are_cheap),
		cmocka_unit_test(test_slow_lookups_are_few_reads),
		cmocka_unit_test(test_wrong_tokens),
		cmocka_unit_test(test_wrong_markers_and_names),
		cmocka_unit_test(test_wrong_offsets),
		cmocka_unit_test(test_wrong_sequences),
		cmocka_unit_test(test_names_that_change),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_much_that_nearly_fits),
		cmocka_unit_test(test_known_places),
		cmocka_unit_test(test_wrong_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
