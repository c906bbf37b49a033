/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor that sonde is measured against: the least a C program can do to get the
 * same work out of QEMU's stub, over line.c. No library, no timeouts, no interrupts,
 * nothing checked that need not be, nothing remembered.
 */
#include <stdbool.h>

#include "line.h"

enum {
	CHUNK = 2048,
	REGISTERS_BYTES = 608,
	PC_NUMBER = 0x10,
};

static uint8_t *memory;
/* Whether hits() takes the breakpoint out to get past it. */
static bool removing;

static void small(void *user, const struct job *job)
{
	(void)user;
	for (unsigned long i = 0; i < job->count; i++)
		line_expect("qC", "QC");
}

static void read8(void *user, const struct job *job)
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

static void registers(void *user, const struct job *job)
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

static void step(void *user, const struct job *job)
{
	struct job once = {.count = 1};

	for (unsigned long i = 0; i < job->count; i++) {
		line_expect("s", "T05");
		registers(user, &once);
	}
}

static void bulk(void *user, const struct job *job)
{
	size_t asked = 0, done = 0;

	(void)user;
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

static void set_trap(char action, uint64_t address)
{
	char packet[32], *end = stpcpy(packet + 1, "0,");

	packet[0] = action;
	strcpy(line_put_hex(end, address), ",1");
	line_expect(packet, "OK");
}

static void check_pc(uint64_t address)
{
	uint64_t pc;
	size_t length;
	char packet[8] = "p";

	line_put_hex(packet + 1, PC_NUMBER);
	line_decode(line_exchange(packet, &length), (uint8_t *)&pc, sizeof(pc));
	if (length != 16 || pc != address)
		line_die("another place than the breakpoint");
}

/* z0, s, Z0, c, or s, c alone; steps ignore breakpoints in QEMU. */
static void hits(void *user, const struct job *job)
{
	(void)user;
	for (unsigned long i = 0; i < job->count; i++) {
		if (removing)
			set_trap('z', job->address);
		line_expect("s", "T05");
		if (removing)
			set_trap('Z', job->address);
		line_expect("c", "T05");
		check_pc(job->address);
	}
}

static void run_hits(const struct job *job)
{
	struct job warm_up = *job;

	warm_up.count = WARM_UP_HITS;
	set_trap('Z', job->address);
	line_expect("c", "T05");
	hits(NULL, &warm_up);
	time_batches(job, hits, NULL);
	set_trap('z', job->address);
}

static void run_bulk(const struct job *job)
{
	memory = malloc(job->count);
	if (!memory)
		line_die("no memory");
	memset(memory, 1, job->count);
	line_expect("Qqemu.PhyMemMode:1", "OK");
	time_batches(job, bulk, NULL);
	line_expect("Qqemu.PhyMemMode:0", "OK");
	free(memory);
}

int main(int argc, char **argv)
{
	struct job job = job_of(argc, argv);
	double start = seconds_now();

	removing = !strcmp(job.work, "hits-removing");
	line_attach(job.socket);
	if (!strcmp(job.work, "attach"))
		;
	else if (!strcmp(job.work, "small"))
		time_batches(&job, small, NULL);
	else if (!strcmp(job.work, "read8"))
		time_batches(&job, read8, NULL);
	else if (!strcmp(job.work, "registers"))
		time_batches(&job, registers, NULL);
	else if (!strcmp(job.work, "step"))
		time_batches(&job, step, NULL);
	else if (!strcmp(job.work, "bulk"))
		run_bulk(&job);
	else if (!strcmp(job.work, "hits") || removing)
		run_hits(&job);
	else
		line_die("there is no such work");
	line_detach();
	report("total", seconds_now() - start);
	return 0;
}
