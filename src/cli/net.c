/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"
#include "options.h"
#include "report.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"protocol", 8},
	{"type", .json_only = true},
	{"state", 11},
	{"local", 20},
	{"remote", 20},
	{"inode", 6},
	{"network", 10},
	{"torn", .json_only = true},
	{NULL},
};

static bool put(struct cli_output *output, const struct sonde_socket *socket)
{
	cli_put_guest_text(output, socket->protocol);
	cli_put_text(output, socket->type);
	cli_put_text(output, socket->state);
	cli_put_guest_text(output, socket->local);
	cli_put_guest_text(output, socket->remote);
	cli_put_integer(output, socket->inode);
	if (socket->network)
		cli_put_integer(output, socket->network);
	else
		cli_put_null(output);
	cli_put_boolean(output, socket->torn);
	return cli_output_row(output);
}

static int show(struct cli *cli, struct sonde_sockets *sockets)
{
	const struct sonde_socket *socket;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((socket = sonde_sockets_next(sockets)))
		if (!put(&output, socket))
			break;
	if (sonde_sockets_incomplete(sockets))
		cli_notice(cli, "sockets may be missing: %s",
			sonde_sockets_incomplete(sockets));
	return cli_output_end(&output);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_sockets_options options = {.size = sizeof(options)};
	struct sonde_sockets *sockets;
	int status = cli_need_kernel(cli);

	if (status != CLI_DONE)
		return status;
	cli_option_number(arguments, "--pid", &options.pid);
	CLI_TRY(cli, sonde_sockets_open(cli->target, &options, &sockets));
	status = show(cli, sockets);
	sonde_sockets_close(sockets);
	return status;
}

static const struct cli_option options[] = {
	{"--pid", "N", "only what is in the network namespace of this process",
		.number = true, .positive = true},
	{NULL},
};

const struct cli_command cli_command_net = {
	.name = "net",
	.operands_max = 0,
	.summary = "the guest's sockets, of all network namespaces",
	.example = "--pid 1",
	.options = options,
	.use = CLI_OBSERVES_TARGET,
	.run = run,
};
