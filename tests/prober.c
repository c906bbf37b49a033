/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts hits until it is interrupted, through the public API alone:
 *
 *     prober TARGET LEVEL [--hardware] [--dispatch] KIND:PLACE[?CONDITION]...
 *
 * KIND is entry, return, fed or both: "fed:COMM" is fed by the one before it, from tasks
 * that are called so; of both, an entry whose return is not of the same task,
 * and one that returns without, are counted as "strays". Prints "ready", and at the end a
 * line with the hits of each, and "lost N strays N".
 */
#include <poll.h>
#include <signal.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PROBES_MAX = 8,
	TASKS_MAX = 4096,
};

static struct sonde *volatile sonde;
static unsigned long strays;

/* Calls of each task that are under way. */
static struct {
	uint64_t pid;
	long depth;
} tasks[TASKS_MAX];

static void interrupt(int number)
{
	(void)number;
	sonde_interrupt(sonde);
}

static struct sonde_error *follow(struct sonde_probe_hit *hit, long change)
{
	struct sonde_probe_task task;
	struct sonde_error *error = sonde_probe_hit_task(hit, &task);

	if (error)
		return error;
	for (size_t i = 0; i < TASKS_MAX; i++) {
		if (tasks[i].pid && tasks[i].pid != task.pid)
			continue;
		tasks[i].pid = task.pid;
		tasks[i].depth += change;
		if (tasks[i].depth < 0 || tasks[i].depth > 1)
			strays++;
		break;
	}
	return NULL;
}

static struct sonde_error *enter(struct sonde_probe_hit *hit, void *user)
{
	(void)user;
	return follow(hit, 1);
}

static struct sonde_error *leave(struct sonde_probe_hit *hit, void *user)
{
	(void)user;
	return follow(hit, -1);
}

static struct sonde_error *add(struct sonde_probes *probes, char *text, bool hardware,
	struct sonde_probe **ret, size_t *count)
{
	struct sonde_probe_options options = {
		.size = sizeof(options), .hardware = hardware};
	char *place = strchr(text, ':'), *condition = strchr(text, '?');
	bool both = !strncmp(text, "both:", 5);
	struct sonde_filter filter = {
		.size = sizeof(filter), .fields = SONDE_FILTER_COMM, .comm = place + 1};
	struct sonde_error *error;

	if (condition) {
		*condition = '\0';
		options.condition = condition + 1;
	}
	options.place = place + 1;
	if (!strncmp(text, "fed:", 4)) {
		options.source = ret[*count - 1];
		options.filter = &filter;
	}
	options.kind =
		strncmp(text, "return:", 7) ? SONDE_PROBE_ENTRY : SONDE_PROBE_RETURN;
	options.handler = both ? enter : NULL;
	error = sonde_probe_create(probes, &options, &ret[*count]);
	*count += !error;
	if (error || !both)
		return error;
	options.kind = SONDE_PROBE_RETURN;
	options.handler = leave;
	error = sonde_probe_create(probes, &options, &ret[*count]);
	*count += !error;
	return error;
}

/* As a program with a loop of its own does it. */
static struct sonde_error *dispatch(
	struct sonde_probes *probes, struct sonde_probes_end *end)
{
	struct pollfd fd = {.events = POLLIN};
	struct sonde_error *error;

	do {
		error = sonde_probes_dispatch(probes, end);
		if (!error)
			error = sonde_probes_descriptor(probes, &fd.fd);
		if (!error && poll(&fd, 1, -1) < 0)
			return NULL;
	} while (!error && end->state == SONDE_PROBES_RUNNING);
	return error;
}

static int report(struct sonde_error *error)
{
	fprintf(stderr, "prober: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	sonde_error_destroy(error);
	return 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = interrupt};
	struct sonde_probe *counted[2 * PROBES_MAX];
	struct sonde_probes_end end = {.state = SONDE_PROBES_RUNNING};
	struct sonde_probes *probes = NULL;
	struct sonde_target *target = NULL;
	bool hardware = false, dispatches = false;
	struct sonde_error *error, *ended;
	struct sonde *made = NULL;
	size_t count = 0;

	if (argc < 4 || argc > 4 + PROBES_MAX)
		return 2;
	error = sonde_create(NULL, &made);
	sonde = made;
	sigaction(SIGINT, &action, NULL);
	if (!error)
		error = sonde_open_level(made, argv[1], argv[2], &target);
	if (!error)
		error = sonde_probes_create(target, &probes);
	for (int i = 3; i < argc && !error; i++) {
		if (!strcmp(argv[i], "--hardware"))
			hardware = true;
		else if (!strcmp(argv[i], "--dispatch"))
			dispatches = true;
		else
			error = add(probes, argv[i], hardware, counted, &count);
	}
	if (!error) {
		printf("ready\n");
		fflush(stdout);
		error = dispatches ? dispatch(probes, &end)
				   : sonde_probes_run(probes, -1, &end);
	}
	if (error && sonde_error_kind(error) == SONDE_ERROR_INTERRUPTED) {
		sonde_error_destroy(error);
		error = NULL;
	}
	for (size_t i = 0; i < count; i++)
		printf("%llu ", (unsigned long long)sonde_probe_hits(counted[i]));
	printf("\nlost %llu strays %lu state %d\n",
		(unsigned long long)(probes ? sonde_probes_lost(probes) : 0), strays,
		(int)end.state);
	ended = sonde_probes_destroy(probes);
	sonde_target_close(target);
	sonde_destroy(made);
	if (!error)
		error = ended;
	return error ? report(error) : 0;
}
