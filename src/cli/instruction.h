/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Places where a CPU can come to. */
#ifndef SONDE_CLI_INSTRUCTION_H
#define SONDE_CLI_INSTRUCTION_H

#include "cli.h"

/**
 * As cli_find_place(). A symbol with an offset that leads into the middle of an
 * instruction, where nobody comes to, is refused, as far as that can be told; a number is
 * taken as it is.
 */
int cli_find_instruction(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret);

#endif
