/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor that sonde is measured against: the least a C program can do to get the
 * same work out of QEMU's stub (bare.h).
 */
#include <stdbool.h>

#include "bare.h"
#include "line.h"

enum {
	PC_NUMBER = 0x10,
};

/* Whether hits() takes the breakpoint out to get past it. */
static bool removing;

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

int main(int argc, char **argv)
{
	struct job job = job_of(argc, argv);
	double start = seconds_now();

	removing = !strcmp(job.work, "hits-removing");
	line_attach(job.socket);
	if (!strcmp(job.work, "attach"))
		;
	else if (!strcmp(job.work, "small"))
		time_batches(&job, bare_small, NULL);
	else if (!strcmp(job.work, "read8"))
		time_batches(&job, bare_read8, NULL);
	else if (!strcmp(job.work, "registers"))
		time_batches(&job, bare_registers, NULL);
	else if (!strcmp(job.work, "step"))
		time_batches(&job, bare_step, NULL);
	else if (!strcmp(job.work, "hits") || removing)
		run_hits(&job);
	else
		line_die("there is no such work");
	line_detach();
	report("total", seconds_now() - start);
	return 0;
}
