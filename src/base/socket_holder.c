/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Source: sock_diag(7), net/unix/diag.c; proc(5), /proc/net/tcp; net/ipv4/tcp_ipv4.c.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "clock.h"
#include "socket_holder.h"

enum {
	/** The St column, and the states that sock_diag knows. */
	TCP_STATE_ESTABLISHED = 1,
	TCP_STATE_LISTEN = 10,
	/** A client that has just left is still in the table until the server notices. */
	LEAVING_MS = 500,
};

static void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

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

struct question {
	struct nlmsghdr header;
	struct unix_diag_req request;
};

static bool ask_for_connected(int fd)
{
	struct question question = {
		.header =
			{
				.nlmsg_len = sizeof(question),
				.nlmsg_type = SOCK_DIAG_BY_FAMILY,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			},
		.request =
			{
				.sdiag_family = AF_UNIX,
				.udiag_states = 1u << TCP_STATE_ESTABLISHED,
				.udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_NAME |
					      UDIAG_SHOW_PEER,
			},
	};

	return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question);
}

struct place {
	struct stat file;
	char path[PATH_MAX];
};

/* The kernel's own way of writing a device: 12 bits and 20. */
static bool is_file(const struct unix_diag_vfs *vfs, const struct stat *file)
{
	return vfs->udiag_vfs_ino == (uint32_t)file->st_ino &&
	       vfs->udiag_vfs_dev >> 20 == major(file->st_dev) &&
	       (vfs->udiag_vfs_dev & 0xfffff) == minor(file->st_dev);
}

/*
 * Whether this one is bound there: a socket that was accepted shares its listener's
 * place. By the file, since a server may have named it relative to a directory of its
 * own; by a whole name, since a union file system may number files in two ways. *@p peer
 * becomes the inode of its other end, 0 where that is not told.
 */
static bool is_bound_to(
	const struct nlmsghdr *message, const struct place *place, unsigned long *peer)
{
	const struct unix_diag_msg *answer = NLMSG_DATA(message);
	const struct rtattr *attribute = (const void *)(answer + 1);
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*answer));
	bool found = false;

	*peer = 0;
	for (; left > 0 && RTA_OK(attribute, left);
		attribute = RTA_NEXT(attribute, left)) {
		const void *data = RTA_DATA(attribute);
		size_t length = RTA_PAYLOAD(attribute);

		if (attribute->rta_type == UNIX_DIAG_VFS &&
			length >= sizeof(struct unix_diag_vfs) &&
			is_file(data, &place->file))
			found = true;
		if (attribute->rta_type == UNIX_DIAG_NAME &&
			strnlen(data, length) == strlen(place->path) &&
			!memcmp(data, place->path, strlen(place->path)))
			found = true;
		if (attribute->rta_type == UNIX_DIAG_PEER && length >= sizeof(uint32_t))
			*peer = *(const uint32_t *)data;
	}
	return found;
}

static void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Whether a socket that is bound there is connected, and the inode of its client's end.
 */
static bool has_client(const struct place *place, unsigned long *peer)
{
	CLEANUP(cleanup_fd)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	_Alignas(struct nlmsghdr) char buffer[16384];

	if (fd < 0 || !ask_for_connected(fd))
		return false;
	for (;;) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *message = (const void *)buffer;

		if (got <= 0)
			return false;
		for (; NLMSG_OK(message, got); message = NLMSG_NEXT(message, got)) {
			if (message->nlmsg_type == NLMSG_DONE ||
				message->nlmsg_type == NLMSG_ERROR)
				return false;
			if (is_bound_to(message, place, peer))
				return true;
		}
	}
}

struct sonde_error *sonde_socket_check_unix_holder_within(
	const char *path, unsigned patience_ms)
{
	int64_t deadline = sonde_deadline_in(patience_ms);
	struct place place;
	unsigned long peer = 0;

	if (stat(path, &place.file) < 0 || !realpath(path, place.path))
		return NULL;
	while (has_client(&place, &peer)) {
		if (sonde_deadline_left(deadline) == 0)
			return held(peer, "ss -xp");
		poll(NULL, 0, 10);
	}
	return NULL;
}

bool sonde_socket_find_unix_holder(const char *path, struct sonde_socket_owner *ret)
{
	struct place place;
	unsigned long peer = 0;

	if (stat(path, &place.file) < 0 || !realpath(path, place.path))
		return false;
	return has_client(&place, &peer) && sonde_socket_owner_find(peer, ret);
}

