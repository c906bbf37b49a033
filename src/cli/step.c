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

static int back(struct cli *cli, struct sonde_thread **thread)
{
	struct sonde_stop stop;

	CLI_TRY(cli, sonde_target_reverse_step(cli->target, *thread, &stop));
	if (stop.reason != SONDE_STOP_STEP)
		return cli_foreign_stop(cli, &stop);
	*thread = stop.thread;
	return CLI_DONE;
}

static int forth(
	struct cli *cli, struct sonde_probes *probes, struct sonde_thread **thread)
{
	struct sonde_probes_end end;
	bool arrived = false;

	CLI_TRY(cli, sonde_probes_step(probes, *thread, &end, &arrived));
	if (!arrived)
		return cli_missed(cli, &end);
	*thread = end.stop.thread;
	return CLI_DONE;
}

static int step(struct cli *cli, struct sonde_probes *probes,
	struct sonde_thread **thread, struct cli_output *output)
{
	int status;

	CLI_TRY(cli, cli_suspend(cli));
	status = cli->goes_back ? back(cli, thread) : forth(cli, probes, thread);
	if (status != CLI_DONE)
		return status;
	CLI_TRY(cli, cli_put_place(output, *thread));
	/* Looking for a name may have been what was interrupted: it is but missing then.
	 */
	if (cli_signals_came())
		return cli_fail(
			cli, SONDE_ERROR_INTERRUPTED, "step", NULL, "interrupted");
	return CLI_DONE;
}

static int step_all(struct cli *cli, struct sonde_probes *probes,
	struct sonde_thread *thread, uint64_t count)
{
	struct cli_output output;
	int status = CLI_DONE, ended;

	cli_output_begin(&output, cli, CLI_STREAM, cli_place_columns);
	while (count-- && status == CLI_DONE && !cli->output_errno)
		status = step(cli, probes, &thread, &output);
	ended = cli_output_end(&output);
	return status == CLI_DONE ? ended : status;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_probes *probes;
	struct sonde_thread *thread;
	uint64_t count = 1;
	int status;

	if (arguments->operand_count)
		cli_parse_number(arguments->operands[0], &count);
	cli->goes_back = cli_option_given(arguments, "--reverse");
	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	CLI_TRY(cli, sonde_probes_create(cli->target, &probes));
	status = step_all(cli, probes, thread, count);
	return cli_end_probes(cli, probes, status);
}

static const struct cli_option options[] = {
	{"--cpu", "N", "what this CPU runs [the one that stopped last]", .number = true},
	{"--reverse", NULL, "undo instructions, where the target replays a record"},
	{NULL},
};

const struct cli_command cli_command_step = {
	.name = "step",
	.alias = "s",
	.operands = "[N]",
	.operands_max = 1,
	.summary = "execute N instructions [1] of what a CPU runs, the others frozen",
	.details = "A guest that ran goes on afterwards. 'pause' first, or 'break\n"
		   "PLACE -n 1 --stay', and it stays where the last step led.",
	.example = "5 --cpu 1",
	.options = options,
	.use = CLI_USES_STOPPED_TARGET,
	.check = check,
	.run = run,
};
