/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The run loop: resuming past breakpoints, stepping, and what a stop means.
 *
 * A thread whose stop at a trap was reported must execute the instruction there
 * before it can go on; a stub would stop it again at once. It is stepped alone, so
 * that no other thread slips past while the trap is out, and where steps ignore
 * traps (QEMU) the trap even stays in: two packets, one stop in between.
 */
#include <string.h>

#include "clock.h"
#include "no_op.h"
#include "target.h"

enum {
	/** GDB's numbers of the signals that mean something here. */
	SIGNAL_INTERRUPT = 2,
	SIGNAL_TRAP = 5,
	/** Hits of traps that are gone are passed over so many times in one step. */
	LEFTOVERS_MAX = 1000,
	/** Steps that were not made because a late stop came first; one may. */
	LATE_MAX = 4,
	/** Stops that nothing explains, in a row: after so many the user is told. */
	UNEXPLAINED_MAX = 100,
	/**
	 * No machine is reset, goes through its firmware or by kexec, and has another
	 * kernel run into the same trap in so short a time (milliseconds).
	 */
	RESTART_MS = 20,
};

static struct sonde_error *check_controllable(const struct sonde_target *target)
{
	if (!target->control)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "%s cannot be controlled", target->name);
	return NULL;
}

struct sonde_error *sonde_target_take_control(struct sonde_target *target)
{
	target = sonde_target_base(target);
	CHECK(check_controllable(target));
	if (target->control->take)
		return target->control->take(target);
	return NULL;
}

/* It stands still, and it is ours. */
static struct sonde_error *control_stopped(struct sonde_target *target)
{
	CHECK(check_controllable(target));
	CHECK(sonde_target_check_stopped(target));
	return sonde_target_take_control(target);
}

static void forget_reported(struct sonde_target *target)
{
	for (struct sonde_thread *t = target->reported; t; t = t->next_reported)
		t->reported = false;
	target->reported = NULL;
}

static void remember_reported(
	struct sonde_target *target, struct sonde_thread *thread, uint64_t pc)
{
	struct sonde_thread *known = target->reported;

	while (known && known != thread)
		known = known->next_reported;
	if (!known) {
		thread->next_reported = target->reported;
		target->reported = thread;
	}
	thread->reported = true;
	thread->reported_pc = pc;
}

static bool has_execution_traps(const struct sonde_target *target)
{
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		if (trap->inserted && trap->place.kind <= SONDE_BREAKPOINT_HARDWARE)
			return true;
	return false;
}

/* A trap that we wrote leaves the PC behind it, where the architecture says so. */
static struct sonde_error *put_back(
	struct sonde_thread *thread, uint64_t place, uint64_t *pc)
{
	const struct sonde_register *reg =
		sonde_target_find_register(thread->target, "pc");
	struct sonde_register_value value;

	sonde_register_value_set_integer(&value, place, reg->bits);
	CHECK(sonde_thread_write_register(thread, reg, &value));
	*pc = place;
	return NULL;
}

static struct sonde_error *step_back_onto_trap(
	struct sonde_target *target, struct sonde_thread *thread, uint64_t *pc)
{
	uint64_t place = *pc - target->arch->breakpoint_pc_offset;
	const struct sonde_trap *trap = sonde_traps_at(&target->traps, place);

	if (place == *pc || !trap || !trap->written)
		return NULL;
	return put_back(thread, place, pc);
}

/* The same of one that was taken out just now, whose instruction is back. */
static struct sonde_error *step_back_onto_gone(
	struct sonde_target *target, struct sonde_thread *thread, uint64_t *pc)
{
	uint64_t place = *pc - target->arch->breakpoint_pc_offset;
	const struct sonde_gone_trap *gone = sonde_traps_gone(&target->traps, place);

	if (place == *pc || !gone || !gone->written ||
		sonde_traps_at(&target->traps, *pc))
		return NULL;
	return put_back(thread, place, pc);
}