struct sonde_error *sonde_socket_check_unix_holder(const char *path)
{
	return sonde_socket_check_unix_holder_within(path, LEAVING_MS);
}

/* --- TCP --------------------------------------------------------------------------- */

/* An address as the tables print it: 32-bit words in host order, in hexadecimal. */
static bool is_loopback(const char *hex)
{
	unsigned words[4] = {0};

	if (strlen(hex) == 8) {
		if (sscanf(hex, "%8x", &words[0]) != 1)
			return false;
		return (ntohl(words[0]) >> 24) == 127;
	}
	if (sscanf(hex, "%8x%8x%8x%8x", &words[0], &words[1], &words[2], &words[3]) != 4)
		return false;
	if (words[0] || words[1])
		return false;
	if (ntohl(words[2]) == 0xffff)
		return (ntohl(words[3]) >> 24) == 127;
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

/* One row of a table, as far as it is of interest. */
struct row {
	char local[40];
	unsigned local_port, remote_port, state;
	unsigned long inode;
};

static bool next_row(FILE *table, struct row *ret)
{
	char line[512];

	while (table && fgets(line, sizeof(line), table))
		if (sscanf(line,
			    " %*[^:]: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s "
			    "%*s %*s %lu",
			    ret->local, &ret->local_port, &ret->remote_port, &ret->state,
			    &ret->inode) == 5)
			return true;
	return false;
}

/* The port that a client of ours at @p wanted_port has, or 0. */
static unsigned find_client_port(const char *name, unsigned wanted_port)
{
	CLEANUP(cleanup_file) FILE *table = fopen(name, "re");
	struct row row;

	while (next_row(table, &row))
		if (row.local_port == wanted_port && row.state == TCP_STATE_ESTABLISHED &&
			is_loopback(row.local))
			return row.remote_port;
	return 0;
}

/* The inode of the end that the client has: the same connection, seen from there. */
static unsigned long find_client(const char *name, unsigned client_port, unsigned port)
{
	CLEANUP(cleanup_file) FILE *table = fopen(name, "re");
	struct row row;

	while (next_row(table, &row))
		if (row.local_port == client_port && row.remote_port == port &&
			row.state == TCP_STATE_ESTABLISHED && is_loopback(row.local))
			return row.inode;
	return 0;
}

static unsigned port_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET
		       ? ntohs(((const struct sockaddr_in *)(const void *)address)
					 ->sin_port)
		       : ntohs(((const struct sockaddr_in6 *)(const void *)address)
					 ->sin6_port);
}

/* The inode of the socket that listens there, in one of the tables. */
static bool find_listener(const char *name, unsigned wanted_port, char *ret, size_t size)
{
	CLEANUP(cleanup_file) FILE *table = fopen(name, "re");
	struct row row;

	while (next_row(table, &row))
		if (row.local_port == wanted_port && row.state == TCP_STATE_LISTEN) {
			snprintf(ret, size, "%lu", row.inode);
			return true;
		}
	return false;
}

void sonde_socket_tcp_identity(const struct sockaddr *address, char *ret, size_t size)
{
	unsigned port = port_of(address);

	ret[0] = '\0';
	if (is_local(address) && !find_listener("/proc/net/tcp", port, ret, size))
		find_listener("/proc/net/tcp6", port, ret, size);
}

struct sonde_error *sonde_socket_check_tcp_holder_within(
	const struct sockaddr *address, unsigned patience_ms)
{
	static const char tcp[] = "/proc/net/tcp", tcp6[] = "/proc/net/tcp6";
	int64_t deadline = sonde_deadline_in(patience_ms);
	unsigned port, client;
	unsigned long inode;

	if (!is_local(address))
		return NULL;
	port = port_of(address);
	while ((client = find_client_port(tcp, port)) ||
		(client = find_client_port(tcp6, port))) {
		if (sonde_deadline_left(deadline) == 0) {
			inode = find_client(tcp, client, port);
			return held(inode ? inode : find_client(tcp6, client, port),
				"ss -tp");
		}
		poll(NULL, 0, 10);
	}
	return NULL;
}

struct sonde_error *sonde_socket_check_tcp_holder(const struct sockaddr *address)
{
	return sonde_socket_check_tcp_holder_within(address, LEAVING_MS);
}
