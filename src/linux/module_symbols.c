/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module's symbols: an ELF symbol table, as it was loaded (struct elf64_sym, the ELF
 * specification), with a letter for each beside it. As in /proc/kallsyms, the letter is
 * upper case for what the module exports to all (not EXPORT_SYMBOL_GPL: is_exported()
 * does not look there), and lower case for all else.
 */
#include <ctype.h>
#include <string.h>

#include "kernel.h"
#include "module.h"
#include "module_fields.h"
#include "space_search.h"

enum {
	SYMBOLS_MAX = 1 << 18,
	STRINGS_MAX = 16 << 20,
	EXPORTS_MAX = 1 << 14,
	/** Of struct kernel_symbol; it has 12 (bytes). */
	EXPORT_MAX = 64,
	/** Of struct elf64_sym (bytes). */
	ENTRY_BYTES = 24,
	SECTION_AT = 6,
	VALUE_AT = 8,
	SIZE_AT = 16,
};

/* What a module exports: sorted addresses. */
struct exports {
	uint64_t *list;
	size_t count;
};

static uint64_t integer(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = bytes; i > 0; i--)
		value = value << 8 | at[i - 1];
	return value;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static bool exports_has(const struct exports *exports, uint64_t address)
{
	return exports->count &&
	       bsearch(&address, exports->list, exports->count, sizeof(address), compare);
}

/* A table of struct kernel_symbol, whose first member leads to the symbol from itself. */
static struct sonde_error *read_exports(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t module,
	struct exports *exports)
{
	const struct sonde_field *offset = &fields->value_offset;
	struct sonde_space *space = &kernel->space.space;
	CLEANUP(cleanup_free) uint8_t *table = NULL;
	uint64_t address, count, each = fields->export.bytes;
	size_t got;

	if (!fields->syms.present || !fields->num_syms.present || !offset->present ||
		offset->bytes != 4 || each < offset->offset + 4 || each > EXPORT_MAX)
		return NULL;
	CHECK(sonde_field_read(&fields->syms, space, module, &address));
	CHECK(sonde_field_read(&fields->num_syms, space, module, &count));
	if (!count || count > EXPORTS_MAX)
		return NULL;
	table = malloc((size_t)(count * each));
	exports->list = calloc((size_t)count, sizeof(*exports->list));
	if (!table || !exports->list)
		return sonde_error_no_memory();
	CHECK(sonde_space_read_part(space, address, table, (size_t)(count * each), &got));
	for (uint64_t i = 0; i < got / each; i++) {
		uint64_t at = i * each + offset->offset;

		exports->list[exports->count++] =
			address + at + (uint64_t)(int64_t)(int32_t)integer(table + at, 4);
	}
	qsort(exports->list, exports->count, sizeof(*exports->list), compare);
	return NULL;
}

/* --- the table -------------------------------------------------------------------- */

struct tables {
	uint64_t symbols, strings, kinds;
	uint64_t count;
	uint8_t *entries;
	uint8_t *letters;
};

static struct sonde_error *read_tables(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t module,
	struct tables *ret)
{
	struct sonde_space *space = &kernel->space.space;
	uint64_t kallsyms;
	size_t got;

	CHECK(sonde_field_read(&fields->kallsyms, space, module, &kallsyms));
	CHECK(sonde_field_read(&fields->symtab, space, kallsyms, &ret->symbols));
	CHECK(sonde_field_read(&fields->num_symtab, space, kallsyms, &ret->count));
	CHECK(sonde_field_read(&fields->strtab, space, kallsyms, &ret->strings));
	if (ret->count > SYMBOLS_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"a module with more than %d symbols is none", SYMBOLS_MAX);
	ret->entries = malloc((size_t)ret->count * ENTRY_BYTES + 1);
	ret->letters = calloc(1, (size_t)ret->count + 1);
	if (!ret->entries || !ret->letters)
		return sonde_error_no_memory();
	CHECK(sonde_space_read_part(space, ret->symbols, ret->entries,
		(size_t)ret->count * ENTRY_BYTES, &got));
	ret->count = got / ENTRY_BYTES;
	if (!fields->typetab.present)
		return NULL;
	CHECK(sonde_field_read(&fields->typetab, space, kallsyms, &ret->kinds));
	return sonde_space_read_part(
		space, ret->kinds, ret->letters, (size_t)ret->count, &got);
}

