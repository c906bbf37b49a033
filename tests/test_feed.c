/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters, and probes of probes, on a machine that calls and returns as it is told. */
#include "probe.h"
#include "probe_world.h"

static struct sonde_probe *create(
	struct world *world, const struct sonde_probe_options *given)
{
	struct sonde_probe_options options = *given;
	struct sonde_probe *ret;

	options.size = sizeof(options);
	options.user = world;
	check(sonde_probe_create(world->probes, &options, &ret));
	return ret;
}

#define CREATE(world, ...) create(world, &(const struct sonde_probe_options){__VA_ARGS__})

#define FILTER(...)                                              \
	&(const struct sonde_filter)                             \
	{                                                        \
		.size = sizeof(struct sonde_filter), __VA_ARGS__ \
	}

#define SAYS(letter)                                                             \
	static struct sonde_error *say_##letter(                                 \
		struct sonde_probe_hit *hit __attribute__((unused)), void *user) \
	{                                                                        \
		say((struct world *)user, #letter);                              \
		return NULL;                                                     \
	}
SAYS(a)
SAYS(b)
SAYS(d)
SAYS(e)
SAYS(f)

/* --- order and values ------------------------------------------------------------------
 */

/* Each before what it feeds, and that before its sisters; then others of the place. */
static void test_order(void **state)
{
	struct sonde_probe *source, *other, *first;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	source = CREATE(&world, .place = "tick", .handler = say_a);
	other = CREATE(&world, .place = "tick", .handler = say_f);
	first = CREATE(&world, .source = source, .handler = say_b);
	CREATE(&world, .source = source, .handler = say_e);
	CREATE(&world, .source = first, .handler = say_d);
	assert_int_equal(calls_traps(world.target), 1);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0), CALL(1, CALLS_TICK));
	check_log(&world, "abdefabdef");
	assert_int_equal(sonde_probe_hits(first), 2);
	assert_int_equal(sonde_probe_hits(other), 2);
	assert_int_equal(sonde_probe_place_count(first), 0);
	end(&world);
}

static struct sonde_error *say_call(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_value file, result;
	const char *name;

	check(sonde_probe_hit_argument(hit, 0, &name, &file));
	check(sonde_probe_hit_result(hit, &result));
	assert_true(sonde_probe_hit_address(hit) == calls_address(CALLS_OPEN_FILE));
	say((struct world *)user, "%s %d: %d; ", name, (int)file.integer,
		(int)result.integer);
	return NULL;
}

/* What is known of the source's hit is known of theirs: here an entry with its return. */
static void test_arguments_and_results(void **state)
{
	struct sonde_probe *calls, *failed, *never;
	struct world world;

	(void)state;
	begin(&world, "calls:arm");
	calls = CREATE(&world, .kind = SONDE_PROBE_RETURN, .place = "open_file");
	failed = CREATE(
		&world, .source = calls, .condition = "result < 0", .handler = say_call);
	CREATE(&world, .source = failed, .condition = "flags == 7", .handler = say_a);
	never = CREATE(&world, .source = failed, .condition = "result > 0");
	CREATE(&world, .source = never, .handler = say_b);
	play(&world, CALL(0, CALLS_OPEN_FILE, 3, 0, 7), RETURN(0, 5),
		CALL(0, CALLS_OPEN_FILE, 4, 0, 8), CALL(1, CALLS_OPEN_FILE, 5, 0, 7),
		RETURN(0, 0xfffffffe), RETURN(1, 0xffffffff));
	check_log(&world, "file 4: -2; file 5: -1; a");
	assert_int_equal(sonde_probe_hits(calls), 3);
	assert_int_equal(sonde_probe_hits(failed), 2);
	assert_int_equal(sonde_probe_hits(never), 0);
	end(&world);
}

/* A source of returns does not feed when its function is called. */
static void test_not_fed_by_calls(void **state)
{
	struct sonde_probe *source;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	source = CREATE(&world, .kind = SONDE_PROBE_RETURN, .place = "tick");
	CREATE(&world, .source = source, .handler = say_a);
	play(&world, CALL(0, CALLS_TICK));
	check_log(&world, "");
	play(&world, RETURN(0, 0));
	check_log(&world, "a");
	end(&world);
}

