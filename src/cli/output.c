/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where rows go. A reader that hangs must not hang the guest for longer than it
 * has to, so a signal interrupts a write: then stdout has failed for good.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "output.h"
#include "output_text.h"
#include "report.h"

void cli_output_begin(struct cli_output *output, struct cli *cli, enum cli_form form,
	const struct cli_column *columns)
{
	*output = (struct cli_output){.cli = cli, .form = form, .columns = columns};
	while (columns[output->column_count].name)
		output->column_count++;
}

static void note_failure(struct cli *cli)
{
	if (!cli->output_errno)
		cli->output_errno = errno ?: EIO;
}

bool cli_output_flush(struct cli *cli)
{
	if (!cli->output_errno && (ferror(stdout) || fflush(stdout) != 0))
		note_failure(cli);
	return !cli->output_errno;
}

int cli_output_status(struct cli *cli)
{
	int number = cli->output_errno;

	if (!number || number == EPIPE)
		return CLI_DONE;
	cli->output_errno = EPIPE;
	return cli_fail(cli, number == EINTR ? SONDE_ERROR_INTERRUPTED : SONDE_ERROR_IO,
		"writing the output", NULL, "%s",
		number == EINTR ? "interrupted" : strerror(number));
}

/* --- cells ---------------------------------------------------------------------- */

static bool grow(struct cli_output *output)
{
	size_t capacity = output->cell_capacity ? output->cell_capacity * 2 : 64;
	char **cells = reallocarray(output->cells, capacity, sizeof(*cells));

	if (!cells)
		return false;
	output->cells = cells;
	output->cell_capacity = capacity;
	return true;
}

/* Takes both; what the form does not need is NULL. */
static void put(struct cli_output *output, struct json_object *value, char *text)
{
	const struct cli_column *column = &output->columns[output->put++];

	if (output->cli->json) {
		if (!output->row)
			output->row = json_object_new_object();
		json_object_object_add(output->row, column->name, value);
		free(text);
		return;
	}
	json_object_put(value);
	if (output->cell_count == output->cell_capacity && !grow(output)) {
		errno = ENOMEM;
		note_failure(output->cli);
		free(text);
		return;
	}
	output->cells[output->cell_count++] = text;
}

void cli_put_json(struct cli_output *output, struct json_object *value, const char *text)
{
	put(output, value, text && !output->cli->json ? strdup(text) : NULL);
}

void cli_put_null(struct cli_output *output)
{
	put(output, NULL, NULL);
}

static void put_formatted(struct cli_output *output, struct json_object *value,
	const char *format, ...) PRINTF(3, 4);

static void put_formatted(
	struct cli_output *output, struct json_object *value, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	put(output, value, text);
}

void cli_put_integer(struct cli_output *output, uint64_t value)
{
	put_formatted(output, output->cli->json ? json_object_new_uint64(value) : NULL,
		"%" PRIu64, value);
}

void cli_put_boolean(struct cli_output *output, bool value)
{
	put(output, output->cli->json ? json_object_new_boolean(value) : NULL,
		output->cli->json ? NULL : strdup(value ? "yes" : "no"));
}

void cli_put_decimal(struct cli_output *output, double value, int digits)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", digits, value);
	put_formatted(output,
		output->cli->json ? json_object_new_double_s(value, text) : NULL, "%s",
		text);
}

/* Takes @p text. */
static void put_string(struct cli_output *output, char *text)
{
	struct json_object *value = NULL;

	if (text && output->cli->json)
		value = json_object_new_string(text);
	put(output, value, text);
}

void cli_put_hex(struct cli_output *output, uint64_t value)
{
	char text[2 + 16 + 1];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	put_string(output, strdup(text));
}

void cli_put_text(struct cli_output *output, const char *text)
{
	put_string(output, text ? cli_escape(text, strlen(text), false) : NULL);
}

void cli_put_guest_text(struct cli_output *output, const char *text)
{
	put_string(output, text ? cli_escape(text, strlen(text), true) : NULL);
}

void cli_put_guest_bytes(struct cli_output *output, const char *bytes, size_t length)
{
	put_string(output, cli_escape(bytes, length, true));
}

char *cli_hex_digits(const uint8_t *data, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(length * 2 + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[length * 2] = '\0';
	return text;
}

void cli_put_data(struct cli_output *output, const uint8_t *data, size_t length)
{
	put_string(output, cli_hex_digits(data, length));
}

/* --- rows ---------------------------------------------------------------------- */

static void drop_cells(struct cli_output *output)
{
	for (size_t i = 0; i < output->cell_count; i++)
		free(output->cells[i]);
	output->cell_count = 0;
}

static void print_object(struct cli_output *output)
{
	puts(json_object_to_json_string_ext(
		output->row, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(output->row);
	output->row = NULL;
}

bool cli_output_row(struct cli_output *output)
{
	output->put = 0;
	if (output->cli->json) {
		print_object(output);
	} else if (output->form == CLI_STREAM) {
		cli_text_print_rows(output);
		drop_cells(output);
	}
	if (output->form == CLI_STREAM)
		return cli_output_flush(output->cli);
	if (ferror(stdout))
		note_failure(output->cli);
	return !output->cli->output_errno;
}

int cli_output_end(struct cli_output *output)
{
	if (!output->cli->json && output->form == CLI_LIST)
		cli_text_print_list(output);
	else if (!output->cli->json)
		cli_text_print_rows(output);
	drop_cells(output);
	free(output->cells);
	json_object_put(output->row);
	output->cells = NULL;
	output->row = NULL;
	if (ferror(stdout))
		note_failure(output->cli);
	return cli_output_status(output->cli);
}
