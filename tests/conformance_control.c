/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running, stopping, stepping; the state a target is found in and left in. */
#include "conformance.h"

enum {
	STEPS = 10,
	BRIEFLY_MS = 100,
	LONG_MS = 20000,
};

/* False: the stub steps no thread but the one that stopped. */
static bool step_thread(struct subject *subject, struct sonde_thread *thread)
{
	struct tap *tap = &subject->tap;
	unsigned moved = 0;

	for (unsigned step = 0; step < STEPS; step++) {
		struct sonde_error *error;
		struct sonde_stop stop;
		uint64_t before, after;

		TAP_OK(tap, sonde_thread_read_pc(thread, &before));
		error = sonde_target_step(subject->target, thread, false, &stop);
		if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED) {
			sonde_error_destroy(error);
			TAP_TRUE(tap, step == 0);
			return false;
		}
		TAP_OK(tap, error);
		TAP_TRUE(tap, stop.reason == SONDE_STOP_STEP);
		TAP_TRUE(tap, stop.thread == thread);
		TAP_OK(tap, sonde_thread_read_pc(thread, &after));
		moved += before != after;
	}
	/* A jump to itself, or a repeated string instruction, may stay. */
	TAP_TRUE(tap, moved > 0);
	return true;
}

static void check_steps(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *current = conformance_thread(subject);

	TAP_TRUE(tap, step_thread(subject, current));
}

static void check_steps_of_others(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *current = conformance_thread(subject);
	struct sonde_thread *const *threads;
	size_t count;

	TAP_OK(tap, sonde_target_threads(subject->target, &threads, &count));
	if (count < 2)
		tap_skip(tap, "there is only one thread");
	if (subject->switches)
		tap_skip(tap, "the stub steps the thread that stopped last");
	for (size_t i = 0; i < count; i++)
		if (threads[i] != current && !step_thread(subject, threads[i]))
			tap_skip(tap, "the stub steps only the thread that stopped");
}

static void check_frozen(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *const *threads;
	struct sonde_stop stop;
	uint64_t before, after;
	size_t count;

	if (subject->switches)
		tap_skip(tap, "the stub steps the thread that stopped last");
	TAP_OK(tap, sonde_target_threads(subject->target, &threads, &count));
	if (count < 2)
		tap_skip(tap, "there is only one thread");
	if (subject->unfrozen)
		tap_skip(tap, "the stub lets the others run");
	TAP_OK(tap, sonde_thread_read_pc(threads[1], &before));
	for (unsigned i = 0; i < STEPS; i++)
		TAP_OK(tap, sonde_target_step(subject->target, threads[0], false, &stop));
	TAP_OK(tap, sonde_thread_read_pc(threads[1], &after));
	TAP_TRUE(tap, before == after);
}

static void check_steps_with_others(void *argument)
{
	struct subject *subject = argument;
	struct sonde_thread *thread = conformance_thread(subject);
	struct sonde_stop stop;

	for (unsigned i = 0; i < STEPS; i++)
		TAP_OK(&subject->tap,
			sonde_target_step(subject->target, thread, true, &stop));
}

static void check_run_and_pause(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_stop stop;
	uint64_t pc;

	for (unsigned i = 0; i < 5; i++) {
		uint64_t stood;

		TAP_OK(tap, sonde_target_resume(subject->target));
		TAP_TRUE(tap, sonde_target_state(subject->target) == SONDE_STATE_RUNNING);
		stood = sonde_target_stood(subject->target);
		TAP_IS(tap, sonde_thread_read_pc(conformance_thread(subject), &pc),
			SONDE_ERROR_RUNNING);
		TAP_IS(tap, sonde_target_wait(subject->target, 20, &stop),
			SONDE_ERROR_TIMEOUT);
		/* Counted while it stands, and not while it runs. */
		TAP_TRUE(tap, sonde_target_stood(subject->target) == stood);
		TAP_OK(tap, sonde_target_pause(subject->target, &stop));
		TAP_TRUE(tap, sonde_target_stood(subject->target) > stood);
		TAP_TRUE(tap, stop.reason == SONDE_STOP_INTERRUPT && stop.thread);
		TAP_OK(tap, sonde_thread_read_pc(stop.thread, &pc));
	}
	TAP_IS(tap, sonde_target_wait(subject->target, 0, &stop), SONDE_ERROR_INVALID);
}

static void check_interrupt(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_stop stop;

	TAP_OK(tap, sonde_target_resume(subject->target));
	sonde_interrupt(subject->sonde);
	TAP_IS(tap, sonde_target_wait(subject->target, LONG_MS, &stop),
		SONDE_ERROR_INTERRUPTED);
	TAP_TRUE(tap, sonde_target_state(subject->target) == SONDE_STATE_RUNNING);
	TAP_OK(tap, sonde_target_pause(subject->target, &stop));
}

void conformance_control(struct subject *subject)
{
	tap_run(&subject->tap, "steps", check_steps, subject);
	tap_run(&subject->tap, "steps of other threads", check_steps_of_others, subject);
	tap_run(&subject->tap, "steps freeze the others", check_frozen, subject);
	tap_run(&subject->tap, "steps while others run", check_steps_with_others,
		subject);
	tap_run(&subject->tap, "run and pause", check_run_and_pause, subject);
	tap_run(&subject->tap, "interrupted waits", check_interrupt, subject);
}

/* --- states --------------------------------------------------------------------- */

static enum sonde_state visit(struct subject *subject, enum sonde_state leave)
{
	enum sonde_state found;

	TAP_OK(&subject->tap,
		sonde_open(subject->sonde, subject->specification, &subject->target));
	found = sonde_target_found_state(subject->target);
	if (leave != SONDE_STATE_UNKNOWN)
		sonde_target_leave(subject->target, leave);
	TAP_OK(&subject->tap, sonde_target_detach(subject->target));
	sonde_target_close(subject->target);
	subject->target = NULL;
	return found;
}

static bool can_be_found_running(struct subject *subject)
{
	return visit(subject, SONDE_STATE_UNKNOWN) == SONDE_STATE_RUNNING;
}

static void check_left_as_found(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;

	if (subject->once)
		tap_skip(tap, "the stub serves one client and then no other");
	if (!can_be_found_running(subject))
		tap_skip(tap, "the stub does not tell running from stopped");
	for (unsigned i = 0; i < 3; i++)
		TAP_TRUE(tap, visit(subject, SONDE_STATE_UNKNOWN) == SONDE_STATE_RUNNING);
	TAP_TRUE(tap, visit(subject, SONDE_STATE_STOPPED) == SONDE_STATE_RUNNING);
	for (unsigned i = 0; i < 3; i++)
		TAP_TRUE(tap, visit(subject, SONDE_STATE_UNKNOWN) == SONDE_STATE_STOPPED);
	TAP_TRUE(tap, visit(subject, SONDE_STATE_RUNNING) == SONDE_STATE_STOPPED);
	TAP_TRUE(tap, visit(subject, SONDE_STATE_UNKNOWN) == SONDE_STATE_RUNNING);
}

void conformance_states(struct subject *subject)
{
	tap_run(&subject->tap, "left as found", check_left_as_found, subject);
}
