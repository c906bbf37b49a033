/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists the tasks of a guest again and again: task_watcher TARGET SECONDS PID.... Each
 * list has to have all of these processes, and none twice. Every other one has all
 * columns, and each has threads after eight without. Prints what is wrong, and "N lists,
 * N rows, N torn, N incomplete, N.N ms the longest".
 */
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	WANTED_MAX = 64,
	ROWS_MAX = 1 << 16,
	/** Lists until it looks anew at where the guest's memory is. */
	REST_EVERY = 16,
};

struct watch {
	struct sonde_target *target;
	unsigned wanted[WANTED_MAX];
	unsigned wanted_count;
	unsigned long lists, rows, torn, incomplete, wrong;
	double longest;
};

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "task_watcher: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int compare(const void *left, const void *right)
{
	unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;

	return (a > b) - (a < b);
}

static void check_pids(struct watch *watch, unsigned *pids, size_t count)
{
	qsort(pids, count, sizeof(*pids), compare);
	for (size_t i = 1; i < count; i++)
		if (pids[i] == pids[i - 1]) {
			printf("%u comes twice\n", pids[i]);
			watch->wrong++;
		}
	for (unsigned i = 0; i < watch->wanted_count; i++)
		if (!bsearch(&watch->wanted[i], pids, count, sizeof(*pids), compare)) {
			printf("%u is missing\n", watch->wanted[i]);
			watch->wrong++;
		}
}

static void look(struct watch *watch)
{
	const struct sonde_tasks_options options = {
		.size = sizeof(options),
		.columns = watch->lists % 2 ? SONDE_TASK_ALL : 0,
		.threads = watch->lists % 16 >= 8,
	};
	static unsigned pids[ROWS_MAX];
	const struct sonde_task *task;
	struct sonde_tasks *tasks;
	size_t count = 0;
	double start = now(), took;

	check(sonde_tasks_open(watch->target, &options, &tasks));
	took = now() - start;
	watch->longest = took > watch->longest ? took : watch->longest;
	while ((task = sonde_tasks_next(tasks)) && count < ROWS_MAX) {
		pids[count++] = task->pid;
		watch->torn += task->torn;
	}
	watch->rows += count;
	watch->incomplete += sonde_tasks_incomplete(tasks) != NULL;
	if (sonde_tasks_incomplete(tasks))
		printf("%s\n", sonde_tasks_incomplete(tasks));
	sonde_tasks_close(tasks);
	check_pids(watch, pids, count);
	if (++watch->lists % REST_EVERY == 0)
		sonde_target_rest(watch->target);
}

int main(int argc, char **argv)
{
	/* The guest runs on the same CPUs, and is to do something meanwhile. */
	const struct timespec pause = {.tv_nsec = 1000 * 1000};
	struct watch watch = {.target = NULL};
	struct sonde *sonde;
	double until;

	if (argc < 3 || argc - 3 > WANTED_MAX) {
		fprintf(stderr, "usage: task_watcher TARGET SECONDS PID...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		watch.wanted[watch.wanted_count++] = (unsigned)atoi(argv[i]);
	check(sonde_create(NULL, &sonde));
	check(sonde_open_level(sonde, argv[1], "kernel", &watch.target));
	until = now() + atof(argv[2]);
	while (now() < until) {
		look(&watch);
		nanosleep(&pause, NULL);
	}
	printf("%lu lists, %lu rows, %lu torn, %lu incomplete, %.1f ms the longest\n",
		watch.lists, watch.rows, watch.torn, watch.incomplete,
		watch.longest * 1e3);
	sonde_target_close(watch.target);
	sonde_destroy(sonde);
	return watch.wrong != 0;
}
