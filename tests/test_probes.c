/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes on a machine that calls and returns as it is told (fake_calls.c). */
#include "clock.h"
#include "probe.h"
#include "probe_world.h"

/* --- arguments and results -------------------------------------------------------------
 */

static struct sonde_error *say_arguments(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;
	uint64_t count;

	check(sonde_probe_hit_argument_count(hit, &count));
	for (uint64_t i = 0; i < count; i++) {
		struct sonde_value value, element;
		struct sonde_error *error;
		const char *name;
		char *type;

		error = sonde_probe_hit_argument(hit, i, &name, &value);
		if (error) {
			say(world, "%s; ", sonde_error_why(error));
			sonde_error_destroy(error);
			continue;
		}
		check(sonde_type_name(value.type, &type));
		if (sonde_value_is_compound(&value)) {
			check(sonde_value_member(&value, "elements", &element));
			check(sonde_value_part(&element, 2, &element));
			value.integer = element.integer;
		}
		say(world, "%s %s=%lld; ", type, name, (long long)value.integer);
		free(type);
	}
	return NULL;
}

static const uint64_t text_place = CALLS_DATA + 0x100;

static void check_arguments(const char *name)
{
	struct world world;
	char expected[512];

	begin(&world, name);
	probe(&world, SONDE_PROBE_ENTRY, "open_file", say_arguments);
	probe(&world, SONDE_PROBE_ENTRY, "pair", say_arguments);
	play(&world, CALL(0, CALLS_OPEN_FILE, 0x1000, text_place, 0xabcd0007),
		CALL(0, CALLS_PAIR, 1, 2, 0xfff0));
	snprintf(expected, sizeof(expected),
		"struct file * file=4096; const char * name=%lld; unsigned short "
		"flags=7; it is a structure in registers; char last=-16; ",
		(long long)text_place);
	check_log(&world, expected);
	end(&world);
}

static void test_arguments(void **state)
{
	(void)state;
	check_arguments("calls:");
	check_arguments("calls:arm");
}

/* What is large lies on the stack (x86-64), or a pointer to it is passed (arm64). */
static void test_large_arguments(void **state)
{
	static const uint64_t wide[] = {70, 71, 72};
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "wide", say_arguments);
	play(&world, CALL(0, CALLS_WIDE, 1, 2, 3, 4, 5, 6, 70, 71, 72, 9));
	check_log(&world, "struct wide by_value=72; long a=1; long b=2; long c=3; long "
			  "d=4; long e=5; long f=6; int g=9; ");
	end(&world);
	begin(&world, "calls:arm");
	calls_write(world.target, text_place, wide, sizeof(wide));
	probe(&world, SONDE_PROBE_ENTRY, "wide", say_arguments);
	play(&world, CALL(0, CALLS_WIDE, text_place, 1, 2, 3, 4, 5, 6, 9));
	check_log(&world, "struct wide by_value=72; long a=1; long b=2; long c=3; long "
			  "d=4; long e=5; long f=6; int g=9; ");
	end(&world);
}

static struct sonde_error *say_result(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;
	struct sonde_value value;
	struct sonde_error *error = sonde_probe_hit_result(hit, &value);
	const char *name;
	char *type;

	if (error) {
		say(world, "%s; ", sonde_error_why(error));
		sonde_error_destroy(error);
		return NULL;
	}
	check(sonde_type_name(value.type, &type));
	say(world, "%s %lld", type, (long long)value.integer);
	free(type);
	/* What a register held at the entry. */
	error = sonde_probe_hit_argument(hit, 0, &name, &value);
	if (!error)
		say(world, " of %s=%lld", name, (long long)value.integer);
	sonde_error_destroy(error);
	say(world, "; ");
	return NULL;
}

static void check_results(const char *name)
{
	struct world world;

	begin(&world, name);
	probe(&world, SONDE_PROBE_RETURN, "open_file", say_result);
	probe(&world, SONDE_PROBE_RETURN, "tick", say_result);
	probe(&world, SONDE_PROBE_RETURN, "untyped", say_result);
	play(&world, CALL(0, CALLS_OPEN_FILE, 0x1000), RETURN(0, 0xfffffffe),
		CALL(0, CALLS_TICK), RETURN(0, 5), CALL(0, CALLS_UNTYPED),
		RETURN(0, UINT64_C(1) << 40));
	check_log(&world, "int -2 of file=4096; the function returns nothing; unsigned "
			  "long 1099511627776; ");
	end(&world);
}

