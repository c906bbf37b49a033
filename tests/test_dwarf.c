/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types from DWARF: the compiler that made the samples also says here how they are laid
 * out. Then samples that are broken, cut, or cut while they are looked at.
 */
#include "wire_check.h"

#include <elf.h>
#include <unistd.h>

#include "dwarf_lines.h"
#include "dwarf_sample.h"
#include "dwarf_samples.h"
#include "dwarf_scope.h"
#include "elf_builder.h"

/* libdw leaks what it has of a line table in which it finds a mistake. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libdw.so";
}

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

static struct sonde_type find(const struct dwarf_sample *sample, const char *name)
{
	struct sonde_type type;

	check(sonde_types_find(sonde_dwarf_types(sample->dwarf), name, &type));
	return type;
}

static void check_name(struct sonde_type type, const char *expected)
{
	char *name;

	check(sonde_type_name(type, &name));
	assert_string_equal(name, expected);
	free(name);
}

/* --- layouts -------------------------------------------------------------------------
 */

#define WHOLE(member)                                        \
	{                                                    \
#member, offsetof(struct sample, member),    \
			sizeof(((struct sample *)0)->member) \
	}

static void check_members(struct dwarf_sample *sample)
{
	static const struct {
		const char *name;
		size_t offset, bytes;
	} members[] = {
		WHOLE(number),
		WHOLE(name),
		WHOLE(matrix),
		WHOLE(whole),
		WHOLE(first),
		WHOLE(second),
		WHOLE(node),
		WHOLE(node.previous),
		WHOLE(opaque),
		WHOLE(handler),
		WHOLE(color),
		WHOLE(sample_sign),
		WHOLE(flag),
		WHOLE(real),
		WHOLE(words),
	};
	struct sonde_type type = find(sample, "struct sample");
	struct sonde_type_member member;
	uint64_t bytes;

	assert_int_equal(sonde_type_kind(type), SONDE_TYPE_STRUCT);
	check(sonde_type_bytes(type, &bytes));
	assert_int_equal(bytes, sizeof(struct sample));
	assert_int_equal(sonde_type_count(type), 16);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		check(sonde_type_find_member(type, members[i].name, &member));
		check(sonde_type_bytes(member.type, &bytes));
		assert_int_equal(member.bit_offset, 8 * members[i].offset);
		assert_int_equal(member.bit_size, 0);
		assert_int_equal(bytes, members[i].bytes);
	}
	check(sonde_type_find_member(
		find(sample, "struct sample_open"), "rest", &member));
	assert_int_equal(sonde_type_count(member.type), 0);
	assert_int_equal(member.bit_offset, 8 * offsetof(struct sample_open, rest));
	check_says(sonde_type_find_member(type, "nam", &member), SONDE_ERROR_NOT_FOUND,
		"nam");
}

/* By the bit that the compiler sets. */
static unsigned first_bit(const struct sample *sample)
{
	const uint8_t *bytes = (const uint8_t *)sample;

	for (unsigned i = 0; i < 8 * sizeof(*sample); i++)
		if (bytes[i / 8] >> i % 8 & 1)
			return i;
	return UINT32_MAX;
}

static void check_bit_fields(struct dwarf_sample *sample)
{
	const struct {
		const char *name;
		struct sample value;
		unsigned bits;
		bool is_signed;
	} fields[] = {
		{"low", {.low = 1}, 3, false},
		{"high", {.high = 1}, 5, false},
		{"sign", {.sign = 1}, 4, true},
		{"wide", {.wide = 1}, 40, false},
	};
	struct sonde_type type = find(sample, "struct sample");

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct sonde_type_member member;

		check(sonde_type_find_member(type, fields[i].name, &member));
		assert_int_equal(member.bit_size, fields[i].bits);
		assert_int_equal(member.bit_offset, first_bit(&fields[i].value));
		assert_int_equal(sonde_type_is_signed(member.type), fields[i].is_signed);
	}
}

