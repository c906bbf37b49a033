/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rescuer.h"

static void select_thread(struct rescuer *rescuer, const char *thread)
{
	char packet[2 * SONDE_JOURNAL_THREAD_TEXT];

	if (!thread[0])
		return;
	snprintf(packet, sizeof(packet), "Hg%.*s", SONDE_JOURNAL_THREAD_TEXT, thread);
	line_ask(&rescuer->line, packet, &rescuer->answer);
}

static void put_hex(char *to, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sprintf(to + 2 * i, "%02x", bytes[i]);
}

static void undo_trap(struct rescuer *rescuer, const struct sonde_journal_trap *trap)
{
	char packet[64];

	snprintf(packet, sizeof(packet), "z%" PRIu32 ",%" PRIx64 ",%" PRIx64, trap->kind,
		trap->address, trap->length);
	line_ask(&rescuer->line, packet, &rescuer->answer);
}

/* Only where our bytes still are: another program may have been loaded meanwhile. */
static void undo_bytes(struct rescuer *rescuer, const struct sonde_journal_bytes *bytes)
{
	char packet[64], hex[2 * sizeof(bytes->written) + 1] = "";
	int length;

	select_thread(rescuer, bytes->thread);
	snprintf(
		packet, sizeof(packet), "m%" PRIx64 ",%x", bytes->address, bytes->length);
	put_hex(hex, bytes->written, bytes->length);
	if (!line_ask(&rescuer->line, packet, &rescuer->answer) ||
		strcasecmp(rescuer->answer.text, hex) != 0)
		return;
	length = snprintf(packet, sizeof(packet), "M%" PRIx64 ",%x:", bytes->address,
		bytes->length);
	put_hex(packet + length, bytes->original, bytes->length);
	line_ask(&rescuer->line, packet, &rescuer->answer);
}

static void say_packets(
	struct rescuer *rescuer, const struct sonde_journal_packet *packet)
{
	char text[sizeof(packet->text)], *rest = NULL;

	memcpy(text, packet->text, sizeof(text));
	for (char *one = strtok_r(text, "\n", &rest); one;
		one = strtok_r(NULL, "\n", &rest))
		line_ask(&rescuer->line, one, &rescuer->answer);
}

static void undo(struct rescuer *rescuer, const struct sonde_journal_slot *entry)
{
	const void *payload = entry->payload;
	const struct sonde_journal_packet *packet = payload;

	switch (entry->kind) {
	case SONDE_JOURNAL_TRAP:
		undo_trap(rescuer, payload);
		break;
	case SONDE_JOURNAL_BYTES:
		undo_bytes(rescuer, payload);
		break;
	case SONDE_JOURNAL_PACKET:
		select_thread(rescuer, packet->thread);
		say_packets(rescuer, packet);
		break;
	default:
		break;
	}
}

void rescuer_undo(struct rescuer *rescuer)
{
	const struct journal *journal = rescuer->journal;

	for (size_t i = 0; i < journal->entry_count; i++)
		undo(rescuer, &journal->entries[i]);
}

/* --- the program counter behind an instruction of ours ---------------------------- */

static uint64_t integer_of(const struct sonde_journal_facts *facts, const char *hex)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < facts->pc_bytes; i++) {
		unsigned at = facts->big_endian ? i : facts->pc_bytes - 1u - i;
		char byte[3] = {hex[2 * at], hex[2 * at] ? hex[2 * at + 1] : '\0'};

		value = value << 8 | strtoul(byte, NULL, 16);
	}
	return value;
}

static void put_integer(
	const struct sonde_journal_facts *facts, char *hex, uint64_t value)
{
	for (unsigned i = 0; i < facts->pc_bytes; i++) {
		unsigned at = facts->big_endian ? facts->pc_bytes - 1u - i : i;
		char byte[3];

		snprintf(byte, sizeof(byte), "%02x", (unsigned)(value >> 8 * i & 0xff));
		memcpy(hex + 2 * at, byte, 2);
	}
}

