/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sonde, the command: looks into a running system from outside.
 *
 * Whatever a command does, main() gets back here and detaches; nothing exits half-way.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "options.h"
#include "signals.h"

/* Errors in the command line are JSON, too, wherever --json stands in it. */
static bool wants_json(int count, char *const *words)
{
	for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
		if (!strcmp(words[i], "--json"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct cli_arguments arguments;
	struct cli cli = {.json = wants_json(argc, argv)};
	size_t count = argc > 0 ? (size_t)argc - 1 : 0;
	int status;

	/* For the shell's editor; numbers stay as they are in C. */
	setlocale(LC_CTYPE, "");
	cli_begin(&cli);
	cli_signals_init();
	status = cli_arguments_parse(&cli, count, argv + 1, &arguments);
	if (status != CLI_DONE)
		return status;
	status = cli_run_once(&cli, &arguments);
	cli_arguments_deinit(&arguments);
	free(cli.settings.target);
	return status;
}
