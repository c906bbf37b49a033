/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registers by their names, and their values as text. */
#ifndef SONDE_CLI_REGISTERS_H
#define SONDE_CLI_REGISTERS_H

#include "cli.h"

enum {
	CLI_REGISTER_TEXT = 2 + 2 * SONDE_REGISTER_MAX_BYTES + 1,
};

/** Reports a name that no register has; a '$' may stand before it. */
int cli_find_register(struct cli *cli, struct sonde_thread *thread, const char *name,
	const struct sonde_register **ret);

/** "0x..": all digits for registers wider than 64 bits. */
void cli_format_register(
	const struct sonde_register_value *value, char text[CLI_REGISTER_TEXT]);

#endif
