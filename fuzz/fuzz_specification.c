/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands behind "qemu:". */
#include <stdlib.h>
#include <string.h>

#include "specification.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_specification found;
	char *words = strndup((const char *)data, size);
	struct sonde_error *error = sonde_specification_parse(words, &found);

	if (error)
		sonde_error_destroy(error);
	else {
		/* Parts are parts alone, and a pid is one. */
		if ((found.kind == SONDE_SPECIFICATION_PARTS) != (*words && !found.word))
			abort();
		if (found.pid < 0 || (found.qmp && !*found.qmp))
			abort();
		sonde_specification_deinit(&found);
	}
	free(words);
	return 0;
}
