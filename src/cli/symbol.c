/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "line.h"
#include "number.h"
#include "options.h"
#include "place.h"
#include "report.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"name", 32},
	{"address", 18},
	{"bytes", 8},
	{"kind", 4},
	{"module", .optional = true},
	CLI_LINE_COLUMNS,
	{"inlined", .optional = true},
	{NULL},
};

static bool is_glob(const char *text)
{
	return strpbrk(text, "*?[") && !strpbrk(text, "$() ");
}

static bool is_name(const char *text)
{
	return cli_is_symbol(text) && !strpbrk(text, "+- ");
}

static void put_fields(struct cli_output *output, const struct sonde_symbol *symbol)
{
	const char kind[] = {symbol->kind, '\0'};

	cli_put_guest_text(output, symbol->name);
	cli_put_hex(output, symbol->address);
	if (symbol->bytes)
		cli_put_integer(output, symbol->bytes);
	else
		cli_put_null(output);
	cli_put_guest_text(output, kind);
	cli_put_guest_text(output, *symbol->module ? symbol->module : NULL);
}

/* A row, with the line of @p address. */
static bool put(
	struct cli_output *output, const struct sonde_symbol *symbol, uint64_t address)
{
	put_fields(output, symbol);
	cli_put_line(output, address);
	cli_put_inlines(output, address);
	return cli_output_row(output);
}

/* Lines of thousands of symbols would take minutes. */
static bool put_without_line(struct cli_output *output, const struct sonde_symbol *symbol)
{
	put_fields(output, symbol);
	cli_put_no_line(output);
	cli_put_null(output);
	return cli_output_row(output);
}

/* *@p count: how many there were. */
static struct sonde_error *list_matching(
	struct cli_output *output, const char *pattern, unsigned *count)
{
	uint64_t position = 0;
	bool more = true;

	for (*count = 0; more;) {
		struct sonde_symbol symbol;
		struct sonde_error *error;

		error = sonde_symbol_next(
			output->cli->target, pattern, &position, &symbol, &more);
		if (error)
			return error;
		if (more)
			++*count;
		if (more && !put_without_line(output, &symbol))
			return NULL;
	}
	return NULL;
}

static struct sonde_error *list_named(
	struct cli_output *output, const char *name, unsigned *count)
{
	for (*count = 0;; ++*count) {
		struct sonde_symbol symbol;
		struct sonde_error *error;

		error = sonde_symbol_find(output->cli->target, name, *count, &symbol);
		if (error && sonde_error_kind(error) == SONDE_ERROR_NOT_FOUND) {
			sonde_error_destroy(error);
			return NULL;
		}
		if (error)
			return error;
		if (!put(output, &symbol, symbol.address))
			return NULL;
	}
}

static int list(struct cli *cli, const char *text)
{
	struct cli_output output;
	struct sonde_error *error;
	unsigned count;
	int status;

	cli_output_begin(&output, cli, CLI_STREAM, columns);
	if (is_glob(text))
		error = list_matching(&output, text, &count);
	else
		error = list_named(&output, text, &count);
	status = cli_output_end(&output);
	if (error)
		return cli_report(cli, error);
	if (status != CLI_DONE || count || cli->output_errno)
		return status;
	return is_glob(text) ? cli_fail(cli, SONDE_ERROR_NOT_FOUND, text, NULL,
				       "no symbol's name is like that")
			     : cli_no_such_symbol(cli, text);
}

static int show_at(struct cli *cli, const char *text)
{
	struct cli_output output;
	struct sonde_symbol symbol;
	uint64_t address;
	int status = cli_find_place(cli, text, NULL, &address);

	if (status != CLI_DONE)
		return status;
	CLI_TRY(cli, sonde_symbol_at(cli->target, address, &symbol));
	cli_output_begin(&output, cli, CLI_STREAM, columns);
	put(&output, &symbol, address);
	return cli_output_end(&output);
}

/* Rows of symbols with offsets; @p line NULL: each has its own. */
static int show_addresses(struct cli *cli, const uint64_t *addresses, size_t count,
	const struct sonde_line *line)
{
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_STREAM, columns);
	for (size_t i = 0; i < count && !cli->output_errno; i++) {
		struct sonde_symbol symbol = {.kind = '?'};
		struct sonde_error *error =
			sonde_symbol_at(cli->target, addresses[i], &symbol);
		const char kind[] = {symbol.kind, '\0'};

		cli_put_symbol(&output, addresses[i]);
		cli_put_hex(&output, addresses[i]);
		cli_put_null(&output);
		cli_put_guest_text(&output, error ? NULL : kind);
		cli_put_guest_text(&output, *symbol.module ? symbol.module : NULL);
		if (line) {
			cli_put_text(&output, line->file);
			cli_put_integer(&output, line->line);
		} else {
			cli_put_line(&output, addresses[i]);
		}
		cli_put_inlines(&output, addresses[i]);
		cli_output_row(&output);
		sonde_error_destroy(error);
	}
	return cli_output_end(&output);
}

/* Where a line begins. */
static int show_line(struct cli *cli, const char *text)
{
	struct sonde_line line;
	uint64_t *addresses;
	size_t count;
	int status = cli_find_line(cli, text, &line, &addresses, &count);

	if (status != CLI_DONE)
		return status;
	status = show_addresses(cli, addresses, count, &line);
	free(addresses);
	return status;
}

/* Where probes of such places would be. */
static int show_places(
	struct cli *cli, const char *text, struct sonde_probe_options *options)
{
	uint64_t *addresses;
	size_t count;
	int status = CLI_DONE;

	options->size = sizeof(*options);
	if (cli_is_line(text) ||
		(options->all && cli_is_symbol(text) && !strpbrk(text, "- ")))
		options->place = text;
	else
		status = cli_find_place(cli, text, NULL, &options->address);
	if (status != CLI_DONE)
		return status;
	CLI_TRY(cli, sonde_probe_find_places(cli->target, options, &addresses, &count));
	status = show_addresses(cli, addresses, count, NULL);
	free(addresses);
	return status;
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	const char *text = arguments->operands[0];
	int status = cli_check_places(cli, arguments);

	if (status != CLI_DONE)
		return status;
	return is_glob(text) ? CLI_DONE : cli_check_place(cli, text);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	const char *text = arguments->operands[0];
	struct sonde_probe_options places = {.kind = SONDE_PROBE_INSTRUCTION};
	int status = cli_need_kernel(cli);

	if (status != CLI_DONE)
		return status;
	cli_take_places(arguments, &places);
	if (places.kind != SONDE_PROBE_INSTRUCTION)
		return show_places(cli, text, &places);
	if (cli_is_line(text))
		return show_line(cli, text);
	return is_glob(text) || is_name(text) ? list(cli, text) : show_at(cli, text);
}

static const struct cli_option options[] = {
	CLI_PLACE_OPTIONS,
	{NULL},
};

const struct cli_command cli_command_symbol = {
	.name = "symbol",
	.operands = "NAME|ADDR|GLOB|FILE:LINE",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "the kernel's symbols: by name, by address, by pattern, by line",
	.example = "'vfs_*'",
	.options = options,
	.completes_symbols = true,
	.use = CLI_OBSERVES_TARGET,
	.run = run,
	.check = check,
};
