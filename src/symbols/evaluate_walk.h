/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks along what the kernel keeps things in: evaluate_list.c, which knows lists,
 * evaluate_tree.c, which knows trees. Layouts come from the target's types.
 */
#ifndef SONDE_SYMBOLS_EVALUATE_WALK_H
#define SONDE_SYMBOLS_EVALUATE_WALK_H

#include "evaluate.h"

struct sonde_walk {
	const struct sonde_evaluator *evaluator;
	/** The call. */
	const struct sonde_syntax *node;
	struct sonde_space *space;
	/** Of the elements, and where in it the links are (bytes). */
	struct sonde_type type;
	uint64_t links;
	/** Where what was given lies, and what it is. */
	uint64_t head;
	struct sonde_type head_type;
	/** Addresses of the elements' links; owned. */
	uint64_t *found;
	size_t count, capacity;
};

/** One more element; an error when there are too many. */
SONDE_NODISCARD struct sonde_error *sonde_walk_add(
	struct sonde_walk *walk, uint64_t links);

/** The pointer at @p address. */
SONDE_NODISCARD struct sonde_error *sonde_walk_read(
	const struct sonde_walk *walk, uint64_t address, uint64_t *ret);

/** @p member of a struct @p tag, by the target's types: nobody knows it by heart. */
SONDE_NODISCARD struct sonde_error *sonde_walk_member(const struct sonde_walk *walk,
	const char *tag, const char *member, struct sonde_type_member *ret);

/** Where that lies, in bytes. */
SONDE_NODISCARD struct sonde_error *sonde_walk_offset(const struct sonde_walk *walk,
	const char *tag, const char *member, uint64_t *ret);

SONDE_NODISCARD struct sonde_error *sonde_walk_rbtree(struct sonde_walk *walk);
SONDE_NODISCARD struct sonde_error *sonde_walk_xarray(struct sonde_walk *walk);
SONDE_NODISCARD struct sonde_error *sonde_walk_maple(struct sonde_walk *walk);

#endif
