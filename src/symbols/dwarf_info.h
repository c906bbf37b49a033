/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF, what compilers write for debuggers (https://dwarfstd.org, versions 2 to 5), of
 * an ELF file of the user's. libdw reads it out of a mapping of the file; units are
 * looked at one after the other, as far as what is asked for needs them. Addresses are
 * those that the file was linked to.
 */
#ifndef SONDE_SYMBOLS_DWARF_INFO_H
#define SONDE_SYMBOLS_DWARF_INFO_H

#include "type.h"

struct sonde_dwarf;

/**
 * Reads the file behind @p fd, which may be closed afterwards. With @p mapped it is
 * mapped; a program that cannot have a handler of SIGBUS has its sections with DWARF read
 * into memory instead. The caller destroys @p ret, and all types that came from it are
 * gone then. SONDE_ERROR_UNSUPPORTED: libdw is not installed; SONDE_ERROR_NOT_FOUND: the
 * file has no DWARF; SONDE_ERROR_BAD_DATA: it is broken.
 */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_open(
	int fd, bool mapped, struct sonde_dwarf **ret);
/** NULL is allowed. */
void sonde_dwarf_destroy(struct sonde_dwarf *dwarf);

/** Its types; they live as long as @p dwarf. */
const struct sonde_types *sonde_dwarf_types(const struct sonde_dwarf *dwarf);

/**
 * Types that are asked first for the members of a structure of which a unit has but the
 * name; NULL: there are none. They outlive @p dwarf.
 */
void sonde_dwarf_prefer(struct sonde_dwarf *dwarf, const struct sonde_types *types);

/**
 * The type of the variable @p name that lies at @p address. A global one may be declared
 * in a unit that does not define it, which tells its type as well.
 */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_find_variable(
	const struct sonde_dwarf *dwarf, const char *name, uint64_t address,
	bool is_global, bool *found, struct sonde_type *ret);

#endif
