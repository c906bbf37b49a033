/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SONDE_CLI_HELP_H
#define SONDE_CLI_HELP_H

#include "cli.h"

/** Help on @p command, or on the whole program for NULL. Always CLI_DONE. */
int cli_help_print(struct cli *cli, const struct cli_command *command);

/** A completion script for bash, from the table. */
void cli_completion_print(void);

#endif
