/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's log. To follow it, memory is looked at ten times a second, which stops no
 * QEMU; a target that only a stub reaches is stopped for each look.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "options.h"
#include "report.h"
#include "signals.h"
#include "standstill.h"
#include "suspend.h"
#include "table.h"

enum {
	/** Between two looks (microseconds). */
	LOOK_US = 100 * 1000,
};

static const struct cli_column columns[] = {
	{"time", 12},
	{"level", 6},
	{"text"},
	{"facility", .json_only = true},
	{"sequence", .json_only = true},
	{"complete", .json_only = true},
	{"torn", .json_only = true},
	{NULL},
};

/* --- records ---------------------------------------------------------------------- */

/* A number for programs, a word for people. */
static void put_level(struct cli_output *output, unsigned level)
{
	cli_put_json(output, output->cli->json ? json_object_new_int((int)level) : NULL,
		sonde_kernel_log_level_name(level));
}

static bool put_line(struct cli_output *output, const struct sonde_kernel_record *record,
	const char *text, size_t length)
{
	/* Cut, as the kernel does. */
	uint64_t microseconds = record->time / 1000;

	cli_put_decimal(output, (double)microseconds / 1e6, 6);
	put_level(output, record->level);
	cli_put_guest_bytes(output, text, length);
	cli_put_integer(output, record->facility);
	cli_put_integer(output, record->sequence);
	cli_put_boolean(output, record->complete);
	cli_put_boolean(output, record->torn);
	return cli_output_row(output);
}

/* For people, a line each. */
static bool put(struct cli_output *output, const struct sonde_kernel_record *record)
{
	const char *text = record->text;
	size_t left = record->length;

	while (!output->cli->json) {
		const char *end = memchr(text, '\n', left);

		if (!end)
			break;
		if (!put_line(output, record, text, (size_t)(end - text)))
			return false;
		left -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	return put_line(output, record, text, left);
}

static void show(struct cli_output *output, struct sonde_kernel_log *log)
{
	const char *incomplete = sonde_kernel_log_incomplete(log);
	const struct sonde_kernel_record *record;

	while ((record = sonde_kernel_log_next(log)))
		if (!put(output, record))
			return;
	if (incomplete)
		cli_notice(output->cli, "records may be missing: %s", incomplete);
}

/* --- following -------------------------------------------------------------------- */

/* Lets the guest get on until the next look. */
static struct sonde_error *wait_a_while(struct cli *cli)
{
	bool stopped = !sonde_target_is_observable(cli->target) &&
		       sonde_target_state(cli->target) == SONDE_STATE_STOPPED;
	struct sonde_error *error = NULL;
	struct sonde_stop stop;

	if (stopped)
		error = sonde_target_resume(cli->target);
	cli_signals_wait(true);
	if (!error && !cli_signals_suspension() && !cli_signals_came())
		usleep(LOOK_US);
	cli_signals_wait(false);
	if (!error && stopped)
		error = sonde_target_pause(cli->target, &stop);
	sonde_target_rest(cli->target);
	if (!error && cli_signals_suspension() && !cli_signals_came()) {
		if (stopped)
			return cli_suspend(cli);
		cli_signals_suspend();
	}
	return error;
}

static void tell_news(struct cli *cli, const struct sonde_kernel_log_news *news)
{
	if (news->restarted)
		cli_notice(cli, "another kernel runs now: this is its log");
	if (news->lost)
		cli_notice(cli,
			"%" PRIu64 " records were overwritten before they were read",
			news->lost);
}

static bool is_kind(const struct sonde_error *error, enum sonde_error_kind kind)
{
	return error && sonde_error_kind(error) == kind;
}

/* One round. While the guest starts again there is no kernel; *@p said: that was said. */
static struct sonde_error *look(struct cli *cli, struct cli_output *output,
	struct sonde_kernel_log *log, bool *said)
{
	struct sonde_kernel_log_news news = {.size = sizeof(news)};
	struct sonde_error *error = wait_a_while(cli);

	if (error || cli_signals_came())
		return error;
	error = sonde_kernel_log_read(log, &news);
	if (is_kind(error, SONDE_ERROR_NOT_FOUND)) {
		if (!*said)
			cli_notice(cli, "waiting: %s", sonde_error_why(error));
		*said = true;
		sonde_error_destroy(error);
		return NULL;
	}
	if (error)
		return error;
	*said = false;
	tell_news(cli, &news);
	show(output, log);
	return NULL;
}

static int follow(
	struct cli *cli, struct cli_output *output, struct sonde_kernel_log *log)
{
	bool said = false;

	while (!cli_signals_came() && !cli->output_errno) {
		struct sonde_error *error = look(cli, output, log, &said);

		if (is_kind(error, SONDE_ERROR_INTERRUPTED) && cli_signals_came()) {
			sonde_error_destroy(error);
			break;
		}
		CLI_TRY(cli, error);
	}
	return CLI_DONE;
}

/* --- the command ------------------------------------------------------------------ */

static bool follows(const struct cli_arguments *arguments)
{
	return cli_option_given(arguments, "-f") ||
	       cli_option_given(arguments, "--follow");
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	if (follows(arguments) && cli->stop)
		return cli_usage(cli, arguments->command,
			"a guest that is stopped writes no log: -f and --stop exclude "
			"each "
			"other");
	return CLI_DONE;
}

/* Behind a stub, one that was found standing still is left so. */
static int check_running(struct cli *cli)
{
	if (sonde_target_is_observable(cli->target) ||
		sonde_target_state(cli->target) == SONDE_STATE_RUNNING ||
		sonde_target_found_state(cli->target) == SONDE_STATE_RUNNING)
		return CLI_DONE;
	return cli_fail(cli, SONDE_ERROR_UNSUPPORTED, "following the kernel's log",
		"'resume' lets it run; without -f the log is shown as it is",
		"the target stands still");
}

struct reading {
	struct sonde_kernel_log_options options;
	struct sonde_kernel_log *log;
};

static struct sonde_error *read_records(struct cli *cli, void *user)
{
	struct reading *reading = user;

	sonde_kernel_log_close(reading->log);
	reading->log = NULL;
	return sonde_kernel_log_open(cli->target, &reading->options, &reading->log);
}

static int show_all(struct cli *cli, const struct reading *reading)
{
	struct cli_output output;
	int status = CLI_DONE, ended;

	cli_output_begin(&output, cli, CLI_STREAM, columns);
	show(&output, reading->log);
	if (reading->options.follow)
		status = follow(cli, &output, reading->log);
	ended = cli_output_end(&output);
	return status == CLI_DONE ? ended : status;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct reading reading = {.options = {.size = sizeof(reading.options),
					  .follow = follows(arguments)}};
	int status = cli_need_kernel(cli);

	if (status == CLI_DONE && reading.options.follow)
		status = check_running(cli);
	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_records, &reading);
	if (status == CLI_DONE)
		status = show_all(cli, &reading);
	sonde_kernel_log_close(reading.log);
	return status;
}

static const struct cli_option options[] = {
	{"-f", NULL, "go on with what the kernel says from now on, until Ctrl-C"},
	{"--follow", NULL, "the same", .hidden = true},
	{NULL},
};

const struct cli_command cli_command_dmesg = {
	.name = "dmesg",
	.summary = "the kernel's log, a panicked kernel's last words included",
	.example = "-f",
	.options = options,
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.check = check,
	.run = run,
};
