/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>

#include "type_bits.h"
#include "value.h"

static struct sonde_error *classify_integer(
	struct sonde_type type, struct sonde_value_class *ret)
{
	struct sonde_type_record record;
	enum sonde_scalar scalar;
	char name[SONDE_TYPE_NAME_BYTES];

	sonde_type_describe(type, &record);
	switch (record.bytes) {
	case 1:
		scalar = SONDE_SCALAR_SIGNED_CHAR;
		break;
	case 2:
		scalar = SONDE_SCALAR_SHORT;
		break;
	case 4:
		scalar = SONDE_SCALAR_INT;
		break;
	case 8:
		scalar = strstr(record.name, "long long") ? SONDE_SCALAR_LONG_LONG
							  : SONDE_SCALAR_LONG;
		break;
	default:
		sonde_type_declare(type, "", name, sizeof(name));
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"%s has %" PRIu64
			" bytes; an integer that can be read has 1, 2, 4 "
			"or 8",
			name, record.bytes);
	}
	ret->scalar = sonde_scalar_type(scalar + !record.is_signed);
	ret->is_scalar = true;
	return NULL;
}

struct sonde_error *sonde_value_classify(
	struct sonde_type type, struct sonde_value_class *ret)
{
	struct sonde_value_class class = {.is_scalar = false};

	CHECK(sonde_type_resolve(type, &class.type));
	class.kind = sonde_type_kind(class.type);
	switch (class.kind) {
	case SONDE_TYPE_POINTER:
		class.scalar = sonde_scalar_type_pointer_to(
			sonde_scalar_type(SONDE_SCALAR_VOID));
		class.is_scalar = true;
		break;
	case SONDE_TYPE_INTEGER:
	case SONDE_TYPE_ENUM:
		CHECK(classify_integer(class.type, &class));
		break;
	case SONDE_TYPE_BOOL:
		CHECK(classify_integer(class.type, &class));
		if (class.scalar.scalar == SONDE_SCALAR_UNSIGNED_CHAR)
			class.scalar = sonde_scalar_type(SONDE_SCALAR_BOOL);
		break;
	case SONDE_TYPE_FLOAT:
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "floating point is not supported");
	default:
		break;
	}
	*ret = class;
	return NULL;
}

bool sonde_value_is_char(struct sonde_type type)
{
	struct sonde_error *error = sonde_type_resolve(type, &type);
	enum sonde_type_kind kind = sonde_type_kind(type);
	uint64_t bytes = 0;

	sonde_error_destroy(error);
	if (error || (kind != SONDE_TYPE_INTEGER && kind != SONDE_TYPE_BOOL))
		return false;
	sonde_error_destroy(sonde_type_bytes(type, &bytes));
	return bytes == 1;
}

/* Reads what is simple; @p value has everything else. */
static struct sonde_error *load(struct sonde_value *value)
{
	struct sonde_value_class class;

	value->integer = value->address;
	/* The members of an incomplete one are missed by who asks for them. */
	sonde_error_destroy(sonde_type_bytes(value->type, &value->bytes));
	if (sonde_type_is(value->type, SONDE_TYPE_FLOAT))
		return NULL;
	struct sonde_error *error = sonde_value_classify(value->type, &class);
	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
		/* It can be passed over, and pointed to. */
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	if (!class.is_scalar)
		return NULL;

	bool narrow = value->type.types->pointer_bytes == 4;
	struct sonde_bits bits = {
		.offset = value->bit_offset,
		.size = value->bit_size,
		.bytes = value->bytes,
		.is_signed = sonde_scalar_type_is_signed(class.scalar),
		.big_endian = value->type.types->big_endian,
	};
	value->is_signed = bits.is_signed;
	if (bits.size)
		return sonde_bits_read(
			&bits, value->space, value->address, &value->integer);
	CHECK(sonde_space_read_integer(
		value->space, value->address, (unsigned)value->bytes, &value->integer));
	value->integer =
		sonde_scalar_type_convert(class.scalar, narrow ? 32 : 64, value->integer);
	return NULL;
}

struct sonde_error *sonde_value_at(struct sonde_space *space, uint64_t address,
	struct sonde_type type, struct sonde_value *ret)
{
	struct sonde_value value = {
		.type = type,
		.space = space,
		.address = address,
		.has_address = true,
	};

	CHECK(load(&value));
	*ret = value;
	return NULL;
}

bool sonde_value_is_compound(const struct sonde_value *value)
{
	struct sonde_value_class class;
	struct sonde_error *error = sonde_value_classify(value->type, &class);

	sonde_error_destroy(error);
	return !error &&
	       (class.kind == SONDE_TYPE_STRUCT || class.kind == SONDE_TYPE_UNION ||
		       class.kind == SONDE_TYPE_ARRAY);
}

