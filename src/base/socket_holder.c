/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "socket_holder.h"
#include "socket_table.h"

enum {
	/** A client that has just left is still in the table until the server notices. */
	LEAVING_MS = 500,
};

/* @p inode is of the client's end, or 0; @p how_to_find is the command that tells more.
 */
static struct sonde_error *held(unsigned long inode, const char *how_to_find)
{
	struct sonde_socket_owner owner;

	if (sonde_socket_owner_find(inode, &owner))
		return sonde_error_create(SONDE_ERROR_BUSY,
			"another client is connected there: %s (process %d)", owner.name,
			(int)owner.pid);
	return sonde_error_create(SONDE_ERROR_BUSY,
		"another client is connected there (%s, as root, tells which)",
		how_to_find);
}

/* --- Unix sockets ------------------------------------------------------------------ */

struct place {
	struct stat file;
	char path[PATH_MAX];
	bool has_client;
	/** The inode of its client's end, 0 where that is not told. */
	unsigned long peer;
};

static bool find_place(const char *path, struct place *place)
{
	return !stat(path, &place->file) && realpath(path, place->path);
}

/*
 * Whether this one is bound there: a socket that was accepted shares its listener's
 * place. By the file, since a server may have named it relative to a directory of its
 * own; by a whole name, since a union file system may number files in two ways.
 */
static bool is_bound_to(void *user, const struct sonde_unix_socket *socket)
{
	struct place *place = user;

	if (!sonde_unix_socket_is_file(
		    socket->file_inode, socket->file_device, &place->file) &&
		(socket->name_length != strlen(place->path) ||
			memcmp(socket->name, place->path, socket->name_length) != 0))
		return false;
	place->has_client = true;
	place->peer = socket->peer;
	return true;
}

static bool has_client(struct place *place)
{
	place->has_client = false;
	sonde_socket_table_read_unix(SONDE_SOCKET_ESTABLISHED, is_bound_to, place);
	return place->has_client;
}

struct sonde_error *sonde_socket_check_unix_holder_within(
	const char *path, unsigned patience_ms)
{
	int64_t deadline = sonde_deadline_in(patience_ms);
	struct place place;

	if (!find_place(path, &place))
		return NULL;
	while (has_client(&place)) {
		if (sonde_deadline_left(deadline) == 0)
			return held(place.peer, "ss -xp");
		poll(NULL, 0, 10);
	}
	return NULL;
}

bool sonde_socket_find_unix_holder(const char *path, struct sonde_socket_owner *ret)
{
	struct place place;

	return find_place(path, &place) && has_client(&place) &&
	       sonde_socket_owner_find(place.peer, ret);
}

struct sonde_error *sonde_socket_check_unix_holder(const char *path)
{
	return sonde_socket_check_unix_holder_within(path, LEAVING_MS);
}

/* --- TCP --------------------------------------------------------------------------- */

static bool is_loopback(const struct sonde_tcp_socket *socket)
{
	uint32_t words[4] = {0};
	unsigned count = sonde_tcp_socket_address(socket, words);

	if (count == 1)
		return ntohl(words[0]) >> 24 == 127;
	if (!count || words[0] || words[1])
		return false;
	if (ntohl(words[2]) == 0xffff)
		return ntohl(words[3]) >> 24 == 127;
	return !words[2] && ntohl(words[3]) == 1;
}

static bool is_local(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return (ntohl(in->sin_addr.s_addr) >> 24) == 127;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

/* The first that @p is_it says yes to, in either table. */
static bool find_tcp(
	bool (*is_it)(const void *user, const struct sonde_tcp_socket *socket),
	const void *user, struct sonde_tcp_socket *ret)
{
	struct sonde_tcp_table table = {0};
	bool found = false;

	while (!found && sonde_tcp_table_next(&table, ret))
		found = is_it(user, ret);
	sonde_tcp_table_close(&table);
	return found;
}

/* The server's end of a connection from this machine; @p user is the port. */
static bool is_connected(const void *user, const struct sonde_tcp_socket *socket)
{
	return socket->local_port == *(const unsigned *)user &&
	       socket->state == SONDE_SOCKET_ESTABLISHED && is_loopback(socket);
}

/* The client's end of it; @p user is the server's. */
static bool is_other_end(const void *user, const struct sonde_tcp_socket *socket)
{
	const struct sonde_tcp_socket *server = user;

	return socket->local_port == server->remote_port &&
	       socket->remote_port == server->local_port &&
	       socket->state == SONDE_SOCKET_ESTABLISHED && is_loopback(socket);
}

static bool is_listening(const void *user, const struct sonde_tcp_socket *socket)
{
	return socket->local_port == *(const unsigned *)user &&
	       socket->state == SONDE_SOCKET_LISTENING;
}

static unsigned port_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET
		       ? ntohs(((const struct sockaddr_in *)(const void *)address)
					 ->sin_port)
		       : ntohs(((const struct sockaddr_in6 *)(const void *)address)
					 ->sin6_port);
}

void sonde_socket_tcp_identity(const struct sockaddr *address, char *ret, size_t size)
{
	struct sonde_tcp_socket listener;
	unsigned port;

	ret[0] = '\0';
	if (!is_local(address))
		return;
	port = port_of(address);
	if (find_tcp(is_listening, &port, &listener))
		snprintf(ret, size, "%lu", listener.inode);
}

struct sonde_error *sonde_socket_check_tcp_holder_within(
	const struct sockaddr *address, unsigned patience_ms)
{
	int64_t deadline = sonde_deadline_in(patience_ms);
	struct sonde_tcp_socket server, client;
	unsigned port;

	if (!is_local(address))
		return NULL;
	port = port_of(address);
	while (find_tcp(is_connected, &port, &server)) {
		if (sonde_deadline_left(deadline) == 0)
			return held(find_tcp(is_other_end, &server, &client)
					    ? client.inode
					    : 0,
				"ss -tp");
		poll(NULL, 0, 10);
	}
	return NULL;
}

struct sonde_error *sonde_socket_check_tcp_holder(const struct sockaddr *address)
{
	return sonde_socket_check_tcp_holder_within(address, LEAVING_MS);
}
