/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One type: its kind, its size, what it is made of. */
#include <inttypes.h>
#include <string.h>

#include "type.h"

const char *sonde_type_kind_name(enum sonde_type_kind kind)
{
	static const char *const names[] = {
		[SONDE_TYPE_VOID] = "void",
		[SONDE_TYPE_BOOL] = "bool",
		[SONDE_TYPE_INTEGER] = "integer",
		[SONDE_TYPE_FLOAT] = "float",
		[SONDE_TYPE_POINTER] = "pointer",
		[SONDE_TYPE_ARRAY] = "array",
		[SONDE_TYPE_STRUCT] = "struct",
		[SONDE_TYPE_UNION] = "union",
		[SONDE_TYPE_ENUM] = "enum",
		[SONDE_TYPE_INCOMPLETE] = "incomplete",
		[SONDE_TYPE_FUNCTION] = "function",
		[SONDE_TYPE_TYPEDEF] = "typedef",
		[SONDE_TYPE_CONST] = "const",
		[SONDE_TYPE_VOLATILE] = "volatile",
		[SONDE_TYPE_RESTRICT] = "restrict",
	};

	return names[kind];
}

void sonde_types_destroy(struct sonde_types *types)
{
	if (types && types->ops->destroy)
		types->ops->destroy(types);
}

struct sonde_error *sonde_type_make(
	const struct sonde_types *types, uint64_t id, struct sonde_type *ret)
{
	if (id >= types->count)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"type %" PRIu64 " is referred to, and there are but %" PRIu32, id,
			types->count);
	while (types->base && id < types->first)
		types = types->base;
	*ret = (struct sonde_type){.types = types, .id = (uint32_t)id};
	return NULL;
}

void sonde_type_describe(struct sonde_type type, struct sonde_type_record *ret)
{
	*ret = (struct sonde_type_record){.name = "", .space = SONDE_TYPE_NOWHERE};
	type.types->ops->describe(type.types, type.id, ret);
}

static bool is_plain(struct sonde_type type)
{
	return !type.pointers && !type.count;
}

enum sonde_type_kind sonde_type_kind(struct sonde_type type)
{
	struct sonde_type_record record;

	if (type.count)
		return SONDE_TYPE_ARRAY;
	if (type.pointers)
		return SONDE_TYPE_POINTER;
	sonde_type_describe(type, &record);
	return record.kind;
}

const char *sonde_type_tag(struct sonde_type type)
{
	struct sonde_type_record record;

	if (!is_plain(type))
		return "";
	sonde_type_describe(type, &record);
	return record.name;
}

/* With a typedef for a name its sign is that of what it stands for. */
bool sonde_type_is_signed(struct sonde_type type)
{
	struct sonde_error *error = sonde_type_resolve(type, &type);
	struct sonde_type_record record;

	sonde_error_destroy(error);
	if (error || !is_plain(type))
		return false;
	sonde_type_describe(type, &record);
	return record.is_signed;
}

uint64_t sonde_type_count(struct sonde_type type)
{
	struct sonde_type_record record;

	if (type.count)
		return type.count;
	if (type.pointers)
		return 0;
	sonde_type_describe(type, &record);
	return record.count;
}

bool sonde_type_is_variadic(struct sonde_type type)
{
	struct sonde_type_record record;

	if (!is_plain(type))
		return false;
	sonde_type_describe(type, &record);
	return record.is_variadic;
}

static bool is_transparent(enum sonde_type_kind kind)
{
	return kind == SONDE_TYPE_TYPEDEF || kind == SONDE_TYPE_CONST ||
	       kind == SONDE_TYPE_VOLATILE || kind == SONDE_TYPE_RESTRICT;
}

static struct sonde_error *too_long(struct sonde_type type)
{
	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"type %" PRIu32 " leads to no end: more than %d references in a row",
		type.id, SONDE_TYPE_CHAIN_MAX);
}

/* Of which one unit has but the name, and another one the members. */
static struct sonde_error *complete(struct sonde_type type, struct sonde_type *ret)
{
	struct sonde_type whole;
	bool found = false;

