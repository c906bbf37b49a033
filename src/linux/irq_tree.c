/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "irq_tree.h"
#include "kernel.h"

enum {
	/** Entries whose two lowest bits are this are nodes; up to 4096 they are marks.
	 */
	INTERNAL = 2,
	MARKS_MAX = 4096,
};

#define PLACE(member) offsetof(struct sonde_linux_irq_fields, member)

static const struct sonde_field_wish wishes[] = {
	{"struct xarray", "xa_head", PLACE(head)},
	{"struct xa_node", "slots", PLACE(slots)},
};

static bool is_node(uint64_t entry)
{
	return (entry & 3) == INTERNAL && entry > MARKS_MAX;
}

/* Nodes lie one below the other, each with fewer bits of the number left. */
static struct sonde_error *descend(struct sonde_linux_irq_tree *tree, uint64_t entry)
{
	struct sonde_linux_irq_level *level = &tree->levels[tree->height];
	uint64_t node = entry - INTERNAL;
	struct sonde_error *error;

	if (tree->height == SONDE_LINUX_IRQ_HEIGHT ||
		++tree->nodes > SONDE_LINUX_IRQ_NODES) {
		tree->torn = "the tree of interrupts has no end";
		return NULL;
	}
	error = sonde_space_read(&tree->kernel->space.space,
		node + tree->fields.slots.offset, level->copy, sizeof(level->copy));
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		tree->torn = "the tree of interrupts leads to where nothing can be read";
		return NULL;
	}
	CHECK(error);
	level->next = 0;
	tree->height++;
	return NULL;
}

static struct sonde_error *begin_radix(struct sonde_linux_irq_tree *tree,
	const struct sonde_types *types, uint64_t address)
{
	uint64_t entry;

	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &tree->fields));
	CHECK(sonde_field_read(
		&tree->fields.head, &tree->kernel->space.space, address, &entry));
	if (is_node(entry))
		return descend(tree, entry);
	/* A tree with nothing but number 0. */
	if (!entry || (entry & 3))
		return NULL;
	memset(tree->levels[0].copy, 0, sizeof(tree->levels[0].copy));
	memcpy(tree->levels[0].copy, &entry, sizeof(entry));
	tree->height = 1;
	return NULL;
}

static struct sonde_error *next_of_radix(
	struct sonde_linux_irq_tree *tree, uint64_t *ret, bool *more)
{
	*more = false;
	while (tree->height && !tree->torn) {
		struct sonde_linux_irq_level *level = &tree->levels[tree->height - 1];
		uint64_t entry;

		if (level->next == SONDE_LINUX_IRQ_SLOTS) {
			tree->height--;
			continue;
		}
		memcpy(&entry, level->copy + 8 * level->next++, sizeof(entry));
		if (is_node(entry)) {
			CHECK(descend(tree, entry));
		} else if (entry && !(entry & 3)) {
			*ret = entry;
			*more = true;
			return NULL;
		}
	}
	return NULL;
}

static struct sonde_error *next_of_maple(
	struct sonde_linux_irq_tree *tree, uint64_t *ret, bool *more)
{
	struct sonde_maple_range range;

	CHECK(sonde_maple_next(&tree->maple, &range, more));
	*ret = range.entry;
	if (!*more)
		tree->torn = tree->maple.torn;
	return NULL;
}

struct sonde_error *sonde_linux_irq_tree_begin(
	struct sonde_linux *kernel, struct sonde_linux_irq_tree *ret)
{
	const struct sonde_types *types;
	struct sonde_symbol symbol;
	bool found;

	*ret = (struct sonde_linux_irq_tree){.kernel = kernel};
	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_linux_own_look_up(kernel, "sparse_irqs", &symbol, &found));
	if (found) {
		ret->is_maple = true;
		CHECK(sonde_maple_layout_find(types, &ret->layout));
		sonde_maple_begin(
			&ret->maple, &kernel->space.space, &ret->layout, symbol.address);
		ret->maple.moving = true;
		return NULL;
	}
	CHECK(sonde_linux_own_look_up(kernel, "irq_desc_tree", &symbol, &found));
	if (found)
		return begin_radix(ret, types, symbol.address);
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the kernel has no symbol 'sparse_irqs' or 'irq_desc_tree' "
			"(CONFIG_KALLSYMS_ALL)"),
		"--symbols FILE takes them from the kernel's vmlinux or System.map");
}

struct sonde_error *sonde_linux_irq_tree_next(
	struct sonde_linux_irq_tree *tree, uint64_t *ret, bool *more)
{
	return tree->is_maple ? next_of_maple(tree, ret, more)
			      : next_of_radix(tree, ret, more);
}
