/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prober TARGET WORK [BATCHES COUNT [ADDRESS]]: COUNT hits a batch of probes at the entry
 * of the function at ADDRESS, or of watched memory there, at the kernel's level:
 *
 *	untyped		a handler that only counts
 *	typed		one that reads all arguments by their types
 *	task		one that asks which task is there
 *	false		a probe whose condition, of an argument, is not true
 *	false-pid	the same of the task
 *	return		returns are counted; a hit is two stops
 *	watch		8 bytes that are written
 *
 * Hits whose condition is false call nobody: beside such a probe is one that counts.
 */
#include <sonde/sonde.h>

#include "measure.h"

struct prober {
	struct sonde *sonde;
	struct sonde_target *target;
	struct sonde_probes *probes;
	/** Hits until the loop is to end, and what handlers have read. */
	unsigned long left;
	uint64_t read;
	/** NULL: every hit is counted. */
	const char *condition;
	sonde_probe_handler *handler;
	enum sonde_probe_kind kind;
};

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "prober: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

static void die(const char *what)
{
	fprintf(stderr, "prober: %s\n", what);
	exit(1);
}

/* --- handlers ------------------------------------------------------------------- */

static struct sonde_error *count(struct sonde_probe_hit *hit, void *user)
{
	struct prober *prober = user;

	if (!--prober->left)
		sonde_probe_hit_stay(hit);
	return NULL;
}

static struct sonde_error *read_arguments(struct sonde_probe_hit *hit, void *user)
{
	struct prober *prober = user;
	struct sonde_error *error;
	uint64_t arguments;

	error = sonde_probe_hit_argument_count(hit, &arguments);
	if (!error && arguments < 4)
		die("the function takes fewer arguments than it should");
	for (uint64_t i = 0; !error && i < arguments; i++) {
		struct sonde_value value;
		const char *name;

		error = sonde_probe_hit_argument(hit, i, &name, &value);
		if (!error)
			prober->read += value.integer;
	}
	return error ? error : count(hit, user);
}

static struct sonde_error *read_task(struct sonde_probe_hit *hit, void *user)
{
	struct prober *prober = user;
	struct sonde_probe_task task;
	struct sonde_error *error = sonde_probe_hit_task(hit, &task);

	if (!error)
		prober->read += task.pid;
	return error ? error : count(hit, user);
}

static struct sonde_error *compare(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probe_change change;
	struct sonde_error *error = sonde_probe_hit_change(hit, &change);

	if (!error && (!change.before || !change.now))
		die("watched memory could not be read");
	return error ? error : count(hit, user);
}

static struct sonde_error *object(struct sonde_probe_hit *hit, void *user)
{
	(void)hit, (void)user;
	die("a false condition was true");
	return NULL;
}

/* --- the work ------------------------------------------------------------------- */

static void choose(struct prober *prober, const struct job *job)
{
	prober->kind = SONDE_PROBE_ENTRY;
	prober->handler = count;
	if (!strcmp(job->work, "typed"))
		prober->handler = read_arguments;
	else if (!strcmp(job->work, "task"))
		prober->handler = read_task;
	else if (!strcmp(job->work, "false"))
		prober->condition = "count == 123456789";
	else if (!strcmp(job->work, "false-pid"))
		prober->condition = "pid == 123456789";
	else if (!strcmp(job->work, "return"))
		prober->kind = SONDE_PROBE_RETURN;
	else if (!strcmp(job->work, "watch")) {
		prober->kind = SONDE_PROBE_WATCH_WRITE;
		prober->handler = compare;
	} else if (strcmp(job->work, "untyped") != 0)
		die("there is no such work");
}

static void add(struct prober *prober, const struct job *job, const char *condition,
	sonde_probe_handler *handler)
{
	struct sonde_probe *probe;

	check(sonde_probe_create(prober->probes,
		&(struct sonde_probe_options){.size = sizeof(struct sonde_probe_options),
			.kind = prober->kind,
			.address = job->address,
			.length = prober->kind == SONDE_PROBE_WATCH_WRITE ? 8 : 0,
			.condition = condition,
			.handler = handler,
			.user = prober},
		&probe));
}

static void hits(void *user, const struct job *job)
{
	struct prober *prober = user;
	struct sonde_probes_end end;

	prober->left = job->count;
	check(sonde_probes_run(prober->probes, 60000, &end));
	if (end.state != SONDE_PROBES_STAYED)
		die("another stop than the probe's");
}

int main(int argc, char **argv)
{
	struct job job = job_of(argc, argv), warm_up = job;
	double start = seconds_now();
	struct prober prober = {0};

	warm_up.count = WARM_UP_HITS;
	check(sonde_create(NULL, &prober.sonde));
	check(sonde_open_level(prober.sonde, job.socket, "kernel", &prober.target));
	check(sonde_probes_create(prober.target, &prober.probes));
	choose(&prober, &job);
	if (prober.condition)
		add(&prober, &job, prober.condition, object);
	add(&prober, &job, NULL, prober.handler);
	hits(&prober, &warm_up);
	time_batches(&job, hits, &prober);
	check(sonde_probes_destroy(prober.probes));
	check(sonde_target_detach(prober.target));
	report("total", seconds_now() - start);
	sonde_target_close(prober.target);
	sonde_destroy(prober.sonde);
	return 0;
}
