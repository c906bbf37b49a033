/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal of one target: what would undo all that was done to it, written before it
 * is done, for the guard (guard.h) or for the next one who comes. The order of things is
 * always: arm an entry, do the deed; undo the deed, disarm the entry. So a journal may
 * list what was not done, and never leaves out what was; undoing what was not done is
 * harmless.
 *
 * Each change is one pwrite(): it costs less than a microsecond, survives the death of
 * this process, and fails by an error where the file system is full. Nothing is written
 * where only something is read.
 *
 * Every function allows a NULL journal, of a target that has no guard, and does nothing.
 */
#ifndef SONDE_CORE_JOURNAL_H
#define SONDE_CORE_JOURNAL_H

#include <sonde/control.h>
#include "error.h"
#include "journal_format.h"

struct sonde_journal;

/**
 * The journal of the stub called @p key: "unix:/run/vm.sock". Whoever has it has it
 * alone: SONDE_ERROR_BUSY, with the name of who, where another living process or its
 * guard does.
 * @p timeout_ms: how long to wait for a guard that is cleaning up after a dead process.
 * sonde_journal_is_dirty() says whether there is something to undo first.
 */
SONDE_NODISCARD struct sonde_error *sonde_journal_open(
	const char *key, unsigned timeout_ms, struct sonde_journal **ret);

/** Closes; the file stays, unless it is clean. NULL is allowed. */
void sonde_journal_close(struct sonde_journal *journal);

/** A process that died has left something to undo; who, and what stub it was. */
bool sonde_journal_is_dirty(const struct sonde_journal *journal);
/** "process 123 (sonde -t ... break ...)". Lives as long as the journal. */
const char *sonde_journal_predecessor(const struct sonde_journal *journal);
/** What told the predecessor's stub from another one, or "". */
const char *sonde_journal_identity(const struct sonde_journal *journal);

/** Begins a new one: nothing has been done. */
SONDE_NODISCARD struct sonde_error *sonde_journal_begin(
	struct sonde_journal *journal, const char *identity);

/** All is undone: the file goes. */
void sonde_journal_finish(struct sonde_journal *journal);

/** For the guard. Borrowed. */
int sonde_journal_descriptor(const struct sonde_journal *journal);

/**
 * Lists what would undo something; *@p slot, 0 before, is where. Nothing happens where
 * *@p slot is taken already. @p kind is an enum sonde_journal_kind.
 */
SONDE_NODISCARD struct sonde_error *sonde_journal_arm(struct sonde_journal *journal,
	unsigned kind, const void *payload, size_t length, unsigned *slot);

/** It is undone. *@p slot becomes 0. */
void sonde_journal_disarm(struct sonde_journal *journal, unsigned *slot);

/** What is known of the stub, to change; sonde_journal_write_facts() makes it count. */
struct sonde_journal_facts *sonde_journal_facts(struct sonde_journal *journal);
SONDE_NODISCARD struct sonde_error *sonde_journal_write_facts(
	struct sonde_journal *journal);

/** Bits of enum sonde_journal_mode, all at once; written only when they change. */
SONDE_NODISCARD struct sonde_error *sonde_journal_set_mode(
	struct sonde_journal *journal, unsigned bits, bool on);

/** Those that are set; 0 without a journal. */
unsigned sonde_journal_mode(const struct sonde_journal *journal);

#endif
