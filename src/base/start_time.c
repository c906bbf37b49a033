/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "start_time.h"

uint64_t sonde_process_start_time(int pid)
{
	unsigned long long since = 0;
	char path[64], text[1024];
	const char *fields;
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
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