/* KGDB does not say that a watchpoint was hit: if there is but one, it was that. */
static const struct sonde_trap *only_watchpoint(const struct sonde_target *target)
{
	const struct sonde_trap *found = NULL;

	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next) {
		if (!trap->inserted || trap->place.kind <= SONDE_BREAKPOINT_HARDWARE)
			continue;
		if (found)
			return NULL;
		found = trap;
	}
	return found;
}

static bool has_written_traps(const struct sonde_target *target)
{
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		if (trap->inserted && trap->written)
			return true;
	return false;
}

/*
 * Whether a thread that stops at a trap of ours still has to be put back onto it. That it
 * will run is said with it: the stop of a step before this is none at a trap.
 */
static struct sonde_error *note_pc_owed(struct sonde_target *target, bool owed)
{
	unsigned bits = SONDE_JOURNAL_PC_OWED;

	if (owed)
		bits |= SONDE_JOURNAL_RUNNING;
	return sonde_journal_set_mode(target->journal, bits, owed);
}

/* A trap that is nobody's, after an interrupt: valgrind calls the interrupt that. */
static void look_for_interrupt(const struct sonde_target *target, struct sonde_stop *stop)
{
	if (target->interrupt_asked && stop->reason == SONDE_STOP_SIGNAL)
		stop->reason = SONDE_STOP_INTERRUPT;
}

/* What the trap table and the PC add to what the driver said. */
static struct sonde_error *classify(struct sonde_target *target, struct sonde_stop *stop)
{
	const struct sonde_trap *watch;
	bool trapped = stop->reason == SONDE_STOP_BREAKPOINT ||
		       (stop->reason == SONDE_STOP_SIGNAL && stop->signal == SIGNAL_TRAP);

	if (!stop->thread || !trapped)
		return NULL;
	watch = only_watchpoint(target);
	if (stop->reason == SONDE_STOP_SIGNAL && !has_execution_traps(target) && !watch &&
		!target->traps.gone_count) {
		look_for_interrupt(target, stop);
		return NULL;
	}
	CHECK(sonde_thread_read_pc(stop->thread, &stop->pc));
	if (stop->reason == SONDE_STOP_SIGNAL) {
		CHECK(step_back_onto_trap(target, stop->thread, &stop->pc));
		CHECK(step_back_onto_gone(target, stop->thread, &stop->pc));
	}
	stop->pc_known = true;
	if (sonde_traps_at(&target->traps, stop->pc)) {
		stop->reason = SONDE_STOP_BREAKPOINT;
		remember_reported(target, stop->thread, stop->pc);
	} else if (stop->reason == SONDE_STOP_SIGNAL && watch &&
		   !target->interrupt_asked) {
		stop->reason = SONDE_STOP_WATCHPOINT;
		stop->address = watch->place.address;
	}
	look_for_interrupt(target, stop);
	return note_pc_owed(target, false);
}

/* Whether the program has a breakpoint instruction of its own at the PC. */
static bool has_own_breakpoint(struct sonde_target *target, const struct sonde_stop *stop)
{
	uint8_t code[sizeof(target->arch->breakpoint)];
	struct sonde_space *space;
	struct sonde_error *error = sonde_target_virtual(target, stop->thread, &space);

	if (!error)
		error = sonde_space_read(
			space, stop->pc, code, target->arch->breakpoint_bytes);
	if (error) {
		sonde_error_destroy(error);
		return true;
	}
	return !memcmp(code, target->arch->breakpoint, target->arch->breakpoint_bytes);
}

/*
 * A hit of a trap that is not there any more: gdbserver keeps the hits of other threads
 * back, and reports them at a later resume; others may say it late.
 */
static bool is_leftover(struct sonde_target *target, const struct sonde_stop *stop)
{
	bool trapped =
		stop->reason == SONDE_STOP_BREAKPOINT ||
		(stop->reason == SONDE_STOP_SIGNAL && stop->signal == SIGNAL_TRAP &&
			stop->pc_known && sonde_traps_gone(&target->traps, stop->pc));

	if (stop->reason == SONDE_STOP_WATCHPOINT)
		return !sonde_traps_watching(&target->traps, stop->address);
	return trapped && stop->pc_known && !sonde_traps_at(&target->traps, stop->pc) &&
	       !has_own_breakpoint(target, stop);
}

