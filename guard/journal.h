/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a journal: what there is to undo, and what is known of the stub. */
#ifndef SONDE_GUARD_JOURNAL_H
#define SONDE_GUARD_JOURNAL_H

#include <stdbool.h>

#include "journal_format.h"

struct journal {
	struct sonde_journal_head head;
	/** All zero where none were written. Strings in it end. */
	struct sonde_journal_facts facts;
	/** enum sonde_journal_mode. */
	uint8_t mode;
	/** Newest first: the order in which they are undone. Strings in them end. */
	struct sonde_journal_slot *entries;
	size_t entry_count;
};

/** False for what is no journal of this version. The caller deinits @p ret. */
bool journal_parse(const uint8_t *data, size_t length, struct journal *ret);
void journal_deinit(struct journal *journal);

/** Reads and parses the file behind @p fd. */
bool journal_read(int fd, struct journal *ret);

/** Makes the file empty, which is what a clean journal looks like, and unlinks it. */
void journal_remove(int fd);

#endif
