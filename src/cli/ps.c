/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "kernel.h"
#include "options.h"
#include "report.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"pid", 5},
	{"tgid", .json_only = true},
	{"ppid", 5},
	{"uid", 5},
	{"gid", .json_only = true},
	{"ruid", .json_only = true},
	{"rgid", .json_only = true},
	{"state", 5},
	{"kernel_thread", .json_only = true},
	{"cpu", 3},
	{"on_cpu", .json_only = true},
	{"threads", .json_only = true},
	{"start_time", 10},
	{"virtual_bytes", .json_only = true},
	{"resident_bytes", 14},
	{"task", .json_only = true},
	{"mm", .json_only = true},
	{"exe", .json_only = true},
	{"cwd", .json_only = true},
	{"ns_pid", .json_only = true},
	{"pid_ns", .json_only = true},
	{"cgroup", .json_only = true},
	{"container", .json_only = true},
	{"torn", .json_only = true},
	{"comm", 15},
	{"arguments"},
	{NULL},
};

static void put_number(struct cli_output *output, bool known, uint64_t value)
{
	if (known)
		cli_put_integer(output, value);
	else
		cli_put_null(output);
}

static struct json_object *make_string(const char *text)
{
	char *escaped = cli_escape(text, strlen(text), true);
	struct json_object *string = json_object_new_string(escaped ?: "");

	free(escaped);
	return string;
}

/* Programs get an array, people a line. */
static void put_arguments(struct cli_output *output, const struct sonde_task *task)
{
	const char *argument = task->arguments, *end;
	struct json_object *array;
	char *line;

	if (!argument) {
		cli_put_null(output);
		return;
	}
	if (output->cli->json) {
		array = json_object_new_array();
		end = argument + task->arguments_bytes;
		for (; argument < end; argument += strlen(argument) + 1)
			json_object_array_add(array, make_string(argument));
		cli_put_json(output, array, NULL);
		return;
	}
	line = malloc(task->arguments_bytes + 1);
	for (size_t i = 0; line && i <= task->arguments_bytes; i++)
		line[i] =
			argument[i] || i + 1 >= task->arguments_bytes ? argument[i] : ' ';
	cli_put_guest_text(output, line);
	free(line);
}

static bool put(struct cli_output *output, const struct sonde_task *task)
{
	const char state[] = {task->state, '\0'};
	bool owner = task->known & SONDE_TASK_OWNER;
	bool memory = task->known & SONDE_TASK_MEMORY;

	cli_put_integer(output, task->pid);
	cli_put_integer(output, task->tgid);
	put_number(output, task->known & SONDE_TASK_PARENT, task->ppid);
	put_number(output, owner, task->effective_uid);
	put_number(output, owner, task->effective_gid);
	put_number(output, owner, task->real_uid);
	put_number(output, owner, task->real_gid);
	cli_put_text(output, state);
	cli_put_boolean(output, task->kernel_thread);
	cli_put_integer(output, task->cpu);
	cli_put_boolean(output, task->on_cpu);
	put_number(output, task->known & SONDE_TASK_THREADS, task->threads);
	cli_put_decimal(
		output, (double)task->start_time / 1e9, output->cli->json ? 9 : 2);
	put_number(output, memory, task->virtual_bytes);
	put_number(output, memory, task->resident_bytes);
	cli_put_hex(output, task->address);
	if (task->mm)
		cli_put_hex(output, task->mm);
	else
		cli_put_null(output);
	cli_put_guest_text(output, task->exe);
	cli_put_guest_text(output, task->cwd);
	put_number(output, task->known & SONDE_TASK_NAMESPACE, task->ns_pid);
	put_number(output, task->known & SONDE_TASK_NAMESPACE, task->pid_ns);
	cli_put_guest_text(output, task->cgroup);
	cli_put_guest_text(output, task->container);
	cli_put_boolean(output, task->torn);
	cli_put_guest_text(output, task->comm);
	put_arguments(output, task);
	return cli_output_row(output);
}

static int show(struct cli *cli, struct sonde_tasks *tasks)
{
	const struct sonde_task *task;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((task = sonde_tasks_next(tasks)))
		if (!put(&output, task))
			break;
	if (sonde_tasks_incomplete(tasks))
		cli_notice(
			cli, "tasks may be missing: %s", sonde_tasks_incomplete(tasks));
	return cli_output_end(&output);
}

struct reading {
	struct sonde_tasks_options options;
	struct sonde_tasks *tasks;
};

static struct sonde_error *read_tasks(struct cli *cli, void *user)
{
	struct reading *reading = user;

	sonde_tasks_close(reading->tasks);
	reading->tasks = NULL;
	return sonde_tasks_open(cli->target, &reading->options, &reading->tasks);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct reading reading = {
		.options =
			{
				.size = sizeof(reading.options),
				.columns = SONDE_TASK_ALL,
				.threads = cli_option_given(arguments, "--threads"),
			},
	};
	int status = cli_need_kernel(cli);

	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_tasks, &reading);
	if (status == CLI_DONE)
		status = show(cli, reading.tasks);
	sonde_tasks_close(reading.tasks);
	return status;
}

static const struct cli_option options[] = {
	{"--threads", NULL, "all threads of each process, not only the processes"},
	{NULL},
};

const struct cli_command cli_command_ps = {
	.name = "ps",
	.operands_max = 0,
	.summary = "the processes of the guest, or all of its tasks",
	.example = "--threads",
	.options = options,
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
};
