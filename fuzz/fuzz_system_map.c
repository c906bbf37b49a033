/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as System.map: what comes out is in order, and each symbol is found again. */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "system_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Under one of its numbers. */
static bool is_found(const struct sonde_symbol_table *table, uint32_t index)
{
	const char *name = sonde_symbol_table_name(table, index);
	uint32_t found;

	for (unsigned i = 0; sonde_symbol_table_find(table, name, i, &found); i++)
		if (found == index)
			return true;
	return false;
}

static void check_table(const struct sonde_symbol_table *table)
{
	uint32_t count = sonde_symbol_table_count(table);
	uint64_t before = 0;

	if (!count)
		abort();
	for (uint32_t i = 0; i < count; i++) {
		uint64_t address = sonde_symbol_table_address(table, i);
		size_t length = strlen(sonde_symbol_table_name(table, i));

		if (address < before || !length || length >= SONDE_SYMBOL_NAME_BYTES ||
			sonde_symbol_table_above(table, address) <= i ||
			!is_found(table, i))
			abort();
		before = address;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_symbol_table *table;
	/* Of exactly this size, so that reading past the end is noticed. */
	char *copy = malloc(size + !size);
	struct sonde_error *error;

	if (size)
		memcpy(copy, data, size);
	error = sonde_system_map_parse(copy, size, &table);
	free(copy);
	if (error) {
		if (!*sonde_error_why(error))
			abort();
		sonde_error_destroy(error);
		return 0;
	}
	check_table(table);
	sonde_symbol_table_destroy(table);
	return 0;
}