/* Whoever asked it to stop has said so before. */
static void note_standing(struct sonde_target *target)
{
	if (!target->stands_since)
		target->stands_since = sonde_clock_ns();
}

static void note_running(struct sonde_target *target)
{
	if (target->stands_since)
		target->stood += sonde_clock_ns() - target->stands_since;
	target->stands_since = 0;
}

uint64_t sonde_target_stood(const struct sonde_target *target)
{
	target = sonde_target_base(target);
	return target->stood +
	       (target->stands_since ? sonde_clock_ns() - target->stands_since : 0);
}

/*
 * QEMU stops twice where two CPUs come to breakpoints at once, or says so after it was
 * let run again. Whoever is at a breakpoint still meets it again.
 */
static bool is_unexplained(struct sonde_target *target, const struct sonde_stop *stop)
{
	bool trap = stop->reason == SONDE_STOP_SIGNAL && stop->signal == SIGNAL_TRAP;

	if (!trap || !stop->thread || target->backwards ||
		!target->control->traps_are_ours ||
		!target->control->traps_are_ours(target)) {
		target->unexplained = 0;
		return false;
	}
	return ++target->unexplained < UNEXPLAINED_MAX;
}

static struct sonde_error *start(
	struct sonde_target *target, const struct sonde_resume_plan *plan)
{
	bool free_running = !plan->step || plan->others_run;

	sonde_target_next_epoch(target);
	CHECK(note_pc_owed(target, free_running && has_written_traps(target)));
	target->backwards = plan->backwards;
	target->ran_freely = free_running;
	target->interrupt_asked = false;
	target->at_own_trap = false;
	CHECK(target->control->resume(target, plan));
	target->state = SONDE_STATE_RUNNING;
	note_running(target);
	return NULL;
}

static struct sonde_error *await(
	struct sonde_target *target, int timeout_ms, struct sonde_stop *stop)
{
	memset(stop, 0, sizeof(*stop));
	CHECK(target->control->wait(target, timeout_ms, stop));
	if (stop->reason == SONDE_STOP_EXITED || stop->reason == SONDE_STOP_KILLED) {
		target->state = SONDE_STATE_ENDED;
		return NULL;
	}
	target->state = SONDE_STATE_STOPPED;
	note_standing(target);
	if (stop->thread)
		target->current = stop->thread;
	return NULL;
}

/* Asks for a stop and waits for it, whatever else wants attention. */
static struct sonde_error *halt(struct sonde_target *target, struct sonde_stop *stop)
{
	struct sonde_error *error;

	target->sonde->uninterruptible++;
	target->interrupt_asked = true;
	note_standing(target);
	error = target->control->interrupt(target);
	if (!error)
		error = await(target, (int)target->sonde->timeout_ms, stop);
	target->sonde->uninterruptible--;
	return sonde_error_while(error, "stopping the target");
}

/* Steps once, again where a hit of a trap that is gone came first. */
static struct sonde_error *step_until_seen(struct sonde_target *target,
	const struct sonde_resume_plan *plan, struct sonde_stop *stop)
{
	for (unsigned i = 0; i < LEFTOVERS_MAX; i++) {
		CHECK(start(target, plan));
		CHECK(await(target, (int)target->sonde->timeout_ms, stop));
		if (stop->reason == SONDE_STOP_BREAKPOINT) {
			CHECK(sonde_thread_read_pc(stop->thread, &stop->pc));
			stop->pc_known = true;
		}
		if (!is_leftover(target, stop))
			break;
	}
	return NULL;
}

/* Whether what is at @p pc may have been executed, and be what is executed next, too. */
static bool may_stay(struct sonde_thread *thread, uint64_t pc)
{
	struct sonde_flow flow;
	struct sonde_error *error = sonde_thread_read_flow(thread, pc, &flow);

	sonde_error_destroy(error);
	return flow.repeats ||
	       (flow.kind == SONDE_FLOW_JUMP && flow.has_target && flow.target == pc);
}

