/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <endian.h>
#include <string.h>

#include "record.h"
#include "type_bits.h"

/* Where @p field lies. */
static void extent(const struct sonde_field *field, uint64_t *first, uint64_t *end)
{
	*first = field->offset;
	*end = field->offset + field->bytes;
	if (field->bit_size)
		*end = field->offset + (field->bit_offset + field->bit_size + 7) / 8;
}

/* The lowest field of those that end behind @p from. */
static bool find_next(const struct sonde_field_wish *wishes, size_t count,
	const void *fields, uint64_t from, uint64_t *ret_first, uint64_t *ret_end)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		struct sonde_field field;
		uint64_t first, end;

		memcpy(&field, (const char *)fields + wishes[i].place, sizeof(field));
		if (!field.present || !wishes[i].member)
			continue;
		extent(&field, &first, &end);
		if (end <= from || (found && first >= *ret_first))
			continue;
		*ret_first = first < from ? from : first;
		*ret_end = end;
		found = true;
	}
	return found;
}

struct sonde_error *sonde_record_plan(const struct sonde_field_wish *wishes, size_t count,
	const void *fields, uint64_t gap, struct sonde_record *ret)
{
	uint64_t first = 0, end = 0;

	*ret = (struct sonde_record){.count = 0};
	while (find_next(wishes, count, fields, ret->bytes, &first, &end)) {
		if (end > SONDE_RECORD_BYTES)
			return sonde_error_create(SONDE_ERROR_BAD_DATA,
				"'%s' is larger than any such structure", wishes[0].type);
		if (ret->count == 0 ||
			(first - ret->bytes > gap && ret->count < SONDE_RECORD_PIECES)) {
			ret->pieces[ret->count].offset = (uint32_t)first;
			ret->count++;
		}
		ret->bytes = end;
		ret->pieces[ret->count - 1].bytes =
			(uint32_t)end - ret->pieces[ret->count - 1].offset;
	}
	return NULL;
}

struct sonde_error *sonde_record_read(const struct sonde_record *record,
	struct sonde_space *space, uint64_t address, void *copy)
{
	for (unsigned i = 0; i < record->count; i++)
		CHECK(sonde_space_read(space, address + record->pieces[i].offset,
			(char *)copy + record->pieces[i].offset,
			record->pieces[i].bytes));
	return NULL;
}

/* The bytes at @p place, as most integers and all pointers are; false: it is another. */
static bool get_plain(
	const struct sonde_field *field, const uint8_t *place, uint64_t *ret)
{
	uint32_t small;

	if (field->bit_size || field->big_endian)
		return false;
	if (field->bytes == 8) {
		memcpy(ret, place, 8);
		*ret = le64toh(*ret);
		return true;
	}
	if (field->bytes != 4)
		return false;
	memcpy(&small, place, 4);
	small = le32toh(small);
	*ret = field->is_signed ? (uint64_t)(int32_t)small : small;
	return true;
}

uint64_t sonde_record_integer(const struct sonde_field *field, const void *copy)
{
	uint64_t value;
	const struct sonde_bits bits = {
		.offset = field->bit_offset,
		.size = field->bit_size,
		.bytes = field->bytes,
		.is_signed = field->is_signed,
		.big_endian = field->big_endian,
	};

	if (!field->present)
		return 0;
	if (get_plain(field, (const uint8_t *)copy + field->offset, &value))
		return value;
	return sonde_bits_get(&bits, (const uint8_t *)copy + field->offset);
}

void sonde_record_text(
	const struct sonde_field *field, const void *copy, char *ret, size_t bytes)
{
	size_t length = field->present ? field->bytes : 0;

	if (length > bytes - 1)
		length = bytes - 1;
	length = strnlen((const char *)copy + field->offset, length);
	memcpy(ret, (const char *)copy + field->offset, length);
	ret[length] = '\0';
}
