/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries of DWARF as records of types: the number of a record is the offset of its
 * entry. Of some entries more than one record is made, whose numbers are multiples of the
 * length of .debug_info higher: of an array's for its second and later dimensions, of a
 * function's for its type.
 *
 * An offset that leads to no entry, in a broken file, is void.
 */
#include <string.h>

#include "dwarf_file.h"

enum {
	/** Of a function's entry: what it returns, and its parameters. */
	FUNCTION_TYPE = 1,
	/** Of an array. */
	DIMENSIONS_MAX = 8,
};

static bool die_of(
	const struct sonde_dwarf *dwarf, uint32_t id, unsigned *which, Dwarf_Die *ret)
{
	*which = id / dwarf->info_bytes;
	return sonde_dwarf_die(dwarf, id % dwarf->info_bytes, ret);
}

/* The record number @p which of an entry; 0, void, where there are not so many. */
static uint32_t id_of(const struct sonde_dwarf *dwarf, uint32_t id, unsigned which)
{
	uint64_t number = id % dwarf->info_bytes + (uint64_t)which * dwarf->info_bytes;

	return number < UINT32_MAX ? (uint32_t)number : 0;
}

/* What DW_AT_type says; 0 is void. */
static uint32_t type_of(const struct sonde_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Die type;

	return sonde_dwarf_reference(dwarf, die, DW_AT_type, &type)
		       ? sonde_dwarf_id(dwarf, &type)
		       : 0;
}

/* --- kinds ------------------------------------------------------------------------ */

static const struct {
	uint8_t tag, kind, space;
	/** Of the entries that are its parts; 0: it has none. */
	uint8_t part;
} kinds[] = {
	{DW_TAG_base_type, SONDE_TYPE_INTEGER, SONDE_TYPE_NAMES, 0},
	{DW_TAG_pointer_type, SONDE_TYPE_POINTER, SONDE_TYPE_NOWHERE, 0},
	{DW_TAG_reference_type, SONDE_TYPE_POINTER, SONDE_TYPE_NOWHERE, 0},
	{DW_TAG_array_type, SONDE_TYPE_ARRAY, SONDE_TYPE_NOWHERE, DW_TAG_subrange_type},
	{DW_TAG_structure_type, SONDE_TYPE_STRUCT, SONDE_TYPE_STRUCTS, DW_TAG_member},
	{DW_TAG_class_type, SONDE_TYPE_STRUCT, SONDE_TYPE_STRUCTS, DW_TAG_member},
	{DW_TAG_union_type, SONDE_TYPE_UNION, SONDE_TYPE_UNIONS, DW_TAG_member},
	{DW_TAG_enumeration_type, SONDE_TYPE_ENUM, SONDE_TYPE_ENUMS, DW_TAG_enumerator},
	{DW_TAG_typedef, SONDE_TYPE_TYPEDEF, SONDE_TYPE_NAMES, 0},
	{DW_TAG_const_type, SONDE_TYPE_CONST, SONDE_TYPE_NOWHERE, 0},
	{DW_TAG_volatile_type, SONDE_TYPE_VOLATILE, SONDE_TYPE_NOWHERE, 0},
	{DW_TAG_restrict_type, SONDE_TYPE_RESTRICT, SONDE_TYPE_NOWHERE, 0},
	/* A typedef without a name is passed over. */
	{DW_TAG_atomic_type, SONDE_TYPE_TYPEDEF, SONDE_TYPE_NOWHERE, 0},
	{DW_TAG_subroutine_type, SONDE_TYPE_FUNCTION, SONDE_TYPE_NOWHERE,
		DW_TAG_formal_parameter},
	/* Nothing that a type can be: what refers to it gets what it has. */
	{DW_TAG_subprogram, SONDE_TYPE_TYPEDEF, SONDE_TYPE_FUNCTIONS,
		DW_TAG_formal_parameter},
	{DW_TAG_variable, SONDE_TYPE_TYPEDEF, SONDE_TYPE_VARIABLES, 0},
	{DW_TAG_formal_parameter, SONDE_TYPE_TYPEDEF, SONDE_TYPE_NOWHERE, 0},
};