static void test_results(void **state)
{
	(void)state;
	check_results("calls:");
	check_results("calls:arm");
}

/* --- returns ---------------------------------------------------------------------------
 */

static void probe_both(struct world *world, const char *name, const char *function)
{
	begin(world, name);
	probe(world, SONDE_PROBE_ENTRY, function, say_entry);
	probe(world, SONDE_PROBE_RETURN, function, say_return);
}

/* All from one place, as recursion is. */
static void test_recursion(void **state)
{
	struct world world;

	(void)state;
	probe_both(&world, "calls:", "open_file");
	play(&world, CALL(0, CALLS_OPEN_FILE), CALL(0, CALLS_OPEN_FILE),
		CALL(0, CALLS_OPEN_FILE), RETURN(0, 1), RETURN(0, 2),
		CALL(0, CALLS_OPEN_FILE), RETURN(0, 3), RETURN(0, 4));
	check_log(&world, "+100+100+100-100=1 -100=2 +100-100=3 -100=4 ");
	end(&world);
}

static void test_two_cpus(void **state)
{
	struct world world;

	(void)state;
	probe_both(&world, "calls:arm", "open_file");
	play(&world, CALL(0, CALLS_OPEN_FILE), CALL(1, CALLS_OPEN_FILE), RETURN(0, 1),
		CALL(0, CALLS_OPEN_FILE), RETURN(1, 2), RETURN(0, 3));
	check_log(&world, "+100+101-100=1 +100-101=2 -100=3 ");
	end(&world);
}

/* Called on one CPU, it sleeps, others call meanwhile, and returns on another CPU. */
static void test_migration(void **state)
{
	struct world world;

	(void)state;
	probe_both(&world, "calls:", "open_file");
	play(&world, CALL(0, CALLS_OPEN_FILE), SWITCH(0, 2), CALL(0, CALLS_OPEN_FILE),
		SWITCH(1, 0), RETURN(1, 1), SWITCH(0, 1), SWITCH(1, 2), RETURN(1, 2));
	check_log(&world, "+100+102-100=1 -102=2 ");
	end(&world);
}

/* One that ends by jumping to another function returns with it. */
static void test_tail_call(void **state)
{
	struct world world;

	(void)state;
	probe_both(&world, "calls:", "open_file");
	probe(&world, SONDE_PROBE_RETURN, "pair", say_return);
	play(&world, CALL(0, CALLS_OPEN_FILE), TAIL(0, CALLS_PAIR), RETURN(0, 7));
	check_log(&world, "+100-100=7 -100=7 ");
	end(&world);
}

/* Somebody else comes to where a probed call is to return: nobody returns then. */
static void test_others_return_there(void **state)
{
	struct world world;

	(void)state;
	probe_both(&world, "calls:", "open_file");
	play(&world, CALL(0, CALLS_OPEN_FILE), CALL(1, CALLS_TICK), RETURN(1, 9),
		CALL(0, CALLS_TICK), RETURN(0, 8), RETURN(0, 1), CALL(1, CALLS_TICK),
		RETURN(1, 7));
	check_log(&world, "+100-100=1 ");
	/* And when nobody is to return there, it goes. */
	assert_int_equal(calls_traps(world.target), 1);
	end(&world);
}

/* Its stack is cut, as by an exception that is caught further up. */
static void test_never_returns(void **state)
{
	struct world world;

	(void)state;
	probe_both(&world, "calls:", "open_file");
	play(&world, CALL(0, CALLS_OPEN_FILE), CALL(0, CALLS_OPEN_FILE),
		CALL(0, CALLS_OPEN_FILE), ABANDON(0, 3));
	assert_int_equal(world.probes->returns.count, 3);
	play(&world, CALL(0, CALLS_OPEN_FILE), RETURN(0, 4));
	assert_int_equal(world.probes->returns.count, 0);
	check_log(&world, "+100+100+100+100-100=4 ");
	end(&world);
}

/* A task ends in a function, and the next one has its place and its stack: it comes back
 * from another function to where the first one's would have returned to. */
