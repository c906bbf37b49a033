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
	struct linux_image *image = process_image_changed(data, size);

	if (!image)
		return 0;
	look(&image->kernel.target);
	if (image->reads > 20000000)
		abort();
	return 0;
}
