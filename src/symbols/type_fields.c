/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "type_bits.h"
#include "type_fields.h"

enum {
	/** Of a type's name in a wish. */
	NAME_BYTES = 128,
};

/* The first of the names of @p alternatives that there is. */
static struct sonde_error *find_type(
	const struct sonde_types *types, const char *alternatives, struct sonde_type *ret)
{
	struct sonde_error *first = NULL;

	for (;;) {
		size_t length = strcspn(alternatives, "|");
		char name[NAME_BYTES];
		struct sonde_error *error;

		snprintf(name, sizeof(name), "%.*s", (int)length, alternatives);
		error = sonde_types_find_plainly(types, name, ret);
		if (!error)
			break;
		first = sonde_error_first(first, error);
		if (!sonde_error_is(first, SONDE_ERROR_NOT_FOUND) ||
			!alternatives[length])
			return first;
		alternatives += length + 1;
	}
	sonde_error_destroy(first);
	return NULL;
}

static struct sonde_error *resolve(const struct sonde_types *types,
	const struct sonde_field_wish *wish, struct sonde_field *ret)
{
	struct sonde_type_member member = {.name = ""};
	struct sonde_type whole;

	CHECK(find_type(types, wish->type, &whole));
	member.type = whole;
	if (wish->member)
		CHECK(sonde_type_find_member(whole, wish->member, &member));
	*ret = (struct sonde_field){
		.present = true,
		.is_signed = sonde_type_is_signed(member.type),
		.big_endian = member.type.types->big_endian,
		.bit_size = (uint8_t)member.bit_size,
		.bit_offset = (uint8_t)(member.bit_offset % 8),
		.offset = member.bit_offset / 8,
		.type = member.type,
	};
	/* An array without a length, the end of a structure, is welcome. */
	sonde_error_destroy(sonde_type_bytes(member.type, &ret->bytes));
	return NULL;
}

struct sonde_error *sonde_fields_resolve(const struct sonde_types *types,
	const struct sonde_field_wish *wishes, size_t count, void *ret)
{
	for (size_t i = 0; i < count; i++) {
		const struct sonde_field_wish *wish = &wishes[i];
		struct sonde_field field = {.present = false};
		struct sonde_error *error = resolve(types, wish, &field);

		if (wish->optional && sonde_error_is(error, SONDE_ERROR_NOT_FOUND)) {
			sonde_error_destroy(error);
			error = NULL;
		}
		if (error)
			return sonde_error_while(error, "looking for '%s%s%s'",
				wish->type, wish->member ? "." : "",
				wish->member ? wish->member : "");
		memcpy((char *)ret + wish->place, &field, sizeof(field));
	}
	return NULL;
}

struct sonde_error *sonde_field_read(const struct sonde_field *field,
	struct sonde_space *space, uint64_t address, uint64_t *ret)
{
	struct sonde_bits bits = {
		.offset = field->bit_offset,
		.size = field->bit_size,
		.bytes = field->bytes,
		.is_signed = field->is_signed,
		.big_endian = field->big_endian,
	};

	if (!field->present)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "a member is read that there is not");
	return sonde_bits_read(&bits, space, address + field->offset, ret);
}