/*
 * Where two CPUs of QEMU come to breakpoints at once, the second stop may be told after
 * the first one was answered by a step, and ends that before it is made; now and then one
 * CPU alone does the same (seen on arm64). Nothing has moved then, and the step is made
 * now; whoever else is at a breakpoint still meets it.
 */
static struct sonde_error *step_for_sure(struct sonde_target *target,
	const struct sonde_resume_plan *plan, struct sonde_stop *stop)
{
	bool late = target->stops_late && target->ran_freely;
	uint64_t before = 0, after = 0;

	if (late)
		CHECK(sonde_thread_read_pc(plan->step, &before));
	for (unsigned i = 0; i < LATE_MAX; i++) {
		CHECK(step_until_seen(target, plan, stop));
		if (!late || stop->reason != SONDE_STOP_SIGNAL ||
			stop->signal != SIGNAL_TRAP)
			return NULL;
		CHECK(sonde_thread_read_pc(plan->step, &after));
		if (after != before || may_stay(plan->step, before))
			return NULL;
	}
	return NULL;
}

/*
 * When a step does not end in time, or we are interrupted, the target is stopped again;
 * @p error, which may be NULL, says why.
 */
static struct sonde_error *end_step(
	struct sonde_target *target, struct sonde_error *error)
{
	struct sonde_stop halted;

	if (target->state == SONDE_STATE_RUNNING &&
		(sonde_error_is(error, SONDE_ERROR_TIMEOUT) ||
			sonde_error_is(error, SONDE_ERROR_INTERRUPTED)))
		sonde_error_destroy(halt(target, &halted));
	return error;
}

static struct sonde_error *step_and_await(struct sonde_target *target,
	struct sonde_thread *thread, bool others_run, struct sonde_stop *stop)
{
	struct sonde_resume_plan plan = {.step = thread, .others_run = others_run};

	return end_step(target, step_for_sure(target, &plan, stop));
}

/* One instruction of @p thread, past the trap that may be at its PC. */
static struct sonde_error *step_past_trap(struct sonde_target *target,
	struct sonde_thread *thread, bool others_run, struct sonde_stop *stop)
{
	struct sonde_trap *trap = NULL;
	struct sonde_error *error;
	uint64_t pc = 0;

	if (has_execution_traps(target)) {
		if (thread->reported)
			pc = thread->reported_pc;
		else
			CHECK(sonde_thread_read_pc(thread, &pc));
		trap = sonde_traps_at(&target->traps, pc);
	}
	thread->reported = false;
	if (!trap || (!trap->written && target->control->step_ignores_traps &&
			     target->control->step_ignores_traps(target)))
		return step_and_await(target, thread, others_run, stop);

	CHECK(sonde_trap_remove(target, trap));
	error = step_and_await(target, thread, false, stop);
	if (target->state == SONDE_STATE_STOPPED)
		error = sonde_error_first(error, sonde_trap_insert(target, trap));
	return error;
}

/* A single step that ended as one: nothing else happened on the way. */
static bool is_step_end(const struct sonde_stop *stop, const struct sonde_thread *thread)
{
	return stop->thread == thread && stop->reason == SONDE_STOP_SIGNAL &&
	       stop->signal == SIGNAL_TRAP;
}

/* @p stop ended a step. */
static struct sonde_error *note_step(struct sonde_target *target, struct sonde_stop *stop)
{
	stop->reason = SONDE_STOP_STEP;
	CHECK(note_pc_owed(target, false));
	if (!has_execution_traps(target))
		return NULL;
	CHECK(sonde_thread_read_pc(stop->thread, &stop->pc));
	stop->pc_known = true;
	/* Its user has seen it arrive there. */
	remember_reported(target, stop->thread, stop->pc);
	return NULL;
}

struct sonde_error *sonde_target_resume(struct sonde_target *target)
{
	static const struct sonde_resume_plan everybody = {0};

