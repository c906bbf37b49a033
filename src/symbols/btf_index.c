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
	/**
	 * Slots looked at for one name. Of 65,536 honest names in a table that is two
	 * thirds full the worst takes some 150.
	 */
	PROBES_MAX = 1024,
};

/* FNV-1a; its low bits choose the slot. */
static uint32_t hash_of(enum sonde_type_space space, const char *name, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325 ^ space;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 0x100000001b3;
	return (uint32_t)(hash ^ hash >> 32);
}

static void describe(
	const struct sonde_btf *btf, uint32_t id, struct sonde_type_record *ret)
{
	sonde_type_describe((struct sonde_type){.types = &btf->types, .id = id}, ret);
}

/*
 * The slot that has the name, which @p found is then, or the free one where it would
 * go. Only slots whose hash is the same are looked at closer.
 */
static struct sonde_error *find_slot(const struct sonde_btf *btf,
	const struct sonde_btf_index *index, uint32_t hash, enum sonde_type_space space,
	const char *name, size_t length, uint64_t **ret, struct sonde_type_record *found)
{
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		uint64_t *slot = &index->slots[(hash + i) & index->mask];

		*ret = slot;
		if (!*slot)
			return NULL;
		if (*slot >> 32 != hash)
			continue;
		describe(btf, (uint32_t)*slot, found);
		if (found->space == space && !strncmp(found->name, name, length) &&
			!found->name[length])
			return NULL;
	}
	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "too many names of BTF's types collide");
}

static struct sonde_error *add(const struct sonde_btf *btf,
	const struct sonde_btf_index *index, uint32_t id, enum sonde_type_space space,
	const char *name)
{
	size_t length = strnlen(name, SONDE_BTF_NAME_MAX + 1);
	struct sonde_type_record old = {.kind = SONDE_TYPE_VOID}, new;
	uint64_t *slot = NULL;
	uint32_t hash;

	if (!length || length > SONDE_BTF_NAME_MAX)
		return NULL;
	hash = hash_of(space, name, length);
	CHECK(find_slot(btf, index, hash, space, name, length, &slot, &old));
	if (*slot && old.kind == SONDE_TYPE_INCOMPLETE) {
		describe(btf, id, &new);
		if (new.kind != SONDE_TYPE_INCOMPLETE)
			*slot = 0;
	}
	if (!*slot)
		*slot = (uint64_t)hash << 32 | id;
	return NULL;
}

static struct sonde_error *fill(
	const struct sonde_btf *btf, const struct sonde_btf_index *index, bool functions)
{
	uint32_t first = btf->types.first ? btf->types.first : 1;

	for (uint32_t id = first; id < btf->types.count; id++) {
		const char *name;
		enum sonde_type_space space = sonde_btf_space(btf, id, &name);

		if (space == SONDE_TYPE_NOWHERE ||
			(space == SONDE_TYPE_FUNCTIONS) != functions)
			continue;
		CHECK(add(btf, index, id, space, name));
	}
	return NULL;
}

static struct sonde_error *make_index(
	const struct sonde_btf *btf, bool functions, struct sonde_btf_index *ret)
{
	uint32_t names = functions ? btf->function_count : btf->named_count;
	struct sonde_btf_index index = {.mask = 15};
	struct sonde_error *error;

	/* Two thirds full at most: fewer pages to touch than half would be. */
	while (index.mask < names + (uint64_t)names / 2)
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
	uint64_t *slot = NULL;

	if (!index->slots)
		CHECK(make_index(btf, functions, index));
	*ret = 0;
	if (!index->slots || !length || length > SONDE_BTF_NAME_MAX)
		return NULL;
	CHECK(find_slot(btf, index, hash_of(space, name, length), space, name, length,
		&slot, &found));
	*ret = (uint32_t)*slot;
	return NULL;
}
