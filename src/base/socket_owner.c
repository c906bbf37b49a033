/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * There is no table from sockets to processes: all descriptors of all processes that
 * may be looked at are read. That takes tens of milliseconds on a large machine, so it
 * is for messages, after something has failed.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "macros.h"
#include "socket_owner.h"

enum {
	/** So many processes, and descriptors of all of them, are looked at. */
	PROCESSES_MAX = 1 << 16,
	DESCRIPTORS_MAX = 1 << 18,
};

static void cleanup_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* Whether @p pid has a descriptor that links to @p wanted; counts in *@p left. */
static bool has_descriptor(const char *pid, const char *wanted, unsigned *left)
{
	CLEANUP(cleanup_directory) DIR *directory = NULL;
	const struct dirent *entry;
	char path[64], link[64];

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	directory = opendir(path);
	while (directory && *left && (entry = readdir(directory))) {
		ssize_t length = readlinkat(
			dirfd(directory), entry->d_name, link, sizeof(link) - 1);

		--*left;
		if (length <= 0)
			continue;
		link[length] = '\0';
		if (!strcmp(link, wanted))
			return true;
	}
	return false;
}

static void read_name(const char *pid, char *ret, size_t size)
{
	char path[64];
	ssize_t length = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, ret, size - 1);
		close(fd);
	}
	if (length > 0 && ret[length - 1] == '\n')
		length--;
	ret[length > 0 ? length : 0] = '\0';
	for (char *c = ret; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

bool sonde_socket_owner_find(unsigned long inode, struct sonde_socket_owner *ret)
{
	unsigned processes = PROCESSES_MAX, descriptors = DESCRIPTORS_MAX;
	CLEANUP(cleanup_directory) DIR *directory = opendir("/proc");
	const struct dirent *entry;
	char wanted[40];

	if (!inode)
		return false;
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	while (directory && processes && descriptors && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		processes--;
		if (!has_descriptor(entry->d_name, wanted, &descriptors))
			continue;
		ret->pid = (pid_t)strtol(entry->d_name, NULL, 10);
		read_name(entry->d_name, ret->name, sizeof(ret->name));
		return true;
	}
	return false;
}

bool sonde_socket_is_owned_by(unsigned long inode, pid_t pid)
{
	unsigned descriptors = DESCRIPTORS_MAX;
	char number[17], wanted[40];

	snprintf(number, sizeof(number), "%d", (int)pid);
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	return inode && has_descriptor(number, wanted, &descriptors);
}
