/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replies to g, and to p for the register that the first byte names, on the layout of
 * the architecture that the second one names.
 */
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sonde_arch *const architectures[] = {
	&sonde_arch_x86_64,
	&sonde_arch_i386,
	&sonde_arch_aarch64,
	&sonde_arch_riscv64,
};

static void check_states(const struct sonde_gdb_register_cache *cache,
	const struct sonde_gdb_layout *layout)
{
	for (size_t i = 0; i < layout->count; i++)
		if (cache->states[i] > SONDE_GDB_REGISTER_UNAVAILABLE)
			abort();
}

static void put(const struct sonde_gdb_layout *layout, size_t index, const char *text,
	size_t length)
{
	struct sonde_gdb_register_cache cache;
	struct sonde_error *error;

	if (sonde_gdb_register_cache_init(&cache, layout))
		abort();
	error = sonde_gdb_register_cache_put_all(&cache, layout, text, length);
	if (!error != cache.has_g)
		abort();
	sonde_error_destroy(error);
	check_states(&cache, layout);
	sonde_gdb_register_cache_clear(&cache, layout);
	if (sonde_gdb_register_cache_put(&cache, layout, index, text, length) ==
		(cache.states[index] == SONDE_GDB_REGISTER_UNKNOWN))
		abort();
	check_states(&cache, layout);
	sonde_gdb_register_cache_deinit(&cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_gdb_layout layout;
	char *text;

	if (size < 2)
		return 0;
	if (sonde_gdb_layout_from_arch(
		    architectures[data[1] % ARRAY_SIZE(architectures)], 1 << 16, &layout))
		abort();
	text = malloc(size - 1);
	memcpy(text, data + 2, size - 2);
	put(&layout, data[0] % layout.count, text, size - 2);
	free(text);
	sonde_gdb_layout_deinit(&layout);
	return 0;
}
