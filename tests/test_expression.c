/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions on constants, by tables, and on a fake target that is defined here:
 * one thread, a few registers, and 64 bytes of memory at 0x1000.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sonde/expression.h>

#include "scope.h"
#include "type_facet.h"

/* The fake target. */

enum {
	MEMORY_START = 0x1000,
	MEMORY_BYTES = 64,
};

struct sonde_target {
	unsigned address_bits;
};

struct sonde_thread {
	unsigned number;
};

struct sonde_space {
	uint8_t bytes[MEMORY_BYTES];
};

static struct sonde_target machine = {64}, small_machine = {32};
static struct sonde_thread current = {3};
/* Little-endian at 0x1000, a string at 0x1010, a pointer to it at 0x1020. */
static struct sonde_space memory = {
	{0xfe, 0xff, 0xff, 0xff, 0x01, 0x02, 0x03, 0x80, 0x88, 0x77, 0x66, 0x55, 0x44,
		0x33, 0x22, 0x11, 's', 's', 'h', 'd', 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0x10, 0x10, 0, 0, 0, 0, 0, 0},
};
static unsigned accesses;

static const struct {
	struct sonde_register reg;
	uint64_t value;
} registers[] = {
	{{"rip", "general", 64, 0}, 0xffffffff81000000},
	{{"rsp", "general", 64, 1}, 0x1008},
	{{"eflags", "general", 32, 2}, 0xffffffff},
	{{"cs", "system", 16, 3}, 0xfff0},
	{{"tiny", "system", 1, 4}, 1},
	{{"st0", "float", 80, 5}, 0},
	{{"unknown", "system", 64, 6}, 0},
	{{"broken", "system", 64, 7}, 0},
};

const struct sonde_register *sonde_thread_find_register(
	const struct sonde_thread *thread, const char *name)
{
	assert_ptr_equal(thread, &current);
	if (!strcmp(name, "pc"))
		name = "rip";
	if (!strcmp(name, "sp"))
		name = "rsp";
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		if (!strcmp(registers[i].reg.name, name))
			return &registers[i].reg;
	}
	return NULL;
}

struct sonde_error *sonde_thread_read_register(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret)
{
	assert_ptr_equal(thread, &current);
	accesses++;
	if (!strcmp(reg->name, "broken"))
		return sonde_error_create(SONDE_ERROR_PROTOCOL, "E01");
	memset(ret, 0, sizeof(*ret));
	ret->bits = reg->bits;
	ret->available = strcmp(reg->name, "unknown") != 0;
	for (unsigned i = 0; i < (reg->bits + 7) / 8 && i < 8; i++)
		ret->bytes[i] = (uint8_t)(registers[reg->index].value >> 8 * i);
	return NULL;
}

uint64_t sonde_register_value_integer(const struct sonde_register_value *value)
{
	uint64_t integer = 0;

	for (unsigned i = 0; i < 8 && i < (value->bits + 7) / 8; i++)
		integer |= (uint64_t)value->bytes[i] << 8 * i;
	return integer;
}

unsigned sonde_thread_number(const struct sonde_thread *thread)
{
	return thread->number;
}

unsigned sonde_target_address_bits(const struct sonde_target *target)
{
	return target->address_bits;
}

struct sonde_error *sonde_target_current_thread(
	struct sonde_target *target, struct sonde_thread **ret)
{
	assert_non_null(target);
	*ret = &current;
	return NULL;
}

struct sonde_error *sonde_target_virtual(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	assert_non_null(target);
	(void)thread;
	*ret = &memory;
	return NULL;
}

/* The machine level: it knows no names. What has types is in test_typed_expression.c. */
struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	(void)target;
	(void)ret;
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "no types");
}

struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	assert_non_null(target);
	*ret = NULL;
	return NULL;
}

/* Integers alone are read here. */
struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	(void)space;
	(void)address;
	(void)buffer;
	(void)length;
	fail();
	return NULL;
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	(void)space;
	(void)address;
	(void)data;
	(void)length;
	fail();
	return NULL;
}

struct sonde_error *sonde_space_read_integer(
	struct sonde_space *space, uint64_t address, unsigned bytes, uint64_t *ret)
{
	uint64_t integer = 0;

	accesses++;
	if (address < MEMORY_START || address > MEMORY_START + MEMORY_BYTES - bytes)
		return sonde_error_fault(address, NULL);
	for (unsigned i = 0; i < bytes; i++)
		integer |= (uint64_t)space->bytes[address - MEMORY_START + i] << 8 * i;
	*ret = integer;
	return NULL;
}

struct sonde_error *sonde_space_read_string(
	struct sonde_space *space, uint64_t address, size_t maximum, char **ret)
{
	const char *text;

	accesses++;
	if (address < MEMORY_START || address >= MEMORY_START + MEMORY_BYTES)
		return sonde_error_fault(address, NULL);
	text = (const char *)space->bytes + (address - MEMORY_START);
	if (strnlen(text, maximum) == maximum)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "no end");
	*ret = strdup(text);
	return NULL;
}

/* Helpers. */

