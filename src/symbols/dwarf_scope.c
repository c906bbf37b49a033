/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dwarf_scope.h"

#include <string.h>

#include "dwarf_file.h"

enum {
	/** Blocks and inlined functions, one in the other. */
	SCOPES_MAX = 256,
	VARIABLES_MAX = 4096,
};

void sonde_dwarf_scope_destroy(struct sonde_dwarf_scope *scope)
{
	if (!scope)
		return;
	for (size_t i = 0; i < scope->variable_count; i++)
		free(scope->variables[i].location.operations);
	free(scope->variables);
	free(scope->frames);
	free(scope->frame_base.operations);
	free(scope->frame.operations);
	free(scope);
}

/* --- expressions ------------------------------------------------------------------ */

/* The type that an operation names. */
static void take_type(struct sonde_dwarf *dwarf, Dwarf_Attribute *attribute,
	const Dwarf_Op *operation, struct sonde_location_operation *ret)
{
	uint64_t bytes = 0, encoding = 0;
	Dwarf_Die type;

	/* Without one it is the generic type, that of addresses. */
	if (dwarf->library->location_die(attribute, operation, &type) != 0)
		return;
	sonde_dwarf_number(dwarf, &type, DW_AT_byte_size, &bytes);
	sonde_dwarf_number(dwarf, &type, DW_AT_encoding, &encoding);
	ret->type_bytes = bytes < UINT8_MAX ? (uint8_t)bytes : UINT8_MAX;
	ret->type_is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	/* Numbers of other kinds are refused by their size. */
	if (encoding == DW_ATE_float)
		ret->type_bytes = UINT8_MAX;
}

static void take_constant(struct sonde_dwarf *dwarf, Dwarf_Attribute *attribute,
	const Dwarf_Op *operation, struct sonde_location_operation *ret)
{
	Dwarf_Block block;

	ret->number2 = 0;
	if (dwarf->library->location_constant(attribute, operation, &block) != 0) {
		ret->number = UINT64_MAX;
		return;
	}
	ret->number = block.length;
	for (unsigned i = 0; i < block.length && i < 8; i++)
		ret->number2 |= (uint64_t)block.data[i] << 8 * i;
}

/* @p attribute is NULL for those of call frames, which name no types. */
static struct sonde_error *copy(struct sonde_dwarf *dwarf, Dwarf_Attribute *attribute,
	const Dwarf_Op *operations, size_t count, struct sonde_location_expression *ret)
{
	if (count > SONDE_LOCATION_OPERATIONS_MAX || !count)
		return NULL;
	ret->operations = calloc(count, sizeof(*ret->operations));
	if (!ret->operations)
		return sonde_error_no_memory();
	ret->count = count;
	for (size_t i = 0; i < count; i++) {
		const Dwarf_Op *from = &operations[i];
		struct sonde_location_operation *to = &ret->operations[i];

		*to = (struct sonde_location_operation){
			.code = from->atom,
			.number = from->number,
			.number2 = from->number2,
			.type_bytes = from->atom == DW_OP_deref
					      ? (uint8_t)dwarf->types.pointer_bytes
					      : 0,
			.offset = (uint32_t)from->offset,
		};
		switch (attribute ? from->atom : DW_OP_nop) {
		case DW_OP_convert:
		case DW_OP_GNU_convert:
		case DW_OP_reinterpret:
		case DW_OP_GNU_reinterpret:
		case DW_OP_regval_type:
		case DW_OP_GNU_regval_type:
		case DW_OP_deref_type:
		case DW_OP_GNU_deref_type:
			take_type(dwarf, attribute, from, to);
			break;
		case DW_OP_addrx:
		case DW_OP_constx:
			if (sonde_dwarf_indexed_address(
				    dwarf, attribute, from, &to->number))
				to->code = from->atom == DW_OP_addrx ? DW_OP_addr
								     : DW_OP_constu;
			break;
		case DW_OP_implicit_value:
			take_constant(dwarf, attribute, from, to);
			break;
		default:
			break;
		}
	}
	return NULL;
}