static void test_never_returns_and_is_replaced(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_RETURN, "open_file", say_return);
	probe(&world, SONDE_PROBE_RETURN, "untyped", say_return);
	play(&world, CALL(0, CALLS_OPEN_FILE), ABANDON(0, 1));
	calls_replace_task(world.target, 0);
	play(&world, CALL(0, CALLS_UNTYPED), RETURN(0, 7));
	check_log(&world, "-100=7 ");
	assert_int_equal(world.probes->returns.count, 0);
	end(&world);
}

/* A call from the same place costs no packet for its return. */
static void test_return_place_stays(void **state)
{
	struct world world;
	unsigned changes;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_RETURN, "open_file", say_return);
	play(&world, CALL(0, CALLS_OPEN_FILE), RETURN(0, 1));
	changes = calls_trap_changes(world.target);
	play(&world, CALL(0, CALLS_OPEN_FILE), RETURN(0, 2), CALL(1, CALLS_OPEN_FILE),
		RETURN(1, 3));
	assert_int_equal(calls_trap_changes(world.target), changes);
	check_log(&world, "-100=1 -100=2 -101=3 ");
	end(&world);
}

/* Calls from very many places: those that are idle make room. */
static void test_many_return_places(void **state)
{
	struct calls_step steps[2 * 500];
	struct sonde_probe *returns;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	returns = probe(&world, SONDE_PROBE_RETURN, "open_file", NULL);
	for (size_t i = 0; i < 500; i++) {
		steps[2 * i] = (struct calls_step){.event = CALLS_CALL, .value = i};
		steps[2 * i + 1] = (struct calls_step){.event = CALLS_RETURN};
	}
	play_steps(&world, steps, 1000);
	assert_int_equal(sonde_probe_hits(returns), 500);
	assert_in_range(calls_traps(world.target), 2, 257);
	end(&world);
}

/* --- who else is there
 * ------------------------------------------------------------------ */

static void test_many_share_one_breakpoint(void **state)
{
	struct sonde_probe *first, *second;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	first = probe(&world, SONDE_PROBE_ENTRY, "tick", say_entry);
	second = probe(&world, SONDE_PROBE_INSTRUCTION, "0xffffffff81000300", count_only);
	assert_int_equal(calls_traps(world.target), 1);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0), CALL(1, CALLS_TICK));
	check_log(&world, "+100c+101c");
	check(sonde_probe_destroy(first));
	assert_int_equal(calls_traps(world.target), 1);
	play(&world, RETURN(1, 0), CALL(0, CALLS_TICK));
	check_log(&world, "c");
	assert_int_equal(sonde_probe_hits(second), 3);
	check(sonde_probe_destroy(second));
	assert_int_equal(calls_traps(world.target), 0);
	end(&world);
}

static struct sonde_error *remove_both(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	say(world, "r");
	check(sonde_probe_destroy(world->victim));
	world->victim = NULL;
	check(sonde_probe_destroy(sonde_probe_hit_probe(hit)));
	return NULL;
}

/* The other one's handler is not called any more, though both were hit. */
static void test_removed_in_a_handler(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "tick", remove_both);
	world.victim = probe(&world, SONDE_PROBE_ENTRY, "tick", count_only);
	probe(&world, SONDE_PROBE_ENTRY, "open_file", count_only);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0), CALL(0, CALLS_TICK),
		CALL(0, CALLS_OPEN_FILE));
	check_log(&world, "rc");
	assert_int_equal(calls_traps(world.target), 1);
	end(&world);
}

static struct sonde_error *add_another(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	(void)hit;
	say(world, "a");
	probe(world, SONDE_PROBE_ENTRY, "tick", count_only);
	return NULL;
}

static void test_added_in_a_handler(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "tick", add_another);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0), CALL(0, CALLS_TICK), RETURN(0, 0),
		CALL(0, CALLS_TICK));
	check_log(&world, "aacacc");
	end(&world);
}