static struct sonde_error *evaluate(
	const char *text, struct sonde_target *target, struct sonde_value *ret)
{
	struct sonde_expression *expression = NULL;
	struct sonde_error *error = sonde_expression_create(text, &expression);

	if (error) {
		assert_null(expression);
		return error;
	}
	error = sonde_expression_evaluate(
		expression, target, target ? &current : NULL, ret);
	sonde_expression_destroy(expression);
	return error;
}

struct value_case {
	const char *text;
	const char *type;
	uint64_t integer;
};

static void check_value(const struct value_case *test, struct sonde_target *target)
{
	struct sonde_value value = {0};
	struct sonde_error *error = evaluate(test->text, target, &value);
	char type[SONDE_TYPE_NAME_BYTES];

	if (error)
		fail_msg("%s: %s: %s", test->text, sonde_error_what(error),
			sonde_error_why(error));
	sonde_type_declare(value.type, "", type, sizeof(type));
	if (value.integer != test->integer || strcmp(type, test->type) != 0)
		fail_msg("%s: expected (%s)0x%llx, is (%s)0x%llx", test->text, test->type,
			(unsigned long long)test->integer, type,
			(unsigned long long)value.integer);
}

static void check_values(
	const struct value_case *tests, size_t count, struct sonde_target *target)
{
	for (size_t i = 0; i < count; i++)
		check_value(&tests[i], target);
}

struct error_case {
	const char *text;
	enum sonde_error_kind kind;
	/** Part of "WHAT: WHY". */
	const char *message;
};

static void check_error(const struct error_case *test, struct sonde_target *target)
{
	struct sonde_value value = {.integer = 4711};
	struct sonde_error *error = evaluate(test->text, target, &value);
	char message[512];

	if (!error)
		fail_msg("%s: no error, but 0x%llx", test->text,
			(unsigned long long)value.integer);
	snprintf(message, sizeof(message), "%s: %s", sonde_error_what(error),
		sonde_error_why(error));
	if (sonde_error_kind(error) != test->kind || !strstr(message, test->message))
		fail_msg("%s: expected %s, is %s: %s", test->text, test->message,
			sonde_error_kind_name(sonde_error_kind(error)), message);
	assert_int_equal(value.integer, 4711);
	sonde_error_destroy(error);
}

static void check_errors(
	const struct error_case *tests, size_t count, struct sonde_target *target)
{
	for (size_t i = 0; i < count; i++)
		check_error(&tests[i], target);
}

/* Constants. */

static void test_literals(void **state)
{
	static const struct value_case tests[] = {
		{"0", "int", 0},
		{"42", "int", 42},
		{" \t42\n", "int", 42},
		{"2147483647", "int", 2147483647},
		{"2147483648", "long", 2147483648},
		{"9223372036854775807", "long", INT64_MAX},
		{"9223372036854775808", "unsigned long", 9223372036854775808u},
		{"18446744073709551615", "unsigned long", UINT64_MAX},
		{"0x7fffffff", "int", 0x7fffffff},
		{"0x80000000", "unsigned int", 0x80000000},
		{"0XfFfFfFfF", "unsigned int", 0xffffffff},
		{"0x100000000", "long", 0x100000000},
		{"0xffffffffffffffff", "unsigned long", UINT64_MAX},
		{"0b101", "int", 5},
		{"0B11111111111111111111111111111111", "unsigned int", 0xffffffff},
		{"0777", "int", 0777},
		{"037777777777", "unsigned int", 0xffffffff},
		{"1u", "unsigned int", 1},
		{"1U", "unsigned int", 1},
		{"4294967296u", "unsigned long", 4294967296},
		{"1l", "long", 1},
		{"1ul", "unsigned long", 1},
		{"1LU", "unsigned long", 1},
		{"1ll", "long long", 1},
		{"1ULL", "unsigned long long", 1},
		{"1llu", "unsigned long long", 1},
		{"0xffffffffffffffffll", "unsigned long long", UINT64_MAX},
		{"0x1fL", "long", 0x1f},
		{"'a'", "int", 'a'},
		{"'\\n'", "int", '\n'},
		{"'\\0'", "int", 0},
		{"'\\''", "int", '\''},
		{"'\"'", "int", '"'},
		{"'\\\\'", "int", '\\'},
		{"'\\x41'", "int", 0x41},
		{"'\\101'", "int", 0101},
		{"'\\xff'", "int", UINT64_MAX},
		{"'\\t' + '\\e'", "int", '\t' + 27},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), NULL);
}

