/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the journal is told of a stub: how to speak to it, and how it was found. */
#ifndef SONDE_GDB_NOTES_H
#define SONDE_GDB_NOTES_H

#include "machine.h"

/** A running kernel is about to be called: it is to run on. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_call(struct sonde_gdb_stub *stub);

/** How to find the place in the stream again. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_marker(struct sonde_gdb_stub *stub);

/** What it is, what it was found in, what detaches from it. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_stub(struct sonde_gdb_stub *stub);

/** Whether it was noted that connecting has stopped a running target. */
bool sonde_gdb_noted_running(struct sonde_gdb_stub *stub);

/** Where its program counter is, for stubs in whose memory we write traps. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_pc(struct sonde_gdb_machine *machine);

/** The last words are about to be said, and leave it in @p state. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_leaving(
	struct sonde_gdb_stub *stub, enum sonde_state state);

/** Before a mode is changed that outlives the connection: what changes it back. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_mode(struct sonde_gdb_stub *stub,
	unsigned *slot, const char *format, ...) PRINTF(3, 4);

/** A stub that leaves the PC behind its own traps lets the target run with some in it. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_pc_owed(struct sonde_gdb_stub *stub);

/** Whether that was noted, and not yet made good. */
bool sonde_gdb_noted_pc_owed(struct sonde_gdb_stub *stub);

/** It runs, or stands again, where an interrupt may be sent to running stubs only. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_note_running(
	struct sonde_gdb_stub *stub, bool running);

#endif