	if (type.types->ops->complete)
		CHECK(type.types->ops->complete(type.types, type.id, &found, &whole));
	*ret = found ? whole : type;
	return NULL;
}

struct sonde_error *sonde_type_resolve(struct sonde_type type, struct sonde_type *ret)
{
	struct sonde_type start = type;

	for (unsigned i = 0; i < SONDE_TYPE_CHAIN_MAX; i++) {
		struct sonde_type_record record;

		if (!is_plain(type)) {
			*ret = type;
			return NULL;
		}
		sonde_type_describe(type, &record);
		if (record.kind == SONDE_TYPE_INCOMPLETE)
			return complete(type, ret);
		if (!is_transparent(record.kind)) {
			*ret = type;
			return NULL;
		}
		CHECK(sonde_type_make(type.types, record.target, &type));
	}
	return too_long(start);
}

struct sonde_error *sonde_type_target(struct sonde_type type, struct sonde_type *ret)
{
	struct sonde_type_record record;

	if (type.count || type.pointers) {
		if (!type.count)
			type.pointers--;
		type.count = 0;
		*ret = type;
		return NULL;
	}
	sonde_type_describe(type, &record);
	if (!is_transparent(record.kind) && record.kind != SONDE_TYPE_POINTER &&
		record.kind != SONDE_TYPE_ARRAY && record.kind != SONDE_TYPE_FUNCTION)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"%s '%s' is made of no other type",
			sonde_type_kind_name(record.kind), record.name);
	return sonde_type_make(type.types, record.target, ret);
}

struct sonde_error *sonde_type_pointer_to(struct sonde_type type, struct sonde_type *ret)
{
	if (type.count)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "a part of an array has no pointer to it");
	if (type.pointers >= SONDE_SCALAR_POINTERS_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"the type is a pointer to too many pointers");
	type.pointers++;
	*ret = type;
	return NULL;
}

static struct sonde_error *has_no_size(struct sonde_type type)
{
	char name[SONDE_TYPE_NAME_BYTES];

	sonde_type_declare(type, "", name, sizeof(name));
	return sonde_error_create(SONDE_ERROR_INVALID, "%s has no size", name);
}

static struct sonde_error *multiply(uint64_t *product, uint64_t count)
{
	if (__builtin_mul_overflow(*product, count, product) || *product > INT64_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "an array is larger than any memory");
	return NULL;
}

struct sonde_error *sonde_type_bytes(struct sonde_type type, uint64_t *ret)
{
	struct sonde_type start = type;
	uint64_t elements = 1;

	for (unsigned i = 0; i < SONDE_TYPE_CHAIN_MAX; i++) {
		struct sonde_type_record record;

		CHECK(sonde_type_resolve(type, &type));
		switch (sonde_type_kind(type)) {
		case SONDE_TYPE_ARRAY:
			CHECK(multiply(&elements, sonde_type_count(type)));
			CHECK(sonde_type_target(type, &type));
			continue;
		case SONDE_TYPE_POINTER:
			CHECK(multiply(&elements, type.types->pointer_bytes));
			break;
		case SONDE_TYPE_VOID:
		case SONDE_TYPE_FUNCTION:
		case SONDE_TYPE_INCOMPLETE:
			return has_no_size(start);
		default:
			sonde_type_describe(type, &record);
			CHECK(multiply(&elements, record.bytes));
			break;
		}
		*ret = elements;
		return NULL;
	}
	return too_long(start);
}

/* Reads part @p index of a type that has to be one of two kinds. */
static struct sonde_error *read_part(struct sonde_type type, uint64_t index,
	enum sonde_type_kind kind, enum sonde_type_kind other,
	struct sonde_type_part *ret, struct sonde_type *ret_whole)
{
	enum sonde_type_kind found;
	char name[SONDE_TYPE_NAME_BYTES];

