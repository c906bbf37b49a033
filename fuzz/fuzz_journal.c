/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A journal as the guard reads it: torn, stale, or made up. The first byte says whether
 * checksums are made right first, so that what is behind them is reached, too.
 */
#include <stdlib.h>
#include <string.h>

#include "journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend_head(uint8_t *data, size_t size)
{
	struct sonde_journal_head head;

	if (size < sizeof(head))
		return;
	memcpy(&head, data, sizeof(head));
	memcpy(head.magic, SONDE_JOURNAL_MAGIC, sizeof(head.magic));
	head.version = SONDE_JOURNAL_VERSION;
	head.checksum = sonde_journal_head_checksum(&head);
	memcpy(data, &head, sizeof(head));
}

static void mend_slots(uint8_t *data, size_t size)
{
	for (size_t at = SONDE_JOURNAL_SLOTS_OFFSET;
		at + SONDE_JOURNAL_SLOT_BYTES <= size; at += SONDE_JOURNAL_SLOT_BYTES) {
		struct sonde_journal_slot slot;

		memcpy(&slot, data + at, sizeof(slot));
		if (slot.length <= sizeof(slot.payload))
			slot.checksum = sonde_journal_slot_checksum(&slot);
		memcpy(data + at, &slot, sizeof(slot));
	}
}

/* What the guard relies on. */
static void check(const struct journal *journal)
{
	const struct sonde_journal_facts *facts = &journal->facts;

	if (strlen(journal->head.key) >= sizeof(journal->head.key) ||
		strlen(facts->detach) >= sizeof(facts->detach) ||
		facts->question_length > sizeof(facts->question) ||
		(facts->pc_adjust && facts->pc_bytes > 8))
		abort();
	for (size_t i = 0; i < journal->entry_count; i++) {
		const struct sonde_journal_slot *entry = &journal->entries[i];
		const struct sonde_journal_bytes *bytes = (const void *)entry->payload;
		const struct sonde_journal_packet *packet = (const void *)entry->payload;

		if (i && entry->sequence > entry[-1].sequence)
			abort();
		if (entry->kind == SONDE_JOURNAL_BYTES &&
			(bytes->length > sizeof(bytes->original) ||
				strlen(bytes->thread) >= sizeof(bytes->thread)))
			abort();
		if (entry->kind == SONDE_JOURNAL_PACKET &&
			strlen(packet->text) >= sizeof(packet->text))
			abort();
		if ((entry->kind == SONDE_JOURNAL_QMP_CONT ||
			    entry->kind == SONDE_JOURNAL_QMP_DROP_STUB) &&
			strlen((const char *)entry->payload) >= entry->length)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal journal;
	uint8_t *copy;

	if (!size)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 1)
		mend_head(copy, size - 1);
	if (data[0] & 2)
		mend_slots(copy, size - 1);
	if (journal_parse(copy, size - 1, &journal)) {
		check(&journal);
		journal_deinit(&journal);
	}
	free(copy);
	return 0;
}
