/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From global options to an attached target, and the running of one command. */
#ifndef SONDE_CLI_SESSION_H
#define SONDE_CLI_SESSION_H

#include "cli.h"

struct cli_arguments;

/** Takes the global options over into the settings; reports what is wrong. */
int cli_settings_apply(struct cli *cli, const struct cli_arguments *arguments);

/** Loads the helpers that are asked for, and attaches; reports what went wrong. */
int cli_attach(struct cli *cli, const struct cli_arguments *arguments);

/** Detaches, and frees what cli_attach() made. Nothing to do: CLI_DONE. */
int cli_detach(struct cli *cli);

/** What shall become of the guest when the command ends. */
void cli_leave(struct cli *cli, enum sonde_state state);

/** The thread that --cpu names, or the one that stopped last. */
struct sonde_error *cli_find_thread(struct cli *cli,
	const struct cli_arguments *arguments, struct sonde_thread **ret);

#endif
