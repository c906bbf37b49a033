/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <string.h>

#include "options.h"
#include "output.h"
#include "registers.h"
#include "report.h"
#include "session.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"cpu"},
	{"name"},
	{"value"},
	{"bits"},
	{"why"},
	{NULL},
};

static struct sonde_error *put(struct cli_output *output, struct sonde_thread *thread,
	const struct sonde_register *reg)
{
	struct sonde_register_value value;
	char text[CLI_REGISTER_TEXT];
	struct sonde_error *error;
	const char *why = NULL;

	error = sonde_thread_read_register(thread, reg, &value);
	if (error)
		return error;
	cli_put_integer(output, sonde_thread_number(thread));
	cli_put_guest_text(output, reg->name);
	if (value.available) {
		cli_format_register(&value, text);
		cli_put_text(output, text);
	} else {
		cli_put_null(output);
	}
	cli_put_integer(output, reg->bits);
	if (!value.available)
		sonde_error_destroy(sonde_thread_explain_register(thread, reg, &why));
	cli_put_text(output, why);
	cli_output_row(output);
	return NULL;
}

static bool is_usual(const struct sonde_register *reg)
{
	return !strcmp(reg->group, "general") || !strcmp(reg->group, "system");
}

static struct sonde_error *put_groups(
	struct cli_output *output, struct sonde_thread *thread, bool all)
{
	const struct sonde_register *registers;
	struct sonde_error *error;
	size_t count = 0;

	error = sonde_target_registers(output->cli->target, &registers, &count);
	for (size_t i = 0; !error && i < count; i++)
		if (all || is_usual(&registers[i]))
			error = put(output, thread, &registers[i]);
	return error;
}

/* All names are looked up before anything is shown. */
static int check_names(struct cli *cli, struct sonde_thread *thread,
	const struct cli_arguments *arguments)
{
	const struct sonde_register *reg;
	int status = CLI_DONE;

	for (size_t i = 0; status == CLI_DONE && i < arguments->operand_count; i++)
		status = cli_find_register(cli, thread, arguments->operands[i], &reg);
	return status;
}

static struct sonde_error *put_named(struct cli_output *output,
	struct sonde_thread *thread, const struct cli_arguments *arguments)
{
	struct sonde_error *error = NULL;

	for (size_t i = 0; !error && i < arguments->operand_count; i++) {
		const struct sonde_register *reg;

		if (cli_find_register(output->cli, thread, arguments->operands[i],
			    &reg) == CLI_DONE)
			error = put(output, thread, reg);
	}
	return error;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_thread *thread;
	struct cli_output output;
	struct sonde_error *error;
	int status;

	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	status = check_names(cli, thread, arguments);
	if (status != CLI_DONE)
		return status;
	cli_output_begin(&output, cli, CLI_TABLE, columns);
	error = arguments->operand_count ? put_named(&output, thread, arguments)
					 : put_groups(&output, thread,
						   cli_option_given(arguments, "--all"));
	status = cli_output_end(&output);
	return error ? cli_report(cli, error) : status;
}

static const struct cli_option options[] = {
	{"--cpu", "N", "of this CPU [the one that stopped last]", .number = true},
	{"--all", NULL, "float and vector registers, too"},
	{NULL},
};

const struct cli_command cli_command_regs = {
	.name = "regs",
	.operands = "[NAME...]",
	.operands_max = UINT_MAX,
	.summary = "registers, control registers included",
	.example = "--cpu 1 rip cr3",
	.options = options,
	.use = CLI_OBSERVES_TARGET,
	.completes_registers = true,
	.run = run,
};
