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

int cli_missed(struct cli *cli, const struct sonde_probes_end *end)
{
	if (end->state != SONDE_PROBES_TASK_ENDED)
		return cli_foreign_stop(cli, &end->stop);
	return cli_fail(cli, SONDE_ERROR_NOT_FOUND, "the task has ended",
		"'ps' lists those that are there",
		"it left for good on CPU %u, and came nowhere near before",
		sonde_thread_number(end->stop.thread));
}

int cli_end_probes(struct cli *cli, struct sonde_probes *probes, int status)
{
	struct sonde_error *error;

	cli_signals_hold();
	error = sonde_probes_destroy(probes);
	cli_signals_release();
	if (status == CLI_DONE && error)
		return cli_report(cli, error);
	sonde_error_destroy(error);
	return status;
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

/* Where there is no kernel, none is looked for at the next hit. */
static struct sonde_error *put_task(struct cli_hits *hits, struct sonde_probe_hit *hit)
{
	struct sonde_probe_task task = {.pid = 0};
	struct sonde_error *error = NULL;
	enum sonde_error_kind kind;

	if (!hits->no_tasks)
		error = sonde_probe_hit_task(hit, &task);
	if (!error && !hits->no_tasks) {
		cli_put_integer(&hits->output, task.pid);
		cli_put_guest_text(&hits->output, task.comm);
		return NULL;
	}
	kind = error ? sonde_error_kind(error) : SONDE_ERROR_UNSUPPORTED;
	if (kind != SONDE_ERROR_UNSUPPORTED && kind != SONDE_ERROR_NOT_FOUND &&
		kind != SONDE_ERROR_FAULT && kind != SONDE_ERROR_BAD_DATA)
		return error;
	hits->no_tasks = hits->no_tasks || kind != SONDE_ERROR_FAULT;
	sonde_error_destroy(error);
	cli_put_null(&hits->output);
	cli_put_null(&hits->output);
	return NULL;
}

struct sonde_error *cli_put_hit(struct cli_hits *hits, struct sonde_probe_hit *hit)
{
	cli_put_decimal(&hits->output, cli_seconds(hits->cli), 6);
	cli_put_integer(&hits->output, sonde_thread_number(sonde_probe_hit_thread(hit)));
	return put_task(hits, hit);
}

/* While a row is made nobody waits: Ctrl-Z is seen to afterwards. */
struct sonde_error *cli_hits_handle(struct sonde_probe_hit *hit, void *user)
{
	struct cli_hits *hits = user;
	struct sonde_error *error;

	cli_signals_wait(false);
	error = hits->show(hits, hit);
	cli_signals_wait(true);
	hits->seen += !error;
	if (hits->seen == hits->wanted || hits->cli->output_errno ||
		cli_signals_suspension())
		sonde_probe_hit_stay(hit);
	return error;
}

static struct sonde_error *set(struct cli_hits *hits)
{
	struct sonde_error *error;

	error = sonde_probes_create(hits->cli->target, &hits->probes);
	if (error)
		return error;
	sonde_probes_go_back(hits->probes, hits->reverse);
	if (hits->put_in)
		return hits->put_in(hits);
	return sonde_probe_create(hits->probes, &hits->options, &hits->probe);
}

/* The probe comes out whatever state the machine is in. */
static struct sonde_error *take_out(struct cli_hits *hits)
{
	struct sonde_error *error = NULL, *second;

	cli_signals_hold();
	if (hits->take_out)
		error = hits->take_out(hits);
	second = sonde_probes_destroy(hits->probes);
	if (error)
		sonde_error_destroy(second);
	else
		error = second;
	hits->probes = NULL;
	hits->probe = NULL;
	cli_signals_release();
	return error;
}

static void say_fault(struct cli_hits *hits)
{
	const struct sonde_error *fault =
		hits->probe ? sonde_probe_fault(hits->probe) : NULL;

	if (fault && !hits->fault_said) {
		cli_notice(hits->cli, "the condition is taken as false: %s: %s",
			sonde_error_what(fault), sonde_error_why(fault));
		hits->fault_said = true;
	}
}

/* While we are suspended nobody sees the hits: they must not stop the guest. */
static struct sonde_error *suspend(struct cli_hits *hits)
{
	struct sonde_error *error;

	say_fault(hits);
	error = take_out(hits);
	if (!error)
		error = cli_suspend(hits->cli);
	return error ? error : set(hits);
}

/* A hit that came before the machine could be paused is shown first. */
static struct sonde_error *pause_for_suspension(
	struct cli_hits *hits, struct sonde_probes_end *end)
{
	struct sonde_error *error;
	bool hit;

	error = sonde_probes_pause(hits->probes, &hit);
	if (error || !hit)
		return error;
	error = sonde_probes_dispatch(hits->probes, end);
	if (error || end->state != SONDE_PROBES_RUNNING)
		return error;
	return sonde_probes_pause(hits->probes, &hit);
}

/* Until something ends the loop that is not there because of Ctrl-Z. */
static struct sonde_error *run_to_end(struct cli_hits *hits, struct sonde_probes_end *end)
{
	for (;;) {
		struct sonde_error *error = NULL;

		end->state = SONDE_PROBES_STAYED;
		cli_signals_wait(true);
		/* It may have come before anybody waited. */
		if (!cli_signals_suspension())
			error = sonde_probes_run(hits->probes, -1, end);
		cli_signals_wait(false);
		if (!cli_signals_suspension() || cli_signals_came())
			return error;
		if (error) {
			if (sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED)
				return error;
			sonde_error_destroy(error);
			end->state = SONDE_PROBES_STAYED;
		}
		error = pause_for_suspension(hits, end);
		if (error)
			return error;
		if (end->state == SONDE_PROBES_OTHER_STOP ||
			(hits->wanted && hits->seen == hits->wanted))
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
	struct sonde_probes_end end;
	struct sonde_error *error = run_to_end(hits, &end);

	say_fault(hits);
	if (error)
		return end_by_error(hits, error);
	if (end.state == SONDE_PROBES_OTHER_STOP) {
		/* All there were have been shown. */
		if (end.stop.reason == SONDE_STOP_RECORD_END && !hits->wanted)
			return CLI_DONE;
		return cli_foreign_stop(hits->cli, &end.stop);
	}
	if (hits->stay && !hits->cli->output_errno)
		cli_leave(hits->cli, SONDE_STATE_STOPPED);
	return CLI_DONE;
}

int cli_hits_run(struct cli_hits *hits)
{
	struct sonde_error *error;
	int status, ended;

	hits->options.size = sizeof(hits->options);
	hits->options.handler = cli_hits_handle;
	hits->options.user = hits;
	error = set(hits);
	if (error) {
		sonde_error_destroy(take_out(hits));
		return cli_report(hits->cli, error);
	}
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
