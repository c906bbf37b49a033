/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sonde, the command: looks into a running system from outside.
 *
 * Whatever a command does, main() gets back here and detaches; nothing exits half-way.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dispatch.h"
#include "options.h"
#include "signals.h"

enum {
	REAPING_ATTEMPTS = 100,
	REAPING_PAUSE_US = 100,
};

/* Errors in the command line are JSON, too, wherever --json stands in it. */
static bool wants_json(int count, char *const *words)
{
	for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
		if (!strcmp(words[i], "--json"))
			return true;
	return false;
}

/*
 * The guard is nobody's child, so it would fall to the system's first process, which in a
 * container may not care for it. It falls to us instead, and is gone by now, or nearly.
 */
static void reap_guards(void)
{
	for (int i = 0; i < REAPING_ATTEMPTS; i++) {
		pid_t ended = waitpid(-1, NULL, WNOHANG);

		if (ended < 0)
			return;
		if (ended == 0)
			usleep(REAPING_PAUSE_US);
	}
}

int main(int argc, char **argv)
{
	struct cli_arguments arguments;
	struct cli cli = {.json = wants_json(argc, argv)};
	size_t count = argc > 0 ? (size_t)argc - 1 : 0;
	int status;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cli_begin(&cli);
	cli_signals_init();
	status = cli_arguments_parse(&cli, count, argv + 1, &arguments);
	if (status != CLI_DONE)
		return status;
	status = cli_run_once(&cli, &arguments);
	cli_arguments_deinit(&arguments);
	free(cli.settings.target);
	free(cli.settings.level);
	free(cli.settings.symbols);
	reap_guards();
	return status;
}