/* -1: it is nothing that we know. */
static int find_kind(int tag)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].tag == tag)
			return (int)i;
	return -1;
}

/* A static member of C++ is no part of its structure. */
static bool is_part(const struct sonde_dwarf *dwarf, Dwarf_Die *die, unsigned tag)
{
	return dwarf->library->tag(die) == (int)tag &&
	       (tag != DW_TAG_member || !sonde_dwarf_flag(dwarf, die, DW_AT_declaration));
}

/* The first part from @p die on, which becomes it. */
static bool next_part(
	const struct sonde_dwarf *dwarf, bool found, Dwarf_Die *die, unsigned tag)
{
	while (found && !is_part(dwarf, die, tag))
		found = dwarf->library->sibling(die, die) == 0;
	return found;
}

static uint64_t count_parts(const struct sonde_dwarf *dwarf, Dwarf_Die *whole,
	unsigned tag, bool *is_variadic)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	uint64_t count = 0;
	Dwarf_Die die;

	for (bool more = library->child(whole, &die) == 0; more;
		more = library->sibling(&die, &die) == 0) {
		count += is_part(dwarf, &die, tag);
		if (library->tag(&die) == DW_TAG_unspecified_parameters)
			*is_variadic = true;
	}
	return count;
}

static bool find_part(const struct sonde_dwarf *dwarf, Dwarf_Die *whole, unsigned tag,
	uint64_t index, Dwarf_Die *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	bool found = next_part(dwarf, library->child(whole, ret) == 0, ret, tag);

	while (found && index--)
		found = next_part(dwarf, library->sibling(ret, ret) == 0, ret, tag);
	return found;
}

/* --- records ---------------------------------------------------------------------- */

static bool is_signed_encoding(const struct sonde_dwarf *dwarf, Dwarf_Die *die)
{
	uint64_t encoding;

	return sonde_dwarf_number(dwarf, die, DW_AT_encoding, &encoding) &&
	       (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char);
}

static void describe_base(
	const struct sonde_dwarf *dwarf, Dwarf_Die *die, struct sonde_type_record *ret)
{
	uint64_t encoding = DW_ATE_unsigned;

	sonde_dwarf_number(dwarf, die, DW_AT_encoding, &encoding);
	if (encoding == DW_ATE_boolean)
		ret->kind = SONDE_TYPE_BOOL;
	else if (encoding == DW_ATE_float || encoding == DW_ATE_complex_float)
		ret->kind = SONDE_TYPE_FLOAT;
	ret->is_signed = is_signed_encoding(dwarf, die);
}

static bool has_negative(const struct sonde_dwarf *dwarf, Dwarf_Die *enumeration)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	uint64_t value;
	Dwarf_Die die;

	for (bool more = library->child(enumeration, &die) == 0; more;
		more = library->sibling(&die, &die) == 0)
		if (sonde_dwarf_number(dwarf, &die, DW_AT_const_value, &value) &&
			(int64_t)value < 0)
			return true;
	return false;
}

/* By what it is stored in, or its own encoding; version 2 has neither. */
static void describe_enumeration(
	const struct sonde_dwarf *dwarf, Dwarf_Die *die, struct sonde_type_record *ret)
{
	Dwarf_Die type = *die;
	uint64_t encoding;

	for (unsigned i = 0; i < SONDE_TYPE_CHAIN_MAX; i++)
		if (!sonde_dwarf_reference(dwarf, &type, DW_AT_type, &type))
			break;
	ret->is_signed = sonde_dwarf_number(dwarf, &type, DW_AT_encoding, &encoding)
				 ? is_signed_encoding(dwarf, &type)
				 : has_negative(dwarf, die);
}

