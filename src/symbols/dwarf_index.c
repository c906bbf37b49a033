/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF of a kernel has no index of names that could be relied on: gdb's is seldom there,
 * and .debug_aranges has no variables. So units are looked at one after the other, their
 * outermost entries alone, until one has what is asked for; what the others have is
 * remembered, so that all questions together look at each unit once.
 *
 * Of entries with one name the first is taken, definitions before declarations.
 */
#include <string.h>

#include "dwarf_file.h"

struct sonde_dwarf_slot {
	/** 0: it is free. */
	uint64_t hash;
	uint32_t offset;
	/** Another one may be better: it is but a declaration. */
	bool is_weak;
};

enum {
	/** A variable by its name and address. */
	PLACES = 64,
};

/* FNV-1a; 0 is a free slot. */
static uint64_t hash_of(unsigned space, const char *name, size_t length, uint64_t address)
{
	uint64_t hash = 0xcbf29ce484222325 ^ space;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 0x100000001b3;
	for (unsigned i = 0; address; i++, address >>= 8)
		hash = (hash ^ (uint8_t)address) * 0x100000001b3;
	hash ^= hash >> 32;
	return hash ?: 1;
}

static struct sonde_dwarf_slot *slot_of(
	const struct sonde_dwarf_index *index, uint64_t hash)
{
	uint32_t place = (uint32_t)hash & index->mask;

	while (index->slots[place].hash && index->slots[place].hash != hash)
		place = (place + 1) & index->mask;
	return &index->slots[place];
}

static struct sonde_error *make_room(struct sonde_dwarf_index *index)
{
	struct sonde_dwarf_index larger = *index;

	if (index->slots && index->count < index->mask / 3 * 2)
		return NULL;
	larger.mask = index->slots ? 2 * index->mask + 1 : (1 << 12) - 1;
	larger.slots = calloc((size_t)larger.mask + 1, sizeof(*larger.slots));
	if (!larger.slots)
		return sonde_error_no_memory();
	for (uint32_t i = 0; index->slots && i <= index->mask; i++)
		if (index->slots[i].hash)
			*slot_of(&larger, index->slots[i].hash) = index->slots[i];
	free(index->slots);
	*index = larger;
	return NULL;
}

/* Whether @p hash has no entry yet that is as good. */
static bool is_wanted(const struct sonde_dwarf_index *index, uint64_t hash, bool is_weak)
{
	const struct sonde_dwarf_slot *slot = slot_of(index, hash);

	return !slot->hash || (slot->is_weak && !is_weak);
}

static void add(struct sonde_dwarf *dwarf, uint64_t hash, Dwarf_Die *die, bool is_weak)
{
	struct sonde_dwarf_slot *slot = slot_of(&dwarf->index, hash);
	uint32_t offset = sonde_dwarf_id(dwarf, die);

	if (!offset || (slot->hash && (!slot->is_weak || is_weak)))
		return;
	dwarf->index.count += !slot->hash;
	*slot = (struct sonde_dwarf_slot){hash, offset, is_weak};
}

/* --- a unit ----------------------------------------------------------------------- */

static bool is_declaration(const struct sonde_dwarf *dwarf, Dwarf_Die *die)
{
	return sonde_dwarf_flag(dwarf, die, DW_AT_declaration);
}

/* Whether there is an entry, as libdw's result says. */
static bool goes_on(
	const struct sonde_dwarf *dwarf, int result, struct sonde_error **error)
{
	if (result < 0)
		*error = sonde_dwarf_fail(dwarf);
	return result == 0;
}

/* The first enumerator of an enumeration without a name tells whether it is new. */
static struct sonde_error *add_enumerators(struct sonde_dwarf *dwarf, Dwarf_Die *type)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	struct sonde_error *error = NULL;
	Dwarf_Die die;

	for (bool more = goes_on(dwarf, library->child(type, &die), &error); more;
		more = goes_on(dwarf, library->sibling(&die, &die), &error)) {
		const char *name = sonde_dwarf_name(dwarf, &die);
		uint64_t hash;

		if (!name)
			continue;
		hash = hash_of(SONDE_DWARF_ENUMERATORS, name, strlen(name), 0);
		if (!is_wanted(&dwarf->index, hash, false))
			return error;
		CHECK(make_room(&dwarf->index));
		add(dwarf, hash, type, false);
	}
	return error;
}

