/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory areas of a process, in an image with changes in it: a byte
 * for the layout, then what linux_image_change() takes. */
#include <stdlib.h>
#include <string.h>

#include <sonde/mapping.h>
#include "process_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct sonde_target *target)
{
	struct sonde_mappings *mappings;
	const struct sonde_mapping *mapping;
	struct sonde_error *error = sonde_mappings_open(target, 1, NULL, &mappings);

	if (error) {
		sonde_error_destroy(error);
		return;
	}
	while ((mapping = sonde_mappings_next(mappings)))
		if (mapping->start >= mapping->end || strlen(mapping->permissions) != 4 ||
			(mapping->path && strlen(mapping->path) > 4096))
			abort();
	sonde_mappings_close(mappings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct process_image images[PROCESS_LAYOUTS];
	struct process_image *image;

	if (!images[0].memory)
		for (unsigned i = 0; i < PROCESS_LAYOUTS; i++)
			process_image_begin(&images[i], i);
	if (!size)
		return 0;
	image = &images[data[0] % PROCESS_LAYOUTS];
	linux_image_restore(&image->tree.fake);
	linux_image_change(&image->tree.fake, data + 1, size - 1);
	look(&image->tree.fake.kernel.target);
	if (image->tree.fake.reads > 20000000)
		abort();
	return 0;
}
