/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands between one client and a stub and writes down who said what when:
 *
 *	proxy STUB-SOCKET NEW-SOCKET > RECORD
 *
 * Serves the first client that connects to NEW-SOCKET until either side closes, then
 * prints a line for each packet and interrupt: nanoseconds, ">" (to the stub) or "<",
 * the payload's first characters. The time is that of the packet's last byte reaching
 * the proxy. Everything is kept in memory until the end.
 */
#include <ctype.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	RECORDS_MAX = 1 << 20,
	KEPT = 40,
};

struct record {
	int64_t nanoseconds;
	char direction;
	char text[KEPT];
};

/* The state of one direction: inside a packet, and how far behind its '#'. */
struct stream {
	char direction;
	bool inside;
	unsigned behind;
	char text[KEPT];
	size_t length;
};

static struct record *records;
static size_t record_count;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t nanoseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void keep(
	const struct stream *stream, const char *text, size_t length, int64_t now)
{
	struct record *record = &records[record_count];

	if (record_count == RECORDS_MAX)
		return;
	record_count++;
	record->nanoseconds = now;
	record->direction = stream->direction;
	memcpy(record->text, text, length);
	record->text[length] = '\0';
}

static void take(struct stream *stream, char byte, int64_t now)
{
	if (stream->behind) {
		if (--stream->behind)
			return;
		stream->inside = false;
		keep(stream, stream->text, stream->length, now);
	} else if (stream->inside) {
		if (byte == '#')
			stream->behind = 2;
		else if (stream->length < KEPT - 1)
			stream->text[stream->length++] =
				isprint((unsigned char)byte) ? byte : '.';
	} else if (byte == '$') {
		stream->inside = true;
		stream->length = 0;
	} else if (byte == 3) {
		keep(stream, "^C", 2, now);
	}
}

/* Hands on what @p from has; false once it has closed. */
static bool pass(int from, int to, struct stream *stream)
{
	static char buffer[1 << 16];
	ssize_t got = recv(from, buffer, sizeof(buffer), 0);
	int64_t now = nanoseconds_now();

	for (ssize_t sent = 0; sent < got;) {
		ssize_t more =
			send(to, buffer + sent, (size_t)(got - sent), MSG_NOSIGNAL);

		if (more <= 0)
			return false;
		sent += more;
	}
	for (ssize_t i = 0; i < got; i++)
		take(stream, buffer[i], now);
	return got > 0;
}

static int make_socket(const char *path, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (fd < 0 || strlen(path) >= sizeof(address->sun_path))
		die(path);
	strcpy(address->sun_path, path);
	return fd;
}

static int accept_one(const char *path)
{
	struct sockaddr_un address;
	int listener = make_socket(path, &address), client;

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, 1) < 0)
		die(path);
	client = accept(listener, NULL, NULL);
	if (client < 0)
		die(path);
	close(listener);
	unlink(path);
	return client;
}

int main(int argc, char **argv)
{
	struct stream requests = {.direction = '>'}, replies = {.direction = '<'};
	struct sockaddr_un address;
	int client, stub;

	if (argc != 3) {
		fprintf(stderr, "usage: proxy STUB-SOCKET NEW-SOCKET\n");
		return 2;
	}
	records = calloc(RECORDS_MAX, sizeof(*records));
	if (!records)
		die("memory");
	client = accept_one(argv[2]);
	/* Not before there is a client: connecting pauses the guest. */
	stub = make_socket(argv[1], &address);
	if (connect(stub, (struct sockaddr *)&address, sizeof(address)) < 0)
		die(argv[1]);
	for (bool open = true; open;) {
		struct pollfd fds[] = {{client, POLLIN, 0}, {stub, POLLIN, 0}};

		if (poll(fds, 2, -1) < 0)
			die("poll");
		if (fds[1].revents)
			open = pass(stub, client, &replies);
		if (open && fds[0].revents)
			open = pass(client, stub, &requests);
	}
	close(stub);
	close(client);
	for (size_t i = 0; i < record_count; i++)
		printf("%lld %c %s\n", (long long)records[i].nanoseconds,
			records[i].direction, records[i].text);
	return 0;
}
