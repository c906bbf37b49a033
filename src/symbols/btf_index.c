/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of BTF's types. There are two tables: most records with a name are functions,
 * and hardly anybody asks for one. A table is made when somebody first looks into it.
 *
 * Of records with one name the first is taken, unless it is but a forward declaration.
 * So a name is in the table once, and whoever writes the same name a million times
 * gains nothing; who makes a million names collide is refused.
 */
#include "btf_format.h"

enum {
	/** Slots looked at for one name; with honest names it is a handful. */
	PROBES_MAX = 256,
};

/* FNV-1a, eight bytes at a time would read over the end. */
static uint32_t hash_of(enum sonde_type_space space, const char *name, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325 ^ space;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 0x100000001b3;
	return (uint32_t)(hash ^ hash >> 32);
}

static bool is_called(
	const struct sonde_type_record *record, const char *name, size_t length)
{
	return !strncmp(record->name, name, length) && !record->name[length];
}

/* The slot that has the name, or the free one where it would go. */
static struct sonde_error *find_slot(const struct sonde_btf *btf,
	const struct sonde_btf_index *index, enum sonde_type_space space,
	const char *name, size_t length, uint32_t **ret, struct sonde_type_record *found)
{
	uint32_t position = hash_of(space, name, length);

	for (unsigned i = 0; i < PROBES_MAX; i++, position++) {
		uint32_t *slot = &index->slots[position & index->mask];

		*ret = slot;
		if (!*slot)
			return NULL;
		sonde_type_describe(
			(struct sonde_type){.types = &btf->types, .id = *slot}, found);
		if (found->space == space && is_called(found, name, length))
			return NULL;
	}
	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "too many names of BTF's types collide");
}

static struct sonde_error *add(const struct sonde_btf *btf,
	const struct sonde_btf_index *index, uint32_t id,
	const struct sonde_type_record *record)
{
	size_t length = strnlen(record->name, SONDE_BTF_NAME_MAX + 1);
	struct sonde_type_record found;
	uint32_t *slot = NULL;

	if (!length || length > SONDE_BTF_NAME_MAX)
		return NULL;
	CHECK(find_slot(btf, index, record->space, record->name, length, &slot, &found));
	if (!*slot || (found.kind == SONDE_TYPE_INCOMPLETE &&
			      record->kind != SONDE_TYPE_INCOMPLETE))
		*slot = id;
	return NULL;
}

static struct sonde_error *fill(
	const struct sonde_btf *btf, const struct sonde_btf_index *index, bool functions)
{
	uint32_t first = btf->types.first ? btf->types.first : 1;

	for (uint32_t id = first; id < btf->types.count; id++) {
		struct sonde_type_record record;

		sonde_type_describe(
			(struct sonde_type){.types = &btf->types, .id = id}, &record);
		if (record.space == SONDE_TYPE_NOWHERE ||
			(record.space == SONDE_TYPE_FUNCTIONS) != functions)
			continue;
		CHECK(add(btf, index, id, &record));
	}
	return NULL;
}

static struct sonde_error *make_index(
	const struct sonde_btf *btf, bool functions, struct sonde_btf_index *ret)
{
	uint32_t names = functions ? btf->function_count : btf->named_count;
	struct sonde_btf_index index = {.mask = 15};
	struct sonde_error *error;

	while (index.mask < 2 * (uint64_t)names)
		index.mask = 2 * index.mask + 1;
	index.slots = calloc((size_t)index.mask + 1, sizeof(*index.slots));
	if (!index.slots)
		return sonde_error_no_memory();
	error = fill(btf, &index, functions);
	if (error) {
		free(index.slots);
		return error;
	}
	*ret = index;
	return NULL;
}

struct sonde_error *sonde_btf_find(const struct sonde_types *types,
	enum sonde_type_space space, const char *name, size_t length, uint32_t *ret)
{
	/* An index is a memory of what the types say: nobody sees it come. */
	struct sonde_btf *btf = (struct sonde_btf *)types;
	bool functions = space == SONDE_TYPE_FUNCTIONS;
	struct sonde_btf_index *index = functions ? &btf->functions : &btf->names;
	struct sonde_type_record found;
	uint32_t *slot = NULL;

	if (!index->slots)
		CHECK(make_index(btf, functions, index));
	*ret = 0;
	if (!length || length > SONDE_BTF_NAME_MAX)
		return NULL;
	CHECK(find_slot(btf, index, space, name, length, &slot, &found));
	*ret = *slot;
	return NULL;
}
