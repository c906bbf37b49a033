/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire_check.h"

#include "macros.h"
#include "stop_reply.h"

static struct sonde_gdb_stop_reply parse(const char *text)
{
	struct sonde_gdb_stop_reply reply;

	memset(&reply, 0xa5, sizeof(reply));
	check(sonde_gdb_stop_reply_parse(text, strlen(text), &reply));
	return reply;
}

static void refuse(const char *text)
{
	/* Of exactly this length, so that reading on is noticed. */
	size_t length = strlen(text);
	char *copy = malloc(length ? length : 1);
	struct sonde_gdb_stop_reply reply;

	memcpy(copy, text, length);
	check_fails(
		sonde_gdb_stop_reply_parse(copy, length, &reply), SONDE_ERROR_BAD_DATA);
	free(copy);
}

static void test_signals(void **state)
{
	struct sonde_gdb_stop_reply reply = parse("S05");

	(void)state;
	assert_int_equal(reply.reason, SONDE_STOP_SIGNAL);
	assert_int_equal(reply.signal, 5);
	assert_false(reply.has_thread);
	assert_int_equal(reply.expedited_count, 0);
	assert_int_equal(parse("S02").reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(parse("T02").reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(parse("T00").reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(parse("S0b").signal, 11);
	assert_int_equal(parse("T0B").signal, 11);
}

static void test_exits(void **state)
{
	(void)state;
	assert_int_equal(parse("W00").reason, SONDE_STOP_EXITED);
	assert_int_equal(parse("W2a").signal, 42);
	assert_int_equal(parse("W00;process:1").reason, SONDE_STOP_EXITED);
	assert_int_equal(parse("X09").reason, SONDE_STOP_KILLED);
	assert_int_equal(parse("X09;process:1").signal, 9);
}

static void test_threads(void **state)
{
	struct sonde_gdb_stop_reply reply = parse("T05thread:1f;");

	(void)state;
	assert_true(reply.has_thread);
	assert_false(reply.thread.has_process);
	assert_int_equal(reply.thread.thread, 0x1f);
	reply = parse("T05thread:p01.02;");
	assert_true(reply.thread.has_process);
	assert_int_equal(reply.thread.process, 1);
	assert_int_equal(reply.thread.thread, 2);
	/* Without the last semicolon, and KGDB's CPUs. */
	assert_int_equal(parse("T05thread:01").thread.thread, 1);
	assert_int_equal(parse("T05thread:fffffffe;").thread.thread, 0xfffffffe);
}

static void test_watchpoints(void **state)
{
	struct sonde_gdb_stop_reply reply = parse("T05thread:01;watch:ffffffff82a079c0;");

	(void)state;
	assert_int_equal(reply.reason, SONDE_STOP_WATCHPOINT);
	assert_true(reply.address == 0xffffffff82a079c0);
	assert_int_equal(reply.watch_kind, SONDE_WATCH_WRITE);
	assert_int_equal(parse("T05rwatch:10;thread:01;").watch_kind, SONDE_WATCH_READ);
	reply = parse("T05awatch:8;");
	assert_int_equal(reply.watch_kind, SONDE_WATCH_ACCESS);
	assert_int_equal(reply.address, 8);
}

static void test_breakpoints(void **state)
{
	(void)state;
	assert_int_equal(parse("T05swbreak:;thread:1;").reason, SONDE_STOP_BREAKPOINT);
	assert_int_equal(parse("T05hwbreak:;").reason, SONDE_STOP_BREAKPOINT);
}

static void test_expedited(void **state)
{
	struct sonde_gdb_stop_reply reply = parse(
		"T0506:0000000000000000;07:a0e2ffff;10:9060fef7;thread:6b2a;core:1;");

	(void)state;
	assert_int_equal(reply.expedited_count, 3);
	assert_int_equal(reply.expedited[0].number, 6);
	assert_int_equal(reply.expedited[2].number, 0x10);
	assert_int_equal(reply.expedited[1].hex_length, 8);
	assert_memory_equal(reply.expedited[1].hex, "a0e2ffff", 8);
	assert_int_equal(reply.thread.thread, 0x6b2a);
}

static void test_unknown_fields(void **state)
{
	struct sonde_gdb_stop_reply reply =
		parse("T05library:;fork:p1.2;core:0;;:;nonsense;a:;thread:2;");

	(void)state;
	assert_int_equal(reply.reason, SONDE_STOP_SIGNAL);
	assert_int_equal(reply.thread.thread, 2);
}

static void test_too_many_expedited(void **state)
{
	char text[2048] = "T05";

	(void)state;
	for (unsigned i = 0; i < SONDE_GDB_EXPEDITED_MAX + 20; i++)
		strcat(text, "01:00;");
	strcat(text, "thread:3;");
	assert_int_equal(parse(text).expedited_count, SONDE_GDB_EXPEDITED_MAX);
	assert_int_equal(parse(text).thread.thread, 3);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", "T", "T0", "S5", "OK", "E01", "Tzz", "Sx5",
		"05", "O48", "N", "T05thread:;", "T05thread:x;", "T05thread:p;",
		"T05thread:p1.;", "T05thread:111111111111111111111;", "T05watch:;",
		"T05watch:zz;", "T05watch:11111111111111111;"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refuse(bad[i]);
}

/* As it comes from a stub that answers `?` with an empty packet. */
static void test_nothing_at_all(void **state)
{
	struct sonde_gdb_stop_reply reply;

	(void)state;
	check_fails(sonde_gdb_stop_reply_parse(NULL, 0, &reply), SONDE_ERROR_BAD_DATA);
}

/* Of a target that is replayed, either way. */
static void test_record_end(void **state)
{
	struct sonde_gdb_stop_reply reply;

	(void)state;
	check(sonde_gdb_stop_reply_parse("T05replaylog:begin;thread:1;", 28, &reply));
	assert_int_equal(reply.reason, SONDE_STOP_RECORD_END);
	assert_true(reply.has_thread);
	check(sonde_gdb_stop_reply_parse("T05replaylog:end;", 17, &reply));
	assert_int_equal(reply.reason, SONDE_STOP_RECORD_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_exits),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_watchpoints),
		cmocka_unit_test(test_breakpoints),
		cmocka_unit_test(test_expedited),
		cmocka_unit_test(test_unknown_fields),
		cmocka_unit_test(test_too_many_expedited),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_record_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
