/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "kernel.h"
#include "report.h"
#include "session.h"
#include "signals.h"
#include "stops.h"
#include "suspend.h"

const struct cli_column cli_place_columns[] = {
	{"cpu", 3},
	{"pc", 18},
	{"symbol", .optional = true},
	{NULL},
};

void cli_describe_stop(const struct sonde_stop *stop, char *text, size_t size)
{
	switch (stop->reason) {
	case SONDE_STOP_INTERRUPT:
		snprintf(text, size, "it was paused");
		break;
	case SONDE_STOP_STEP:
		snprintf(text, size, "a step ended");
		break;
	case SONDE_STOP_BREAKPOINT:
		snprintf(text, size, "it came to a breakpoint at 0x%" PRIx64, stop->pc);
		break;
	case SONDE_STOP_WATCHPOINT:
		snprintf(text, size,
			"memory that is watched at 0x%" PRIx64 " was touched",
			stop->address);
		break;
	case SONDE_STOP_SIGNAL:
		snprintf(text, size, "signal %u came (GDB's number)", stop->signal);
		break;
	case SONDE_STOP_EXITED:
		snprintf(text, size, "it ended with status %u", stop->signal);
		break;
	case SONDE_STOP_KILLED:
		snprintf(text, size, "signal %u ended it (GDB's number)", stop->signal);
		break;
	case SONDE_STOP_RECORD_END:
		snprintf(text, size, "there is no more of the record in this direction");
		break;
	}
}

int cli_foreign_stop(struct cli *cli, const struct sonde_stop *stop)
{
	bool over =
		stop->reason == SONDE_STOP_EXITED || stop->reason == SONDE_STOP_KILLED;
	char why[128];

	cli_describe_stop(stop, why, sizeof(why));
	if (over)
		return cli_fail(cli, SONDE_ERROR_NOT_FOUND, "the target is gone", NULL,
			"%s", why);
	if (stop->reason == SONDE_STOP_RECORD_END)
		return cli_fail(
			cli, SONDE_ERROR_NOT_FOUND, "the record ends", NULL, "%s", why);
	cli_leave(cli, SONDE_STATE_STOPPED);
	return cli_fail(cli, SONDE_ERROR_INTERRUPTED, "somebody else stopped the target",
		"it is left stopped; 'resume' lets it run", "%s", why);
}

struct sonde_error *cli_put_place(struct cli_output *output, struct sonde_thread *thread)
{
	struct sonde_error *error;
	uint64_t pc;

	error = sonde_thread_read_pc(thread, &pc);
	if (error)
		return error;
	cli_put_integer(output, sonde_thread_number(thread));
	cli_put_hex(output, pc);
	cli_put_symbol(output, pc);
	cli_output_row(output);
	return NULL;
}

/* --- hits ----------------------------------------------------------------------- */

static struct sonde_error *set(struct cli_hits *hits)
{
	return sonde_breakpoint_create(hits->cli->target, hits->kind, hits->address,
		hits->length, &hits->breakpoint);
}

/* While we are suspended nobody sees the hits: they must not stop the guest. */
static struct sonde_error *suspend(struct cli_hits *hits)
{
	struct sonde_error *error = sonde_breakpoint_destroy(hits->breakpoint);

	hits->breakpoint = NULL;
	if (!error)
		error = cli_suspend(hits->cli);
	return error ? error : set(hits);
}

static struct sonde_error *resume_and_wait(
	const struct cli_hits *hits, struct sonde_stop *ret)
{
	struct sonde_target *target = hits->cli->target;
	struct sonde_error *error;

	cli_signals_wait(true);
	/* It may have come before anybody waited. */
	if (cli_signals_suspension()) {
		error = sonde_target_pause(target, ret);
	} else {
		error = hits->reverse ? sonde_target_reverse_resume(target)
				      : sonde_target_resume(target);
		if (!error)
			error = sonde_target_wait(target, -1, ret);
	}
	cli_signals_wait(false);
	return error;
}

/* The next stop that is not there because of Ctrl-Z. */
static struct sonde_error *run_to_stop(struct cli_hits *hits, struct sonde_stop *ret)
{
	struct cli *cli = hits->cli;

	for (;;) {
		struct sonde_error *error = resume_and_wait(hits, ret);

		if (!cli_signals_suspension() || cli_signals_came())
			return error;
		if (error) {
			if (sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED)
				return error;
			sonde_error_destroy(error);
			error = sonde_target_pause(cli->target, ret);
			if (error)
				return error;
		}
		/* A hit that came first is shown first. */
		if (ret->reason != SONDE_STOP_INTERRUPT)
			return NULL;
		error = suspend(hits);
		if (error)
			return error;
	}
}

/* Without a number of hits to wait for, Ctrl-C is how it ends. */
static int end_by_error(struct cli_hits *hits, struct sonde_error *error)
{
	if (hits->wanted || sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED)
		return cli_report(hits->cli, error);
	sonde_error_destroy(error);
	return CLI_DONE;
}

static int show_hits(struct cli_hits *hits)
{
	struct cli *cli = hits->cli;

	for (uint64_t seen = 0;;) {
		struct sonde_stop stop;
		struct sonde_error *error = run_to_stop(hits, &stop);
		bool counts = false;

		if (error)
			return end_by_error(hits, error);
		/* All there were have been shown. */
		if (stop.reason == SONDE_STOP_RECORD_END && !hits->wanted)
			break;
		if (!sonde_breakpoint_caused(hits->breakpoint, &stop))
			return cli_foreign_stop(cli, &stop);
		error = hits->show(hits, &stop, &counts);
		if (error)
			return end_by_error(hits, error);
		if (cli->output_errno)
			return CLI_DONE;
		if (counts && ++seen == hits->wanted)
			break;
	}
	if (hits->stay)
		cli_leave(cli, SONDE_STATE_STOPPED);
	return CLI_DONE;
}

/* The breakpoint comes out whatever state the machine is in. */
static struct sonde_error *take_out(struct cli_hits *hits)
{
	struct sonde_error *error = NULL, *removed;
	struct sonde_stop stop;

	cli_signals_hold();
	if (sonde_target_state(hits->cli->target) == SONDE_STATE_RUNNING)
		error = sonde_target_pause(hits->cli->target, &stop);
	removed = sonde_breakpoint_destroy(hits->breakpoint);
	cli_signals_release();
	if (!error)
		return removed;
	sonde_error_destroy(removed);
	return error;
}

int cli_hits_run(struct cli_hits *hits)
{
	struct sonde_error *error;
	int status, ended;

	CLI_TRY(hits->cli, set(hits));
	cli_output_begin(&hits->output, hits->cli, CLI_STREAM, hits->columns);
	status = show_hits(hits);
	ended = cli_output_end(&hits->output);
	error = take_out(hits);

	if (status == CLI_DONE)
		status = ended;
	/* After a failure it would only say again that the target is gone. */
	if (error && status == CLI_DONE)
		return cli_report(hits->cli, error);
	sonde_error_destroy(error);
	return status;
}
