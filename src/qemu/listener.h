/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sockets that somebody listens on: sock_diag(7); proc(5), /proc/net/tcp. A name in a
 * command line says where a QEMU wanted to listen; somebody else may have taken that
 * place since, or another directory be meant.
 *
 * Only sockets of our own network namespace are seen.
 */
#ifndef SONDE_QEMU_LISTENER_H
#define SONDE_QEMU_LISTENER_H

#include <stddef.h>

#include "error.h"

struct sonde_qemu_listener {
	/** What /proc/PID/fd calls it: "socket:[INODE]". */
	unsigned long inode;
	/** As it was bound, perhaps relative; NULL: TCP. Owned. */
	char *path;
	/** The file, as the kernel writes it; file_inode 0: not known. */
	uint32_t file_inode, file_device;
	/** Of TCP; here: it is reached by this machine's own address. */
	unsigned port;
	bool here;
};

struct sonde_qemu_listeners {
	struct sonde_qemu_listener *list;
	size_t count, capacity;
};

/**
 * All of them, or those that may be on @p address, a path or HOST:PORT, unless that is
 * NULL. What cannot be seen is left out.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_listeners_read(
	const char *address, struct sonde_qemu_listeners *ret);
void sonde_qemu_listeners_deinit(struct sonde_qemu_listeners *listeners);

/**
 * The one at @p path, a name that we can follow; NULL: none. It is told by its file: who
 * was bound to that name before the file was made anew has the same name.
 */
const struct sonde_qemu_listener *sonde_qemu_listeners_find(
	const struct sonde_qemu_listeners *listeners, const char *path);

/** Whether @p listener has the port of @p address, which is HOST:PORT with a number. */
bool sonde_qemu_listener_is_on(
	const struct sonde_qemu_listener *listener, const char *address);

/**
 * Whether a connected socket at TCP's @p port is one that @p is_meant says yes to, of the
 * inode; @p user is handed on.
 */
bool sonde_qemu_port_is_connected(unsigned long port,
	bool (*is_meant)(const void *user, unsigned long inode), const void *user);

#endif
