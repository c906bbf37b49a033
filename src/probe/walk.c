/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking as a task. What a call calls is left out by a breakpoint behind it, at which
 * the task and its stack pointer must be the same as before.
 *
 * There are calls that are none: x86's retpolines (arch/x86/lib/retpoline.S of Linux)
 * call what is a few bytes further on, change the address to return to, and "return" to
 * where they are to jump. Such a call is stepped into, and its return counted against it.
 */
#include <sonde/walk.h>
#include <string.h>

#include "probe.h"

enum {
	CODE_BYTES = 16,
	/** A call to no further than this is no function's. */
	NEAR_BYTES = 32,
};

struct walk {
	struct sonde_probes *probes;
	struct sonde_thread *thread;
	struct sonde_probes_end *end;
	const struct sonde_arch_calls *calls;
	/** Whom to wait for; a stack pointer of 0: wherever it is. */
	uint64_t task, sp;
	bool arrived;
};

/* --- going on
 * ---------------------------------------------------------------------------- */

static struct sonde_error *arrive(struct sonde_probe_hit *hit, void *user)
{
	struct walk *walk = user;
	uint64_t task, sp;

	CHECK(sonde_probe_read_task(walk->probes, hit->thread, &task));
	CHECK(sonde_probe_read_register(hit->thread, "sp", &sp));
	if (task != walk->task || (walk->sp && sp != walk->sp))
		return NULL;
	walk->arrived = true;
	walk->thread = hit->thread;
	sonde_probe_hit_stay(hit);
	return NULL;
}

static struct sonde_error *run_to(struct walk *walk, uint64_t address, uint64_t sp)
{
	const struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSTRUCTION,
		.address = address,
		.handler = arrive,
		.user = walk};
	struct sonde_probe *probe;
	struct sonde_error *error;

	walk->sp = sp;
	walk->arrived = false;
	CHECK(sonde_probe_create(walk->probes, &options, &probe));
	error = sonde_probes_run(walk->probes, -1, walk->end);
	return sonde_error_first(error, sonde_probe_destroy(probe));
}

static struct sonde_error *stepped(struct sonde_probe_hit *hit, void *user)
{
	struct walk *walk = user;

	walk->arrived = hit->stop->reason == SONDE_STOP_STEP;
	if (walk->arrived)
		sonde_probe_hit_stay(hit);
	return NULL;
}

static struct sonde_error *step(struct walk *walk)
{
	walk->arrived = false;
	walk->probes->steps = (struct sonde_probe_steps){
		.thread = walk->thread, .left = 1, .handler = stepped, .user = walk};
	return sonde_probes_run(walk->probes, -1, walk->end);
}

/* --- what the next instruction is
 * --------------------------------------------------------- */

static bool is_one_of(const char *const *words, const char *text)
{
	size_t length = strcspn(text, " \t");

	for (; *words; words++)
		if (strlen(*words) == length && !memcmp(*words, text, length))
			return true;
	return false;
}

static struct sonde_error *read_instruction(
	struct walk *walk, uint64_t pc, struct sonde_instruction *ret)
{
	struct sonde_target *target = walk->probes->target;
	size_t length = 4096 - pc % 4096;
	uint8_t code[CODE_BYTES] = {0};
	struct sonde_space *space;
	struct sonde_error *error;

	CHECK(sonde_target_virtual(target, walk->thread, &space));
	error = sonde_space_read(space, pc, code, sizeof(code));
	if (!sonde_error_is(error, SONDE_ERROR_FAULT) || length >= sizeof(code)) {
		CHECK(error);
		return sonde_disassemble(
			target, walk->thread, pc, code, sizeof(code), ret);
	}
	/* There is nothing behind its page. */
	sonde_error_destroy(error);
	CHECK(sonde_space_read(space, pc, code, length));
	return sonde_disassemble(target, walk->thread, pc, code, length, ret);
}

