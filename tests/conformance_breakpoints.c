/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Breakpoints and watchpoints. */
#include <string.h>

#include "conformance.h"

enum {
	HITS = 5,
	LONG_MS = 20000,
	BRIEFLY_MS = 200,
};

static void need(struct subject *subject, uint64_t address, const char *what)
{
	if (!address)
		tap_skip(&subject->tap, "no %s was named", what);
}

/* Skips where the target cannot set one of this kind, or does not tell its hits. */
struct sonde_breakpoint *conformance_set(struct subject *subject,
	enum sonde_breakpoint_kind kind, uint64_t address, uint64_t length)
{
	struct sonde_breakpoint *breakpoint = NULL;
	struct sonde_error *error;

	if (kind != SONDE_BREAKPOINT_SOFTWARE && subject->no_debug_registers)
		tap_skip(&subject->tap, "the machine's debug registers stop nothing");
	error = sonde_breakpoint_create(
		subject->target, kind, address, length, &breakpoint);
	if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED) {
		sonde_error_destroy(error);
		tap_skip(&subject->tap, "the stub sets none of this kind");
	}
	TAP_OK(&subject->tap, error);
	if (subject->deaf_debug_registers && kind != SONDE_BREAKPOINT_SOFTWARE) {
		TAP_OK(&subject->tap, sonde_breakpoint_destroy(breakpoint));
		tap_skip(&subject->tap, "hits of debug registers get lost in the guest");
	}
	return breakpoint;
}

struct sonde_stop conformance_run(struct subject *subject)
{
	struct sonde_stop stop;

	TAP_OK(&subject->tap, sonde_target_resume(subject->target));
	TAP_OK(&subject->tap, sonde_target_wait(subject->target, LONG_MS, &stop));
	return stop;
}

static void expect_hits(
	struct subject *subject, const struct sonde_breakpoint *breakpoint, unsigned hits)
{
	struct tap *tap = &subject->tap;

	for (unsigned i = 0; i < hits; i++) {
		struct sonde_stop stop = conformance_run(subject);
		uint64_t pc;

		TAP_TRUE(tap, stop.reason == SONDE_STOP_BREAKPOINT);
		TAP_TRUE(tap, sonde_breakpoint_caused(breakpoint, &stop));
		TAP_OK(tap, sonde_thread_read_pc(stop.thread, &pc));
		TAP_TRUE(tap, pc == sonde_breakpoint_address(breakpoint));
	}
}

static void expect_silence(struct subject *subject)
{
	struct sonde_stop stop;

	TAP_OK(&subject->tap, sonde_target_resume(subject->target));
	TAP_IS(&subject->tap, sonde_target_wait(subject->target, BRIEFLY_MS, &stop),
		SONDE_ERROR_TIMEOUT);
	TAP_OK(&subject->tap, sonde_target_pause(subject->target, &stop));
}

/* While the trap is in, memory shows what is there without it. */
static void check_software(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	uint8_t during[16], after[16];
	struct sonde_breakpoint *breakpoint;
	struct sonde_space *space;

	need(subject, subject->hot, "hot code");
	breakpoint = conformance_set(subject, SONDE_BREAKPOINT_SOFTWARE, subject->hot, 0);
	expect_hits(subject, breakpoint, HITS);
	space = conformance_memory_of(subject);
	TAP_OK(tap, sonde_space_read(space, subject->hot, during, sizeof(during)));
	TAP_OK(tap, sonde_breakpoint_destroy(breakpoint));
	TAP_OK(tap, sonde_space_read(space, subject->hot, after, sizeof(after)));
	TAP_TRUE(tap, !memcmp(during, after, sizeof(after)));
	expect_silence(subject);
}

static void check_shared(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_breakpoint *first, *second;

	need(subject, subject->hot, "hot code");
	first = conformance_set(subject, SONDE_BREAKPOINT_SOFTWARE, subject->hot, 0);
	second = conformance_set(subject, SONDE_BREAKPOINT_SOFTWARE, subject->hot, 0);
	expect_hits(subject, first, 1);
	TAP_OK(tap, sonde_breakpoint_destroy(first));
	expect_hits(subject, second, HITS);
	TAP_OK(tap, sonde_breakpoint_destroy(second));
	expect_silence(subject);
}

