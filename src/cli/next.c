/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* next, finish, until: further on, as the task that a CPU runs. */
#include "kernel.h"
#include "options.h"
#include "place.h"
#include "report.h"
#include "session.h"
#include "signals.h"
#include "stops.h"
#include "table.h"

struct goal {
	struct cli *cli;
	/** The command's. */
	const char *name;
	struct sonde_probes *probes;
	uint64_t address;
	struct sonde_error *(*go)(const struct goal *goal, struct sonde_thread *thread,
		struct sonde_probes_end *ret, bool *arrived);
};

static struct sonde_error *go_next(const struct goal *goal, struct sonde_thread *thread,
	struct sonde_probes_end *ret, bool *arrived)
{
	return sonde_probes_next(goal->probes, thread, ret, arrived);
}

static struct sonde_error *go_finish(const struct goal *goal, struct sonde_thread *thread,
	struct sonde_probes_end *ret, bool *arrived)
{
	return sonde_probes_finish(goal->probes, thread, ret, arrived);
}

static struct sonde_error *go_until(const struct goal *goal, struct sonde_thread *thread,
	struct sonde_probes_end *ret, bool *arrived)
{
	return sonde_probes_reach(goal->probes, thread, goal->address, ret, arrived);
}

static int show(struct cli *cli, struct sonde_thread *thread)
{
	struct cli_output output;
	struct sonde_error *error;
	int ended;

	cli_output_begin(&output, cli, CLI_STREAM, cli_place_columns);
	error = cli_put_place(&output, thread);
	ended = cli_output_end(&output);
	CLI_TRY(cli, error);
	return ended;
}

static int go(struct goal *goal, struct sonde_thread *thread)
{
	struct sonde_probes_end end;
	struct sonde_error *error;
	bool arrived = false;

	/* Ctrl-Z ends it, too: where the task is then, nobody knows. */
	cli_signals_wait(true);
	error = goal->go(goal, thread, &end, &arrived);
	cli_signals_wait(false);
	if (error && sonde_error_kind(error) == SONDE_ERROR_INTERRUPTED) {
		sonde_error_destroy(error);
		return cli_fail(goal->cli, SONDE_ERROR_INTERRUPTED, goal->name, NULL,
			"interrupted before the task was there");
	}
	CLI_TRY(goal->cli, error);
	if (!arrived)
		return cli_missed(goal->cli, &end);
	return show(goal->cli, end.stop.thread);
}

static int walk(struct goal *goal, const struct cli_arguments *arguments)
{
	struct cli *cli = goal->cli;
	struct sonde_thread *thread;

	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	CLI_TRY(cli, sonde_probes_create(cli->target, &goal->probes));
	return cli_end_probes(cli, goal->probes, go(goal, thread));
}

static int run_next(struct cli *cli, const struct cli_arguments *arguments)
{
	struct goal goal = {.cli = cli, .name = arguments->command->name, .go = go_next};

	return walk(&goal, arguments);
}

static int run_finish(struct cli *cli, const struct cli_arguments *arguments)
{
	struct goal goal = {
		.cli = cli, .name = arguments->command->name, .go = go_finish};

	return walk(&goal, arguments);
}

static int check_until(struct cli *cli, const struct cli_arguments *arguments)
{
	return cli_check_place(cli, arguments->operands[0]);
}

static int run_until(struct cli *cli, const struct cli_arguments *arguments)
{
	struct goal goal = {.cli = cli, .name = arguments->command->name, .go = go_until};
	struct sonde_thread *thread;
	int status;

	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	status = cli_find_instruction(cli, arguments->operands[0], thread, &goal.address);
	return status == CLI_DONE ? walk(&goal, arguments) : status;
}

static const struct cli_option options[] = {
	{"--cpu", "N", "of what this CPU runs [the one that stopped last]",
		.number = true},
	{NULL},
};

const struct cli_command cli_command_next = {
	.name = "next",
	.alias = "n",
	.summary = "execute one instruction, a call with all that it calls",
	.details = "The task that the CPU runs is followed, should it sleep in a\n"
		   "call, or go on on another CPU: the row says where it is. A\n"
		   "guest that ran goes on afterwards; 'pause' first, or 'break\n"
		   "PLACE -n 1 --stay', and it stays there.",
	.example = "--cpu 1",
	.options = options,
	.use = CLI_USES_STOPPED_TARGET,
	.run = run_next,
};

const struct cli_command cli_command_finish = {
	.name = "finish",
	.summary = "let a function return to its caller",
	.details = "It is the task's, which is followed as by 'next'. At the first\n"
		   "instruction of a function it is one run to where that returns\n"
		   "to; in the middle of one it is 'next' again and again, and\n"
		   "takes long where there are long loops.",
	.example = "--cpu 1",
	.options = options,
	.use = CLI_USES_STOPPED_TARGET,
	.run = run_finish,
};

const struct cli_command cli_command_until = {
	.name = "until",
	.operands = "PLACE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "let a task run until it comes to a place",
	.details = "The task that the CPU runs is followed as by 'next', through\n"
		   "whatever it does on its way; others that come to PLACE are let\n"
		   "go. Should it never come there, Ctrl-C ends this, with the\n"
		   "guest as it was before: running, or standing where it is then.",
	.example = "vfs_write",
	.options = options,
	.completes_symbols = true,
	.use = CLI_USES_STOPPED_TARGET,
	.check = check_until,
	.run = run_until,
};