static void test_precedence(void **state)
{
	static const struct value_case tests[] = {
		{"2 + 3 * 4", "int", 14},
		{"(2 + 3) * 4", "int", 20},
		{"10 - 4 - 3", "int", 3},
		{"100 / 10 / 5", "int", 2},
		{"7 % 4 * 2", "int", 6},
		{"1 << 2 + 3", "int", 32},
		{"256 >> 4 >> 2", "int", 4},
		{"1 < 2 == 1", "int", 1},
		{"3 == 3 != 0", "int", 1},
		{"5 & 6 == 6", "int", 1},
		{"1 | 2 ^ 3 & 4", "int", 3},
		{"1 || 0 && 0", "int", 1},
		{"0 ? 1 : 0 ? 2 : 3", "int", 3},
		{"1 ? 0 ? 4 : 5 : 6", "int", 5},
		{"1 || 0 ? 2 : 3", "int", 2},
		{"-2 + 3", "int", 1},
		{"- -2", "int", 2},
		{"-+~!0", "int", 2},
		{"!1 + 1", "int", 1},
		{"~0 == -1", "int", 1},
		{"(char)1 + 2", "int", 3},
		{"-(u8)1", "int", UINT64_MAX},
		{"(u8)-1 >> 4", "int", 15},
		{"sizeof(int) * 2", "unsigned long", 8},
		{"sizeof (char)1 + 3", NULL, 0},
		{"1 ? 2, 3 : 4", NULL, 0},
		{"3-1", "int", 2},
		{"3 - -1", "int", 4},
		{"8&~1|3", "int", 11},
		{"1 > 2", "int", 0},
		{"2 > 1u", "int", 1},
		{"2 > 2", "int", 0},
		{"2 >= 2", "int", 1},
		{"1 >= 2", "int", 0},
		{"2 <= 2", "int", 1},
		{"3 <= 2", "int", 0},
		{"6 ^ 3", "int", 5},
		{"6 & 3", "int", 2},
		{"6 | 3", "int", 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		struct sonde_expression *expression;
		struct sonde_error *error;

		if (tests[i].type) {
			check_value(&tests[i], NULL);
			continue;
		}
		error = sonde_expression_create(tests[i].text, &expression);
		assert_non_null(error);
		sonde_error_destroy(error);
	}
}

static void test_conversions(void **state)
{
	static const struct value_case tests[] = {
		{"-1 < 0u", "int", 0},
		{"-1 < 0", "int", 1},
		{"-1l < 0u", "int", 1},
		{"-1 < 0ul", "int", 0},
		{"-1ll < 0ul", "int", 0},
		{"1 + 1u", "unsigned int", 2},
		{"1l + 1u", "long", 2},
		{"1l + 1ul", "unsigned long", 2},
		{"1ll + 1ul", "unsigned long long", 2},
		{"0 - 1u", "unsigned int", 0xffffffff},
		{"0xffffffff + 1", "unsigned int", 0},
		{"2147483647 + 1", "int", 0xffffffff80000000},
		{"9223372036854775807 + 1", "long", 0x8000000000000000},
		{"65536 * 65536", "int", 0},
		{"-5 / 2", "int", (uint64_t)-2},
		{"-5 % 2", "int", (uint64_t)-1},
		{"5 / -2", "int", (uint64_t)-2},
		{"-5 / 2u", "unsigned int", 0x7ffffffd},
		{"-1 >> 1", "int", UINT64_MAX},
		{"-1u >> 1", "unsigned int", 0x7fffffff},
		{"1 << 31", "int", 0xffffffff80000000},
		{"1l << 63", "long", 0x8000000000000000},
		{"1u << 31", "unsigned int", 0x80000000},
		{"1 << 1ull", "int", 2},
		{"(char)200", "char", (uint64_t)-56},
		{"(signed char)255", "signed char", UINT64_MAX},
		{"(unsigned char)-1", "unsigned char", 255},
		{"(short)0x18000", "short", 0xffffffffffff8000},
		{"(u16)0x18000", "unsigned short", 0x8000},
		{"(int)0x180000000", "int", 0xffffffff80000000},
		{"(unsigned)-1", "unsigned int", 0xffffffff},
		{"(uint32_t)-1", "unsigned int", 0xffffffff},
		{"(u64)-1", "unsigned long long", UINT64_MAX},
		{"(uint64_t)(int)-1", "unsigned long", UINT64_MAX},
		{"(unsigned long)(unsigned)-1", "unsigned long", 0xffffffff},
		{"(long long unsigned)1", "unsigned long long", 1},
		{"(long unsigned int long)1", "unsigned long long", 1},
		{"(const volatile short int signed)1", "short", 1},
		{"(_Bool)256", "_Bool", 1},
		{"(bool)0 + 1", "int", 1},
		{"(u8)1 + (u8)255", "int", 256},
		{"~(u8)0", "int", UINT64_MAX},
		{"(s8)0x80 == -128", "int", 1},
		{"1 ? (char)1 : (char)2", "int", 1},
		{"1 ? -1 : 0u", "unsigned int", 0xffffffff},
		{"0 ? -1 : 0ul", "unsigned long", 0},
		{"!0x100000000", "int", 0},
		{"0x100000000 && 1", "int", 1},
		{"0x100000000 ? 1 : 2", "int", 1},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), NULL);
}