/* Nothing where the attribute is absent, or says nothing of this address. */
static struct sonde_error *take_location(struct sonde_dwarf *dwarf, Dwarf_Die *die,
	unsigned name, uint64_t address, struct sonde_location_expression *ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *operations;
	size_t count;

	if (!dwarf->library->attribute(die, name, &attribute))
		return NULL;
	if (dwarf->library->location(&attribute, address, &operations, &count, 1) != 1)
		return NULL;
	return copy(dwarf, &attribute, operations, count, ret);
}

/* By .debug_frame, or the .eh_frame of what is loaded. */
static struct sonde_error *take_frame(struct sonde_dwarf *dwarf, uint64_t address,
	struct sonde_location_expression *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_CFI *tables[2] = {library->frames(dwarf->dwarf), NULL};
	struct sonde_error *error = NULL;

	if (!dwarf->loaded_frames)
		dwarf->loaded_frames = library->loaded_frames(dwarf->elf);
	tables[1] = dwarf->loaded_frames;
	for (size_t i = 0; i < ARRAY_SIZE(tables) && !ret->count && !error; i++) {
		Dwarf_Frame *frame = NULL;
		Dwarf_Op *operations;
		size_t count;

		if (!tables[i] || library->frame_at(tables[i], address, &frame) != 0)
			continue;
		if (library->frame_address(frame, &operations, &count) == 0)
			error = copy(dwarf, NULL, operations, count, ret);
		free(frame);
	}
	return error;
}

/* --- variables -------------------------------------------------------------------- */

static struct sonde_error *take_variable(struct sonde_dwarf *dwarf, Dwarf_Die *die,
	struct sonde_dwarf_scope *scope, struct sonde_dwarf_variable *ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Word word;
	Dwarf_Die type;
	uint64_t id = 0;

	if (sonde_dwarf_reference(dwarf, die, DW_AT_type, &type))
		id = sonde_dwarf_id(dwarf, &type);
	CHECK(sonde_type_make(&dwarf->types, id, &ret->type));
	ret->name = sonde_name_store_keep(&dwarf->names, sonde_dwarf_name(dwarf, die));
	ret->is_parameter = dwarf->library->tag(die) == DW_TAG_formal_parameter;
	ret->frame = scope->frame_count;
	CHECK(take_location(dwarf, die, DW_AT_location, scope->address, &ret->location));
	if (ret->location.count ||
		!dwarf->library->attribute_integrated(
			die, DW_AT_const_value, &attribute) ||
		dwarf->library->unsigned_data(&attribute, &word) != 0)
		return NULL;
	ret->is_constant = true;
	ret->constant = word;
	return NULL;
}

static struct sonde_error *add_variable(
	struct sonde_dwarf *dwarf, Dwarf_Die *die, struct sonde_dwarf_scope *scope)
{
	/* Room is doubled at each power of two. */
	size_t count = scope->variable_count;

	if (count == VARIABLES_MAX)
		return NULL;
	if (!(count & (count - 1))) {
		struct sonde_dwarf_variable *variables =
			realloc(scope->variables, (2 * count + 1) * sizeof(*variables));

		if (!variables)
			return sonde_error_no_memory();
		scope->variables = variables;
	}
	memset(&scope->variables[count], 0, sizeof(scope->variables[count]));
	scope->variable_count++;
	return take_variable(dwarf, die, scope, &scope->variables[count]);
}

/* What a function only declares is a variable of others. */
static struct sonde_error *add_variables(
	struct sonde_dwarf *dwarf, Dwarf_Die *block, struct sonde_dwarf_scope *scope)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_Die die;

	for (bool more = library->child(block, &die) == 0; more;
		more = library->sibling(&die, &die) == 0) {
		int tag = library->tag(&die);

		if ((tag == DW_TAG_variable || tag == DW_TAG_formal_parameter) &&
			!sonde_dwarf_flag(dwarf, &die, DW_AT_declaration) &&
			sonde_dwarf_name(dwarf, &die))
			CHECK(add_variable(dwarf, &die, scope));
	}
	return NULL;
}

/* --- frames ----------------------------------------------------------------------- */

