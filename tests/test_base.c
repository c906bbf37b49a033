/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* src/base: buffers, hexadecimal, errors, the log. */
#include "wire_check.h"

#include <errno.h>
#include <stdio.h>

#include "buffer.h"
#include "clock.h"
#include "hex.h"
#include "log.h"

/* --- buffers -------------------------------------------------------------------- */

static void test_buffer_grows(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer buffer = {0};

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		uint8_t byte = (uint8_t)i;

		check(sonde_buffer_append(&buffer, &byte, 1));
	}
	assert_int_equal(buffer.length, 5000);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(buffer.data[i], (uint8_t)i);
}

static void test_buffer_takes_nothing(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer buffer = {0};

	(void)state;
	check(sonde_buffer_append(&buffer, NULL, 0));
	assert_int_equal(buffer.length, 0);
}

static void test_buffer_reserve_keeps_length(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer buffer = {0};

	(void)state;
	check(sonde_buffer_append(&buffer, "ab", 2));
	check(sonde_buffer_reserve(&buffer, 100000));
	assert_int_equal(buffer.length, 2);
	assert_true(buffer.capacity >= 100002);
	assert_memory_equal(buffer.data, "ab", 2);
}

static void test_buffer_refuses_the_impossible(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer buffer = {0};

	(void)state;
	check(sonde_buffer_append(&buffer, "ab", 2));
	check_fails(sonde_buffer_reserve(&buffer, SIZE_MAX), SONDE_ERROR_NO_MEMORY);
	assert_memory_equal(buffer.data, "ab", 2);
}

static void test_buffer_formats(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer buffer = {0};

	(void)state;
	check(sonde_buffer_append_format(&buffer, "%s:%x", "Hg", 31));
	assert_int_equal(buffer.length, 5);
	assert_string_equal((const char *)buffer.data, "Hg:1f");
	check(sonde_buffer_append_format(&buffer, "%0600d", 7));
	assert_int_equal(buffer.length, 605);
	assert_int_equal(buffer.data[604], '7');
	assert_int_equal(buffer.data[605], '\0');
}

static void test_buffer_consumes(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer buffer = {0};

	(void)state;
	check(sonde_buffer_append(&buffer, "abcdef", 6));
	sonde_buffer_consume(&buffer, 2);
	assert_int_equal(buffer.length, 4);
	assert_memory_equal(buffer.data, "cdef", 4);
	sonde_buffer_consume(&buffer, 4);
	assert_int_equal(buffer.length, 0);
}

/* --- hexadecimal ---------------------------------------------------------------- */

static void test_hex_digits(void **state)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	unsigned known = 0;

	(void)state;
	for (int i = 0; i < 16; i++) {
		assert_int_equal(sonde_hex_digit(lower[i]), i);
		assert_int_equal(sonde_hex_digit(upper[i]), i);
	}
	for (int c = -128; c < 128; c++)
		known += sonde_hex_digit((char)c) >= 0;
	assert_int_equal(known, 22);
}

static void test_hex_round_trip(void **state)
{
	uint8_t bytes[256], decoded[256];
	char text[512];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	sonde_hex_encode(bytes, sizeof(bytes), text);
	assert_memory_equal(text, "000102", 6);
	assert_memory_equal(text + 508, "feff", 4);
	assert_true(sonde_hex_decode(text, 256, decoded));
	assert_memory_equal(decoded, bytes, 256);
}

static void test_hex_decode_refuses(void **state)
{
	static const char *const bad[] = {
		"0g", "g0", "x0", "0 ", "  ", "00\xff\xff", "0:"};
	uint8_t bytes[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(sonde_hex_decode(bad[i], strlen(bad[i]) / 2, bytes));
	assert_true(sonde_hex_decode("", 0, bytes));
}

static void check_parse(const char *text, size_t used, uint64_t value)
{
	const char *position = text;
	uint64_t parsed;

	assert_true(sonde_hex_parse(&position, text + strlen(text), &parsed));
	assert_int_equal(position - text, used);
	assert_true(parsed == value);
}

static void test_hex_parse(void **state)
{
	static const char *const bad[] = {"", "x1", ",", "-1", "11111111111111111"};
	uint64_t value = 77;

	(void)state;
	check_parse("0", 1, 0);
	check_parse("1f,8", 2, 0x1f);
	check_parse("FFFFffffFFFFffff;", 16, UINT64_MAX);
	check_parse("00000000000000000000001", 23, 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *position = bad[i];

		assert_false(sonde_hex_parse(&position, bad[i] + strlen(bad[i]), &value));
		assert_ptr_equal(position, bad[i]);
	}
	assert_int_equal(value, 77);
}

static void test_hex_parse_stops_at_end(void **state)
{
	const char text[] = "1234", *position = text;
	uint64_t value;

	(void)state;
	assert_true(sonde_hex_parse(&position, text + 2, &value));
	assert_int_equal(value, 0x12);
	assert_ptr_equal(position, text + 2);
}

/* --- errors --------------------------------------------------------------------- */

static void test_error_says_what_and_why(void **state)
{
	struct sonde_error *error = sonde_error_create(SONDE_ERROR_IO, "it %s", "broke");

	(void)state;
	assert_string_equal(sonde_error_what(error), "");
	assert_null(sonde_error_hint(error));
	assert_int_equal(sonde_error_address(error), 0);
	error = sonde_error_while(error, "reading %d bytes", 4);
	error = sonde_error_while(error, "listing tasks");
	error = sonde_error_suggest(error, "try %s", "again");
	error = sonde_error_suggest(error, "too late");
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_IO);
	assert_string_equal(sonde_error_what(error), "listing tasks: reading 4 bytes");
	assert_string_equal(sonde_error_why(error), "it broke");
	assert_string_equal(sonde_error_hint(error), "try again");
	sonde_error_destroy(error);
}

