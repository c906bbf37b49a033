/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "options.h"
#include "report.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"number", 6},
	{"name", 23},
	{"address", 18},
	{"symbol", 32},
	{"ok", 3},
	{"module", .json_only = true},
	{"expected", .json_only = true},
	{"entry", .json_only = true},
	{"dispatched", .json_only = true},
	{NULL},
};

/* "name+0x10", and the module for people. */
static void put_symbol(struct cli_output *output, const struct sonde_syscall *call)
{
	const char *module = output->cli->json ? NULL : call->module;
	char offset[24] = "", *text;

	if (!call->symbol) {
		cli_put_null(output);
		return;
	}
	if (call->offset)
		snprintf(offset, sizeof(offset), "+0x%" PRIx64, call->offset);
	if (asprintf(&text, "%s%s%s%s%s", call->symbol, offset, module ? " [" : "",
		    module ?: "", module ? "]" : "") < 0)
		text = NULL;
	cli_put_guest_text(output, text);
	free(text);
}

static bool put(struct cli_output *output, const struct sonde_syscall *call)
{
	cli_put_integer(output, call->number);
	cli_put_guest_text(output, call->name);
	cli_put_hex(output, call->address);
	put_symbol(output, call);
	cli_put_boolean(output, call->ok);
	cli_put_guest_text(output, call->module);
	cli_put_text(output, call->expected);
	cli_put_hex(output, call->entry);
	if (call->dispatched_known)
		cli_put_boolean(output, call->dispatched);
	else
		cli_put_null(output);
	return cli_output_row(output);
}

static void tell(struct cli *cli, struct sonde_syscalls *calls, unsigned wrong)
{
	const char *dispatcher = sonde_syscalls_dispatcher(calls);
	const char *incomplete = sonde_syscalls_incomplete(calls);

	if (incomplete)
		cli_notice(cli, "system calls may be missing: %s", incomplete);
	if (wrong)
		cli_notice(cli, "%u of them do not lead to where they should", wrong);
	if (dispatcher)
		cli_notice(cli,
			"this kernel calls them by %s(), and keeps the table for tracing",
			dispatcher);
}

static int show(struct cli *cli, struct sonde_syscalls *calls)
{
	const struct sonde_syscall *call;
	struct cli_output output;
	unsigned wrong = 0;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((call = sonde_syscalls_next(calls))) {
		wrong += !call->ok;
		if (!put(&output, call))
			break;
	}
	tell(cli, calls, wrong);
	return cli_output_end(&output);
}

static struct sonde_error *read_calls(struct cli *cli, void *user)
{
	struct sonde_syscalls **calls = user;

	sonde_syscalls_close(*calls);
	*calls = NULL;
	return sonde_syscalls_open(cli->target, calls);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_syscalls *calls = NULL;
	int status = cli_need_kernel(cli);

	(void)arguments;
	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_calls, &calls);
	if (status == CLI_DONE)
		status = show(cli, calls);
	sonde_syscalls_close(calls);
	return status;
}

const struct cli_command cli_command_syscalls = {
	.name = "syscalls",
	.summary = "the table of system calls, each entry checked",
	.example = "",
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
};
