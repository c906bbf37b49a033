/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "debug_info.h"

#include <ctype.h>
#include <string.h>

#include "kernel.h"

struct sonde_error *sonde_linux_dwarf_find(
	struct sonde_linux *kernel, struct sonde_dwarf **ret)
{
	struct sonde_linux_types *types = &kernel->types;
	struct sonde_symbol_file *file;

	CHECK(sonde_linux_symbol_file_find(kernel, true, &file));
	if (!types->dwarf && file)
		CHECK(sonde_symbol_file_dwarf(
			file, !kernel->target.sonde->no_mapping, &types->dwarf));
	if (types->dwarf)
		sonde_dwarf_prefer(types->dwarf, types->types);
	*ret = types->dwarf;
	return NULL;
}

struct sonde_error *sonde_linux_dwarf_type_of(struct sonde_linux *kernel,
	const struct sonde_symbol *symbol, bool is_function, bool *found,
	struct sonde_type *ret)
{
	struct sonde_dwarf *dwarf;

	*found = false;
	CHECK(sonde_linux_dwarf_find(kernel, &dwarf));
	if (!dwarf)
		return NULL;
	if (is_function)
		return sonde_types_look_up(sonde_dwarf_types(dwarf), SONDE_TYPE_FUNCTIONS,
			symbol->name, strlen(symbol->name), found, ret);
	return sonde_dwarf_find_variable(dwarf, symbol->name,
		sonde_linux_symbol_file_linked(kernel, symbol->address),
		isupper((unsigned char)symbol->kind) != 0, found, ret);
}
