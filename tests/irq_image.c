/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "irq_image.h"

enum {
	IMAGE_BYTES = 64 << 10,
	/** A CPU's own variables are so far from another's (bytes). */
	APART = 64,
	SLOTS = 64,
};

#define TYPES                                                                          \
	"struct list_head { struct list_head *next, *prev; };"                         \
	"struct cpumask { unsigned long bits[1]; };"                                   \
	"struct xarray { u32 xa_lock; u32 xa_flags; void *xa_head; };"                 \
	"struct xa_node { u8 shift, offset, count, nr_values; struct xa_node *parent;" \
	"	struct xarray *array; void *private[2]; void *slots[64]; };"                 \
	"struct irq_chip { char *name; };"                                             \
	"struct irqaction { void *handler; struct irqaction *next; char *name; };"     \
	"enum { IRQ_LEVEL = 256, IRQ_HIDDEN = 1048576 };"                              \
	"struct irq_data { u32 mask; unsigned int irq; unsigned long hwirq;"           \
	"	void *common; struct irq_chip *chip; };"
static const char plain[] = TYPES
	"struct irq_desc { u64 common[4]; struct irq_data irq_data; u32 *kstat_irqs;"
	"	void *handle_irq; struct irqaction *action; u32 status_use_accessors; };";
static const char structures[] =
	TYPES "struct irqstat { u32 ref, cnt; };"
	      "struct irq_desc { u64 common[4]; struct irq_data irq_data;"
	      "	struct irqstat *kstat_irqs; void *handle_irq; struct irqaction *action; "
	      "};";

static uint64_t add_text(struct linux_image *fake, const char *text)
{
	uint64_t address = linux_image_allocate(fake, strlen(text) + 1);

	memcpy(linux_image_at(fake, address, strlen(text) + 1), text, strlen(text) + 1);
	return address;
}

static uint64_t add_structure(struct linux_image *fake, const char *type)
{
	return linux_image_allocate(fake, linux_image_sizeof(fake, type));
}

static uint64_t add_actions(struct linux_image *fake)
{
	static const char type[] = "struct irqaction";
	uint64_t first = add_structure(fake, type), second = add_structure(fake, type);

	linux_image_set(fake, first, type, "name", add_text(fake, "first"));
	linux_image_set(fake, first, type, "next", second);
	linux_image_set(fake, second, type, "name", add_text(fake, "second"));
	return first;
}

static uint64_t add_desc(struct irq_image *image, unsigned number, uint64_t chip,
	uint64_t actions, unsigned count_at)
{
	static const char type[] = "struct irq_desc";
	struct linux_image *fake = &image->fake;
	uint64_t desc = add_structure(fake, type);
	/* The first CPU's; those of others follow. */
	uint64_t counts =
		linux_image_allocate(fake, (IRQ_IMAGE_CPUS + 1) * APART) + count_at;

	linux_image_set(fake, desc, type, "irq_data.irq", number);
	linux_image_set(fake, desc, type, "irq_data.hwirq", 1000 + number);
	linux_image_set(fake, desc, type, "irq_data.chip", chip);
	linux_image_set(fake, desc, type, "kstat_irqs", counts - count_at);
	linux_image_set(fake, desc, type, "action", actions);
	linux_image_put(fake, counts, number, 4);
	linux_image_put(fake, counts + APART, 1, 4);
	return desc;
}

static uint64_t slot(struct linux_image *fake, uint64_t node, unsigned number)
{
	return node + linux_image_offset(fake, "struct xa_node", "slots") +
	       8 * (uint64_t)number;
}

static void add_cpus(struct linux_image *fake)
{
	uint64_t mask = add_structure(fake, "struct cpumask");
	uint64_t offsets = linux_image_allocate(fake, 8 * (IRQ_IMAGE_CPUS + 1));

	linux_image_put(fake, mask, 0xb, 8);
	linux_image_symbol(fake, "__cpu_online_mask", mask);
	linux_image_symbol(fake, "__per_cpu_offset", offsets);
	for (unsigned i = 0; i <= IRQ_IMAGE_CPUS; i++)
		linux_image_put(fake, offsets + 8 * (uint64_t)i, APART * (uint64_t)i, 8);
}

void irq_image_begin(struct irq_image *image, bool counts_are_structures)
{
	struct linux_image *fake = &image->fake;
	uint64_t chip, actions;

	memset(image, 0, sizeof(*image));
	linux_image_begin(fake, IMAGE_BYTES, counts_are_structures ? structures : plain);
	add_cpus(fake);
	chip = add_structure(fake, "struct irq_chip");
	linux_image_set(fake, chip, "struct irq_chip", "name", add_text(fake, "IO-APIC"));
	actions = add_actions(fake);
	image->tree = add_structure(fake, "struct xarray");
	linux_image_symbol(fake, "irq_desc_tree", image->tree);
	image->top = add_structure(fake, "struct xa_node");
	linux_image_set(fake, image->top, "struct xa_node", "shift", 6);
	linux_image_set(fake, image->tree, "struct xarray", "xa_head", image->top + 2);
	for (unsigned i = 0; i < IRQ_IMAGE_END; i++) {
		if (i % SLOTS == 0) {
			image->node = add_structure(fake, "struct xa_node");
			linux_image_put(fake, slot(fake, image->top, i / SLOTS),
				image->node + 2, 8);
		}
		if (i % IRQ_IMAGE_EVERY)
			continue;
		image->descs[i] =
			add_desc(image, i, chip, actions, counts_are_structures ? 4 : 0);
		linux_image_put(
			fake, slot(fake, image->node, i % SLOTS), image->descs[i], 8);
	}
	linux_image_ready(fake);
}

void irq_image_end(struct irq_image *image)
{
	linux_image_end(&image->fake);
}
