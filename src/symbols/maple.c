/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "maple.h"
#include "type_fields.h"

enum {
	NODES_MAX = 1 << 16,
	/** How often a walk may begin anew at the root. */
	PATIENCE = 4096,
	/** Entries up to here that look like nodes are marks (XA_ZERO_ENTRY..). */
	MARKS_MAX = 4096,
};

/* --- the layout ------------------------------------------------------------------- */

struct fields {
	struct sonde_field root, parent, slots[SONDE_MAPLE_KINDS],
		pivots[SONDE_MAPLE_KINDS];
};

#define ARRAYS(kind, type)                                                            \
	{"struct " type, "slot", offsetof(struct fields, slots[kind]), false},        \
	{                                                                             \
		"struct " type, "pivot", offsetof(struct fields, pivots[kind]), false \
	}

static const struct sonde_field_wish wishes[] = {
	{"struct maple_tree", "ma_root", offsetof(struct fields, root), false},
	{"struct maple_range_64", "parent", offsetof(struct fields, parent), false},
	ARRAYS(SONDE_MAPLE_LEAF, "maple_range_64"),
	ARRAYS(SONDE_MAPLE_RANGE, "maple_range_64"),
	ARRAYS(SONDE_MAPLE_ARANGE, "maple_arange_64"),
};

static struct sonde_error *take_array(const struct sonde_field *field,
	unsigned pointer_bytes, struct sonde_maple_array *ret)
{
	struct sonde_type type;

	CHECK(sonde_type_resolve(field->type, &type));
	*ret = (struct sonde_maple_array){field->offset, sonde_type_count(type)};
	if (sonde_type_kind(type) == SONDE_TYPE_ARRAY &&
		ret->offset < SONDE_MAPLE_NODE_BYTES &&
		ret->count <= SONDE_MAPLE_NODE_BYTES / pointer_bytes &&
		ret->offset + ret->count * pointer_bytes <= SONDE_MAPLE_NODE_BYTES)
		return NULL;
	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"the types say that a maple tree's nodes have %" PRIu64 " children",
		ret->count);
}

struct sonde_error *sonde_maple_layout_find(
	const struct sonde_types *types, struct sonde_maple_layout *ret)
{
	struct sonde_maple_layout layout;
	struct fields fields;

	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &fields));
	layout = (struct sonde_maple_layout){
		.root = fields.root.offset,
		.parent = fields.parent.offset,
		.pointer_bytes = fields.root.bytes == 4 ? 4 : 8,
		.big_endian = fields.root.big_endian,
	};
	if (layout.parent > SONDE_MAPLE_NODE_BYTES - 8)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the types say that a maple tree's nodes are very large");
	for (unsigned kind = SONDE_MAPLE_LEAF; kind <= SONDE_MAPLE_ARANGE; kind++) {
		CHECK(take_array(
			&fields.slots[kind], layout.pointer_bytes, &layout.slots[kind]));
		CHECK(take_array(&fields.pivots[kind], layout.pointer_bytes,
			&layout.pivots[kind]));
	}
	*ret = layout;
	return NULL;
}

/* --- nodes ------------------------------------------------------------------------ */

static uint64_t load(
	const struct sonde_maple *maple, const uint8_t *copy, uint64_t offset)
{
	unsigned bytes = maple->layout->pointer_bytes;
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 |
			copy[offset + (maple->layout->big_endian ? i : bytes - 1 - i)];
	return value;
}

static uint64_t element(const struct sonde_maple *maple,
	const struct sonde_maple_level *level, const struct sonde_maple_array *array,
	uint64_t index)
{
	return load(
		maple, level->copy, array->offset + index * maple->layout->pointer_bytes);
}

/* Entries whose lowest bits are 10 are the tree's own; small ones are marks. */
static bool is_internal(uint64_t entry)
{
	return (entry & 3) == 2;
}

/* What a node is read from: as many bytes as its kind uses. */
static uint64_t node_bytes(const struct sonde_maple_layout *layout, unsigned kind)
{
	const struct sonde_maple_array *arrays[] = {
		&layout->slots[kind], &layout->pivots[kind]};
	uint64_t bytes = layout->parent + layout->pointer_bytes;

	for (unsigned i = 0; i < ARRAY_SIZE(arrays); i++) {
		uint64_t end =
			arrays[i]->offset + arrays[i]->count * layout->pointer_bytes;

		if (end > bytes)
			bytes = end;
	}
	return bytes;
}

/* A node that is in the tree no more is its own parent. */
static bool is_in_tree(
	const struct sonde_maple *maple, const struct sonde_maple_level *level)
{
	const uint64_t mask = SONDE_MAPLE_NODE_BYTES - 1;
	uint64_t parent = load(maple, level->copy, maple->layout->parent);

	if ((parent & ~mask) == level->node)
		return false;
	if (maple->height == 0)
		return (parent & ~UINT64_C(1)) == maple->tree;
	return (parent & ~mask) == maple->levels[maple->height - 1].node;
}

