/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel level, for commands: whether there is one, its symbols, places in it. */
#ifndef SONDE_CLI_KERNEL_H
#define SONDE_CLI_KERNEL_H

#include "output.h"

/**
 * Looks for the kernel, and with --wait until there is one; reports what is wrong. For
 * commands that are of no use without.
 */
int cli_need_kernel(struct cli *cli);

/**
 * The same of a target that is stopped, and lets it run until there is one: then it stops
 * it again. Of a target that can be read while it runs, nothing is stopped meanwhile.
 */
int cli_await_kernel(struct cli *cli);

/** "schedule+0x12", or NULL: where it is not known. The guest's bytes; the caller frees.
 */
char *cli_symbol_text(struct cli *cli, uint64_t address);

/** The same as a field. */
void cli_put_symbol(struct cli_output *output, uint64_t address);

/**
 * Whether @p text is a symbol, or one and an offset: "schedule", "schedule+0x10". Else it
 * is an expression.
 */
bool cli_is_symbol(const char *text);

/** Whether @p text can be a place at all: CLI_USAGE, reported, if not. */
int cli_check_place(struct cli *cli, const char *text);

/** The address of a symbol, of a line of source code, or what an expression comes to on
 * @p thread; NULL: on the one that stopped last. Reports what is wrong. */
int cli_find_place(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret);

/** Reports that no symbol is called @p name, and which ones are like it. */
int cli_no_such_symbol(struct cli *cli, const char *name);

#endif
