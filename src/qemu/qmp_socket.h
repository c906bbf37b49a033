/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The socket of a monitor: connecting, and moving bytes with a deadline, interrupts
 * included.
 */
#ifndef SONDE_QEMU_QMP_SOCKET_H
#define SONDE_QEMU_QMP_SOCKET_H

#include <sys/types.h>

#include "context.h"

/**
 * Connects to @p address, a path if it has a slash, else HOST:PORT. SONDE_ERROR_BUSY
 * where somebody else is connected already. The caller closes *@p ret.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_socket_open(
	struct sonde *sonde, const char *address, int *ret);

/**
 * Sends all of it. *@p sent is how much has gone, also on failure: half a request cannot
 * be taken back. SONDE_ERROR_IO when the other side has hung up.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_socket_send(struct sonde *sonde, int fd,
	int64_t deadline, const void *data, size_t length, size_t *sent);

/**
 * Receives at least one byte: in one system call if that comes soon.
 * SONDE_ERROR_TIMEOUT after @p deadline, SONDE_ERROR_INTERRUPTED, SONDE_ERROR_IO when the
 * other side has hung up.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_socket_receive(struct sonde *sonde, int fd,
	int64_t deadline, void *buffer, size_t room, size_t *ret);

/** Receives what is there; *@p ret is 0 where nothing is. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_socket_receive_now(
	int fd, void *buffer, size_t room, size_t *ret);

#endif
