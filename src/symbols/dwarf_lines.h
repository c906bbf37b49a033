/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines of source code, from DWARF's line tables. Addresses are those that the file was
 * linked to.
 */
#ifndef SONDE_SYMBOLS_DWARF_LINES_H
#define SONDE_SYMBOLS_DWARF_LINES_H

#include "dwarf_info.h"

enum {
	/** Places of one line. */
	SONDE_DWARF_PLACES_MAX = 1024,
};

struct sonde_dwarf_line {
	/** Without the directory that it was compiled in; lives as long as the DWARF. */
	const char *file;
	unsigned line;
};

/** What @p address was compiled from; of inlined code, where that stands. */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_line_at(struct sonde_dwarf *dwarf,
	uint64_t address, bool *found, struct sonde_dwarf_line *ret);

/** Where a line of source code begins. */
struct sonde_dwarf_places {
	/** The one that was asked for, or the next one that has code. */
	struct sonde_dwarf_line line;
	/** Ascending. A line in an inlined function begins in each that has it. Owned. */
	uint64_t *addresses;
	size_t count;
};

/**
 * Where line @p line of @p file begins. All files match whose paths end with @p file,
 * in whole parts. SONDE_ERROR_NOT_FOUND: there is no such file, or no code from this line
 * on; it says which. SONDE_ERROR_INVALID: files of different directories match. The
 * caller frees @ref addresses.
 */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_find_line(struct sonde_dwarf *dwarf,
	const char *file, unsigned line, struct sonde_dwarf_places *ret);

#endif