/* By an index into another section, as clang has it in version 5. */
static bool find_indexed(
	const struct sonde_dwarf *dwarf, Dwarf_Attribute *location, uint64_t *ret)
{
	Dwarf_Op *operations;
	size_t count;

	return dwarf->library->whole_location(location, &operations, &count) == 0 &&
	       count == 1 &&
	       sonde_dwarf_indexed_address(dwarf, location, operations, ret);
}

/* Where a variable was linked to. */
static bool find_address(
	const struct sonde_dwarf *dwarf, Dwarf_Die *variable, uint64_t *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	unsigned bytes = dwarf->types.pointer_bytes;
	Dwarf_Attribute attribute;
	Dwarf_Block block;
	uint64_t address = 0;

	if (!library->attribute(variable, DW_AT_location, &attribute) ||
		library->block(&attribute, &block) != 0 || !block.length)
		return false;
	if (block.data[0] == DW_OP_addrx)
		return find_indexed(dwarf, &attribute, ret);
	if (block.length != 1 + bytes || block.data[0] != DW_OP_addr)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		address |= (uint64_t)block.data[1 + i]
			   << 8 * (dwarf->types.big_endian ? bytes - 1 - i : i);
	*ret = address;
	return true;
}

static struct sonde_error *add_variable(
	struct sonde_dwarf *dwarf, Dwarf_Die *die, const char *name)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	size_t length = strlen(name);
	uint64_t address = 0;
	Dwarf_Attribute external;
	bool is_defined = find_address(dwarf, die, &address);

	CHECK(make_room(&dwarf->index));
	if (is_defined)
		add(dwarf, hash_of(PLACES, name, length, address), die, false);
	if (library->attribute_integrated(die, DW_AT_external, &external))
		add(dwarf, hash_of(SONDE_TYPE_VARIABLES, name, length, 0), die,
			!is_defined);
	return NULL;
}

static enum sonde_type_space space_of(int tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
		return SONDE_TYPE_STRUCTS;
	case DW_TAG_union_type:
		return SONDE_TYPE_UNIONS;
	case DW_TAG_enumeration_type:
		return SONDE_TYPE_ENUMS;
	case DW_TAG_typedef:
	case DW_TAG_base_type:
		return SONDE_TYPE_NAMES;
	case DW_TAG_variable:
		return SONDE_TYPE_VARIABLES;
	case DW_TAG_subprogram:
		return SONDE_TYPE_FUNCTIONS;
	default:
		return SONDE_TYPE_NOWHERE;
	}
}

static struct sonde_error *add_entry(struct sonde_dwarf *dwarf, Dwarf_Die *die)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	int tag = library->tag(die);
	enum sonde_type_space space = space_of(tag);
	const char *name;
	uint64_t hash;
	bool is_weak = false;

	if (space == SONDE_TYPE_NOWHERE)
		return NULL;
	name = sonde_dwarf_name(dwarf, die);
	if (space == SONDE_TYPE_VARIABLES)
		return name ? add_variable(dwarf, die, name) : NULL;
	if (!name)
		return space == SONDE_TYPE_ENUMS ? add_enumerators(dwarf, die) : NULL;
	CHECK(make_room(&dwarf->index));
	hash = hash_of(space, name, strlen(name), 0);
	if (!is_wanted(&dwarf->index, hash, false))
		return NULL;
	if (space != SONDE_TYPE_NAMES)
		is_weak = is_declaration(dwarf, die);
	if (is_weak && space != SONDE_TYPE_FUNCTIONS)
		return NULL;
	add(dwarf, hash, die, is_weak);
	return space == SONDE_TYPE_ENUMS ? add_enumerators(dwarf, die) : NULL;
}

static struct sonde_error *look_at(struct sonde_dwarf *dwarf, Dwarf_Die *unit)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	struct sonde_error *error = NULL;
	Dwarf_Die die;

	for (bool more = goes_on(dwarf, library->child(unit, &die), &error); more;
		more = goes_on(dwarf, library->sibling(&die, &die), &error))
		CHECK(add_entry(dwarf, &die));
	return error;
}

/* The next one. */
static struct sonde_error *look_further(struct sonde_dwarf *dwarf)
{
	struct sonde_dwarf_index *index = &dwarf->index;
	Dwarf_CU *unit = index->unit;
	Dwarf_Die die;
	int result;