/* Where an inlined function was called. */
static void take_call(struct sonde_dwarf *dwarf, Dwarf_Die *unit, Dwarf_Die *inlined,
	struct sonde_dwarf_line *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	uint64_t file = 0, line = 0;
	Dwarf_Files *files;
	const char *path = NULL;
	size_t count;

	sonde_dwarf_number(dwarf, inlined, DW_AT_call_line, &line);
	if (sonde_dwarf_number(dwarf, inlined, DW_AT_call_file, &file) &&
		library->files(unit, &files, &count) == 0 && file < count)
		path = library->file(files, file, NULL, NULL);
	*ret = (struct sonde_dwarf_line){
		.file = sonde_name_store_keep(&dwarf->names,
			path ? sonde_dwarf_shorten(dwarf, unit, path) : NULL),
		.line = line <= INT32_MAX ? (unsigned)line : 0,
	};
}

/* The blocks around a place, from the innermost to the function's. */
static struct sonde_error *fill(struct sonde_dwarf *dwarf, Dwarf_Die *unit,
	Dwarf_Die *blocks, int count, struct sonde_dwarf_scope *scope)
{
	struct sonde_dwarf_line line = {.file = ""};
	bool found = false;

	CHECK(sonde_dwarf_row_at(dwarf, scope->address, &found, &line));
	scope->frames = calloc((size_t)count + 1, sizeof(*scope->frames));
	if (!scope->frames)
		return sonde_error_no_memory();
	for (int i = 0; i < count; i++) {
		int tag = dwarf->library->tag(&blocks[i]);
		struct sonde_dwarf_frame *frame = &scope->frames[scope->frame_count];

		CHECK(add_variables(dwarf, &blocks[i], scope));
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		frame->function = sonde_name_store_keep(
			&dwarf->names, sonde_dwarf_name(dwarf, &blocks[i]));
		frame->line = line;
		scope->frame_count++;
		if (tag == DW_TAG_subprogram) {
			CHECK(take_location(dwarf, &blocks[i], DW_AT_frame_base,
				scope->address, &scope->frame_base));
			return take_frame(dwarf, scope->address, &scope->frame);
		}
		take_call(dwarf, unit, &blocks[i], &line);
	}
	return NULL;
}

static struct sonde_error *find_blocks(
	struct sonde_dwarf *dwarf, uint64_t address, struct sonde_dwarf_scope *scope)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_Die unit, *scopes = NULL, *blocks = NULL;
	struct sonde_error *error = NULL;
	bool found;
	int count;

	CHECK(sonde_dwarf_unit_at(dwarf, address, &found, &unit));
	if (!found)
		return NULL;
	/* Of an inlined function it goes on with where that is defined, not with where
	 * it was put. */
	count = library->scopes(&unit, address, &scopes);
	if (count > 0)
		count = library->scopes_around(&scopes[0], &blocks);
	if (count > 0)
		error = fill(dwarf, &unit, blocks,
			count < SCOPES_MAX ? count : SCOPES_MAX, scope);
	free(scopes);
	free(blocks);
	return error;
}

struct sonde_error *sonde_dwarf_scope_at(
	struct sonde_dwarf *dwarf, uint64_t address, const struct sonde_dwarf_scope **ret)
{
	struct sonde_dwarf_scope *scope = dwarf->scope;
	struct sonde_error *error;

	CHECK(sonde_dwarf_check(dwarf, NULL));
	if (!scope || scope->address != address) {
		sonde_dwarf_scope_destroy(scope);
		dwarf->scope = NULL;
		scope = calloc(1, sizeof(*scope));
		if (!scope)
			return sonde_error_no_memory();
		scope->address = address;
		sonde_dwarf_enter(dwarf);
		error = find_blocks(dwarf, address, scope);
		sonde_dwarf_leave(dwarf);
		error = sonde_dwarf_check(dwarf, error);
		if (error) {
			sonde_dwarf_scope_destroy(scope);
			return error;
		}
		dwarf->scope = scope;
	}
	*ret = scope->frame_count ? scope : NULL;
	return NULL;
}
