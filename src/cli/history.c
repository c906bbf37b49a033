/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"

enum {
	/** .local, state, sonde. */
	FOLDERS_MADE = 3,
};

char *cli_history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path;
	int length;

	/* The XDG specification passes over paths that are not absolute. */
	if (state && state[0] == '/')
		length = asprintf(&path, "%s/sonde/history", state);
	else if (home && home[0] == '/')
		length = asprintf(&path, "%s/.local/state/sonde/history", home);
	else
		return NULL;
	return length < 0 ? NULL : path;
}

/* The last folders of @p path; a home that is not there is not made. */
static bool make_folders(const char *path)
{
	char *copy = strdup(path);
	unsigned depth = 0;
	bool made = copy != NULL;

	for (const char *p = path; *p; p++)
		depth += *p == '/';
	for (char *slash = copy; made && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (--depth <= FOLDERS_MADE)
			made = mkdir(copy, 0700) == 0 || errno == EEXIST;
		*slash = '/';
	}
	free(copy);
	return made;
}

bool cli_history_prepare(const char *path)
{
	int descriptor;
	bool ours;

	if (!make_folders(path))
		return false;
	descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0)
		return false;
	ours = fchmod(descriptor, 0600) == 0;
	close(descriptor);
	return ours;
}
