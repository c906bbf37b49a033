/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "own_symbols.h"

#include <string.h>

#include "kernel.h"

enum {
	/** Symbols of one name that a file's are held against; kernels have hundreds. */
	KNOWN_MAX = 8192,
};

/* --- a file's --------------------------------------------------------------------- */

static bool is_in_image(const struct sonde_linux_symbol_files *files, uint64_t address)
{
	return address >= files->first && address <= files->last;
}

static uint64_t address_of(const struct sonde_linux_symbol_files *files, uint32_t index)
{
	uint64_t address = sonde_symbol_table_address(files->file->symbols, index);

	return is_in_image(files, address) ? address + files->slide : address;
}

/* From here to the next one; 0: nothing follows in the same part. */
static uint64_t bytes_of(const struct sonde_linux_symbol_files *files, uint32_t index)
{
	const struct sonde_symbol_table *table = files->file->symbols;
	uint64_t address = sonde_symbol_table_address(table, index), next;
	uint32_t above = sonde_symbol_table_above(table, address);

	if (above == sonde_symbol_table_count(table))
		return 0;
	next = sonde_symbol_table_address(table, above);
	return is_in_image(files, address) == is_in_image(files, next) ? next - address
								       : 0;
}

static void take(const struct sonde_linux_symbol_files *files, uint32_t index,
	struct sonde_symbol *ret)
{
	const struct sonde_symbol_table *table = files->file->symbols;
	const char *name = sonde_symbol_table_name(table, index);

	ret->address = address_of(files, index);
	ret->bytes = bytes_of(files, index);
	ret->kind = sonde_symbol_table_kind(table, index);
	/* The table has seen to it that it fits. */
	memcpy(ret->name, name, strlen(name) + 1);
	ret->module[0] = '\0';
}

/* The first of those that @p address belongs to. */
static bool find_at(
	const struct sonde_linux_symbol_files *files, uint64_t address, uint32_t *ret)
{
	const struct sonde_symbol_table *table = files->file->symbols;
	bool inside = is_in_image(files, address - files->slide);
	uint64_t linked = inside ? address - files->slide : address, there;
	uint32_t above = sonde_symbol_table_above(table, linked);

	if (!above)
		return false;
	there = sonde_symbol_table_address(table, above - 1);
	if (there != linked && (!inside || !is_in_image(files, there)))
		return false;
	/* An address that was moved away from is nobody's. */
	if (!inside && is_in_image(files, there))
		return false;
	*ret = there ? sonde_symbol_table_above(table, there - 1) : 0;
	return true;
}

/* --- both ------------------------------------------------------------------------- */

static struct sonde_error *refuse(void)
{
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
					   "the kernel has no symbols in its memory "
					   "(CONFIG_KALLSYMS)"),
		"--symbols FILE takes them from its vmlinux or System.map");
}

/* *@p ret: a file has some. */
static struct sonde_error *find_file(struct sonde_linux *kernel, bool *ret)
{
	struct sonde_symbol_file *file;

	CHECK(sonde_linux_find(kernel));
	CHECK(sonde_linux_symbol_file_find(kernel, false, &file));
	*ret = file && file->symbols;
	return *ret || kernel->symbols ? NULL : refuse();
}

struct sonde_error *sonde_linux_own_in_memory(struct sonde_linux *kernel,
	const char *name, struct sonde_symbol *ret, bool *found)
{
	*found = false;
	if (!kernel->symbols)
		return NULL;
	for (unsigned i = 0; i < SONDE_LINUX_PLACES_SYMBOLS; i++)
		if (!strcmp(name, sonde_linux_places_symbols[i]))
			return sonde_kallsyms_find_near(kernel->symbols, name,
				&kernel->places.symbols[i], ret, found);
	return sonde_kallsyms_find(kernel->symbols, name, 0, ret, found);
}

static struct sonde_error *find_in_memory(struct sonde_linux *kernel, const char *name,
	unsigned number, struct sonde_symbol *ret, bool *found)
{
	*found = false;
	if (!number)
		return sonde_linux_own_in_memory(kernel, name, ret, found);
	if (!kernel->symbols)
		return NULL;
	return sonde_kallsyms_find(kernel->symbols, name, number, ret, found);
}

