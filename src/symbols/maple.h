/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks along a maple tree (include/linux/maple_tree.h) in the order of its keys. Nodes
 * are read whole, so what is taken from one is of one moment.
 *
 *	CHECK(sonde_maple_layout_find(types, &layout));
 *	sonde_maple_begin(&maple, space, &layout, tree);
 *	for (;;) {
 *		CHECK(sonde_maple_next(&maple, &range, &more));
 *		if (!more)
 *			break;
 *	}
 */
#ifndef SONDE_SYMBOLS_MAPLE_H
#define SONDE_SYMBOLS_MAPLE_H

#include <sonde/space.h>

#include "type.h"

enum {
	/** Nodes have at least 10 children. */
	SONDE_MAPLE_HEIGHT = 32,
	/** Of nodes, which are aligned to as much. */
	SONDE_MAPLE_NODE_BYTES = 256,
	/** lib/maple_tree.c: enum maple_type. */
	SONDE_MAPLE_LEAF = 1,
	SONDE_MAPLE_RANGE = 2,
	SONDE_MAPLE_ARANGE = 3,
	SONDE_MAPLE_KINDS = 4,
};

/** Where things are in a node, by the types. */
struct sonde_maple_layout {
	struct sonde_maple_array {
		uint64_t offset, count;
	} slots[SONDE_MAPLE_KINDS], pivots[SONDE_MAPLE_KINDS];
	/** Of the root in a struct maple_tree, and of the parent in a node. */
	uint64_t root, parent;
	/** Of a pointer, in bytes. */
	unsigned pointer_bytes;
	bool big_endian;
};

/** What is stored for the keys from @ref first to @ref last. */
struct sonde_maple_range {
	uint64_t first, last;
	uint64_t entry;
};

/** A node on the way down. */
struct sonde_maple_level {
	uint64_t node;
	unsigned kind;
	/** Which of its slots is next, where that one's keys begin, and its last key. */
	uint64_t next, first, last;
	uint8_t copy[SONDE_MAPLE_NODE_BYTES];
};

struct sonde_maple {
	struct sonde_space *space;
	const struct sonde_maple_layout *layout;
	uint64_t tree;
	/**
	 * The tree may change while it is walked: nodes have to know those above them,
	 * and where one does not, the walk goes on from the root. What comes up is then
	 * in the order of keys still. Set by the caller, behind sonde_maple_begin().
	 */
	bool moving;
	struct sonde_maple_level levels[SONDE_MAPLE_HEIGHT];
	unsigned height;
	/** Keys below it have come up. */
	uint64_t key;
	bool started, ended;
	/** Nodes that are looked at yet, and how often it may begin anew. */
	unsigned nodes_left, patience;
	/** Of a moving one: why it ended before the tree did. Never freed. */
	const char *torn;
};

/** SONDE_ERROR_NOT_FOUND names what the types lack. */
SONDE_NODISCARD struct sonde_error *sonde_maple_layout_find(
	const struct sonde_types *types, struct sonde_maple_layout *ret);

/** The struct maple_tree at @p tree; @p layout is borrowed. */
void sonde_maple_begin(struct sonde_maple *ret, struct sonde_space *space,
	const struct sonde_maple_layout *layout, uint64_t tree);

/**
 * The next range with an entry that is a pointer; *@p more is false at the end. A tree
 * that makes no sense is SONDE_ERROR_BAD_DATA, or, of a moving one, no error:
 * @ref sonde_maple.torn says why it ended.
 */
SONDE_NODISCARD struct sonde_error *sonde_maple_next(
	struct sonde_maple *maple, struct sonde_maple_range *ret, bool *more);

/** Goes on from the root, with the first range that has @p key or what is behind it. A
 * caller who does that without end is stopped, as a tree that is torn. */
void sonde_maple_seek(struct sonde_maple *maple, uint64_t key);

#endif
