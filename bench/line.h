/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor.c's one connection to a stub: a blocking socket, packets put together by hand
 * with the acknowledgement of the last reply in front, receiving until "#xx". Checksums
 * are sent and not checked. Whatever is not as expected ends the program.
 *
 * What may be sent when: the "never do" list of ARCHITECTURE.md. Above all, nothing is
 * sent while the guest runs, and nothing after the detach.
 */
#ifndef SONDE_BENCH_LINE_H
#define SONDE_BENCH_LINE_H

#include "measure.h"

enum {
	/** So many reads may be queued. */
	LINE_IN_FLIGHT = 32,
};

/** Connects, which pauses the guest, and makes QEMU 7.2 answer p. */
void line_attach(const char *path);

/** Speaks on @p fd, a connection that somebody else has made and uses between two calls.
 */
void line_adopt(int fd);

/** Lets the guest run, and closes. */
void line_detach(void);

/** Writes @p value in hex, without a NUL, and returns the end. */
char *line_put_hex(char *to, uint64_t value);

void line_queue(const char *payload);
void line_queue_read(uint64_t address, uint64_t length);

/** Sends what is queued. */
void line_flush(void);

/** The next packet's payload; it lives until the next call. */
char *line_receive(size_t *length);

/** One packet and its reply. */
char *line_exchange(const char *payload, size_t *length);

/** The same; the reply has to begin with @p reply. */
void line_expect(const char *payload, const char *reply);

/** Hex to @p bytes bytes, by a table; digits are not checked. */
void line_decode(const char *text, uint8_t *to, size_t bytes);

void line_die(const char *what) __attribute__((noreturn));

#endif
