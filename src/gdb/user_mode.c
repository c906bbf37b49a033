/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user_mode.h"

/* Whoever listens at the other end; 0 where the kernel does not say. */
static pid_t process_behind(const struct sonde_gdb_transport *transport)
{
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);

	if (!transport->is_socket ||
		getsockopt(transport->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return 0;
	return peer.pid;
}

static bool is_qemu(pid_t process)
{
	char link[64], path[PATH_MAX];
	const char *name;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%ld/exe", (long)process);
	length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0)
		return false;
	path[length] = '\0';
	name = strrchr(path, '/');
	return name && !strncmp(name, "/qemu-", 6);
}

struct sonde_error *sonde_gdb_signal_process(const struct sonde_gdb_transport *transport)
{
	pid_t process = process_behind(transport);

	if (process <= 0 || !is_qemu(process))
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"this QEMU does not listen while its program runs"),
			"kill -INT stops it; sonde does so itself if QEMU was started "
			"with -g /PATH, on the same machine");
	if (kill(process, SIGINT) < 0)
		return sonde_error_while(sonde_error_system(errno),
			"interrupting process %ld", (long)process);
	return NULL;
}