static struct sonde_error *say_change(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probe_change change;

	check(sonde_probe_hit_change(hit, &change));
	assert_true(change.address == CALLS_DATA);
	say((struct world *)user, "%u->%u ", change.before[0], change.now[0]);
	return NULL;
}

static struct sonde_error *destroy_and_ask(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	check(sonde_probe_destroy(world->victim));
	return say_change(hit, user);
}

/* Also when the handler has destroyed what watches. */
static void test_watched_memory(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	world.victim = CREATE(&world, .kind = SONDE_PROBE_WATCH_WRITE,
		.address = CALLS_DATA, .length = 8);
	CREATE(&world, .source = world.victim, .handler = say_change);
	play(&world, WRITE(5), WRITE(6));
	check_log(&world, "0->5 5->6 ");
	CREATE(&world, .source = world.victim, .handler = destroy_and_ask);
	CREATE(&world, .place = "tick");
	play(&world, WRITE(7));
	check_log(&world, "6->7 6->7 ");
	end(&world);
}

/* --- filters ---------------------------------------------------------------------------
 */

static void test_filters(void **state)
{
	struct sonde_probe *source, *cpu, *pid, *process, *both, *name, *task;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	source = CREATE(&world, .kind = SONDE_PROBE_ENTRY, .place = "tick");
	cpu = CREATE(&world, .source = source,
		.filter = FILTER(.fields = SONDE_FILTER_CPU, .cpu = 1));
	pid = CREATE(&world, .source = source,
		.filter = FILTER(.fields = SONDE_FILTER_PID, .pid = 101));
	process = CREATE(&world, .source = source,
		.filter = FILTER(.fields = SONDE_FILTER_PROCESS, .process = 100));
	both = CREATE(&world, .source = process,
		.filter = FILTER(.fields = SONDE_FILTER_CPU | SONDE_FILTER_PID, .cpu = 0,
			.pid = 101));
	name = CREATE(&world, .source = source,
		.filter = FILTER(.fields = SONDE_FILTER_COMM, .comm = "caller"));
	task = CREATE(&world, .source = source,
		.filter = FILTER(.fields = SONDE_FILTER_TASK, .task = 3));
	play(&world, CALL(0, CALLS_TICK), CALL(1, CALLS_TICK), RETURN(0, 0), RETURN(1, 0),
		SWITCH(1, 2), SWITCH(0, 1), CALL(0, CALLS_TICK), CALL(1, CALLS_TICK));
	assert_int_equal(sonde_probe_hits(source), 4);
	assert_int_equal(sonde_probe_hits(cpu), 2);
	assert_int_equal(sonde_probe_hits(pid), 2);
	assert_int_equal(sonde_probe_hits(process), 3);
	assert_int_equal(sonde_probe_hits(both), 1);
	assert_int_equal(sonde_probe_hits(name), 4);
	assert_int_equal(sonde_probe_hits(task), 1);
	end(&world);
}

/* A filter of a probe with a place; calls of others get no breakpoint at their return. */
static void test_filter_of_returns(void **state)
{
	struct sonde_probe *probe;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	probe = CREATE(&world, .kind = SONDE_PROBE_RETURN, .place = "tick",
		.filter = FILTER(.fields = SONDE_FILTER_PID, .pid = 101));
	play(&world, CALL(0, CALLS_TICK));
	assert_int_equal(calls_traps(world.target), 1);
	play(&world, CALL(1, CALLS_TICK));
	assert_int_equal(calls_traps(world.target), 2);
	play(&world, RETURN(0, 0), RETURN(1, 0));
	assert_int_equal(sonde_probe_hits(probe), 1);
	check(sonde_probe_destroy(probe));
	/* It may come back on the other CPU: that of the return counts. */
	probe = CREATE(&world, .kind = SONDE_PROBE_RETURN, .place = "tick",
		.filter = FILTER(.fields = SONDE_FILTER_CPU, .cpu = 1));
	play(&world, CALL(0, CALLS_TICK), SWITCH(0, 2), SWITCH(1, 0), RETURN(1, 0));
	assert_int_equal(sonde_probe_hits(probe), 1);
	end(&world);
}

