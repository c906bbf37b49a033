/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows a guest until it is interrupted, through the public API alone:
 *
 *     follower TARGET tasks|modules [SYMBOL]
 *
 * Prints "ready", and a line for each event: "exec PID TGID PPID COMM" and the like, or
 * "load NAME", with " SYMBOL" behind it if that can be found. At the end, in one stop,
 * "task PID TGID KERNEL COMM" for each of the list that was kept, "wrong ..." for
 * each that differs from what the kernel's own list has then, and "forks N starts N":
 * what the kernel has counted in between (total_forks, kernel/fork.c; "-" where it does
 * not name its data), and how many were told.
 */
#include <inttypes.h>
#include <signal.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sonde *volatile sonde;

struct watch {
	struct sonde_target *target;
	const char *symbol;
	uint64_t starts;
};

static void interrupt(int number)
{
	(void)number;
	sonde_interrupt(sonde);
}

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "follower: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

static bool has_symbol(const struct watch *watch)
{
	struct sonde_symbol symbol;
	struct sonde_error *error =
		sonde_symbol_find(watch->target, watch->symbol, 0, &symbol);
	bool found = !error;

	sonde_error_destroy(error);
	return found;
}

static struct sonde_error *report(const struct sonde_follow_event *event, void *user)
{
	const struct sonde_followed_task *task = event->task;
	struct watch *watch = user;

	watch->starts += event->kind == SONDE_FOLLOW_STARTED;
	if (task)
		printf("%s %u %u %u %s\n", sonde_follow_kind_name(event->kind), task->pid,
			task->tgid, task->ppid, task->comm);
	else
		printf("%s %s%s%s\n", sonde_follow_kind_name(event->kind), event->module,
			watch->symbol && has_symbol(watch) ? " " : "",
			watch->symbol && has_symbol(watch) ? watch->symbol : "");
	return NULL;
}

/* False: nobody knows. */
static bool read_forks(struct sonde_target *target, uint64_t *ret)
{
	struct sonde_symbol symbol;
	struct sonde_space *space;
	struct sonde_error *error = sonde_symbol_find(target, "total_forks", 0, &symbol);

	if (error && sonde_error_kind(error) == SONDE_ERROR_NOT_FOUND) {
		sonde_error_destroy(error);
		return false;
	}
	check(error);
	check(sonde_target_virtual(target, NULL, &space));
	check(sonde_space_read_integer(space, symbol.address, 8, ret));
	return true;
}

static void compare_forks(const struct watch *watch, bool known, uint64_t before)
{
	uint64_t now;

	if (known && read_forks(watch->target, &now))
		printf("forks %" PRIu64 " starts %" PRIu64 "\n", now - before,
			watch->starts);
	else
		printf("forks - starts %" PRIu64 "\n", watch->starts);
}

static void compare_row(
	const struct sonde_follower *follower, const struct sonde_task *row)
{
	const struct sonde_followed_task *task = sonde_follower_find(follower, row->pid);

	if (!task)
		printf("wrong: %u is missing\n", row->pid);
	else if (task->address != row->address || task->tgid != row->tgid ||
		 task->start_time != row->start_time ||
		 task->kernel_thread != row->kernel_thread ||
		 strcmp(task->comm, row->comm) != 0)
		printf("wrong: %u is %u %s, not %u %s\n", row->pid, row->tgid, row->comm,
			task->tgid, task->comm);
}

/* Both ways: none is missing, and none is there that is not. */
static void compare(struct sonde_target *target, const struct sonde_follower *follower)
{
	struct sonde_tasks_options options = {.size = sizeof(options), .threads = true};
	const struct sonde_followed_task *task = NULL;
	const struct sonde_task *row;
	struct sonde_tasks *tasks;
	unsigned kept = 0, read = 0;

	check(sonde_tasks_open(target, &options, &tasks));
	for (; (row = sonde_tasks_next(tasks)); read++)
		compare_row(follower, row);
	sonde_tasks_close(tasks);
	for (; (task = sonde_follower_next(follower, task)); kept++)
		printf("task %u %u %d %s\n", task->pid, task->tgid, task->kernel_thread,
			task->comm);
	if (kept != read)
		printf("wrong: %u are kept of %u\n", kept, read);
}

static void follow(struct watch *watch, unsigned subjects)
{
	struct sonde_follower_options options = {.size = sizeof(options),
		.subjects = subjects,
		.handler = report,
		.user = watch};
	struct sonde_follower *follower;
	struct sonde_probes *probes;
	struct sonde_probes_end end;
	struct sonde_error *error;
	struct sonde_stop stop;
	uint64_t before = 0;
	bool hit, known;

	check(sonde_target_pause(watch->target, &stop));
	check(sonde_probes_create(watch->target, &probes));
	check(sonde_follower_create(watch->target, probes, &options, &follower));
	known = read_forks(watch->target, &before);
	puts("ready");
	error = sonde_probes_run(probes, -1, &end);
	if (!error || sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED)
		check(error);
	sonde_error_destroy(error);
	sonde_interrupt_clear(sonde);
	check(sonde_probes_pause(probes, &hit));
	/* What a CPU had come to just then. */
	while (hit) {
		check(sonde_probes_dispatch(probes, &end));
		check(sonde_probes_pause(probes, &hit));
	}
	if (subjects == SONDE_FOLLOW_TASKS)
		compare(watch->target, follower);
	compare_forks(watch, known, before);
	check(sonde_follower_destroy(follower));
	check(sonde_probes_destroy(probes));
}

int main(int count, char **words)
{
	struct watch watch = {.symbol = count > 3 ? words[3] : NULL};
	struct sonde *context;

	if (count < 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	check(sonde_create(NULL, &context));
	sonde = context;
	signal(SIGINT, interrupt);
	check(sonde_open_level(context, words[1], "kernel", &watch.target));
	follow(&watch,
		!strcmp(words[2], "tasks") ? SONDE_FOLLOW_TASKS : SONDE_FOLLOW_MODULES);
	check(sonde_target_detach(watch.target));
	sonde_target_close(watch.target);
	sonde_destroy(context);
	return 0;
}