static void test_never_undefined(void **state)
{
	static const struct value_case tests[] = {
		{"(-2147483647 - 1) / -1", "int", 0xffffffff80000000},
		{"(-2147483647 - 1) % -1", "int", 0},
		{"(-9223372036854775807 - 1) / -1", "long", 0x8000000000000000},
		{"(-9223372036854775807 - 1) % -1", "long", 0},
		{"-(-2147483647 - 1)", "int", 0xffffffff80000000},
		{"9223372036854775807 * 9223372036854775807", "long", 1},
		{"-1 << 4", "int", (uint64_t)-16},
	};
	static const struct error_case errors[] = {
		{"1 / 0", SONDE_ERROR_INVALID, "column 3: division by zero"},
		{"1 % (2 - 2)", SONDE_ERROR_INVALID, "column 3: division by zero"},
		{"1u / (u8)256", SONDE_ERROR_INVALID, "division by zero"},
		{"1 << 32", SONDE_ERROR_INVALID,
			"column 3: 32 bits cannot be shifted by 32"},
		{"1l << 64", SONDE_ERROR_INVALID, "64 bits cannot be shifted by 64"},
		{"1 >> -1", SONDE_ERROR_INVALID, "32 bits cannot be shifted by -1"},
		{"(u8)1 << 0xffffffffffffffff", SONDE_ERROR_INVALID,
			"32 bits cannot be shifted by 18446744073709551615"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), NULL);
	check_errors(errors, ARRAY_SIZE(errors), NULL);
}

/* What C does not execute fails for its types and names only. */
static void test_not_executed(void **state)
{
	static const struct value_case tests[] = {
		{"0 && 1 / 0", "int", 0},
		{"1 || 1 / 0", "int", 1},
		{"0 && *(int *)0", "int", 0},
		{"1 || $broken", "int", 1},
		{"1 ? 2 : 1 / 0", "int", 2},
		{"0 ? 1 << 99 : 2", "int", 2},
		{"0 ? $rip : 2", "unsigned long", 2},
		{"0 && (1 || 1 / 0) && 1 % 0", "int", 0},
		{"0 && \"a\" == (char *)0", "int", 0},
		{"sizeof (1 / 0)", "unsigned long", 4},
		{"sizeof *(short *)0", "unsigned long", 2},
		{"sizeof $eflags", "unsigned long", 4},
		{"sizeof (cpu ? 1 : 2l)", "unsigned long", 8},
		{"&*(int *)8", "int *", 8},
		{"&((int *)8)[2]", "int *", 16},
	};
	static const struct error_case errors[] = {
		{"0 && nothing", SONDE_ERROR_NOT_FOUND, "no symbol is called 'nothing'"},
		{"1 || *5", SONDE_ERROR_INVALID, "int is no pointer"},
		{"sizeof $nothing", SONDE_ERROR_NOT_FOUND, "no register"},
	};

	(void)state;
	accesses = 0;
	check_values(tests, ARRAY_SIZE(tests), &machine);
	check_errors(errors, ARRAY_SIZE(errors), &machine);
	assert_int_equal(accesses, 0);
}

static void test_pointers(void **state)
{
	static const struct value_case tests[] = {
		{"(int *)0x10", "int *", 0x10},
		{"(int *)0x10 + 1", "int *", 0x14},
		{"1 + (int *)0x10", "int *", 0x14},
		{"(int *)0x10 - 1", "int *", 0xc},
		{"(int *)0x10 + -1", "int *", 0xc},
		{"(char **)0x10 + 1", "char **", 0x18},
		{"(void *)0x10 + 1", "void *", 0x11},
		{"(u16 *)0x10 + 1", "unsigned short *", 0x12},
		{"(long *)0x20 - (long *)0x10", "long", 2},
		{"(long *)0x10 - (long *)0x20", "long", (uint64_t)-2},
		{"(long *)8 < (long *)-1", "int", 1},
		{"(char *)5 == 5", "int", 1},
		{"(char *)-1 == -1", "int", 1},
		{"!(char *)0", "int", 1},
		{"(char *)1 && (char *)2", "int", 1},
		{"1 ? (char *)1 : 0", "char *", 1},
		{"1 ? (char *)1 : (int *)0", "void *", 1},
		{"(unsigned long)(char *)-1", "unsigned long", UINT64_MAX},
		{"(u8)(char *)0x123", "unsigned char", 0x23},
		{"(char const * const *)1", "char **", 1},
		{"sizeof(char *)", "unsigned long", 8},
		{"sizeof(void)", "unsigned long", 1},
		{"sizeof \"abc\"", "unsigned long", 4},
		{"sizeof((char *)0)[0]", "unsigned long", 1},
		{"sizeof(u64)", "unsigned long", 8},
	};
	static const struct error_case errors[] = {
		{"(int *)1 + (int *)2", SONDE_ERROR_INVALID,
			"column 10: '+' cannot combine int * and int *"},
		{"(int *)1 - (char *)2", SONDE_ERROR_INVALID, "'-' cannot combine"},
		{"1 - (char *)2", SONDE_ERROR_INVALID,
			"'-' cannot combine int and char *"},
		{"(int *)1 * 2", SONDE_ERROR_INVALID, "'*' cannot combine int * and int"},
		{"(int *)1 << 2", SONDE_ERROR_INVALID, "'<<' cannot combine"},
		{"2 | (int *)1", SONDE_ERROR_INVALID, "'|' cannot combine"},
		{"-(int *)1", SONDE_ERROR_INVALID, "'-' cannot be applied to a pointer"},
		{"~(int *)1", SONDE_ERROR_INVALID, "'~' cannot be applied to a pointer"},
		{"((int *)1)[(char *)1]", SONDE_ERROR_INVALID, "'[' cannot combine"},
		{"*5", SONDE_ERROR_INVALID, "column 1: int is no pointer"},
		{"1[2]", SONDE_ERROR_INVALID, "column 2: int is no pointer"},
		{"*(void *)5", SONDE_ERROR_INVALID, "has no type"},
		{"&5", SONDE_ERROR_INVALID, "column 1: '&' needs"},
		{"&(int)5", SONDE_ERROR_INVALID, "'&' needs"},
		{"&\"a\"", SONDE_ERROR_INVALID, "'&' needs"},
		{"(void)5", SONDE_ERROR_INVALID, "void has no values"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), NULL);
	check_errors(errors, ARRAY_SIZE(errors), NULL);
}

