/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that are inlined, and variables of functions, in the samples. */
#include "wire_check.h"

#include <stdio.h>

#include "dwarf_samples.h"
#include "dwarf_scope.h"
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

static const struct sonde_dwarf_scope *scope_at(
	struct dwarf_sample *sample, uint64_t address)
{
	const struct sonde_dwarf_scope *scope;

	check(sonde_dwarf_scope_at(sample->dwarf, address, &scope));
	assert_non_null(scope);
	return scope;
}

/* --- inlines --------------------------------------------------------------------------
 */

static void check_frame(const struct sonde_dwarf_scope *scope, size_t index,
	const char *function, const char *comment)
{
	const struct sonde_dwarf_frame *frame = &scope->frames[index];

	assert_true(index < scope->frame_count);
	assert_string_equal(frame->function, function);
	if (!comment)
		return;
	assert_int_equal(frame->line.line, dwarf_sample_line("dwarf_sample.c", comment));
	assert_non_null(strstr(frame->line.file, "tests/dwarf_sample.c"));
}

static void check_inlines(struct dwarf_sample *sample)
{
	static const char *const calls[] = {"outer first", "outer second"};
	struct sonde_dwarf_places places;
	unsigned seen = 0;

	check(sonde_dwarf_find_line(sample->dwarf, "dwarf_sample.c",
		dwarf_sample_line("dwarf_sample.c", "inner product"), &places));
	assert_int_equal(places.count, 2);
	for (size_t i = 0; i < places.count; i++) {
		const struct sonde_dwarf_scope *scope =
			scope_at(sample, places.addresses[i]);
		bool is_second = scope->frames[1].line.line ==
				 dwarf_sample_line("dwarf_sample.c", calls[1]);

		assert_int_equal(scope->frame_count, 3);
		check_frame(scope, 0, "sample_inner", NULL);
		check_frame(scope, 1, "sample_outer", calls[is_second]);
		check_frame(scope, 2, "sample_function", "function outer");
		seen |= 1U << is_second;
	}
	assert_int_equal(seen, 3);
	free(places.addresses);
}

static void check_function(struct dwarf_sample *sample)
{
	uint64_t address = dwarf_sample_address(sample, "sample_function");
	const struct sonde_dwarf_scope *scope = scope_at(sample, address);

	assert_int_equal(scope->frame_count, 1);
	check_frame(scope, 0, "sample_function", "function begin");
	check(sonde_dwarf_scope_at(sample->dwarf, 1, &scope));
	assert_null(scope);
}

static void test_inlines(void **state)
{
	(void)state;
	for_each_sample(check_inlines);
	for_each_sample(check_function);
}

/* --- variables ------------------------------------------------------------------------
 */

static const struct sonde_dwarf_variable *find(
	const struct sonde_dwarf_scope *scope, const char *name)
{
	for (size_t i = 0; i < scope->variable_count; i++)
		if (!strcmp(scope->variables[i].name, name))
			return &scope->variables[i];
	fail_msg("no variable is called %s", name);
	return NULL;
}

static void check_variable(const struct sonde_dwarf_scope *scope, const char *name,
	const char *type, bool is_parameter, const char *function)
{
	const struct sonde_dwarf_variable *variable = find(scope, name);
	char *text;

	check(sonde_type_name(variable->type, &text));
	assert_string_equal(text, type);
	free(text);
	assert_int_equal(variable->is_parameter, is_parameter);
	assert_string_equal(scope->frames[variable->frame].function, function);
}

static void check_variables(struct dwarf_sample *sample)
{
	const struct sonde_dwarf_scope *scope;
	struct sonde_dwarf_places places;

	check(sonde_dwarf_find_line(sample->dwarf, "dwarf_sample.c",
		dwarf_sample_line("dwarf_sample.c", "inner product"), &places));
	scope = scope_at(sample, places.addresses[0]);
	check_variable(scope, "factor", "int", true, "sample_inner");
	check_variable(scope, "product", "int", false, "sample_inner");
	check_variable(scope, "right", "int", true, "sample_outer");
	check_variable(scope, "sum", "int", false, "sample_outer");
	check_variable(scope, "second", "long", true, "sample_function");
	check_variable(scope, "on_stack", "struct sample", false, "sample_function");
	free(places.addresses);
}

static void test_variables(void **state)
{
	(void)state;
	/* clang drops others. */
	if (DWARF_SAMPLES_BY_CLANG)
		skip();
	for_each_sample(check_variables);
}

#ifdef __x86_64__
enum {
	STACK = 0x7000,
};

/* Register N holds N * 0x1000, so the stack pointer, 7, is STACK. */
static struct sonde_error *read_register(void *user, uint64_t number, uint64_t *ret)
{
	(void)user;
	*ret = number * 0x1000;
	return NULL;
}

static struct sonde_error *read_memory(
	void *user, uint64_t address, unsigned bytes, uint64_t *ret)
{
	(void)user;
	(void)bytes;
	(void)ret;
	return sonde_error_fault(address, "nobody should look");
}

static uint64_t move(void *user, uint64_t linked)
{
	(void)user;
	return linked;
}

static struct sonde_location locate(
	const struct sonde_dwarf_scope *scope, const char *name)
{
	const struct sonde_location_context context = {
		.read_register = read_register,
		.read_memory = read_memory,
		.move = move,
		.frame_base = &scope->frame_base,
		.frame = &scope->frame,
	};
	struct sonde_location location;

	check(sonde_location_evaluate(&find(scope, name)->location, &context, &location));
	return location;
}

/* Where the ABI has arguments at a function's first instruction: rdi, rsi, rdx are 5, 4
 * and 1 to DWARF. What is not optimized is said to lie where it will be put. */
static void check_places(struct dwarf_sample *sample)
{
	uint64_t address = dwarf_sample_address(sample, "sample_function");
	const struct sonde_dwarf_scope *scope = scope_at(sample, address);
	static const struct {
		const char *name;
		uint64_t value;
	} arguments[] = {{"first", 0x5000}, {"second", 0x4000}, {"text", 0x1000}};
	struct sonde_location location;

	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
		location = locate(scope, arguments[i].name);
		if (sample->is_optimized) {
			assert_int_equal(location.kind, SONDE_LOCATION_VALUE);
			assert_int_equal(location.value, arguments[i].value);
		} else {
			assert_int_equal(location.kind, SONDE_LOCATION_MEMORY);
			assert_in_range(location.address, STACK - 1024, STACK);
		}
	}
	location = locate(scope, "on_stack");
	assert_int_equal(location.kind, SONDE_LOCATION_MEMORY);
	assert_in_range(location.address, STACK - 1024, STACK);
	location = locate(scope, "total");
	assert_int_equal(location.kind,
		sample->is_optimized ? SONDE_LOCATION_NOWHERE : SONDE_LOCATION_MEMORY);
}

static void test_places(void **state)
{
	(void)state;
	/* And has others in registers. */
	if (DWARF_SAMPLES_BY_CLANG)
		skip();
	for_each_sample(check_places);
}
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inlines),
		cmocka_unit_test(test_variables),
#ifdef __x86_64__
		cmocka_unit_test(test_places),
#endif
	};

	return cmocka_run_group_tests_name("dwarf scope", tests, NULL, NULL);
}