static struct sonde_error *read_member(const struct sonde_value *whole,
	const struct sonde_type_member *member, struct sonde_value *ret)
{
	struct sonde_value value = {
		.type = member->type,
		.space = whole->space,
		.address = whole->address + member->bit_offset / 8,
		.has_address = true,
		.bit_offset = (unsigned)(member->bit_offset % 8),
		.bit_size = member->bit_size,
	};

	CHECK(load(&value));
	*ret = value;
	return NULL;
}

static struct sonde_error *need_memory(const struct sonde_value *value)
{
	if (value->space && value->has_address)
		return NULL;
	return sonde_error_create(
		SONDE_ERROR_INVALID, "the value does not lie in memory");
}

struct sonde_error *sonde_value_part(
	const struct sonde_value *value, uint64_t index, struct sonde_value *ret)
{
	struct sonde_type_member member;
	struct sonde_type type, element;
	uint64_t bytes;

	CHECK(need_memory(value));
	CHECK(sonde_type_resolve(value->type, &type));
	if (!sonde_type_is(type, SONDE_TYPE_ARRAY)) {
		CHECK(sonde_type_member(type, index, &member));
		return read_member(value, &member, ret);
	}
	if (index >= sonde_type_count(type))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the array has no element %" PRIu64, index);
	CHECK(sonde_type_target(type, &element));
	CHECK(sonde_type_bytes(element, &bytes));
	return sonde_value_at(value->space, value->address + index * bytes, element, ret);
}

struct sonde_error *sonde_value_member(
	const struct sonde_value *value, const char *path, struct sonde_value *ret)
{
	struct sonde_type_member member;

	CHECK(need_memory(value));
	CHECK(sonde_type_find_member(value->type, path, &member));
	return read_member(value, &member, ret);
}

struct sonde_error *sonde_value_dereference(
	const struct sonde_value *value, struct sonde_value *ret)
{
	struct sonde_type type;

	CHECK(sonde_type_resolve(value->type, &type));
	if (!sonde_type_is(type, SONDE_TYPE_POINTER) || !value->space)
		return sonde_error_create(SONDE_ERROR_INVALID, "the value is no pointer");
	CHECK(sonde_type_target(type, &type));
	CHECK(sonde_type_resolve(type, &type));
	if (sonde_type_is(type, SONDE_TYPE_VOID))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "what a void * points to has no type");
	return sonde_value_at(value->space, value->integer, type, ret);
}

/* Of an array; it need not have a NUL. */
static struct sonde_error *read_text(
	const struct sonde_value *value, uint64_t length, char **ret)
{
	char *text = malloc((size_t)length + 1);
	struct sonde_error *error;

	if (!text)
		return sonde_error_no_memory();
	error = sonde_space_read(value->space, value->address, text, (size_t)length);
	if (error) {
		free(text);
		return error;
	}
	text[length] = '\0';
	*ret = text;
	return NULL;
}

struct sonde_error *sonde_value_string(
	const struct sonde_value *value, size_t maximum, char **ret)
{
	struct sonde_type type, target;
	enum sonde_type_kind kind;

	CHECK(sonde_type_resolve(value->type, &type));
	kind = sonde_type_kind(type);
	if (kind == SONDE_TYPE_ARRAY || kind == SONDE_TYPE_POINTER) {
		uint64_t count = sonde_type_count(type);

		CHECK(sonde_type_target(type, &target));
		if (sonde_value_is_char(target) && value->space) {
			if (kind == SONDE_TYPE_POINTER)
				return sonde_space_read_string(
					value->space, value->integer, maximum, ret);
			return read_text(value, count < maximum ? count : maximum, ret);
		}
	}
	return sonde_error_create(SONDE_ERROR_INVALID, "the value is no text");
}

struct sonde_error *sonde_value_enumerator(
	const struct sonde_value *value, const char **ret)
{
	struct sonde_type type;
	const char *name = NULL;

	CHECK(sonde_type_resolve(value->type, &type));
	if (sonde_type_is(type, SONDE_TYPE_ENUM)) {
		uint64_t count = sonde_type_count(type);

		for (uint64_t i = 0; i < count && !name; i++) {
			struct sonde_type_enumerator enumerator;

			CHECK(sonde_type_enumerator(type, i, &enumerator));
			if (enumerator.value == value->integer)
				name = enumerator.name;
		}
	}
	*ret = name;
	return NULL;
}

struct sonde_error *sonde_value_write(struct sonde_value *value, uint64_t integer)
{
	struct sonde_value_class class;

	CHECK(need_memory(value));
	CHECK(sonde_value_classify(value->type, &class));
	if (!class.is_scalar)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"only integers, enumerations and pointers can be written");

	struct sonde_bits bits = {
		.offset = value->bit_offset,
		.size = value->bit_size,
		.bytes = value->bytes,
		.is_signed = value->is_signed,
		.big_endian = value->type.types->big_endian,
	};
	if (class.kind == SONDE_TYPE_BOOL)
		integer = integer != 0;
	CHECK(sonde_bits_write(&bits, value->space, value->address, integer));
	value->integer = sonde_integer_extend(integer,
		bits.size ? bits.size : 8 * (unsigned)bits.bytes, bits.is_signed);
	return NULL;
}
