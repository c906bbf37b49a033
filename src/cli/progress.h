/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far long work is, on a terminal only. */
#ifndef SONDE_CLI_PROGRESS_H
#define SONDE_CLI_PROGRESS_H

#include "cli.h"

struct cli_progress {
	struct cli *cli;
	bool wanted;
	/** Something is on the terminal's line. */
	bool shown;
	/** In the command's seconds. */
	double next;
};

void cli_progress_begin(struct cli_progress *progress, struct cli *cli, bool wanted);
void cli_progress_show(struct cli_progress *progress, uint64_t done, uint64_t total);

/** Wipes the line, so that others may write. */
void cli_progress_end(struct cli_progress *progress);

#endif
