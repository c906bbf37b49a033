/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"
#include "report.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"target"},
	{"arch"},
	{"cpus"},
	{"state"},
	{"ram_bytes"},
	{"memory"},
	{"paging"},
	{"kernel"},
	{"attach_ms"},
	{NULL},
};

/* As it was before we came; at the prompt, as the user has it now. */
static const char *state_of(const struct cli *cli)
{
	if (cli->in_shell)
		return cli->ran_before ? "running" : "paused";
	switch (sonde_target_found_state(cli->target)) {
	case SONDE_STATE_RUNNING:
		return "running";
	case SONDE_STATE_STOPPED:
		return "paused";
	default:
		return NULL;
	}
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_thread *const *threads, *current;
	struct cli_output output;
	const char *paging;
	size_t count;

	(void)arguments;
	CLI_TRY(cli, sonde_target_threads(cli->target, &threads, &count));
	CLI_TRY(cli, sonde_target_current_thread(cli->target, &current));
	CLI_TRY(cli, sonde_target_paging(cli->target, current, &paging));
	cli_output_begin(&output, cli, CLI_LIST, columns);
	cli_put_text(&output, sonde_target_name(cli->target));
	cli_put_text(&output, sonde_target_architecture(cli->target));
	cli_put_integer(&output, count);
	cli_put_text(&output, state_of(cli));
	if (sonde_target_ram_bytes(cli->target))
		cli_put_integer(&output, sonde_target_ram_bytes(cli->target));
	else
		cli_put_null(&output);
	cli_put_text(&output, sonde_target_memory_means(cli->target));
	cli_put_text(&output, paging);
	/* What the kernel level will tell. */
	cli_put_null(&output);
	cli_put_decimal(&output, cli->attach_ms, 3);
	cli_output_row(&output);
	return cli_output_end(&output);
}

const struct cli_command cli_command_info = {
	.name = "info",
	.summary = "what we are attached to",
	.example = "",
	.use = CLI_OBSERVES_TARGET,
	.run = run,
};
