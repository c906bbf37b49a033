/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Red-black trees (include/linux/rbtree.h) and xarrays (xarray.h), in the order of their
 * keys, and maple trees, which maple.c walks. Heights are bounded, and so is how many
 * nodes are looked at, since a node may lead back to those above it.
 */
#include <inttypes.h>
#include <string.h>

#include "evaluate_walk.h"
#include "maple.h"

enum {
	/** Of a red-black tree; one of 2^64 nodes is at most 128 high. */
	TREE_HEIGHT_MAX = 128,
	/** Of the others, which have 10 and more children a node. */
	WIDE_HEIGHT_MAX = 32,
	NODES_MAX = 1 << 16,
	/** Of a node; there are 64 at most. */
	SLOTS_MAX = 256,
	/** Entries up to here that look like nodes are marks (XA_RETRY_ENTRY..). */
	MARKS_MAX = 4096,
};

static struct sonde_error *too_high(const struct sonde_walk *walk)
{
	return sonde_evaluate_error(walk->evaluator, walk->node, SONDE_ERROR_BAD_DATA,
		"the tree is higher than a tree can be");
}

static struct sonde_error *too_many(const struct sonde_walk *walk)
{
	return sonde_evaluate_error(walk->evaluator, walk->node, SONDE_ERROR_BAD_DATA,
		"more than %d nodes were followed without coming to an end", NODES_MAX);
}

/* In order: down to the left, then the node, then its right half. */
struct sonde_error *sonde_walk_rbtree(struct sonde_walk *walk)
{
	uint64_t path[TREE_HEIGHT_MAX], root, left, right, address;
	unsigned height = 0;
	struct sonde_type_member member;

	CHECK(sonde_evaluate_at(walk->evaluator, walk->node,
		sonde_type_find_member(
			walk->head_type, "rb_root.rb_node|rb_node", &member)));
	root = member.bit_offset / 8;
	CHECK(sonde_walk_offset(walk, "rb_node", "rb_left", &left));
	CHECK(sonde_walk_offset(walk, "rb_node", "rb_right", &right));
	CHECK(sonde_walk_read(walk, walk->head + root, &address));
	while (address || height) {
		if (address) {
			if (height == TREE_HEIGHT_MAX)
				return sonde_evaluate_error(walk->evaluator, walk->node,
					SONDE_ERROR_BAD_DATA,
					"the tree is higher than a tree can be");
			path[height++] = address;
			CHECK(sonde_walk_read(walk, address + left, &address));
			continue;
		}
		address = path[--height];
		CHECK(sonde_walk_add(walk, address));
		CHECK(sonde_walk_read(walk, address + right, &address));
	}
	return NULL;
}

/* --- xarray ----------------------------------------------------------------------- */

/* Entries whose lowest bits are 10 are the tree's own; small ones are no nodes. */
static bool is_internal(uint64_t entry)
{
	return (entry & 3) == 2;
}

static bool is_node(uint64_t entry)
{
	return is_internal(entry) && entry > MARKS_MAX;
}

/* Pointers of a structure's, which the types say how many there are of. */
struct array {
	uint64_t offset, count;
};

static struct sonde_error *find_array(const struct sonde_walk *walk, const char *tag,
	const char *member, struct array *ret)
{
	struct sonde_type_member found;
	struct sonde_type type;

	CHECK(sonde_walk_member(walk, tag, member, &found));
	CHECK(sonde_evaluate_at(
		walk->evaluator, walk->node, sonde_type_resolve(found.type, &type)));
	if (!sonde_type_is(type, SONDE_TYPE_ARRAY))
		return sonde_evaluate_error(walk->evaluator, walk->node,
			SONDE_ERROR_BAD_DATA, "'%s' of struct %s is no array", member,
			tag);
	ret->offset = found.bit_offset / 8;
	ret->count = sonde_type_count(type);
	if (ret->count > SLOTS_MAX)
		return sonde_evaluate_error(walk->evaluator, walk->node,
			SONDE_ERROR_BAD_DATA, "struct %s has %" PRIu64 " children", tag,
			ret->count);
	return NULL;
}

static struct sonde_error *read_element(const struct sonde_walk *walk, uint64_t node,
	const struct array *array, uint64_t index, uint64_t *ret)
{
	uint64_t bytes = walk->evaluator->address_bits > 32 ? 8 : 4;

	return sonde_walk_read(walk, node + array->offset + index * bytes, ret);
}

/** A node on the way down, and which of its slots is next. */
struct level {
	uint64_t node;
	uint64_t next;
};

struct descent {
	struct level levels[WIDE_HEIGHT_MAX];
	unsigned height;
	unsigned nodes;
};

static struct sonde_error *descend(
	const struct sonde_walk *walk, struct descent *descent, const struct level *level)
{
	if (descent->height == WIDE_HEIGHT_MAX)
		return too_high(walk);
	if (++descent->nodes > NODES_MAX)
		return too_many(walk);
	descent->levels[descent->height++] = *level;
	return NULL;
}

/* Odd ones are numbers (of pages that are gone), internal ones siblings and marks. */
static struct sonde_error *take_entry(struct sonde_walk *walk, uint64_t entry)
{
	if (!entry || entry & 1 || is_internal(entry))
		return NULL;
	return sonde_walk_add(walk, entry);
}

struct sonde_error *sonde_walk_xarray(struct sonde_walk *walk)
{
	struct descent descent = {.height = 0};
	struct array slots;
	uint64_t entry, root;

	CHECK(sonde_walk_offset(walk, "xarray", "xa_head", &root));
	CHECK(find_array(walk, "xa_node", "slots", &slots));
	CHECK(sonde_walk_read(walk, walk->head + root, &entry));
	for (;;) {
		struct level *level;

		if (is_node(entry))
			CHECK(descend(
				walk, &descent, &(struct level){.node = entry - 2}));
		else
			CHECK(take_entry(walk, entry));
		while (descent.height &&
			descent.levels[descent.height - 1].next >= slots.count)
			descent.height--;
		if (!descent.height)
			return NULL;
		level = &descent.levels[descent.height - 1];
		CHECK(read_element(walk, level->node, &slots, level->next++, &entry));
	}
}

struct sonde_error *sonde_walk_maple(struct sonde_walk *walk)
{
	struct sonde_maple_layout layout;
	struct sonde_maple_range range;
	struct sonde_maple maple;
	bool more = true;

	CHECK(sonde_evaluate_at(walk->evaluator, walk->node,
		sonde_maple_layout_find(walk->head_type.types, &layout)));
	sonde_maple_begin(&maple, walk->space, &layout, walk->head);
	for (;;) {
		CHECK(sonde_evaluate_at(walk->evaluator, walk->node,
			sonde_maple_next(&maple, &range, &more)));
		if (!more)
			return NULL;
		CHECK(sonde_walk_add(walk, range.entry));
	}
}
