/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree that has the kernel's interrupts by number (kernel/irq/irqdesc.c): since 6.5 a
 * maple tree, before that a radix tree (include/linux/xarray.h).
 */
#ifndef SONDE_LINUX_IRQ_TREE_H
#define SONDE_LINUX_IRQ_TREE_H

#include "maple.h"
#include "type_fields.h"

struct sonde_linux;

enum {
	/** Of a radix tree: six bits of a number are a node's. */
	SONDE_LINUX_IRQ_HEIGHT = 11,
	SONDE_LINUX_IRQ_SLOTS = 64,
	/** Nodes that are looked at. */
	SONDE_LINUX_IRQ_NODES = 1 << 14,
};

struct sonde_linux_irq_fields {
	struct sonde_field head, slots;
};

struct sonde_linux_irq_level {
	uint8_t copy[SONDE_LINUX_IRQ_SLOTS * 8];
	unsigned next;
};

struct sonde_linux_irq_tree {
	struct sonde_linux *kernel;
	bool is_maple;
	struct sonde_maple_layout layout;
	struct sonde_maple maple;
	struct sonde_linux_irq_fields fields;
	struct sonde_linux_irq_level levels[SONDE_LINUX_IRQ_HEIGHT];
	unsigned height, nodes;
	/** Why it ended before the tree did; NULL: it did not. Never freed. */
	const char *torn;
};

/** SONDE_ERROR_UNSUPPORTED: the kernel's symbols do not tell where it is. */
SONDE_NODISCARD struct sonde_error *sonde_linux_irq_tree_begin(
	struct sonde_linux *kernel, struct sonde_linux_irq_tree *ret);

/** The address of the next struct irq_desc; *@p more is false at the end. */
SONDE_NODISCARD struct sonde_error *sonde_linux_irq_tree_next(
	struct sonde_linux_irq_tree *tree, uint64_t *ret, bool *more);

#endif
