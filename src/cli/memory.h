/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands that read and write memory share. */
#ifndef SONDE_CLI_MEMORY_H
#define SONDE_CLI_MEMORY_H

#include "cli.h"

struct cli_arguments;

/** The space that --physical and --cpu ask for, and the address that @p text means. */
int cli_find_memory(struct cli *cli, const struct cli_arguments *arguments,
	const char *text, struct sonde_space **space, uint64_t *address);

/** How many bytes from @p address on were done before @p error, of @p length. */
size_t cli_bytes_before(const struct sonde_error *error, uint64_t address, size_t length);

#endif
