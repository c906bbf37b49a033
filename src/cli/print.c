/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "kernel.h"
#include "number.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "table.h"
#include "typed.h"

enum {
	/** Structures within structures that are shown unless told otherwise. */
	DEPTH = 1,
};

static const struct cli_column columns[] = {
	{"expression"}, {"type"}, {"value"}, {"address"}, {NULL}};

static unsigned depth_of(const struct cli_arguments *arguments)
{
	uint64_t depth = DEPTH;

	cli_option_number(arguments, "--depth", &depth);
	return depth > UINT_MAX ? UINT_MAX : (unsigned)depth;
}

/* What "--write" allows; without it an assignment does not parse. */
static struct sonde_error *parse(
	const struct cli_arguments *arguments, struct sonde_expression **ret)
{
	const char *text = arguments->operands[0];

	if (cli_option_given(arguments, "--write"))
		return sonde_expression_create_assignment(text, ret);
	return sonde_expression_create(text, ret);
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_expression *expression;
	struct sonde_error *error;

	if (cli_option_given(arguments, "--locals") != !arguments->operand_count)
		return cli_usage(cli, arguments->command,
			"either an expression or --locals is needed");
	if (!arguments->operand_count)
		return CLI_DONE;
	error = parse(arguments, &expression);
	if (!error) {
		sonde_expression_destroy(expression);
		return CLI_DONE;
	}
	if (!cli_option_given(arguments, "--write")) {
		struct sonde_error *other = sonde_expression_create_assignment(
			arguments->operands[0], &expression);

		if (!other) {
			sonde_expression_destroy(expression);
			sonde_error_destroy(error);
			return cli_fail(cli, SONDE_ERROR_PERMISSION, "print",
				"add --write if the guest's memory shall be changed",
				"nothing is written without --write");
		}
		sonde_error_destroy(other);
	}
	return cli_report_usage(cli, error);
}

static int show_text(struct cli *cli, const struct sonde_value *value, unsigned depth)
{
	struct sonde_value_format format = {
		.size = sizeof(format),
		.depth = depth,
		.name_address = cli_name_address,
		.context = cli->target,
	};
	char *text;

	CLI_TRY(cli, sonde_value_format(value, &format, &text));
	cli_print_lines(text);
	free(text);
	return cli_output_status(cli);
}

static void put_row(struct cli_output *output, const char *expression,
	const struct sonde_value *value, unsigned depth)
{
	char *type = cli_type_name(value->type);

	cli_put_text(output, expression);
	cli_put_guest_text(output, type);
	cli_put_json(output, cli_value_json(value, depth), NULL);
	if (value->has_address)
		cli_put_hex(output, value->address);
	else
		cli_put_null(output);
	cli_output_row(output);
	free(type);
}

/* A name alone, of whose type nothing is known, has an address but no value. */
static int check_type(struct cli *cli, const char *text, const struct sonde_value *value)
{
	if (sonde_type_kind(value->type) != SONDE_TYPE_VOID)
		return CLI_DONE;
	char *hint;
	int status;

	if (asprintf(&hint,
		    "say what it is: print '(unsigned long)%s'; or --symbols FILE, if "
		    "its vmlinux has DWARF",
		    text) < 0)
		hint = NULL;
	status = cli_fail(cli, SONDE_ERROR_INVALID, text, hint,
		"it lies at 0x%" PRIx64 ", but its type is not known", value->address);
	free(hint);
	return status;
}

static int show(struct cli *cli, const struct cli_arguments *arguments,
	const struct sonde_value *values, size_t count)
{
	const char *text = arguments->operands[0];
	struct cli_output output;
	unsigned depth = depth_of(arguments);
	int status = CLI_DONE;

	for (size_t i = 0; i < count && status == CLI_DONE; i++)
		status = check_type(cli, text, &values[i]);
	if (status != CLI_DONE)
		return status;
	if (cli->json)
		cli_output_begin(&output, cli, CLI_STREAM, columns);
	for (size_t i = 0; i < count && status == CLI_DONE && !cli->output_errno; i++) {
		if (cli->json)
			put_row(&output, text, &values[i], depth);
		else
			status = show_text(cli, &values[i], depth);
	}
	return cli->json ? cli_output_end(&output) : status;
}

