/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire_check.h"

#include "macros.h"
#include "thread_id.h"

static void check_id(const char *text, size_t used, const char *formatted)
{
	const char *position = text;
	struct sonde_gdb_thread_id id;
	char back[SONDE_GDB_THREAD_ID_TEXT];

	assert_true(sonde_gdb_thread_id_parse(&position, text + strlen(text), &id));
	assert_int_equal(position - text, used);
	sonde_gdb_thread_id_format(&id, back);
	assert_string_equal(back, formatted);
}

static void test_ids(void **state)
{
	(void)state;
	check_id("1", 1, "1");
	check_id("01", 2, "1");
	check_id("0", 1, "0");
	check_id("-1", 2, "-1");
	check_id("1f,20", 2, "1f");
	check_id("fffffffe", 8, "fffffffe");
	check_id("p1.1", 4, "p1.1");
	check_id("p01.02;", 6, "p1.2");
	check_id("p1.-1", 5, "p1.-1");
	check_id("p-1.-1", 6, "p-1.-1");
	check_id("p0.0", 4, "p0.0");
	/* A process alone means all of its threads. */
	check_id("p2", 2, "p2.-1");
	check_id("7fffffffffffffff", 16, "7fffffffffffffff");
	check_id("p-7fffffffffffffff.-7fffffffffffffff", 36,
		"p-7fffffffffffffff.-7fffffffffffffff");
}

static void test_ids_refused(void **state)
{
	static const char *const bad[] = {"", "-", "--1", "p", "p.", "p.1", "p1.", "px",
		"p1.x", "x", "m", ",", "8000000000000000", "11111111111111111"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sonde_gdb_thread_id id = {.thread = 77};
		const char *position = bad[i];

		assert_false(sonde_gdb_thread_id_parse(
			&position, bad[i] + strlen(bad[i]), &id));
		assert_ptr_equal(position, bad[i]);
		assert_int_equal(id.thread, 77);
	}
}

static void test_equal(void **state)
{
	struct sonde_gdb_thread_id plain = {.thread = 1};
	struct sonde_gdb_thread_id one = {.has_process = true, .process = 1, .thread = 1};
	struct sonde_gdb_thread_id two = {.has_process = true, .process = 2, .thread = 1};
	struct sonde_gdb_thread_id other = {.thread = 2};

	(void)state;
	assert_true(sonde_gdb_thread_id_equal(&plain, &one));
	assert_true(sonde_gdb_thread_id_equal(&one, &one));
	assert_false(sonde_gdb_thread_id_equal(&one, &two));
	assert_false(sonde_gdb_thread_id_equal(&plain, &other));
}

/* --- lists ---------------------------------------------------------------------- */

struct listed {
	const char *reply;
	size_t count;
	bool last;
	/** The first and the last of them. */
	int64_t from, to;
};

static void test_lists(void **state)
{
	static const struct listed lists[] = {
		{"m1", 1, false, 1, 1},
		{"m01", 1, false, 1, 1},
		{"m1,2,3", 3, false, 1, 3},
		{"m0,1l", 2, true, 0, 1},
		{"m0,1,2l", 3, true, 0, 2},
		{"m1,", 1, false, 1, 1},
		{"m1,,2,", 2, false, 1, 2},
		{"m1,l", 1, true, 1, 1},
		{"mp1.1,p1.2", 2, false, 1, 2},
		{"mfffffffe,fffffffd", 2, false, 0xfffffffe, 0xfffffffd},
		{"m-1", 1, false, -1, -1},
		{"m", 0, false, 0, 0},
		{"ml", 0, true, 0, 0},
		{"l", 0, true, 0, 0},
		{"", 0, true, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		CLEANUP(sonde_gdb_thread_ids_deinit)
		struct sonde_gdb_thread_ids ids = {0};
		const struct listed *expected = &lists[i];
		bool last = !expected->last;

		check(sonde_gdb_thread_ids_add(
			&ids, expected->reply, strlen(expected->reply), &last));
		assert_int_equal(last, expected->last);
		assert_int_equal(ids.count, expected->count);
		if (ids.count) {
			assert_int_equal(ids.list[0].thread, expected->from);
			assert_int_equal(ids.list[ids.count - 1].thread, expected->to);
		}
	}
}

static void test_lists_refused(void **state)
{
	static const char *const bad[] = {
		"OK", "E01", "1,2", "mx", "m1 2", "m1;2", "mp", "mp1.", "m1,x", "m1,-"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(sonde_gdb_thread_ids_deinit)
		struct sonde_gdb_thread_ids ids = {0};
		bool last;

		check_fails(sonde_gdb_thread_ids_add(&ids, bad[i], strlen(bad[i]), &last),
			SONDE_ERROR_BAD_DATA);
	}
}

static void test_lists_add_up(void **state)
{
	CLEANUP(sonde_gdb_thread_ids_deinit) struct sonde_gdb_thread_ids ids = {0};
	bool last;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		check(sonde_gdb_thread_ids_add(&ids, "m1,2", 4, &last));
	assert_int_equal(ids.count, 200);
}

static void test_lists_are_bounded(void **state)
{
	CLEANUP(sonde_gdb_thread_ids_deinit) struct sonde_gdb_thread_ids ids = {0};
	bool last;

	(void)state;
	for (unsigned i = 0; i < SONDE_GDB_THREADS_MAX; i++)
		check(sonde_gdb_thread_ids_add(&ids, "m1", 2, &last));
	check_fails(sonde_gdb_thread_ids_add(&ids, "m1", 2, &last), SONDE_ERROR_BAD_DATA);
	assert_int_equal(ids.count, SONDE_GDB_THREADS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_ids_refused),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_lists_refused),
		cmocka_unit_test(test_lists_add_up),
		cmocka_unit_test(test_lists_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
