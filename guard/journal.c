/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

enum {
	BYTES_MAX = SONDE_JOURNAL_SLOTS_OFFSET +
		    SONDE_JOURNAL_SLOTS_MAX * SONDE_JOURNAL_SLOT_BYTES,
};

#define TERMINATE(array) ((array)[sizeof(array) - 1] = '\0')

/* The bytes of its payload that @p kind has; 0: no such kind. */
static size_t payload_bytes(uint16_t kind)
{
	switch (kind) {
	case SONDE_JOURNAL_FACTS:
		return sizeof(struct sonde_journal_facts);
	case SONDE_JOURNAL_TRAP:
		return sizeof(struct sonde_journal_trap);
	case SONDE_JOURNAL_BYTES:
		return sizeof(struct sonde_journal_bytes);
	case SONDE_JOURNAL_PACKET:
		return sizeof(struct sonde_journal_packet);
	case SONDE_JOURNAL_QMP_CONT:
	case SONDE_JOURNAL_QMP_DROP_STUB:
		return 108;
	default:
		return 0;
	}
}

static bool is_valid(const struct sonde_journal_slot *slot)
{
	return slot->checksum && slot->length &&
	       slot->length == payload_bytes(slot->kind) &&
	       slot->checksum == sonde_journal_slot_checksum(slot);
}

static void take_facts(struct journal *journal, const struct sonde_journal_slot *slot)
{
	struct sonde_journal_facts *facts = &journal->facts;

	memcpy(facts, slot->payload, sizeof(*facts));
	TERMINATE(facts->detach);
	if (facts->question_length > sizeof(facts->question))
		facts->question_length = 0;
	if (facts->pc_bytes > 8)
		facts->pc_adjust = 0;
}

static void terminate_entry(struct sonde_journal_slot *slot)
{
	struct sonde_journal_bytes *bytes = (void *)slot->payload;
	struct sonde_journal_packet *packet = (void *)slot->payload;

	if (slot->kind == SONDE_JOURNAL_BYTES) {
		TERMINATE(bytes->thread);
		if (bytes->length > sizeof(bytes->original))
			bytes->length = sizeof(bytes->original);
	} else if (slot->kind == SONDE_JOURNAL_PACKET) {
		TERMINATE(packet->thread);
		TERMINATE(packet->text);
	} else if (slot->kind == SONDE_JOURNAL_QMP_CONT ||
		   slot->kind == SONDE_JOURNAL_QMP_DROP_STUB) {
		slot->payload[slot->length - 1] = '\0';
	}
}

static int newest_first(const void *a, const void *b)
{
	const struct sonde_journal_slot *one = a, *other = b;

	return one->sequence < other->sequence	 ? 1
	       : one->sequence > other->sequence ? -1
						 : 0;
}

static bool parse_head(const uint8_t *data, size_t length, struct journal *journal)
{
	struct sonde_journal_head *head = &journal->head;

	if (length < sizeof(*head))
		return false;
	memcpy(head, data, sizeof(*head));
	if (memcmp(head->magic, SONDE_JOURNAL_MAGIC, sizeof(head->magic)) ||
		head->version != SONDE_JOURNAL_VERSION ||
		head->checksum != sonde_journal_head_checksum(head))
		return false;
	TERMINATE(head->key);
	TERMINATE(head->identity);
	TERMINATE(head->command);
	return true;
}

static void parse_slots(const uint8_t *data, size_t length, struct journal *journal)
{
	size_t slots = length / SONDE_JOURNAL_SLOT_BYTES;
	uint64_t newest_facts = 0;

	for (size_t i = 0; i < slots && i < SONDE_JOURNAL_SLOTS_MAX; i++) {
		struct sonde_journal_slot *slot = &journal->entries[journal->entry_count];

		memcpy(slot, data + i * SONDE_JOURNAL_SLOT_BYTES, sizeof(*slot));
		if (!is_valid(slot) || (slot->kind == SONDE_JOURNAL_FACTS) !=
					       (i < SONDE_JOURNAL_FACTS_SLOTS))
			continue;
		if (slot->kind != SONDE_JOURNAL_FACTS) {
			terminate_entry(slot);
			journal->entry_count++;
		} else if (slot->sequence >= newest_facts) {
			newest_facts = slot->sequence;
			take_facts(journal, slot);
		}
	}
	qsort(journal->entries, journal->entry_count, sizeof(*journal->entries),
		newest_first);
}

bool journal_parse(const uint8_t *data, size_t length, struct journal *ret)
{
	struct journal journal = {0};
	size_t slots = 0;

	if (!parse_head(data, length, &journal))
		return false;
	if (length > SONDE_JOURNAL_MODE_OFFSET)
		journal.mode = data[SONDE_JOURNAL_MODE_OFFSET];
	if (length > SONDE_JOURNAL_SLOTS_OFFSET)
		slots = (length - SONDE_JOURNAL_SLOTS_OFFSET) / SONDE_JOURNAL_SLOT_BYTES;
	/* One more, as the place into which the next is tried. */
	journal.entries = calloc(slots + 1, sizeof(*journal.entries));
	if (!journal.entries)
		return false;
	if (slots)
		parse_slots(data + SONDE_JOURNAL_SLOTS_OFFSET,
			length - SONDE_JOURNAL_SLOTS_OFFSET, &journal);
	*ret = journal;
	return true;
}

void journal_deinit(struct journal *journal)
{
	free(journal->entries);
	journal->entries = NULL;
	journal->entry_count = 0;
}

/* Its end may be a slot that was cut short: that reads as zeros. */
static size_t padded(size_t length)
{
	size_t rest =
		length > SONDE_JOURNAL_SLOTS_OFFSET
			? (length - SONDE_JOURNAL_SLOTS_OFFSET) % SONDE_JOURNAL_SLOT_BYTES
			: 0;

	return rest ? length + SONDE_JOURNAL_SLOT_BYTES - rest : length;
}

bool journal_read(int fd, struct journal *ret)
{
	struct stat status;
	size_t length, got = 0;
	uint8_t *data;
	bool good;

	if (fstat(fd, &status) < 0 || status.st_size <= 0)
		return false;
	length = status.st_size < BYTES_MAX ? (size_t)status.st_size : BYTES_MAX;
	data = calloc(1, padded(length));
	if (!data)
		return false;
	while (got < length) {
		ssize_t once = pread(fd, data + got, length - got, (off_t)got);

		if (once <= 0)
			break;
		got += (size_t)once;
	}
	good = journal_parse(data, padded(got), ret);
	free(data);
	return good;
}

void journal_remove(int fd)
{
	char link[32], path[PATH_MAX];
	struct stat ours, theirs;
	ssize_t length;

	if (ftruncate(fd, 0) < 0) {
		/* Then the name has to go. */
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return;
	path[length] = '\0';
	if (!fstat(fd, &ours) && !lstat(path, &theirs) && ours.st_dev == theirs.st_dev &&
		ours.st_ino == theirs.st_ino)
		unlink(path);
}