static void test_syntax_errors(void **state)
{
	static const struct error_case tests[] = {
		{"", SONDE_ERROR_INVALID, "column 1: expected an operand, found the end"},
		{"1 +", SONDE_ERROR_INVALID,
			"column 4: expected an operand, found the end"},
		{"1 + )", SONDE_ERROR_INVALID,
			"column 5: expected an operand, found ')'"},
		{"(1", SONDE_ERROR_INVALID, "column 3: expected ')', found the end"},
		{"1 2", SONDE_ERROR_INVALID,
			"column 3: expected an operator or the end, found '2'"},
		{"1 \"a\"", SONDE_ERROR_INVALID, "found a string"},
		{"1 'a'", SONDE_ERROR_INVALID, "found a character"},
		{"1 ? 2", SONDE_ERROR_INVALID, "column 6: expected ':', found the end"},
		{"1[2", SONDE_ERROR_INVALID, "expected ']', found the end"},
		{"(int 5", SONDE_ERROR_INVALID, "column 6: expected ')', found '5'"},
		{"5 + int", SONDE_ERROR_INVALID, "expected an operand, found 'int'"},
		{"1 = 2", SONDE_ERROR_INVALID,
			"column 3: an expression cannot change anything"},
		{"cpu <<= 2", SONDE_ERROR_INVALID,
			"column 5: an expression cannot change"},
		{"cpu++", SONDE_ERROR_INVALID, "column 4: an expression cannot change"},
		{"--cpu", SONDE_ERROR_INVALID, "column 1: an expression cannot change"},
		{"f(1)", SONDE_ERROR_NOT_FOUND,
			"column 1: no function is called 'f' at the machine level"},
		{"task(431).comm", SONDE_ERROR_NOT_FOUND, "no function is called 'task'"},
		{"(f)(1)", SONDE_ERROR_NOT_FOUND, "no type is called 'f'"},
		{"f[0](1)", SONDE_ERROR_INVALID, "only what has a name can be called"},
		{"f(1, 2, 3, 4)", SONDE_ERROR_INVALID, "so many arguments"},
		{"f(1, )", SONDE_ERROR_INVALID, "expected an operand, found ')'"},
		{"f(1 2)", SONDE_ERROR_INVALID, "expected ',' or ')', found '2'"},
		{"1, 2", SONDE_ERROR_INVALID, "column 2: the comma operator"},
		{"init_task.comm", SONDE_ERROR_NOT_FOUND,
			"column 1: no symbol is called 'init_task'"},
		{"p->x", SONDE_ERROR_NOT_FOUND, "column 1: no symbol is called 'p'"},
		{"p->", SONDE_ERROR_INVALID, "expected the name of a member"},
		{"p.1", SONDE_ERROR_INVALID, "expected the name of a member, found '1'"},
		{"5 .x", SONDE_ERROR_INVALID, "int has no members"},
		{"5->x", SONDE_ERROR_INVALID, "column 4: int is no pointer"},
		{"((int *)1)->x", SONDE_ERROR_INVALID, "int has no members"},
		{"(pid_t)1", SONDE_ERROR_NOT_FOUND,
			"column 2: no type is called 'pid_t' at the machine level"},
		{"(pid_t *)1", SONDE_ERROR_NOT_FOUND, "no type is called 'pid_t'"},
		{"(struct task_struct *)1", SONDE_ERROR_NOT_FOUND,
			"column 2: no type is called 'struct task_struct' at the "
			"machine"},
		{"sizeof(union)", SONDE_ERROR_INVALID, "expected the name of a type"},
		{"(double)1", SONDE_ERROR_UNSUPPORTED, "floating point"},
		{"1.5", SONDE_ERROR_INVALID, "column 1: '1.5' is no integer"},
		{"12ab", SONDE_ERROR_INVALID, "'12ab' is no integer"},
		{"0x", SONDE_ERROR_INVALID, "'0x' is no integer"},
		{"0b", SONDE_ERROR_INVALID, "'0b' is no integer"},
		{"0b12", SONDE_ERROR_INVALID, "'0b12' is no integer"},
		{"09", SONDE_ERROR_INVALID, "'09' is no integer"},
		{"1lL", SONDE_ERROR_INVALID, "'1lL' is no integer"},
		{"1uu", SONDE_ERROR_INVALID, "'1uu' is no integer"},
		{"1lul", SONDE_ERROR_INVALID, "'1lul' is no integer"},
		{"18446744073709551616", SONDE_ERROR_INVALID, "does not fit"},
		{"0x10000000000000000", SONDE_ERROR_INVALID, "does not fit"},
		{"(unsigned signed)1", SONDE_ERROR_INVALID,
			"column 2: these words do not name a type"},
		{"(long long long)1", SONDE_ERROR_INVALID, "do not name a type"},
		{"(long long long long)1", SONDE_ERROR_INVALID, "do not name a type"},
		{"(u8 u8)1", SONDE_ERROR_INVALID, "do not name a type"},
		{"(unsigned u8)1", SONDE_ERROR_INVALID, "do not name a type"},
		{"(const)1", SONDE_ERROR_INVALID, "do not name a type"},
		{"(int *****************)1", SONDE_ERROR_INVALID, "too many pointers"},
		{"'ab'", SONDE_ERROR_INVALID, "column 1: a character constant is one"},
		{"''", SONDE_ERROR_INVALID, "a character constant is one byte"},
		{"'a", SONDE_ERROR_INVALID, "column 1: the character that begins"},
		{"1 == \"a\\\"", SONDE_ERROR_INVALID, "column 6: the string that begins"},
		{"'\\'", SONDE_ERROR_INVALID, "has no end"},
		{"\"a", SONDE_ERROR_INVALID, "column 1: the string that begins"},
		{"\"a\\0\"", SONDE_ERROR_INVALID,
			"column 3: a string cannot contain NUL"},
		{"\"a\\q\"", SONDE_ERROR_INVALID, "column 3: this backslash"},
		{"'\\x'", SONDE_ERROR_INVALID, "this backslash"},
		{"'\\400'", SONDE_ERROR_INVALID, "this backslash"},
		{"'\\x100'", SONDE_ERROR_INVALID, "this backslash"},
		{"1 @ 2", SONDE_ERROR_INVALID, "column 3: '@' has no meaning"},
		{"1;", SONDE_ERROR_INVALID, "column 2: ';' has no meaning"},
		{"1 \x01", SONDE_ERROR_INVALID, "column 3: byte 0x01 has no meaning"},
		{"'\xc3\xa4' + 1", SONDE_ERROR_INVALID, "a character constant is one"},
		{"\"\xc3\xa4\" @", SONDE_ERROR_INVALID, "column 5: '@'"},
		{"$", SONDE_ERROR_INVALID, "column 1: expected the name of a register"},
		{"1 + $ rax", SONDE_ERROR_INVALID,
			"column 5: expected the name of a reg"},
		{"\"a\"", SONDE_ERROR_INVALID, "a string can only be compared"},
		{"\"a\" + 1", SONDE_ERROR_INVALID, "a string can only be compared"},
		{"\"a\" < \"b\"", SONDE_ERROR_INVALID, "a string can only be compared"},
		{"\"a\" == \"a\"", SONDE_ERROR_INVALID, "compared with a char *"},
		{"1 ? \"a\" : \"b\"", SONDE_ERROR_INVALID, "can only be compared"},
		{"\"a\" == 5", SONDE_ERROR_INVALID, "compared with a char *"},
	};

	(void)state;
	check_errors(tests, ARRAY_SIZE(tests), NULL);
}

