/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "macros.h"
#include "socket_table.h"

/* --- Unix sockets ------------------------------------------------------------------ */

struct question {
	struct nlmsghdr header;
	struct unix_diag_req request;
};

static bool ask(int fd, enum sonde_socket_state state)
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
				.udiag_states = 1u << state,
				.udiag_show = UDIAG_SHOW_VFS | UDIAG_SHOW_NAME |
					      UDIAG_SHOW_PEER,
			},
	};

	return send(fd, &question, sizeof(question), 0) == (ssize_t)sizeof(question);
}

static void parse(const struct nlmsghdr *message, struct sonde_unix_socket *ret)
{
	const struct unix_diag_msg *answer = NLMSG_DATA(message);
	const struct rtattr *attribute = (const void *)(answer + 1);
	int left = (int)message->nlmsg_len - (int)NLMSG_LENGTH(sizeof(*answer));

	*ret = (struct sonde_unix_socket){.inode = answer->udiag_ino};
	for (; left > 0 && RTA_OK(attribute, left);
		attribute = RTA_NEXT(attribute, left)) {
		const void *data = RTA_DATA(attribute);
		size_t length = RTA_PAYLOAD(attribute);

		if (attribute->rta_type == UNIX_DIAG_VFS &&
			length >= sizeof(struct unix_diag_vfs)) {
			const struct unix_diag_vfs *vfs = data;

			ret->file_inode = vfs->udiag_vfs_ino;
			ret->file_device = vfs->udiag_vfs_dev;
		}
		if (attribute->rta_type == UNIX_DIAG_NAME && length && !ret->name) {
			ret->name = data;
			ret->name_length = strnlen(data, length);
		}
		if (attribute->rta_type == UNIX_DIAG_PEER && length >= sizeof(uint32_t))
			ret->peer = *(const uint32_t *)data;
	}
}

static void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void sonde_socket_table_read_unix(enum sonde_socket_state state,
	bool (*found)(void *user, const struct sonde_unix_socket *socket), void *user)
{
	CLEANUP(cleanup_fd)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	_Alignas(struct nlmsghdr) char buffer[16384];

	if (fd < 0 || !ask(fd, state))
		return;
	for (;;) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		const struct nlmsghdr *message = (const void *)buffer;

		if (got <= 0)
			return;
		for (; NLMSG_OK(message, got); message = NLMSG_NEXT(message, got)) {
			struct sonde_unix_socket socket;

			if (message->nlmsg_type == NLMSG_DONE ||
				message->nlmsg_type == NLMSG_ERROR)
				return;
			parse(message, &socket);
			if (found(user, &socket))
				return;
		}
	}
}

bool sonde_unix_socket_is_file(
	uint32_t file_inode, uint32_t file_device, const struct stat *file)
{
	return file_inode == (uint32_t)file->st_ino &&
	       file_device >> 20 == major(file->st_dev) &&
	       (file_device & 0xfffff) == minor(file->st_dev);
}

/* --- TCP --------------------------------------------------------------------------- */

static bool next_row(FILE *file, struct sonde_tcp_socket *ret)
{
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line,
			    " %*[^:]: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s "
			    "%*s %*s %lu",
			    ret->local, &ret->local_port, &ret->remote_port, &ret->state,
			    &ret->inode) == 5)
			return true;
	return false;
}

bool sonde_tcp_table_next(struct sonde_tcp_table *table, struct sonde_tcp_socket *ret)
{
	static const char *const names[] = {"/proc/net/tcp", "/proc/net/tcp6"};

	while (!next_row(table->file, ret)) {
		sonde_tcp_table_close(table);
		if (table->opened == ARRAY_SIZE(names))
			return false;
		table->file = fopen(names[table->opened++], "re");
	}
	return true;
}

void sonde_tcp_table_close(struct sonde_tcp_table *table)
{
	if (table->file)
		fclose(table->file);
	table->file = NULL;
}

unsigned sonde_tcp_socket_address(
	const struct sonde_tcp_socket *socket, uint32_t words[4])
{
	if (strlen(socket->local) == 8)
		return sscanf(socket->local, "%8x", &words[0]) == 1 ? 1 : 0;
	return sscanf(socket->local, "%8x%8x%8x%8x", &words[0], &words[1], &words[2],
		       &words[3]) == 4
		       ? 4
		       : 0;
}
