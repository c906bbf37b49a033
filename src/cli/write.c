/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "memory.h"
#include "number.h"
#include "options.h"
#include "report.h"
#include "table.h"

struct bytes {
	uint8_t *data;
	size_t length;
};

/* The operands behind the address, digits joined. The caller frees data. */
static int parse(
	struct cli *cli, const struct cli_arguments *arguments, struct bytes *ret)
{
	struct bytes bytes = {NULL};
	size_t capacity = 0;

	for (size_t i = 1; i < arguments->operand_count; i++)
		capacity += strlen(arguments->operands[i]) / 2;
	bytes.data = malloc(capacity + 1);
	if (!bytes.data)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	for (size_t i = 1; i < arguments->operand_count; i++) {
		if (cli_parse_hex(
			    arguments->operands[i], bytes.data, capacity, &bytes.length))
			continue;
		free(bytes.data);
		return cli_usage_hint(cli, arguments->operands[i],
			"write two hex digits a byte, the first byte first: 90 or 0f05",
			"these are no bytes in hex");
	}
	*ret = bytes;
	return CLI_DONE;
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	struct bytes bytes;
	int status = cli_check_place(cli, arguments->operands[0]);

	if (status == CLI_DONE)
		status = parse(cli, arguments, &bytes);
	if (status != CLI_DONE)
		return status;
	free(bytes.data);
	if (!cli_option_given(arguments, "--write"))
		return cli_fail(cli, SONDE_ERROR_PERMISSION, "write",
			"add --write if the guest's memory shall be changed",
			"nothing is written without --write");
	return CLI_DONE;
}

/* Data are written while the guest runs; whoever needs it stopped says so. */
static int report(struct cli *cli, struct sonde_error *error)
{
	if (!error)
		return CLI_DONE;
	if (sonde_error_kind(error) != SONDE_ERROR_RUNNING)
		return cli_report(cli, error);
	sonde_error_destroy(error);
	return CLI_WANTS_STOP;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_error *error;
	struct sonde_space *space;
	struct bytes bytes = {NULL};
	uint64_t address;
	int status;

	status =
		cli_find_memory(cli, arguments, arguments->operands[0], &space, &address);
	if (status == CLI_DONE)
		status = parse(cli, arguments, &bytes);
	if (status != CLI_DONE)
		return status;
	error = bytes.length ? sonde_space_write(space, address, bytes.data, bytes.length)
			     : NULL;
	free(bytes.data);
	return report(cli, error);
}

static const struct cli_option options[] = {
	{"--write", NULL, "really do it"},
	{"--physical", NULL, "ADDR is a physical address"},
	{"--pid", "N", "as this process sees memory", "the process level"},
	{"--cpu", "N", "as this CPU sees memory [the one that stopped last]",
		.number = true},
	{NULL},
};

const struct cli_command cli_command_write = {
	.name = "write",
	.operands = "ADDR HEX...",
	.operands_min = 2,
	.operands_max = UINT_MAX,
	.summary = "change memory; refuses unless given --write",
	.example = "--write '$rsp' 41424344",
	.options = options,
	.completes_symbols = true,
	.use = CLI_OBSERVES_TARGET,
	.check = check,
	.run = run,
};
