/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMUs on this host. A context of its own: nothing is attached to, and in the shell
 * nothing that is known of the target goes stale.
 */
#include "output.h"
#include "report.h"
#include "signals.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"pid"},
	{"name"},
	{"arch"},
	{"accel"},
	{"state"},
	{"qmp"},
	{"gdb"},
	{"ram_bytes"},
	{"memory"},
	{"why"},
	{NULL},
};

/* Whoever runs a QEMU writes its command line. */
static bool put(struct cli_output *output, const struct sonde_found_qemu *qemu)
{
	cli_put_integer(output, (uint64_t)qemu->pid);
	cli_put_guest_text(output, qemu->name);
	cli_put_guest_text(output, qemu->arch);
	cli_put_guest_text(output, qemu->accel);
	cli_put_guest_text(output, qemu->state);
	cli_put_guest_text(output, qemu->qmp);
	cli_put_guest_text(output, qemu->gdb);
	if (qemu->ram_bytes)
		cli_put_integer(output, qemu->ram_bytes);
	else
		cli_put_null(output);
	cli_put_text(output, qemu->memory);
	cli_put_guest_text(output, qemu->why);
	return cli_output_row(output);
}

static int print(struct cli *cli, const struct sonde_found_qemus *found)
{
	const struct sonde_found_qemu *qemu;
	struct cli_output output;

	/* An empty list is an answer, but people take silence for a failure. */
	if (!sonde_found_qemus_count(found)) {
		if (!cli->json)
			cli_notice(cli, "no QEMU is running on this host");
		return CLI_DONE;
	}
	cli_output_begin(&output, cli, CLI_TABLE, columns);
	for (size_t i = 0; (qemu = sonde_found_qemus_get(found, i)); i++)
		if (!put(&output, qemu))
			break;
	return cli_output_end(&output);
}

static struct sonde_error *discover(
	struct cli *cli, struct sonde *sonde, struct sonde_found_qemus **ret)
{
	struct sonde_error *error;

	cli_signals_direct(sonde);
	if (cli_signals_came())
		sonde_interrupt(sonde);
	error = sonde_discover(sonde, ret);
	/* Back to the shell's, or to nobody. */
	cli_signals_direct(cli->sonde);
	return error;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_options options = {
		.size = sizeof(options),
		.log = cli_log,
		.log_user = cli,
		.log_level =
			cli->settings.verbosity > 1 ? SONDE_LOG_DEBUG : SONDE_LOG_WARNING,
	};
	struct sonde_found_qemus *found;
	struct sonde_error *error;
	struct sonde *sonde;
	int status;

	(void)arguments;
	CLI_TRY(cli, sonde_create(&options, &sonde));
	error = discover(cli, sonde, &found);
	if (error)
		status = cli_report(cli, error);
	else {
		status = print(cli, found);
		sonde_found_qemus_destroy(found);
	}
	sonde_destroy(sonde);
	return status;
}

const struct cli_command cli_command_ls = {
	.name = "ls",
	.summary = "QEMUs on this host, and what can be reached of each",
	.example = "",
	.use = CLI_USES_NOTHING,
	.run = run,
};
