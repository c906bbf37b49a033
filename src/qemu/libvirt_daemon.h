/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of libvirt's daemons is asked for a domain. */
#ifndef SONDE_QEMU_LIBVIRT_DAEMON_H
#define SONDE_QEMU_LIBVIRT_DAEMON_H

#include <stddef.h>
#include <sys/types.h>

#include "listener.h"

enum {
	SONDE_LIBVIRT_DAEMONS_MAX = 2,
};

/**
 * The URIs to try, in turn; their number, which may be 0. @p uri, if not NULL, is the
 * only one, else LIBVIRT_DEFAULT_URI is. They live as long as @p uri and the environment.
 */
size_t sonde_libvirt_daemons(const char *uri, const char *ret[SONDE_LIBVIRT_DAEMONS_MAX]);

/**
 * The URI of the daemon that process @p pid is, by the socket that it listens on: it may
 * be another user's. *@p ret is NULL where that cannot be told, else the caller frees it.
 */
SONDE_NODISCARD struct sonde_error *sonde_libvirt_daemon_uri(
	pid_t pid, const struct sonde_qemu_listeners *listeners, char **ret);

#endif
