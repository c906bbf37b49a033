/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree of interrupts with changes in it: a byte for how counts lie, then what
 * linux_image_change() takes. */
#include <sonde/irq.h>
#include <stdlib.h>
#include <string.h>

#include "irq_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct sonde_irqs *irqs)
{
	const struct sonde_irq *irq;
	size_t count;
	const unsigned *cpus = sonde_irqs_cpus(irqs, &count);

	while ((irq = sonde_irqs_next(irqs))) {
		uint64_t total = 0;

		for (size_t i = 0; i < count; i++)
			total += irq->counts[i];
		if (total != irq->total || (irq->name && !*irq->name) ||
			(irq->chip && !*irq->chip) || (count && cpus[count - 1] > 63))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct irq_image images[2];
	struct sonde_error *error;
	struct irq_image *image;
	struct sonde_irqs *irqs;

	if (!images[0].tree) {
		irq_image_begin(&images[0], false);
		irq_image_begin(&images[1], true);
	}
	if (!size)
		return 0;
	image = &images[data[0] % 2];
	linux_image_restore(&image->fake);
	linux_image_change(&image->fake, data + 1, size - 1);
	error = sonde_irqs_open(&image->fake.kernel.target, &irqs);
	if (error && !*sonde_error_why(error))
		abort();
	sonde_error_destroy(error);
	if (error)
		return 0;
	look(irqs);
	sonde_irqs_close(irqs);
	return 0;
}
