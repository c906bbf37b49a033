/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports tasks that come, go and are renamed, and modules, as it happens. */
#include "kernel.h"
#include "options.h"
#include "report.h"
#include "stops.h"
#include "table.h"

struct following {
	struct sonde_follower *follower;
	unsigned subjects;
	bool threads;
	/** The one that a row is made of. */
	const struct sonde_follow_event *event;
	struct cli_hits *hits;
};

static const struct cli_column columns[] = {
	{"time", 10},
	{"event", 6},
	{"cpu", 3},
	{"pid", 6},
	{"tgid", .json_only = true},
	{"ppid", 6},
	{"comm", 15},
	{"old_comm", 15},
	{"module"},
	{"kernel_thread", .json_only = true},
	{"start_time", .json_only = true},
	{"task", .json_only = true},
	{"structure", .json_only = true},
	{NULL},
};

/* Of a module's event: who is at it. */
static struct sonde_error *put_doer(
	struct cli_output *output, struct sonde_probe_hit *hit)
{
	struct sonde_probe_task task;
	struct sonde_error *error = sonde_probe_hit_task(hit, &task);

	if (error)
		return error;
	cli_put_integer(output, task.pid);
	cli_put_null(output);
	cli_put_null(output);
	cli_put_guest_text(output, task.comm);
	return NULL;
}

static void put_task(struct cli_output *output, const struct sonde_followed_task *task)
{
	cli_put_integer(output, task->pid);
	cli_put_integer(output, task->tgid);
	cli_put_integer(output, task->ppid);
	cli_put_guest_text(output, task->comm);
}

static void put_rest(struct cli_output *output, const struct sonde_followed_task *task)
{
	if (!task) {
		cli_put_null(output);
		cli_put_null(output);
		cli_put_null(output);
		return;
	}
	cli_put_boolean(output, task->kernel_thread);
	cli_put_decimal(output, (double)task->start_time / 1e9, 6);
	cli_put_hex(output, task->address);
}

static struct sonde_error *show(struct cli_hits *hits, struct sonde_probe_hit *hit)
{
	const struct following *following = hits->user;
	const struct sonde_follow_event *event = following->event;
	struct cli_output *output = &hits->output;
	struct sonde_error *error = NULL;

	cli_put_decimal(output, cli_seconds(hits->cli), 6);
	cli_put_text(output, sonde_follow_kind_name(event->kind));
	cli_put_integer(output, sonde_thread_number(sonde_probe_hit_thread(hit)));
	if (event->task)
		put_task(output, event->task);
	else
		error = put_doer(output, hit);
	if (error)
		return error;
	cli_put_guest_text(output, event->old_comm);
	cli_put_guest_text(output, event->module);
	put_rest(output, event->task);
	if (event->structure)
		cli_put_hex(output, event->structure);
	else
		cli_put_null(output);
	cli_output_row(output);
	return NULL;
}

static struct sonde_error *handle(const struct sonde_follow_event *event, void *user)
{
	struct following *following = user;

	if (event->task && event->task->pid != event->task->tgid && !following->threads)
		return NULL;
	following->event = event;
	return cli_hits_handle(event->hit, following->hits);
}

static struct sonde_error *put_in(struct cli_hits *hits)
{
	struct following *following = hits->user;
	const struct sonde_follower_options options = {.size = sizeof(options),
		.subjects = following->subjects,
		.handler = handle,
		.user = following};

	following->hits = hits;
	return sonde_follower_create(
		hits->cli->target, hits->probes, &options, &following->follower);
}

static struct sonde_error *take_out(struct cli_hits *hits)
{
	struct following *following = hits->user;
	struct sonde_error *error = sonde_follower_destroy(following->follower);

	following->follower = NULL;
	return error;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct following following = {
		.threads = cli_option_given(arguments, "--threads")};
	struct cli_hits hits = {
		.cli = cli,
		.columns = columns,
		.show = show,
		.put_in = put_in,
		.take_out = take_out,
		.user = &following,
	};
	int status = cli_need_kernel(cli);

	if (status != CLI_DONE)
		return status;
	if (cli_option_given(arguments, "--tasks"))
		following.subjects |= SONDE_FOLLOW_TASKS;
	if (cli_option_given(arguments, "--modules"))
		following.subjects |= SONDE_FOLLOW_MODULES;
	cli_option_number(arguments, "-n", &hits.wanted);
	return cli_hits_run(&hits);
}

static const struct cli_option options[] = {
	{"--tasks", NULL, "tasks [tasks and modules]"},
	{"--modules", NULL, "modules [tasks and modules]"},
	{"--threads", NULL, "all threads of each process"},
	{"-n", "COUNT", "end after so many events [at Ctrl-C]", .number = true,
		.positive = true},
	{NULL},
};

const struct cli_command cli_command_follow = {
	.name = "follow",
	.summary = "report processes and modules as they come and go",
	.example = "--tasks -n 10",
	.options = options,
	.use = CLI_USES_STOPPED_TARGET,
	.run = run,
};
