/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate that every packet passes on its way out. What a stub must never be sent
 * is refused here, in one place, whoever asks: the driver, a helper, a user's
 * program. Each rule names what happens without it.
 */
#ifndef SONDE_GDB_RULES_H
#define SONDE_GDB_RULES_H

#include <stddef.h>

#include "error.h"

/** What the connection knows that decides whether a packet is harmless. */
struct sonde_gdb_rules {
	/** A resume packet was sent and no stop reply has come. */
	bool running;
	/** `D` was sent. */
	bool detached;
	/** `?` was sent. */
	bool asked_stop_reason;
	/** Some thread was selected with `Hg`. */
	bool thread_selected;
	bool reverse_step;
	bool reverse_continue;
	/** The longest payload the stub takes (bytes); 0: not known yet. */
	size_t packet_size;
	/** The longest read the stub takes (bytes). */
	size_t read_limit;
};

/** SONDE_ERROR_INVALID, with the reason, for a packet that must not be sent. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_rules_check(
	const struct sonde_gdb_rules *rules, const void *payload, size_t length);

/** Takes note of a packet that is being sent. */
void sonde_gdb_rules_note(
	struct sonde_gdb_rules *rules, const void *payload, size_t length);

#endif
