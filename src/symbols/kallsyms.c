/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lookups. By address: a binary search in the offsets. By name: one in the sequences,
 * which are the symbols' numbers in the order of their names; kernels before 6.1 have
 * none, and one with sequences that are in no order is treated as if it had none. Then
 * all names are hashed once.
 */
#include <string.h>

#include "error.h"
#include "kallsyms_tables.h"

/* A name's hash, and which symbol it is of. */
struct hashed {
	uint32_t hash;
	uint32_t index;
};

struct sonde_kallsyms {
	struct sonde_kallsyms_tables tables;
	/** The names of a block, which was read last; block_count: none. */
	uint8_t *block;
	uint32_t block_number;
	size_t block_length;
	/** A name in it whose place is known. */
	uint32_t known_name;
	size_t known_at;
	/** Sorted; NULL: not needed yet, or sequences are there. */
	struct hashed *hashed;
};

/* --- one symbol ------------------------------------------------------------------- */

static struct sonde_error *corrupt(void)
{
	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "the kernel's table of names makes no sense");
}

static struct sonde_error *load_block(struct sonde_kallsyms *kallsyms, uint32_t number)
{
	const struct sonde_kallsyms_tables *tables = &kallsyms->tables;
	uint32_t from = tables->markers[number];

	if (kallsyms->block_number == number)
		return NULL;
	if (!kallsyms->block)
		kallsyms->block = malloc(SONDE_KALLSYMS_BLOCK_BYTES_MAX);
	if (!kallsyms->block)
		return sonde_error_no_memory();
	kallsyms->block_number = tables->block_count;
	kallsyms->block_length = tables->markers[number + 1] - from;
	CHECK(sonde_space_read(tables->space, tables->names + from, kallsyms->block,
		kallsyms->block_length));
	kallsyms->block_number = number;
	kallsyms->known_name = 0;
	kallsyms->known_at = 0;
	return NULL;
}

/* The kind, then the name. */
static struct sonde_error *read_name(struct sonde_kallsyms *kallsyms, uint32_t index,
	char ret[SONDE_SYMBOL_NAME_BYTES + 1])
{
	uint32_t wanted = index % SONDE_KALLSYMS_BLOCK_NAMES;
	size_t at = 0, length = 0;

	CHECK(load_block(kallsyms, index / SONDE_KALLSYMS_BLOCK_NAMES));
	if (wanted < kallsyms->known_name) {
		kallsyms->known_name = 0;
		kallsyms->known_at = 0;
	}
	for (;; kallsyms->known_name++) {
		at = kallsyms->known_at;
		if (!sonde_kallsyms_next_name(
			    kallsyms->block, kallsyms->block_length, &at, &length))
			return corrupt();
		if (kallsyms->known_name == wanted)
			break;
		kallsyms->known_at = at + length;
	}
	return sonde_kallsyms_expand(&kallsyms->tables, kallsyms->block + at, length, ret)
		       ? NULL
		       : corrupt();
}

