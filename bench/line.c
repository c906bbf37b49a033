/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "line.h"

enum {
	INPUT_BYTES = 1 << 18,
	RECEIVE_BYTES = 1 << 16,
	REQUEST_BYTES = 48,
};

static struct {
	int fd;
	char out[LINE_IN_FLIGHT * REQUEST_BYTES];
	size_t out_length;
	char in[INPUT_BYTES];
	/** What was received and not yet taken. */
	size_t start, end;
	uint8_t decode[256];
} line;

void line_die(const char *what)
{
	fprintf(stderr, "floor: %s: %.60s\n", what, line.in + line.start);
	exit(1);
}

char *line_put_hex(char *to, uint64_t value)
{
	int shift = value ? (63 - __builtin_clzll(value)) & ~3 : 0;

	for (; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[value >> shift & 15];
	return to;
}

/* The packet at @p start of line.out ends at @p end: add its checksum. */
static void finish_packet(const char *start, char *end)
{
	uint8_t sum = 0;

	for (const char *p = start + 2; p < end; p++)
		sum += (uint8_t)*p;
	*end++ = '#';
	*end++ = "0123456789abcdef"[sum >> 4];
	*end++ = "0123456789abcdef"[sum & 15];
	line.out_length = (size_t)(end - line.out);
}

void line_queue(const char *payload)
{
	char *start = line.out + line.out_length, *end = start;

	end = stpcpy(end, "+$");
	end = stpcpy(end, payload);
	finish_packet(start, end);
}

void line_queue_read(uint64_t address, uint64_t length)
{
	char *start = line.out + line.out_length, *end = start;

	end = stpcpy(end, "+$m");
	end = line_put_hex(end, address);
	*end++ = ',';
	end = line_put_hex(end, length);
	finish_packet(start, end);
}

void line_flush(void)
{
	if (send(line.fd, line.out, line.out_length, MSG_NOSIGNAL) !=
		(ssize_t)line.out_length)
		line_die("cannot send");
	line.out_length = 0;
}

char *line_receive(size_t *length)
{
	size_t scanned;

	if (line.start == line.end)
		line.start = line.end = 0;
	scanned = line.start;
	for (;;) {
		char *hash = memchr(line.in + scanned, '#', line.end - scanned);
		char *start;
		ssize_t got;

		if (hash && hash + 3 <= line.in + line.end) {
			start = memchr(line.in + line.start, '$', line.end - line.start);
			if (!start || start > hash)
				line_die("this is no packet");
			line.start = (size_t)(hash + 3 - line.in);
			*length = (size_t)(hash - start) - 1;
			return start + 1;
		}
		scanned = hash ? (size_t)(hash - line.in) : line.end;
		if (sizeof(line.in) - line.end < RECEIVE_BYTES) {
			memmove(line.in, line.in + line.start, line.end - line.start);
			scanned -= line.start;
			line.end -= line.start;
			line.start = 0;
		}
		do
			got = recv(line.fd, line.in + line.end, RECEIVE_BYTES, 0);
		while (got < 0 && errno == EAGAIN); /* an adopted one has a timeout */
		if (got <= 0)
			line_die("the stub is gone");
		line.end += (size_t)got;
	}
}

char *line_exchange(const char *payload, size_t *length)
{
	line_queue(payload);
	line_flush();
	return line_receive(length);
}

void line_decode(const char *text, uint8_t *to, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(line.decode[(uint8_t)text[2 * i]] << 4 |
				  line.decode[(uint8_t)text[2 * i + 1]]);
}

void line_expect(const char *payload, const char *reply)
{
	size_t length;
	const char *got = line_exchange(payload, &length);

	if (length < strlen(reply) || memcmp(got, reply, strlen(reply)))
		line_die(payload);
}

/* --- attaching and detaching ---------------------------------------------------- */

void line_adopt(int fd)
{
	for (int i = 0; i < 10; i++)
		line.decode['0' + i] = (uint8_t)i;
	for (int i = 10; i < 16; i++)
		line.decode['a' + i - 10] = (uint8_t)i;
	line.fd = fd;
}

void line_attach(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length;

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	line_adopt(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (line.fd < 0 ||
		connect(line.fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		line_die("cannot connect");
	/* Connecting paused the guest, and QEMU 7.2 says so unasked: T02. */
	if (*line_exchange("qSupported", &length) == 'T')
		line_receive(&length);
	line_expect("?", "T05");
	/* QEMU 7.2 answers p once it has been asked for this. */
	line_expect("qXfer:features:read:target.xml:0,ff0", "l");
}

void line_detach(void)
{
	size_t length;

	/* Process ids may be on since an earlier client; then it wants one. */
	if (*line_exchange("D", &length) == 'E')
		line_expect("D;1", "OK");
	close(line.fd);
}