static void test_count(void **state)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_ENTRY,
		.place = "tick",
		.count = 2,
		.handler = count_only};
	const struct calls_step steps[] = {CALL(0, CALLS_TICK), RETURN(0, 0),
		CALL(1, CALLS_TICK), RETURN(1, 0), CALL(0, CALLS_TICK)};
	struct sonde_probes_end ending;
	struct sonde_probe *counted;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	options.user = &world;
	check(sonde_probe_create(world.probes, &options, &counted));
	calls_play(world.target, steps, 5);
	check(sonde_probes_run(world.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_NONE_LEFT);
	assert_int_equal(calls_traps(world.target), 0);
	assert_int_equal(sonde_probe_hits(counted), 2);
	check_log(&world, "cc");
	check(sonde_probes_run(world.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_NONE_LEFT);
	check(sonde_probe_destroy(counted));
	end(&world);
}

/* --- conditions
 * ------------------------------------------------------------------------- */

static struct sonde_error *probe_if(struct world *world, enum sonde_probe_kind kind,
	const char *condition, struct sonde_probe **ret)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = kind,
		.place = "open_file",
		.condition = condition,
		.handler = count_only,
		.user = world};

	return sonde_probe_create(world->probes, &options, ret);
}

static void test_conditions(void **state)
{
	static const struct {
		enum sonde_probe_kind kind;
		const char *condition;
		uint64_t hits;
	} cases[] = {
		{SONDE_PROBE_ENTRY, "flags == 7", 1},
		{SONDE_PROBE_ENTRY, "flags == 7 || flags == 8", 2},
		{SONDE_PROBE_ENTRY, "flags", 2},
		{SONDE_PROBE_ENTRY, "$rdx == 8 && cpu == 1", 1},
		{SONDE_PROBE_ENTRY, "name == \"text\"", 1},
		{SONDE_PROBE_ENTRY, "file->mode == 3", 1},
		{SONDE_PROBE_RETURN, "result < 0", 1},
		{SONDE_PROBE_RETURN, "result == -2 && flags == 8", 1},
		{SONDE_PROBE_RETURN, "result == 5 && flags == 8", 0},
	};
	const uint64_t file = CALLS_DATA + 0x200;
	struct sonde_probe *conditional[ARRAY_SIZE(cases)] = {NULL};
	struct world world;

	(void)state;
	begin(&world, "calls:");
	calls_write(world.target, text_place, "text", 5);
	calls_write(world.target, file, &(uint32_t){3}, 4);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (i == 4)
			continue;
		check(probe_if(
			&world, cases[i].kind, cases[i].condition, &conditional[i]));
	}
	play(&world, CALL(0, CALLS_OPEN_FILE, file, text_place, 7),
		CALL(1, CALLS_OPEN_FILE, 0, 0, 8), RETURN(1, 0xfffffffe), RETURN(0, 5));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (conditional[i] && sonde_probe_hits(conditional[i]) != cases[i].hits)
			fail_msg("%s: %d hits, not %d", cases[i].condition,
				(int)sonde_probe_hits(conditional[i]),
				(int)cases[i].hits);
	/* A pointer that leads nowhere is no reason to end. */
	assert_non_null(sonde_probe_fault(conditional[5]));
	assert_null(sonde_probe_fault(conditional[0]));
	end(&world);
}

static void test_wrong_conditions(void **state)
{
	struct sonde_probe *conditional;
	struct sonde_probes_end ending;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	check_fails(probe_if(&world, SONDE_PROBE_ENTRY, "1 +", &conditional),
		SONDE_ERROR_INVALID);
	assert_int_equal(calls_traps(world.target), 0);
	/* It is known when it is evaluated. */
	check(probe_if(&world, SONDE_PROBE_ENTRY, "flag == 1", &conditional));
	calls_play(
		world.target, (const struct calls_step[]){CALL(0, CALLS_OPEN_FILE)}, 1);
	check_says(sonde_probes_run(world.probes, 5000, &ending), SONDE_ERROR_NOT_FOUND,
		"flag");
	end(&world);
}

/* --- going on
 * ---------------------------------------------------------------------------- */

static struct sonde_error *refuse(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	say(world, "n");
	return sonde_probe_hit_return(hit, world->result);
}

static void check_returned_at_once(const char *name)
{
	struct world world;
	uint64_t sp;

	begin(&world, name);
	world.result = (uint64_t)-1;
	probe(&world, SONDE_PROBE_ENTRY, "open_file", refuse);
	probe(&world, SONDE_PROBE_RETURN, "open_file", say_return);
	sp = calls_register(world.target, 0, "sp");
	play(&world, CALL(0, CALLS_OPEN_FILE, 1, 2, 3), RETURN(0, 5), CALL(0, CALLS_TICK),
		RETURN(0, 6));
	/* It was not executed, and did not return either. */
	check_log(&world, "n");
	assert_int_equal(calls_executed(world.target), 1);
	assert_true(sp >= calls_register(world.target, 0, "sp"));
	end(&world);
}

