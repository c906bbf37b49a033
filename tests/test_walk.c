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

static struct sonde_error *lower_the_stack(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	(void)hit;
	calls_set_register(
		world->target, 0, "rsp", CALLS_STACK + CALLS_STACK_BYTES - 64 - 120);
	return NULL;
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

/* Linux's error_entry() leaves the registers on the stack, where its way back was. */
static void test_next_over_a_call_that_leaves_something(void **state)
{
	const uint64_t stack = CALLS_STACK + CALLS_STACK_BYTES - 64;
	const struct calls_step steps[] = {GO(0, calls_site(0)), GO(0, calls_site(0))};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;
	uint64_t way_back = calls_site(0);

	(void)state;
	begin(&world, "calls:");
	thread = stand_at_call(&world);
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	calls_set_register(world.target, 0, "rsp", stack);
	calls_write(world.target, stack - 8, "\1\2\3\4\5\6\7", 8);
	probe(&world, SONDE_PROBE_INSTRUCTION, "0xffffffff81001000", lower_the_stack);
	check(sonde_probes_next(world.probes, thread, &ending, &arrived));
	assert_true(arrived);
	assert_int_equal(calls_register(world.target, 0, "rsp"), stack - 120);
	/* It has been called anew: the first call is under way still. */
	thread = stand_at_call(&world);
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	calls_set_register(world.target, 0, "rsp", stack);
	calls_write(world.target, stack - 8, &way_back, 8);
	check(sonde_probes_next(world.probes, thread, &ending, &arrived));
	assert_false(arrived);
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
	const uint64_t at = calls_address(CALLS_TICK) + 8;
	const struct calls_move moves[] = {{.pc = at + 1}, {.pc = at + 7}, {.pc = at + 8},
		{.pc = calls_site(3)}, {.pc = 0}};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	(void)state;
	begin(&world, "calls:");
	calls_write(world.target, at, code, sizeof(code));
	calls_set_register(world.target, 0, "pc", at);
	calls_move(world.target, moves, ARRAY_SIZE(moves));
	check(sonde_target_find_thread(world.target, 0, &thread));
	probe(&world, SONDE_PROBE_INSTRUCTION, "tick+0x8", count_only);
	check(sonde_probes_finish(world.probes, thread, &ending, &arrived));
	assert_true(arrived);
	/* Behind the second return, since the first is that of what was called. */
	assert_int_equal(calls_register(world.target, 0, "pc"), calls_site(3));
	assert_int_equal(calls_moves_left(world.target), 1);
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

/* --- what happens to an instruction ----------------------------------------------------
 */

typedef struct sonde_error *walker(struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *ret, bool *arrived);

enum {
	/** Where the instruction is. */
	PLACE = 0x40,
};

static uint64_t place(void)
{
	return calls_address(CALLS_TICK) + PLACE;
}

/* nop; iretq, in a function of its own. */
static uint64_t handler(void)
{
	return calls_address(CALLS_WIDE);
}

struct going {
	walker *walk;
	uint8_t code[4];
	size_t length;
	struct calls_move moves[8];
	size_t count;
	uint64_t pc;
};

/* It ends at @ref pc, when all moves are made. */
static void check_going(const struct going *going)
{
	static const uint8_t handling[] = {0x90, 0x48, 0xcf};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	begin(&world, "calls:");
	calls_write(world.target, handler(), handling, sizeof(handling));
	calls_write(world.target, place(), going->code, going->length);
	calls_set_register(world.target, 0, "pc", place());
	calls_move(world.target, going->moves, going->count);
	check(sonde_target_find_thread(world.target, 0, &thread));
	check(going->walk(world.probes, thread, &ending, &arrived));
	assert_true(arrived);
	assert_int_equal(calls_moves_left(world.target), 0);
	assert_ptr_equal(ending.stop.thread, thread);
	assert_int_equal(calls_register(world.target, 0, "pc"), going->pc);
	end(&world);
}

#define GOES(walk_, code_, pc_, ...)                                  \
	check_going(&(struct going){.walk = walk_,                    \
		.code = code_,                                        \
		.length = sizeof(code_) - 1,                          \
		.moves = {__VA_ARGS__},                               \
		.count = sizeof((struct calls_move[]){__VA_ARGS__}) / \
			 sizeof(struct calls_move),                   \
		.pc = pc_})

#define LOAD "\x48\x8b\x07"
#define TO(pc_)            \
	{                  \
		.pc = pc_, \
	}

/* The handler lets it be executed again, or go on elsewhere. */
static void test_instruction_that_faults(void **state)
{
	uint64_t elsewhere = calls_address(CALLS_PAIR);

	(void)state;
	GOES(sonde_probes_next, LOAD, place() + 3, TO(handler()), TO(handler() + 1),
		TO(place()), TO(place() + 3));
	GOES(sonde_probes_next, LOAD, elsewhere, TO(handler()), TO(handler() + 1),
		TO(elsewhere));
	/* Twice, and in the handler itself. */
	GOES(sonde_probes_next, LOAD, place() + 3, TO(handler()), TO(handler()),
		TO(handler() + 1), TO(place()), TO(handler()), TO(handler() + 1),
		TO(place()), TO(place() + 3));
	GOES(sonde_probes_step, LOAD, handler(), TO(handler()));
}

static void test_instruction_that_traps(void **state)
{
	(void)state;
	/* ud2, which the kernel's warnings are. */
	GOES(sonde_probes_next, "\x0f\x0b", place() + 2, TO(handler()), TO(handler() + 1),
		TO(place() + 2));
	/* int3 of the guest's own. */
	GOES(sonde_probes_next, "\xcc", place() + 1, TO(handler()), TO(handler() + 1),
		TO(place() + 1));
	/* syscall */
	GOES(sonde_probes_next, "\x0f\x05", place() + 2, TO(handler()), TO(handler() + 1),
		TO(place() + 2));
	GOES(sonde_probes_step, "\xcc", handler(), TO(handler()));
}

static void test_instruction_that_repeats(void **state)
{
	(void)state;
	/* rep movsb, which faults in the middle. */
	GOES(sonde_probes_next, "\xf3\xa4", place() + 2, TO(place()), TO(handler()),
		TO(handler() + 1), TO(place()), TO(place()), TO(place() + 2));
	GOES(sonde_probes_step, "\xf3\xa4", place(), TO(place()));
}

/* hlt, from which an interrupt wakes it. */
static void test_instruction_that_halts(void **state)
{
	(void)state;
	GOES(sonde_probes_next, "\xf4", place() + 1, TO(handler()), TO(handler() + 1),
		TO(place() + 1));
}

/* Its stack does not begin with a way back. */
static void test_finish_of_a_handler(void **state)
{
	static const uint8_t handling[] = {0x90, 0x48, 0xcf};
	const struct calls_move moves[] = {TO(handler() + 1), TO(place())};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	(void)state;
	begin(&world, "calls:");
	calls_write(world.target, handler(), handling, sizeof(handling));
	calls_set_register(world.target, 0, "pc", handler());
	calls_move(world.target, moves, ARRAY_SIZE(moves));
	check(sonde_target_find_thread(world.target, 0, &thread));
	check(sonde_probes_finish(world.probes, thread, &ending, &arrived));
	assert_true(arrived);
	assert_int_equal(calls_register(world.target, 0, "pc"), place());
	end(&world);
}

/* --- what happens to the task
 * ----------------------------------------------------------- */

/* One step gives its CPU to another task. It goes on there, too, but elsewhere. */
static void check_lost_cpu(walker *walk)
{
	const uint64_t behind = place() + 1;
	const struct calls_move moves[] = {{behind, .switches = true, .task = 2}};
	const struct calls_step steps[] = {SWITCH(1, 3), GO(1, behind), SWITCH(0, 1),
		GO(0, behind), SWITCH(1, 0), GO(1, behind)};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	begin(&world, "calls:");
	calls_write(world.target, place(), "\x90\x90", 2);
	calls_set_register(world.target, 0, "pc", place());
	calls_move(world.target, moves, ARRAY_SIZE(moves));
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	check(sonde_target_find_thread(world.target, 0, &thread));
	check(walk(world.probes, thread, &ending, &arrived));
	assert_true(arrived);
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	assert_int_equal(sonde_thread_number(ending.stop.thread), 1);
	assert_int_equal(calls_register(world.target, 1, "pc"), behind);
	assert_int_equal(calls_traps(world.target), 0);
	end(&world);
}

static void test_step_that_loses_its_cpu(void **state)
{
	(void)state;
	check_lost_cpu(sonde_probes_step);
	check_lost_cpu(sonde_probes_next);
}

/* Another task ends first. */
static void test_task_that_ends(void **state)
{
	const struct calls_step steps[] = {
		CALL(0, CALLS_OPEN_FILE), CALL(1, CALLS_UNTYPED), CALL(0, CALLS_UNTYPED)};
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
	assert_int_equal(ending.state, SONDE_PROBES_TASK_ENDED);
	assert_ptr_equal(ending.stop.thread, thread);
	assert_int_equal(calls_traps(world.target), 0);
	end(&world);
}

/* What never returns is known before it is called; where it begins, one can come to. */
static void test_task_that_has_come_to_its_end(void **state)
{
	static const uint8_t call[] = {0xe8, 0, 0x01, 0, 0};
	const uint64_t last = calls_address(CALLS_UNTYPED);
	const struct calls_step steps[] = {CALL(0, CALLS_UNTYPED)};
	struct sonde_probes_end ending;
	struct sonde_thread *thread;
	struct world world;
	bool arrived = false;

	(void)state;
	begin(&world, "calls:");
	check(sonde_target_find_thread(world.target, 0, &thread));
	calls_play(world.target, steps, ARRAY_SIZE(steps));
	check(sonde_probes_reach(world.probes, thread, last, &ending, &arrived));
	assert_true(arrived);
	calls_write(world.target, last, call, sizeof(call));
	check(sonde_probes_next(world.probes, thread, &ending, &arrived));
	assert_false(arrived);
	assert_int_equal(ending.state, SONDE_PROBES_TASK_ENDED);
	assert_int_equal(calls_register(world.target, 0, "pc"), last);
	assert_int_equal(calls_traps(world.target), 0);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_over_a_call),
		cmocka_unit_test(test_next_over_a_call_that_leaves_something),
		cmocka_unit_test(test_next_that_does_not_arrive),
		cmocka_unit_test(test_finish_from_the_middle),
		cmocka_unit_test(test_finish_from_the_entry),
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_instruction_that_faults),
		cmocka_unit_test(test_instruction_that_traps),
		cmocka_unit_test(test_instruction_that_repeats),
		cmocka_unit_test(test_instruction_that_halts),
		cmocka_unit_test(test_finish_of_a_handler),
		cmocka_unit_test(test_step_that_loses_its_cpu),
		cmocka_unit_test(test_task_that_ends),
		cmocka_unit_test(test_task_that_has_come_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
