/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "signals.h"
#include "stops.h"
#include "suspend.h"
#include "table.h"

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	uint64_t count;

	if (arguments->operand_count && !cli_parse_number(arguments->operands[0], &count))
		return cli_usage(cli, arguments->command, "'%s' is no number",
			arguments->operands[0]);
	return CLI_DONE;
}

static int step(struct cli *cli, struct sonde_thread *thread, bool reverse,
	struct cli_output *output)
{
	struct sonde_stop stop;

	CLI_TRY(cli, cli_suspend(cli));
	if (reverse)
		CLI_TRY(cli, sonde_target_reverse_step(cli->target, thread, &stop));
	else
		CLI_TRY(cli, sonde_target_step(cli->target, thread, false, &stop));
	if (stop.reason != SONDE_STOP_STEP)
		return cli_foreign_stop(cli, &stop);
	CLI_TRY(cli, cli_put_place(output, stop.thread));
	/* Looking for a name may have been what was interrupted: it is but missing then.
	 */
	if (cli_signals_came())
		return cli_fail(
			cli, SONDE_ERROR_INTERRUPTED, "step", NULL, "interrupted");
	return CLI_DONE;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	bool reverse = cli_option_given(arguments, "--reverse");
	struct sonde_thread *thread;
	struct cli_output output;
	int status = CLI_DONE, ended;
	uint64_t count = 1;

	if (arguments->operand_count)
		cli_parse_number(arguments->operands[0], &count);
	cli->goes_back = reverse;
	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	cli_output_begin(&output, cli, CLI_STREAM, cli_place_columns);
	while (count-- && status == CLI_DONE && !cli->output_errno)
		status = step(cli, thread, reverse, &output);
	ended = cli_output_end(&output);
	return status == CLI_DONE ? ended : status;
}

static const struct cli_option options[] = {
	{"--cpu", "N", "step this CPU [the one that stopped last]", .number = true},
	{"--reverse", NULL, "undo instructions, where the target replays a record"},
	{NULL},
};

const struct cli_command cli_command_step = {
	.name = "step",
	.alias = "s",
	.operands = "[N]",
	.operands_max = 1,
	.summary = "execute N instructions [1] of a CPU, the others frozen",
	.details = "A guest that ran goes on afterwards. 'pause' first, or 'break\n"
		   "PLACE -n 1 --stay', and it stays where the last step led.",
	.example = "5 --cpu 1",
	.options = options,
	.use = CLI_USES_STOPPED_TARGET,
	.check = check,
	.run = run,
};
