/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running and stopping through the stub.
 *
 * Two oddities are met here. A CPU of QEMU that is halted waits for an interrupt,
 * which QEMU's single steps hold back: such a step would never end, so after a
 * while it is broken off and done again with interrupts let through. And an
 * interrupt that is sent to gdbserver while it stops anyway is not forgotten: it
 * stops the target once more at the next resume, which is passed over.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "notes.h"
#include "user_mode.h"

enum {
	/** A step that takes longer is one of a halted CPU (milliseconds). */
	HALTED_STEP_MS = 200,
	/** An interrupt without an answer for so long may not have been heard. */
	UNHEARD_MS = 1000,
	/** GDB's number of it. */
	SIGNAL_TRAP = 5,
	/** A BREAK may get lost: after so long another one is sent (milliseconds). */
	BREAK_AGAIN_MS = 1000,
	/** QEMU's step bits: steps, with interrupts and timers running. */
	STEP_WITH_INTERRUPTS = 1,
};

/* --- resuming ------------------------------------------------------------------- */

/* KGDB takes the interrupt byte for a character like any other. */
static bool heeds_interrupts(const struct sonde_gdb_stub *stub)
{
	return !stub->is_kgdb || stub->connection.transport.break_g;
}

static struct sonde_error *send_packet(struct sonde_gdb_stub *stub, const char *packet)
{
	CHECK(sonde_gdb_settle(&stub->connection));
	CHECK(sonde_gdb_queue(&stub->connection, packet, strlen(packet)));
	return sonde_gdb_flush(&stub->connection);
}

static struct sonde_error *set_step_bits(struct sonde_gdb_stub *stub, uint64_t bits)
{
	struct sonde_gdb_reply reply;

	if (bits == stub->step_bits)
		return NULL;
	CHECK(sonde_gdb_note_mode(stub, &stub->step_bits_slot, "Qqemu.sstep:%" PRIx64,
		stub->found_step_bits));
	CHECK(sonde_gdb_ask(&stub->connection, &reply, "Qqemu.sstep:%" PRIx64, bits));
	if (!sonde_gdb_reply_is(&reply, "OK"))
		return sonde_gdb_unexpected(&reply);
	stub->step_bits = bits;
	return NULL;
}

/*
 * A stop of QEMU ends the single steps of one CPU alone: of that which Hc chose, if no
 * trap chose another one (gdb_vm_state_change()). A step of another one that is broken
 * off would stay armed, and stop the guest when nobody is there any more.
 */
static struct sonde_error *prepare_step(
	struct sonde_gdb_machine *machine, struct sonde_thread *thread)
{
	const struct sonde_gdb_thread_id *id = &sonde_gdb_thread_of(thread)->id;
	struct sonde_gdb_stub *stub = &machine->stub;
	char text[SONDE_GDB_THREAD_ID_TEXT];
	struct sonde_gdb_reply reply;

	if (!stub->is_qemu || stub->is_user_mode)
		return NULL;
	if (machine->thread_count > 1 &&
		(!stub->has_controlled ||
			!sonde_gdb_thread_id_equal(&stub->controlled, id))) {
		sonde_gdb_thread_id_format(id, text);
		CHECK(sonde_gdb_ask(&stub->connection, &reply, "Hc%s", text));
		stub->has_controlled = true;
		stub->controlled = *id;
	}
	return machine->target.interrupts_let_in
		       ? NULL
		       : set_step_bits(stub, stub->quiet_step_bits);
}

static struct sonde_error *send_step(
	struct sonde_gdb_machine *machine, const struct sonde_resume_plan *plan)
{
	struct sonde_gdb_stub *stub = &machine->stub;
	char id[SONDE_GDB_THREAD_ID_TEXT], packet[SONDE_GDB_THREAD_ID_TEXT + 16];
	struct sonde_gdb_reply reply;

	sonde_gdb_thread_id_format(&sonde_gdb_thread_of(plan->step)->id, id);
	if (stub->vcont_step) {
		snprintf(packet, sizeof(packet), "vCont;s:%s%s", id,
			plan->others_run ? ";c" : "");
		return send_packet(stub, packet);
	}
	if (machine->thread_count > 1)
		CHECK(sonde_gdb_ask(&stub->connection, &reply, "Hc%s", id));
	return send_packet(stub, "s");
}

