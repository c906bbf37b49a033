/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lister TARGET TURNS: the tasks of a guest, read again and again by a process that is
 * attached. Prints how many there are, and what each turn took: "few" for numbers, names
 * and states, "all" for all columns.
 */
#include <sonde/sonde.h>

#include "measure.h"

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "lister: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

/* What is in the rows has been read by then. */
static unsigned list(struct sonde_target *target, unsigned columns, const char *name)
{
	const struct sonde_tasks_options options = {
		.size = sizeof(options), .columns = columns};
	double start = seconds_now();
	struct sonde_tasks *tasks;
	unsigned count = 0;

	check(sonde_tasks_open(target, &options, &tasks));
	report(name, seconds_now() - start);
	while (sonde_tasks_next(tasks))
		count++;
	sonde_tasks_close(tasks);
	return count;
}

int main(int argc, char **argv)
{
	struct sonde_target *target;
	struct sonde *sonde;
	unsigned count = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: lister TARGET TURNS\n");
		return 2;
	}
	check(sonde_create(NULL, &sonde));
	check(sonde_open_level(sonde, argv[1], "kernel", &target));
	for (int i = atoi(argv[2]); i > 0; i--) {
		count = list(target, 0, "few");
		list(target, SONDE_TASK_ALL, "all");
	}
	report("tasks", count);
	sonde_target_close(target);
	sonde_destroy(sonde);
	return 0;
}
