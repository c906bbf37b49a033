/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <string.h>

#include "kernel.h"
#include "options.h"
#include "report.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"protocol", 8},
	{"type", .json_only = true},
	{"state", 11},
	{"local", 20},
	{"remote", 20},
	{"inode", 6},
	{"network", 10},
	{"pid", 6},
	{"comm"},
	{"torn", .json_only = true},
	{NULL},
};

static const struct cli_column interface_columns[] = {
	{"index", 5},
	{"name", 8},
	{"up", 3},
	{"flags", 6},
	{"mtu", 5},
	{"mac", 17},
	{"network", 10},
	{"addresses"},
	{"torn", .json_only = true},
	{NULL},
};

static void put_network(struct cli_output *output, uint64_t network)
{
	if (network)
		cli_put_integer(output, network);
	else
		cli_put_null(output);
}

static bool put(struct cli_output *output, const struct sonde_socket *socket)
{
	cli_put_guest_text(output, socket->protocol);
	cli_put_text(output, socket->type);
	cli_put_text(output, socket->state);
	cli_put_guest_text(output, socket->local);
	cli_put_guest_text(output, socket->remote);
	cli_put_integer(output, socket->inode);
	put_network(output, socket->network);
	if (socket->pid)
		cli_put_integer(output, socket->pid);
	else
		cli_put_null(output);
	cli_put_guest_text(output, socket->comm);
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

/* An array of what is between blanks. */
static struct json_object *make_array(const char *text)
{
	struct json_object *array = json_object_new_array();

	while (array && *text) {
		size_t length = strcspn(text, " ");

		json_object_array_add(
			array, json_object_new_string_len(text, (int)length));
		text += length + (text[length] == ' ');
	}
	return array;
}

static bool put_interface(
	struct cli_output *output, const struct sonde_interface *interface)
{
	bool json = output->cli->json;

	cli_put_integer(output, interface->index);
	cli_put_guest_text(output, interface->name);
	cli_put_boolean(output, interface->up);
	cli_put_hex(output, interface->flags);
	cli_put_integer(output, interface->mtu);
	cli_put_text(output, *interface->link ? interface->link : NULL);
	put_network(output, interface->network);
	cli_put_json(output, json ? make_array(interface->addresses) : NULL,
		*interface->addresses ? interface->addresses : NULL);
	cli_put_boolean(output, interface->torn);
	return cli_output_row(output);
}

static int show_interfaces(struct cli *cli, struct sonde_interfaces *interfaces)
{
	const struct sonde_interface *interface;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, interface_columns);
	while ((interface = sonde_interfaces_next(interfaces)))
		if (!put_interface(&output, interface))
			break;
	if (sonde_interfaces_incomplete(interfaces))
		cli_notice(cli, "interfaces may be missing: %s",
			sonde_interfaces_incomplete(interfaces));
	return cli_output_end(&output);
}

struct reading {
	uint64_t pid;
	struct sonde_sockets *sockets;
	struct sonde_interfaces *interfaces;
};

static struct sonde_error *read_sockets(struct cli *cli, void *user)
{
	struct reading *reading = user;
	const struct sonde_sockets_options options = {
		.size = sizeof(options), .pid = reading->pid, .users = true};

	sonde_sockets_close(reading->sockets);
	reading->sockets = NULL;
	return sonde_sockets_open(cli->target, &options, &reading->sockets);
}

static struct sonde_error *read_interfaces(struct cli *cli, void *user)
{
	struct reading *reading = user;
	const struct sonde_interfaces_options options = {
		.size = sizeof(options), .pid = reading->pid};

	sonde_interfaces_close(reading->interfaces);
	reading->interfaces = NULL;
	return sonde_interfaces_open(cli->target, &options, &reading->interfaces);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	bool interfaces = cli_option_given(arguments, "--interfaces");
	struct reading reading = {.pid = 0};
	int status = cli_need_kernel(cli);

	cli_option_number(arguments, "--pid", &reading.pid);
	if (status == CLI_DONE)
		status = cli_read_standing(
			cli, interfaces ? read_interfaces : read_sockets, &reading);
	if (status == CLI_DONE)
		status = interfaces ? show_interfaces(cli, reading.interfaces)
				    : show(cli, reading.sockets);
	sonde_interfaces_close(reading.interfaces);
	sonde_sockets_close(reading.sockets);
	return status;
}

static const struct cli_option options[] = {
	{"--interfaces", NULL, "the network interfaces, with their addresses"},
	{"--pid", "N", "only what is in the network namespace of this process",
		.number = true, .positive = true},
	{NULL},
};

const struct cli_command cli_command_net = {
	.name = "net",
	.operands_max = 0,
	.summary = "the guest's sockets, or its network interfaces",
	.example = "--interfaces",
	.options = options,
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
};