/* From the first one to what the last name may have. */
static struct sonde_error *read_strings(struct sonde_linux *kernel,
	const struct tables *tables, char **ret, size_t *length)
{
	uint64_t last = 0;

	for (uint64_t i = 0; i < tables->count; i++) {
		uint64_t name = integer(tables->entries + i * ENTRY_BYTES, 4);

		if (name > last && name < STRINGS_MAX)
			last = name;
	}
	last += SONDE_SYMBOL_NAME_BYTES;
	*ret = malloc((size_t)last);
	if (!*ret)
		return sonde_error_no_memory();
	return sonde_space_read_part(
		&kernel->space.space, tables->strings, *ret, (size_t)last, length);
}

/* Whether there is a name at @p at that has an end. */
static bool is_string(const char *strings, size_t length, uint64_t at)
{
	size_t left = at < length ? length - (size_t)at : 0;

	if (left > SONDE_SYMBOL_NAME_BYTES)
		left = SONDE_SYMBOL_NAME_BYTES;
	return left && strings[at] && memchr(strings + at, 0, left);
}

static char kind_of(char letter, bool exported)
{
	unsigned char byte = (unsigned char)letter;

	if (!byte)
		return '?';
	return (char)(exported ? toupper(byte) : tolower(byte));
}

static void add_symbols(struct sonde_linux_module *module, const struct tables *tables,
	size_t string_length, const struct exports *exports)
{
	for (uint64_t i = 0; i < tables->count; i++) {
		const uint8_t *entry = tables->entries + i * ENTRY_BYTES;
		uint64_t name = integer(entry, 4), address = integer(entry + VALUE_AT, 8);

		if (!integer(entry + SECTION_AT, 2) ||
			!is_string(module->strings, string_length, name))
			continue;
		module->symbols[module->symbol_count++] =
			(struct sonde_linux_module_symbol){
				.address = address,
				.bytes = integer(entry + SIZE_AT, 8),
				.name = (uint32_t)name,
				.kind = kind_of((char)tables->letters[i],
					exports_has(exports, address)),
			};
	}
}

static struct sonde_error *read_symbols(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, struct sonde_linux_module *module,
	struct tables *tables, struct exports *exports)
{
	size_t length;

	CHECK(read_tables(kernel, fields, module->address, tables));
	CHECK(read_strings(kernel, tables, &module->strings, &length));
	module->bytes = length + (size_t)tables->count * ENTRY_BYTES;
	CHECK(read_exports(kernel, fields, module->address, exports));
	module->symbols = calloc((size_t)tables->count + 1, sizeof(*module->symbols));
	if (!module->symbols)
		return sonde_error_no_memory();
	add_symbols(module, tables, length, exports);
	return NULL;
}

struct sonde_error *sonde_linux_module_read_symbols(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, struct sonde_linux_module *module)
{
	struct tables tables = {.count = 0};
	struct exports exports = {.count = 0};
	struct sonde_error *error =
		read_symbols(kernel, fields, module, &tables, &exports);

	free(tables.entries);
	free(tables.letters);
	free(exports.list);
	return sonde_error_while(error, "reading symbols of module %s", module->name);
}

/* --- lookups ---------------------------------------------------------------------- */

static void fill(const struct sonde_linux_module *module,
	const struct sonde_linux_module_symbol *symbol, struct sonde_symbol *ret)
{
	const char *name = module->strings + symbol->name;
	size_t length = strlen(name);

	*ret = (struct sonde_symbol){
		.address = symbol->address, .bytes = symbol->bytes, .kind = symbol->kind};
	memcpy(ret->name, name, length + 1);
	memcpy(ret->module, module->name, sizeof(ret->module));
}

