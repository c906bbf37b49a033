/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that users name. */
#ifndef SONDE_CLI_PROCESS_H
#define SONDE_CLI_PROCESS_H

#include "options.h"

/** Whether the first operand can be a process: CLI_USAGE, reported, if not. */
int cli_check_process(struct cli *cli, const struct cli_arguments *arguments);

/** The number that the first operand is. */
uint64_t cli_process(const struct cli_arguments *arguments);

#endif
