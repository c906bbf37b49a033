/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Location expressions: what they come to, and those that make no sense. */
#include "wire_check.h"

#include <dwarf.h>

#include "location.h"

enum {
	PROGRAM_MAX = 12,
};

/* Register N holds N * 0x1000; memory at A holds A + 1, cut to what is read. */
static struct sonde_error *read_register(void *user, uint64_t number, uint64_t *ret)
{
	(void)user;
	if (number > 31)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "no such register");
	*ret = number * 0x1000;
	return NULL;
}

static struct sonde_error *read_memory(
	void *user, uint64_t address, unsigned bytes, uint64_t *ret)
{
	(void)user;
	assert_in_range(bytes, 1, 8);
	if (address == 0xbad)
		return sonde_error_fault(address, "nothing there");
	*ret = (address + 1) & (UINT64_MAX >> (64 - 8 * bytes));
	return NULL;
}

static uint64_t move(void *user, uint64_t linked)
{
	(void)user;
	return linked + 0x10000000;
}

static size_t length_of(const struct sonde_location_operation *program)
{
	size_t count = 0;

	while (count < PROGRAM_MAX && program[count].code)
		count++;
	return count;
}

static struct sonde_error *evaluate(
	const struct sonde_location_operation *program, struct sonde_location *ret)
{
	static struct sonde_location_operation base[] = {{DW_OP_call_frame_cfa}},
					       frame[] = {{DW_OP_breg7, 8}};
	static const struct sonde_location_expression frame_base = {base, 1},
						      cfa = {frame, 1};
	struct sonde_location_operation copy[PROGRAM_MAX];
	struct sonde_location_expression expression = {copy, length_of(program)};
	const struct sonde_location_context context = {
		.read_register = read_register,
		.read_memory = read_memory,
		.move = move,
		.frame_base = &frame_base,
		.frame = &cfa,
	};

	memcpy(copy, program, sizeof(copy));
	return sonde_location_evaluate(&expression, &context, ret);
}

#define NUMBER(n)                           \
	{                                   \
		DW_OP_constu, (uint64_t)(n) \
	}
#define RESULT                    \
	{                         \
		DW_OP_stack_value \
	}

