/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel with a radix tree of interrupts. */
#ifndef SONDE_TESTS_IRQ_IMAGE_H
#define SONDE_TESTS_IRQ_IMAGE_H

#include "linux_image.h"

enum {
	IRQ_IMAGE_CPUS = 3,
	/** Where there is one, and where the last one is. */
	IRQ_IMAGE_EVERY = 9,
	IRQ_IMAGE_END = 150,
};

struct irq_image {
	struct linux_image fake;
	/** The struct xarray, its upper node, and one below it. */
	uint64_t tree, top, node;
	/** By number; 0: there is none. */
	uint64_t descs[IRQ_IMAGE_END];
};

/** Each ninth number from 0 on has an interrupt, whose handlers are "first" and "second".
 * CPUs 0, 1 and 3 are online; on them it came as often as its number, 1 and 0 times.
 * @p counts_are_structures: as since 6.10. */
void irq_image_begin(struct irq_image *image, bool counts_are_structures);
void irq_image_end(struct irq_image *image);

#endif
