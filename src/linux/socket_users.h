/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process has a socket open: its file is in that one's table of open files. */
#ifndef SONDE_LINUX_SOCKET_USERS_H
#define SONDE_LINUX_SOCKET_USERS_H

#include <sonde/socket.h>

#include "text_pool.h"

struct sonde_linux;

/** Fills in @ref sonde_socket.pid and @ref sonde_socket.comm of @p count sockets at
 * @p sockets. Names are kept in @p texts. *@p incomplete says so where more files are
 * open than are looked at. */
SONDE_NODISCARD struct sonde_error *sonde_linux_socket_users_find(
	struct sonde_linux *kernel, struct sonde_socket *sockets, size_t count,
	struct sonde_text_pool *texts, const char **incomplete);

#endif
