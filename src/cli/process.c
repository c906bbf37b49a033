/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"
#include "process.h"
#include "report.h"

int cli_check_process(struct cli *cli, const struct cli_arguments *arguments)
{
	uint64_t pid;

	if (cli_parse_number(arguments->operands[0], &pid))
		return CLI_DONE;
	return cli_usage(cli, arguments->command, "'%s' is no number of a process",
		arguments->operands[0]);
}

uint64_t cli_process(const struct cli_arguments *arguments)
{
	uint64_t pid = 0;

	cli_parse_number(arguments->operands[0], &pid);
	return pid;
}