/* 0 elements where nothing says how many. */
static void describe_array(const struct sonde_dwarf *dwarf, uint32_t id, unsigned which,
	Dwarf_Die *die, struct sonde_type_record *ret)
{
	bool unused = false;
	uint64_t dimensions = count_parts(dwarf, die, DW_TAG_subrange_type, &unused);
	Dwarf_Die range;
	uint64_t bound;

	ret->target = type_of(dwarf, die);
	if (dimensions > which + 1 && which + 1 < DIMENSIONS_MAX)
		ret->target = id_of(dwarf, id, which + 1);
	ret->count = 0;
	if (!find_part(dwarf, die, DW_TAG_subrange_type, which, &range))
		return;
	if (sonde_dwarf_number(dwarf, &range, DW_AT_count, &bound))
		ret->count = bound;
	else if (sonde_dwarf_number(dwarf, &range, DW_AT_upper_bound, &bound))
		ret->count = bound + 1;
	if (ret->count > INT64_MAX)
		ret->count = 0;
}

static void describe_die(struct sonde_dwarf *dwarf, uint32_t id, unsigned which,
	Dwarf_Die *die, struct sonde_type_record *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	int found = find_kind(library->tag(die));

	if (found < 0)
		return;
	ret->kind = kinds[found].kind;
	ret->space = kinds[found].space;
	ret->name = sonde_name_store_keep(&dwarf->names, sonde_dwarf_name(dwarf, die));
	sonde_dwarf_number(dwarf, die, DW_AT_byte_size, &ret->bytes);
	if (kinds[found].part && ret->kind != SONDE_TYPE_ARRAY)
		ret->count =
			count_parts(dwarf, die, kinds[found].part, &ret->is_variadic);
	switch (ret->kind) {
	case SONDE_TYPE_INTEGER:
		describe_base(dwarf, die, ret);
		break;
	case SONDE_TYPE_ENUM:
		describe_enumeration(dwarf, die, ret);
		break;
	case SONDE_TYPE_ARRAY:
		describe_array(dwarf, id, which, die, ret);
		break;
	case SONDE_TYPE_STRUCT:
	case SONDE_TYPE_UNION:
		if (!sonde_dwarf_flag(dwarf, die, DW_AT_declaration))
			break;
		ret->is_union = ret->kind == SONDE_TYPE_UNION;
		ret->kind = SONDE_TYPE_INCOMPLETE;
		break;
	default:
		ret->target = type_of(dwarf, die);
		break;
	}
	if (ret->space != SONDE_TYPE_FUNCTIONS)
		return;
	if (which == FUNCTION_TYPE) {
		ret->kind = SONDE_TYPE_FUNCTION;
		ret->space = SONDE_TYPE_NOWHERE;
		ret->name = "";
	} else {
		ret->target = id_of(dwarf, id, FUNCTION_TYPE);
		ret->count = 0;
	}
}

static void describe(
	const struct sonde_types *types, uint32_t id, struct sonde_type_record *ret)
{
	struct sonde_dwarf *dwarf = sonde_dwarf_of(types);
	struct sonde_dwarf_record *known;
	unsigned which;
	Dwarf_Die die;

	if (!id)
		return;
	/* Entries that lie side by side have offsets that differ by a few bytes. */
	known = &dwarf->records[(id * 2654435761U >> 16) % SONDE_DWARF_RECORDS];
	if (known->id != id && !dwarf->broken) {
		known->id = id;
		known->record = *ret;
		sonde_dwarf_enter(dwarf);
		if (die_of(dwarf, id, &which, &die))
			describe_die(dwarf, id, which, &die, &known->record);
		sonde_dwarf_leave(dwarf);
	}
	if (known->id == id && !dwarf->broken)
		*ret = known->record;
}

/* --- parts ------------------------------------------------------------------------ */

/* Version 2 has it as an expression, which adds a number to the structure's address. */
static uint64_t member_offset(const struct sonde_dwarf *dwarf, Dwarf_Die *member)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_Attribute attribute;
	Dwarf_Block block;
	uint64_t offset = 0;

	if (sonde_dwarf_number(dwarf, member, DW_AT_data_member_location, &offset))
		return offset;
	if (!library->attribute(member, DW_AT_data_member_location, &attribute) ||
		library->block(&attribute, &block) != 0 || !block.length ||
		block.data[0] != DW_OP_plus_uconst)
		return 0;
	for (unsigned i = 1; i < block.length && i < 10; i++) {
		offset |= (uint64_t)(block.data[i] & 0x7f) << 7 * (i - 1);
		if (!(block.data[i] & 0x80))
			break;
	}
	return offset;
}