static void test_values(void **state)
{
	static const struct {
		struct sonde_location_operation program[PROGRAM_MAX];
		uint64_t value;
	} cases[] = {
		{{{DW_OP_reg5}}, 0x5000},
		{{{DW_OP_regx, 17}}, 0x11000},
		{{{DW_OP_lit31}, RESULT}, 31},
		{{{DW_OP_breg3, (uint64_t)-8}, RESULT}, 0x2ff8},
		{{{DW_OP_bregx, 4, 2}, RESULT}, 0x4002},
		{{{DW_OP_addr, 0x40}, RESULT}, 0x10000040},
		{{{DW_OP_fbreg, (uint64_t)-16}, RESULT}, 0x7000 + 8 - 16},
		{{{DW_OP_fbreg, 8}, {DW_OP_deref, .type_bytes = 8}, RESULT}, 0x7011},
		{{NUMBER(0x1ff), {DW_OP_deref_size, 1}, RESULT}, 0},
		{{NUMBER(0x17f),
			 {DW_OP_deref_type, 1, .type_bytes = 1, .type_is_signed = true},
			 RESULT},
			(uint64_t)-128},
		{{NUMBER(0x1ff), {DW_OP_convert, .type_bytes = 1, .type_is_signed = true},
			 RESULT},
			(uint64_t)-1},
		{{NUMBER(0x1ff), {DW_OP_convert, .type_bytes = 1}, RESULT}, 0xff},
		{{NUMBER(0x1ff), {DW_OP_convert}, RESULT}, 0x1ff},
		{{{DW_OP_regval_type, 9, .type_bytes = 1}, RESULT}, 0},
		{{NUMBER(7), NUMBER(3), {DW_OP_minus}, RESULT}, 4},
		{{NUMBER(-7), NUMBER(2), {DW_OP_div}, RESULT}, (uint64_t)-3},
		{{NUMBER(INT64_MIN), NUMBER(-1), {DW_OP_div}, RESULT},
			(uint64_t)INT64_MIN},
		{{NUMBER(7), NUMBER(4), {DW_OP_mod}, RESULT}, 3},
		{{NUMBER(7), NUMBER(4), {DW_OP_mul}, RESULT}, 28},
		{{NUMBER(6), NUMBER(3), {DW_OP_and}, RESULT}, 2},
		{{NUMBER(6), NUMBER(3), {DW_OP_or}, RESULT}, 7},
		{{NUMBER(6), NUMBER(3), {DW_OP_xor}, RESULT}, 5},
		{{NUMBER(1), NUMBER(63), {DW_OP_shl}, RESULT}, UINT64_C(1) << 63},
		{{NUMBER(1), NUMBER(64), {DW_OP_shl}, RESULT}, 0},
		{{NUMBER(-4), NUMBER(1), {DW_OP_shra}, RESULT}, (uint64_t)-2},
		{{NUMBER(-4), NUMBER(99), {DW_OP_shra}, RESULT}, (uint64_t)-1},
		{{NUMBER(-4), NUMBER(60), {DW_OP_shr}, RESULT}, 15},
		{{NUMBER(-4), {DW_OP_abs}, RESULT}, 4},
		{{NUMBER(4), {DW_OP_neg}, RESULT}, (uint64_t)-4},
		{{NUMBER(4), {DW_OP_not}, RESULT}, (uint64_t)-5},
		{{NUMBER(4), {DW_OP_plus_uconst, 5}, RESULT}, 9},
		{{NUMBER(-1), NUMBER(1), {DW_OP_lt}, RESULT}, 1},
		{{NUMBER(-1), NUMBER(1), {DW_OP_ge}, RESULT}, 0},
		{{NUMBER(1), NUMBER(1), {DW_OP_eq}, RESULT}, 1},
		{{NUMBER(1), NUMBER(1), {DW_OP_ne}, RESULT}, 0},
		{{NUMBER(1), NUMBER(1), {DW_OP_le}, RESULT}, 1},
		{{NUMBER(1), NUMBER(1), {DW_OP_gt}, RESULT}, 0},
		{{NUMBER(1), NUMBER(2), {DW_OP_swap}, {DW_OP_minus}, RESULT}, 1},
		{{NUMBER(1), NUMBER(2), {DW_OP_over}, {DW_OP_plus}, RESULT}, 3},
		{{NUMBER(1), NUMBER(2), {DW_OP_drop}, RESULT}, 1},
		{{NUMBER(3), {DW_OP_dup}, {DW_OP_mul}, RESULT}, 9},
		{{NUMBER(1), NUMBER(2), NUMBER(3), {DW_OP_pick, 2}, RESULT}, 1},
		{{NUMBER(1), NUMBER(2), NUMBER(3), {DW_OP_rot}, {DW_OP_drop}, RESULT}, 1},
		{{{DW_OP_implicit_value, 2, 0xabcd}}, 0xabcd},
		/* Over the 5 bytes at 10, to what has the number 9. */
		{{NUMBER(1), {DW_OP_bra, 5, .offset = 4}, {DW_OP_const4u, 8, .offset = 7},
			 {DW_OP_lit9, .offset = 12}, RESULT},
			9},
		{{{DW_OP_skip, 5}, {DW_OP_const4u, 8, .offset = 3},
			 {DW_OP_lit9, .offset = 8}, RESULT},
			9},
		{{{DW_OP_reg1}, {DW_OP_piece, 2}, {DW_OP_reg2}, {DW_OP_piece, 2}},
			0x20001000},
		{{NUMBER(0x20), {DW_OP_piece, 4}, {DW_OP_reg2}, {DW_OP_piece, 4}},
			UINT64_C(0x200000000021)},
	};
	struct sonde_location location;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check(evaluate(cases[i].program, &location));
		assert_int_equal(location.kind, SONDE_LOCATION_VALUE);
		if (location.value != cases[i].value)
			print_message("# case %zu\n", i);
		assert_int_equal(location.value, cases[i].value);
	}
}

static void test_places(void **state)
{
	static const struct sonde_location_operation
		in_frame[PROGRAM_MAX] = {{DW_OP_fbreg, 0x20}},
		fixed[PROGRAM_MAX] = {{DW_OP_addr, 0x30}}, nothing[PROGRAM_MAX] = {{0}},
		hole[PROGRAM_MAX] = {{DW_OP_piece, 4}, {DW_OP_reg0}, {DW_OP_piece, 4}};
	struct sonde_location location;

	(void)state;
	check(evaluate(in_frame, &location));
	assert_int_equal(location.kind, SONDE_LOCATION_MEMORY);
	assert_int_equal(location.address, 0x7028);
	check(evaluate(fixed, &location));
	assert_int_equal(location.kind, SONDE_LOCATION_MEMORY);
	assert_int_equal(location.address, 0x10000030);
	check(evaluate(nothing, &location));
	assert_int_equal(location.kind, SONDE_LOCATION_NOWHERE);
	check(evaluate(hole, &location));
	assert_int_equal(location.kind, SONDE_LOCATION_NOWHERE);
}

