/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places of probes, and the options that say which of their instructions are meant. */
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

/**
 * As cli_find_place(). A symbol with an offset that leads into the middle of an
 * instruction, where nobody comes to, is refused; a number is taken as it is.
 */
int cli_find_instruction(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret);

#endif
