/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is different with KGDB, the kernel's own stub.
 *
 * Its threads are the kernel's tasks. The CPUs stand beside them with ids of their own
 * (sonde_gdb_thread_id_is_cpu), and those are our threads. A stop names a task, and which
 * CPU runs it is not said unless that is idle: it is the one whose stack pointer the
 * stopped task has. Only the CPU that stopped can be stepped or have its registers
 * written; while it steps, the others run.
 *
 * Everything that stops it is a SIGTRAP. Behind a software breakpoint the PC is moved
 * back, which KGDB leaves to its client. Behind a breakpoint instruction that the kernel
 * itself contains, it was called: by our BREAK or by somebody else.
 *
 * Source: linux 6.1, kernel/debug/gdbstub.c and debug_core.c; seen live on x86_64.
 */
#include <string.h>

#include "hex.h"
#include "machine.h"

enum {
	/** GDB's number of it. */
	SIGNAL_TRAP = 5,
	/** What another CPU keeps is told at once when the kernel goes on (ms). */
	STRAY_MS = 200,
};

/* --- who ------------------------------------------------------------------------ */

/* Whether @p thread has the stack pointer that is in @p g. */
static struct sonde_error *has_stack_of(
	struct sonde_thread *thread, const struct sonde_buffer *g, bool *ret)
{
	const struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	const struct sonde_register *reg =
		sonde_target_find_register(thread->target, "sp");
	const struct sonde_gdb_slot *slot = &machine->layout.slots[reg->index];
	const struct sonde_gdb_register_cache *cache;
	uint8_t wanted[SONDE_REGISTER_MAX_BYTES];
	struct sonde_register_value value;

	CHECK(sonde_thread_read_register(thread, reg, &value));
	cache = sonde_gdb_machine_cache(thread);
	*ret = value.available && 2 * (slot->offset + slot->bytes) <= g->length &&
	       sonde_hex_decode(
		       (const char *)g->data + 2 * slot->offset, slot->bytes, wanted) &&
	       !memcmp(wanted, cache->bytes + slot->offset, slot->bytes);
	return NULL;
}

/* Looks first where the last stop was. */
static struct sonde_error *search(struct sonde_gdb_machine *machine,
	const struct sonde_buffer *g, struct sonde_thread **ret)
{
	struct sonde_thread *last = machine->stopped;
	bool found = false;

	if (last && !last->gone)
		CHECK(has_stack_of(last, g, &found));
	if (found) {
		*ret = last;
		return NULL;
	}
	for (size_t i = 0; i < machine->thread_count; i++) {
		if (machine->threads[i] == last || machine->threads[i]->gone)
			continue;
		CHECK(has_stack_of(machine->threads[i], g, &found));
		if (found) {
			*ret = machine->threads[i];
			return NULL;
		}
	}
	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "KGDB names no CPU as the one that stopped");
}

static struct sonde_error *find_stopped(struct sonde_gdb_machine *machine,
	const struct sonde_gdb_stop_reply *reply, const struct sonde_buffer *g,
	struct sonde_thread **ret)
{
	if (reply->has_thread && sonde_gdb_thread_id_is_cpu(&reply->thread))
		return sonde_gdb_machine_take_thread(machine, &reply->thread, ret);
	if (machine->thread_count == 1) {
		*ret = machine->threads[0];
		return NULL;
	}
	return search(machine, g, ret);
}

struct sonde_error *sonde_gdb_kgdb_find_stopped(struct sonde_gdb_machine *machine,
	const struct sonde_gdb_stop_reply *stop, struct sonde_thread **ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer g = {0};
	struct sonde_gdb_stub *stub = &machine->stub;
	struct sonde_gdb_reply reply;
	struct sonde_thread *thread;

	/* A stop selects who stopped, and so did the Hg0 of attaching. */
	CHECK(sonde_gdb_ask(&stub->connection, &reply, "g"));
	if (!reply.length || sonde_gdb_reply_is_error(&reply))
		return sonde_gdb_unexpected(&reply);
	CHECK(sonde_buffer_append(&g, reply.data, reply.length));
	stub->has_selected = false;
	CHECK(find_stopped(machine, stop, &g, &thread));
	CHECK(sonde_gdb_register_cache_put_all(sonde_gdb_machine_cache(thread),
		&machine->layout, (const char *)g.data, g.length));
	if (!stub->has_selected)
		stub->selected = sonde_gdb_thread_of(thread)->id;
	stub->has_selected = true;
	machine->stopped = thread;
	*ret = thread;
	return NULL;
}

