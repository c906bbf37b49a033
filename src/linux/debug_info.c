/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "debug_info.h"

#include <ctype.h>
#include <string.h>

#include "kernel.h"
#include "locals.h"

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

struct sonde_error *sonde_linux_dwarf_need(
	struct sonde_linux *kernel, struct sonde_dwarf **ret)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	struct sonde_error *error;

	CHECK(sonde_linux_find(kernel));
	CHECK(sonde_linux_dwarf_find(kernel, ret));
	if (*ret)
		return NULL;
	error = files->file
			? sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				  "\"%s\" has no DWARF", files->file->path)
			: sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				  "this needs DWARF, and no file with the kernel's was "
				  "found");
	return sonde_error_suggest(error,
		"--symbols FILE names a vmlinux of this build with CONFIG_DEBUG_INFO; "
		"distributions have it in a package of debug symbols");
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

/* --- lines ------------------------------------------------------------------------ */

/* Of a path that is too long the end says more. */
void sonde_linux_take_line(const struct sonde_dwarf_line *line, struct sonde_line *ret)
{
	size_t length = strlen(line->file), room = sizeof(ret->file) - 1;
	const char *file = length > room ? line->file + length - room : line->file;

	memcpy(ret->file, file, strlen(file) + 1);
	ret->line = line->line;
}

static struct sonde_error *line_at(struct sonde_target *target, uint64_t address,
	struct sonde_line *ret, bool *found)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	struct sonde_dwarf_line line;
	struct sonde_dwarf *dwarf;

	CHECK(sonde_linux_dwarf_need(kernel, &dwarf));
	CHECK(sonde_dwarf_line_at(
		dwarf, sonde_linux_symbol_file_linked(kernel, address), found, &line));
	if (*found)
		sonde_linux_take_line(&line, ret);
	return NULL;
}

static struct sonde_error *find_line(struct sonde_target *target, const char *file,
	unsigned line, struct sonde_line *ret_line, uint64_t **ret, size_t *count)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	struct sonde_dwarf_places places;
	struct sonde_dwarf *dwarf;

	CHECK(sonde_linux_dwarf_need(kernel, &dwarf));
	CHECK(sonde_dwarf_find_line(dwarf, file, line, &places));
	for (size_t i = 0; i < places.count; i++)
		places.addresses[i] =
			sonde_linux_symbol_file_moved(kernel, places.addresses[i]);
	sonde_linux_take_line(&places.line, ret_line);
	*ret = places.addresses;
	*count = places.count;
	return NULL;
}

const struct sonde_line_facet sonde_linux_line_facet = {
	.at = line_at,
	.find = find_line,
	.inlines = sonde_linux_inlines,
	.locals = sonde_linux_locals,
};
