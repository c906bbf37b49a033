/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens to a command line, in main() and in the shell alike. */
#ifndef SONDE_CLI_DISPATCH_H
#define SONDE_CLI_DISPATCH_H

#include "cli.h"

struct cli_arguments;

/** When the command's time starts. */
void cli_begin(struct cli *cli);

/**
 * All that can be said before anything is attached to. Sets *@p run to whether the
 * command is still to be run.
 */
int cli_prepare(struct cli *cli, const struct cli_arguments *arguments, bool *run);

/** Attaches if need be, runs, detaches: the whole life of a process but the shell's. */
int cli_run_once(struct cli *cli, const struct cli_arguments *arguments);

/** Runs at the shell's prompt: the machine goes on afterwards if it ran before. */
int cli_run_in_shell(struct cli *cli, const struct cli_arguments *arguments);

#endif