/* By p and P, or within g and G; false where neither reads it. */
static bool read_pc(struct rescuer *rescuer, bool *single, uint64_t *ret)
{
	const struct sonde_journal_facts *facts = &rescuer->journal->facts;
	struct answer *answer = &rescuer->answer;
	char packet[16];

	snprintf(packet, sizeof(packet), "p%x", facts->pc_number);
	*single =
		line_ask(&rescuer->line, packet, answer) && !rescuer_was_refused(rescuer);
	if (*single && answer->length == 2u * facts->pc_bytes) {
		*ret = integer_of(facts, answer->text);
		return true;
	}
	*single = false;
	if (!line_ask(&rescuer->line, "g", answer) || rescuer_was_refused(rescuer) ||
		answer->length > LINE_ANSWER_MAX ||
		answer->length < 2u * (facts->pc_offset + facts->pc_bytes))
		return false;
	*ret = integer_of(facts, answer->text + 2 * facts->pc_offset);
	return true;
}

static void write_pc(struct rescuer *rescuer, bool single, uint64_t pc)
{
	const struct sonde_journal_facts *facts = &rescuer->journal->facts;
	static char packet[LINE_ANSWER_MAX + 16];
	struct answer *answer = &rescuer->answer;
	int length;

	if (single) {
		length = snprintf(packet, sizeof(packet), "P%x=", facts->pc_number);
		put_integer(facts, packet + length, pc);
		packet[length + 2 * facts->pc_bytes] = '\0';
		line_ask(&rescuer->line, packet, answer);
		if (answer->length)
			return;
		if (!line_ask(&rescuer->line, "g", answer) ||
			rescuer_was_refused(rescuer) || answer->length > LINE_ANSWER_MAX)
			return;
	}
	packet[0] = 'G';
	memcpy(packet + 1, answer->text, answer->length + 1);
	put_integer(facts, packet + 1 + 2 * facts->pc_offset, pc);
	line_ask(&rescuer->line, packet, answer);
}

/* "T05thread:ID;" */
static void select_stopped_thread(struct rescuer *rescuer)
{
	char thread[SONDE_JOURNAL_THREAD_TEXT];
	const char *place = strstr(rescuer->answer.text, "thread:");

	/* gdbsx says it once. Where it was not said to us, it is the one selected. */
	if (!place)
		place = strstr(rescuer->line.stop, "thread:");
	if (!place || sscanf(place, "thread:%39[^;]", thread) != 1)
		return;
	select_thread(rescuer, thread);
}

/* Whether a trap at @p address is one: written by us, or by KGDB for us. */
static bool leaves_pc_behind(const struct journal *journal,
	const struct sonde_journal_slot *entry, uint64_t address)
{
	const struct sonde_journal_bytes *bytes = (const void *)entry->payload;
	const struct sonde_journal_trap *trap = (const void *)entry->payload;

	if (entry->kind == SONDE_JOURNAL_BYTES)
		return bytes->address == address;
	return journal->facts.kgdb && entry->kind == SONDE_JOURNAL_TRAP && !trap->kind &&
	       trap->address == address;
}

void rescuer_put_pc_back(struct rescuer *rescuer)
{
	const struct journal *journal = rescuer->journal;
	uint8_t adjust = journal->facts.pc_adjust;
	uint64_t pc;
	bool single;

	if (!adjust || !(journal->mode & SONDE_JOURNAL_PC_OWED) || journal->facts.qemu)
		return;
	/*
	 * As long as it is said to run, only a stop that the client has not taken is one:
	 * it may not have been resumed yet, and stand where the last step brought it.
	 */
	if (journal->mode & SONDE_JOURNAL_RUNNING && !rescuer->line.was_trapped)
		return;
	/* Once more what stopped last: the client may have read it already. */
	if (!line_ask(&rescuer->line, "?", &rescuer->answer) ||
		strncmp(rescuer->answer.text + 1, "05", 2) != 0)
		return;
	select_stopped_thread(rescuer);
	if (!read_pc(rescuer, &single, &pc))
		return;
	for (size_t i = 0; i < journal->entry_count; i++) {
		if (leaves_pc_behind(journal, &journal->entries[i], pc - adjust)) {
			write_pc(rescuer, single, pc - adjust);
			return;
		}
	}
}