/* Whether the stub offered to go back; what it did not offer would abort QEMU. */
static struct sonde_error *check_backwards(
	const struct sonde_gdb_machine *machine, const struct sonde_resume_plan *plan)
{
	const struct sonde_gdb_rules *rules = &machine->stub.connection.rules;

	if (plan->step ? rules->reverse_step : rules->reverse_continue)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the stub keeps no record of what was executed"),
		"QEMU has one while it replays: -icount "
		"shift=auto,rr=replay,rrfile=FILE,rrsnapshot=NAME");
}

static struct sonde_error *send_backwards(
	struct sonde_gdb_machine *machine, const struct sonde_resume_plan *plan)
{
	struct sonde_gdb_stub *stub = &machine->stub;
	char id[SONDE_GDB_THREAD_ID_TEXT];
	struct sonde_gdb_reply reply;

	if (!plan->step)
		return send_packet(stub, "bc");
	if (machine->thread_count > 1) {
		sonde_gdb_thread_id_format(&sonde_gdb_thread_of(plan->step)->id, id);
		CHECK(sonde_gdb_ask(&stub->connection, &reply, "Hc%s", id));
	}
	return send_packet(stub, "bs");
}

static struct sonde_error *send_plan(
	struct sonde_gdb_machine *machine, const struct sonde_resume_plan *plan)
{
	struct sonde_gdb_stub *stub = &machine->stub;
	struct sonde_gdb_reply reply;

	CHECK(sonde_gdb_note_running(stub, true));
	if (plan->backwards) {
		CHECK(send_backwards(machine, plan));
	} else if (plan->step) {
		CHECK(prepare_step(machine, plan->step));
		CHECK(send_step(machine, plan));
	} else if (stub->vcont_continue) {
		CHECK(send_packet(stub, "vCont;c"));
	} else {
		if (machine->thread_count > 1)
			CHECK(sonde_gdb_ask(&stub->connection, &reply, "Hc-1"));
		CHECK(send_packet(stub, "c"));
	}
	/* The stub selects whoever stops. */
	if (machine->thread_count != 1)
		stub->has_selected = false;
	return NULL;
}

static struct sonde_error *resume(
	struct sonde_target *target, const struct sonde_resume_plan *plan)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);
	bool keeps_hits;

	if (plan->backwards)
		CHECK(check_backwards(machine, plan));
	if (plan->step)
		CHECK(sonde_gdb_kgdb_check_stopped(machine, plan->step));
	else if (!heeds_interrupts(&machine->stub))
		sonde_log(&target->sonde->log, SONDE_LOG_INFO,
			"nothing but its breakpoints can stop this kernel");
	sonde_gdb_chain_state_changed(machine, SONDE_STATE_RUNNING);
	/* A stub in physical mode would set its breakpoints there, too. */
	if (machine->stub.physical_mode)
		CHECK(sonde_gdb_stub_set_physical(&machine->stub, false));
	machine->plan = *plan;
	target->interrupts_let_in = false;
	target->stops_late = machine->stub.is_qemu && !machine->stub.is_user_mode;
	keeps_hits = sonde_gdb_kgdb_keeps_hits(machine);
	if (machine->stub.is_kgdb && keeps_hits)
		CHECK(sonde_gdb_note_pc_owed(&machine->stub));
	machine->hits_kept |= keeps_hits;
	CHECK(send_plan(machine, plan));
	/* What was kept before has gone on only now. */
	machine->hits_kept = keeps_hits;
	return NULL;
}

static struct sonde_error *interrupt(struct sonde_target *target)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);

	if (!heeds_interrupts(&machine->stub))
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "KGDB heeds no interrupt byte"),
			"attach by gdb:serial:DEVICE,BAUD,break-g or "
			"gdb:telnet:HOST:PORT,break-g, or write g to the guest's "
			"/proc/sysrq-trigger");
	if (machine->stub.is_user_mode)
		CHECK(sonde_gdb_signal_process(&machine->stub.connection.transport));
	else
		CHECK(sonde_gdb_send_break(&machine->stub.connection));
	machine->interrupt_sent = true;
	return NULL;
}

/* --- stopping ------------------------------------------------------------------- */

