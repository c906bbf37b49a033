/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking as a task. What a call calls is left out by a breakpoint behind it, at which
 * the task and its stack pointer must be the same as before.
 *
 * There are calls that are none: x86's retpolines (arch/x86/lib/retpoline.S of Linux)
 * call what is a few bytes further on, change the address to return to, and "return" to
 * where they are to jump. Such a call is stepped into, and its return counted against it.
 *
 * An instruction that faults, or traps on purpose, leads into the kernel's handler, whose
 * own instructions are walked like any others up to the one that goes back: nobody knows
 * before to where, since a fault may be mended, or its code be told that it failed.
 *
 * A kernel gives the CPU to another task at one instruction, the same for all: whoever
 * is given it goes on behind that. So a task that a step has lost comes back to where the
 * step has ended.
 */
#include <sonde/walk.h>

#include "probe.h"

enum {
	/** A call to no further than this is no function's. */
	NEAR_BYTES = 32,
	/**
	 * What the entry of a handler may have put on the stack when a part of it
	 * returns: all registers (error_entry() of Linux, arch/x86/entry/entry_64.S).
	 */
	ENTRY_BYTES = 16 * 8,
};

struct walk {
	struct sonde_probes *probes;
	struct sonde_thread *thread;
	struct sonde_probes_end *end;
	/** NULL: not known, and not needed for a step. */
	const struct sonde_arch_calls *calls;
	/** 0: nobody knows it. */
	uint64_t task;
	/** Where to wait for it, and with which stack pointer; 0: whichever it has. */
	uint64_t address, sp;
	/** What sees that it ends, and where. */
	struct sonde_probe *departure;
	uint64_t departure_address, departure_bytes;
	/** Handlers of traps that it is in, since it has begun to walk. */
	unsigned traps;
	bool arrived, ended;
};

/* --- the task
 * ---------------------------------------------------------------------------- */

/* While a kernel boots, or changes its stacks, its task may be out of sight. */
static struct sonde_error *read_task(
	const struct walk *walk, struct sonde_thread *thread, uint64_t *ret)
{
	struct sonde_error *error = sonde_probe_read_task(walk->probes, thread, ret);

	if (!sonde_error_is(error, SONDE_ERROR_FAULT) &&
		!sonde_error_is(error, SONDE_ERROR_BAD_DATA) &&
		!sonde_error_is(error, SONDE_ERROR_NOT_FOUND))
		return error;
	sonde_error_destroy(error);
	*ret = walk->task;
	return NULL;
}

/* It will not come to where it is waited for. */
static struct sonde_error *depart(struct sonde_probe_hit *hit, void *user)
{
	struct walk *walk = user;
	uint64_t task;

	CHECK(read_task(walk, hit->thread, &task));
	if (task != walk->task || walk->address == walk->departure_address)
		return NULL;
	walk->ended = true;
	walk->thread = hit->thread;
	sonde_probe_hit_stay(hit);
	return NULL;
}

static struct sonde_error *watch_departure(struct walk *walk)
{
	struct sonde_target *level = sonde_target_with_tasks(walk->probes->target);
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSTRUCTION,
		.handler = depart,
		.user = walk};
	bool found;

	if (!walk->task || walk->departure || !level || !level->tasks->departure)
		return NULL;
	CHECK(level->tasks->departure(
		level, &walk->departure_address, &walk->departure_bytes, &found));
	if (!found)
		return NULL;
	options.address = walk->departure_address;
	return sonde_probe_create(walk->probes, &options, &walk->departure);
}

/* Whether it is to return to where no task returns to. */
static bool never_comes(const struct walk *walk)
{
	return walk->departure && walk->sp && walk->address > walk->departure_address &&
	       walk->address - walk->departure_address < walk->departure_bytes;
}

/* --- going on
 * ---------------------------------------------------------------------------- */

/*
 * Whether who is there with stack pointer @p sp, and should have walk->sp, has returned
 * all the same: what it called left something on the stack, where the address to return
 * to was. Of who was called anew that address is there still.
 */
static struct sonde_error *has_returned(struct walk *walk, uint64_t sp, bool *ret)
{
	const struct sonde_arch_calls *calls = walk->calls;
	struct sonde_space *space;
	struct sonde_error *error;
	uint64_t address;

	*ret = !walk->sp || sp == walk->sp;
	if (*ret || !calls || calls->link || walk->sp - sp > ENTRY_BYTES)
		return NULL;
	CHECK(sonde_target_virtual(walk->probes->target, walk->thread, &space));
	error = sonde_space_read_integer(
		space, walk->sp - calls->return_pops, calls->return_pops, &address);
	*ret = !error && address != walk->address;
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *arrive(struct sonde_probe_hit *hit, void *user)
{
	struct walk *walk = user;
	uint64_t task, sp;
	bool returned;

	CHECK(read_task(walk, hit->thread, &task));
	if (task != walk->task)
		return NULL;
	walk->thread = hit->thread;
	CHECK(sonde_probe_read_register(hit->thread, "sp", &sp));
	CHECK(has_returned(walk, sp, &returned));
	if (!returned)
		return NULL;
	walk->arrived = true;
	sonde_probe_hit_stay(hit);
	return NULL;
}

static void end_with_the_task(struct walk *walk)
{
	walk->arrived = false;
	walk->end->state = SONDE_PROBES_TASK_ENDED;
}

static struct sonde_error *run(struct walk *walk)
{
	const struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSTRUCTION,
		.address = walk->address,
		.handler = arrive,
		.user = walk};
	struct sonde_probe *probe;
	struct sonde_error *error;

