/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"
#include "report.h"
#include "session.h"
#include "signals.h"
#include "stops.h"
#include "table.h"

/* The guest runs on while we are suspended; that it stopped is heard afterwards. */
static struct sonde_error *wait_for_stop(struct cli *cli, struct sonde_stop *ret)
{
	for (;;) {
		struct sonde_error *error = NULL;
		bool waited;

		cli_signals_wait(true);
		/* It may have come before anybody waited. */
		waited = !cli_signals_suspension();
		if (waited)
			error = sonde_target_wait(cli->target, -1, ret);
		cli_signals_wait(false);
		if (waited &&
			(!error || sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED ||
				cli_signals_came()))
			return error;
		sonde_error_destroy(error);
		cli_notice(cli, "suspended; the guest runs meanwhile");
		cli_signals_suspend();
	}
}

/* Ctrl-C is how most of these end. */
static struct sonde_error *wait_or_pause(struct cli *cli, struct sonde_stop *ret)
{
	struct sonde_error *error = wait_for_stop(cli, ret);

	if (!error || sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED)
		return error;
	sonde_error_destroy(error);
	cli_signals_hold();
	error = sonde_target_pause(cli->target, ret);
	cli_signals_release();
	return error;
}

/* Of one that is only watched nobody hears that it stops: it becomes ours first. */
static struct sonde_error *start(struct cli *cli, bool reverse)
{
	struct sonde_stop stop;
	struct sonde_error *error = NULL;

	if (reverse || sonde_target_is_observable(cli->target))
		error = sonde_target_pause(cli->target, &stop);
	if (error || reverse)
		return error ?: sonde_target_reverse_resume(cli->target);
	return sonde_target_state(cli->target) == SONDE_STATE_RUNNING
		       ? NULL
		       : sonde_target_resume(cli->target);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct cli_output output;
	struct sonde_stop stop;
	char text[128];

	CLI_TRY(cli, start(cli, cli_option_given(arguments, "--reverse")));
	CLI_TRY(cli, wait_or_pause(cli, &stop));
	if (!stop.thread)
		return cli_foreign_stop(cli, &stop);
	cli_describe_stop(&stop, text, sizeof(text));
	cli_notice(cli, "the target stopped: %s", text);
	cli_output_begin(&output, cli, CLI_STREAM, cli_place_columns);
	CLI_TRY(cli, cli_put_place(&output, stop.thread));
	return cli_output_end(&output);
}

static const struct cli_option options[] = {
	{"--reverse", NULL, "run backwards, where the target replays a record"},
	{NULL},
};

const struct cli_command cli_command_continue = {
	.name = "continue",
	.alias = "c",
	.summary = "let the guest run until it stops, or Ctrl-C stops it",
	.details = "A guest that Ctrl-C stopped stands at the prompt: 'resume'\n"
		   "lets it run again.",
	.example = "",
	.options = options,
	.use = CLI_USES_TARGET,
	.shell_only = true,
	.run = run,
};
