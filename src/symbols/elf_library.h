/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libelf, of elfutils (https://sourceware.org/elfutils/): loaded when the first ELF file
 * is opened, since most sessions open none, and can be left out of an installation. Files
 * that the user names are read with it; what comes out of a guest's memory never is.
 */
#ifndef SONDE_SYMBOLS_ELF_LIBRARY_H
#define SONDE_SYMBOLS_ELF_LIBRARY_H

#include <gelf.h>
#include <libelf.h>

#include "error.h"

/** What is used of it; members are called as its functions. */
struct sonde_elf_library {
	__typeof__(&elf_version) version;
	__typeof__(&elf_begin) begin;
	__typeof__(&elf_memory) begin_in_memory;
	__typeof__(&elf_end) end;
	__typeof__(&elf_errno) last_error;
	__typeof__(&elf_errmsg) describe;
	__typeof__(&elf_kind) kind;
	__typeof__(&elf_nextscn) next_section;
	__typeof__(&elf_getscn) section;
	__typeof__(&elf_getshdrstrndx) names_index;
	__typeof__(&elf_strptr) string;
	__typeof__(&elf_getdata) data;
	__typeof__(&elf_rawdata) raw_data;
	__typeof__(&gelf_getehdr) header;
	__typeof__(&gelf_getshdr) section_header;
	__typeof__(&gelf_getsym) symbol;
	__typeof__(&gelf_getnote) note;
	/** All of the above were found. */
	bool available;
};

/** Never freed. SONDE_ERROR_UNSUPPORTED: it is not installed; the hint says how. */
SONDE_NODISCARD struct sonde_error *sonde_elf_library_load(
	const struct sonde_elf_library **ret);

#endif