/* One of memory's ends where the file's next one begins. */
static void trim(
	const struct sonde_linux_symbol_files *files, struct sonde_symbol *symbol)
{
	uint64_t linked = symbol->address - files->slide, bytes;
	const struct sonde_symbol_table *table = files->file->symbols;
	uint32_t above = sonde_symbol_table_above(table, linked);

	if (!is_in_image(files, linked) || above == sonde_symbol_table_count(table))
		return;
	bytes = sonde_symbol_table_address(table, above) - linked;
	if (is_in_image(files, linked + bytes) &&
		(!symbol->bytes || bytes < symbol->bytes))
		symbol->bytes = bytes;
}

/* --- lookups ---------------------------------------------------------------------- */

/* Where memory has symbols of one name. */
struct known {
	uint64_t *addresses;
	unsigned count;
};

static void cleanup_known(struct known *known)
{
	free(known->addresses);
}

static struct sonde_error *gather_known(
	struct sonde_linux *kernel, const char *name, struct known *ret)
{
	struct sonde_symbol symbol;
	bool found;

	for (unsigned room = 0; ret->count < KNOWN_MAX; ret->count++) {
		CHECK(find_in_memory(kernel, name, ret->count, &symbol, &found));
		if (!found)
			return NULL;
		if (ret->count == room) {
			uint64_t *addresses;

			room = 2 * room + 8;
			addresses = realloc(ret->addresses, room * sizeof(*addresses));
			if (!addresses)
				return sonde_error_no_memory();
			ret->addresses = addresses;
		}
		ret->addresses[ret->count] = symbol.address;
	}
	return NULL;
}

static bool is_known(const struct known *known, uint64_t address)
{
	for (unsigned i = 0; i < known->count; i++)
		if (known->addresses[i] == address)
			return true;
	return false;
}

/* @p number counts those in memory first, which has not so many. */
static struct sonde_error *find_in_file(struct sonde_linux *kernel, const char *name,
	unsigned number, struct sonde_symbol *ret, bool *found)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	CLEANUP(cleanup_known) struct known known = {.addresses = NULL};
	uint32_t index;

	if (!sonde_symbol_table_find(files->file->symbols, name, 0, &index))
		return NULL;
	CHECK(gather_known(kernel, name, &known));
	number -= known.count;
	for (unsigned i = 0;
		sonde_symbol_table_find(files->file->symbols, name, i, &index); i++) {
		if (is_known(&known, address_of(files, index)) || number--)
			continue;
		take(files, index, ret);
		*found = true;
		return NULL;
	}
	return NULL;
}

struct sonde_error *sonde_linux_own_find(struct sonde_linux *kernel, const char *name,
	unsigned number, struct sonde_symbol *ret, bool *found)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	bool has_file;

	CHECK(find_file(kernel, &has_file));
	CHECK(find_in_memory(kernel, name, number, ret, found));
	if (!has_file)
		return NULL;
	if (*found) {
		trim(files, ret);
		return NULL;
	}
	return find_in_file(kernel, name, number, ret, found);
}

struct sonde_error *sonde_linux_own_look_up(struct sonde_linux *kernel, const char *name,
	struct sonde_symbol *ret, bool *found)
{
	struct sonde_error *error = sonde_linux_own_find(kernel, name, 0, ret, found);

	if (!sonde_error_is(error, SONDE_ERROR_UNSUPPORTED))
		return error;
	sonde_error_destroy(error);
	*found = false;
	return NULL;
}

struct sonde_error *sonde_linux_own_at(struct sonde_linux *kernel, uint64_t address,
	struct sonde_symbol *ret, bool *found)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	bool has_file;
	uint32_t index;

	*found = false;
	CHECK(find_file(kernel, &has_file));
	if (kernel->symbols)
		CHECK(sonde_kallsyms_at(kernel->symbols, address, ret, found));
	if (!has_file)
		return NULL;
	if (find_at(files, address, &index) &&
		(!*found || address_of(files, index) > ret->address)) {
		take(files, index, ret);
		*found = true;
	} else if (*found) {
		trim(files, ret);
	}
	return NULL;
}

