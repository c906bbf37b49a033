/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What single entries of the tables mean. */
#include <string.h>

#include "error.h"
#include "kallsyms_tables.h"

void sonde_kallsyms_tables_deinit(struct sonde_kallsyms_tables *tables)
{
	free(tables->markers);
	free(tables->tokens);
	free(tables->kept);
	free(tables->known);
	tables->kept = NULL;
	tables->known = NULL;
	tables->markers = NULL;
	tables->tokens = NULL;
}

struct sonde_error *sonde_kallsyms_keep_offsets(struct sonde_kallsyms_tables *tables)
{
	tables->kept = calloc(tables->count, sizeof(*tables->kept));
	tables->known = calloc(tables->count, sizeof(*tables->known));
	return tables->kept && tables->known ? NULL : sonde_error_no_memory();
}

static struct sonde_error *read_offsets(
	const struct sonde_kallsyms_tables *tables, uint32_t first, uint32_t count)
{
	uint8_t bytes[4 * (SONDE_KALLSYMS_NEAR + 1)];

	CHECK(sonde_space_read(tables->space, tables->offsets + UINT64_C(4) * first,
		bytes, 4 * (size_t)count));
	for (uint32_t i = 0; i < count; i++) {
		tables->kept[first + i] = sonde_kallsyms_u32(bytes + 4 * (size_t)i);
		tables->known[first + i] = true;
	}
	return NULL;
}

struct sonde_error *sonde_kallsyms_load_offsets(
	const struct sonde_kallsyms_tables *tables, uint32_t low, uint32_t high)
{
	if (!tables->known || high - low > SONDE_KALLSYMS_NEAR)
		return NULL;
	high += high < tables->count;
	while (low < high && tables->known[low])
		low++;
	while (low < high && tables->known[high - 1])
		high--;
	return low < high ? read_offsets(tables, low, high - low) : NULL;
}

static struct sonde_error *read_offset(
	const struct sonde_kallsyms_tables *tables, uint32_t index, uint32_t *ret)
{
	uint8_t bytes[4];

	if (tables->known) {
		if (!tables->known[index])
			CHECK(read_offsets(tables, index, 1));
		*ret = tables->kept[index];
		return NULL;
	}
	CHECK(sonde_space_read(tables->space, tables->offsets + UINT64_C(4) * index,
		bytes, sizeof(bytes)));
	*ret = sonde_kallsyms_u32(bytes);
	return NULL;
}

struct sonde_error *sonde_kallsyms_address(
	const struct sonde_kallsyms_tables *tables, uint32_t index, uint64_t *ret)
{
	uint64_t at = tables->offsets + UINT64_C(4) * index;
	uint32_t offset;
	int64_t as_signed;

	CHECK(read_offset(tables, index, &offset));
	as_signed = (int32_t)offset;
	switch (tables->addressing) {
	case SONDE_KALLSYMS_ABSOLUTE_PERCPU:
		*ret = as_signed >= 0 ? offset : tables->base - 1 - (uint64_t)as_signed;
		break;
	case SONDE_KALLSYMS_BASE:
		*ret = tables->base + offset;
		break;
	case SONDE_KALLSYMS_SELF:
		*ret = at + (uint64_t)as_signed;
		break;
	}
	return NULL;
}

/* ULEB128 of at most two bytes; before 6.1 lengths are below 128 anyway. */
bool sonde_kallsyms_next_name(
	const uint8_t *data, size_t length, size_t *position, size_t *name_length)
{
	size_t at = *position, name;

	if (at >= length)
		return false;
	name = data[at++];
	if (name & 0x80) {
		if (at >= length)
			return false;
		name = (name & 0x7f) | (size_t)data[at++] << 7;
	}
	if (!name || name > length - at)
		return false;
	*position = at;
	*name_length = name;
	return true;
}

bool sonde_kallsyms_expand(const struct sonde_kallsyms_tables *tables,
	const uint8_t *data, size_t length, char ret[SONDE_SYMBOL_NAME_BYTES + 1])
{
	size_t done = 0;

	for (size_t i = 0; i < length; i++) {
		const char *token = tables->tokens + tables->token_index[data[i]];
		size_t bytes = strlen(token);

		if (bytes > SONDE_SYMBOL_NAME_BYTES - done)
			return false;
		memcpy(ret + done, token, bytes);
		done += bytes;
	}
	ret[done] = '\0';
	return done > 1;
}