	target = sonde_target_base(target);
	CHECK(control_stopped(target));
	if (target->has_pending) {
		/* Seen already, and not told yet: the next wait does. */
		target->state = SONDE_STATE_RUNNING;
		return NULL;
	}
	for (struct sonde_thread *t = target->reported; t; t = t->next_reported) {
		struct sonde_stop stop = {0};
		bool passed;

		if (!t->reported || t->gone ||
			!sonde_traps_at(&target->traps, t->reported_pc))
			continue;
		CHECK(sonde_thread_pass_no_op(t, t->reported_pc, &passed));
		if (passed)
			continue;
		CHECK(step_past_trap(target, t, false, &stop));
		if (is_step_end(&stop, t))
			continue;
		/* Something else happened: hand it to the next wait. */
		CHECK(classify(target, &stop));
		target->pending = stop;
		target->has_pending = true;
		target->state = SONDE_STATE_RUNNING;
		return NULL;
	}
	forget_reported(target);
	return sonde_error_while(start(target, &everybody), "resuming the target");
}

struct sonde_error *sonde_target_step(struct sonde_target *target,
	struct sonde_thread *thread, bool others_run, struct sonde_stop *ret)
{
	struct sonde_error *error;
	struct sonde_stop stop;

	target = sonde_target_base(target);
	CHECK(control_stopped(target));
	if (others_run)
		forget_reported(target);
	error = step_past_trap(target, thread, others_run, &stop);
	if (error)
		return sonde_error_while(error, "stepping CPU %u", thread->number);
	if (is_step_end(&stop, thread))
		CHECK(note_step(target, &stop));
	else
		CHECK(classify(target, &stop));
	*ret = stop;
	return NULL;
}

/* --- backwards ------------------------------------------------------------------ */

/* Going back to a snapshot would take an instruction that we wrote with it. */
static struct sonde_error *check_reversible(struct sonde_target *target)
{
	CHECK(control_stopped(target));
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		if (trap->inserted && trap->written)
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"the stub sets no breakpoints itself, and those written "
				"into memory cannot be met backwards");
	return NULL;
}

static struct sonde_error *start_backwards(
	struct sonde_target *target, struct sonde_thread *step)
{
	struct sonde_resume_plan plan = {.step = step, .backwards = true};

	CHECK(check_reversible(target));
	CHECK(start(target, &plan));
	/* What was seen lies ahead again. */
	forget_reported(target);
	target->has_pending = false;
	return NULL;
}

struct sonde_error *sonde_target_reverse_step(
	struct sonde_target *target, struct sonde_thread *thread, struct sonde_stop *ret)
{
	struct sonde_stop stop;
	struct sonde_error *error;

	target = sonde_target_base(target);
	error = start_backwards(target, thread);
	if (!error)
		error = end_step(target, await(target, -1, &stop));
	if (error)
		return sonde_error_while(
			error, "stepping CPU %u backwards", thread->number);
	if (is_step_end(&stop, stop.thread))
		CHECK(note_step(target, &stop));
	else
		CHECK(classify(target, &stop));
	*ret = stop;
	return NULL;
}

struct sonde_error *sonde_target_reverse_resume(struct sonde_target *target)
{
	return sonde_error_while(start_backwards(sonde_target_base(target), NULL),
		"running the target backwards");
}

/* --- waiting -------------------------------------------------------------------- */

struct sonde_error *sonde_target_interrupt(struct sonde_target *target)
{
	target = sonde_target_base(target);
	CHECK(check_controllable(target));
	if (target->state != SONDE_STATE_RUNNING || target->has_pending)
		return NULL;
	target->interrupt_asked = true;
	return target->control->interrupt(target);
}

/* All watchpoints, out of the target or in again. */
static struct sonde_error *set_watchpoints(struct sonde_target *target, bool insert)
{
	struct sonde_error *first = NULL;

	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		if (trap->claims && trap->place.kind > SONDE_BREAKPOINT_HARDWARE)
			first = sonde_error_first(
				first, insert ? sonde_trap_insert(target, trap)
					      : sonde_trap_remove(target, trap));
	return first;
}

/*
 * Where watchpoints stop before the access, the access is made now: then the new value
 * can be read, and the next resume does not meet the same access again.
 */
