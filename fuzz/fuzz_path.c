/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths of files, where dentries and mounts have changes in them (linux_image_change()):
 * each ends, in a text that is a path's, or in none. */
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "tree_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tree_image tree;
	static struct sonde_linux_paths paths;

	if (!tree.task) {
		tree_image_begin(&tree, 32 << 10, "", true);
		linux_image_ready(&tree.fake);
	}
	linux_image_restore(&tree.fake);
	linux_image_change(&tree.fake, data, size);
	if (sonde_linux_paths_init(&paths, &tree.fake.kernel))
		abort();
	for (unsigned i = 0; i < TREE_DENTRIES; i++) {
		struct sonde_linux_path path;

		if (sonde_linux_path_of_file(&paths, tree.files[i], &path))
			abort();
		if (path.text && strlen(path.text) >= SONDE_LINUX_PATH_BYTES)
			abort();
	}
	if (tree.fake.reads > 1000000)
		abort();
	return 0;
}
