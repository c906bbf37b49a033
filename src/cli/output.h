/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows on stdout: one JSON object a line, or columns for people. A command says
 * what its columns are, puts one value for each, in order, and ends the row.
 */
#ifndef SONDE_CLI_OUTPUT_H
#define SONDE_CLI_OUTPUT_H

#include "cli.h"

struct json_object;

enum cli_form {
	/** Rows are aligned when all are known. */
	CLI_TABLE,
	/** Rows are printed as they come, in columns of the widths given. */
	CLI_STREAM,
	/** A line for each column: for commands that answer with one row. */
	CLI_LIST,
};

struct cli_column {
	/** The field's name; NULL ends the columns. */
	const char *name;
	/** The least width in a CLI_STREAM. */
	int width;
	/** People do not see the column when the first row has nothing there. */
	bool optional;
	/** People never see it: it is for programs. */
	bool json_only;
};

enum {
	CLI_COLUMNS_MAX = 32,
};

struct cli_output {
	struct cli *cli;
	enum cli_form form;
	const struct cli_column *columns;
	size_t column_count;
	/** JSON: the row that is being put together. */
	struct json_object *row;
	/** Text: the cells so far; NULL: unknown. */
	char **cells;
	size_t cell_count, cell_capacity;
	/** The columns that the current row has. */
	size_t put;
	bool hidden[CLI_COLUMNS_MAX];
	int widths[CLI_COLUMNS_MAX];
	bool began;
};

void cli_output_begin(struct cli_output *output, struct cli *cli, enum cli_form form,
	const struct cli_column *columns);

/** Ends a row. False when stdout has failed: whoever loops stops then. */
bool cli_output_row(struct cli_output *output);

/** Prints what was held back, and frees. Returns as cli_output_status(). */
int cli_output_end(struct cli_output *output);

/**
 * Whether stdout takes what we write. A reader that has gone away is no failure:
 * it has what it wanted. Other failures are reported once.
 */
int cli_output_status(struct cli *cli);

/** Hands what was printed to the system; false when stdout has failed. */
bool cli_output_flush(struct cli *cli);

void cli_put_null(struct cli_output *output);
void cli_put_integer(struct cli_output *output, uint64_t value);
/** Registers, addresses: "0x..". */
void cli_put_hex(struct cli_output *output, uint64_t value);
/** JSON: true or false; people read "yes" or "no". */
void cli_put_boolean(struct cli_output *output, bool value);
void cli_put_decimal(struct cli_output *output, double value, int digits);
/** Our own words, or the user's. NULL: null. */
void cli_put_text(struct cli_output *output, const char *text);
/** Words from the guest or the stub. NULL: null. */
void cli_put_guest_text(struct cli_output *output, const char *text);
/** Contents of memory. */
void cli_put_data(struct cli_output *output, const uint8_t *data, size_t length);
/**
 * A value that has a structure; takes @p value, copies @p text, which may have several
 * lines in a CLI_LIST.
 */
void cli_put_json(struct cli_output *output, struct json_object *value, const char *text);

/** Lower-case hex digits. NULL: no memory. The caller frees. */
char *cli_hex_digits(const uint8_t *data, size_t length);

#endif
