/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One test of probes on the machine of fake_calls.h, and handlers that write things down.
 */
#ifndef SONDE_TESTS_PROBE_WORLD_H
#define SONDE_TESTS_PROBE_WORLD_H

#include "wire_check.h"

#include <sonde/sonde.h>
#include <stdio.h>
#include <string.h>

#include "context.h"
#include "fake_calls.h"

struct world {
	struct sonde *sonde;
	struct sonde_target *target;
	struct sonde_probes *probes;
	/** What handlers have written down. */
	char log[4096];
	/** What they do besides. */
	struct sonde_probe *victim;
	uint64_t result;
	unsigned steps;
};

static inline void begin(struct world *world, const char *name)
{
	memset(world, 0, sizeof(*world));
	check(sonde_create(NULL, &world->sonde));
	check(sonde_context_add_driver(world->sonde, &calls_driver));
	check(sonde_open(world->sonde, name, &world->target));
	check(sonde_probes_create(world->target, &world->probes));
}

/* Nothing is left behind. */
static inline void end(struct world *world)
{
	check(sonde_probes_destroy(world->probes));
	assert_int_equal(calls_traps(world->target), 0);
	check(sonde_target_detach(world->target));
	sonde_target_close(world->target);
	sonde_destroy(world->sonde);
}

#define say(world, ...)                               \
	snprintf((world)->log + strlen((world)->log), \
		sizeof((world)->log) - strlen((world)->log), __VA_ARGS__)

static inline void check_log(struct world *world, const char *expected)
{
	assert_string_equal(world->log, expected);
	*world->log = '\0';
}

static inline struct sonde_probe *probe(struct world *world, enum sonde_probe_kind kind,
	const char *place, sonde_probe_handler *handler)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = kind,
		.place = place,
		.handler = handler,
		.user = world};
	struct sonde_probe *ret;

	check(sonde_probe_create(world->probes, &options, &ret));
	return ret;
}

/* Plays @p steps; the machine then stops, which is no probe's doing. */
#define play(world, ...)                                            \
	play_steps(world, (const struct calls_step[]){__VA_ARGS__}, \
		sizeof((const struct calls_step[]){__VA_ARGS__}) /  \
			sizeof(struct calls_step))

static inline void play_steps(
	struct world *world, const struct calls_step *steps, size_t count)
{
	struct sonde_probes_end ending;

	calls_play(world->target, steps, count);
	check(sonde_probes_run(world->probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_OTHER_STOP);
	assert_int_equal(ending.stop.reason, SONDE_STOP_INTERRUPT);
}

#define CALL(cpu_, function_, ...)                                                      \
	{                                                                               \
		.event = CALLS_CALL, .cpu = cpu_, .function = function_, .arguments = { \
			__VA_ARGS__                                                     \
		}                                                                       \
	}
#define RETURN(cpu_, value_)                                        \
	{                                                           \
		.event = CALLS_RETURN, .cpu = cpu_, .value = value_ \
	}
#define TAIL(cpu_, function_)                                                \
	{                                                                    \
		.event = CALLS_TAIL_CALL, .cpu = cpu_, .function = function_ \
	}
#define ABANDON(cpu_, frames)                                        \
	{                                                            \
		.event = CALLS_ABANDON, .cpu = cpu_, .value = frames \
	}
#define SWITCH(cpu_, task)                                        \
	{                                                         \
		.event = CALLS_SWITCH, .cpu = cpu_, .value = task \
	}
#define GO(cpu_, pc)                                         \
	{                                                    \
		.event = CALLS_GO, .cpu = cpu_, .value = pc, \
	}
#define WRITE(value_)                                 \
	{                                             \
		.event = CALLS_WRITE, .value = value_ \
	}

static inline struct sonde_error *say_entry(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probe_task task;

	check(sonde_probe_hit_task(hit, &task));
	say((struct world *)user, "+%u", (unsigned)task.pid);
	return NULL;
}

static inline struct sonde_error *say_return(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probe_task task;
	struct sonde_value result;

	check(sonde_probe_hit_task(hit, &task));
	check(sonde_probe_hit_result(hit, &result));
	say((struct world *)user, "-%u=%d ", (unsigned)task.pid, (int)result.integer);
	return NULL;
}

static inline struct sonde_error *count_only(struct sonde_probe_hit *hit, void *user)
{
	(void)hit;
	say((struct world *)user, "c");
	return NULL;
}

static inline struct sonde_error *stay(struct sonde_probe_hit *hit, void *user)
{
	say((struct world *)user, "s");
	sonde_probe_hit_stay(hit);
	return NULL;
}

#endif