static struct sonde_error *descend(
	struct sonde_maple *maple, uint64_t entry, uint64_t first, uint64_t last)
{
	struct sonde_maple_level *level = &maple->levels[maple->height];

	if (maple->height == SONDE_MAPLE_HEIGHT)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the tree is higher than a tree can be");
	if (!maple->nodes_left)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"more than %d nodes were followed without coming to an end",
			NODES_MAX);
	maple->nodes_left--;
	level->node = entry & ~(uint64_t)(SONDE_MAPLE_NODE_BYTES - 1);
	level->kind = entry >> 3 & 0xf;
	level->next = 0;
	level->first = first;
	level->last = last;
	if (level->kind < SONDE_MAPLE_LEAF || level->kind > SONDE_MAPLE_ARANGE)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the tree has a node of kind %u", level->kind);
	CHECK(sonde_space_read(maple->space, level->node, level->copy,
		node_bytes(maple->layout, level->kind)));
	if (maple->moving && !is_in_tree(maple, level))
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the tree's nodes do not fit together");
	maple->height++;
	return NULL;
}

/*
 * The next slot of a node: pivots say where its keys end, and one that is 0, or missing,
 * stands for the node's own end, behind which slots mean nothing.
 */
static void next_slot(const struct sonde_maple *maple, struct sonde_maple_level *level,
	struct sonde_maple_range *ret)
{
	const struct sonde_maple_array *pivots = &maple->layout->pivots[level->kind];
	uint64_t index = level->next++, last = level->last;

	if (index < pivots->count)
		last = element(maple, level, pivots, index);
	if (index && !last)
		last = level->last;
	ret->entry = element(maple, level, &maple->layout->slots[level->kind], index);
	ret->first = level->first;
	ret->last = last;
	level->first = last + 1;
	if (last >= level->last)
		level->next = UINT64_MAX;
}

/* --- the walk --------------------------------------------------------------------- */

static bool is_entry(uint64_t entry)
{
	return entry && !(entry & 1) && !is_internal(entry);
}

static void pass(struct sonde_maple *maple, uint64_t last)
{
	maple->key = last + 1;
	maple->ended = last == UINT64_MAX;
}

static struct sonde_error *begin(
	struct sonde_maple *maple, struct sonde_maple_range *ret, bool *found)
{
	uint64_t entry;

	maple->started = true;
	CHECK(sonde_space_read_integer(maple->space, maple->tree + maple->layout->root,
		maple->layout->pointer_bytes, &entry));
	if (is_internal(entry) && entry > MARKS_MAX)
		return descend(maple, entry, 0, UINT64_MAX);
	/* One alone is for the key 0. */
	*found = is_entry(entry) && !maple->key;
	*ret = (struct sonde_maple_range){0, 0, entry};
	pass(maple, 0);
	return NULL;
}

static struct sonde_error *step(
	struct sonde_maple *maple, struct sonde_maple_range *ret, bool *found)
{
	struct sonde_maple_level *level = &maple->levels[maple->height - 1];

	if (level->next >= maple->layout->slots[level->kind].count) {
		maple->height--;
		return NULL;
	}
	next_slot(maple, level, ret);
	if (maple->moving && (ret->last < ret->first || ret->last > level->last))
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the tree's keys are not in order");
	if (maple->moving && ret->last < maple->key)
		return NULL;
	if (level->kind != SONDE_MAPLE_LEAF)
		return ret->entry ? descend(maple, ret->entry, ret->first, ret->last)
				  : NULL;
	*found = is_entry(ret->entry);
	if (*found)
		pass(maple, ret->last);
	return NULL;
}

void sonde_maple_begin(struct sonde_maple *ret, struct sonde_space *space,
	const struct sonde_maple_layout *layout, uint64_t tree)
{
	ret->space = space;
	ret->layout = layout;
	ret->tree = tree;
	ret->moving = false;
	ret->height = 0;
	ret->key = 0;
	ret->started = ret->ended = false;
	ret->nodes_left = NODES_MAX;
	ret->patience = PATIENCE;
	ret->torn = NULL;
}

void sonde_maple_seek(struct sonde_maple *maple, uint64_t key)
{
	maple->key = key;
	maple->height = 0;
	maple->started = maple->ended = false;
	if (maple->patience)
		maple->patience--;
	else
		maple->torn = "the tree changes too fast";
}

static bool is_about_content(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_FAULT) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA);
}

struct sonde_error *sonde_maple_next(
	struct sonde_maple *maple, struct sonde_maple_range *ret, bool *more)
{
	bool found = false;

	while (!found && !maple->torn && !maple->ended &&
		(maple->height || !maple->started)) {
		struct sonde_error *error;

		error = maple->started ? step(maple, ret, &found)
				       : begin(maple, ret, &found);
		if (!maple->moving || !is_about_content(error)) {
			CHECK(error);
			continue;
		}
		sonde_error_destroy(error);
		sonde_maple_seek(maple, maple->key);
		if (!maple->nodes_left || maple->torn)
			maple->torn = "the tree's nodes do not fit together";
	}
	*more = found;
	return NULL;
}
