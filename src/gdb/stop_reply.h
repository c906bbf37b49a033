/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stop replies. Source: "Debugging with GDB", E.3 "Stop Reply Packets".
 */
#ifndef SONDE_GDB_STOP_REPLY_H
#define SONDE_GDB_STOP_REPLY_H

#include <sonde/control.h>
#include "thread_id.h"

enum {
	/** As many registers as one reply brings along (gdbserver: 3 or 4). */
	SONDE_GDB_EXPEDITED_MAX = 64,
};

struct sonde_gdb_expedited {
	uint64_t number;
	/** Hexadecimal, in target order; borrowed from the reply. */
	const char *hex;
	size_t hex_length;
};

struct sonde_gdb_stop_reply {
	/**
	 * BREAKPOINT and RECORD_END only where the stub says so, else SIGNAL; INTERRUPT:
	 * signal 2.
	 */
	enum sonde_stop_reason reason;
	/** Signal, or exit status. */
	unsigned signal;
	bool has_thread;
	struct sonde_gdb_thread_id thread;
	uint64_t address;
	enum sonde_watch_kind watch_kind;
	struct sonde_gdb_expedited expedited[SONDE_GDB_EXPEDITED_MAX];
	size_t expedited_count;
};

/** @p ret borrows from @p reply. SONDE_ERROR_BAD_DATA for what is no stop reply. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stop_reply_parse(
	const char *reply, size_t length, struct sonde_gdb_stop_reply *ret);

#endif