static void check_names(struct dwarf_sample *sample)
{
	static const struct {
		const char *member, *type;
	} cases[] = {
		{"low", "unsigned int"},
		{"name", "char [16]"},
		{"matrix", "short [3][4][5]"},
		{"node.next", "struct sample_node *"},
		{"opaque", "struct sample_opaque *"},
		{"handler", "sample_handler *"},
		{"color", "enum sample_color"},
		{"flag", "bool"},
		{"real", "double"},
	};
	struct sonde_type type = find(sample, "struct sample"), resolved;
	struct sonde_type_member member;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check(sonde_type_find_member(type, cases[i].member, &member));
		if (i == 7)
			assert_int_equal(sonde_type_kind(member.type), SONDE_TYPE_BOOL);
		else
			check_name(member.type, cases[i].type);
	}
	check(sonde_type_find_member(type, "matrix", &member));
	check(sonde_type_target(member.type, &resolved));
	check(sonde_type_target(resolved, &resolved));
	check_name(resolved, "short [5]");
	check(sonde_type_resolve(find(sample, "sample_handler"), &resolved));
	assert_int_equal(sonde_type_kind(resolved), SONDE_TYPE_FUNCTION);
	assert_int_equal(sonde_type_count(resolved), 2);
	assert_true(sonde_type_is_variadic(resolved));
	check_name(resolved, "int (struct sample_opaque *, const char *, ...)");
	check_name(find(sample, "unsigned long"), "unsigned long");
}

static void check_enumerations(struct dwarf_sample *sample)
{
	static const struct {
		const char *name, *type;
		uint64_t value;
	} cases[] = {
		{"SAMPLE_RED", "enum sample_color", 0},
		{"SAMPLE_HIGH", "enum sample_color", 0xf0},
		{"SAMPLE_MINUS", "enum sample_sign", (uint64_t)-5},
		{"SAMPLE_PLUS", "enum sample_sign", 200},
	};
	const struct sonde_types *types = sonde_dwarf_types(sample->dwarf);
	struct sonde_type type;
	uint64_t value;
	bool found;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check(sonde_types_find_enumerator(
			types, cases[i].name, &found, &type, &value));
		assert_true(found);
		assert_int_equal(value, cases[i].value);
		check_name(type, cases[i].type);
	}
	check(sonde_types_find_enumerator(types, "SAMPLE_BLUE", &found, &type, &value));
	assert_false(found);
}

static void test_types(void **state)
{
	(void)state;
	for_each_sample(check_members);
	for_each_sample(check_bit_fields);
	for_each_sample(check_names);
	for_each_sample(check_enumerations);
}

/* --- several units -------------------------------------------------------------------
 */

/* One unit has but the name of the structure. */
static void check_completed(struct dwarf_sample *sample)
{
	struct sonde_type type = find(sample, "struct sample");
	struct sonde_type_member member;
	uint64_t bytes;

	check(sonde_type_find_member(type, "opaque", &member));
	check(sonde_type_target(member.type, &type));
	assert_int_equal(sonde_type_kind(type), SONDE_TYPE_INCOMPLETE);
	check(sonde_type_find_member(type, "back", &member));
	assert_int_equal(member.bit_offset, 8 * sizeof(long));
	check(sonde_type_bytes(type, &bytes));
	assert_int_equal(bytes, 2 * sizeof(long));
	/* Whoever is asked first. */
	sonde_dwarf_prefer(sample->dwarf, sonde_types_builtin(8));
	check(sonde_type_find_member(type, "secret", &member));
}

static void test_completed(void **state)
{
	(void)state;
	for_each_sample(check_completed);
}

static void check_variable(const struct dwarf_sample *sample, const char *name,
	uint64_t address, bool is_global, const char *expected)
{
	struct sonde_type type;
	bool found;

	check(sonde_dwarf_find_variable(
		sample->dwarf, name, address, is_global, &found, &type));
	assert_int_equal(found, expected != NULL);
	if (expected)
		check_name(type, expected);
}