	CHECK(sonde_probe_create(walk->probes, &options, &probe));
	error = sonde_probes_run(walk->probes, -1, walk->end);
	return sonde_error_first(error, sonde_probe_destroy(probe));
}

static struct sonde_error *run_to(struct walk *walk, uint64_t address, uint64_t sp)
{
	walk->address = address;
	walk->sp = sp;
	walk->arrived = false;
	CHECK(watch_departure(walk));
	walk->ended = never_comes(walk);
	if (walk->ended)
		walk->end->stop = (struct sonde_stop){
			.reason = SONDE_STOP_INTERRUPT, .thread = walk->thread};
	else
		CHECK(run(walk));
	if (walk->ended)
		end_with_the_task(walk);
	return NULL;
}

static struct sonde_error *stepped(struct sonde_probe_hit *hit, void *user)
{
	struct walk *walk = user;

	walk->arrived = hit->stop->reason == SONDE_STOP_STEP;
	if (walk->arrived)
		sonde_probe_hit_stay(hit);
	return NULL;
}

/* One instruction; where the task has lost its CPU by it, until it has one again. */
static struct sonde_error *step(struct walk *walk)
{
	uint64_t task, pc;

	walk->arrived = false;
	walk->probes->steps = (struct sonde_probe_steps){
		.thread = walk->thread, .left = 1, .handler = stepped, .user = walk};
	CHECK(sonde_probes_run(walk->probes, -1, walk->end));
	if (!walk->arrived || !walk->task)
		return NULL;
	CHECK(read_task(walk, walk->thread, &task));
	if (task == walk->task)
		return NULL;
	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	return run_to(walk, pc, 0);
}

/* --- the next instruction
 * --------------------------------------------------------------- */

/*
 * Whether who executed @p flow, and is at @p pc now, was taken away from it: by a trap
 * that it asked for, a fault, or an interrupt. Of what leads elsewhere itself nobody
 * knows: false.
 */
static bool was_left(const struct sonde_flow *flow, uint64_t pc)
{
	if (flow->kind == SONDE_FLOW_ON || flow->kind == SONDE_FLOW_TRAP)
		return pc != flow->address && pc != flow->address + flow->length;
	return false;
}

static bool calls_near(const struct sonde_flow *flow)
{
	return flow->kind == SONDE_FLOW_CALL && flow->has_target &&
	       flow->target - flow->address <= NEAR_BYTES;
}

/* How many functions are left by it; what is executed in a handler counts for nothing. */
static int change_of_depth(const struct sonde_flow *flow)
{
	switch (flow->kind) {
	case SONDE_FLOW_CALL:
		return 1;
	case SONDE_FLOW_RETURN:
	case SONDE_FLOW_TRAP_RETURN:
		return -1;
	default:
		return 0;
	}
}

static struct sonde_error *step_counted(
	struct walk *walk, const struct sonde_flow *flow, int *depth)
{
	uint64_t pc;

	CHECK(step(walk));
	if (!walk->arrived)
		return NULL;
	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	if (was_left(flow, pc))
		walk->traps++;
	else if (!walk->traps)
		*depth += change_of_depth(flow);
	else if (flow->kind == SONDE_FLOW_TRAP_RETURN)
		walk->traps--;
	return NULL;
}

/* One instruction of whatever it is in. */
static struct sonde_error *next_in_handler(
	struct walk *walk, struct sonde_flow *flow, int *depth)
{
	uint64_t pc, sp;

	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	CHECK(sonde_thread_read_flow(walk->thread, pc, flow));
	if (flow->kind != SONDE_FLOW_CALL || calls_near(flow))
		return step_counted(walk, flow, depth);
	CHECK(sonde_probe_read_register(walk->thread, "sp", &sp));
	return run_to(walk, pc + flow->length, sp);
}

/*
 * One instruction, with the handlers of all traps that it has met. One that was begun and
 * not done is executed again.
 */
static struct sonde_error *next(struct walk *walk, int *depth)
{
	struct sonde_flow flow = {.repeats = false}, within;
	bool again = true;
	uint64_t pc;

	while (again) {
		CHECK(next_in_handler(walk, &flow, depth));
		again = walk->arrived && (walk->traps || flow.repeats);
		while (walk->arrived && walk->traps)
			CHECK(next_in_handler(walk, &within, depth));
		if (!again || !walk->arrived)
			break;
		CHECK(sonde_thread_read_pc(walk->thread, &pc));
		again = pc == flow.address;
	}
	return NULL;
}

