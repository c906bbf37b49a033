/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "line.h"

enum {
	SEND_MS = 1000,
	ANSWER_MS = 2000,
	/** Packets that are passed over while an answer is waited for. */
	OTHERS_MAX = 4096,
};

int64_t line_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void line_init(struct line *line, int fd)
{
	line->fd = fd;
	line->closed = false;
	line->was_interrupted = line->was_trapped = false;
	line->stop[0] = '\0';
	line->known_length = 0;
	line->start = line->end = 0;
}

static bool wait_for(struct line *line, short events, int64_t deadline)
{
	struct pollfd poll_fd = {.fd = line->fd, .events = events};
	int64_t left = deadline - line_now();
	int ready;

	do
		ready = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

bool line_send(struct line *line, const void *data, size_t length)
{
	int64_t deadline = line_now() + SEND_MS;
	const uint8_t *bytes = data;

	while (length) {
		ssize_t sent = send(line->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == ENOTSOCK)
			sent = write(line->fd, bytes, length);
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		} else if (errno != EAGAIN && errno != EINTR) {
			line->closed = true;
			return false;
		} else if (!wait_for(line, POLLOUT, deadline)) {
			return false;
		}
	}
	return true;
}

bool line_send_packet(struct line *line, const char *text, size_t length)
{
	char packet[512];
	uint8_t sum = 0;

	if (length + 5 > sizeof(packet))
		return false;
	for (size_t i = 0; i < length; i++)
		sum += (uint8_t)text[i];
	memcpy(packet, "+$", 2);
	memcpy(packet + 2, text, length);
	snprintf(packet + 2 + length, 4, "#%02x", sum);
	return line_send(line, packet, length + 5);
}

static int digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static void put(struct answer *answer, uint8_t byte, unsigned times)
{
	for (unsigned i = 0; i < times; i++, answer->length++)
		if (answer->length < LINE_ANSWER_MAX)
			answer->text[answer->length] = (char)byte;
}

/* Undoes escapes and runs. What makes no sense in them is left as it is. */
static void expand(const uint8_t *data, size_t length, struct answer *ret)
{
	uint8_t last = 0;

	ret->length = 0;
	for (size_t i = 0; i < length; i++) {
		if (data[i] == '*' && i + 1 < length && data[i + 1] > 29 && i) {
			put(ret, last, data[++i] - 29u);
			continue;
		}
		last = data[i] == '}' && i + 1 < length ? data[++i] ^ 0x20 : data[i];
		put(ret, last, 1);
	}
	ret->text[ret->length < LINE_ANSWER_MAX ? ret->length : LINE_ANSWER_MAX] = '\0';
}

bool line_take_packet(struct line *line, struct answer *ret)
{
	for (;;) {
		uint8_t *begin =
			memchr(line->in + line->start, '$', line->end - line->start);
		uint8_t *hash, *again, sum = 0;
		size_t length;

		if (!begin) {
			line->start = line->end;
			return false;
		}
		line->start = (size_t)(begin - line->in);
		hash = memchr(begin, '#', line->end - line->start);
		if (!hash || hash + 3 > line->in + line->end)
			return false;
		/* A packet that was cut off, and then the one that counts. */
		again = memrchr(begin + 1, '$', (size_t)(hash - begin - 1));
		if (again)
			begin = again;
		length = (size_t)(hash - begin - 1);
		for (size_t i = 0; i < length; i++)
			sum += begin[1 + i];
		line->start = (size_t)(hash + 3 - line->in);
		if (digit(hash[1]) != sum >> 4 || digit(hash[2]) != (sum & 15))
			continue;
		expand(begin + 1, length, ret);
		return true;
	}
}

/* Makes room and takes in what has come. */
static bool fill(struct line *line)
{
	ssize_t got;

	if (line->start) {
		memmove(line->in, line->in + line->start, line->end - line->start);
		line->end -= line->start;
		line->start = 0;
	}
	/* A packet that does not end is dropped. */
	if (line->end == sizeof(line->in))
		line->end = 0;
	got = read(line->fd, line->in + line->end, sizeof(line->in) - line->end);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0)
		line->closed = true;
	else
		line->end += (size_t)got;
	return got > 0;
}

bool line_receive(struct line *line, int64_t deadline, struct answer *ret)
{
	for (;;) {
		if (line_take_packet(line, ret))
			return true;
		if (line->closed || line_now() >= deadline ||
			!wait_for(line, POLLIN, deadline) || !fill(line))
			return false;
	}
}

bool line_take_stop(struct line *line, const struct answer *answer)
{
	const char *text = answer->text;

	if (answer->length < 3 || (text[0] != 'T' && text[0] != 'S') ||
		!isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
		return false;
	snprintf(line->stop, sizeof(line->stop), "%.127s", text);
	/* What answers a `?` of the dead client is another one (QEMU: T05). */
	if (text[1] == '0' && text[2] == '2')
		line->was_interrupted = true;
	else if (text[1] == '0' && text[2] == '5')
		line->was_trapped = true;
	return true;
}

/* "Ohex": what the target prints. */
static bool is_output(const struct answer *answer)
{
	return answer->length >= 3 && answer->text[0] == 'O' && answer->text[1] != 'K';
}

bool line_is_known(const struct line *line, const struct answer *answer)
{
	size_t length = line->known_length < sizeof(line->known) ? line->known_length
								 : sizeof(line->known);

	return length && answer->length == line->known_length &&
	       !memcmp(answer->text, line->known, length);
}

bool line_ask(struct line *line, const char *text, struct answer *ret)
{
	int64_t deadline = line_now() + ANSWER_MS;

	if (!line_send_packet(line, text, strlen(text)))
		return false;
	for (unsigned i = 0; i < OTHERS_MAX; i++) {
		if (!line_receive(line, deadline, ret))
			return false;
		if (text[0] != '?' && line_take_stop(line, ret))
			continue;
		if (!is_output(ret) && !line_is_known(line, ret))
			return true;
	}
	return false;
}
