/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source: XDG Base Directory Specification, XDG_RUNTIME_DIR. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime_directory.h"

static bool is_private(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISDIR(status.st_mode) &&
	       status.st_uid == geteuid() && !(status.st_mode & 077);
}

static int open_directory(int parent, const char *name)
{
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A directory of ours alone in @p parent, which is made where it is missing. */
static struct sonde_error *open_own(int parent, const char *name, int *ret)
{
	int fd;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return sonde_error_while(sonde_error_system(errno), "making %s", name);
	fd = open_directory(parent, name);
	if (fd < 0)
		return sonde_error_while(sonde_error_system(errno), "opening %s", name);
	if (!is_private(fd)) {
		close(fd);
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_PERMISSION,
				"%s belongs to somebody else, or others may enter it",
				name),
			"remove it, or set XDG_RUNTIME_DIR to a directory of your own "
			"with mode 0700");
	}
	*ret = fd;
	return NULL;
}

/* The system's directory for this user, or -1. */
static int open_runtime(void)
{
	const char *named = secure_getenv("XDG_RUNTIME_DIR");
	char path[64];
	int fd = -1;

	if (named && named[0] == '/')
		fd = open_directory(AT_FDCWD, named);
	if (fd >= 0 && is_private(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	snprintf(path, sizeof(path), "/run/user/%u", (unsigned)geteuid());
	fd = open_directory(AT_FDCWD, path);
	if (fd >= 0 && is_private(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct sonde_error *sonde_runtime_directory_open(int *ret)
{
	struct sonde_error *error;
	char path[64];
	int parent = open_runtime();

	if (parent < 0) {
		snprintf(path, sizeof(path), "/tmp/sonde-%u", (unsigned)geteuid());
		return open_own(AT_FDCWD, path, ret);
	}
	error = open_own(parent, "sonde", ret);
	close(parent);
	return error;
}