	CHECK(make_room(index));
	result = dwarf->library->next_unit(
		dwarf->dwarf, unit, &unit, NULL, NULL, &die, NULL);
	if (result < 0)
		return sonde_dwarf_fail(dwarf);
	if (result > 0) {
		index->complete = true;
		return NULL;
	}
	CHECK(look_at(dwarf, &die));
	index->unit = unit;
	/* Zeros behind a file's end may look like many units. */
	return sonde_dwarf_check(dwarf, NULL);
}

/* --- questions -------------------------------------------------------------------- */

static const struct sonde_dwarf_slot *peek(
	const struct sonde_dwarf_index *index, uint64_t hash)
{
	const struct sonde_dwarf_slot *slot = index->slots ? slot_of(index, hash) : NULL;

	return slot && slot->hash ? slot : NULL;
}

/* Names of which hashes are the same are not worth more than being told apart. */
static bool is_called(struct sonde_dwarf *dwarf, const struct sonde_dwarf_slot *slot,
	const char *name, size_t length)
{
	const char *found;
	Dwarf_Die die;

	if (!sonde_dwarf_die(dwarf, slot->offset, &die))
		return false;
	found = sonde_dwarf_name(dwarf, &die);
	return found && !strncmp(found, name, length) && !found[length];
}

struct sonde_error *sonde_dwarf_index_find(struct sonde_dwarf *dwarf,
	enum sonde_type_space space, const char *name, size_t length, uint32_t *ret)
{
	uint64_t hash = hash_of(space, name, length, 0);
	const struct sonde_dwarf_slot *slot;

	for (;;) {
		slot = peek(&dwarf->index, hash);
		if ((slot && !slot->is_weak) || dwarf->index.complete)
			break;
		CHECK(look_further(dwarf));
	}
	*ret = 0;
	if (slot && (space == SONDE_DWARF_ENUMERATORS ||
			    is_called(dwarf, slot, name, length)))
		*ret = slot->offset;
	return NULL;
}

/* An array without a bound is declared so, and defined with one. */
static bool has_bounds(const struct sonde_dwarf *dwarf, uint32_t offset)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_Die die, child;
	uint64_t bound;

	if (!sonde_dwarf_die(dwarf, offset, &die) ||
		!sonde_dwarf_reference(dwarf, &die, DW_AT_type, &die))
		return false;
	if (library->tag(&die) == DW_TAG_const_type &&
		!sonde_dwarf_reference(dwarf, &die, DW_AT_type, &die))
		return true;
	return library->tag(&die) != DW_TAG_array_type ||
	       (library->child(&die, &child) == 0 &&
		       (sonde_dwarf_number(dwarf, &child, DW_AT_upper_bound, &bound) ||
			       sonde_dwarf_number(dwarf, &child, DW_AT_count, &bound)));
}

struct sonde_error *sonde_dwarf_index_find_variable(struct sonde_dwarf *dwarf,
	const char *name, uint64_t address, bool is_global, uint32_t *ret)
{
	const struct sonde_dwarf_index *index = &dwarf->index;
	size_t length = strlen(name);
	uint64_t place = hash_of(PLACES, name, length, address);
	uint64_t hash = hash_of(SONDE_TYPE_VARIABLES, name, length, 0);
	const struct sonde_dwarf_slot *slot;
	uint32_t looked_at = 0;

	for (;;) {
		slot = peek(index, place);
		if (slot)
			break;
		slot = is_global ? peek(index, hash) : NULL;
		if (slot && (!slot->is_weak || index->complete))
			break;
		if (slot && slot->offset != looked_at && has_bounds(dwarf, slot->offset))
			break;
		looked_at = slot ? slot->offset : 0;
		if (index->complete)
			break;
		CHECK(look_further(dwarf));
	}
	*ret = slot && is_called(dwarf, slot, name, length) ? slot->offset : 0;
	return NULL;
}

void sonde_dwarf_index_visit(const struct sonde_dwarf *dwarf,
	void (*visit)(const struct sonde_dwarf *dwarf, uint32_t offset, void *context),
	void *context)
{
	const struct sonde_dwarf_index *index = &dwarf->index;

	for (uint32_t i = 0; index->slots && i <= index->mask; i++)
		if (index->slots[i].hash)
			visit(dwarf, index->slots[i].offset, context);
}