/* @p prefix @p count times, @p middle, @p suffix as often. */
static char *repeat(
	const char *prefix, const char *middle, const char *suffix, size_t count)
{
	size_t size = (strlen(prefix) + strlen(suffix)) * count + strlen(middle) + 1;
	char *text = malloc(size), *end = text;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, prefix);
	end = stpcpy(end, middle);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(end, suffix);
	return text;
}

static void test_limits(void **state)
{
	static const struct {
		const char *prefix, *middle, *suffix;
		size_t count;
		const char *message;
	} tests[] = {
		{"(", "1", ")", 199, NULL},
		{"(", "1", ")", 200, "column 201: the expression is nested too deep"},
		{"- ", "1", "", 199, NULL},
		{"- ", "1", "", 200, "nested too deep"},
		{"~", "1", "", 60000, "nested too deep"},
		{"(int)", "1", "", 10000, "nested too deep"},
		{"sizeof ", "1", "", 9000, "nested too deep"},
		{"1 ? 1 : ", "1", "", 8000, "nested too deep"},
		{"1 ? ", "1", " : 1", 8000, "nested too deep"},
		{"(", "", "", 60000, "nested too deep"},
		{"a[", "1", "]", 20000, "nested too deep"},
		{"", "1", " + 1", 999, NULL},
		{"", "1", " + 1", 1000, "too many operators"},
		{"", "1", " + 1", 16000, "too many operators"},
		{"", "1", "[1]", 16000, "too many operators"},
		{" ", "1", "", 65535, NULL},
		{" ", "1", "", 65536, "too long"},
		{" ", "1", "", 1000000, "too long"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		char *text = repeat(tests[i].prefix, tests[i].middle, tests[i].suffix,
			tests[i].count);
		struct error_case bad = {text, SONDE_ERROR_INVALID, tests[i].message};
		struct sonde_value value;

		if (tests[i].message)
			check_error(&bad, NULL);
		else
			assert_null(evaluate(text, NULL, &value));
		free(text);
	}
}

/* Strings within strings must not double the work with each level. */
static void test_strings_nest(void **state)
{
	char *text = repeat("0 && \"a\" == (char *)(", "(char *)0x1010", ")", 90);
	struct value_case test = {text, "int", 0};

	(void)state;
	check_value(&test, &machine);
	free(text);
}

/* The target. */

static void test_registers(void **state)
{
	static const struct value_case tests[] = {
		{"$rip", "unsigned long", 0xffffffff81000000},
		{"$pc", "unsigned long", 0xffffffff81000000},
		{"$sp + 8", "unsigned long", 0x1010},
		{"$eflags", "unsigned int", 0xffffffff},
		{"$eflags + 1", "unsigned int", 0},
		{"$cs", "unsigned short", 0xfff0},
		{"$cs + 0x10", "int", 0x10000},
		{"$tiny", "unsigned char", 1},
		{"(long)$pc < 0", "int", 1},
		{"cpu", "unsigned int", 3},
		{"cpu == 3 && $cs == 0xfff0", "int", 1},
	};
	static const struct error_case errors[] = {
		{"1 + $nothing", SONDE_ERROR_NOT_FOUND,
			"column 5: no register is called 'nothing'"},
		{"$st0", SONDE_ERROR_UNSUPPORTED, "register 'st0' has 80 bits"},
		{"$unknown", SONDE_ERROR_UNSUPPORTED, "does not tell"},
		{"$broken", SONDE_ERROR_PROTOCOL, "reading register 'broken': E01"},
		{"&$pc", SONDE_ERROR_INVALID, "'&' needs"},
		{"*$pc", SONDE_ERROR_INVALID, "unsigned long is no pointer"},
		{"&cpu", SONDE_ERROR_INVALID, "'&' needs"},
		{"foo", SONDE_ERROR_NOT_FOUND,
			"no symbol is called 'foo' at the machine level"},
		{"pid == 1", SONDE_ERROR_NOT_FOUND, "'pid' needs the kernel level"},
		{"comm == \"sshd\"", SONDE_ERROR_NOT_FOUND, "'comm' needs the kernel"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), &machine);
	check_errors(errors, ARRAY_SIZE(errors), &machine);
}

static void test_memory(void **state)
{
	static const struct value_case tests[] = {
		{"*(int *)0x1000", "int", (uint64_t)-2},
		{"*(unsigned *)0x1000", "unsigned int", 0xfffffffe},
		{"*(char *)0x1000", "char", (uint64_t)-2},
		{"*(u8 *)0x1000", "unsigned char", 0xfe},
		{"*(short *)0x1006", "short", 0xffffffffffff8003},
		{"*(u64 *)$rsp", "unsigned long long", 0x1122334455667788},
		{"*(unsigned long *)($rsp + 0)", "unsigned long", 0x1122334455667788},
		{"((u16 *)$rsp)[1]", "unsigned short", 0x5566},
		{"1[(u16 *)$rsp]", "unsigned short", 0x5566},
		{"((u16 *)$rsp)[-1]", "unsigned short", 0x8003},
		{"*(bool *)0x1000", "_Bool", 1},
		{"*(char **)0x1020", "char *", 0x1010},
		{"**(char **)0x1020", "char", 's'},
		{"(*(char **)0x1020)[3]", "char", 'd'},
		{"*(*(char **)0x1020 + 1) + 0", "int", 's'},
		{"&(*(char **)0x1020)[3]", "char *", 0x1013},
		{"&*&*(char *)0x1010", "char *", 0x1010},
		{"*(int *)0x1000 < 0", "int", 1},
		{"-*(int *)0x1000", "int", 2},
		{"!*(int *)0x1018", "int", 1},
		{"*(int *)0x1000 == -2 ? *(u8 *)0x1004 : 0", "int", 1},
		{"(char)*(int *)0x1008", "char", 0xffffffffffffff88},
	};
	static const struct error_case errors[] = {
		{"*(int *)0x10", SONDE_ERROR_FAULT, "reading *(int *)0x10: "},
		{"1 + *(u8 *)-1", SONDE_ERROR_FAULT,
			"evaluating '1 + *(u8 *)-1': reading *(unsigned char *)0xffff"},
		{"**(char ***)0x1018", SONDE_ERROR_FAULT, "reading *(char **)0x0"},
		{"((long *)0x1000)[100]", SONDE_ERROR_FAULT, "*(long *)0x1320"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), &machine);
	check_errors(errors, ARRAY_SIZE(errors), &machine);
}

static void test_strings(void **state)
{
	static const struct value_case tests[] = {
		{"(char *)0x1010 == \"sshd\"", "int", 1},
		{"\"sshd\" == (char *)0x1010", "int", 1},
		{"(char *)0x1010 != \"sshd\"", "int", 0},
		{"(char *)0x1010 == \"ssh\"", "int", 0},
		{"(char *)0x1010 != \"ssh\"", "int", 1},
		{"(char *)0x1010 == \"sshdaemon\"", "int", 0},
		{"(char *)0x1010 == \"\"", "int", 0},
		{"(u8 *)0x1014 == \"\"", "int", 1},
		{"(u8 *)0x1015 == \"\\xff\"", "int", 1},
		{"*(char **)0x1020 == \"\\163shd\"", "int", 1},
		{"&((char *)0x1000)[0x10] == \"sshd\" && 1", "int", 1},
	};
	static const struct error_case errors[] = {
		{"(char *)0 == \"sshd\"", SONDE_ERROR_FAULT, "at 0x0"},
		{"(int *)0x1010 == \"sshd\"", SONDE_ERROR_INVALID, "with a char *"},
		{"*(char *)0x1010 == \"sshd\"", SONDE_ERROR_INVALID, "with a char *"},
		{"(void *)0x1010 == \"sshd\"", SONDE_ERROR_INVALID, "with a char *"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), &machine);
	check_errors(errors, ARRAY_SIZE(errors), &machine);
}

static void test_narrow_addresses(void **state)
{
	static const struct value_case tests[] = {
		{"(char *)-1", "char *", 0xffffffff},
		{"(char *)0xffffffff + 2", "char *", 1},
		{"(char *)1 - (char *)-1", "long", 2},
		{"*(int *)0x7700001000", "int", (uint64_t)-2},
		{"*(int *)(-0xfffff000l)", "int", (uint64_t)-2},
		{"sizeof(char *)", "unsigned long", 4},
		{"sizeof *(char **)0", "unsigned long", 4},
		{"(int **)8 + 1", "int **", 12},
		{"**(char **)0x1020", "char", 's'},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests), &small_machine);
}

