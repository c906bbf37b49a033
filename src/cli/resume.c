/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"
#include "session.h"
#include "stops.h"
#include "table.h"

/* The row says from where it goes on. */
static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	bool runs = sonde_target_state(cli->target) == SONDE_STATE_RUNNING;
	struct sonde_thread *thread;
	struct cli_output output;
	struct sonde_stop stop;

	(void)arguments;
	if (runs && !sonde_target_is_observable(cli->target))
		return CLI_DONE;
	/* What was only watched is ours from here on. */
	if (!runs)
		CLI_TRY(cli, sonde_target_pause(cli->target, &stop));
	CLI_TRY(cli, sonde_target_current_thread(cli->target, &thread));
	cli_output_begin(&output, cli, CLI_STREAM, cli_place_columns);
	CLI_TRY(cli, cli_put_place(&output, thread));
	cli_leave(cli, SONDE_STATE_RUNNING);
	if (cli->in_shell && !runs)
		CLI_TRY(cli, sonde_target_resume(cli->target));
	return cli_output_end(&output);
}

const struct cli_command cli_command_resume = {
	.name = "resume",
	.summary = "let the guest run and leave it so",
	.example = "",
	.use = CLI_USES_TARGET,
	.run = run,
};