static struct sonde_error *take_expedited(
	struct sonde_thread *thread, const struct sonde_gdb_stop_reply *reply)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	struct sonde_gdb_register_cache *cache = sonde_gdb_machine_cache(thread);

	for (size_t i = 0; i < reply->expedited_count; i++) {
		const struct sonde_gdb_expedited *one = &reply->expedited[i];
		ptrdiff_t index = sonde_gdb_layout_find(&machine->layout, one->number);

		if (index >= 0 && !sonde_gdb_register_cache_put(cache, &machine->layout,
					  (size_t)index, one->hex, one->hex_length))
			return sonde_error_create(SONDE_ERROR_BAD_DATA,
				"a stop reply has a broken register");
	}
	return NULL;
}

struct sonde_error *sonde_gdb_machine_take_stop(struct sonde_gdb_machine *machine,
	const struct sonde_gdb_stop_reply *reply, struct sonde_stop *ret)
{
	struct sonde_thread *thread = NULL;

	if (reply->reason != SONDE_STOP_EXITED && reply->reason != SONDE_STOP_KILLED) {
		if (machine->stub.is_kgdb)
			CHECK(sonde_gdb_kgdb_find_stopped(machine, reply, &thread));
		else if (reply->has_thread)
			CHECK(sonde_gdb_machine_take_thread(
				machine, &reply->thread, &thread));
		else
			CHECK(sonde_target_current_thread(&machine->target, &thread));
		CHECK(take_expedited(thread, reply));
	}
	*ret = (struct sonde_stop){
		.reason = reply->reason,
		.thread = thread,
		.signal = reply->signal,
		.address = reply->address,
		.watch_kind = reply->watch_kind,
	};
	return NULL;
}

/* Where the PC may have to be put back, the guard must not miss the stop that we took. */
static struct sonde_error *note_stop_that_comes(
	struct sonde_gdb_machine *machine, int timeout_ms)
{
	bool comes;

	if (!sonde_gdb_noted_pc_owed(&machine->stub))
		return NULL;
	CHECK(sonde_gdb_expect_stop(&machine->stub.connection, timeout_ms, &comes));
	return comes ? sonde_gdb_note_running(&machine->stub, false) : NULL;
}

static struct sonde_error *receive(
	struct sonde_gdb_machine *machine, int timeout_ms, struct sonde_stop *ret)
{
	struct sonde_gdb_stop_reply stop;
	struct sonde_gdb_reply reply;
	struct sonde_error *error;

	error = note_stop_that_comes(machine, timeout_ms);
	if (!error)
		error = sonde_gdb_receive_stop(
			&machine->stub.connection, timeout_ms, &reply);
	if (machine->stub.connection.dead)
		machine->target.state = SONDE_STATE_ENDED;
	if (error)
		return error;
	/* What follows may ask the stub, which is stopped now. */
	machine->target.state = SONDE_STATE_STOPPED;
	CHECK(sonde_gdb_note_running(&machine->stub, false));
	if (machine->plan.backwards && sonde_gdb_reply_is_error(&reply))
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_NOT_FOUND,
						   "the stub cannot go back any further"),
			"the record begins here, or has no snapshot before this");
	if (sonde_gdb_reply_is_error(&reply) || !reply.length)
		return sonde_error_while(
			sonde_gdb_unexpected(&reply), "resuming the target");
	CHECK(sonde_gdb_stop_reply_parse(reply.data, reply.length, &stop));
	/* QEMU selects the CPU that a trap stopped (gdb_set_stop_cpu). */
	if (machine->stub.is_qemu && stop.has_thread && stop.signal == SIGNAL_TRAP) {
		machine->stub.has_selected = true;
		machine->stub.selected = stop.thread;
	}
	if (machine->stub.is_qemu) {
		machine->stub.has_controlled = stop.has_thread;
		machine->stub.controlled = stop.thread;
	}
	CHECK(sonde_gdb_machine_take_stop(machine, &stop, ret));
	return machine->stub.is_kgdb ? sonde_gdb_kgdb_explain(machine, ret) : NULL;
}

/* Waits for the stop that a BREAK is to bring, and sends it again and again. */
static struct sonde_error *receive_insisting(
	struct sonde_gdb_machine *machine, int timeout_ms, struct sonde_stop *ret)
{
	int64_t deadline = sonde_deadline_in(timeout_ms);

	for (;;) {
		int left = sonde_deadline_left(deadline);
		bool last = left >= 0 && left <= BREAK_AGAIN_MS;
		struct sonde_error *error =
			receive(machine, last ? left : BREAK_AGAIN_MS, ret);

		if (last || !sonde_error_is(error, SONDE_ERROR_TIMEOUT))
			return error;
		sonde_error_destroy(error);
		CHECK(sonde_gdb_send_break(&machine->stub.connection));
	}
}

