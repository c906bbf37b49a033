/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guard is told of a stub before it is connected to: a name for it that is the
 * same for everybody, and what tells it from another one that comes to its place.
 */
#ifndef SONDE_GDB_PROTECT_H
#define SONDE_GDB_PROTECT_H

#include <netdb.h>
#include <sys/un.h>

#include "transport.h"

/** The transport's socket is made and not connected. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_protect_unix(
	struct sonde_gdb_transport *transport, const struct sockaddr_un *address);
SONDE_NODISCARD struct sonde_error *sonde_gdb_protect_internet(
	struct sonde_gdb_transport *transport, const struct addrinfo *info);

/** A line that cannot be opened a second time: @p kind and @p name make its key. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_protect_line(
	struct sonde_gdb_transport *transport, const char *kind, const char *name);

#endif
