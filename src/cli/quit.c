/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	(void)arguments;
	cli->quit = true;
	return CLI_DONE;
}

const struct cli_command cli_command_quit = {
	.name = "quit",
	.alias = "exit q detach",
	.summary = "leave the shell; the guest stays as pause or resume left it, else as "
		   "it was found",
	.example = "",
	.use = CLI_USES_NOTHING,
	.shell_only = true,
	.run = run,
};
