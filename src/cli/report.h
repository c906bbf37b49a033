/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnostics, on stderr: "sonde: WHAT: WHY" and a line with what to try next, or
 * with --json one object {error, what, why, hint}.
 */
#ifndef SONDE_CLI_REPORT_H
#define SONDE_CLI_REPORT_H

#include "cli.h"

/** Reports the library's @p error and destroys it. Always CLI_FAILED. */
int cli_report(struct cli *cli, struct sonde_error *error);

/** Reports an error of our own; @p hint may be NULL. Always CLI_FAILED. */
int cli_fail(struct cli *cli, enum sonde_error_kind kind, const char *what,
	const char *hint, const char *why_format, ...) PRINTF(5, 6);

/** As cli_report(), for an error that the command line is to blame for: CLI_USAGE. */
int cli_report_usage(struct cli *cli, struct sonde_error *error);

/**
 * The command line is wrong; the hint is how to use @p command, or the whole
 * program for NULL. Always CLI_USAGE.
 */
int cli_usage(struct cli *cli, const struct cli_command *command, const char *why_format,
	...) PRINTF(3, 4);

/** As cli_usage(), with a hint of its own. */
int cli_usage_hint(struct cli *cli, const char *what, const char *hint,
	const char *why_format, ...) PRINTF(4, 5);

/** A command or an option that this version knows by name only. Always CLI_FAILED. */
int cli_absent(struct cli *cli, const char *what, const char *needs);

/** Something to know that is no error. */
void cli_notice(struct cli *cli, const char *format, ...) PRINTF(2, 3);

/** What is printed next begins a line, if a Ctrl-C or Ctrl-Z has been shown on the last
 * one. */
void cli_end_echo(struct cli *cli);

/** For struct sonde_options; @p user is the struct cli. */
void cli_log(void *user, enum sonde_log_level level, const char *message);

/** Returns from a command when a call of the library fails. */
#define CLI_TRY(cli, expression)                              \
	do {                                                  \
		struct sonde_error *try_error = (expression); \
		if (try_error)                                \
			return cli_report(cli, try_error);    \
	} while (0)

#endif