/*
 * QEMU, having gone back as far as it could, says no more than that it stopped. Its
 * monitor tells "instruction count = N": 0 is where the record begins.
 */
static struct sonde_error *look_for_record_begin(
	struct sonde_gdb_machine *machine, struct sonde_stop *stop)
{
	static const char words[] = "instruction count = ";
	CLEANUP(cleanup_free) char *text = NULL;
	const char *count;

	if (!machine->stub.is_qemu || !machine->plan.backwards || machine->plan.step ||
		stop->reason != SONDE_STOP_SIGNAL || stop->signal != SIGNAL_TRAP)
		return NULL;
	CHECK(sonde_gdb_stub_monitor(&machine->stub, "info replay", &text));
	count = strstr(text, words);
	if (count && strtoull(count + strlen(words), NULL, 10) == 0)
		stop->reason = SONDE_STOP_RECORD_END;
	return NULL;
}

/*
 * A step that does not end: the CPU is halted, and nothing may wake it. So interrupts are
 * let in, and if that does not help, whoever else may send it one.
 */
static struct sonde_error *step_halted(
	struct sonde_gdb_machine *machine, int timeout_ms, struct sonde_stop *ret)
{
	struct sonde_gdb_stub *stub = &machine->stub;

	CHECK(sonde_gdb_send_break(&stub->connection));
	CHECK(receive(machine, (int)machine->target.sonde->timeout_ms, ret));
	if (ret->reason != SONDE_STOP_INTERRUPT)
		return NULL;
	sonde_log(&machine->target.sonde->log, SONDE_LOG_INFO,
		"CPU %u is halted: stepping it with interrupts enabled%s",
		machine->plan.step->number,
		machine->target.interrupts_let_in ? ", and with the others running" : "");
	machine->plan.others_run |= machine->target.interrupts_let_in;
	machine->target.interrupts_let_in = true;
	CHECK(set_step_bits(stub, STEP_WITH_INTERRUPTS));
	CHECK(send_plan(machine, &machine->plan));
	machine->target.state = SONDE_STATE_RUNNING;
	return machine->plan.others_run ? receive(machine, timeout_ms, ret)
					: receive(machine, HALTED_STEP_MS, ret);
}

/* An interrupt came when the target had stopped already: its own stop means nothing. */
static bool is_stray(struct sonde_gdb_machine *machine, const struct sonde_stop *stop)
{
	bool sent = machine->interrupt_sent;

	machine->interrupt_sent = false;
	if (stop->reason != SONDE_STOP_INTERRUPT) {
		/* QEMU's machine forgets the interrupt then; others keep it. */
		if (sent && (!machine->stub.is_qemu || machine->stub.is_user_mode))
			machine->interrupt_stray = true;
		return false;
	}
	if (sent || !machine->interrupt_stray)
		return false;
	machine->interrupt_stray = false;
	return true;
}

/*
 * An interrupt that follows a resume at once may be read along with it and forgotten
 * (valgrind). So it is said again; whoever has heard both stops once more than was
 * meant, which is passed over.
 */
static struct sonde_error *receive_interrupted(
	struct sonde_gdb_machine *machine, int timeout_ms, struct sonde_stop *ret)
{
	struct sonde_error *error;

	if (machine->stub.is_qemu || (timeout_ms >= 0 && timeout_ms <= UNHEARD_MS))
		return receive(machine, timeout_ms, ret);
	error = receive(machine, UNHEARD_MS, ret);
	if (!sonde_error_is(error, SONDE_ERROR_TIMEOUT))
		return error;
	sonde_error_destroy(error);
	CHECK(sonde_gdb_send_break(&machine->stub.connection));
	machine->interrupt_stray = true;
	return receive(machine, timeout_ms < 0 ? -1 : timeout_ms - UNHEARD_MS, ret);
}

static struct sonde_error *wait_once(
	struct sonde_gdb_machine *machine, int timeout_ms, struct sonde_stop *ret)
{
	bool patient = timeout_ms < 0 || timeout_ms > HALTED_STEP_MS;
	struct sonde_error *error;

