/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a struct sock says of a socket: its protocol, its state, its addresses. */
#ifndef SONDE_LINUX_SOCKET_H
#define SONDE_LINUX_SOCKET_H

#include <sonde/socket.h>

#include "record.h"
#include "text_pool.h"

struct sonde_linux;

enum {
	SONDE_LINUX_SOCK_BYTES = 4 << 10,
};

struct sonde_linux_socket_fields {
	/** Of all, and of what stands for one in a table while it begins or ends. */
	struct sonde_field family, state, remote4, local4, remote_port, local_port,
		remote6, local6, network;
	struct sonde_field type, protocol, socket;
	struct sonde_field inode_number, socket_part, inode_part, network_ns, ns_number;
	/** Absent where the kernel has no such sockets, or a module has them. */
	struct sonde_field unix_address, unix_peer, unix_length, unix_name;
	struct sonde_field port_id, remote_port_id, ending_state;
};

struct sonde_linux_socket_reader {
	struct sonde_linux *kernel;
	struct sonde_linux_socket_fields fields;
	struct sonde_record common, whole;
	/** Where sockets do not have one: the struct net of all. */
	uint64_t only_network;
	/** The network namespace that was looked at last, and its number. */
	uint64_t network, network_number;
};

/** Nothing is to be freed. */
SONDE_NODISCARD struct sonde_error *sonde_linux_socket_reader_init(
	struct sonde_linux_socket_reader *ret, struct sonde_linux *kernel);

/**
 * The struct sock at @p address; addresses are kept in @p texts. What cannot be read is
 * @ref sonde_socket.torn.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_socket_read(
	struct sonde_linux_socket_reader *reader, uint64_t address,
	struct sonde_text_pool *texts, struct sonde_socket *ret);

#endif
