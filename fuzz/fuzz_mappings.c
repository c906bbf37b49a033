/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What /proc/PID/maps has, of a process that chooses its files' names. */
#include <stdlib.h>
#include <string.h>

#include "host_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sorted, apart, and each found where it is. */
static void check(const struct sonde_qemu_mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct sonde_qemu_mapping *one = &mappings->list[i];

		if (one->first >= one->end || !one->path || strchr(one->path, '\n'))
			abort();
		if (i && one->first < one[-1].end)
			abort();
		if (sonde_qemu_mappings_find(mappings, one->first) != one ||
			sonde_qemu_mappings_find(mappings, one->end - 1) != one ||
			sonde_qemu_mappings_find(mappings, one->end) == one)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_qemu_mappings mappings = {0};
	/* Of exactly this size, so that reading past the end is noticed. */
	char *text = malloc(size + 1);
	struct sonde_error *error;

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	error = sonde_qemu_mappings_parse(text, &mappings);
	if (error && mappings.count)
		abort();
	if (!error)
		check(&mappings);
	sonde_error_destroy(error);
	sonde_qemu_mappings_deinit(&mappings);
	free(text);
	return 0;
}
