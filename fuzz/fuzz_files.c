/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open files of a process, in an image with changes in it: a byte
 * for the layout, then what linux_image_change() takes. */
#include <stdlib.h>
#include <string.h>

#include <sonde/file.h>
#include "process_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t length(const char *text)
{
	return text ? strlen(text) : 0;
}

static void look(struct sonde_target *target)
{
	const struct sonde_file *file;
	struct sonde_files *files;
	struct sonde_error *error = sonde_files_open(target, 1, NULL, &files);
	uint64_t next = 0;

	if (error) {
		sonde_error_destroy(error);
		return;
	}
	for (; (file = sonde_files_next(files)); next = file->fd + UINT64_C(1)) {
		if (file->fd < next || length(file->path) > 4096)
			abort();
		if (file->socket && length(file->socket->local) > 4096)
			abort();
	}
	sonde_files_close(files);
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