/* --- all variables of a function -------------------------------------------------- */

static const struct cli_column local_columns[] = {
	{"expression"}, {"type"}, {"value"}, {"address"}, {"function"}, {NULL}};

static void put_local(
	struct cli_output *output, const struct sonde_local *local, unsigned depth)
{
	bool known = !*local->why;
	char *type = cli_type_name(local->value.type);

	cli_put_text(output, local->name);
	cli_put_guest_text(output, type);
	cli_put_json(output, known ? cli_value_json(&local->value, depth) : NULL, NULL);
	if (known && local->value.has_address)
		cli_put_hex(output, local->value.address);
	else
		cli_put_null(output);
	cli_put_text(output, local->function);
	cli_output_row(output);
	free(type);
}

static int show_local(
	struct cli *cli, const struct sonde_local *local, bool is_first, unsigned depth)
{
	char *name = cli_escape(local->name, strlen(local->name), false);
	char *function = cli_escape(local->function, strlen(local->function), false);

	if (is_first)
		printf("%s():\n", function ?: "");
	printf("%s = ", name ?: "");
	free(name);
	free(function);
	if (!*local->why)
		return show_text(cli, &local->value, depth);
	printf("(%s)\n", local->why);
	return cli_output_status(cli);
}

static int show_locals(struct cli *cli, struct sonde_thread *thread, unsigned depth)
{
	struct cli_output output;
	struct sonde_local *locals;
	size_t count;
	int status = cli_need_kernel(cli);

	if (status != CLI_DONE)
		return status;
	if (sonde_target_state(cli->target) != SONDE_STATE_STOPPED)
		return CLI_WANTS_STOP;
	CLI_TRY(cli, sonde_target_locals(cli->target, thread, &locals, &count));
	if (cli->json)
		cli_output_begin(&output, cli, CLI_STREAM, local_columns);
	for (size_t i = 0; i < count && status == CLI_DONE && !cli->output_errno; i++) {
		bool is_first = !i || locals[i].frame != locals[i - 1].frame;

		if (cli->json)
			put_local(&output, &locals[i], depth);
		else
			status = show_local(cli, &locals[i], is_first, depth);
	}
	free(locals);
	return cli->json ? cli_output_end(&output) : status;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_expression *expression;
	struct sonde_thread *thread;
	struct sonde_value *values;
	struct sonde_error *error;
	bool is_list;
	size_t count;
	int status = CLI_DONE;

	/* Numbers need no kernel, names do; who waits wants to have one. */
	if (cli->settings.wait && !strcmp(sonde_target_kind(cli->target), "Linux"))
		status = cli_need_kernel(cli);
	if (status != CLI_DONE)
		return status;
	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	if (cli_option_given(arguments, "--locals"))
		return show_locals(cli, thread, depth_of(arguments));
	CLI_TRY(cli, parse(arguments, &expression));
	error = sonde_probe_evaluate_standing(
		expression, cli->target, thread, &is_list, &values, &count);
	sonde_expression_destroy(expression);
	if (error && sonde_error_kind(error) == SONDE_ERROR_RUNNING) {
		sonde_error_destroy(error);
		return CLI_WANTS_STOP;
	}
	CLI_TRY(cli, error);
	status = show(cli, arguments, values, count);
	free(values);
	return status;
}

static const struct cli_option options[] = {
	{"--cpu", "N", "whose registers and task are meant [the one that stopped last]",
		.number = true},
	{"--depth", "N", "show structures within structures, N levels deep [1]",
		.number = true},
	{"--write", NULL, "do an assignment: PLACE = VALUE"},
	{"--locals", NULL,
		"all variables of the function where the CPU stands, by DWARF"},
	{NULL},
};

const struct cli_command cli_command_print = {
	.name = "print",
	.alias = "p",
	.operands = "EXPR",
	.operands_min = 0,
	.operands_max = 1,
	.summary = "the value of a C expression with the kernel's types",
	.example = "'init_task.comm'",
	.options = options,
	.completes_symbols = true,
	.use = CLI_OBSERVES_TARGET,
	.check = check,
	.run = run,
};
