/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same work as in floor.c, by a program that uses libsonde as any other would.
 * Where the job is one round trip after the other, the bare loop takes turns with it on
 * the same socket: what the machine does meanwhile, it does to both. With --no-guard
 * nobody guards the connection. Packets that no function of the library stands for (qC, a
 * bare g) go through sonde_helper_exchange(), from a helper that does nothing else.
 */
#include <sonde/helper.h>
#include <sonde/sonde.h>

#include "bare.h"
#include "line.h"

struct subject {
	struct sonde *sonde;
	struct sonde_target *target;
	struct sonde_space *space;
	struct sonde_thread *thread;
	uint8_t *memory;
};

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "subject: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

static void die(const char *what)
{
	fprintf(stderr, "subject: %s\n", what);
	exit(1);
}

/* --- a helper, to send packets -------------------------------------------------- */

static struct sonde_helper_host *exchange_host;

static struct sonde_error *exchange_create(
	struct sonde_helper_host *host, struct sonde_helper **ret)
{
	static const struct sonde_helper_ops ops;
	static struct sonde_helper helper = {.ops = &ops};

	exchange_host = host;
	*ret = &helper;
	return NULL;
}

static void exchange_destroy(struct sonde_helper *helper)
{
	(void)helper;
}

static const struct sonde_helper_descriptor exchange_helper = {
	.abi = SONDE_HELPER_ABI,
	.size = sizeof(struct sonde_helper_descriptor),
	.name = "exchange",
	.create = exchange_create,
	.destroy = exchange_destroy,
};

static void exchange(const char *packet, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		size_t length;
		char *reply;

		check(sonde_helper_exchange(
			exchange_host, packet, strlen(packet), &reply, &length));
		if (!length)
			die("an empty reply");
		free(reply);
	}
}

/* --- the work ------------------------------------------------------------------- */

static void small(void *user, const struct job *job)
{
	(void)user;
	exchange("qC", job->count);
}

static void registers(void *user, const struct job *job)
{
	(void)user;
	exchange("g", job->count);
}

static void read8(void *user, const struct job *job)
{
	struct subject *subject = user;

	for (unsigned long i = 0; i < job->count; i++) {
		uint8_t bytes[8];

		check(sonde_space_read(subject->space,
			job->address + i * 8 % WANDER_BYTES, bytes, sizeof(bytes)));
	}
}

static void bulk(void *user, const struct job *job)
{
	struct subject *subject = user;

	check(sonde_space_read(
		subject->space, job->address, subject->memory, job->count));
}

/* One instruction, and all registers after it. */
static void step(void *user, const struct job *job)
{
	struct subject *subject = user;
	const struct sonde_register *all;
	size_t count;

	check(sonde_target_registers(subject->target, &all, &count));
	for (unsigned long i = 0; i < job->count; i++) {
		struct sonde_register_value value;
		struct sonde_stop stop;

		check(sonde_target_step(subject->target, subject->thread, false, &stop));
		for (size_t j = 0; j < count; j++)
			check(sonde_thread_read_register(
				subject->thread, &all[j], &value));
	}
}

static void hits(void *user, const struct job *job)
{
	struct subject *subject = user;

	for (unsigned long i = 0; i < job->count; i++) {
		struct sonde_stop stop;

		check(sonde_target_resume(subject->target));
		check(sonde_target_wait(subject->target, 10000, &stop));
		if (stop.reason != SONDE_STOP_BREAKPOINT || stop.pc != job->address)
			die("another stop than the breakpoint's");
	}
}

static void run_hits(struct subject *subject, const struct job *job)
{
	struct sonde_breakpoint *breakpoint;
	struct job warm_up = *job;

	warm_up.count = WARM_UP_HITS + 1;
	check(sonde_breakpoint_create(subject->target, SONDE_BREAKPOINT_SOFTWARE,
		job->address, 0, &breakpoint));
	hits(subject, &warm_up);
	time_batches(job, hits, subject);
	check(sonde_breakpoint_destroy(breakpoint));
}

static void run_bulk(struct subject *subject, const struct job *job)
{
	subject->memory = malloc(job->count);
	if (!subject->memory)
		die("no memory");
	memset(subject->memory, 1, job->count);
	check(sonde_target_physical(subject->target, &subject->space));
	if (strcmp(sonde_target_memory_means(subject->target), "stub"))
		die("memory is not read through the stub");
	/* Once, so that m means physical memory for the loop as well. */
	if (!job->alone)
		bulk(subject, job);
	time_pairs(job, bulk, subject, bare_bulk, subject->memory);
	free(subject->memory);
}

static void run(struct subject *subject, const struct job *job)
{
	if (!strcmp(job->work, "attach"))
		;
	else if (!strcmp(job->work, "small"))
		time_pairs(job, small, subject, bare_small, NULL);
	else if (!strcmp(job->work, "read8"))
		time_pairs(job, read8, subject, bare_read8, NULL);
	else if (!strcmp(job->work, "registers"))
		time_pairs(job, registers, subject, bare_registers, NULL);
	else if (!strcmp(job->work, "step"))
		time_pairs(job, step, subject, bare_step, NULL);
	else if (!strcmp(job->work, "bulk"))
		run_bulk(subject, job);
	else if (!strcmp(job->work, "hits"))
		run_hits(subject, job);
	else
		die("there is no such work");
}

static void report_line(const char *path, const char *format, const char *name)
{
	FILE *file = fopen(path, "r");
	char text[256];
	double value;

	while (file && fgets(text, sizeof(text), file))
		if (sscanf(text, format, &value) == 1)
			report(name, value);
	if (file)
		fclose(file);
}

/* Memory of this process's own, in kB. The kernel counts the second exactly. */
static void report_memory(void)
{
	report_line("/proc/self/status", "RssAnon: %lf", "rss_anon_kb");
	report_line("/proc/self/smaps_rollup", "Anonymous: %lf", "anonymous_kb");
}

int main(int argc, char **argv)
{
	struct job job = job_of(argc, argv);
	double start = seconds_now();
	struct sonde_options options = {.size = sizeof(options)};
	struct subject subject = {0};
	char name[256];
	int fd;

	snprintf(name, sizeof(name), "gdb:%s", job.socket);
	if (job.no_guard)
		options.guard = SONDE_GUARD_REFUSED;
	check(sonde_create(&options, &subject.sonde));
	if (!strcmp(job.work, "small") || !strcmp(job.work, "registers"))
		check(sonde_add_helper(subject.sonde, &exchange_helper));
	check(sonde_open(subject.sonde, name, &subject.target));
	check(sonde_target_current_thread(subject.target, &subject.thread));
	check(sonde_target_virtual(subject.target, subject.thread, &subject.space));
	check(sonde_target_descriptor(subject.target, &fd));
	line_adopt(fd);
	run(&subject, &job);
	report_memory();
	check(sonde_target_detach(subject.target));
	report("total", seconds_now() - start);
	sonde_target_close(subject.target);
	sonde_destroy(subject.sonde);
	return 0;
}
