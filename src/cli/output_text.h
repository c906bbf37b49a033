/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows for people: how the cells that output.c has gathered are laid out. */
#ifndef SONDE_CLI_OUTPUT_TEXT_H
#define SONDE_CLI_OUTPUT_TEXT_H

#include "output.h"

/** Prints the rows that there are, in columns; the first time, with a header. */
void cli_text_print_rows(struct cli_output *output);

/** Prints the first row, a line for each column. */
void cli_text_print_list(struct cli_output *output);

#endif
