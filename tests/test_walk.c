/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking as a task, on a machine that calls and returns as it is told (fake_calls.c). */
#include "macros.h"
#include "probe_world.h"

/* CPU 0 stands at a call of open_file() that returns to site 0. */
static struct sonde_thread *stand_at_call(struct world *world)
{
	static const uint8_t call[] = {0xe8, 0xfb, 0xef, 0xff, 0xff};
	struct sonde_thread *thread;

	calls_write(world->target, calls_site(0) - sizeof(call), call, sizeof(call));
	calls_set_register(world->target, 0, "pc", calls_site(0) - sizeof(call));
	check(sonde_target_find_thread(world->target, 0, &thread));
	return thread;
}

/* Others return there, and the same task deeper down: neither has arrived. */
static void test_next_over_a_call(void **state)
{
	const struct calls_step steps[] = {CALL(0, CALLS_OPEN_FILE),
		CALL(1, CALLS_OPEN_FILE), CALL(0, CALLS_OPEN_FILE), RETURN(1, 1),
		RETURN(0, 2), SWITCH(0, 2), SWITCH(1, 0), RETURN(1, 3)};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	(void)state;
	begin(&world, "calls:");
	thread = stand_at_call(&world);
	probe(&world, SONDE_PROBE_ENTRY, "open_file", say_entry);
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	check(sonde_probes_next(world.probes, thread, &ending, &arrived));
	assert_true(arrived);
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	/* It has gone to another CPU meanwhile. */
	assert_int_equal(sonde_thread_number(ending.stop.thread), 1);
	assert_int_equal(calls_register(world.target, 1, "rax"), 3);
	assert_int_equal(calls_register(world.target, 1, "pc"), calls_site(0));
	check_log(&world, "+100+101+100");
	assert_int_equal(calls_traps(world.target), 1);
	end(&world);
}

static void test_next_that_does_not_arrive(void **state)
{
	const struct calls_step steps[] = {CALL(0, CALLS_OPEN_FILE), CALL(0, CALLS_TICK)};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = true;

	(void)state;
	begin(&world, "calls:");
	thread = stand_at_call(&world);
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	check(sonde_probes_next(world.probes, thread, &ending, &arrived));
	assert_false(arrived);
	assert_int_equal(ending.state, SONDE_PROBES_OTHER_STOP);
	assert_int_equal(calls_traps(world.target), 0);
	/* Another probe's handler has its say. */
	thread = stand_at_call(&world);
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	probe(&world, SONDE_PROBE_ENTRY, "tick", stay);
	check(sonde_probes_next(world.probes, thread, &ending, &arrived));
	assert_false(arrived);
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	end(&world);
}

/* nop; call of the next instruction but one, which is none; ret; ret. */
static void test_finish_from_the_middle(void **state)
{
	static const uint8_t code[] = {0x90, 0xe8, 0x01, 0, 0, 0, 0xcc, 0xc3, 0xc3};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	(void)state;
	begin(&world, "calls:");
	/* The machine does not look at its code, but goes on byte by byte. */
	for (unsigned i = 1; i < 8; i++)
		calls_write(world.target, calls_address(CALLS_TICK) + i, "\x90", 1);
	calls_write(world.target, calls_address(CALLS_TICK) + 8, code, sizeof(code));
	calls_set_register(world.target, 0, "pc", calls_address(CALLS_TICK) + 1);
	check(sonde_target_find_thread(world.target, 0, &thread));
	probe(&world, SONDE_PROBE_INSTRUCTION, "tick+0x8", count_only);
	check(sonde_probes_finish(world.probes, thread, &ending, &arrived));
	assert_true(arrived);
	/* Behind the second return, since the first is that of what was called. */
	assert_int_equal(calls_register(world.target, 0, "pc"),
		calls_address(CALLS_TICK) + 8 + sizeof(code));
	check_log(&world, "c");
	end(&world);
}

static void check_finish_from_the_entry(const char *name)
{
	const struct calls_step steps[] = {CALL(0, CALLS_OPEN_FILE),
		CALL(0, CALLS_OPEN_FILE), RETURN(0, 1), RETURN(0, 2)};
	struct sonde_probes_end ending;
	struct sonde_probe *first;
	struct world world;
	bool arrived = false;

	begin(&world, name);
	first = probe(&world, SONDE_PROBE_ENTRY, "open_file", stay);
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	check(sonde_probes_run(world.probes, 5000, &ending));
	check(sonde_probe_destroy(first));
	check(sonde_probes_finish(world.probes, ending.stop.thread, &ending, &arrived));
	assert_true(arrived);
	assert_int_equal(calls_register(world.target, 0, "pc"), calls_site(0));
	assert_int_equal(calls_executed(world.target), 2);
	end(&world);
}

static void test_finish_from_the_entry(void **state)
{
	(void)state;
	check_finish_from_the_entry("calls:");
	check_finish_from_the_entry("calls:arm");
}

/* Others come there, too; who is there already comes again. */
static void test_reach(void **state)
{
	const struct calls_step steps[] = {CALL(0, CALLS_TICK), CALL(1, CALLS_TICK),
		RETURN(1, 1), SWITCH(1, 2), CALL(1, CALLS_TICK), SWITCH(0, 1),
		CALL(0, CALLS_TICK)};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	(void)state;
	begin(&world, "calls:");
	check(sonde_target_find_thread(world.target, 1, &thread));
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	for (unsigned cpu = 2; cpu-- > 0; thread = ending.stop.thread) {
		check(sonde_probes_reach(world.probes, thread, calls_address(CALLS_TICK),
			&ending, &arrived));
		assert_true(arrived);
		assert_int_equal(sonde_thread_number(ending.stop.thread), cpu);
	}
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_over_a_call),
		cmocka_unit_test(test_next_that_does_not_arrive),
		cmocka_unit_test(test_finish_from_the_middle),
		cmocka_unit_test(test_finish_from_the_entry),
		cmocka_unit_test(test_reach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
