/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <sonde/helper.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "signals.h"

enum {
	/** Between two attempts of --wait (microseconds). */
	RETRY_US = 200 * 1000,
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double cli_seconds(const struct cli *cli)
{
	return now() - cli->began;
}

/* --- levels --------------------------------------------------------------------- */

static bool is_level(const char *text)
{
	return !strcmp(text, "machine") || !strcmp(text, "kernel") ||
	       (!strncmp(text, "process:", 8) && text[8]);
}

static int check_level(struct cli *cli, const char *level)
{
	if (!is_level(level))
		return cli_usage_hint(cli, "--level",
			"write machine, kernel, process:PID or process:NAME",
			"there is no level '%s'", level);
	if (!strcmp(level, "machine") || !strcmp(level, "kernel")) {
		cli->settings.level = strdup(level);
		return CLI_DONE;
	}
	return cli_absent(cli, level, "the process level");
}

/*
 * A level may stand after the last slash of a target. So may anything else: the
 * slash of a socket's path is one, too.
 */
static int split_level(struct cli *cli, char *target, const char *level)
{
	char *slash = strrchr(target, '/');

	if (slash && is_level(slash + 1)) {
		if (level && strcmp(level, slash + 1) != 0)
			return cli_usage_hint(cli, target, NULL,
				"the target says level '%s', --level says '%s'",
				slash + 1, level);
		level = slash + 1;
		*slash = '\0';
	}
	return level ? check_level(cli, level) : CLI_DONE;
}

/* How to attach has been said when the shell was started. */
static int apply_in_shell(struct cli *cli, const struct cli_arguments *arguments)
{
	for (size_t i = 0; i < arguments->given_count; i++) {
		const struct cli_option *option = arguments->given[i].option;

		if (option->attaches)
			return cli_usage_hint(cli, option->name,
				"leave the shell with 'quit', and give it to the next "
				"one",
				"the shell is attached already");
	}
	cli->json = cli->settings.json || cli_option_given(arguments, "--json");
	cli->stop = cli->settings.stop || cli_option_given(arguments, "--stop");
	return CLI_DONE;
}

int cli_settings_apply(struct cli *cli, const struct cli_arguments *arguments)
{
	struct cli_settings *settings = &cli->settings;
	const char *target = cli_option_value(arguments, "-t");
	const char *symbols = cli_option_value(arguments, "--symbols");

	if (cli->in_shell)
		return apply_in_shell(cli, arguments);
	cli->json = settings->json || cli_option_given(arguments, "--json");
	settings->json = cli->json;
	settings->wait = cli_option_given(arguments, "--wait");
	settings->stop = cli->stop = cli_option_given(arguments, "--stop");
	settings->no_mapping = cli_option_given(arguments, "--no-map");
	settings->no_guard = cli_option_given(arguments, "--no-guard");
	for (size_t i = 0; i < arguments->given_count; i++)
		if (!strcmp(arguments->given[i].option->name, "-v"))
			settings->verbosity++;
	settings->symbols = symbols ? strdup(symbols) : NULL;
	settings->target = target ? strdup(target) : NULL;
	return target ? split_level(cli, settings->target,
				cli_option_value(arguments, "--level"))
	       : cli_option_given(arguments, "--level")
		       ? check_level(cli, cli_option_value(arguments, "--level"))
		       : CLI_DONE;
}

/* --- attaching ------------------------------------------------------------------ */

/* What can come to be while one waits. A QEMU that is not found may be started yet. */
static bool may_pass(const struct cli *cli, const struct sonde_error *error)
{
	const char *target = cli->settings.target;

	switch (sonde_error_kind(error)) {
	case SONDE_ERROR_BUSY:
	case SONDE_ERROR_IO:
		return true;
	case SONDE_ERROR_NOT_FOUND:
		return !target || !strncmp(target, "qemu:", 5);
	default:
		return false;
	}
}

static int open_target(struct cli *cli)
{
	const char *name = cli->settings.target ?: "a QEMU";
	bool said = false;

	for (;;) {
		double start = now();
		struct sonde_error *error = sonde_open_level(cli->sonde,
			cli->settings.target, cli->settings.level, &cli->target);

		cli->attach_ms = (now() - start) * 1e3;
		if (!error || !cli->settings.wait || !may_pass(cli, error)) {
			CLI_TRY(cli, error);
			return CLI_DONE;
		}
		if (!said)
			cli_notice(
				cli, "waiting for %s: %s", name, sonde_error_why(error));
		said = true;
		sonde_error_destroy(error);
		if (cli_signals_came() || usleep(RETRY_US) < 0 || cli_signals_came())
			return cli_fail(
				cli, SONDE_ERROR_INTERRUPTED, name, NULL, "interrupted");
	}
}

/* The first that was named is the first to be asked. */
static int load_helpers(struct cli *cli, const struct cli_arguments *arguments)
{
	for (size_t i = 0; i < arguments->given_count; i++)
		if (!strcmp(arguments->given[i].option->name, "--helper"))
			CLI_TRY(cli,
				sonde_load_helper(cli->sonde, arguments->given[i].value));
	return CLI_DONE;
}

int cli_attach(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_options options = {
		.size = sizeof(options),
		.log = cli_log,
		.log_user = cli,
		.log_level = cli->settings.verbosity == 0   ? SONDE_LOG_WARNING
			     : cli->settings.verbosity == 1 ? SONDE_LOG_CONSOLE
							    : SONDE_LOG_DEBUG,
		.guard = cli->settings.no_guard ? SONDE_GUARD_REFUSED
						: SONDE_GUARD_REQUIRED,
		.no_mapping = cli->settings.no_mapping,
	};
	int status;

	CLI_TRY(cli, sonde_create(&options, &cli->sonde));
	cli_signals_direct(cli->sonde);
	/* One that came before there was anything to interrupt. */
	if (cli_signals_came())
		sonde_interrupt(cli->sonde);
	status = load_helpers(cli, arguments);
	if (status == CLI_DONE)
		status = open_target(cli);
	if (status == CLI_DONE && cli->settings.symbols)
		CLI_TRY(cli,
			sonde_kernel_use_symbols(cli->target, cli->settings.symbols));
	/* Who asks for the kernel wants to hear that there is none. */
	if (status == CLI_DONE && cli->settings.level &&
		!strcmp(cli->settings.level, "kernel"))
		status = cli_need_kernel(cli);
	return status;
}

int cli_detach(struct cli *cli)
{
	int status = CLI_DONE;

	if (cli->target) {
		struct sonde_error *error = sonde_target_detach(cli->target);

		if (error)
			status = cli_report(cli, error);
		sonde_target_close(cli->target);
		cli->target = NULL;
	}
	cli_signals_direct(NULL);
	sonde_destroy(cli->sonde);
	cli->sonde = NULL;
	return status;
}

void cli_leave(struct cli *cli, enum sonde_state state)
{
	cli->stay_stopped = cli->leaves_stopped = state == SONDE_STATE_STOPPED;
	sonde_target_leave(cli->target, state);
}

struct sonde_error *cli_find_thread(
	struct cli *cli, const struct cli_arguments *arguments, struct sonde_thread **ret)
{
	uint64_t number;

	if (!cli_option_number(arguments, "--cpu", &number))
		return sonde_target_current_thread(cli->target, ret);
	return sonde_target_find_thread(
		cli->target, number > UINT_MAX ? UINT_MAX : (unsigned)number, ret);
}
