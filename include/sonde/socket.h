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

struct sonde_sockets_options {
	/** sizeof(struct sonde_sockets_options), set by the caller. */
	size_t size;
	/** Only those of this process's network namespace; 0: of all. */
	uint64_t pid;
	/** Who has each open, too: every process's table of open files is looked through.
	 */
	bool users;
};

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
	/** With @ref sonde_sockets_options.users: the process that has it open, of
	 * several the one with the lowest number, and its name, any bytes but NUL. 0 and
	 * NULL: none, as of what only waits to be accepted; it changed meanwhile; or more
	 * files are open than are looked at, 16 million. */
	uint32_t pid;
	const char *comm;
};

struct sonde_sockets;

/**
 * Reads the sockets that are in the kernel's tables, whoever has them open, at the kernel
 * level of @p target: tcp (also connections that begin or end, which nobody has open),
 * udp, raw, unix, netlink and packet. SONDE_ERROR_NOT_FOUND: there is no such process, or
 * what the kernel's types lack. The caller closes @p ret. NULL as @p options: all.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_sockets_open(
	struct sonde_target *target, const struct sonde_sockets_options *options,
	struct sonde_sockets **ret);

/** The next socket; NULL: that was the last one. Lives until @p sockets is closed. */
SONDE_PUBLIC const struct sonde_socket *sonde_sockets_next(struct sonde_sockets *sockets);

/** Why sockets may be missing; NULL: none is. Lives until @p sockets is closed. */
SONDE_PUBLIC const char *sonde_sockets_incomplete(const struct sonde_sockets *sockets);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_sockets_close(struct sonde_sockets *sockets);

#ifdef __cplusplus
}
#endif

#endif