/* --- life ------------------------------------------------------------------------------
 */

/* A source takes along what it feeds, however far down. */
static void test_source_ends(void **state)
{
	struct sonde_probe *source, *fed, *last;
	struct sonde_probes_end ending;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	source = CREATE(&world, .place = "tick");
	fed = CREATE(&world, .source = source, .handler = say_a);
	last = fed;
	for (unsigned i = 0; i < 10000; i++)
		last = CREATE(&world, .source = last);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0));
	assert_int_equal(sonde_probe_hits(last), 1);
	check(sonde_probe_destroy(source));
	assert_int_equal(calls_traps(world.target), 0);
	/* Nobody is left to be hit; what was counted is known still. */
	check(sonde_probes_run(world.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_NONE_LEFT);
	assert_int_equal(sonde_probe_hits(last), 1);
	check(sonde_probe_destroy(last));
	check(sonde_probe_destroy(fed));
	end(&world);
}

/* The last hit of a source is one of all that it feeds. */
static void test_counts(void **state)
{
	struct sonde_probe *source, *fed, *once;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	CREATE(&world, .place = "tick", .handler = say_f);
	source = CREATE(&world, .place = "tick", .count = 2, .handler = say_a);
	once = CREATE(&world, .source = source, .count = 1, .handler = say_b);
	CREATE(&world, .source = once, .handler = say_d);
	fed = CREATE(&world, .source = source, .handler = say_e);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0), CALL(0, CALLS_TICK), RETURN(0, 0),
		CALL(0, CALLS_TICK), RETURN(0, 0));
	check_log(&world, "fabdefaef");
	assert_int_equal(sonde_probe_hits(source), 2);
	assert_int_equal(sonde_probe_hits(fed), 2);
	end(&world);
}

static struct sonde_error *feed_more(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	say(world, "m");
	if (!world->steps++)
		CREATE(world, .source = sonde_probe_hit_probe(hit), .handler = say_b);
	return NULL;
}

static struct sonde_error *destroy_victim(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;

	(void)hit;
	say(world, "k");
	check(sonde_probe_destroy(world->victim));
	world->victim = NULL;
	return NULL;
}

static void test_added_and_removed_by_handlers(void **state)
{
	struct sonde_probe *source;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	CREATE(&world, .place = "tick", .handler = feed_more);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0), CALL(0, CALLS_TICK));
	check_log(&world, "mmb");
	end(&world);
	/* A sister, and what that feeds. */
	begin(&world, "calls:");
	source = CREATE(&world, .place = "tick", .handler = say_a);
	CREATE(&world, .source = source, .handler = destroy_victim, .count = 1);
	world.victim = CREATE(&world, .source = source, .handler = say_b);
	CREATE(&world, .source = world.victim, .handler = say_d);
	CREATE(&world, .source = source, .handler = say_e);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0), CALL(0, CALLS_TICK));
	check_log(&world, "akeae");
	end(&world);
	/* The source itself, by what it feeds. */
	begin(&world, "calls:");
	world.victim = source = CREATE(&world, .place = "tick", .handler = say_a);
	CREATE(&world, .source = source, .handler = destroy_victim);
	CREATE(&world, .source = source, .handler = say_b);
	calls_play(world.target, (const struct calls_step[]){CALL(0, CALLS_TICK)}, 1);
	check(sonde_probes_run(world.probes, 5000, &(struct sonde_probes_end){0}));
	check_log(&world, "ak");
	assert_int_equal(calls_traps(world.target), 0);
	end(&world);
}

static struct sonde_error *return_nine(struct sonde_probe_hit *hit, void *user)
{
	say((struct world *)user, "9");
	return sonde_probe_hit_return(hit, 9);
}