void sonde_linux_modules_get(const struct sonde_linux_modules *modules, uint64_t index,
	struct sonde_symbol *ret)
{
	const struct sonde_linux_module *module = modules->list;

	while (index >= module->symbol_count)
		index -= module++->symbol_count;
	fill(module, &module->symbols[index], ret);
}

bool sonde_linux_modules_find_symbol(const struct sonde_linux_modules *modules,
	const char *name, unsigned number, struct sonde_symbol *ret)
{
	for (size_t i = 0; i < modules->count; i++) {
		const struct sonde_linux_module *module = &modules->list[i];

		for (uint32_t k = 0; k < module->symbol_count; k++) {
			const struct sonde_linux_module_symbol *symbol =
				&module->symbols[k];

			if (strcmp(module->strings + symbol->name, name) != 0 || number--)
				continue;
			fill(module, symbol, ret);
			return true;
		}
	}
	return false;
}

static const struct sonde_linux_module_range *find_range(
	const struct sonde_linux_module *module, uint64_t address)
{
	for (unsigned i = 0; i < module->range_count; i++)
		if (address - module->ranges[i].first < module->ranges[i].bytes)
			return &module->ranges[i];
	return NULL;
}

/* is_mapping_symbol() (include/linux/module_symbol.h): they name nothing, so they are of
 * use only where they are, and nothing else is. */
static bool is_mapping(const char *name)
{
	return name[0] == '$' || !strncmp(name, ".L", 2) || !strncmp(name, "L0\001", 3);
}

bool sonde_linux_modules_at(const struct sonde_linux_modules *modules, uint64_t address,
	struct sonde_symbol *ret)
{
	const struct sonde_linux_module_symbol *best = NULL, *mark = NULL;

	for (size_t i = 0; i < modules->count; i++) {
		const struct sonde_linux_module *module = &modules->list[i];
		const struct sonde_linux_module_range *range =
			find_range(module, address);

		for (uint32_t k = 0; range && k < module->symbol_count; k++) {
			const struct sonde_linux_module_symbol *symbol =
				&module->symbols[k];

			if (symbol->address > address || symbol->address < range->first)
				continue;
			if (is_mapping(module->strings + symbol->name))
				mark = symbol->address == address && !mark ? symbol
									   : mark;
			else if (!best || symbol->address > best->address)
				best = symbol;
		}
		if (mark && (!best || best->address != address))
			best = mark;
		if (best) {
			fill(module, best, ret);
			return true;
		}
	}
	return false;
}

/* --- code ------------------------------------------------------------------------- */

static bool is_function(const struct sonde_linux_module_symbol *symbol)
{
	return toupper((unsigned char)symbol->kind) == 'T' ||
	       toupper((unsigned char)symbol->kind) == 'W';
}

/* From the first function in @p range to the end of the last. */
static void find_code(const struct sonde_linux_module *module,
	const struct sonde_linux_module_range *range, uint64_t *address, uint64_t *bytes)
{
	uint64_t first = UINT64_MAX, end = 0;

	for (uint32_t i = 0; i < module->symbol_count; i++) {
		const struct sonde_linux_module_symbol *symbol = &module->symbols[i];
		uint64_t offset = symbol->address - range->first;

		if (!is_function(symbol) || offset >= range->bytes ||
			symbol->bytes > range->bytes - offset)
			continue;
		if (offset < first)
			first = offset;
		if (offset + symbol->bytes > end)
			end = offset + symbol->bytes;
	}
	if (end <= first)
		return;
	*address = range->first + first;
	*bytes = end - first;
}

bool sonde_linux_modules_code(const struct sonde_linux_modules *modules, unsigned number,
	uint64_t *address, uint64_t *bytes)
{
	size_t index = number / SONDE_LINUX_MODULE_RANGES;
	unsigned range = number % SONDE_LINUX_MODULE_RANGES;
	const struct sonde_linux_module *module = &modules->list[index];

	if (index >= modules->count)
		return false;
	*bytes = 0;
	if (range < module->range_count)
		find_code(module, &module->ranges[range], address, bytes);
	return true;
}
