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
	/** At the entry of a kernel's function. */
	NO_OP_BYTES = 5,
};

/* How hits() gets past the breakpoint: a step; one without the breakpoint; past a no-op,
 * by writing the PC. */
static enum {
	STEPPING,
	REMOVING,
	PASSING,
} way;

static void set(const char *action, uint64_t address, const char *length)
{
	char packet[32], *end = stpcpy(packet, action);

	strcpy(line_put_hex(end, address), length);
	line_expect(packet, "OK");
}

static void set_trap(bool insert, uint64_t address)
{
	set(insert ? "Z0," : "z0,", address, ",1");
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

static void write_pc(uint64_t address)
{
	uint8_t bytes[sizeof(address)];
	char packet[32] = "P10=", *end = packet + 4;

	memcpy(bytes, &address, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		*end++ = "0123456789abcdef"[bytes[i] >> 4];
		*end++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*end = '\0';
	line_expect(packet, "OK");
}

/* Steps ignore breakpoints in QEMU. */
static void get_past(uint64_t address)
{
	if (way == PASSING) {
		write_pc(address + NO_OP_BYTES);
		return;
	}
	if (way == REMOVING)
		set_trap(false, address);
	line_expect("s", "T05");
	if (way == REMOVING)
		set_trap(true, address);
}

static void hits(void *user, const struct job *job)
{
	(void)user;
	for (unsigned long i = 0; i < job->count; i++) {
		get_past(job->address);
		line_expect("c", "T05");
		check_pc(job->address);
	}
}

static void run_hits(const struct job *job)
{
	struct job warm_up = *job;

	warm_up.count = WARM_UP_HITS;
	set_trap(true, job->address);
	line_expect("c", "T05");
	hits(NULL, &warm_up);
	time_batches(job, hits, NULL);
	set_trap(false, job->address);
}

/* QEMU stops behind the access. */
static void watch(void *user, const struct job *job)
{
	(void)user;
	for (unsigned long i = 0; i < job->count; i++) {
		size_t length;

		if (!strstr(line_exchange("c", &length), "watch:"))
			line_die("another stop than the watchpoint's");
	}
}

static void run_watch(const struct job *job)
{
	struct job warm_up = *job;

	warm_up.count = WARM_UP_HITS;
	set("Z2,", job->address, ",8");
	watch(NULL, &warm_up);
	time_batches(job, watch, NULL);
	set("z2,", job->address, ",8");
}

int main(int argc, char **argv)
{
	struct job job = job_of(argc, argv);
	double start = seconds_now();

	if (!strcmp(job.work, "hits-removing"))
		way = REMOVING;
	else if (!strcmp(job.work, "hits-passing"))
		way = PASSING;
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
	else if (!strncmp(job.work, "hits", 4))
		run_hits(&job);
	else if (!strcmp(job.work, "watch"))
		run_watch(&job);
	else
		line_die("there is no such work");
	line_detach();
	report("total", seconds_now() - start);
	return 0;
}
