/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel as an ELF file of the user's: vmlinux, whole or stripped, or what
 * --only-keep-debug left of one. Read by libelf, section by section, never as a whole.
 */
#ifndef SONDE_SYMBOLS_ELF_FILE_H
#define SONDE_SYMBOLS_ELF_FILE_H

#include "build_id.h"
#include "symbol_table.h"

struct sonde_elf_file;
struct sonde_types;

/**
 * @p fd is read from, and stays open as long as @p ret; it is not closed. The caller
 * destroys @p ret. SONDE_ERROR_BAD_DATA: it is no ELF file, or a broken one.
 */
SONDE_NODISCARD struct sonde_error *sonde_elf_file_open(
	int fd, struct sonde_elf_file **ret);
/** NULL is allowed. */
void sonde_elf_file_close(struct sonde_elf_file *file);

/** "x86_64", "aarch64", "riscv64", "i386"; "": another one. Never freed. */
const char *sonde_elf_file_architecture(const struct sonde_elf_file *file);

/** In hexadecimal; "": it has none, or none that is sane. */
SONDE_NODISCARD struct sonde_error *sonde_elf_file_build_id(
	struct sonde_elf_file *file, char ret[SONDE_BUILD_ID_BYTES]);

/** *@p ret is NULL where it has been stripped of them; the caller destroys it. */
SONDE_NODISCARD struct sonde_error *sonde_elf_file_symbols(
	struct sonde_elf_file *file, struct sonde_symbol_table **ret);

bool sonde_elf_file_has_types(struct sonde_elf_file *file);

/** Those of its .BTF; *@p ret is NULL where it has none. The caller destroys it. */
SONDE_NODISCARD struct sonde_error *sonde_elf_file_types(
	struct sonde_elf_file *file, unsigned pointer_bytes, struct sonde_types **ret);

/** Whether it has DWARF, as far as one sees without reading it. */
bool sonde_elf_file_has_dwarf(struct sonde_elf_file *file);

#endif
