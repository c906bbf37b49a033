/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int cli_find_line(struct cli *cli, const char *text, uint64_t **ret, size_t *count)
{
	const char *colon = strrchr(text, ':');
	unsigned wanted = number_of(colon + 1);
	struct sonde_error *error;
	struct sonde_line line;
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
	error = sonde_line_find(cli->target, file, wanted, &line, ret, count);
	free(file);
	CLI_TRY(cli, error);
	cli->has_lines = true;
	if (line.line != wanted)
		cli_notice(cli, "%s has no code at line %u: line %u is the next that has",
			line.file, wanted, line.line);
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
	uint64_t *addresses;
	size_t count;
	int status = cli_find_line(cli, text, &addresses, &count);

	if (status != CLI_DONE)
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