/* The first index with an address above @p address. */
static struct sonde_error *find_above(
	const struct sonde_kallsyms_tables *tables, uint64_t address, uint32_t *ret)
{
	uint32_t low = 0, high = tables->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint64_t there;

		CHECK(sonde_kallsyms_load_offsets(tables, low, high));
		CHECK(sonde_kallsyms_address(tables, middle, &there));
		if (there <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*ret = low;
	return NULL;
}

static bool is_in_image(const struct sonde_kallsyms_tables *tables, uint64_t address)
{
	return address >= tables->place.first && address <= tables->place.last;
}

/* From @p address to the next symbol; of those before the image, that is not the first
 * one in it. */
static struct sonde_error *measure(const struct sonde_kallsyms_tables *tables,
	uint32_t index, uint64_t address, uint64_t *ret)
{
	uint64_t next = address;
	uint32_t above = index + 1;

	*ret = 0;
	if (above < tables->count)
		CHECK(sonde_kallsyms_address(tables, above, &next));
	if (next == address) {
		CHECK(find_above(tables, address, &above));
		if (above >= tables->count)
			return NULL;
		CHECK(sonde_kallsyms_address(tables, above, &next));
	}
	if (next > address && is_in_image(tables, address) == is_in_image(tables, next))
		*ret = next - address;
	return NULL;
}

static struct sonde_error *get(
	struct sonde_kallsyms *kallsyms, uint32_t index, struct sonde_symbol *ret)
{
	char name[SONDE_SYMBOL_NAME_BYTES + 1];

	CHECK(read_name(kallsyms, index, name));
	ret->kind = name[0];
	memcpy(ret->name, name + 1, sizeof(ret->name));
	ret->module[0] = '\0';
	CHECK(sonde_kallsyms_address(&kallsyms->tables, index, &ret->address));
	return measure(&kallsyms->tables, index, ret->address, &ret->bytes);
}

/* --- by name, with sequences ------------------------------------------------------ */

/* The symbol that is the one with the number @p place in the order of names. */
static struct sonde_error *read_sequence(
	const struct sonde_kallsyms_tables *tables, uint32_t place, uint32_t *ret)
{
	uint8_t bytes[3];

	CHECK(sonde_space_read(tables->space, tables->sequences + UINT64_C(3) * place,
		bytes, sizeof(bytes)));
	*ret = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
	return *ret < tables->count ? NULL : corrupt();
}

static struct sonde_error *read_in_order(struct sonde_kallsyms *kallsyms, uint32_t place,
	uint32_t *index, char ret[SONDE_SYMBOL_NAME_BYTES + 1])
{
	CHECK(read_sequence(&kallsyms->tables, place, index));
	return read_name(kallsyms, *index, ret);
}

/* Whether all names before @p place come before @p wanted, and none from there on. */
static struct sonde_error *is_place_of(
	struct sonde_kallsyms *kallsyms, const char *wanted, uint32_t place, bool *ret)
{
	char name[SONDE_SYMBOL_NAME_BYTES + 1];
	uint32_t index;

	*ret = place <= kallsyms->tables.count;
	if (*ret && place) {
		CHECK(read_in_order(kallsyms, place - 1, &index, name));
		*ret = strcmp(name + 1, wanted) < 0;
	}
	if (*ret && place < kallsyms->tables.count) {
		CHECK(read_in_order(kallsyms, place, &index, name));
		*ret = strcmp(name + 1, wanted) >= 0;
	}
	return NULL;
}

/* *@p place: 1 + where it may be, and is. */
static struct sonde_error *find_place(
	struct sonde_kallsyms *kallsyms, const char *wanted, uint32_t *place)
{
	uint32_t low = 0, high = kallsyms->tables.count, index;
	char name[SONDE_SYMBOL_NAME_BYTES + 1];
	bool there = false;

	if (*place)
		CHECK(is_place_of(kallsyms, wanted, *place - 1, &there));
	if (there)
		return NULL;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		CHECK(read_in_order(kallsyms, middle, &index, name));
		if (strcmp(name + 1, wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*place = low + 1;
	return NULL;
}

static struct sonde_error *find_by_sequences(struct sonde_kallsyms *kallsyms,
	const char *wanted, unsigned number, uint32_t *place, uint32_t *ret, bool *found)
{
	char name[SONDE_SYMBOL_NAME_BYTES + 1];
	uint32_t low;

	*found = false;
	CHECK(find_place(kallsyms, wanted, place));
	low = *place - 1;
	if (number >= kallsyms->tables.count - low)
		return NULL;
	CHECK(read_in_order(kallsyms, low + number, ret, name));
	*found = !strcmp(name + 1, wanted);
	return NULL;
}

/* Whether what may be sequences is. */
static struct sonde_error *check_sequences(struct sonde_kallsyms *kallsyms, bool *valid)
{
	char name[SONDE_SYMBOL_NAME_BYTES + 1], before[SONDE_SYMBOL_NAME_BYTES + 1] = "";
	uint64_t count = kallsyms->tables.count,
		 samples = kallsyms->tables.samples / 4 + 1;
	uint32_t index;

	*valid = false;
	for (uint64_t i = 0; i < samples; i++) {
		CHECK(read_in_order(kallsyms, (uint32_t)((count - 1) * i / (samples - 1)),
			&index, name));
		if (i && strcmp(before + 1, name + 1) > 0)
			return NULL;
		memcpy(before, name, sizeof(before));
	}
	*valid = true;
	return NULL;
}

static struct sonde_error *judge_sequences(struct sonde_kallsyms *kallsyms)
{
	struct sonde_error *error = NULL;
	bool valid = false;

	if (kallsyms->tables.sequences)
		error = check_sequences(kallsyms, &valid);
	if (sonde_error_is(error, SONDE_ERROR_FAULT) ||
		sonde_error_is(error, SONDE_ERROR_BAD_DATA)) {
		sonde_error_destroy(error);
		error = NULL;
	}
	if (!valid)
		kallsyms->tables.sequences = 0;
	return error;
}

/* --- by name, without them -------------------------------------------------------- */

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return hash;
}

static int compare(const void *left, const void *right)
{
	const struct hashed *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static struct sonde_error *hash_names(struct sonde_kallsyms *kallsyms)
{
	CLEANUP(cleanup_free) struct hashed *hashed = NULL;
	uint32_t count = kallsyms->tables.count;
	char name[SONDE_SYMBOL_NAME_BYTES + 1];

	if (kallsyms->hashed)
		return NULL;
	hashed = calloc(count, sizeof(*hashed));
	if (!hashed)
		return sonde_error_no_memory();
	for (uint32_t i = 0; i < count; i++) {
		CHECK(read_name(kallsyms, i, name));
		hashed[i] = (struct hashed){hash_of(name + 1), i};
	}
	qsort(hashed, count, sizeof(*hashed), compare);
	kallsyms->hashed = hashed;
	hashed = NULL;
	return NULL;
}

static uint32_t first_with_hash(const struct sonde_kallsyms *kallsyms, uint32_t hash)
{
	uint32_t low = 0, high = kallsyms->tables.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (kallsyms->hashed[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct sonde_error *find_by_hash(struct sonde_kallsyms *kallsyms,
	const char *wanted, unsigned number, uint32_t *ret, bool *found)
{
	uint32_t hash = hash_of(wanted), at;
	char name[SONDE_SYMBOL_NAME_BYTES + 1];

	*found = false;
	CHECK(hash_names(kallsyms));
	for (at = first_with_hash(kallsyms, hash); at < kallsyms->tables.count; at++) {
		if (kallsyms->hashed[at].hash != hash)
			return NULL;
		CHECK(read_name(kallsyms, kallsyms->hashed[at].index, name));
		if (!strcmp(name + 1, wanted) && !number--) {
			*ret = kallsyms->hashed[at].index;
			*found = true;
			return NULL;
		}
	}
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

struct sonde_error *sonde_kallsyms_create(struct sonde_space *space,
	const struct sonde_kallsyms_place *place, struct sonde_kallsyms **ret)
{
	struct sonde_kallsyms *kallsyms = calloc(1, sizeof(*kallsyms));
	struct sonde_error *error;

	if (!kallsyms)
		return sonde_error_no_memory();
	error = sonde_kallsyms_locate(space, place, &kallsyms->tables);
	kallsyms->block_number = kallsyms->tables.block_count;
	if (!error && place->slow)
		error = sonde_kallsyms_keep_offsets(&kallsyms->tables);
	if (!error)
		error = judge_sequences(kallsyms);
	if (error) {
		sonde_kallsyms_destroy(kallsyms);
		return error;
	}
	*ret = kallsyms;
	return NULL;
}

void sonde_kallsyms_destroy(struct sonde_kallsyms *kallsyms)
{
	if (!kallsyms)
		return;
	sonde_kallsyms_tables_deinit(&kallsyms->tables);
	free(kallsyms->block);
	free(kallsyms->hashed);
	free(kallsyms);
}

const struct sonde_kallsyms_place *sonde_kallsyms_place(
	const struct sonde_kallsyms *kallsyms)
{
	return &kallsyms->tables.place;
}

uint64_t sonde_kallsyms_count(const struct sonde_kallsyms *kallsyms)
{
	return kallsyms->tables.count;
}

const char *sonde_kallsyms_layout(const struct sonde_kallsyms *kallsyms)
{
	static const char *const names[][2] = {
		[SONDE_KALLSYMS_ABSOLUTE_PERCPU] = {"absolute per-CPU offsets, unsorted",
			"absolute per-CPU offsets, sorted"},
		[SONDE_KALLSYMS_BASE] = {"offsets from a base, unsorted",
			"offsets from a base, sorted"},
		[SONDE_KALLSYMS_SELF] = {"offsets from themselves, unsorted",
			"offsets from themselves, sorted"},
	};

	return names[kallsyms->tables.addressing][kallsyms->tables.sequences != 0];
}

struct sonde_error *sonde_kallsyms_get(
	struct sonde_kallsyms *kallsyms, uint64_t index, struct sonde_symbol *ret)
{
	if (index >= kallsyms->tables.count)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there are not so many symbols");
	return get(kallsyms, (uint32_t)index, ret);
}

struct sonde_error *sonde_kallsyms_find(struct sonde_kallsyms *kallsyms, const char *name,
	unsigned number, struct sonde_symbol *ret, bool *found)
{
	uint32_t index = 0, place = 0;

	if (kallsyms->tables.sequences)
		CHECK(find_by_sequences(kallsyms, name, number, &place, &index, found));
	else
		CHECK(find_by_hash(kallsyms, name, number, &index, found));
	return *found ? get(kallsyms, index, ret) : NULL;
}

struct sonde_error *sonde_kallsyms_find_near(struct sonde_kallsyms *kallsyms,
	const char *name, uint32_t *near, struct sonde_symbol *ret, bool *found)
{
	uint32_t index = 0;

	if (!kallsyms->tables.sequences) {
		*near = 0;
		return sonde_kallsyms_find(kallsyms, name, 0, ret, found);
	}
	CHECK(find_by_sequences(kallsyms, name, 0, near, &index, found));
	return *found ? get(kallsyms, index, ret) : NULL;
}

struct sonde_error *sonde_kallsyms_at(struct sonde_kallsyms *kallsyms, uint64_t address,
	struct sonde_symbol *ret, bool *found)
{
	const struct sonde_kallsyms_tables *tables = &kallsyms->tables;
	uint32_t above, index = 0;
	uint64_t there;

	*found = false;
	CHECK(find_above(tables, address, &above));
	if (!above)
		return NULL;
	CHECK(sonde_kallsyms_address(tables, above - 1, &there));
	/* Behind the last one nothing is the kernel's. */
	if (there != address && (above == tables->count || !is_in_image(tables, there) ||
					!is_in_image(tables, address)))
		return NULL;
	if (there)
		CHECK(find_above(tables, there - 1, &index));
	*found = index < above;
	return *found ? get(kallsyms, index, ret) : NULL;
}
