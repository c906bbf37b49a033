/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines from DWARF: those that comments in the sample's source name. */
#include "wire_check.h"

#include <unistd.h>

#include "dwarf_lines.h"
#include "dwarf_samples.h"
#include "error.h"

typedef void sample_test(struct dwarf_sample *sample);

static void for_each_sample(sample_test *test)
{
	for (unsigned i = 0; i < DWARF_SAMPLES; i++) {
		struct dwarf_sample sample;

		dwarf_sample_open(i, &sample);
		print_message("# %s\n", sample.name);
		test(&sample);
		dwarf_sample_close(&sample);
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && !strcmp(text + length - wanted, end);
}

/* --- both ways ------------------------------------------------------------------------
 */

static void check_line(struct dwarf_sample *sample, const char *file, const char *comment,
	size_t count, bool has_code)
{
	unsigned line = dwarf_sample_line(file, comment);
	struct sonde_dwarf_places places;
	size_t agreed = 0;

	check(sonde_dwarf_find_line(sample->dwarf, file, line, &places));
	assert_int_equal(places.line.line, line);
	assert_true(ends_with(places.line.file, file));
	assert_int_equal(places.count, count);
	for (size_t i = 0; i < places.count; i++) {
		struct sonde_dwarf_line found;
		bool is_found;

		check(sonde_dwarf_line_at(
			sample->dwarf, places.addresses[i], &is_found, &found));
		assert_true(is_found);
		/* Of several lines that begin at one address the last has code. */
		agreed += found.line == line && !strcmp(found.file, places.line.file);
	}
	free(places.addresses);
	assert_true(agreed == count || sample->is_optimized);
	assert_true(agreed || !has_code);
}

static void check_lines(struct dwarf_sample *sample)
{
	check_line(sample, "dwarf_sample.c", "function outer", 1, false);
	check_line(sample, "dwarf_sample.c", "function call", 1, true);
	/* Inlined twice, one in the other. */
	check_line(sample, "dwarf_sample.c", "outer first", 1, false);
	check_line(sample, "dwarf_sample.c", "inner product", 2, true);
	check_line(sample, "dwarf_sample.c", "inner result", 2, false);
	/* Of a header, in both units. */
	check_line(sample, "dwarf_sample.h", "header result", 3, true);
}

static void test_lines(void **state)
{
	(void)state;
	/* clang has other rows where several lines share an address. */
	if (DWARF_SAMPLES_BY_CLANG)
		skip();
	for_each_sample(check_lines);
}

static void check_function(struct dwarf_sample *sample)
{
	uint64_t address = dwarf_sample_address(sample, "sample_function");
	unsigned line = dwarf_sample_line("dwarf_sample.c", "function begin");
	struct sonde_dwarf_line found;
	bool is_found;

	check(sonde_dwarf_line_at(sample->dwarf, address, &is_found, &found));
	assert_true(is_found);
	assert_true(ends_with(found.file, "tests/dwarf_sample.c"));
	assert_int_equal(found.line, line);
	/* Data, and nothing at all. */
	check(sonde_dwarf_line_at(sample->dwarf,
		dwarf_sample_address(sample, "sample_global"), &is_found, &found));
	assert_false(is_found);
	check(sonde_dwarf_line_at(sample->dwarf, UINT64_MAX, &is_found, &found));
	assert_false(is_found);
}

static void test_addresses(void **state)
{
	(void)state;
	for_each_sample(check_function);
}

/* clang writes no .debug_aranges: without it the units are asked. */
static void test_without_ranges(void **state)
{
	static const char name[] = ".debug_aranges";

	(void)state;
	for (unsigned i = 0; i < DWARF_SAMPLES; i++) {
		struct dwarf_sample sample;
		struct sonde_dwarf_line found;
		struct sonde_dwarf *dwarf;
		bool is_found;
		size_t length;
		char *bytes = dwarf_sample_read(i, &length), *place;
		int fd;

		place = memmem(bytes, length, name, sizeof(name));
		if (place)
			place[1] = 'x';
		fd = dwarf_sample_copy(bytes, length);
		check(sonde_dwarf_open(fd, true, &dwarf));
		close(fd);
		free(bytes);
		dwarf_sample_open(i, &sample);
		check(sonde_dwarf_line_at(dwarf,
			dwarf_sample_address(&sample, "sample_function"), &is_found,
			&found));
		assert_true(is_found);
		assert_int_equal(found.line,
			dwarf_sample_line("dwarf_sample.c", "function begin"));
		dwarf_sample_close(&sample);
		sonde_dwarf_destroy(dwarf);
	}
}

/* --- names ----------------------------------------------------------------------------
 */

static void check_names(struct dwarf_sample *sample)
{
	static const char *const good[] = {
		"dwarf_sample.c", "tests/dwarf_sample.c", "/tests/dwarf_sample.c"};
	static const char *const bad[] = {"sample.c", "other/dwarf_sample.c",
		"dwarf_sample", "", "dwarf_sample.c/"};
	unsigned line = dwarf_sample_line("dwarf_sample.c", "function call");
	struct sonde_dwarf_places places;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check(sonde_dwarf_find_line(sample->dwarf, good[i], line, &places));
		assert_int_equal(places.count, 1);
		free(places.addresses);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_says(sonde_dwarf_find_line(sample->dwarf, bad[i], line, &places),
			SONDE_ERROR_NOT_FOUND, bad[i]);
}

/* A line without code stands for the next one that has some. */
static void check_next(struct dwarf_sample *sample)
{
	struct sonde_dwarf_places places;

	check(sonde_dwarf_find_line(sample->dwarf, "dwarf_sample.c", 1, &places));
	assert_true(places.line.line > 1);
	assert_true(places.count > 0);
	free(places.addresses);
	check_says(
		sonde_dwarf_find_line(sample->dwarf, "dwarf_sample.c", 100000, &places),
		SONDE_ERROR_NOT_FOUND, "no code from line 100000 on");
}

static void test_names(void **state)
{
	(void)state;
	for_each_sample(check_names);
	for_each_sample(check_next);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_without_ranges),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("dwarf lines", tests, NULL, NULL);
}
