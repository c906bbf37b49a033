/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <string.h>

#include "grow.h"
#include "listener.h"
#include "socket_table.h"

enum {
	LISTENERS_MAX = 1 << 16,
};

/* --- Unix sockets ------------------------------------------------------------------ */

struct reading {
	struct sonde_qemu_listeners *listeners;
	struct sonde_error *error;
};

/* Those without a name in the file system are not for us. */
static bool add_unix(void *user, const struct sonde_unix_socket *socket)
{
	struct reading *reading = user;
	struct sonde_qemu_listeners *listeners = reading->listeners;
	struct sonde_qemu_listener *listener;

	if (!socket->name_length)
		return false;
	reading->error =
		SONDE_GROW(&listeners->list, listeners->count, &listeners->capacity);
	if (reading->error)
		return true;
	listener = &listeners->list[listeners->count];
	*listener = (struct sonde_qemu_listener){.inode = socket->inode,
		.path = strndup(socket->name, socket->name_length),
		.file_inode = socket->file_inode,
		.file_device = socket->file_device};
	if (listener->path)
		listeners->count++;
	else
		reading->error = sonde_error_no_memory();
	return reading->error || listeners->count == LISTENERS_MAX;
}

static struct sonde_error *read_unix(struct sonde_qemu_listeners *listeners)
{
	struct reading reading = {.listeners = listeners};

	sonde_socket_table_read_unix(SONDE_SOCKET_LISTENING, add_unix, &reading);
	return reading.error;
}

/* --- TCP --------------------------------------------------------------------------- */

/* All addresses, or a loopback's. */
static bool is_here(const struct sonde_tcp_socket *socket)
{
	uint32_t words[4] = {0}, last;
	unsigned count = sonde_tcp_socket_address(socket, words);

	if (!count || (count == 4 && (words[0] || words[1])))
		return false;
	last = ntohl(words[count - 1]);
	if (count == 4 && !words[2])
		return last <= 1;
	return (count == 1 || ntohl(words[2]) == 0xffff) && (!last || last >> 24 == 127);
}

static struct sonde_error *add_tcp(
	struct sonde_qemu_listeners *listeners, const struct sonde_tcp_socket *socket)
{
	CHECK(SONDE_GROW(&listeners->list, listeners->count, &listeners->capacity));
	listeners->list[listeners->count++] =
		(struct sonde_qemu_listener){.inode = socket->inode,
			.port = socket->local_port,
			.here = is_here(socket)};
	return NULL;
}

static struct sonde_error *read_tcp(struct sonde_qemu_listeners *listeners)
{
	struct sonde_tcp_table table = {0};
	struct sonde_error *error = NULL;
	struct sonde_tcp_socket socket;

	while (!error && listeners->count < LISTENERS_MAX &&
		sonde_tcp_table_next(&table, &socket))
		if (socket.state == SONDE_SOCKET_LISTENING)
			error = add_tcp(listeners, &socket);
	sonde_tcp_table_close(&table);
	return error;
}

bool sonde_qemu_port_is_connected(unsigned long port,
	bool (*is_meant)(const void *user, unsigned long inode), const void *user)
{
	struct sonde_tcp_table table = {0};
	struct sonde_tcp_socket socket;
	bool found = false;

	while (!found && sonde_tcp_table_next(&table, &socket))
		found = socket.state == SONDE_SOCKET_ESTABLISHED &&
			socket.local_port == port && is_meant(user, socket.inode);
	sonde_tcp_table_close(&table);
	return found;
}

/* ----------------------------------------------------------------------------------- */

struct sonde_error *sonde_qemu_listeners_read(
	const char *address, struct sonde_qemu_listeners *ret)
{
	struct sonde_qemu_listeners listeners = {0};
	struct sonde_error *error = read_unix(&listeners);

	if (!error && address && strchr(address, '/')) {
		*ret = listeners;
		return NULL;
	}
	if (!error)
		error = read_tcp(&listeners);
	if (error) {
		sonde_qemu_listeners_deinit(&listeners);
		return error;
	}
	*ret = listeners;
	return NULL;
}

void sonde_qemu_listeners_deinit(struct sonde_qemu_listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		free(listeners->list[i].path);
	free(listeners->list);
	*listeners = (struct sonde_qemu_listeners){0};
}

static bool is_file(const struct sonde_qemu_listener *listener, const struct stat *file)
{
	return listener->path && sonde_unix_socket_is_file(listener->file_inode,
					 listener->file_device, file);
}

/*
 * A union file system may number files in two ways. Then a whole name has to do, if only
 * one has it.
 */
static const struct sonde_qemu_listener *find_by_name(
	const struct sonde_qemu_listeners *listeners, const char *path)
{
	const struct sonde_qemu_listener *found = NULL;

	for (size_t i = 0; i < listeners->count; i++) {
		const struct sonde_qemu_listener *listener = &listeners->list[i];

		if (!listener->path || *path != '/' || strcmp(listener->path, path) != 0)
			continue;
		if (found)
			return NULL;
		found = listener;
	}
	return found;
}

const struct sonde_qemu_listener *sonde_qemu_listeners_find(
	const struct sonde_qemu_listeners *listeners, const char *path)
{
	struct stat file;

	if (stat(path, &file) < 0 || !S_ISSOCK(file.st_mode))
		return NULL;
	for (size_t i = 0; i < listeners->count; i++)
		if (is_file(&listeners->list[i], &file))
			return &listeners->list[i];
	return find_by_name(listeners, path);
}

bool sonde_qemu_listener_is_on(
	const struct sonde_qemu_listener *listener, const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon && !listener->path && listener->port == strtoul(colon + 1, NULL, 10);
}
