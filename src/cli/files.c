/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "kernel.h"
#include "process.h"
#include "report.h"
#include "socket.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"fd", 3},
	{"type", 9},
	{"flags", 8},
	{"position", 8},
	{"device", .json_only = true},
	{"inode", .json_only = true},
	{"special", .json_only = true},
	{"socket", 6},
	{"path"},
	{"torn", .json_only = true},
	{NULL},
};

static void put_device(struct cli_output *output, uint32_t major, uint32_t minor)
{
	char text[24];

	snprintf(text, sizeof(text), "%02" PRIx32 ":%02" PRIx32, major, minor);
	cli_put_text(output, text);
}

static bool put(struct cli_output *output, const struct sonde_file *file)
{
	char flags[16];

	snprintf(flags, sizeof(flags), "0%" PRIo32, file->flags);
	cli_put_integer(output, file->fd);
	cli_put_text(output, sonde_file_type_name(file->type));
	cli_put_text(output, flags);
	cli_put_integer(output, file->position);
	put_device(output, file->major, file->minor);
	cli_put_integer(output, file->inode);
	if (file->type == SONDE_FILE_CHARACTER_DEVICE ||
		file->type == SONDE_FILE_BLOCK_DEVICE)
		put_device(output, file->special_major, file->special_minor);
	else
		cli_put_null(output);
	cli_put_socket(output, file->socket);
	cli_put_guest_text(output, file->path);
	cli_put_boolean(output, file->torn);
	return cli_output_row(output);
}

static int show(struct cli *cli, struct sonde_files *files)
{
	const struct sonde_file *file;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((file = sonde_files_next(files)))
		if (!put(&output, file))
			break;
	if (sonde_files_incomplete(files))
		cli_notice(
			cli, "files may be missing: %s", sonde_files_incomplete(files));
	return cli_output_end(&output);
}

struct reading {
	uint64_t pid;
	struct sonde_files *files;
};

static struct sonde_error *read_files(struct cli *cli, void *user)
{
	struct reading *reading = user;

	sonde_files_close(reading->files);
	reading->files = NULL;
	return sonde_files_open(cli->target, reading->pid, NULL, &reading->files);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct reading reading = {.pid = cli_process(arguments)};
	int status = cli_need_kernel(cli);

	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_files, &reading);
	if (status == CLI_DONE)
		status = show(cli, reading.files);
	sonde_files_close(reading.files);
	return status;
}

const struct cli_command cli_command_files = {
	.name = "files",
	.operands = "PID",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "the files that a process has open, sockets with their addresses",
	.example = "1",
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
	.check = cli_check_process,
};