/* A step from a breakpoint moves on; the next resume does not report it again. */
static void check_step_from(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_breakpoint *breakpoint;
	struct sonde_stop stop;
	uint64_t pc;

	need(subject, subject->hot, "hot code");
	breakpoint = conformance_set(subject, SONDE_BREAKPOINT_SOFTWARE, subject->hot, 0);
	stop = conformance_run(subject);
	TAP_TRUE(tap, stop.reason == SONDE_STOP_BREAKPOINT);
	TAP_OK(tap, sonde_target_step(subject->target, stop.thread, false, &stop));
	TAP_TRUE(tap, stop.reason == SONDE_STOP_STEP);
	TAP_OK(tap, sonde_thread_read_pc(stop.thread, &pc));
	TAP_TRUE(tap, pc != subject->hot);
	expect_hits(subject, breakpoint, 1);
	TAP_OK(tap, sonde_breakpoint_destroy(breakpoint));
}

static void check_hardware(void *argument)
{
	struct subject *subject = argument;
	struct sonde_breakpoint *breakpoint;

	need(subject, subject->hot, "hot code");
	breakpoint = conformance_set(subject, SONDE_BREAKPOINT_HARDWARE, subject->hot, 0);
	expect_hits(subject, breakpoint, HITS);
	TAP_OK(&subject->tap, sonde_breakpoint_destroy(breakpoint));
	expect_silence(subject);
}

static void check_all_cpus(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_breakpoint *breakpoint;
	struct sonde_thread *const *threads;
	unsigned hits[2] = {0};
	size_t count;

	need(subject, subject->hot, "hot code");
	TAP_OK(tap, sonde_target_threads(subject->target, &threads, &count));
	if (count < 2)
		tap_skip(tap, "there is only one thread");
	breakpoint = conformance_set(subject, SONDE_BREAKPOINT_SOFTWARE, subject->hot, 0);
	for (unsigned i = 0; i < 200 && (!hits[0] || !hits[1]); i++) {
		struct sonde_stop stop = conformance_run(subject);

		TAP_TRUE(tap, stop.reason == SONDE_STOP_BREAKPOINT);
		if (sonde_thread_number(stop.thread) < 2)
			hits[sonde_thread_number(stop.thread)]++;
	}
	TAP_OK(tap, sonde_breakpoint_destroy(breakpoint));
	TAP_TRUE(tap, hits[0] && hits[1]);
}

static void watch(struct subject *subject, enum sonde_breakpoint_kind kind)
{
	struct tap *tap = &subject->tap;
	struct sonde_breakpoint *breakpoint;

	need(subject, subject->watch, "data that is written");
	breakpoint = conformance_set(subject, kind, subject->watch, 8);
	for (unsigned i = 0; i < HITS; i++) {
		struct sonde_stop stop = conformance_run(subject);

		TAP_TRUE(tap, stop.reason == SONDE_STOP_WATCHPOINT);
		TAP_TRUE(tap, sonde_breakpoint_caused(breakpoint, &stop));
	}
	TAP_OK(tap, sonde_breakpoint_destroy(breakpoint));
	expect_silence(subject);
}

static void check_watch_write(void *argument)
{
	watch(argument, SONDE_BREAKPOINT_WATCH_WRITE);
}

static void check_watch_read(void *argument)
{
	watch(argument, SONDE_BREAKPOINT_WATCH_READ);
}

static void check_watch_access(void *argument)
{
	watch(argument, SONDE_BREAKPOINT_WATCH_ACCESS);
}

/* Left in place, a breakpoint must be gone after the detach: states are checked next. */
static void check_left_in(void *argument)
{
	struct subject *subject = argument;
	struct sonde_breakpoint *breakpoint;

	need(subject, subject->hot, "hot code");
	if (subject->once)
		tap_skip(&subject->tap, "the stub serves one client and then no other");
	breakpoint = conformance_set(subject, SONDE_BREAKPOINT_SOFTWARE, subject->hot, 0);
	expect_hits(subject, breakpoint, 1);
	TAP_OK(&subject->tap, sonde_target_detach(subject->target));
	TAP_OK(&subject->tap, sonde_breakpoint_destroy(breakpoint));
	sonde_target_close(subject->target);
	subject->target = NULL;
	TAP_OK(&subject->tap,
		sonde_open(subject->sonde, subject->specification, &subject->target));
	expect_silence(subject);
}

void conformance_breakpoints(struct subject *subject)
{
	struct tap *tap = &subject->tap;

	tap_run(tap, "software breakpoints", check_software, subject);
	tap_run(tap, "shared breakpoints", check_shared, subject);
	tap_run(tap, "step from a breakpoint", check_step_from, subject);
	tap_run(tap, "hardware breakpoints", check_hardware, subject);
	tap_run(tap, "breakpoints on all CPUs", check_all_cpus, subject);
	tap_run(tap, "write watchpoints", check_watch_write, subject);
	tap_run(tap, "read watchpoints", check_watch_read, subject);
	tap_run(tap, "access watchpoints", check_watch_access, subject);
	tap_run(tap, "breakpoints gone after detach", check_left_in, subject);
}
