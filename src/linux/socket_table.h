/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of chains that the kernel keeps sockets in, while they change. Chains end
 * with 0, or with an odd number, which says whose end it is: a socket that moved to
 * another chain meanwhile leads astray, and then its first one is walked again.
 */
#ifndef SONDE_LINUX_SOCKET_TABLE_H
#define SONDE_LINUX_SOCKET_TABLE_H

#include "address_list.h"

struct sonde_linux;

struct sonde_linux_socket_table {
	/** What it has: "tcp", "tcp that listen", .. Never freed. */
	const char *name;
	/** The first chain's head, how many chains, and so many bytes between two. */
	uint64_t heads, count;
	uint32_t stride;
	/** Where the links are in a struct sock. */
	uint64_t links;
	/** Its chains' ends are their numbers. */
	bool numbered;
	/** The lowest bit of a head is a lock (include/linux/rhashtable.h). */
	bool locks;
};

/** Adds each struct sock to @p ret. *@p incomplete is set where some may be missing;
 * never freed. */
SONDE_NODISCARD struct sonde_error *sonde_linux_socket_table_read(
	struct sonde_linux *kernel, const struct sonde_linux_socket_table *table,
	struct sonde_linux_addresses *ret, const char **incomplete);

enum {
	SONDE_LINUX_SOCKET_TABLES = 8192,
	SONDE_LINUX_SOCKET_KINDS = 8,
};

struct sonde_linux_socket_tables {
	struct sonde_linux_socket_table list[SONDE_LINUX_SOCKET_TABLES];
	size_t count;
	/** Protocols whose tables this kernel does not tell; never freed. */
	const char *missing[SONDE_LINUX_SOCKET_KINDS];
	size_t missing_count;
};

/** The tables that have the sockets of the struct net at @p network, those of others
 * among them; to be called for one after the other: none comes twice. */
SONDE_NODISCARD struct sonde_error *sonde_linux_socket_tables_add(
	struct sonde_linux *kernel, uint64_t network,
	struct sonde_linux_socket_tables *tables);

/** Each struct net, in @p ret. Without the symbol of their list that of process 1 alone,
 * and *@p incomplete says so. */
SONDE_NODISCARD struct sonde_error *sonde_linux_networks_find(struct sonde_linux *kernel,
	struct sonde_linux_addresses *ret, const char **incomplete);

/** The struct net of a process. */
SONDE_NODISCARD struct sonde_error *sonde_linux_network_of(
	struct sonde_linux *kernel, uint64_t pid, uint64_t *ret);

#endif
