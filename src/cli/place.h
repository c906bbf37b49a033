/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options that say which instructions of a place are meant: --inside, --call-sites. */
#ifndef SONDE_CLI_PLACE_H
#define SONDE_CLI_PLACE_H

#include "cli.h"

struct cli_arguments;

/** Rows of a table of struct cli_option. */
#define CLI_PLACE_OPTIONS                                                             \
	{"--inside", "KINDS",                                                         \
		"instructions of the function at PLACE: calls, returns, tail-calls, " \
		"jumps, "                                                             \
		"with commas between"},                                               \
		{"--call-sites", NULL,                                                \
			"where the function at PLACE is called, in all code"},        \
	{                                                                             \
		"--all", NULL, "all symbols that are called so, where several are"    \
	}

/** What is wrong with them is reported: CLI_USAGE. */
int cli_check_places(struct cli *cli, const struct cli_arguments *arguments);

/**
 * Sets the kind of probe, its kinds of instructions and whether all are meant; the kind
 * stays as it is where no option says it.
 */
void cli_take_places(
	const struct cli_arguments *arguments, struct sonde_probe_options *options);

#endif
