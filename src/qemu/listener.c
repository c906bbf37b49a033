/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "listener.h"

enum {
	/** In sock_diag and in the St column. */
	STATE_ESTABLISHED = 1,
	STATE_LISTEN = 10,
	LISTENERS_MAX = 1 << 16,
};

static struct sonde_error *add(struct sonde_qemu_listeners *listeners,
	const struct sonde_qemu_listener *listener)
{
	size_t count = listeners->count;
	void *grown;

	/* At each power of two. */
	if (!(count & (count - 1))) {
		grown = reallocarray(
			listeners->list, count ? 2 * count : 1, sizeof(*listeners->list));
		if (!grown)
			return sonde_error_no_memory();
		listeners->list = grown;
	}
	listeners->list[listeners->count++] = *listener;
	return NULL;
}

/* --- Unix sockets ------------------------------------------------------------------ */

struct question {
	struct nlmsghdr header;
	struct unix_diag_req request;
};

static bool ask_for_listeners(int fd)
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
				.udiag_states = 1u << STATE_LISTEN,
				.udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_NAME,
			},
	};

	return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question);
}

/* Those without a name in the file system are not for us: they have no path. */
static struct sonde_error *add_unix(
	struct sonde_qemu_listeners *listeners, const struct nlmsghdr *message)
{
	const struct unix_diag_msg *answer = NLMSG_DATA(message);
	const struct rtattr *attribute = (const void *)(answer + 1);
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*answer));
	struct sonde_qemu_listener listener = {.inode = answer->udiag_ino};
	struct sonde_error *error;

	for (; left > 0 && RTA_OK(attribute, left);
		attribute = RTA_NEXT(attribute, left)) {
		const char *data = RTA_DATA(attribute);
		size_t length = RTA_PAYLOAD(attribute);

		if (attribute->rta_type == UNIX_DIAG_VFS &&
			length >= sizeof(struct unix_diag_vfs)) {
			const struct unix_diag_vfs *vfs = (const void *)data;

			listener.file_inode = vfs->udiag_vfs_ino;
			listener.file_device = vfs->udiag_vfs_dev;
		}
		if (attribute->rta_type == UNIX_DIAG_NAME && length && *data &&
			!listener.path)
			listener.path = strndup(data, length);
	}
	if (!listener.path)
		return NULL;
	error = add(listeners, &listener);
	if (error)
		free(listener.path);
	return error;
}

static void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static struct sonde_error *read_unix(struct sonde_qemu_listeners *listeners)
{
	CLEANUP(cleanup_fd)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	_Alignas(struct nlmsghdr) char buffer[16384];

	if (fd < 0 || !ask_for_listeners(fd))
		return NULL;
	for (;;) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *message = (const void *)buffer;

		if (got <= 0)
			return NULL;
		for (; NLMSG_OK(message, got); message = NLMSG_NEXT(message, got)) {
			if (message->nlmsg_type == NLMSG_DONE ||
				message->nlmsg_type == NLMSG_ERROR ||
				listeners->count >= LISTENERS_MAX)
				return NULL;
			CHECK(add_unix(listeners, message));
		}
	}
}

/* --- TCP --------------------------------------------------------------------------- */

static void cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

struct row {
	char local[40];
	unsigned port, state;
	unsigned long inode;
};

static bool next_row(FILE *table, struct row *ret)
{
	char line[512];

	while (table && fgets(line, sizeof(line), table))
		if (sscanf(line,
			    " %*[^:]: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s "
			    "%*s %*s %lu",
			    ret->local, &ret->port, &ret->state, &ret->inode) == 4)
			return true;
	return false;
}

/* All addresses, or a loopback's: 32-bit words in host order. */
static bool is_here(const char *hex)
{
	unsigned words[4] = {0}, last;

	if (strlen(hex) == 8)
		return sscanf(hex, "%8x", &last) == 1 &&
		       (!last || ntohl(last) >> 24 == 127);
	if (sscanf(hex, "%8x%8x%8x%8x", &words[0], &words[1], &words[2], &words[3]) != 4)
		return false;
	last = ntohl(words[3]);
	if (words[0] || words[1])
		return false;
	return words[2] ? ntohl(words[2]) == 0xffff && (!last || last >> 24 == 127)
			: last <= 1;
}

static struct sonde_error *read_tcp(
	struct sonde_qemu_listeners *listeners, const char *name)
{
	CLEANUP(cleanup_file) FILE *table = fopen(name, "re");
	struct row row;

	while (listeners->count < LISTENERS_MAX && next_row(table, &row)) {
		struct sonde_qemu_listener listener = {
			.inode = row.inode, .port = row.port, .here = is_here(row.local)};

		if (row.state == STATE_LISTEN)
			CHECK(add(listeners, &listener));
	}
	return NULL;
}

bool sonde_qemu_port_is_connected(unsigned long port,
	bool (*is_meant)(const void *user, unsigned long inode), const void *user)
{
	static const char *const names[] = {"/proc/net/tcp", "/proc/net/tcp6"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(cleanup_file) FILE *table = fopen(names[i], "re");
		struct row row;

		while (next_row(table, &row))
			if (row.state == STATE_ESTABLISHED && row.port == port &&
				is_meant(user, row.inode))
				return true;
	}
	return false;
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
		error = read_tcp(&listeners, "/proc/net/tcp");
	if (!error)
		error = read_tcp(&listeners, "/proc/net/tcp6");
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
	return listener->path && listener->file_inode == (uint32_t)file->st_ino &&
	       listener->file_device >> 20 == major(file->st_dev) &&
	       (listener->file_device & 0xfffff) == minor(file->st_dev);
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