static void test_value(void **state)
{
	struct sonde_value value = {0};

	(void)state;
	assert_null(evaluate("((short *)0x1000)[3]", &machine, &value));
	assert_true(value.has_address);
	assert_int_equal(value.address, 0x1006);
	assert_int_equal(value.bytes, 2);
	assert_true(value.is_signed);

	assert_null(evaluate("(*(char **)0x1020)", &machine, &value));
	assert_true(value.has_address);
	assert_int_equal(value.address, 0x1020);
	assert_int_equal(value.bytes, 8);
	assert_false(value.is_signed);

	assert_null(evaluate("*(short *)0x1000 + 1", &machine, &value));
	assert_false(value.has_address);
	assert_null(evaluate("1 ? *(int *)0x1000 : 0", &machine, &value));
	assert_false(value.has_address);
	assert_null(evaluate("(char)*(int *)0x1000", &machine, &value));
	assert_false(value.has_address);

	assert_null(evaluate("(unsigned long long ****************)1", NULL, &value));
	char type[SONDE_TYPE_NAME_BYTES];
	sonde_type_declare(value.type, "", type, sizeof(type));
	assert_string_equal(type, "unsigned long long ****************");
}

static void test_without_target(void **state)
{
	static const struct error_case errors[] = {
		{"$pc", SONDE_ERROR_INVALID, "without a target there is no register"},
		{"cpu", SONDE_ERROR_INVALID, "without a target there is no CPU"},
		{"*(int *)4", SONDE_ERROR_INVALID, "without a target there is no memory"},
		{"(char *)4 == \"\"", SONDE_ERROR_INVALID, "there is no memory"},
		{"foo", SONDE_ERROR_NOT_FOUND, "no symbol is called 'foo'"},
		{"pid", SONDE_ERROR_NOT_FOUND, "'pid' needs the kernel level"},
	};

	(void)state;
	check_errors(errors, ARRAY_SIZE(errors), NULL);
	sonde_expression_destroy(NULL);
}

