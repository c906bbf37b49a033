/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source: QEMU, docs/interop/qmp-spec.txt. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "line.h"
#include "qmp.h"

enum {
	ANSWER_MS = 2000,
};

/* Waits for a line that has @p word in it; what comes before is passed over. */
static bool hear(int fd, const char *word)
{
	int64_t deadline = line_now() + ANSWER_MS;
	char text[16384];
	size_t length = 0;

	for (;;) {
		struct pollfd readable = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - line_now();
		ssize_t got;

		if (left <= 0 || poll(&readable, 1, (int)left) <= 0)
			return false;
		got = read(fd, text + length, sizeof(text) - 1 - length);
		if (got <= 0)
			return false;
		length += (size_t)got;
		text[length] = '\0';
		if (strstr(text, word) && text[length - 1] == '\n')
			return true;
		if (length == sizeof(text) - 1)
			length = 0;
	}
}

static bool say(int fd, const char *text, const char *word)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text) &&
	       hear(fd, word);
}

bool qmp_say(const char *path, const char *command)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	bool done;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	done = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	       hear(fd, "\"QMP\"") &&
	       say(fd, "{\"execute\": \"qmp_capabilities\"}\n", "\"return\"") &&
	       say(fd, command, "\"return\"");
	close(fd);
	return done;
}
