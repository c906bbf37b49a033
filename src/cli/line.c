/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "kernel.h"
#include "line.h"
#include "report.h"

enum {
	/** Places that an error lists. */
	LISTED_MAX = 4,
};

/* A path, a colon, a number: nothing that an expression could be. */
bool cli_is_line(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon && colon > text && strpbrk(text, "./") && colon[1] &&
	       strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
	       !strpbrk(text, "?*[]()$&|+ \t\"'<>=!,;");
}

/* 0: it is larger than any file's. */
static unsigned number_of(const char *text)
{
	unsigned long number = strtoul(text, NULL, 10);

	return number <= INT32_MAX ? (unsigned)number : 0;
}

int cli_find_line(struct cli *cli, const char *text, struct sonde_line *ret_line,
	uint64_t **ret, size_t *count)
{
	const char *colon = strrchr(text, ':');
	unsigned wanted = number_of(colon + 1);
	struct sonde_error *error;
	char *file;
	int status = cli_need_kernel(cli);

	if (status != CLI_DONE)
		return status;
	if (!wanted)
		return cli_fail(
			cli, SONDE_ERROR_INVALID, text, NULL, "lines are counted from 1");
	file = strndup(text, (size_t)(colon - text));
	if (!file)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	error = sonde_line_find(cli->target, file, wanted, ret_line, ret, count);
	free(file);
	CLI_TRY(cli, error);
	cli->has_lines = true;
	if (ret_line->line != wanted)
		cli_notice(cli, "%s has no code at line %u: line %u is the next that has",
			ret_line->file, wanted, ret_line->line);
	return CLI_DONE;
}

static int report_several(
	struct cli *cli, const char *text, const uint64_t *addresses, size_t count)
{
	char list[512] = "";

	for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
		char *name = cli_symbol_text(cli, addresses[i]);
		size_t length = strlen(list);

		snprintf(list + length, sizeof(list) - length, "%s0x%" PRIx64 "%s%s%s",
			i ? ", " : "", addresses[i], name ? " (" : "", name ?: "",
			name ? ")" : "");
		free(name);
	}
	return cli_fail(cli, SONDE_ERROR_INVALID, text,
		"'symbol FILE:LINE' lists them: take an address",
		"it begins at %zu places: %s%s", count, list,
		count > LISTED_MAX ? ", .." : "");
}

int cli_find_line_once(struct cli *cli, const char *text, uint64_t *ret)
{
	struct sonde_line line;
	uint64_t *addresses = NULL;
	size_t count = 0;
	int status = cli_find_line(cli, text, &line, &addresses, &count);

	if (status != CLI_DONE || !addresses)
		return status;
	*ret = addresses[0];
	if (count > 1)
		status = report_several(cli, text, addresses, count);
	free(addresses);
	return status;
}

void cli_put_no_line(struct cli_output *output)
{
	cli_put_null(output);
	cli_put_null(output);
}

void cli_put_line(struct cli_output *output, uint64_t address)
{
	const struct cli *cli = output->cli;
	struct sonde_line line;
	struct sonde_error *error;

	if (!cli->settings.symbols && !cli->has_lines) {
		cli_put_no_line(output);
		return;
	}
	error = sonde_line_at(cli->target, address, &line);
	if (error) {
		sonde_error_destroy(error);
		cli_put_no_line(output);
		return;
	}
	cli_put_text(output, line.file);
	cli_put_integer(output, line.line);
}

/* --- inlined functions ------------------------------------------------------------ */

static struct json_object *inline_json(const struct sonde_inline *function)
{
	struct json_object *object = json_object_new_object();
	char *name = cli_escape(function->function, strlen(function->function), false);
	char *file = cli_escape(function->line.file, strlen(function->line.file), false);

	json_object_object_add(object, "function", json_object_new_string(name ?: ""));
	json_object_object_add(
		object, "file", file && *file ? json_object_new_string(file) : NULL);
	json_object_object_add(object, "line",
		function->line.line ? json_object_new_int64(function->line.line) : NULL);
	free(name);
	free(file);
	return object;
}

/* "inner in outer in function". The caller frees. */
static char *inline_text(const struct sonde_inline *functions, size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "%s%s", i ? " in " : "", functions[i].function);
	return fclose(stream) == 0 ? text : NULL;
}

void cli_put_inlines(struct cli_output *output, uint64_t address)
{
	const struct cli *cli = output->cli;
	struct json_object *array = NULL;
	struct sonde_inline *functions;
	struct sonde_error *error;
	char *text = NULL;
	size_t count;

	if (!cli->settings.symbols && !cli->has_lines) {
		cli_put_null(output);
		return;
	}
	error = sonde_line_inlines(cli->target, address, &functions, &count);
	if (error) {
		sonde_error_destroy(error);
		cli_put_null(output);
		return;
	}
	if (count > 1) {
		text = inline_text(functions, count);
		array = cli->json ? json_object_new_array() : NULL;
	}
	for (size_t i = 0; array && i < count; i++)
		json_object_array_add(array, inline_json(&functions[i]));
	cli_put_json(output, array, text);
	free(text);
	free(functions);
}
