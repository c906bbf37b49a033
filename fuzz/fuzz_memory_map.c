/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `info mtree -f` prints. */
#include <stdlib.h>
#include <string.h>

#include "memory_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sorted, apart, and each found where it is. */
static void check(const struct sonde_qemu_memory_map *map)
{
	if (map->count > SONDE_QEMU_RANGES_MAX)
		abort();
	for (size_t i = 0; i < map->count; i++) {
		const struct sonde_qemu_range *range = &map->ranges[i];

		if (range->first > range->last || !range->region ||
			range->last - range->first > UINT64_MAX - range->offset)
			abort();
		if (i && range->first <= range[-1].last)
			abort();
		if (sonde_qemu_memory_map_find(map, range->first) != range ||
			sonde_qemu_memory_map_find(map, range->last) != range)
			abort();
	}
	sonde_qemu_memory_map_ram_bytes(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_qemu_memory_map map = {0};
	/* Of exactly this size, so that reading past the end is noticed. */
	char *text = malloc(size + 1);
	struct sonde_error *error;

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	error = sonde_qemu_memory_map_parse(text, &map);
	if (error && map.count)
		abort();
	if (!error)
		check(&map);
	sonde_error_destroy(error);
	sonde_qemu_memory_map_deinit(&map);
	free(text);
	return 0;
}
