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
#include "holder.h"

enum {
	/** The St column, and the states that sock_diag knows. */
	TCP_STATE_ESTABLISHED = 1,
	TCP_STATE_LISTEN = 10,
	/** A client that has just left is still in the table until the stub notices. */
	LEAVING_MS = 500,
};

static void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static struct sonde_error *held(const char *how_to_find)
{
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_BUSY,
					   "another client is connected to this stub"),
		"end that client first (%s shows it); a stub serves one client at a "
		"time, and "
		"one that waits in line would pause the guest later",
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
				.udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_NAME,
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
 * own; by a whole name, since a union file system may number files in two ways.
 */
static bool is_bound_to(const struct nlmsghdr *message, const struct place *place)
{
	const struct unix_diag_msg *answer = NLMSG_DATA(message);
	const struct rtattr *attribute = (const void *)(answer + 1);
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*answer));

	for (; left > 0 && RTA_OK(attribute, left);
		attribute = RTA_NEXT(attribute, left)) {
		const void *data = RTA_DATA(attribute);
		size_t length = RTA_PAYLOAD(attribute);

		if (attribute->rta_type == UNIX_DIAG_VFS &&
			length >= sizeof(struct unix_diag_vfs) &&
			is_file(data, &place->file))
			return true;
		if (attribute->rta_type == UNIX_DIAG_NAME &&
			strnlen(data, length) == strlen(place->path) &&
			!memcmp(data, place->path, strlen(place->path)))
			return true;
	}
	return false;
}

static void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Whether a socket that is bound there is connected. */
static bool has_client(const struct place *place)
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
			if (is_bound_to(message, place))
				return true;
		}
	}
}

struct sonde_error *sonde_gdb_check_unix_holder(const char *path)
{
	int64_t deadline = sonde_deadline_in(LEAVING_MS);
	struct place place;

	if (stat(path, &place.file) < 0 || !realpath(path, place.path))
		return NULL;
	while (has_client(&place)) {
		if (sonde_deadline_left(deadline) == 0)
			return held("ss -xp");
		poll(NULL, 0, 10);
	}
	return NULL;
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

static bool table_shows_client(const char *name, unsigned wanted_port)
{
	CLEANUP(cleanup_file) FILE *table = fopen(name, "re");
	char line[512];

	while (table && fgets(line, sizeof(line), table)) {
		char local[40];
		unsigned port, state;

		if (sscanf(line, " %*[^:]: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", local,
			    &port, &state) == 3 &&
			port == wanted_port && state == TCP_STATE_ESTABLISHED &&
			is_loopback(local))
			return true;
	}
	return false;
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
	char line[512];

	while (table && fgets(line, sizeof(line), table)) {
		unsigned port, state;
		char inode[24];

		if (sscanf(line,
			    " %*[^:]: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s "
			    "%*s %*s %23s",
			    &port, &state, inode) == 3 &&
			port == wanted_port && state == TCP_STATE_LISTEN) {
			snprintf(ret, size, "%s", inode);
			return true;
		}
	}
	return false;
}

void sonde_gdb_tcp_identity(const struct sockaddr *address, char *ret, size_t size)
{
	unsigned port = port_of(address);

	ret[0] = '\0';
	if (is_local(address) && !find_listener("/proc/net/tcp", port, ret, size))
		find_listener("/proc/net/tcp6", port, ret, size);
}

struct sonde_error *sonde_gdb_check_tcp_holder(const struct sockaddr *address)
{
	int64_t deadline = sonde_deadline_in(LEAVING_MS);
	unsigned port;

	if (!is_local(address))
		return NULL;
	port = port_of(address);
	while (table_shows_client("/proc/net/tcp", port) ||
		table_shows_client("/proc/net/tcp6", port)) {
		if (sonde_deadline_left(deadline) == 0)
			return held("ss -tp");
		poll(NULL, 0, 10);
	}
	return NULL;
}
