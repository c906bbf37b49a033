/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "protect.h"
#include "socket_holder.h"

enum {
	/** As the journal has room for. */
	KEY_TEXT = 256,
	IDENTITY_TEXT = 128,
};

/* A name that is too long keeps its end: that is where names differ. */
static void make_key(char *key, const char *kind, const char *name)
{
	size_t used = (size_t)snprintf(key, KEY_TEXT, "%.16s:", kind);
	size_t room = KEY_TEXT - 1 - used, length = strlen(name);

	if (length > room)
		name += length - room;
	memcpy(key + used, name, strlen(name) + 1);
}

struct sonde_error *sonde_gdb_protect_unix(
	struct sonde_gdb_transport *transport, const struct sockaddr_un *address)
{
	char path[PATH_MAX], key[KEY_TEXT], identity[IDENTITY_TEXT] = "";
	struct sockaddr_un absolute = *address;
	struct sonde_guard_stub stub = {
		.key = key,
		.identity = identity,
		.fd = transport->fd,
		.address = (const struct sockaddr *)&absolute,
		.address_length = sizeof(absolute),
	};
	struct stat status;

	/* Nobody listens there: connecting will say so. */
	if (!realpath(address->sun_path, path) || stat(path, &status) < 0)
		return NULL;
	make_key(key, "unix", path);
	/* A socket is made anew by whoever listens on it. */
	snprintf(identity, sizeof(identity), "%" PRIx64 ":%" PRIx64 ":%" PRIx64 ".%09ld",
		(uint64_t)status.st_dev, (uint64_t)status.st_ino,
		(uint64_t)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
	/* A path that only the current directory makes short enough stays relative. */
	if (strlen(path) < sizeof(absolute.sun_path))
		strcpy(absolute.sun_path, path);
	return sonde_guard_create(transport->sonde, &stub, &transport->guard);
}

struct sonde_error *sonde_gdb_protect_internet(
	struct sonde_gdb_transport *transport, const struct addrinfo *info)
{
	bool stream = info->ai_socktype == SOCK_STREAM;
	char host[NI_MAXHOST], port[NI_MAXSERV], name[NI_MAXHOST + NI_MAXSERV + 2];
	char key[KEY_TEXT], identity[IDENTITY_TEXT] = "";
	struct sonde_guard_stub stub = {
		.key = key,
		.identity = identity,
		.fd = transport->fd,
		.address = info->ai_addr,
		.address_length = stream ? info->ai_addrlen : 0,
	};

	if (getnameinfo(info->ai_addr, info->ai_addrlen, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "this address has no name");
	snprintf(name, sizeof(name), "%s:%s", host, port);
	make_key(key, stream ? "tcp" : "udp", name);
	if (stream)
		sonde_socket_tcp_identity(info->ai_addr, identity, sizeof(identity));
	return sonde_guard_create(transport->sonde, &stub, &transport->guard);
}

struct sonde_error *sonde_gdb_protect_line(
	struct sonde_gdb_transport *transport, const char *kind, const char *name)
{
	char key[KEY_TEXT];
	struct sonde_guard_stub stub = {.key = key, .identity = "", .fd = transport->fd};

	make_key(key, kind, name);
	return sonde_guard_create(transport->sonde, &stub, &transport->guard);
}
