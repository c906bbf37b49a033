/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists that --stop makes a picture of one moment: the guest stands while they are read.
 */
#ifndef SONDE_CLI_STANDSTILL_H
#define SONDE_CLI_STANDSTILL_H

#include "cli.h"

/**
 * Calls @p read, which reads a list and keeps it in @p user, in the place of one that it
 * kept there before. With --stop the guest stands meanwhile, and goes on before anything
 * is printed; a notice says for how long it stood. Commands that read so have
 * cli_command.stops_itself.
 */
int cli_read_standing(struct cli *cli,
	struct sonde_error *(*read)(struct cli *cli, void *user), void *user);

#endif
