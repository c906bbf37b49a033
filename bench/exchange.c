/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exchange SOCKET BATCH...: the least a C program can do to get answers out of QMP. Each
 * batch, some lines of JSON, is sent at once, and as many answers are waited for; nobody
 * looks at what they say.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "measure.h"

static void die(const char *what)
{
	fprintf(stderr, "exchange: %s\n", what);
	exit(1);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("cannot connect");
	return fd;
}

static size_t count_lines(const char *text, size_t length)
{
	size_t lines = 0;

	while (length--)
		lines += *text++ == '\n';
	return lines;
}

/* QEMU ends each answer with a line feed, and has none in it. */
static void receive(int fd, size_t lines)
{
	static char buffer[1 << 16];

	while (lines) {
		ssize_t got = read(fd, buffer, sizeof(buffer));
		size_t ended;

		if (got <= 0)
			die("QEMU has hung up");
		ended = count_lines(buffer, (size_t)got);
		lines = ended < lines ? lines - ended : 0;
	}
}

int main(int argc, char **argv)
{
	double start = seconds_now();
	int fd;

	if (argc < 2)
		die("usage: exchange SOCKET BATCH...");
	fd = connect_to(argv[1]);
	receive(fd, 1);
	for (int i = 2; i < argc; i++) {
		size_t length = strlen(argv[i]);

		if (write(fd, argv[i], length) != (ssize_t)length)
			die("cannot send");
		receive(fd, count_lines(argv[i], length));
	}
	report("total", seconds_now() - start);
	return 0;
}
