/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"
#include "signals.h"
#include "suspend.h"

/* As it was before the command that runs now. */
static bool ran_before(const struct cli *cli)
{
	if (cli->goes_back)
		return false;
	return cli->in_shell
		       ? cli->ran_before
		       : sonde_target_found_state(cli->target) != SONDE_STATE_STOPPED;
}

struct sonde_error *cli_suspend(struct cli *cli)
{
	struct sonde_error *error = NULL;
	struct sonde_stop stop;
	bool runs;

	if (!cli_signals_suspension())
		return NULL;
	cli_signals_hold();
	runs = ran_before(cli);
	if (runs)
		error = sonde_target_resume(cli->target);
	if (!error) {
		cli_notice(cli, "suspended; the guest %s meanwhile",
			runs ? "runs" : "stands still");
		cli_signals_suspend();
		if (runs)
			error = sonde_target_pause(cli->target, &stop);
	}
	cli_signals_release();
	return error;
}
