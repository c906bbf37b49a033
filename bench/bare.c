/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bare.h"
#include "line.h"

enum {
	CHUNK = 2048,
	REGISTERS_BYTES = 608,
};

void bare_small(void *user, const struct job *job)
{
	(void)user;
	for (unsigned long i = 0; i < job->count; i++)
		line_expect("qC", "QC");
}

void bare_read8(void *user, const struct job *job)
{
	(void)user;
	for (unsigned long i = 0; i < job->count; i++) {
		uint8_t bytes[8];
		size_t length;

		line_queue_read(job->address + i * 8 % WANDER_BYTES, 8);
		line_flush();
		line_decode(line_receive(&length), bytes, 8);
		if (length != 16)
			line_die("reading 8 bytes");
	}
}

void bare_registers(void *user, const struct job *job)
{
	uint8_t bytes[REGISTERS_BYTES];
	size_t length;

	(void)user;
	for (unsigned long i = 0; i < job->count; i++) {
		line_decode(line_exchange("g", &length), bytes, sizeof(bytes));
		if (length != 2 * sizeof(bytes))
			line_die("reading the registers");
	}
}

void bare_step(void *user, const struct job *job)
{
	struct job once = {.count = 1};

	for (unsigned long i = 0; i < job->count; i++) {
		line_expect("s", "T05");
		bare_registers(user, &once);
	}
}

void bare_bulk(void *user, const struct job *job)
{
	size_t asked = 0, done = 0;
	uint8_t *memory = user;

	while (done < job->count) {
		size_t length;
		char *reply;

		/* Refilling by halves is faster than one request for each reply. */
		if (asked - done <= LINE_IN_FLIGHT / 2 * CHUNK && asked < job->count) {
			for (; asked - done < LINE_IN_FLIGHT * CHUNK &&
				asked < job->count;
				asked += CHUNK)
				line_queue_read(job->address + asked, CHUNK);
			line_flush();
		}
		reply = line_receive(&length);
		if (length != 2 * CHUNK)
			line_die("reading memory");
		line_decode(reply, memory + done, CHUNK);
		done += CHUNK;
	}
}