static void check_variables(struct dwarf_sample *sample)
{
	const struct sonde_symbol_table *table = sample->file->symbols;
	uint32_t index;

	check_variable(sample, "sample_global",
		dwarf_sample_address(sample, "sample_global"), true, "struct sample");
	/* Without a bound where it is declared. */
	check_variable(sample, "sample_table",
		dwarf_sample_address(sample, "sample_table"), true, "int [6]");
	/* clang says nothing of what is only declared. */
	if (!DWARF_SAMPLES_BY_CLANG)
		check_variable(sample, "sample_ticks",
			dwarf_sample_address(sample, "sample_ticks"), true,
			"volatile unsigned long");
	/* Of two with one name, each by its address. */
	for (unsigned i = 0; i < 2; i++) {
		assert_true(sonde_symbol_table_find(table, "sample_static", i, &index));
		check_variable(sample, "sample_static",
			sonde_symbol_table_address(table, index), false, "int");
	}
	check_variable(sample, "sample_static", 0x10, false, NULL);
	check_variable(sample, "sample_static", 0x10, true, NULL);
	check_variable(sample, "sample_nothing",
		dwarf_sample_address(sample, "sample_global"), true, NULL);
}

static void test_variables(void **state)
{
	(void)state;
	for_each_sample(check_variables);
}

static void check_functions(struct dwarf_sample *sample)
{
	const struct sonde_types *types = sonde_dwarf_types(sample->dwarf);
	struct sonde_type_parameter parameter;
	struct sonde_type type;
	bool found;

	check(sonde_types_look_up(types, SONDE_TYPE_FUNCTIONS, "sample_function",
		strlen("sample_function"), &found, &type));
	assert_true(found);
	check_name(type, "int (int first, long second, const char *text)");
	check(sonde_type_parameter(type, 1, &parameter));
	assert_string_equal(parameter.name, "second");
	assert_int_equal(sonde_type_count(type), 3);
	check(sonde_types_look_up(
		types, SONDE_TYPE_FUNCTIONS, "sample_none", 11, &found, &type));
	assert_false(found);
}

static void test_functions(void **state)
{
	(void)state;
	for_each_sample(check_functions);
}

static void check_missing(struct dwarf_sample *sample)
{
	struct sonde_type type;
	struct sonde_error *error = sonde_types_find(
		sonde_dwarf_types(sample->dwarf), "struct sampel", &type);

	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_NOT_FOUND);
	assert_string_equal(sonde_error_hint(error), "did you mean 'struct sample'?");
	sonde_error_destroy(error);
}

static void test_missing(void **state)
{
	(void)state;
	for_each_sample(check_missing);
}

/* --- broken ones ----------------------------------------------------------------------
 */

/* Where code of the samples is. */
static void ask_places(struct sonde_dwarf *dwarf, uint64_t address)
{
	const struct sonde_dwarf_scope *scope;
	struct sonde_dwarf_places places;
	struct sonde_dwarf_line line;
	struct sonde_error *error;
	bool found;
	char *text;

	sonde_error_destroy(sonde_dwarf_line_at(dwarf, address, &found, &line));
	error = sonde_dwarf_find_line(dwarf, "dwarf_sample.h", 1, &places);
	if (!error)
		free(places.addresses);
	sonde_error_destroy(error);
	error = sonde_dwarf_scope_at(dwarf, address, &scope);
	for (size_t i = 0; !error && scope && i < scope->variable_count; i++) {
		error = sonde_type_name(scope->variables[i].type, &text);
		if (!error)
			free(text);
	}
	sonde_error_destroy(error);
}

/* Whatever it says: an error, or answers that can be shown. */
static void ask_all(struct sonde_dwarf *dwarf, uint64_t address)
{
	static const char *const names[] = {"struct sample", "struct sample_opaque",
		"sample_handler", "enum sample_sign", "struct sample_nothing"};
	const struct sonde_types *types = sonde_dwarf_types(dwarf);
	struct sonde_type type;
	uint64_t value;
	bool found;
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct sonde_error *error = sonde_types_find(types, names[i], &type);

		if (!error)
			error = sonde_type_format(type, 3, &text);
		if (!error)
			free(text);
		sonde_error_destroy(error);
	}
	sonde_error_destroy(
		sonde_types_find_enumerator(types, "SAMPLE_PLUS", &found, &type, &value));
	sonde_error_destroy(
		sonde_dwarf_find_variable(dwarf, "sample_table", 1, true, &found, &type));
	for (unsigned k = 0; k < 64; k += 16)
		ask_places(dwarf, address + k);
}