static void test_return_at_once(void **state)
{
	(void)state;
	check_returned_at_once("calls:");
	check_returned_at_once("calls:arm");
}

static void test_change_result(void **state)
{
	struct sonde_probe_options options = {
		.size = sizeof(options), .place = "open_file", .handler = refuse};
	const struct calls_step steps[] = {CALL(0, CALLS_OPEN_FILE), RETURN(0, 5)};
	struct sonde_probes_end ending;
	struct sonde_probe *changing;
	struct world world;
	char site[32];
	uint64_t sp;

	(void)state;
	begin(&world, "calls:");
	options.kind = SONDE_PROBE_RETURN;
	options.user = &world;
	world.result = 44;
	check(sonde_probe_create(world.probes, &options, &changing));
	snprintf(site, sizeof(site), "0x%llx", (unsigned long long)calls_site(0));
	probe(&world, SONDE_PROBE_INSTRUCTION, site, count_only);
	sp = calls_register(world.target, 0, "sp");
	calls_play(world.target, steps, 2);
	check(sonde_probes_run(world.probes, 5000, &ending));
	assert_int_equal(calls_register(world.target, 0, "rax"), 44);
	/* It has returned already; and was stepped past the probes there. */
	assert_int_equal(calls_register(world.target, 0, "pc"), calls_site(0) + 1);
	assert_int_equal(calls_register(world.target, 0, "sp"), sp);
	check_log(&world, "cn");
	end(&world);
}

/* In the middle of a function nobody knows where its frame ends. */
static void test_return_from_the_middle(void **state)
{
	const struct calls_step steps[] = {CALL(0, CALLS_OPEN_FILE), RETURN(0, 5)};
	struct sonde_probes_end ending;
	struct world world;
	char site[32];

	(void)state;
	begin(&world, "calls:");
	snprintf(site, sizeof(site), "0x%llx", (unsigned long long)CALLS_CODE + 0x1000);
	probe(&world, SONDE_PROBE_INSTRUCTION, site, refuse);
	calls_play(world.target, steps, 2);
	check_fails(sonde_probes_run(world.probes, 5000, &ending), SONDE_ERROR_INVALID);
	assert_int_equal(sonde_target_state(world.target), SONDE_STATE_STOPPED);
	end(&world);
}

static void test_stay(void **state)
{
	const struct calls_step steps[] = {
		CALL(0, CALLS_TICK), RETURN(0, 5), CALL(1, CALLS_TICK)};
	struct sonde_probes_end ending;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "tick", stay);
	calls_play(world.target, steps, 3);
	for (unsigned i = 0; i < 2; i++) {
		check(sonde_probes_run(world.probes, 5000, &ending));
		assert_int_equal(ending.state, SONDE_PROBES_STAYED);
		assert_int_equal(ending.stop.reason, SONDE_STOP_BREAKPOINT);
		assert_int_equal(sonde_thread_number(ending.stop.thread), i);
		assert_int_equal(sonde_target_state(world.target), SONDE_STATE_STOPPED);
	}
	check_log(&world, "ss");
	end(&world);
}

static struct sonde_error *see_step(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	assert_null(sonde_probe_hit_probe(hit));
	assert_int_equal(sonde_probe_hit_stop(hit)->reason, SONDE_STOP_STEP);
	say(world, "%x ",
		(unsigned)(sonde_probe_hit_address(hit) - calls_address(CALLS_TICK)));
	if (++world->steps == 4)
		return sonde_probe_hit_step(hit, 1, see_step, world);
	return NULL;
}

static struct sonde_error *begin_steps(struct sonde_probe_hit *hit, void *user)
{
	return sonde_probe_hit_step(hit, 4, see_step, user);
}

/* Others that are met on the way are hit. */
static void test_steps(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "tick", begin_steps);
	probe(&world, SONDE_PROBE_INSTRUCTION, "tick+0x2", count_only);
	probe(&world, SONDE_PROBE_INSTRUCTION, "tick+0x4", count_only);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 5));
	check_log(&world, "1 c2 3 c4 5 ");
	end(&world);
}

static struct sonde_error *fail_with(struct sonde_probe_hit *hit, void *user)
{
	(void)hit;
	(void)user;
	return sonde_error_create(SONDE_ERROR_BUSY, "a handler's own");
}

