/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "kernel.h"
#include "options.h"
#include "report.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"id", 3},
	{"parent", 6},
	{"device", 6},
	{"type", 8},
	{"options", 8},
	{"super_options", .json_only = true},
	{"source", 8},
	{"root", 4},
	{"path"},
	{"torn", .json_only = true},
	{NULL},
};

static bool put(struct cli_output *output, const struct sonde_mount *mount)
{
	char device[24];

	snprintf(device, sizeof(device), "%" PRIu32 ":%" PRIu32, mount->major,
		mount->minor);
	cli_put_integer(output, mount->id);
	cli_put_integer(output, mount->parent_id);
	cli_put_text(output, device);
	cli_put_guest_text(output, mount->type);
	cli_put_text(output, mount->options);
	cli_put_text(output, mount->super_options);
	cli_put_guest_text(output, mount->source);
	cli_put_guest_text(output, mount->root);
	cli_put_guest_text(output, mount->path);
	cli_put_boolean(output, mount->torn);
	return cli_output_row(output);
}

static int show(struct cli *cli, struct sonde_mounts *mounts)
{
	const struct sonde_mount *mount;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((mount = sonde_mounts_next(mounts)))
		if (!put(&output, mount))
			break;
	if (sonde_mounts_incomplete(mounts))
		cli_notice(cli, "mounts may be missing: %s",
			sonde_mounts_incomplete(mounts));
	return cli_output_end(&output);
}

struct reading {
	struct sonde_mounts_options options;
	struct sonde_mounts *mounts;
};

static struct sonde_error *read_mounts(struct cli *cli, void *user)
{
	struct reading *reading = user;

	sonde_mounts_close(reading->mounts);
	reading->mounts = NULL;
	return sonde_mounts_open(cli->target, &reading->options, &reading->mounts);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct reading reading = {
		.options =
			{
				.size = sizeof(reading.options),
				.unreachable = cli_option_given(arguments, "--all"),
			},
	};
	int status = cli_need_kernel(cli);

	cli_option_number(arguments, "--pid", &reading.options.pid);
	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_mounts, &reading);
	if (status == CLI_DONE)
		status = show(cli, reading.mounts);
	sonde_mounts_close(reading.mounts);
	return status;
}

static const struct cli_option options[] = {
	{"--pid", "N", "as this process sees them, not the first one", .number = true,
		.positive = true},
	{"--all", NULL, "those, too, that no path leads to"},
	{NULL},
};

const struct cli_command cli_command_mounts = {
	.name = "mounts",
	.operands_max = 0,
	.summary = "what is mounted, where, and how",
	.example = "--pid 1",
	.options = options,
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
};
