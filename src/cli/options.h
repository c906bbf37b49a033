/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line: a command, its operands, and options, which may stand anywhere
 * before "--". Global options are known before the command and after it.
 */
#ifndef SONDE_CLI_OPTIONS_H
#define SONDE_CLI_OPTIONS_H

#include "cli.h"

struct cli_given {
	const struct cli_option *option;
	/** NULL for an option without an argument. */
	const char *value;
};

/** All words are borrowed from whoever called cli_arguments_parse(). */
struct cli_arguments {
	/** NULL: none was named. */
	const struct cli_command *command;
	const char **operands;
	size_t operand_count;
	struct cli_given *given;
	size_t given_count;
};

/** The options that all commands have; ends with an entry without a name. */
extern const struct cli_option cli_global_options[];

/** Reports what is wrong. The caller deinitializes @p ret after success only. */
int cli_arguments_parse(
	struct cli *cli, size_t count, char *const *words, struct cli_arguments *ret);

void cli_arguments_deinit(struct cli_arguments *arguments);

bool cli_option_given(const struct cli_arguments *arguments, const char *name);

/** The last argument given to the option, or NULL. */
const char *cli_option_value(const struct cli_arguments *arguments, const char *name);

/** The same as a number, which is known to be one; false: not given. */
bool cli_option_number(
	const struct cli_arguments *arguments, const char *name, uint64_t *ret);

#endif
