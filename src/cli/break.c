/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports each time that the machine comes to a place, or returns from a function. A
 * condition that cannot be evaluated for want of memory is false: at other hits the
 * pointer may be good.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "kernel.h"
#include "line.h"
#include "number.h"
#include "options.h"
#include "place.h"
#include "report.h"
#include "session.h"
#include "stops.h"
#include "table.h"

enum {
	/** Of a text that is shown. */
	TEXT_MAX = 200,
};

/* What --print wants, and the words that it was wanted with. */
struct printed {
	struct sonde_expression *expression;
	const char *text;
};

struct probe {
	const char *place;
	/** Where it was met last; what is there, NULL: not known, owned. */
	bool met;
	uint64_t address;
	char *symbol;
	struct printed *printed;
	size_t printed_count;
};

static const struct cli_column columns[] = {
	{"time", 10},
	{"cpu", 3},
	{"pid", 6, .optional = true},
	{"comm", 15, .optional = true},
	{"place", 18},
	{"symbol", 16, .optional = true},
	{"values", .optional = true},
	{NULL},
};

/* --- expressions ---------------------------------------------------------------- */

static struct sonde_error *add_printed(struct probe *probe, const char *text)
{
	struct printed *printed = &probe->printed[probe->printed_count];
	struct sonde_error *error;

	error = sonde_expression_create(text, &printed->expression);
	if (error)
		return error;
	printed->text = text;
	probe->printed_count++;
	return NULL;
}

static int probe_init(
	struct cli *cli, const struct cli_arguments *arguments, struct probe *probe)
{
	probe->place = arguments->operands[0];
	probe->printed = calloc(arguments->given_count + 1, sizeof(*probe->printed));
	if (!probe->printed)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	for (size_t i = 0; i < arguments->given_count; i++)
		if (!strcmp(arguments->given[i].option->name, "--print"))
			CLI_TRY(cli, add_printed(probe, arguments->given[i].value));
	return CLI_DONE;
}

static void probe_deinit(struct probe *probe)
{
	for (size_t i = 0; i < probe->printed_count; i++)
		sonde_expression_destroy(probe->printed[i].expression);
	free(probe->printed);
	free(probe->symbol);
}

/* --- values --------------------------------------------------------------------- */

/* An array of char as its text, an enumerator by its name, else "0x..". */
static struct sonde_error *name_value(const struct sonde_value *value, char **ret)
{
	struct sonde_error *error;
	const char *name = NULL;
	char *text;

	if (sonde_value_is_compound(value)) {
		error = sonde_value_string(value, TEXT_MAX, &text);
		if (!error || sonde_error_kind(error) != SONDE_ERROR_INVALID) {
			*ret = error ? NULL : cli_escape(text, strlen(text), true);
			if (!error)
				free(text);
			return error;
		}
		sonde_error_destroy(error);
	}
	error = sonde_value_enumerator(value, &name);
	if (!error && name)
		*ret = cli_escape(name, strlen(name), true);
	else if (asprintf(ret, "0x%" PRIx64, cli_value_bits(value)) < 0)
		*ret = NULL;
	sonde_error_destroy(error);
	return NULL;
}

/* NULL for what cannot be read here. The caller frees. */
static struct sonde_error *format_value(
	struct sonde_probe_hit *hit, struct sonde_expression *expression, char **ret)
{
	struct sonde_value value;
	struct sonde_error *error;

	*ret = NULL;
	error = sonde_probe_hit_evaluate(hit, expression, &value);
	if (!error)
		error = name_value(&value, ret);
	if (error && sonde_error_kind(error) != SONDE_ERROR_FAULT &&
		sonde_error_kind(error) != SONDE_ERROR_UNSUPPORTED)
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *add_values(const struct probe *probe,
	struct sonde_probe_hit *hit, struct json_object *object, FILE *stream)
{
	for (size_t i = 0; i < probe->printed_count; i++) {
		const struct printed *printed = &probe->printed[i];
		struct sonde_error *error;
		char *name, *value;

		error = format_value(hit, printed->expression, &value);
		if (error)
			return error;
		name = cli_escape(printed->text, strlen(printed->text), false);
		json_object_object_add(
			object, name ?: "", value ? json_object_new_string(value) : NULL);
		fprintf(stream, "%s%s=%s", i ? " " : "", name ?: "", value ?: "-");
		free(name);
		free(value);
	}
	return NULL;
}

/* Takes nothing on an error. Both are to be released by the caller. */
static struct sonde_error *read_values(const struct probe *probe,
	struct sonde_probe_hit *hit, struct json_object **object, char **text)
{
	struct sonde_error *error = NULL;
	FILE *stream;
	size_t size;

	*text = NULL;
	*object = json_object_new_object();
	if (!probe->printed_count)
		return NULL;
	stream = open_memstream(text, &size);
	if (stream) {
		error = add_values(probe, hit, *object, stream);
		fclose(stream);
	}
	return error;
}

/* One place may be at several addresses. */
static void look_up_symbol(struct cli *cli, struct probe *probe, uint64_t address)
{
	if (probe->met && probe->address == address && probe->symbol)
		return;
	free(probe->symbol);
	probe->symbol = cli_symbol_text(cli, address);
	probe->address = address;
	probe->met = true;
}

static struct sonde_error *show(struct cli_hits *hits, struct sonde_probe_hit *hit)
{
	struct cli_output *output = &hits->output;
	struct probe *probe = hits->user;
	struct json_object *values;
	struct sonde_error *error;
	char *text;

