/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sockets, as /proc/net/tcp, udp, raw, unix and netlink show them. How lists work,
 * <sonde/linux.h> says.
 */
#ifndef SONDE_SOCKET_H
#define SONDE_SOCKET_H

#include <sonde/target.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_socket {
	/** Of its struct sock. */
	uint64_t address;
	/** Of the file that it is; 0: none has it open. */
	uint64_t inode;
	/** Its network namespace, by the number that /proc/PID/ns/net has; 0: unknown. */
	uint64_t network;
	/** "tcp", "tcp6", "udp", "udp6", "raw", "icmp", .. "unix", "netlink", "packet",
	 * or "family 38". Never freed. */
	const char *protocol;
	/** "stream", "dgram", "raw", "rdm", "seqpacket"; NULL: unknown. Never freed. */
	const char *type;
	/** "LISTEN", "ESTABLISHED", "TIME_WAIT", .. ; "CLOSE" where it is not connected.
	 * Never freed. */
	const char *state;
	/**
	 * "127.0.0.1:80", "[::1]:80", and 0 as the port of one that has none; the path of
	 * a unix socket, '@' for each NUL in it; of netlink "route:431". NULL: it has
	 * none of this kind. Any bytes but NUL.
	 */
	const char *local, *remote;
	/** It changed while it was read, again and again. */
	bool torn;
};

#ifdef __cplusplus
}
#endif

#endif
