/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process has a socket: proc(5), /proc/PID/fd. */
#ifndef SONDE_BASE_SOCKET_OWNER_H
#define SONDE_BASE_SOCKET_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

struct sonde_socket_owner {
	pid_t pid;
	/** What the process calls itself; unprintable bytes are '?'. */
	char name[32];
};

/**
 * The first process that has the socket with @p inode open. Best effort: false where
 * none was found, which may be for want of permission, or after a bounded search.
 */
bool sonde_socket_owner_find(unsigned long inode, struct sonde_socket_owner *ret);

/** Whether process @p pid has it open; false where that cannot be seen. */
bool sonde_socket_is_owned_by(unsigned long inode, pid_t pid);

#endif