/* "call 0xffffffff81000000"; what a register or memory holds is a function. */
static bool calls_near(const struct sonde_instruction *instruction)
{
	const char *operand = strstr(instruction->text, "0x");
	uint64_t address =
		operand && operand[-1] == ' ' ? strtoull(operand, NULL, 16) : 0;

	return address - instruction->address <= NEAR_BYTES;
}

/* How the depth of calls changes with the step; a call as a whole changes nothing. */
static struct sonde_error *next(struct walk *walk, int *depth)
{
	struct sonde_instruction instruction;
	uint64_t pc, sp;

	CHECK(sonde_thread_read_pc(walk->thread, &pc));
	CHECK(read_instruction(walk, pc, &instruction));
	if (is_one_of(walk->calls->call_words, instruction.text)) {
		if (!calls_near(&instruction)) {
			CHECK(sonde_probe_read_register(walk->thread, "sp", &sp));
			return run_to(walk, pc + instruction.length, sp);
		}
		++*depth;
	} else if (is_one_of(walk->calls->return_words, instruction.text)) {
		--*depth;
	}
	return step(walk);
}

/* --- the public face
 * ----------------------------------------------------------------------- */

static struct sonde_error *walk_init(struct walk *walk, struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *end)
{
	*walk = (struct walk){.probes = probes, .thread = thread, .end = end};
	CHECK(sonde_probe_calls(probes, &walk->calls));
	CHECK(sonde_target_check_stopped(sonde_target_base(probes->target)));
	return sonde_probe_read_task(probes, thread, &walk->task);
}

struct sonde_error *sonde_probes_next(struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *ret, bool *arrived)
{
	struct sonde_probes_end end;
	struct walk walk;
	int depth = 0;

	CHECK(walk_init(&walk, probes, thread, &end));
	CHECK(next(&walk, &depth));
	*ret = end;
	*arrived = walk.arrived;
	return NULL;
}

/* At its first instruction a function has not hidden yet where it returns to. */
static struct sonde_error *finish_from_entry(
	struct walk *walk, uint64_t pc, bool *is_entry)
{
	uint64_t sp, address;
	struct sonde_symbol symbol;
	struct sonde_error *error = sonde_symbol_at(walk->probes->target, pc, &symbol);

	*is_entry = !error && symbol.address == pc;
	sonde_error_destroy(error);
	if (!*is_entry)
		return NULL;
	CHECK(sonde_probe_read_register(walk->thread, "sp", &sp));
	CHECK(sonde_probe_read_return_address(
		walk->probes, walk->calls, walk->thread, sp, &address));
	return run_to(walk, address, sp + walk->calls->return_pops);
}

struct sonde_error *sonde_probes_finish(struct sonde_probes *probes,
	struct sonde_thread *thread, struct sonde_probes_end *ret, bool *arrived)
{
	struct sonde_probes_end end;
	struct walk walk;
	bool is_entry;
	int depth = 0;
	uint64_t pc;

	CHECK(walk_init(&walk, probes, thread, &end));
	CHECK(sonde_thread_read_pc(thread, &pc));
	CHECK(finish_from_entry(&walk, pc, &is_entry));
	while (!is_entry) {
		CHECK(next(&walk, &depth));
		if (!walk.arrived || depth < 0)
			break;
	}
	*ret = end;
	*arrived = walk.arrived;
	return NULL;
}

struct sonde_error *sonde_probes_reach(struct sonde_probes *probes,
	struct sonde_thread *thread, uint64_t address, struct sonde_probes_end *ret,
	bool *arrived)
{
	struct sonde_probes_end end;
	struct walk walk;
	uint64_t pc;

	CHECK(walk_init(&walk, probes, thread, &end));
	CHECK(sonde_thread_read_pc(thread, &pc));
	if (pc == address)
		CHECK(step(&walk));
	if (pc != address || walk.arrived)
		CHECK(run_to(&walk, address, 0));
	*ret = end;
	*arrived = walk.arrived;
	return NULL;
}