static struct sonde_error *see_step(struct sonde_probe_hit *hit, void *user)
{
	assert_null(sonde_probe_hit_probe(hit));
	say((struct world *)user, ".");
	return NULL;
}

static struct sonde_error *take_steps(struct sonde_probe_hit *hit, void *user)
{
	return sonde_probe_hit_step(hit, 3, see_step, user);
}

/* What a handler says of the source's hit counts. */
static void test_actions(void **state)
{
	const struct calls_step steps[] = {CALL(0, CALLS_TICK)};
	struct sonde_probes_end ending;
	struct sonde_probe *source;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	source = CREATE(&world, .kind = SONDE_PROBE_ENTRY, .place = "open_file");
	CREATE(&world, .source = source, .handler = return_nine);
	CREATE(&world, .source = source, .handler = say_a);
	play(&world, CALL(0, CALLS_OPEN_FILE), RETURN(0, 1));
	check_log(&world, "9a");
	assert_int_equal(calls_register(world.target, 0, "rax"), 9);
	assert_int_equal(calls_executed(world.target), 0);
	source = CREATE(&world, .place = "tick");
	CREATE(&world, .source = source, .handler = take_steps);
	play(&world, CALL(0, CALLS_TICK), RETURN(0, 0));
	check_log(&world, "...");
	CREATE(&world, .source = source, .handler = stay);
	CREATE(&world, .source = source, .handler = say_a);
	calls_play(world.target, steps, 1);
	check(sonde_probes_run(world.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	check_log(&world, "sa");
	end(&world);
}

/* --- mistakes --------------------------------------------------------------------------
 */

static void refuse(struct sonde_probes *probes, const struct sonde_probe_options *given,
	const char *why)
{
	struct sonde_probe_options options = *given;
	struct sonde_probe *probe;

	options.size = options.size ?: sizeof(options);
	check_says(
		sonde_probe_create(probes, &options, &probe), SONDE_ERROR_INVALID, why);
}

#define REFUSE(probes, why, ...) \
	refuse(probes, &(const struct sonde_probe_options){__VA_ARGS__}, why)

static void test_mistakes(void **state)
{
	struct sonde_probe *source, *fed;
	struct world world, other;

	(void)state;
	begin(&world, "calls:");
	begin(&other, "calls:");
	source = CREATE(&world, .place = "tick", .count = 1);
	fed = CREATE(&world, .source = source);
	check_fails(sonde_probe_add_place(fed, "tick", 0), SONDE_ERROR_INVALID);
	REFUSE(other.probes, "a probe and its source are of the same probes",
		.source = source);
	REFUSE(world.probes, "the filter asks for a name without one", .source = source,
		.filter = FILTER(.fields = SONDE_FILTER_COMM));
	REFUSE(world.probes, "struct sonde_filter has another size, or other fields",
		.place = "tick", .filter = FILTER(.fields = 1 << 9));
	REFUSE(world.probes, "struct sonde_probe_options has another size", .size = 8,
		.place = "tick");
	CREATE(&world, .place = "open_file");
	play(&world, CALL(0, CALLS_TICK));
	REFUSE(world.probes, "the source is out already", .source = source);
	check_fails(sonde_probe_add_place(fed, "tick", 0), SONDE_ERROR_INVALID);
	end(&other);
	end(&world);
}

/* A program that was compiled before there were sources: what is behind is not read. */
static void test_older_programs(void **state)
{
	struct sonde_probe_options options = {
		.size = offsetof(struct sonde_probe_options, source),
		.place = "tick",
		.handler = say_a,
		.source = (struct sonde_probe *)1,
		.filter = (struct sonde_filter *)1};
	struct sonde_probe *probe;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	options.user = &world;
	check(sonde_probe_create(world.probes, &options, &probe));
	play(&world, CALL(0, CALLS_TICK));
	check_log(&world, "a");
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_arguments_and_results),
		cmocka_unit_test(test_not_fed_by_calls),
		cmocka_unit_test(test_watched_memory),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_filter_of_returns),
		cmocka_unit_test(test_source_ends),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_added_and_removed_by_handlers),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_older_programs),
	};

	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
