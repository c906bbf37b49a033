/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <time.h>

#include "dispatch.h"
#include "help.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "session.h"
#include "signals.h"

void cli_begin(struct cli *cli)
{
	cli->began = 0;
	cli->began = cli_seconds(cli);
}

int cli_prepare(struct cli *cli, const struct cli_arguments *arguments, bool *run)
{
	const struct cli_command *command = arguments->command;
	int status = cli_settings_apply(cli, arguments);

	*run = false;
	if (status != CLI_DONE)
		return status;
	if (cli_option_given(arguments, "--version")) {
		printf("sonde %s\n", sonde_version());
		return CLI_DONE;
	}
	if (cli_option_given(arguments, "--help") || cli_option_given(arguments, "-h"))
		return cli_help_print(cli, command);
	if (!command)
		return cli_usage(cli, NULL, "no command");
	if (command->needs)
		return cli_absent(cli, command->name, command->needs);
	if (command->shell_only && !cli->in_shell)
		return cli_usage_hint(cli, command->name, "start one with 'sonde shell'",
			"only the shell has it");
	*run = true;
	return command->check ? command->check(cli, arguments) : CLI_DONE;
}

/* Whether @p command has to find the machine stopped, and can stop it itself. */
static bool needs_stop(const struct cli *cli, const struct cli_command *command)
{
	return command->use == CLI_USES_STOPPED_TARGET ||
	       (command->use == CLI_OBSERVES_TARGET &&
		       ((cli->stop && !command->stops_itself) ||
			       !sonde_target_is_observable(cli->target)));
}

/* What is only watched until then is taken control of. */
static int stop_once(struct cli *cli, const struct cli_command *command)
{
	struct sonde_stop stop;

	if (needs_stop(cli, command) && sonde_target_is_observable(cli->target))
		CLI_TRY(cli, sonde_target_pause(cli->target, &stop));
	return CLI_DONE;
}

/* Sets *@p resume to whether the machine was stopped by this. */
static int stop_now(struct cli *cli, bool *resume)
{
	struct sonde_stop stop;

	CLI_TRY(cli, sonde_target_pause(cli->target, &stop));
	*resume = stop.reason == SONDE_STOP_INTERRUPT;
	return CLI_DONE;
}

/* The same with what it may learn on its way. */
static int run_command(
	struct cli *cli, const struct cli_arguments *arguments, bool *resume)
{
	int status = arguments->command->run(cli, arguments);

	if (status != CLI_WANTS_STOP)
		return status;
	status = stop_now(cli, resume);
	return status == CLI_DONE ? arguments->command->run(cli, arguments) : status;
}

static int attach_and_run(struct cli *cli, const struct cli_arguments *arguments)
{
	int status, detached;
	bool resume;

	status = cli_attach(cli, arguments);
	if (status == CLI_DONE)
		status = stop_once(cli, arguments->command);
	/* Detaching lets it go on. */
	if (status == CLI_DONE)
		status = run_command(cli, arguments, &resume);
	detached = cli_detach(cli);
	/* Ctrl-Z during what was too short to be suspended. */
	if (cli_signals_suspension())
		cli_signals_suspend();
	return status == CLI_DONE ? detached : status;
}

int cli_run_once(struct cli *cli, const struct cli_arguments *arguments)
{
	bool run;
	int status = cli_prepare(cli, arguments, &run);

	if (status == CLI_DONE && run)
		status = arguments->command->use == CLI_USES_NOTHING
				 ? arguments->command->run(cli, arguments)
				 : attach_and_run(cli, arguments);
	if (!cli_output_flush(cli) && status == CLI_DONE)
		status = cli_output_status(cli);
	return status;
}

static int stop_for(struct cli *cli, const struct cli_command *command, bool *resume)
{
	*resume = false;
	if (!needs_stop(cli, command) ||
		sonde_target_state(cli->target) != SONDE_STATE_RUNNING)
		return CLI_DONE;
	return stop_now(cli, resume);
}

/* One that was interrupted on its way leaves the machine as it found it, too. */
static int stop_again(struct cli *cli, const struct cli_command *command, bool stood)
{
	struct sonde_stop stop;
	struct sonde_error *error;

	if (command->use != CLI_USES_STOPPED_TARGET || !stood || cli->quit ||
		sonde_target_state(cli->target) != SONDE_STATE_RUNNING)
		return CLI_DONE;
	cli_signals_hold();
	error = sonde_target_pause(cli->target, &stop);
	cli_signals_release();
	return error ? cli_report(cli, error) : CLI_DONE;
}

int cli_run_in_shell(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_error *error;
	bool run, resume, stood;
	int status = cli_prepare(cli, arguments, &run), stopped;

	if (status != CLI_DONE || !run)
		return status;
	cli->stay_stopped = false;
	cli->goes_back = false;
	cli->ran_before = sonde_target_state(cli->target) == SONDE_STATE_RUNNING;
	stood = sonde_target_state(cli->target) == SONDE_STATE_STOPPED;
	status = stop_for(cli, arguments->command, &resume);
	if (status == CLI_DONE)
		status = run_command(cli, arguments, &resume);
	stopped = stop_again(cli, arguments->command, stood);
	if (status == CLI_DONE)
		status = stopped;
	if (!resume || cli->stay_stopped || cli->quit ||
		sonde_target_state(cli->target) != SONDE_STATE_STOPPED) {
		sonde_target_rest(cli->target);
		return status;
	}
	cli_signals_hold();
	error = sonde_target_resume(cli->target);
	cli_signals_release();
	return error ? cli_report(cli, error) : status;
}