/* --- all of them ------------------------------------------------------------------ */

/* A set of names with addresses, as hashes; the sizes of tables are powers of two. */
struct seen {
	uint64_t *hashes;
	size_t mask;
};

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/; never 0. */
static uint64_t hash_of(const char *name, uint64_t address)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ address;

	hash *= UINT64_C(1099511628211);
	while (*name)
		hash = (hash ^ (unsigned char)*name++) * UINT64_C(1099511628211);
	hash ^= hash >> 32;
	return hash ?: 1;
}

static size_t slot_of(const struct seen *seen, uint64_t hash)
{
	size_t slot = hash & seen->mask;

	while (seen->hashes[slot] && seen->hashes[slot] != hash)
		slot = (slot + 1) & seen->mask;
	return slot;
}

static struct sonde_error *see_memory(struct sonde_linux *kernel, struct seen *seen)
{
	uint64_t count = kernel->symbols ? sonde_kallsyms_count(kernel->symbols) : 0;
	struct sonde_symbol symbol;
	size_t size = 1024;

	while (size < 2 * count)
		size *= 2;
	seen->mask = size - 1;
	seen->hashes = calloc(size, sizeof(*seen->hashes));
	if (!seen->hashes)
		return sonde_error_no_memory();
	for (uint64_t i = 0; i < count; i++) {
		uint64_t hash;

		CHECK(sonde_kallsyms_get(kernel->symbols, i, &symbol));
		hash = hash_of(symbol.name, symbol.address);
		seen->hashes[slot_of(seen, hash)] = hash;
	}
	return NULL;
}

static struct sonde_error *list_extra(
	struct sonde_linux *kernel, struct sonde_linux_symbol_files *files)
{
	const struct sonde_symbol_table *table = files->file->symbols;
	uint32_t count = sonde_symbol_table_count(table);
	CLEANUP(cleanup_free) uint32_t *extra = NULL;
	struct seen seen = {.hashes = NULL};
	struct sonde_error *error;

	if (files->extra)
		return NULL;
	extra = calloc(count, sizeof(*extra));
	if (!extra)
		return sonde_error_no_memory();
	error = see_memory(kernel, &seen);
	files->extra_count = 0;
	for (uint32_t i = 0; !error && i < count; i++) {
		uint64_t hash =
			hash_of(sonde_symbol_table_name(table, i), address_of(files, i));

		if (!seen.hashes[slot_of(&seen, hash)])
			extra[files->extra_count++] = i;
	}
	free(seen.hashes);
	CHECK(error);
	files->extra = extra;
	extra = NULL;
	return NULL;
}

struct sonde_error *sonde_linux_own_count(struct sonde_linux *kernel, uint64_t *ret)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	bool has_file;

	CHECK(find_file(kernel, &has_file));
	if (has_file)
		CHECK(list_extra(kernel, files));
	*ret = kernel->symbols ? sonde_kallsyms_count(kernel->symbols) : 0;
	if (has_file)
		*ret += files->extra_count;
	return NULL;
}

struct sonde_error *sonde_linux_own_get(
	struct sonde_linux *kernel, uint64_t index, struct sonde_symbol *ret)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	bool has_file;
	uint64_t in_memory;

	CHECK(find_file(kernel, &has_file));
	in_memory = kernel->symbols ? sonde_kallsyms_count(kernel->symbols) : 0;
	if (index < in_memory) {
		CHECK(sonde_kallsyms_get(kernel->symbols, index, ret));
		if (has_file)
			trim(files, ret);
		return NULL;
	}
	if (has_file)
		CHECK(list_extra(kernel, files));
	if (!has_file || index - in_memory >= files->extra_count)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there are not so many symbols");
	take(files, files->extra[index - in_memory], ret);
	return NULL;
}