static void test_error_of_a_handler(void **state)
{
	const struct calls_step steps[] = {CALL(0, CALLS_TICK)};
	struct sonde_probes_end ending;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "tick", fail_with);
	calls_play(world.target, steps, 1);
	check_says(sonde_probes_run(world.probes, 5000, &ending), SONDE_ERROR_BUSY,
		"a handler's own");
	assert_int_equal(sonde_target_state(world.target), SONDE_STATE_STOPPED);
	end(&world);
}

static struct sonde_error *run_within(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probes_end ending;
	struct world *world = user;

	(void)hit;
	check_fails(sonde_probes_run(world->probes, 0, &ending), SONDE_ERROR_INVALID);
	say(world, "w");
	return NULL;
}

static void test_loop_within_a_handler(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "tick", run_within);
	play(&world, CALL(0, CALLS_TICK));
	check_log(&world, "w");
	end(&world);
}

/* A stop at a time, for those who have a loop of their own. */
static void test_dispatch(void **state)
{
	const struct calls_step steps[] = {
		CALL(0, CALLS_TICK), RETURN(0, 5), CALL(1, CALLS_TICK)};
	struct sonde_probes_end ending;
	unsigned rounds = 0;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_ENTRY, "tick", say_entry);
	calls_play(world.target, steps, 3);
	do {
		check(sonde_probes_dispatch(world.probes, &ending));
	} while (ending.state == SONDE_PROBES_RUNNING && ++rounds < 10);
	assert_int_equal(ending.state, SONDE_PROBES_OTHER_STOP);
	assert_int_equal(rounds, 2);
	check_log(&world, "+100+101");
	end(&world);
}

/* --- memory
 * ------------------------------------------------------------------------------- */

static struct sonde_error *say_change(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probe_change change;
	uint64_t before, now;

	check(sonde_probe_hit_change(hit, &change));
	assert_int_equal(change.length, 8);
	memcpy(&before, change.before, 8);
	memcpy(&now, change.now, 8);
	say((struct world *)user, "%d>%d ", (int)before, (int)now);
	return NULL;
}

static void test_watch(void **state)
{
	struct sonde_probe *watching;
	struct world world;
	char place[40];

	(void)state;
	begin(&world, "calls:");
	snprintf(place, sizeof(place), "*(long *)0x%llx", (unsigned long long)CALLS_DATA);
	watching = probe(&world, SONDE_PROBE_WATCH_WRITE, place, say_change);
	play(&world, WRITE(3), WRITE(5), WRITE(5));
	check_log(&world, "0>3 3>5 5>5 ");
	check_fails(sonde_probe_add_place(watching, NULL, CALLS_DATA + 8),
		SONDE_ERROR_INVALID);
	end(&world);
}

/* --- places
 * --------------------------------------------------------------------------------- */

static void test_places(void **state)
{
	struct sonde_probe *several;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	several = probe(&world, SONDE_PROBE_ENTRY, "tick", say_entry);
	check(sonde_probe_add_place(several, "open_file", 0));
	check(sonde_probe_add_place(several, NULL, calls_address(CALLS_PAIR)));
	check(sonde_probe_add_place(several, "tick", 0));
	assert_int_equal(sonde_probe_place_count(several), 3);
	assert_int_equal(calls_traps(world.target), 3);
	play(&world, CALL(0, CALLS_TICK), CALL(1, CALLS_OPEN_FILE), CALL(0, CALLS_PAIR));
	check_log(&world, "+100+101+100");
	check_says(
		sonde_probe_add_place(several, "tock", 0), SONDE_ERROR_NOT_FOUND, "tock");
	end(&world);
}

static struct sonde_error *probe_pending(
	struct world *world, const char *place, struct sonde_probe **ret)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_ENTRY,
		.place = place,
		.pending = true,
		.handler = say_entry,
		.user = world};

	return sonde_probe_create(world->probes, &options, ret);
}

