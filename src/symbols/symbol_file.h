/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file with a kernel's symbols: an ELF file or a System.map, told by its content. */
#ifndef SONDE_SYMBOLS_SYMBOL_FILE_H
#define SONDE_SYMBOLS_SYMBOL_FILE_H

#include "build_id.h"
#include "symbol_table.h"

struct sonde_dwarf;
struct sonde_elf_file;
struct sonde_types;

struct sonde_symbol_file {
	/** As it was opened. */
	char *path;
	int fd;
	/** NULL: it is a System.map. */
	struct sonde_elf_file *elf;
	/** NULL: it has been stripped of them. */
	struct sonde_symbol_table *symbols;
	/** "": unknown. */
	char build_id[SONDE_BUILD_ID_BYTES];
	/** "": unknown. Never freed. */
	const char *architecture;
};

/**
 * Opens and reads the regular file at @p path; the caller closes @p ret.
 * SONDE_ERROR_BAD_DATA: it is neither. SONDE_ERROR_NOT_FOUND: there is none.
 */
SONDE_NODISCARD struct sonde_error *sonde_symbol_file_open(
	const char *path, struct sonde_symbol_file **ret);
/** NULL is allowed. */
void sonde_symbol_file_close(struct sonde_symbol_file *file);

/** Whether it has types, as far as one sees without reading them. */
bool sonde_symbol_file_has_types(struct sonde_symbol_file *file);

/** Its types; *@p ret is NULL where it has none. The caller destroys it. */
SONDE_NODISCARD struct sonde_error *sonde_symbol_file_types(
	struct sonde_symbol_file *file, unsigned pointer_bytes, struct sonde_types **ret);

/**
 * Its DWARF, as sonde_dwarf_open(); *@p ret is NULL where it has none. The caller
 * destroys it, before or after @p file is closed.
 */
SONDE_NODISCARD struct sonde_error *sonde_symbol_file_dwarf(
	struct sonde_symbol_file *file, bool mapped, struct sonde_dwarf **ret);

#endif