/*
 * Of a CPU that is halted, and of none else, a step lets interrupts in: their handlers
 * are no part of it.
 */
static struct sonde_error *step_alone(struct walk *walk)
{
	struct sonde_target *base = sonde_target_base(walk->probes->target);
	struct sonde_flow flow;
	int depth = 0;
	uint64_t pc;

	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	CHECK(step(walk));
	if (!walk->arrived || !base->interrupts_let_in || !walk->calls)
		return NULL;
	CHECK(sonde_thread_read_flow(walk->thread, pc, &flow));
	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	walk->traps = was_left(&flow, pc);
	if (!walk->traps)
		return NULL;
	while (walk->arrived && walk->traps)
		CHECK(next_in_handler(walk, &flow, &depth));
	return NULL;
}

/* --- the public face
 * ----------------------------------------------------------------------- */

static struct sonde_error *walk_init(struct walk *walk, struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *end)
{
	*walk = (struct walk){.probes = probes, .thread = thread, .end = end};
	CHECK(sonde_target_check_stopped(sonde_target_base(probes->target)));
	walk->calls = sonde_target_base(probes->target)->arch->calls;
	return read_task(walk, thread, &walk->task);
}

/* @p error is what it ended with. */
static struct sonde_error *walk_end(struct walk *walk, struct sonde_error *error,
	struct sonde_probes_end *ret, bool *arrived)
{
	error = sonde_error_first(error, sonde_probe_destroy(walk->departure));
	if (error)
		return error;
	*ret = *walk->end;
	*arrived = walk->arrived;
	return NULL;
}

struct sonde_error *sonde_probes_step(struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *ret, bool *arrived)
{
	struct sonde_probes_end end;
	struct walk walk;

	CHECK(walk_init(&walk, probes, thread, &end));
	return walk_end(&walk, step_alone(&walk), ret, arrived);
}

struct sonde_error *sonde_probes_next(struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *ret, bool *arrived)
{
	struct sonde_probes_end end;
	struct walk walk;
	int depth = 0;

	CHECK(walk_init(&walk, probes, thread, &end));
	CHECK(sonde_probe_calls(probes, &walk.calls));
	return walk_end(&walk, next(&walk, &depth), ret, arrived);
}

/* A handler of traps returns elsewhere, and what its stack has is no way back. */
static struct sonde_error *is_returned_to(
	const struct walk *walk, uint64_t address, bool *ret)
{
	struct sonde_space *space;
	struct sonde_error *error;
	uint8_t code[8];

	*ret = true;
	if (!walk->calls->ends_with_call)
		return NULL;
	CHECK(sonde_target_virtual(walk->probes->target, walk->thread, &space));
	error = sonde_space_read(space, address - sizeof(code), code, sizeof(code));
	*ret = !error && walk->calls->ends_with_call(code, sizeof(code));
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

/* At its first instruction a function has not hidden yet where it returns to. */
static struct sonde_error *finish_from_entry(struct walk *walk, bool *done)
{
	uint64_t pc, sp, address;
	struct sonde_symbol symbol;
	struct sonde_error *error;

	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	error = sonde_symbol_at(walk->probes->target, pc, &symbol);
	*done = !error && symbol.address == pc;
	sonde_error_destroy(error);
	if (!*done)
		return NULL;
	CHECK(sonde_probe_read_register(walk->thread, "sp", &sp));
	CHECK(sonde_probe_read_return_address(
		walk->probes, walk->calls, walk->thread, sp, &address));
	CHECK(is_returned_to(walk, address, done));
	return *done ? run_to(walk, address, sp + walk->calls->return_pops) : NULL;
}

static struct sonde_error *finish(struct walk *walk)
{
	bool done;
	int depth = 0;

	CHECK(finish_from_entry(walk, &done));
	while (!done) {
		CHECK(next(walk, &depth));
		done = !walk->arrived || depth < 0;
	}
	return NULL;
}

struct sonde_error *sonde_probes_finish(struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *ret, bool *arrived)
{
	struct sonde_probes_end end;
	struct walk walk;

	CHECK(walk_init(&walk, probes, thread, &end));
	CHECK(sonde_probe_calls(probes, &walk.calls));
	return walk_end(&walk, finish(&walk), ret, arrived);
}

static struct sonde_error *reach(struct walk *walk, uint64_t address)
{
	uint64_t pc;

	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	if (pc == address)
		CHECK(step_alone(walk));
	if (pc != address || walk->arrived)
		CHECK(run_to(walk, address, 0));
	return NULL;
}

struct sonde_error *sonde_probes_reach(struct sonde_probes *probes,
	struct sonde_thread *thread, uint64_t address, struct sonde_probes_end *ret,
	bool *arrived)
{
	struct sonde_probes_end end;
	struct walk walk;

	CHECK(walk_init(&walk, probes, thread, &end));
	return walk_end(&walk, reach(&walk, address), ret, arrived);
}
