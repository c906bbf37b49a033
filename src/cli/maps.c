/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "kernel.h"
#include "process.h"
#include "report.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"start", 18},
	{"end", 18},
	{"perms", 5},
	{"offset", 6},
	{"device", 6},
	{"inode", 5},
	{"path"},
	{"torn", .json_only = true},
	{NULL},
};

static bool put(struct cli_output *output, const struct sonde_mapping *mapping)
{
	char device[24];

	snprintf(device, sizeof(device), "%02" PRIx32 ":%02" PRIx32, mapping->major,
		mapping->minor);
	cli_put_hex(output, mapping->start);
	cli_put_hex(output, mapping->end);
	cli_put_text(output, mapping->permissions);
	cli_put_integer(output, mapping->offset);
	cli_put_text(output, device);
	cli_put_integer(output, mapping->inode);
	cli_put_guest_text(output, mapping->path);
	cli_put_boolean(output, mapping->torn);
	return cli_output_row(output);
}

static int show(struct cli *cli, struct sonde_mappings *mappings)
{
	const struct sonde_mapping *mapping;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((mapping = sonde_mappings_next(mappings)))
		if (!put(&output, mapping))
			break;
	if (sonde_mappings_incomplete(mappings))
		cli_notice(cli, "areas may be missing: %s",
			sonde_mappings_incomplete(mappings));
	return cli_output_end(&output);
}

struct reading {
	uint64_t pid;
	struct sonde_mappings *mappings;
};

static struct sonde_error *read_mappings(struct cli *cli, void *user)
{
	struct reading *reading = user;

	sonde_mappings_close(reading->mappings);
	reading->mappings = NULL;
	return sonde_mappings_open(cli->target, reading->pid, NULL, &reading->mappings);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct reading reading = {.pid = cli_process(arguments)};
	int status = cli_need_kernel(cli);

	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_mappings, &reading);
	if (status == CLI_DONE)
		status = show(cli, reading.mappings);
	sonde_mappings_close(reading.mappings);
	return status;
}

const struct cli_command cli_command_maps = {
	.name = "maps",
	.operands = "PID",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "the memory areas of a process",
	.example = "1",
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
	.check = cli_check_process,
};