	CHECK(sonde_type_resolve(type, &type));
	found = sonde_type_kind(type);
	if ((found != kind && found != other) || index >= sonde_type_count(type)) {
		sonde_type_declare(type, "", name, sizeof(name));
		return sonde_error_create(
			SONDE_ERROR_INVALID, "%s has no part %" PRIu64, name, index);
	}
	*ret = (struct sonde_type_part){.name = ""};
	CHECK(type.types->ops->part(type.types, type.id, index, ret));
	*ret_whole = type;
	return NULL;
}

struct sonde_error *sonde_type_member(
	struct sonde_type type, uint64_t index, struct sonde_type_member *ret)
{
	struct sonde_type_member member;
	struct sonde_type_record record;
	struct sonde_type_part part;
	struct sonde_type resolved;

	CHECK(read_part(type, index, SONDE_TYPE_STRUCT, SONDE_TYPE_UNION, &part, &type));
	CHECK(sonde_type_make(type.types, part.target, &member.type));
	member.name = part.name;
	member.bit_offset = part.bit_offset;
	member.bit_size = part.bit_size;
	CHECK(sonde_type_resolve(member.type, &resolved));
	if (is_plain(resolved) && !member.bit_size) {
		sonde_type_describe(resolved, &record);
		member.bit_offset += record.bit_offset;
		member.bit_size = record.bit_size;
	}
	if (member.bit_size > 64)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"bit-field '%s' has %u bits", member.name, member.bit_size);
	if (!member.bit_size && member.bit_offset % 8)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"member '%s' begins within a byte and is no bit-field",
			member.name);
	*ret = member;
	return NULL;
}

struct sonde_error *sonde_type_enumerator(
	struct sonde_type type, uint64_t index, struct sonde_type_enumerator *ret)
{
	struct sonde_type_part part;

	CHECK(read_part(type, index, SONDE_TYPE_ENUM, SONDE_TYPE_ENUM, &part, &type));
	ret->name = part.name;
	ret->value = part.value;
	return NULL;
}

struct sonde_error *sonde_type_parameter(
	struct sonde_type type, uint64_t index, struct sonde_type_parameter *ret)
{
	struct sonde_type_part part;
	struct sonde_type target;

	CHECK(read_part(
		type, index, SONDE_TYPE_FUNCTION, SONDE_TYPE_FUNCTION, &part, &type));
	CHECK(sonde_type_make(type.types, part.target, &target));
	ret->name = part.name;
	ret->type = target;
	return NULL;
}

/* Of what is no pointer, array or function. */
static bool same_plain(struct sonde_type a, struct sonde_type b)
{
	struct sonde_type_record left, right;

	if (a.types == b.types && a.id == b.id)
		return true;
	sonde_type_describe(a, &left);
	sonde_type_describe(b, &right);
	if (left.kind == SONDE_TYPE_INTEGER)
		return left.bytes == right.bytes && left.is_signed == right.is_signed;
	/* A structure that a module knows, and the kernel's own. */
	return left.bytes == right.bytes && left.count == right.count && *left.name &&
	       !strcmp(left.name, right.name);
}

bool sonde_type_same(struct sonde_type a, struct sonde_type b)
{
	for (unsigned i = 0; i < SONDE_TYPE_CHAIN_MAX; i++) {
		struct sonde_error *error = sonde_error_first(
			sonde_type_resolve(a, &a), sonde_type_resolve(b, &b));
		enum sonde_type_kind kind = sonde_type_kind(a);

		sonde_error_destroy(error);
		if (error || kind != sonde_type_kind(b))
			return false;
		if (kind != SONDE_TYPE_POINTER && kind != SONDE_TYPE_ARRAY)
			return kind == SONDE_TYPE_VOID || kind == SONDE_TYPE_BOOL ||
			       same_plain(a, b);
		if (kind == SONDE_TYPE_ARRAY &&
			sonde_type_count(a) != sonde_type_count(b))
			return false;
		error = sonde_error_first(
			sonde_type_target(a, &a), sonde_type_target(b, &b));
		sonde_error_destroy(error);
		if (error)
			return false;
	}
	return false;
}
