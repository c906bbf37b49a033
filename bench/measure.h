/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What floor.c and subject.c share: the clock, the way figures are printed ("name
 * value", one a line) and the command line. Nothing of sonde, which floor.c must not
 * use.
 */
#ifndef SONDE_BENCH_MEASURE_H
#define SONDE_BENCH_MEASURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	/** Hits of a breakpoint before the counted ones. */
	WARM_UP_HITS = 5,
	/** Reads of 8 bytes wander over so many bytes, so that no packet is sent twice.
	 */
	WANDER_BYTES = 1024,
};

/** SOCKET WORK [BATCHES COUNT [ADDRESS [OPTION]...]]: COUNT operations a batch, or bytes.
 */
struct job {
	const char *socket;
	const char *work;
	unsigned long batches;
	unsigned long count;
	uint64_t address;
	/** "--alone": nothing is done beside it, whose cost is counted. */
	bool alone;
	/** "--no-guard". */
	bool no_guard;
};

static inline double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void report(const char *name, double value)
{
	printf("%s %.9f\n", name, value);
}

/** Runs @p batch @p job->batches times and prints how long each took. */
static inline void time_batches(const struct job *job,
	void (*batch)(void *user, const struct job *job), void *user)
{
	for (unsigned long i = 0; i < job->batches; i++) {
		double start = seconds_now();

		batch(user, job);
		report("batch", seconds_now() - start);
	}
}

/** The same for two ways of doing one job, by turns: "batch" and "bare" lines. */
static inline void time_pairs(const struct job *job,
	void (*batch)(void *user, const struct job *job), void *user,
	void (*bare)(void *user, const struct job *job), void *bare_user)
{
	if (job->alone) {
		time_batches(job, batch, user);
		return;
	}
	for (unsigned long i = 0; i < 2 * job->batches; i++) {
		/* ABBA: neither is always behind the other. */
		bool ours = (i & 3) == 0 || (i & 3) == 3;
		double start = seconds_now();

		if (ours)
			batch(user, job);
		else
			bare(bare_user, job);
		report(ours ? "batch" : "bare", seconds_now() - start);
	}
}

static inline struct job job_of(int argc, char **argv)
{
	struct job job = {.batches = 1, .count = 1};

	if (argc < 3) {
		fprintf(stderr, "usage: %s SOCKET WORK [BATCHES COUNT [ADDRESS]]\n",
			argc ? argv[0] : "");
		exit(2);
	}
	job.socket = argv[1];
	job.work = argv[2];
	if (argc > 4) {
		job.batches = strtoul(argv[3], NULL, 0);
		job.count = strtoul(argv[4], NULL, 0);
	}
	if (argc > 5)
		job.address = strtoull(argv[5], NULL, 0);
	for (int i = 3; i < argc; i++) {
		job.alone = job.alone || !strcmp(argv[i], "--alone");
		job.no_guard = job.no_guard || !strcmp(argv[i], "--no-guard");
	}
	return job;
}

#endif