/* How many bytes a bit-field's type has, through typedefs. */
static uint64_t storage_bytes(const struct sonde_dwarf *dwarf, Dwarf_Die *member)
{
	Dwarf_Die type = *member;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < SONDE_TYPE_CHAIN_MAX; i++)
		if (sonde_dwarf_number(dwarf, &type, DW_AT_byte_size, &bytes) ||
			!sonde_dwarf_reference(dwarf, &type, DW_AT_type, &type))
			break;
	return bytes;
}

/* Until version 3 bits are counted from the highest of what they are stored in. */
static void describe_member(
	const struct sonde_dwarf *dwarf, Dwarf_Die *member, struct sonde_type_part *ret)
{
	uint64_t bits = 0, place = 0;

	ret->bit_offset = 8 * member_offset(dwarf, member);
	if (sonde_dwarf_number(dwarf, member, DW_AT_bit_size, &bits))
		/* More is refused by who asks. */
		ret->bit_size = bits < 128 ? (unsigned)bits : 128;
	if (sonde_dwarf_number(dwarf, member, DW_AT_data_bit_offset, &place)) {
		ret->bit_offset = place;
	} else if (sonde_dwarf_number(dwarf, member, DW_AT_bit_offset, &place)) {
		ret->bit_offset += dwarf->types.big_endian
					   ? place
					   : 8 * storage_bytes(dwarf, member) - place -
						     ret->bit_size;
	}
}

/* The entry of part @p index; the one after the last that was asked for is near. */
static bool seek(struct sonde_dwarf *dwarf, uint32_t id, Dwarf_Die *whole, unsigned tag,
	uint64_t index, Dwarf_Die *ret)
{
	struct sonde_dwarf_place *place =
		&dwarf->places[(id * 2654435761U >> 16) % SONDE_DWARF_PLACES];
	bool found;

	if (place->id == id && place->index + 1 == index) {
		*ret = place->die;
		found = next_part(
			dwarf, dwarf->library->sibling(ret, ret) == 0, ret, tag);
	} else {
		found = find_part(dwarf, whole, tag, index, ret);
	}
	if (found)
		*place = (struct sonde_dwarf_place){id, index, *ret};
	return found;
}

static struct sonde_error *describe_part(struct sonde_dwarf *dwarf, uint32_t id,
	uint64_t index, struct sonde_type_part *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_Die whole, die;
	unsigned which;
	int found;

	if (!die_of(dwarf, id, &which, &whole))
		return sonde_dwarf_fail(dwarf);
	found = find_kind(library->tag(&whole));
	if (found < 0 || !kinds[found].part ||
		!seek(dwarf, id, &whole, kinds[found].part, index, &die))
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "its DWARF has no such part of a type");
	ret->name = sonde_name_store_keep(&dwarf->names, sonde_dwarf_name(dwarf, &die));
	ret->target = type_of(dwarf, &die);
	if (kinds[found].part == DW_TAG_member)
		describe_member(dwarf, &die, ret);
	if (kinds[found].part == DW_TAG_enumerator)
		sonde_dwarf_number(dwarf, &die, DW_AT_const_value, &ret->value);
	return NULL;
}

static struct sonde_error *part(const struct sonde_types *types, uint32_t id,
	uint64_t index, struct sonde_type_part *ret)
{
	struct sonde_dwarf *dwarf = sonde_dwarf_of(types);
	struct sonde_type_record record = {.name = ""};
	struct sonde_error *error;

	CHECK(sonde_dwarf_check(dwarf, NULL));
	sonde_dwarf_enter(dwarf);
	error = describe_part(dwarf, id, index, ret);
	sonde_dwarf_leave(dwarf);
	describe(types, id, &record);
	if (record.kind == SONDE_TYPE_ENUM && record.bytes && record.bytes < 8)
		ret->value = sonde_integer_extend(
			ret->value, 8 * (unsigned)record.bytes, record.is_signed);
	return sonde_dwarf_check(dwarf, error);
}