static void test_refused(void **state)
{
	static const struct {
		struct sonde_location_operation program[PROGRAM_MAX];
		enum sonde_error_kind kind;
		const char *says;
	} cases[] = {
		{{{DW_OP_plus}}, SONDE_ERROR_BAD_DATA, "empty"},
		{{{DW_OP_stack_value}}, SONDE_ERROR_BAD_DATA, "empty"},
		{{NUMBER(1), {DW_OP_pick, 1}}, SONDE_ERROR_BAD_DATA, "deep"},
		{{NUMBER(1), NUMBER(0), {DW_OP_div}}, SONDE_ERROR_BAD_DATA, "by 0"},
		{{NUMBER(1), NUMBER(0), {DW_OP_mod}}, SONDE_ERROR_BAD_DATA, "by 0"},
		{{{DW_OP_skip, (uint64_t)-3}}, SONDE_ERROR_BAD_DATA, "not end"},
		{{{DW_OP_skip, 100}}, SONDE_ERROR_BAD_DATA, "nowhere"},
		{{{DW_OP_lit0}, {DW_OP_skip, (uint64_t)-4, .offset = 1}},
			SONDE_ERROR_BAD_DATA, "full"},
		{{NUMBER(1), {DW_OP_deref_size, 9}}, SONDE_ERROR_BAD_DATA, "size"},
		{{NUMBER(0xbad), {DW_OP_deref_size, 4}}, SONDE_ERROR_FAULT, "nothing"},
		{{{DW_OP_regx, 77}}, SONDE_ERROR_UNSUPPORTED, "register"},
		{{{DW_OP_entry_value}}, SONDE_ERROR_UNSUPPORTED, "caller"},
		{{{DW_OP_implicit_pointer}}, SONDE_ERROR_UNSUPPORTED, "optimized"},
		{{{DW_OP_implicit_value, 16}}, SONDE_ERROR_UNSUPPORTED, "8 bytes"},
		{{{DW_OP_reg0}, {DW_OP_piece, 8}, {DW_OP_reg1}, {DW_OP_piece, 8}},
			SONDE_ERROR_UNSUPPORTED, "several"},
		{{NUMBER(1), {DW_OP_convert, .type_bytes = 16}}, SONDE_ERROR_UNSUPPORTED,
			"64 bits"},
		{{{DW_OP_form_tls_address}}, SONDE_ERROR_UNSUPPORTED, "thread"},
		{{{0xe8}}, SONDE_ERROR_UNSUPPORTED, "0xe8"},
	};
	struct sonde_location location;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_says(evaluate(cases[i].program, &location), cases[i].kind,
			cases[i].says);
}

/* A frame base that counts from itself. */
static void test_endless_frames(void **state)
{
	struct sonde_location_operation self[] = {{DW_OP_fbreg, 1}},
					cfa[] = {{DW_OP_call_frame_cfa}};
	const struct sonde_location_expression base = {self, 1}, frame = {cfa, 1},
					       none = {NULL, 0};
	struct sonde_location_context context = {
		.read_register = read_register,
		.read_memory = read_memory,
		.move = move,
		.frame_base = &base,
		.frame = &frame,
	};
	struct sonde_location location;

	(void)state;
	check_says(sonde_location_evaluate(&base, &context, &location),
		SONDE_ERROR_BAD_DATA, "itself");
	check_says(sonde_location_evaluate(&frame, &context, &location),
		SONDE_ERROR_BAD_DATA, "itself");
	context.frame_base = NULL;
	context.frame = &none;
	check_says(sonde_location_evaluate(&base, &context, &location),
		SONDE_ERROR_UNSUPPORTED, "not known");
	check_says(sonde_location_evaluate(&frame, &context, &location),
		SONDE_ERROR_UNSUPPORTED, ".debug_frame");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_endless_frames),
	};

	return cmocka_run_group_tests_name("location", tests, NULL, NULL);
}