/* What sees it come is there only as long as somebody waits. */
static void test_pending(void **state)
{
	struct sonde_probe *first, *second, *known;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	calls_hide(world.target, CALLS_OPEN_FILE, true);
	calls_hide(world.target, CALLS_PAIR, true);
	check(probe_pending(&world, "open_file", &first));
	check(probe_pending(&world, "pair+0x0", &second));
	check(probe_pending(&world, "untyped", &known));
	assert_int_equal(sonde_probe_place_count(first), 0);
	assert_int_equal(calls_traps(world.target), 2);
	play(&world, CALL(0, CALLS_OPEN_FILE), RETURN(0, 1), CALL(0, CALLS_TICK));
	calls_hide(world.target, CALLS_OPEN_FILE, false);
	play(&world, RETURN(0, 1), CALL(0, CALLS_TICK), CALL(1, CALLS_OPEN_FILE));
	check_log(&world, "+101");
	assert_int_equal(sonde_probe_place_count(first), 1);
	assert_int_equal(calls_traps(world.target), 3);
	/* Nobody waits any more. */
	check(sonde_probe_destroy(second));
	assert_int_equal(calls_traps(world.target), 2);
	check(probe_pending(&world, "pair", &second));
	calls_hide(world.target, CALLS_PAIR, false);
	play(&world, RETURN(1, 1), RETURN(0, 1), CALL(0, CALLS_TICK), RETURN(0, 1),
		CALL(0, CALLS_PAIR));
	check_log(&world, "+100");
	assert_int_equal(calls_traps(world.target), 3);
	/* What is wrong is wrong at once. */
	check_fails(probe_pending(&world, "1 +", &second), SONDE_ERROR_INVALID);
	end(&world);
}

static bool runs_the_same(const struct world *world, int64_t asked_ms)
{
	const struct sonde_target *target = sonde_target_base(world->target);

	return sonde_target_runs_the_same(
		target, sonde_clock_ns() + (uint64_t)asked_ms * UINT64_C(1000000));
}

static struct sonde_error *say_trusted(struct sonde_probe_hit *hit, void *user)
{
	bool trusted = false;

	(void)hit;
	/* On a machine that is busy one look may take longer than the answer is good for.
	 */
	for (unsigned i = 0; i < 1000 && !trusted; i++)
		trusted = runs_the_same(user, 0);
	say((struct world *)user, "%s ",
		trusted && !runs_the_same(user, -20) ? "trusted" : "asked");
	return NULL;
}

/* Only at a trap of ours, and only for so long, a CPU need not be asked again. */
static void test_hits_in_quick_succession(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	assert_false(runs_the_same(&world, 0));
	probe(&world, SONDE_PROBE_ENTRY, "tick", say_trusted);
	play(&world, CALL(0, CALLS_TICK), CALL(1, CALLS_TICK));
	check_log(&world, "trusted trusted ");
	assert_false(runs_the_same(&world, 0));
	end(&world);
}

/* nop; call; nop; call *%rax; ret */
static void test_calls_of_a_function(void **state)
{
	static const uint8_t code[] = {
		0x90, 0xe8, 0xfa, 0, 0, 0, 0x90, 0xff, 0xd0, 0xc3, 0xcc, 0xcc};
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSIDE,
		.instructions = SONDE_INSIDE_CALLS,
		.place = "tick"};
	uint8_t rest[CALLS_FUNCTION_BYTES];
	struct sonde_probe *calling;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	memset(rest, 0xcc, sizeof(rest));
	memcpy(rest, code, sizeof(code));
	calls_write(world.target, calls_address(CALLS_TICK), rest, sizeof(rest));
	check(sonde_probe_create(world.probes, &options, &calling));
	assert_int_equal(sonde_probe_place_count(calling), 2);
	check(sonde_probe_destroy(calling));
	memset(rest, 0xcc, sizeof(rest));
	calls_write(world.target, calls_address(CALLS_TICK), rest, sizeof(rest));
	check_says(sonde_probe_create(world.probes, &options, &calling),
		SONDE_ERROR_INVALID, "calls nothing");
	calls_write(world.target, calls_address(CALLS_TICK), code, sizeof(code));
	options.kind = SONDE_PROBE_INSTRUCTION;
	options.place = "tick+3";
	check_says(sonde_probe_create(world.probes, &options, &calling),
		SONDE_ERROR_INVALID, "begins at tick+0x1");
	options.place = "tick+6";
	check(sonde_probe_create(world.probes, &options, &calling));
	end(&world);
}

/* --- the table of calls
 * ---------------------------------------------------------------------- */

static struct sonde_error *is_of_odd_task(
	void *user, const struct sonde_return *call, bool *ret)
{
	(void)user;
	*ret = call->task % 2;
	return NULL;
}

