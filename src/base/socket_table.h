/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's tables of sockets: sock_diag(7) with net/unix/diag.c for Unix sockets;
 * proc(5), /proc/net/tcp with net/ipv4/tcp_ipv4.c. They have those of our own network
 * namespace.
 */
#ifndef SONDE_BASE_SOCKET_TABLE_H
#define SONDE_BASE_SOCKET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

/** In both kinds of tables (include/net/tcp_states.h). */
enum sonde_socket_state {
	SONDE_SOCKET_ESTABLISHED = 1,
	SONDE_SOCKET_LISTENING = 10,
};

/* --- Unix sockets ------------------------------------------------------------------ */

struct sonde_unix_socket {
	unsigned long inode;
	/** The inode of its other end; 0: that is not told. */
	unsigned long peer;
	/** The file that it is bound to; one that was accepted has its listener's.
	 * file_inode 0: not known. */
	uint32_t file_inode, file_device;
	/** As it was bound, perhaps relative, not ended by a NUL byte; NULL: it was not.
	 */
	const char *name;
	size_t name_length;
};

/** Whether it is bound to @p file: the kernel writes a device as 12 bits and 20. */
bool sonde_unix_socket_is_file(
	uint32_t file_inode, uint32_t file_device, const struct stat *file);

/**
 * Calls @p found with each Unix socket that is in @p state, until it says that it has
 * seen enough. What it is given lives as long as the call. @p user is handed on.
 */
void sonde_socket_table_read_unix(enum sonde_socket_state state,
	bool (*found)(void *user, const struct sonde_unix_socket *socket), void *user);

/* --- TCP --------------------------------------------------------------------------- */

struct sonde_tcp_socket {
	/** In hexadecimal: 32-bit words in host order. */
	char local[40];
	unsigned local_port, remote_port, state;
	unsigned long inode;
};

/** Goes through those of IPv4, then those of IPv6; begins as {0}. */
struct sonde_tcp_table {
	unsigned opened;
	FILE *file;
};

/** False: there are no more. */
bool sonde_tcp_table_next(struct sonde_tcp_table *table, struct sonde_tcp_socket *ret);
/** Also where there are more. */
void sonde_tcp_table_close(struct sonde_tcp_table *table);

/** The words of a local address, in network order; how many: 1, or 4. 0: it is none. */
unsigned sonde_tcp_socket_address(
	const struct sonde_tcp_socket *socket, uint32_t words[4]);

#endif