/* --- names ------------------------------------------------------------------------ */

static struct sonde_error *find(const struct sonde_types *types,
	enum sonde_type_space space, const char *name, size_t length, uint32_t *ret)
{
	struct sonde_dwarf *dwarf = sonde_dwarf_of(types);
	struct sonde_error *error;

	CHECK(sonde_dwarf_check(dwarf, NULL));
	sonde_dwarf_enter(dwarf);
	error = sonde_dwarf_index_find(dwarf, space, name, length, ret);
	sonde_dwarf_leave(dwarf);
	return sonde_dwarf_check(dwarf, error);
}

static struct sonde_error *find_enumeration(
	const struct sonde_types *types, const char *enumerator, uint32_t *ret)
{
	return find(types, SONDE_DWARF_ENUMERATORS, enumerator, strlen(enumerator), ret);
}

struct offer {
	enum sonde_type_space space;
	struct sonde_closest *closest;
};

static void offer_one(const struct sonde_dwarf *dwarf, uint32_t offset, void *context)
{
	const struct offer *offer = context;
	const char *name;
	Dwarf_Die die;
	int found;

	if (!sonde_dwarf_die(dwarf, offset, &die))
		return;
	found = find_kind(dwarf->library->tag(&die));
	name = sonde_dwarf_name(dwarf, &die);
	if (found >= 0 && kinds[found].space == offer->space && name)
		sonde_closest_offer(offer->closest, name);
}

static void offer(const struct sonde_types *types, enum sonde_type_space space,
	struct sonde_closest *closest)
{
	struct sonde_dwarf *dwarf = sonde_dwarf_of(types);
	struct offer context = {space, closest};

	sonde_dwarf_enter(dwarf);
	if (!dwarf->broken)
		sonde_dwarf_index_visit(dwarf, offer_one, &context);
	sonde_dwarf_leave(dwarf);
}

/* By its name: a unit has but the name of what it only points to. */
static struct sonde_error *complete(
	const struct sonde_types *types, uint32_t id, bool *found, struct sonde_type *ret)
{
	const struct sonde_dwarf *dwarf = sonde_dwarf_of(types);
	struct sonde_type_record record = {.name = ""};

	describe(types, id, &record);
	*found = false;
	if (!*record.name)
		return NULL;
	if (dwarf->preferred)
		CHECK(sonde_types_look_up(dwarf->preferred, record.space, record.name,
			strlen(record.name), found, ret));
	if (*found)
		return NULL;
	return sonde_types_look_up(
		types, record.space, record.name, strlen(record.name), found, ret);
}

static void destroy(struct sonde_types *types)
{
	sonde_dwarf_destroy(sonde_dwarf_of(types));
}

const struct sonde_types_ops sonde_dwarf_types_ops = {
	.describe = describe,
	.part = part,
	.find = find,
	.enumeration = find_enumeration,
	.offer = offer,
	.complete = complete,
	.destroy = destroy,
};

struct sonde_error *sonde_dwarf_find_variable(const struct sonde_dwarf *constant,
	const char *name, uint64_t address, bool is_global, bool *found,
	struct sonde_type *ret)
{
	struct sonde_dwarf *dwarf = sonde_dwarf_of(&constant->types);
	struct sonde_type_record record = {.name = ""};
	struct sonde_error *error;
	uint32_t id = 0;

	*found = false;
	CHECK(sonde_dwarf_check(dwarf, NULL));
	sonde_dwarf_enter(dwarf);
	error = sonde_dwarf_index_find_variable(dwarf, name, address, is_global, &id);
	sonde_dwarf_leave(dwarf);
	CHECK(sonde_dwarf_check(dwarf, error));
	if (!id)
		return NULL;
	describe(&dwarf->types, id, &record);
	*found = true;
	return sonde_type_make(&dwarf->types, record.target, ret);
}