static void test_error_passes_success_on(void **state)
{
	(void)state;
	assert_null(sonde_error_while(NULL, "doing nothing"));
	assert_null(sonde_error_suggest(NULL, "nothing"));
	assert_null(sonde_error_first(NULL, NULL));
	assert_false(sonde_error_is(NULL, SONDE_ERROR_NO_MEMORY));
	sonde_error_destroy(NULL);
}

static void test_error_fault_has_address(void **state)
{
	struct sonde_error *error = sonde_error_fault(UINT64_MAX, NULL);

	(void)state;
	assert_true(sonde_error_is(error, SONDE_ERROR_FAULT));
	assert_true(sonde_error_address(error) == UINT64_MAX);
	assert_non_null(strstr(sonde_error_why(error), "0xffffffffffffffff"));
	sonde_error_destroy(error);
}

static void test_error_first_wins(void **state)
{
	struct sonde_error *one = sonde_error_create(SONDE_ERROR_IO, "one");
	struct sonde_error *two = sonde_error_create(SONDE_ERROR_BUSY, "two");

	(void)state;
	assert_ptr_equal(sonde_error_first(NULL, two), two);
	assert_ptr_equal(sonde_error_first(one, two), one);
	sonde_error_destroy(one);
}

static void test_error_no_memory_is_shared(void **state)
{
	struct sonde_error *error = sonde_error_no_memory();

	(void)state;
	assert_ptr_equal(sonde_error_while(error, "anything"), error);
	assert_ptr_equal(sonde_error_suggest(error, "anything"), error);
	assert_string_equal(sonde_error_what(error), "");
	assert_string_equal(sonde_error_why(error), "no memory");
	assert_null(sonde_error_hint(error));
	sonde_error_destroy(error);
	sonde_error_destroy(error);
}

static void test_error_system_kinds(void **state)
{
	(void)state;
	check_fails(sonde_error_system(ENOMEM), SONDE_ERROR_NO_MEMORY);
	check_fails(sonde_error_system(EACCES), SONDE_ERROR_PERMISSION);
	check_fails(sonde_error_system(EPERM), SONDE_ERROR_PERMISSION);
	check_says(sonde_error_system(ECONNREFUSED), SONDE_ERROR_IO, "refused");
	check_says(sonde_error_system(123456), SONDE_ERROR_IO, "unknown");
}

static void test_error_kinds_have_names(void **state)
{
	(void)state;
	for (int kind = SONDE_ERROR_NO_MEMORY; kind <= SONDE_ERROR_RUNNING; kind++)
		assert_string_not_equal(sonde_error_kind_name(kind), "unknown");
	assert_string_equal(sonde_error_kind_name(SONDE_ERROR_RUNNING + 1), "unknown");
}

/* --- the log and the clock ------------------------------------------------------ */

struct heard {
	unsigned count;
	char text[2048];
};

static void hear(void *user, enum sonde_log_level level, const char *message)
{
	struct heard *heard = user;

	(void)level;
	heard->count++;
	snprintf(heard->text, sizeof(heard->text), "%s", message);
}

static void test_log_levels(void **state)
{
	struct heard heard = {0};
	struct sonde_log log = {
		.callback = hear, .user = &heard, .level = SONDE_LOG_INFO};
	struct sonde_log silent = {.level = SONDE_LOG_DEBUG};

	(void)state;
	sonde_log(&log, SONDE_LOG_DEBUG, "not heard");
	assert_int_equal(heard.count, 0);
	sonde_log(&log, SONDE_LOG_WARNING, "%d CPUs", 3);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.text, "3 CPUs");
	sonde_log(&silent, SONDE_LOG_WARNING, "nobody listens");
	sonde_log(&log, SONDE_LOG_INFO, "%05000d", 1);
	assert_true(strlen(heard.text) < 2000);
}

static void test_deadlines(void **state)
{
	int64_t soon = sonde_deadline_in(1000000);

	(void)state;
	assert_int_equal(sonde_deadline_left(sonde_deadline_in(-1)), -1);
	assert_int_equal(sonde_deadline_left(sonde_clock_ms() - 5), 0);
	assert_in_range(sonde_deadline_left(soon), 900000, 1000000);
	assert_int_equal(sonde_deadline_left(INT64_MAX), INT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffer_grows),
		cmocka_unit_test(test_buffer_takes_nothing),
		cmocka_unit_test(test_buffer_reserve_keeps_length),
		cmocka_unit_test(test_buffer_refuses_the_impossible),
		cmocka_unit_test(test_buffer_formats),
		cmocka_unit_test(test_buffer_consumes),
		cmocka_unit_test(test_hex_digits),
		cmocka_unit_test(test_hex_round_trip),
		cmocka_unit_test(test_hex_decode_refuses),
		cmocka_unit_test(test_hex_parse),
		cmocka_unit_test(test_hex_parse_stops_at_end),
		cmocka_unit_test(test_error_says_what_and_why),
		cmocka_unit_test(test_error_passes_success_on),
		cmocka_unit_test(test_error_fault_has_address),
		cmocka_unit_test(test_error_first_wins),
		cmocka_unit_test(test_error_no_memory_is_shared),
		cmocka_unit_test(test_error_system_kinds),
		cmocka_unit_test(test_error_kinds_have_names),
		cmocka_unit_test(test_log_levels),
		cmocka_unit_test(test_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