static void try_bytes(const char *bytes, size_t length, uint64_t address, bool mapped)
{
	struct sonde_dwarf *dwarf;
	int fd = dwarf_sample_copy(bytes, length);
	struct sonde_error *error = sonde_dwarf_open(fd, mapped, &dwarf);

	close(fd);
	if (error) {
		assert_true(*sonde_error_why(error));
		sonde_error_destroy(error);
		return;
	}
	ask_all(dwarf, address);
	sonde_dwarf_destroy(dwarf);
}

/* A generator of its own, so that each run breaks the same bytes. */
static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
	*seed = *seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)*seed * limit >> 32);
}

static uint64_t function_of(unsigned index)
{
	struct dwarf_sample sample;
	uint64_t address;

	dwarf_sample_open(index, &sample);
	address = dwarf_sample_address(&sample, "sample_function");
	dwarf_sample_close(&sample);
	return address;
}

static void test_broken(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < DWARF_SAMPLES; i++) {
		uint64_t address = function_of(i);
		size_t length;
		char *bytes = dwarf_sample_read(i, &length);

		for (unsigned k = 0; k < 400; k++) {
			char *copy = malloc(length);

			assert_non_null(copy);
			memcpy(copy, bytes, length);
			/* The headers stay: they are libelf's tests. */
			for (unsigned n = 0; n < 1 + k % 8; n++)
				copy[64 + random_below(&seed, (uint32_t)length - 64)] =
					(char)random_below(&seed, 256);
			try_bytes(copy, length, address, k % 2);
			free(copy);
		}
		for (size_t cut = 0; cut < length; cut += length / 100)
			try_bytes(bytes, cut, address, true);
		free(bytes);
	}
}

static void test_cut_meanwhile(void **state)
{
	struct sonde_dwarf *dwarf;
	struct sonde_type type;
	size_t length;
	char *bytes = dwarf_sample_read(1, &length);
	int fd = dwarf_sample_copy(bytes, length);

	(void)state;
	free(bytes);
	check(sonde_dwarf_open(fd, true, &dwarf));
	assert_int_equal(ftruncate(fd, 0), 0);
	check_says(sonde_types_find(sonde_dwarf_types(dwarf), "struct sample", &type),
		SONDE_ERROR_BAD_DATA, "shorter");
	check_says(sonde_types_find(sonde_dwarf_types(dwarf), "struct sample", &type),
		SONDE_ERROR_BAD_DATA, "shorter");
	close(fd);
	sonde_dwarf_destroy(dwarf);
}

static void test_none(void **state)
{
	static uint8_t bytes[ELF_BUILDER_MAX];
	struct elf_builder builder = {.machine = EM_X86_64};
	size_t length = elf_build(&builder, bytes);
	struct sonde_dwarf *dwarf;
	int fd = dwarf_sample_copy((char *)bytes, length);

	(void)state;
	check_says(sonde_dwarf_open(fd, true, &dwarf), SONDE_ERROR_NOT_FOUND, "no DWARF");
	close(fd);
	fd = dwarf_sample_copy("hello", 5);
	check_says(sonde_dwarf_open(fd, true, &dwarf), SONDE_ERROR_BAD_DATA, "no ELF");
	close(fd);
	fd = dwarf_sample_copy("", 0);
	check_says(sonde_dwarf_open(fd, true, &dwarf), SONDE_ERROR_BAD_DATA, "empty");
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		/* First, since cmocka takes SIGBUS for itself with each test. */
		cmocka_unit_test(test_cut_meanwhile),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_completed),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("dwarf", tests, NULL, NULL);
}