static struct sonde_error *make_access(
	struct sonde_target *target, const struct sonde_stop *stop)
{
	struct sonde_stop after = {0};
	struct sonde_error *error;

	target->sonde->uninterruptible++;
	error = set_watchpoints(target, false);
	if (!error)
		error = step_past_trap(target, stop->thread, false, &after);
	if (target->state == SONDE_STATE_STOPPED)
		error = sonde_error_first(error, set_watchpoints(target, true));
	if (!error && !is_step_end(&after, stop->thread)) {
		error = classify(target, &after);
		target->pending = after;
		target->has_pending = !error;
	}
	target->sonde->uninterruptible--;
	target->current = stop->thread;
	return error;
}

static struct sonde_error *next_stop(
	struct sonde_target *target, int timeout_ms, struct sonde_stop *stop)
{
	if (!target->has_pending) {
		CHECK(await(target, timeout_ms, stop));
		CHECK(classify(target, stop));
		if (stop->reason == SONDE_STOP_WATCHPOINT && stop->thread &&
			target->arch->watchpoint_stops_before && !target->backwards &&
			!is_leftover(target, stop))
			return make_access(target, stop);
		return NULL;
	}
	target->has_pending = false;
	target->state = target->pending.thread ? SONDE_STATE_STOPPED : SONDE_STATE_ENDED;
	*stop = target->pending;
	return NULL;
}

/* Firmware has nothing in the upper half. */
static bool is_at_own_trap(
	const struct sonde_target *target, const struct sonde_stop *stop)
{
	if (stop->reason == SONDE_STOP_BREAKPOINT)
		return stop->pc_known && stop->pc >> 63 &&
		       sonde_traps_at(&target->traps, stop->pc);
	return stop->reason == SONDE_STOP_WATCHPOINT && stop->address >> 63;
}

bool sonde_target_runs_the_same(const struct sonde_target *target, uint64_t asked)
{
	return target->at_own_trap && target->state == SONDE_STATE_STOPPED &&
	       sonde_clock_ns() - asked < RESTART_MS * UINT64_C(1000000);
}

struct sonde_error *sonde_target_wait(
	struct sonde_target *target, int timeout_ms, struct sonde_stop *ret)
{
	int64_t deadline = sonde_deadline_in(timeout_ms);
	struct sonde_stop stop;

	target = sonde_target_base(target);
	CHECK(check_controllable(target));
	if (target->state != SONDE_STATE_RUNNING)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the target is not running");
	if (target->watched)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"the target is only watched: nothing says when it stops"),
			"take control of it first: sonde_target_pause()");
	for (;;) {
		CHECK(next_stop(target, sonde_deadline_left(deadline), &stop));
		if (!is_leftover(target, &stop) && !is_unexplained(target, &stop))
			break;
		CHECK(target->backwards ? sonde_target_reverse_resume(target)
					: sonde_target_resume(target));
	}
	target->at_own_trap = is_at_own_trap(target, &stop);
	*ret = stop;
	return NULL;
}

struct sonde_error *sonde_target_pause(
	struct sonde_target *target, struct sonde_stop *ret)
{
	struct sonde_stop stop = {.reason = SONDE_STOP_INTERRUPT};

	target = sonde_target_base(target);
	CHECK(sonde_target_take_control(target));
	stop.thread = target->current;
	if (target->state == SONDE_STATE_RUNNING && target->has_pending)
		return sonde_target_wait(target, 0, ret);
	if (target->state == SONDE_STATE_RUNNING) {
		CHECK(halt(target, &stop));
		CHECK(classify(target, &stop));
	} else {
		CHECK(sonde_target_check_stopped(target));
	}
	*ret = stop;
	return NULL;
}

struct sonde_error *sonde_target_descriptor(struct sonde_target *target, int *ret)
{
	target = sonde_target_base(target);
	CHECK(check_controllable(target));
	*ret = target->control->descriptor && !target->watched
		       ? target->control->descriptor(target)
		       : -1;
	return NULL;
}