struct sonde_error *sonde_gdb_kgdb_check_stopped(
	const struct sonde_gdb_machine *machine, const struct sonde_thread *thread)
{
	if (!machine->stub.is_kgdb || thread == machine->stopped)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"KGDB does that to no CPU but the one that stopped"),
		"that is CPU %u", machine->stopped->number);
}

/* --- why ------------------------------------------------------------------------ */

static bool is_software_trap(const struct sonde_trap *trap)
{
	return trap->inserted && !trap->written &&
	       trap->place.kind == SONDE_BREAKPOINT_SOFTWARE;
}

static bool has_software_trap(const struct sonde_target *target, uint64_t address)
{
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		if (is_software_trap(trap) && trap->place.address == address)
			return true;
	return false;
}

/* Whether the kernel's code has a breakpoint there: KGDB's own are out meanwhile. */
static bool has_instruction(struct sonde_gdb_machine *machine, uint64_t address)
{
	const struct sonde_arch *arch = machine->target.arch;
	uint8_t code[sizeof(arch->breakpoint)];
	struct sonde_error *error = sonde_gdb_stub_read_memory(
		&machine->stub, address, code, arch->breakpoint_bytes);
	bool read = !error;

	sonde_error_destroy(error);
	return read && !memcmp(code, arch->breakpoint, arch->breakpoint_bytes);
}

static struct sonde_error *move_back(struct sonde_thread *thread, uint64_t pc)
{
	const struct sonde_register *reg =
		sonde_target_find_register(thread->target, "pc");
	struct sonde_register_value value;

	sonde_register_value_set_integer(&value, pc, reg->bits);
	return sonde_thread_write_register(thread, reg, &value);
}

struct sonde_error *sonde_gdb_kgdb_explain(
	struct sonde_gdb_machine *machine, struct sonde_stop *stop)
{
	uint64_t pc, place;

	/* A step ends where it ends, whatever stands before that. */
	if (!stop->thread || stop->reason != SONDE_STOP_SIGNAL ||
		stop->signal != SIGNAL_TRAP || stop->thread == machine->plan.step)
		return NULL;
	CHECK(sonde_thread_read_pc(stop->thread, &pc));
	place = pc - machine->target.arch->breakpoint_pc_offset;
	if (has_software_trap(&machine->target, place))
		return place == pc ? NULL : move_back(stop->thread, place);
	if (has_instruction(machine, place))
		stop->reason = SONDE_STOP_INTERRUPT;
	return NULL;
}

/* --- leaving -------------------------------------------------------------------- */

bool sonde_gdb_kgdb_keeps_hits(const struct sonde_gdb_machine *machine)
{
	for (const struct sonde_trap *trap = machine->target.traps.first; trap;
		trap = trap->next)
		if (is_software_trap(trap))
			return true;
	return false;
}

/* Lets the kernel go on, without any traps by now. */
static struct sonde_error *go_on(struct sonde_target *target)
{
	static const struct sonde_resume_plan everybody = {0};

	sonde_target_next_epoch(target);
	CHECK(target->control->resume(target, &everybody));
	target->state = SONDE_STATE_RUNNING;
	return NULL;
}

/* The same, and stops it when what was kept has come. */
static struct sonde_error *go_on_and_stop(struct sonde_target *target)
{
	struct sonde_error *error;
	struct sonde_stop stop;

	CHECK(go_on(target));
	error = target->control->wait(target, STRAY_MS, &stop);
	if (!sonde_error_is(error, SONDE_ERROR_TIMEOUT))
		return error;
	sonde_error_destroy(error);
	CHECK(target->control->interrupt(target));
	return target->control->wait(target, (int)target->sonde->timeout_ms, &stop);
}

struct sonde_error *sonde_gdb_kgdb_prepare_detach(struct sonde_gdb_machine *machine)
{
	bool several = machine->thread_count > 1;
	struct sonde_error *error;

	if (!machine->stub.is_kgdb || !several ||
		!(machine->interrupt_stray || machine->hits_kept))
		return NULL;
	if (machine->stub.connection.transport.break_g)
		error = go_on_and_stop(&machine->target);
	else
		error = go_on(&machine->target);
	return sonde_error_while(error, "letting the other CPUs go");
}
