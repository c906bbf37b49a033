/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <unistd.h>

#include "progress.h"

/* What takes less than the first is not worth a line (seconds). */
static const double first_after = 1, then_every = 0.2;

void cli_progress_begin(struct cli_progress *progress, struct cli *cli, bool wanted)
{
	*progress = (struct cli_progress){
		.cli = cli,
		.wanted = wanted && !cli->json && isatty(STDERR_FILENO),
		.next = cli_seconds(cli) + first_after,
	};
}

void cli_progress_show(struct cli_progress *progress, uint64_t done, uint64_t total)
{
	double now;

	if (!progress->wanted || !total)
		return;
	now = cli_seconds(progress->cli);
	if (!progress->shown && now < progress->next)
		return;
	fprintf(stderr, "\r%3.0f%% of %.1f MiB", 100.0 * (double)done / (double)total,
		(double)total / (1024 * 1024));
	fflush(stderr);
	progress->shown = true;
	progress->next = now + then_every;
}

void cli_progress_end(struct cli_progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
