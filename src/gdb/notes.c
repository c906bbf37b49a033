/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "notes.h"

static struct sonde_journal *journal_of(struct sonde_gdb_stub *stub)
{
	return sonde_guard_journal(stub->connection.transport.guard);
}

static uint8_t journal_state(enum sonde_state state)
{
	switch (state) {
	case SONDE_STATE_RUNNING:
		return SONDE_JOURNAL_STATE_RUNNING;
	case SONDE_STATE_STOPPED:
		return SONDE_JOURNAL_STATE_STOPPED;
	default:
		return SONDE_JOURNAL_STATE_UNTOLD;
	}
}

static uint8_t call_of(const struct sonde_gdb_transport *transport)
{
	if (!transport->break_g)
		return SONDE_JOURNAL_CALL_INTERRUPT;
	return transport->telnet ? SONDE_JOURNAL_CALL_TELNET_BREAK
				 : SONDE_JOURNAL_CALL_SERIAL_BREAK;
}

struct sonde_error *sonde_gdb_note_call(struct sonde_gdb_stub *stub)
{
	struct sonde_journal *journal = journal_of(stub);
	struct sonde_journal_facts *facts = sonde_journal_facts(journal);

	if (!facts)
		return NULL;
	facts->call = call_of(&stub->connection.transport);
	facts->leave = SONDE_JOURNAL_STATE_RUNNING;
	return sonde_journal_write_facts(journal);
}

struct sonde_error *sonde_gdb_note_pc_owed(struct sonde_gdb_stub *stub)
{
	return sonde_journal_set_mode(
		journal_of(stub), SONDE_JOURNAL_PC_OWED | SONDE_JOURNAL_RUNNING, true);
}

struct sonde_error *sonde_gdb_note_marker(struct sonde_gdb_stub *stub)
{
	const struct sonde_buffer *question = &stub->connection.marker;
	const struct sonde_buffer *answer = &stub->connection.marker_reply;
	struct sonde_journal *journal = journal_of(stub);
	struct sonde_journal_facts *facts = sonde_journal_facts(journal);
	size_t kept;

	if (!facts || !answer->length || question->length > sizeof(facts->question))
		return NULL;
	kept = answer->length < sizeof(facts->answer) ? answer->length
						      : sizeof(facts->answer);
	facts->question_length = (uint16_t)question->length;
	facts->answer_length = (uint32_t)answer->length;
	memcpy(facts->question, question->data, question->length);
	memcpy(facts->answer, answer->data, kept);
	return sonde_journal_write_facts(journal);
}

bool sonde_gdb_noted_running(struct sonde_gdb_stub *stub)
{
	const struct sonde_journal_facts *facts = sonde_journal_facts(journal_of(stub));

	return facts && facts->leave == SONDE_JOURNAL_STATE_RUNNING;
}

struct sonde_error *sonde_gdb_note_stub(struct sonde_gdb_stub *stub)
{
	struct sonde_journal *journal = journal_of(stub);
	struct sonde_journal_facts *facts = sonde_journal_facts(journal);
	const struct sonde_gdb_stop_reply *stop = &stub->first_stop;

	stub->connection.note_arrival = false;
	if (!facts)
		return NULL;
	facts->qemu = stub->is_qemu && !stub->is_user_mode;
	facts->user_mode = stub->is_user_mode;
	facts->call = call_of(&stub->connection.transport);
	facts->leave = journal_state(stub->found);
	facts->detach_is_mute = stub->is_probe;
	snprintf(facts->detach, sizeof(facts->detach), "%s",
		!stub->is_probe	       ? "D"
		: stub->vcont_continue ? "vCont;c"
				       : "c");
	if (!stub->is_probe && stop->has_thread && stop->thread.has_process)
		snprintf(facts->detach, sizeof(facts->detach), "D;%" PRIx64,
			(uint64_t)stop->thread.process);
	return sonde_journal_write_facts(journal);
}

struct sonde_error *sonde_gdb_note_pc(struct sonde_gdb_machine *machine)
{
	const struct sonde_arch *arch = machine->target.arch;
	const struct sonde_register *pc =
		sonde_target_find_register(&machine->target, "pc");
	struct sonde_journal *journal = journal_of(&machine->stub);
	struct sonde_journal_facts *facts = sonde_journal_facts(journal);
	const struct sonde_gdb_slot *slot;

	if (!facts || !pc || !arch->breakpoint_pc_offset || machine->stub.is_qemu)
		return NULL;
	slot = &machine->layout.slots[pc->index];
	if (slot->bytes > 8 || slot->number > UINT16_MAX || slot->offset > UINT16_MAX)
		return NULL;
	facts->kgdb = machine->stub.is_kgdb;
	facts->pc_adjust = (uint8_t)arch->breakpoint_pc_offset;
	facts->pc_number = (uint16_t)slot->number;
	facts->pc_offset = (uint16_t)slot->offset;
	facts->pc_bytes = (uint8_t)slot->bytes;
	facts->big_endian = arch->big_endian;
	return sonde_journal_write_facts(journal);
}

struct sonde_error *sonde_gdb_note_leaving(
	struct sonde_gdb_stub *stub, enum sonde_state state)
{
	struct sonde_journal *journal = journal_of(stub);
	struct sonde_journal_facts *facts = sonde_journal_facts(journal);

	if (!facts)
		return NULL;
	facts->leave = journal_state(state);
	facts->leaving = state != SONDE_STATE_STOPPED;
	return sonde_journal_write_facts(journal);
}

struct sonde_error *sonde_gdb_note_mode(
	struct sonde_gdb_stub *stub, unsigned *slot, const char *format, ...)
{
	struct sonde_journal_packet packet = {.thread = ""};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(packet.text, sizeof(packet.text), format, arguments);
	va_end(arguments);
	return sonde_journal_arm(
		journal_of(stub), SONDE_JOURNAL_PACKET, &packet, sizeof(packet), slot);
}

bool sonde_gdb_noted_pc_owed(struct sonde_gdb_stub *stub)
{
	return sonde_journal_mode(journal_of(stub)) & SONDE_JOURNAL_PC_OWED;
}

struct sonde_error *sonde_gdb_note_running(struct sonde_gdb_stub *stub, bool running)
{
	/* An interrupt that comes when it stands, QEMU ignores. */
	if (stub->is_qemu && !stub->is_user_mode)
		return NULL;
	return sonde_journal_set_mode(journal_of(stub), SONDE_JOURNAL_RUNNING, running);
}