	if (machine->interrupt_sent && machine->stub.connection.transport.break_g)
		return receive_insisting(machine, timeout_ms, ret);
	if (machine->interrupt_sent)
		return receive_interrupted(machine, timeout_ms, ret);
	if (!machine->plan.step || machine->plan.backwards || !machine->stub.is_qemu ||
		machine->stub.is_user_mode || !patient)
		return receive(machine, timeout_ms, ret);
	error = receive(machine, HALTED_STEP_MS, ret);
	for (unsigned i = 0; i < 2 && sonde_error_is(error, SONDE_ERROR_TIMEOUT); i++) {
		sonde_error_destroy(error);
		error = step_halted(machine, timeout_ms, ret);
	}
	return error;
}

static struct sonde_error *wait_for_stop(
	struct sonde_target *target, int timeout_ms, struct sonde_stop *ret)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);

	for (;;) {
		struct sonde_stop stop;

		CHECK(wait_once(machine, timeout_ms, &stop));
		if (machine->target.interrupts_let_in && stop.thread)
			CHECK(set_step_bits(
				&machine->stub, machine->stub.quiet_step_bits));
		CHECK(look_for_record_begin(machine, &stop));
		if (!is_stray(machine, &stop)) {
			sonde_gdb_chain_state_changed(machine, SONDE_STATE_STOPPED);
			*ret = stop;
			return NULL;
		}
		sonde_target_next_epoch(target);
		CHECK(send_plan(machine, &machine->plan));
		target->state = SONDE_STATE_RUNNING;
	}
}

/* --- traps ---------------------------------------------------------------------- */

static bool traps_show(const struct sonde_target *target)
{
	return sonde_gdb_machine_of(target)->stub.has_kvm;
}

static struct sonde_error *no_such_trap(
	const struct sonde_gdb_stub *stub, const struct sonde_trap_place *place)
{
	bool reads = place->kind == SONDE_BREAKPOINT_WATCH_READ;

	if (!reads || (!stub->is_kgdb && !stub->has_kvm))
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the stub sets no traps of this kind");
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"%s does not watch reads alone", stub->has_kvm ? "KVM" : "KGDB"),
		"watch reads and writes together");
}

static struct sonde_error *set_trap(
	struct sonde_target *target, const struct sonde_trap_place *place, bool insert)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);
	struct sonde_gdb_stub *stub = &machine->stub;
	struct sonde_gdb_reply reply;
	struct sonde_error *error;

	/* The protocol numbers its kinds as sonde_breakpoint_kind does. */
	if (stub->traps[place->kind] == SONDE_GDB_OFFER_NO)
		return no_such_trap(stub, place);
	if (stub->physical_mode)
		CHECK(sonde_gdb_stub_set_physical(stub, false));
	/* Interrupted, it would be taken out again, which KGDB calls an error. */
	target->sonde->uninterruptible += !insert;
	error = sonde_gdb_ask(&stub->connection, &reply, "%c%d,%" PRIx64 ",%" PRIx64,
		insert ? 'Z' : 'z', (int)place->kind, place->address, place->length);
	target->sonde->uninterruptible -= !insert;
	CHECK(error);
	if (!reply.length) {
		stub->traps[place->kind] = SONDE_GDB_OFFER_NO;
		return no_such_trap(stub, place);
	}
	if (sonde_gdb_reply_is(&reply, "OK")) {
		stub->traps[place->kind] = SONDE_GDB_OFFER_YES;
		return NULL;
	}
	if (insert && stub->is_kgdb && place->kind == SONDE_BREAKPOINT_WATCH_READ)
		return no_such_trap(stub, place);
	return sonde_gdb_unexpected(&reply);
}

static int descriptor(struct sonde_target *target)
{
	return sonde_gdb_machine_of(target)->stub.connection.transport.fd;
}

static bool step_ignores_traps(const struct sonde_target *target)
{
	return sonde_gdb_machine_of(target)->stub.steps_ignore_traps;
}

static bool traps_are_ours(const struct sonde_target *target)
{
	const struct sonde_gdb_stub *stub = &sonde_gdb_machine_of(target)->stub;

	return stub->is_qemu && !stub->is_user_mode;
}

static struct sonde_error *take(struct sonde_target *target)
{
	return sonde_gdb_machine_connect(sonde_gdb_machine_of(target));
}

const struct sonde_control_facet sonde_gdb_control_facet = {
	.take = take,
	.resume = resume,
	.interrupt = interrupt,
	.wait = wait_for_stop,
	.set_trap = set_trap,
	.descriptor = descriptor,
	.step_ignores_traps = step_ignores_traps,
	.traps_are_ours = traps_are_ours,
	.traps_show = traps_show,
};
