/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Interrupting QEMU's user mode, which runs one program and has a stub for it. It reads
 * its socket only while the program is stopped, so an interrupt byte would lie there
 * unseen. A signal for the program stops it as well: QEMU reports it before the program
 * gets it, and drops it when the program goes on.
 */
#ifndef SONDE_GDB_USER_MODE_H
#define SONDE_GDB_USER_MODE_H

#include "transport.h"

/**
 * Sends SIGINT to the QEMU at the other end of a Unix socket. SONDE_ERROR_UNSUPPORTED
 * where that process cannot be known, or is no QEMU: somebody's relay would die of it.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_signal_process(
	const struct sonde_gdb_transport *transport);

#endif
