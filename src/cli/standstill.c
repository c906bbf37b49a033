/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"
#include "signals.h"
#include "standstill.h"

static struct sonde_error *let_go(struct cli *cli)
{
	struct sonde_error *error;

	cli_signals_hold();
	error = sonde_target_resume(cli->target);
	cli_signals_release();
	return error;
}

static void say(struct cli *cli, uint64_t nanoseconds)
{
	cli_notice(cli, "the guest stood still for %.1f ms", (double)nanoseconds / 1e6);
}

/* One that runs on is looked at first: what is needed is found then, and remembered. */
static int stop_and_read(struct cli *cli,
	struct sonde_error *(*read)(struct cli *cli, void *user), void *user)
{
	struct sonde_error *error, *error_after;
	struct sonde_stop stop;
	uint64_t before = sonde_target_stood(cli->target);

	CLI_TRY(cli, read(cli, user));
	CLI_TRY(cli, sonde_target_pause(cli->target, &stop));
	error = read(cli, user);
	/* Somebody else's stop is not ours to end. */
	error_after = stop.reason == SONDE_STOP_INTERRUPT ? let_go(cli) : NULL;
	if (!error && !error_after)
		say(cli, sonde_target_stood(cli->target) - before);
	if (error)
		cli_report(cli, error);
	else if (error_after)
		cli_report(cli, error_after);
	if (error)
		sonde_error_destroy(error_after);
	return error || error_after ? CLI_FAILED : CLI_DONE;
}

/* Of one that had to be stopped to be looked at at all. */
static int read_and_let_go(struct cli *cli,
	struct sonde_error *(*read)(struct cli *cli, void *user), void *user)
{
	CLI_TRY(cli, read(cli, user));
	CLI_TRY(cli, let_go(cli));
	/* It has been standing since it was connected to. */
	say(cli, sonde_target_stood(cli->target));
	return CLI_DONE;
}

int cli_read_standing(struct cli *cli,
	struct sonde_error *(*read)(struct cli *cli, void *user), void *user)
{
	enum sonde_state state = sonde_target_state(cli->target);

	if (cli->stop && state == SONDE_STATE_RUNNING)
		return stop_and_read(cli, read, user);
	if (cli->stop && state == SONDE_STATE_STOPPED && !cli->in_shell &&
		sonde_target_found_state(cli->target) == SONDE_STATE_RUNNING)
		return read_and_let_go(cli, read, user);
	CLI_TRY(cli, read(cli, user));
	return CLI_DONE;
}
