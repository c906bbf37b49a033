/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol_table.h"

#include <string.h>

#include "error.h"

struct entry {
	uint64_t address;
	/** Where its name begins among the names. */
	uint32_t name;
	char kind;
};

/* A name's hash, and which symbol it is of. */
struct hashed {
	uint32_t hash;
	uint32_t index;
};

struct sonde_symbol_table {
	struct entry *entries;
	uint32_t count, room;
	/** Each ended by a NUL. */
	char *names;
	size_t names_length, names_room;
	/** Sorted. */
	struct hashed *hashed;
};

struct sonde_error *sonde_symbol_table_create(struct sonde_symbol_table **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? NULL : sonde_error_no_memory();
}

void sonde_symbol_table_destroy(struct sonde_symbol_table *table)
{
	if (!table)
		return;
	free(table->entries);
	free(table->names);
	free(table->hashed);
	free(table);
}

static struct sonde_error *make_room(struct sonde_symbol_table *table, size_t length)
{
	if (table->count == table->room) {
		uint32_t room = table->room ? 2 * table->room : 4096;
		struct entry *entries =
			realloc(table->entries, room * sizeof(*table->entries));

		if (!entries)
			return sonde_error_no_memory();
		table->entries = entries;
		table->room = room;
	}
	if (table->names_room - table->names_length <= length) {
		size_t room = 2 * table->names_room + 65536;
		char *names = realloc(table->names, room);

		if (!names)
			return sonde_error_no_memory();
		table->names = names;
		table->names_room = room;
	}
	return NULL;
}

struct sonde_error *sonde_symbol_table_add(struct sonde_symbol_table *table,
	uint64_t address, char kind, const char *name, size_t length)
{
	if (!length || length >= SONDE_SYMBOL_NAME_BYTES)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"a symbol's name has %zu bytes, and 1 to %d are allowed", length,
			SONDE_SYMBOL_NAME_BYTES - 1);
	/* So the names have less than 4 GiB, too. */
	if (table->count == SONDE_SYMBOL_TABLE_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"there are more than %d symbols", SONDE_SYMBOL_TABLE_MAX);
	CHECK(make_room(table, length));
	table->entries[table->count++] =
		(struct entry){address, (uint32_t)table->names_length, kind};
	memcpy(table->names + table->names_length, name, length);
	table->names_length += length;
	table->names[table->names_length++] = '\0';
	return NULL;
}

/* --- the two orders --------------------------------------------------------------- */

/* Names are in the order in which they were added. */
static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

static bool is_sorted(const struct sonde_symbol_table *table)
{
	for (uint32_t i = 1; i < table->count; i++)
		if (compare_entries(&table->entries[i - 1], &table->entries[i]) > 0)
			return false;
	return true;
}

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return hash;
}

static int compare_hashed(const void *left, const void *right)
{
	const struct hashed *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

struct sonde_error *sonde_symbol_table_finish(struct sonde_symbol_table *table)
{
	struct hashed *hashed;

	if (!table->count)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "there are no symbols");
	if (!is_sorted(table))
		qsort(table->entries, table->count, sizeof(*table->entries),
			compare_entries);
	hashed = calloc(table->count, sizeof(*hashed));
	if (!hashed)
		return sonde_error_no_memory();
	for (uint32_t i = 0; i < table->count; i++)
		hashed[i] = (struct hashed){
			hash_of(table->names + table->entries[i].name), i};
	qsort(hashed, table->count, sizeof(*hashed), compare_hashed);
	table->hashed = hashed;
	return NULL;
}

/* --- looking up ------------------------------------------------------------------- */

uint32_t sonde_symbol_table_count(const struct sonde_symbol_table *table)
{
	return table->count;
}

uint64_t sonde_symbol_table_address(
	const struct sonde_symbol_table *table, uint32_t index)
{
	return table->entries[index].address;
}

const char *sonde_symbol_table_name(
	const struct sonde_symbol_table *table, uint32_t index)
{
	return table->names + table->entries[index].name;
}

char sonde_symbol_table_kind(const struct sonde_symbol_table *table, uint32_t index)
{
	return table->entries[index].kind;
}

static uint32_t first_with_hash(const struct sonde_symbol_table *table, uint32_t hash)
{
	uint32_t low = 0, high = table->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (table->hashed[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool sonde_symbol_table_find(const struct sonde_symbol_table *table, const char *name,
	unsigned number, uint32_t *ret)
{
	uint32_t hash = hash_of(name);

	for (uint32_t at = first_with_hash(table, hash);
		at < table->count && table->hashed[at].hash == hash; at++) {
		uint32_t index = table->hashed[at].index;

		if (!strcmp(sonde_symbol_table_name(table, index), name) && !number--) {
			*ret = index;
			return true;
		}
	}
	return false;
}

uint32_t sonde_symbol_table_above(
	const struct sonde_symbol_table *table, uint64_t address)
{
	uint32_t low = 0, high = table->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (table->entries[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
