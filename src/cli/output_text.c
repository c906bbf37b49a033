/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output_text.h"

enum {
	/** Between columns. */
	GAP = 2,
};

static bool colours(void)
{
	const char *terminal = getenv("TERM"), *refused = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0 &&
	       !(refused && *refused);
}

/* Columns on a terminal: bytes that continue a character take no place. */
static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static size_t last_shown(const struct cli_output *output)
{
	size_t last = 0;

	for (size_t i = 0; i < output->column_count; i++)
		if (!output->hidden[i])
			last = i;
	return last;
}

static void print_cells(const struct cli_output *output, char *const *cells)
{
	size_t last = last_shown(output);

	for (size_t i = 0; i <= last; i++) {
		const char *text = cells[i] ?: "-";

		if (output->hidden[i])
			continue;
		fputs(text, stdout);
		if (i < last)
			printf("%*s",
				output->widths[i] - width_of(text) + GAP > GAP
					? output->widths[i] - width_of(text) + GAP
					: GAP,
				"");
	}
	putchar('\n');
}

static void print_header(const struct cli_output *output)
{
	char names[CLI_COLUMNS_MAX][32];
	char *cells[CLI_COLUMNS_MAX] = {NULL};

	for (size_t i = 0; i < output->column_count; i++) {
		size_t length = strlen(output->columns[i].name);

		for (size_t j = 0; j <= length; j++) {
			char letter = output->columns[i].name[j];

			names[i][j] =
				letter >= 'a' && letter <= 'z' ? letter - 32 : letter;
		}
		cells[i] = names[i];
	}
	if (colours())
		fputs("\033[1m", stdout);
	print_cells(output, cells);
	if (colours())
		fputs("\033[0m", stdout);
}

static void widen(struct cli_output *output, char *const *cells)
{
	for (size_t i = 0; i < output->column_count; i++) {
		int width = cells[i] ? width_of(cells[i]) : 1;

		if (width > output->widths[i])
			output->widths[i] = width;
	}
}

/* Which columns there are, how wide, from the rows that are known by now. */
static void lay_out(struct cli_output *output)
{
	size_t columns = output->column_count;

	output->began = true;
	for (size_t i = 0; i < columns; i++) {
		output->widths[i] = (int)strlen(output->columns[i].name);
		if (output->columns[i].width > output->widths[i])
			output->widths[i] = output->columns[i].width;
		output->hidden[i] = output->columns[i].json_only ||
				    (output->columns[i].optional && !output->cells[i]);
	}
	for (size_t i = 0; i + columns <= output->cell_count; i += columns)
		widen(output, output->cells + i);
}

void cli_text_print_rows(struct cli_output *output)
{
	size_t columns = output->column_count;

	if (!output->cell_count)
		return;
	if (!output->began) {
		lay_out(output);
		print_header(output);
	}
	for (size_t i = 0; i + columns <= output->cell_count; i += columns)
		print_cells(output, output->cells + i);
}

/* Further lines of a value stand below its first one. */
static void print_value(const char *text, int indent)
{
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("%*s", indent, "");
	}
	putchar('\n');
}

void cli_text_print_list(struct cli_output *output)
{
	int width = 0;

	for (size_t i = 0; i < output->column_count; i++)
		if (width_of(output->columns[i].name) > width)
			width = width_of(output->columns[i].name);
	for (size_t i = 0; i < output->cell_count && i < output->column_count; i++) {
		const char *name = output->columns[i].name;

		printf("%s:%*s ", name, width - width_of(name), "");
		print_value(output->cells[i] ?: "-", width + 2);
	}
}
