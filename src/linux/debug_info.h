/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF of the file that goes with the kernel (symbol_files.h): it completes BTF, which
 * has no types of most variables, and takes its place where the kernel has none.
 */
#ifndef SONDE_LINUX_DEBUG_INFO_H
#define SONDE_LINUX_DEBUG_INFO_H

#include <sonde/line.h>
#include <sonde/symbol.h>

#include "dwarf_lines.h"

struct sonde_linux;

/**
 * The DWARF that goes with the kernel, which has to be found already; *@p ret is NULL
 * where no file has any. It lives as long as the kernel is the one that runs, its types
 * until the target closes. An error: the file that the user has named cannot be used,
 * or libdw is not installed (SONDE_ERROR_UNSUPPORTED).
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_dwarf_find(
	struct sonde_linux *kernel, struct sonde_dwarf **ret);

/** The same where there has to be one: SONDE_ERROR_UNSUPPORTED says what is missing. The
 * kernel is looked for first. */
SONDE_NODISCARD struct sonde_error *sonde_linux_dwarf_need(
	struct sonde_linux *kernel, struct sonde_dwarf **ret);

/** The type of the variable or, with @p is_function, of the function that is at
 * @p symbol. Without DWARF it is not found. */
SONDE_NODISCARD struct sonde_error *sonde_linux_dwarf_type_of(struct sonde_linux *kernel,
	const struct sonde_symbol *symbol, bool is_function, bool *found,
	struct sonde_type *ret);

/** A copy of what is known of a line. */
void sonde_linux_take_line(const struct sonde_dwarf_line *line, struct sonde_line *ret);

#endif
