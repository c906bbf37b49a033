/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"
#include "session.h"
#include "stops.h"
#include "table.h"

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_thread *thread;
	struct cli_output output;
	struct sonde_stop stop;

	(void)arguments;
	CLI_TRY(cli, sonde_target_pause(cli->target, &stop));
	if (stop.reason == SONDE_STOP_EXITED || stop.reason == SONDE_STOP_KILLED)
		return cli_foreign_stop(cli, &stop);
	cli_leave(cli, SONDE_STATE_STOPPED);
	CLI_TRY(cli, sonde_target_current_thread(cli->target, &thread));
	cli_output_begin(&output, cli, CLI_STREAM, cli_place_columns);
	CLI_TRY(cli, cli_put_place(&output, thread));
	return cli_output_end(&output);
}

const struct cli_command cli_command_pause = {
	.name = "pause",
	.summary = "stop the guest and leave it so",
	.example = "",
	.use = CLI_USES_TARGET,
	.run = run,
};