/* Tasks that end in a function fill the table, and no more than that. */
static void test_table_is_bounded(void **state)
{
	struct sonde_returns returns = {.records = NULL};
	unsigned pending = 0;
	struct sonde_return call = {.address = 5, .pending = &pending}, taken;

	(void)state;
	for (uint64_t i = 1; i <= SONDE_RETURNS_MAX + 3; i++) {
		call.task = i;
		call.sp = i << 20;
		check(sonde_returns_add(&returns, &call));
	}
	assert_true(sonde_returns_is_full(&returns));
	assert_int_equal(returns.lost, 3);
	assert_int_equal(pending, SONDE_RETURNS_MAX);
	/* The oldest went. */
	assert_false(sonde_returns_take(&returns, 3, 3 << 20, 5, &taken));
	assert_false(sonde_returns_take(&returns, 4, 4 << 20, 6, &taken));
	assert_true(sonde_returns_take(&returns, 4, 4 << 20, 5, &taken));
	assert_int_equal(taken.task, 4);
	check(sonde_returns_sweep(&returns, is_of_odd_task, NULL));
	assert_int_equal(returns.count, (SONDE_RETURNS_MAX - 1) / 2);
	assert_int_equal(pending, returns.count);
	sonde_returns_forget(&returns, NULL);
	assert_int_equal(returns.count, 0);
	sonde_returns_deinit(&returns);
}

/* An interrupt's handler has a stack of its own, further down or up, and the same task.
 */
static void test_other_stacks_are_left_alone(void **state)
{
	struct sonde_returns returns = {.records = NULL};
	struct sonde_return call = {.task = 1, .address = 5, .sp = 0x13f00}, taken;

	(void)state;
	check(sonde_returns_add(&returns, &call));
	call.sp = 0x83f00;
	check(sonde_returns_add(&returns, &call));
	assert_true(sonde_returns_take(&returns, 1, 0x83f00, 5, &taken));
	assert_true(sonde_returns_take(&returns, 1, 0x13f00, 5, &taken));
	/* At the machine level nobody knows whose stacks they are. */
	call.task = 0;
	check(sonde_returns_add(&returns, &call));
	call.sp += 16;
	check(sonde_returns_add(&returns, &call));
	assert_int_equal(returns.count, 2);
	sonde_returns_deinit(&returns);
}

/* Ended tasks make room before the oldest calls do. */
static void test_ended_tasks_make_room(void **state)
{
	struct sonde_return call = {.task = 6, .address = 5};
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe(&world, SONDE_PROBE_RETURN, "open_file", say_return);
	play(&world, CALL(0, CALLS_OPEN_FILE));
	for (uint64_t i = 1; i < SONDE_RETURNS_MAX; i++) {
		call.sp = i << 20;
		check(sonde_returns_add(&world.probes->returns, &call));
	}
	calls_end_task(world.target, 5);
	play(&world, CALL(1, CALLS_OPEN_FILE), RETURN(1, 2), RETURN(0, 1));
	check_log(&world, "-101=2 -100=1 ");
	assert_int_equal(sonde_probes_lost(world.probes), 0);
	assert_int_equal(world.probes->returns.count, 0);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_large_arguments),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_two_cpus),
		cmocka_unit_test(test_migration),
		cmocka_unit_test(test_tail_call),
		cmocka_unit_test(test_others_return_there),
		cmocka_unit_test(test_never_returns),
		cmocka_unit_test(test_never_returns_and_is_replaced),
		cmocka_unit_test(test_return_place_stays),
		cmocka_unit_test(test_many_return_places),
		cmocka_unit_test(test_many_share_one_breakpoint),
		cmocka_unit_test(test_removed_in_a_handler),
		cmocka_unit_test(test_added_in_a_handler),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_wrong_conditions),
		cmocka_unit_test(test_return_at_once),
		cmocka_unit_test(test_change_result),
		cmocka_unit_test(test_return_from_the_middle),
		cmocka_unit_test(test_stay),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_error_of_a_handler),
		cmocka_unit_test(test_loop_within_a_handler),
		cmocka_unit_test(test_dispatch),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_hits_in_quick_succession),
		cmocka_unit_test(test_calls_of_a_function),
		cmocka_unit_test(test_table_is_bounded),
		cmocka_unit_test(test_other_stacks_are_left_alone),
		cmocka_unit_test(test_ended_tasks_make_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
