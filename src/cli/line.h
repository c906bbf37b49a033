/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of source code, as places and as fields of rows. */
#ifndef SONDE_CLI_LINE_H
#define SONDE_CLI_LINE_H

#include "output.h"

/** Whether @p text is FILE:LINE: "exec.c:1234", "fs/exec.c:1234". */
bool cli_is_line(const char *text);

/** Where the line @p text begins, and which one was taken: if it is another one, that is
 * said. The caller frees @p ret. Reports what is wrong. */
int cli_find_line(struct cli *cli, const char *text, struct sonde_line *ret_line,
	uint64_t **ret, size_t *count);

/** The same where one place is wanted: several are reported. */
int cli_find_line_once(struct cli *cli, const char *text, uint64_t *ret);

/**
 * Puts two fields, file and line, of what is at @p address: null where the user has not
 * named a file with symbols (--symbols) or a line, since to look for one takes longer
 * than what most want.
 */
void cli_put_line(struct cli_output *output, uint64_t address);

/** Puts both as null. */
void cli_put_no_line(struct cli_output *output);

/**
 * Puts the functions at @p address that were inlined there as a field: objects with
 * function, file and line, the innermost first, and last the function that has them. Null
 * where nothing is inlined, and as cli_put_line().
 */
void cli_put_inlines(struct cli_output *output, uint64_t address);

/** The two columns. */
#define CLI_LINE_COLUMNS                 \
	{"file", .optional = true},      \
	{                                \
		"line", .optional = true \
	}

#endif
