/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether somebody is connected to a server that serves one client at a time: a GDB stub,
 * a QMP monitor. A second client of QEMU is not refused: it waits unheard, and at a stub,
 * when the first one leaves, the guest is paused for it, even if it is gone by then. So
 * the kernel's socket tables are asked before connecting. They only know this machine:
 * for a server elsewhere, nothing can be said.
 */
#ifndef SONDE_BASE_SOCKET_HOLDER_H
#define SONDE_BASE_SOCKET_HOLDER_H

#include <stddef.h>
#include <sys/socket.h>

#include "error.h"
#include "socket_owner.h"

/**
 * SONDE_ERROR_BUSY if a socket bound to @p path is connected. It names who has the other
 * end, where /proc tells; what to do then, the caller suggests.
 */
SONDE_NODISCARD struct sonde_error *sonde_socket_check_unix_holder(const char *path);

/** Who that is; false: nobody, or it cannot be told. */
bool sonde_socket_find_unix_holder(const char *path, struct sonde_socket_owner *ret);

/** SONDE_ERROR_BUSY if the listener at @p address, on a local address, has a client. */
SONDE_NODISCARD struct sonde_error *sonde_socket_check_tcp_holder(
	const struct sockaddr *address);

/**
 * The same, for who looks at many: a client that has just left is given @p patience_ms to
 * be out of the tables, and not half a second.
 */
SONDE_NODISCARD struct sonde_error *sonde_socket_check_unix_holder_within(
	const char *path, unsigned patience_ms);
SONDE_NODISCARD struct sonde_error *sonde_socket_check_tcp_holder_within(
	const struct sockaddr *address, unsigned patience_ms);

/**
 * What tells the listener at @p address from a later one there: "" where it is not on
 * this machine, or not found.
 */
void sonde_socket_tcp_identity(const struct sockaddr *address, char *ret, size_t size);

#endif
