/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of a guest, while it runs:
 *
 *     ps [TARGET]
 *
 * prints what ps does, of the only QEMU on this host, or of TARGET: "qemu:NAME",
 * "gdb:/path.sock". A name is the guest's, and may hold anything: what is not plain is
 * shown as '?'.
 */
#include <sonde/linux.h>
#include <sonde/sonde.h>
#include <stdio.h>

static void show(const struct sonde_task *task)
{
	printf("%7u %7u ", task->pid, task->ppid);
	if (task->known & SONDE_TASK_OWNER)
		printf("%7u ", task->effective_uid);
	else
		printf("%7s ", "-");
	printf("%c%c %3u ", task->state, task->torn ? '!' : ' ', task->cpu);
	if (task->known & SONDE_TASK_MEMORY)
		printf("%9.1f ", (double)task->resident_bytes / 1048576);
	else
		printf("%9s ", "-");
	for (const char *letter = task->comm; *letter; letter++)
		putchar(*letter >= ' ' && *letter <= '~' ? *letter : '?');
	putchar('\n');
}

static struct sonde_error *list(struct sonde_target *target)
{
	const struct sonde_tasks_options options = {
		.size = sizeof(options),
		.columns = SONDE_TASK_PARENT | SONDE_TASK_OWNER | SONDE_TASK_MEMORY,
	};
	const struct sonde_task *task;
	struct sonde_tasks *tasks;
	struct sonde_error *error = sonde_tasks_open(target, &options, &tasks);

	if (error)
		return error;
	printf("    PID    PPID     UID S  CPU   RSS MiB NAME\n");
	while ((task = sonde_tasks_next(tasks)))
		show(task);
	if (sonde_tasks_incomplete(tasks))
		fprintf(stderr, "ps: some may be missing: %s\n",
			sonde_tasks_incomplete(tasks));
	sonde_tasks_close(tasks);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sonde_target *target = NULL;
	struct sonde *sonde = NULL;
	struct sonde_error *error;
	int status;

	error = sonde_create(NULL, &sonde);
	if (!error)
		error = sonde_open_level(
			sonde, argc > 1 ? argv[1] : NULL, "kernel", &target);
	if (!error)
		error = list(target);
	if (error)
		fprintf(stderr, "ps: %s: %s\n", sonde_error_what(error),
			sonde_error_why(error));
	status = error != NULL;
	sonde_error_destroy(error);
	sonde_target_close(target);
	sonde_destroy(sonde);
	return status;
}