	look_up_symbol(hits->cli, probe, sonde_probe_hit_address(hit));
	error = read_values(probe, hit, &values, &text);
	if (!error)
		error = cli_put_hit(hits, hit);
	if (!error) {
		cli_put_text(output, probe->place);
		cli_put_guest_text(output, probe->symbol);
		cli_put_json(output, json_object_get(values), text);
		cli_output_row(output);
	}
	json_object_put(values);
	free(text);
	return error;
}

/* --- the command ---------------------------------------------------------------- */

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	const char *place = arguments->operands[0];
	int status;

	if (cli_option_given(arguments, "--pending") &&
		(!cli_is_symbol(place) || strpbrk(place, "- ")))
		return cli_usage(cli, arguments->command,
			"with --pending PLACE is a symbol, or symbol+offset");
	if (cli_option_given(arguments, "--return") &&
		cli_option_given(arguments, "--reverse"))
		return cli_usage(cli, arguments->command,
			"--return and --reverse exclude each other");
	if (cli_option_given(arguments, "--return") &&
		(cli_option_given(arguments, "--inside") ||
			cli_option_given(arguments, "--call-sites")))
		return cli_usage(cli, arguments->command,
			"--return excludes --inside and --call-sites");
	status = cli_check_places(cli, arguments);
	if (status != CLI_DONE)
		return status;
	if (strchr(place, ':') && !strchr(place, '?') && !cli_is_line(place))
		return cli_absent(cli, place, "symbols of files or processes");
	status = cli_check_place(cli, place);
	for (size_t i = 0; status == CLI_DONE && i < arguments->given_count; i++) {
		const char *name = arguments->given[i].option->name;

		if (!strcmp(name, "--if") || !strcmp(name, "--print"))
			status = cli_check_expression(cli, arguments->given[i].value);
	}
	return status;
}

/* A name by itself says which of several at one address is meant. */
static bool is_name(const char *place)
{
	return cli_is_symbol(place) && !strpbrk(place, "+- ");
}

/* What the library finds by itself it is told by name; the rest is an address. */
static int find(struct cli *cli, const char *place, struct sonde_probe_options *options)
{
	uint64_t *addresses = NULL;
	struct sonde_line line;
	size_t count;
	int status;

	if (cli_is_line(place)) {
		/* Which line is taken has to be said. */
		status = cli_find_line(cli, place, &line, &addresses, &count);
		free(addresses);
		options->place = place;
		return status;
	}
	/* "symbol - 4" is an expression to it. */
	if (options->pending ||
		(options->all && cli_is_symbol(place) && !strpbrk(place, "- "))) {
		options->place = place;
		return options->pending ? cli_await_kernel(cli) : cli_need_kernel(cli);
	}
	if (is_name(place))
		options->place = place;
	return cli_find_instruction(cli, place, NULL, &options->address);
}

static int set_and_run(
	struct cli *cli, const struct cli_arguments *arguments, struct probe *probe)
{
	struct cli_hits hits = {
		.cli = cli, .columns = columns, .show = show, .user = probe};
	int status;

	hits.options.pending = cli_option_given(arguments, "--pending");
	hits.options.kind = cli_option_given(arguments, "--return")
				    ? SONDE_PROBE_RETURN
				    : SONDE_PROBE_INSTRUCTION;
	cli_take_places(arguments, &hits.options);
	status = find(cli, probe->place, &hits.options);
	if (status != CLI_DONE)
		return status;
	cli_option_number(arguments, "-n", &hits.wanted);
	hits.stay = cli_option_given(arguments, "--stay");
	hits.reverse = cli->goes_back = cli_option_given(arguments, "--reverse");
	hits.options.hardware = cli_option_given(arguments, "--hw");
	hits.options.condition = cli_option_value(arguments, "--if");
	return cli_hits_run(&hits);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct probe probe = {NULL};
	int status = probe_init(cli, arguments, &probe);

	if (status == CLI_DONE)
		status = set_and_run(cli, arguments, &probe);
	probe_deinit(&probe);
	return status;
}

static const struct cli_option options[] = {
	{"--if", "COND", "report only hits where this C expression is not 0"},
	{"--return", NULL,
		"when the function at PLACE has returned: 'result' is what it returned"},
	CLI_PLACE_OPTIONS,
	{"--pending", NULL, "wait for PLACE: for the kernel, or the module that has it"},
	{"--hw", NULL, "by a debug register of the CPU"},
	{"-n", "COUNT", "end after so many hits [at Ctrl-C]", .number = true,
		.positive = true},
	{"--stay", NULL, "leave the guest stopped at the last of COUNT hits"},
	{"--reverse", NULL, "go back from hit to hit, where the target replays a record"},
	{"--print", "EXPR", "report this C expression's value, too; more than once"},
	{NULL},
};

const struct cli_command cli_command_break = {
	.name = "break",
	.alias = "b",
	.operands = "PLACE|FILE:LINE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "report each hit of a place and let the guest go on",
	.details = "PLACE is a symbol, symbol+0x10, an address or, where a file\n"
		   "has DWARF, a line: fs/exec.c:1234. COND and EXPR are C:\n"
		   "registers ($rdi), cpu, pid, comm, and at the first instruction\n"
		   "of a function its arguments by their names, where the kernel\n"
		   "has types. The guest goes on after each hit. With '-n 1\n"
		   "--stay' it stands at the first one: 'print', 'step', 'finish'\n"
		   "go on from there, 'resume' lets it go.",
	.example = "vfs_read --if 'count > 4096' --print file -n 5",
	.options = options,
	.completes_symbols = true,
	.use = CLI_USES_STOPPED_TARGET,
	.check = check,
	.run = run,
};
