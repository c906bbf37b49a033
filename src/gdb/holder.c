/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source: proc(5), /proc/net/unix and /proc/net/tcp; net/ipv4/tcp_ipv4.c. */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "holder.h"

enum {
	/** The St column. */
	UNIX_CONNECTED = 3,
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

/* The table has paths as they were bound: perhaps relative to a directory unknown. */
static bool same_path(const char *bound, const char *path)
{
	char resolved[PATH_MAX];
	size_t length = strlen(bound), whole;

	if (!strcmp(bound, path))
		return true;
	if (!realpath(path, resolved))
		return false;
	whole = strlen(resolved);
	if (bound[0] == '/') {
		char other[PATH_MAX];

		return realpath(bound, other) && !strcmp(other, resolved);
	}
	return length && whole > length && resolved[whole - length - 1] == '/' &&
	       !strcmp(resolved + whole - length, bound);
}

static bool unix_table_shows_client(const char *path)
{
	CLEANUP(cleanup_file) FILE *table = fopen("/proc/net/unix", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	size_t capacity = 0;

	while (table && getline(&line, &capacity, table) > 0) {
		unsigned state;
		int offset = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%*s %*s %*s %*s %*s %x %*s %n", &state, &offset) < 1 ||
			!offset || state != UNIX_CONNECTED)
			continue;
		if (same_path(line + offset, path))
			return true;
	}
	return false;
}

struct sonde_error *sonde_gdb_check_unix_holder(const char *path)
{
	int64_t deadline = sonde_deadline_in(LEAVING_MS);

	while (unix_table_shows_client(path)) {
		if (sonde_deadline_left(deadline) == 0)
			return held("ss -xp");
		poll(NULL, 0, 10);
	}
	return NULL;
}

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
