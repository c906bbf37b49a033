/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System.map, which the kernel's build leaves beside it (scripts/mksysmap): the lines of
 * nm(1), "ffffffff81000000 T _text". /proc/kallsyms has the same form, and with modules
 * "\t[NAME]" behind it; those lines are passed over, since modules are elsewhere by now.
 */
#ifndef SONDE_SYMBOLS_SYSTEM_MAP_H
#define SONDE_SYMBOLS_SYSTEM_MAP_H

#include "symbol_table.h"

enum {
	/** Of the whole file. Kernels have 5 to 10 million. */
	SONDE_SYSTEM_MAP_BYTES_MAX = 128 << 20,
};

/**
 * Makes a table of the @p length bytes at @p text; the caller destroys @p ret.
 * SONDE_ERROR_BAD_DATA: it is no such list, or one without addresses; says which line.
 */
SONDE_NODISCARD struct sonde_error *sonde_system_map_parse(
	const char *text, size_t length, struct sonde_symbol_table **ret);

#endif
