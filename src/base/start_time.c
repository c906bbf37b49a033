/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "start_time.h"

uint64_t sonde_process_start_time(int pid)
{
	unsigned long long since = 0;
	char path[64], text[1024];
	const char *fields;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	/* The kernel gives all of it at once. */
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	/* Field 22 of proc(5); the second one may hold anything. */
	fields = strrchr(text, ')');
	if (!fields || sscanf(fields + 1,
			       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
			       "%*d %*d %*d %*d %*d %llu",
			       &since) != 1)
		return 0;
	return since;
}