/* A NULL thread is the one that stopped last; one expression serves many times. */
static void test_reuse(void **state)
{
	struct sonde_expression *expression = NULL;
	struct sonde_value value;

	(void)state;
	assert_null(sonde_expression_create("cpu + $cs", &expression));
	for (unsigned i = 0; i < 3; i++) {
		current.number = i;
		assert_null(sonde_expression_evaluate(
			expression, &machine, i ? &current : NULL, &value));
		assert_int_equal(value.integer, 0xfff0 + i);
	}
	current.number = 3;
	sonde_expression_destroy(expression);
}

static void test_hints(void **state)
{
	static const struct {
		const char *text, *hint;
	} tests[] = {
		{"rsp", "the register is written $rsp"},
		{"foo", "the machine knows 'cpu'"},
		{"pid", "the machine knows 'cpu'"},
		{"$foo", "'regs' lists"},
		{"*$rsp", "*(unsigned long *)ADDRESS"},
		{"cpu = 1", "'==' compares"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		struct sonde_value value;
		struct sonde_error *error = evaluate(tests[i].text, &machine, &value);

		assert_non_null(error);
		assert_non_null(sonde_error_hint(error));
		assert_non_null(strstr(sonde_error_hint(error), tests[i].hint));
		sonde_error_destroy(error);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_never_undefined),
		cmocka_unit_test(test_not_executed),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_strings_nest),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_narrow_addresses),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_without_target),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
