/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into a client of a stub, writes down who said what when: to the file
 * SONDE_BENCH_RECORD, at the end, a line for each packet and interrupt: nanoseconds, ">"
 * (to the stub) or "<", the payload's first characters. The time is that at which the
 * client handed the packet to the kernel, or got its last byte from there: what lies in
 * between is the client's own. Nothing stands on the way.
 */
#include <ctype.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

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
static struct stream requests = {.direction = '>'}, replies = {.direction = '<'};

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

static void take_all(struct stream *stream, const void *data, ssize_t length, int64_t now)
{
	const char *bytes = data;

	if (!records)
		records = calloc(RECORDS_MAX, sizeof(*records));
	if (!records)
		abort();
	for (ssize_t i = 0; i < length; i++)
		take(stream, bytes[i], now);
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t send(int fd, const void *data, size_t length, int flags)
{
	static __typeof__(send) *real;
	int64_t now = nanoseconds_now();
	ssize_t sent;

	if (!real)
		real = REAL(send);
	sent = real(fd, data, length, flags);
	take_all(&requests, data, sent, now);
	return sent;
}

ssize_t recv(int fd, void *data, size_t length, int flags)
{
	static __typeof__(recv) *real;
	ssize_t got;

	if (!real)
		real = REAL(recv);
	got = real(fd, data, length, flags);
	if (!(flags & MSG_PEEK))
		take_all(&replies, data, got, nanoseconds_now());
	return got;
}

__attribute__((destructor)) static void write_down(void)
{
	const char *path = getenv("SONDE_BENCH_RECORD");
	FILE *file = path && record_count ? fopen(path, "w") : NULL;

	for (size_t i = 0; file && i < record_count; i++)
		fprintf(file, "%lld %c %s\n", (long long)records[i].nanoseconds,
			records[i].direction, records[i].text);
	if (file)
		fclose(file);
}
