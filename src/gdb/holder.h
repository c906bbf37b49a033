/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether somebody is connected to a stub already. A second client of QEMU's stub
 * is not refused: it waits unheard, and when the first one leaves the guest is
 * paused for it, even if it is gone by then. So the kernel's socket tables are
 * asked before connecting. They only know this machine: for a stub elsewhere,
 * nothing can be said.
 */
#ifndef SONDE_GDB_HOLDER_H
#define SONDE_GDB_HOLDER_H

#include <stddef.h>
#include <sys/socket.h>

#include "error.h"

/** SONDE_ERROR_BUSY if a socket bound to @p path is connected. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_check_unix_holder(const char *path);

/** SONDE_ERROR_BUSY if the listener at @p address, on a local address, has a client. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_check_tcp_holder(
	const struct sockaddr *address);

/**
 * What tells the listener at @p address from a later one there: "" where it is not on
 * this machine, or not found.
 */
void sonde_gdb_tcp_identity(const struct sockaddr *address, char *ret, size_t size);

#endif
