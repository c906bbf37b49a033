/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of a rescue, for rescue.c: they share one conversation. */
#ifndef SONDE_GUARD_RESCUER_H
#define SONDE_GUARD_RESCUER_H

#include "journal.h"
#include "line.h"

struct rescuer {
	const struct journal *journal;
	struct line line;
	/** To what was asked last. */
	struct answer answer;
};

/** An error, or that the stub does not know the question. */
static inline bool rescuer_was_refused(const struct rescuer *rescuer)
{
	return !rescuer->answer.length || rescuer->answer.text[0] == 'E';
}

/* attention.c */

/** Makes a target that may run stop, and listen. */
void rescuer_get_attention(struct rescuer *rescuer);

/** Calls a kernel that runs: a BREAK, and "g". */
void rescuer_call(struct rescuer *rescuer);

/** Finds the place in the stream: what is answered from now on was asked by us. */
bool rescuer_settle(struct rescuer *rescuer);

/* undo.c */

/** Undoes all entries of the journal that the stub can undo, the newest first. */
void rescuer_undo(struct rescuer *rescuer);

/** Puts the thread that stopped last back onto the trap that stopped it, if one did. */
void rescuer_put_pc_back(struct rescuer *rescuer);

#endif
