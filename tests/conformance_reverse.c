/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backwards, on targets that keep a record: what was seen must be seen again. */
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

enum {
	STEPS = 8,
	LONG_MS = 60000,
};

static void need_record(struct subject *subject)
{
	if (subject->no_record)
		tap_skip(&subject->tap, "the stub keeps no record of what was executed");
}

/* The first step back tells whether there is a record. */
static struct sonde_stop step_back(struct subject *subject, struct sonde_thread *thread)
{
	struct sonde_stop stop;
	struct sonde_error *error =
		sonde_target_reverse_step(subject->target, thread, &stop);

	if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED) {
		sonde_error_destroy(error);
		error = NULL;
		subject->no_record = true;
	}
	need_record(subject);
	TAP_OK(&subject->tap, error);
	return stop;
}

/* All registers of a thread, one behind the other. The caller frees them. */
static struct sonde_register_value *read_all(
	struct subject *subject, struct sonde_thread *thread, size_t *count)
{
	struct sonde_register_value *values;
	const struct sonde_register *registers;

	TAP_OK(&subject->tap, sonde_target_registers(subject->target, &registers, count));
	values = calloc(*count, sizeof(*values));
	TAP_TRUE(&subject->tap, values);
	for (size_t i = 0; i < *count; i++)
		TAP_OK(&subject->tap,
			sonde_thread_read_register(thread, &registers[i], &values[i]));
	return values;
}

static void check_reverse_steps(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *thread = conformance_thread(subject);
	struct sonde_register_value *before, *after;
	uint64_t places[STEPS], pc;
	struct sonde_stop stop;
	size_t count;

	before = read_all(subject, thread, &count);
	for (unsigned i = 0; i < STEPS; i++) {
		TAP_OK(tap, sonde_thread_read_pc(thread, &places[i]));
		TAP_OK(tap, sonde_target_step(subject->target, thread, false, &stop));
	}
	for (unsigned i = STEPS; i-- > 0;) {
		stop = step_back(subject, thread);
		TAP_TRUE(tap, stop.reason == SONDE_STOP_STEP && stop.thread == thread);
		TAP_OK(tap, sonde_thread_read_pc(thread, &pc));
		TAP_TRUE(tap, pc == places[i]);
	}
	after = read_all(subject, thread, &count);
	TAP_TRUE(tap, !memcmp(before, after, count * sizeof(*before)));
	free(before);
	free(after);
}

/* How often hot() has run. */
static uint64_t read_counter(struct subject *subject)
{
	uint64_t counter;

	TAP_OK(&subject->tap, sonde_space_read_integer(conformance_memory_of(subject),
				      subject->watch, 4, &counter));
	return counter;
}

static struct sonde_stop run_back(struct subject *subject)
{
	struct sonde_stop stop;

	TAP_OK(&subject->tap, sonde_target_reverse_resume(subject->target));
	TAP_OK(&subject->tap, sonde_target_wait(subject->target, LONG_MS, &stop));
	return stop;
}

/* Two hits forwards, and the same two on the way back. */
static void check_reverse_resume(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_breakpoint *breakpoint;
	uint64_t counters[2];
	struct sonde_stop stop;

	need_record(subject);
	if (!subject->hot || !subject->watch)
		tap_skip(tap, "no hot code that counts was named");
	breakpoint = conformance_set(subject, SONDE_BREAKPOINT_SOFTWARE, subject->hot, 0);
	for (unsigned i = 0; i < 2; i++) {
		stop = conformance_run(subject);
		TAP_TRUE(tap, sonde_breakpoint_caused(breakpoint, &stop));
		counters[i] = read_counter(subject);
	}
	/* Two, since QEMU does not look at the last one. */
	for (unsigned i = 0; i < 2; i++)
		TAP_OK(tap,
			sonde_target_step(subject->target, stop.thread, false, &stop));
	for (unsigned i = 2; i-- > 0;) {
		stop = run_back(subject);
		TAP_TRUE(tap, sonde_breakpoint_caused(breakpoint, &stop));
		TAP_TRUE(tap, stop.pc == subject->hot);
		TAP_TRUE(tap, read_counter(subject) == counters[i]);
	}
	/* And forwards again from there. */
	stop = conformance_run(subject);
	TAP_TRUE(tap, sonde_breakpoint_caused(breakpoint, &stop));
	TAP_TRUE(tap, read_counter(subject) == counters[1]);
	TAP_OK(tap, sonde_breakpoint_destroy(breakpoint));
}

/* Who wrote this last? */
static void check_reverse_watch(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_breakpoint *breakpoint;
	struct sonde_stop stop;

	need_record(subject);
	if (!subject->watch)
		tap_skip(tap, "no data that is written was named");
	breakpoint =
		conformance_set(subject, SONDE_BREAKPOINT_WATCH_WRITE, subject->watch, 4);
	for (unsigned i = 0; i < 2; i++) {
		stop = run_back(subject);
		TAP_TRUE(tap, stop.reason == SONDE_STOP_WATCHPOINT);
		TAP_TRUE(tap, sonde_breakpoint_caused(breakpoint, &stop));
	}
	TAP_OK(tap, sonde_breakpoint_destroy(breakpoint));
}

void conformance_reverse(struct subject *subject)
{
	struct tap *tap = &subject->tap;

	tap_run(tap, "reverse steps", check_reverse_steps, subject);
	tap_run(tap, "reverse to a breakpoint", check_reverse_resume, subject);
	tap_run(tap, "reverse to a watchpoint", check_reverse_watch, subject);
}
