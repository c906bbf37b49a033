/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file_ram.h"

bool file_ram_path(int fd, char *ret)
{
	static const char gone[] = " (deleted)";
	const size_t gone_length = sizeof(gone) - 1;
	char link[40];
	int saved = errno;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, ret, PATH_MAX - 1);
	errno = saved;
	if (length <= 0)
		return false;
	ret[length] = '\0';
	if ((size_t)length > gone_length &&
		!strcmp(ret + (size_t)length - gone_length, gone))
		ret[(size_t)length - gone_length] = '\0';
	return true;
}

/* Writable ones alone: what is only read (a ROM, a reservation) has nothing to share. */
bool file_ram_is_private(
	const struct settings *settings, int protection, int flags, int fd)
{
	char path[PATH_MAX];

	return settings->prefix_length && fd >= 0 && (flags & MAP_TYPE) == MAP_PRIVATE &&
	       !(flags & MAP_ANONYMOUS) && (protection & PROT_WRITE) &&
	       file_ram_path(fd, path) &&
	       !strncmp(path, settings->prefix, settings->prefix_length);
}
