/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts of a process, in an image with changes in it: a byte
 * for the layout, then what linux_image_change() takes. */
#include <stdlib.h>
#include <string.h>

#include <sonde/mount.h>
#include "process_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct sonde_target *target)
{
	const struct sonde_mount *mount;
	struct sonde_mounts *mounts;
	struct sonde_error *error = sonde_mounts_open(target, NULL, &mounts);

	if (error) {
		sonde_error_destroy(error);
		return;
	}
	while ((mount = sonde_mounts_next(mounts)))
		if (mount->path && strlen(mount->path) > 4096)
			abort();
	sonde_mounts_close(mounts);
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
