/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "file_ram.h"
#include "kept_file.h"

enum {
	/**
	 * How often a directory's lock is tried, and how long the rests are. Anybody who
	 * may read the directory can hold it: nobody waits for ever.
	 */
	LOCK_TRIES = 200,
	LOCK_REST_MS = 10,
};

bool kept_file_has_shape(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return !strncmp(name, FILE_RAM_NAME, strlen(FILE_RAM_NAME));
}

bool kept_file_is_below(const char *path, const char *prefix)
{
	return path[0] == '/' && !strncmp(path, prefix, strlen(prefix)) &&
	       !strstr(path, "/../") && kept_file_has_shape(path);
}

static int open_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	char directory[PATH_MAX];

	if (length >= sizeof(directory))
		return -1;
	memcpy(directory, path, length);
	directory[length] = '\0';
	return open(length  ? directory
		    : slash ? "/"
			    : ".",
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int kept_file_lock_directory(const char *path, int how)
{
	const struct timespec rest = {.tv_nsec = LOCK_REST_MS * 1000000L};
	int fd = open_directory_of(path);

	for (int tries = 0; fd >= 0 && flock(fd, how | LOCK_NB) < 0; tries++) {
		if (tries == LOCK_TRIES || (errno != EWOULDBLOCK && errno != EINTR)) {
			close(fd);
			return -1;
		}
		nanosleep(&rest, NULL);
	}
	return fd;
}
