/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Speaking to a stub in whose conversation somebody died: as little as can be, and
 * nothing of it assumed. A packet of ours may be half sent, replies may be under way.
 * Source: "Debugging with GDB", appendix E.
 */
#ifndef SONDE_GUARD_LINE_H
#define SONDE_GUARD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/** As much of an answer is kept, after expansion (bytes). */
	LINE_ANSWER_MAX = 8192,
};

struct line {
	/** Not owned. */
	int fd;
	/** Nobody is there any more. */
	bool closed;
	/** A stop by an interrupt, or by a trap, was reported, and nobody had asked. */
	bool was_interrupted, was_trapped;
	/** The last one of those. NUL-terminated. */
	char stop[128];
	/**
	 * How the answer to the question begins that lined the stream up, and how long
	 * all of it is. It may come more than once, and answers nothing else.
	 */
	char known[96];
	size_t known_length;
	uint8_t in[1 << 16];
	size_t start, end;
};

struct answer {
	/** NUL-terminated. */
	char text[LINE_ANSWER_MAX + 1];
	/** Of all of it, also of what was not kept (bytes). */
	size_t length;
};

/** Milliseconds on a clock that does not jump. */
int64_t line_now(void);

void line_init(struct line *line, int fd);

/** Sends all of it, within a second. */
bool line_send(struct line *line, const void *data, size_t length);

/** Sends "+$TEXT#cc": the plus acknowledges what the dead client did not. */
bool line_send_packet(struct line *line, const char *text, size_t length);

/** The next packet, whatever it is; false at @p deadline or when the stub is gone. */
bool line_receive(struct line *line, int64_t deadline, struct answer *ret);

/** Takes the first packet of @p in; for line_receive() and the fuzzer. */
bool line_take_packet(struct line *line, struct answer *ret);

/** Whether it is "Tnn..." or "Snn"; then it is taken note of. */
bool line_take_stop(struct line *line, const struct answer *answer);

/** Whether it answers the question that lined the stream up. */
bool line_is_known(const struct line *line, const struct answer *answer);

/** Sends a packet and waits for what is no stop reply, two seconds at most. */
bool line_ask(struct line *line, const char *text, struct answer *ret);

#endif
