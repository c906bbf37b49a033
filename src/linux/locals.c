/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DWARF says where a variable is; registers are the thread's, and memory is read as the
 * thread sees it. Nothing of the file is trusted with more than that.
 */
#include "locals.h"

#include <stdio.h>
#include <string.h>

#include "debug_info.h"
#include "dwarf_scope.h"
#include "kernel.h"
#include "value.h"

/** What an expression is evaluated on. */
struct place {
	struct sonde_linux *kernel;
	struct sonde_thread *thread;
	struct sonde_space *space;
	const struct sonde_dwarf_scope *scope;
};

/* --- what expressions ask for ----------------------------------------------------- */

static const char *register_name(const struct sonde_arch *arch, uint64_t number)
{
	if (number >= arch->dwarf_register_count)
		return NULL;
	return arch->dwarf_registers ? arch->dwarf_registers[number]
				     : arch->registers[number].name;
}

static struct sonde_error *read_register(void *user, uint64_t number, uint64_t *ret)
{
	const struct place *place = user;
	const struct sonde_arch *arch = sonde_target_base(&place->kernel->target)->arch;
	const char *name = register_name(arch, number);
	const struct sonde_register *reg =
		name ? sonde_thread_find_register(place->thread, name) : NULL;
	struct sonde_register_value value;

	if (!reg)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"it is in register %u of DWARF's, which the target does not tell",
			(unsigned)number);
	CHECK(sonde_thread_read_register(place->thread, reg, &value));
	if (!value.available)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"it is in register '%s', which the target does not tell", name);
	*ret = sonde_register_value_integer(&value);
	return NULL;
}

static struct sonde_error *read_memory(
	void *user, uint64_t address, unsigned bytes, uint64_t *ret)
{
	const struct place *place = user;
	uint8_t buffer[8];

	CHECK(sonde_space_read(place->space, address, buffer, bytes));
	*ret = 0;
	for (unsigned i = 0; i < bytes; i++)
		*ret |= (uint64_t)buffer[i] << 8 * i;
	return NULL;
}

static uint64_t move(void *user, uint64_t linked)
{
	const struct place *place = user;

	return sonde_linux_symbol_file_moved(place->kernel, linked);
}

/* --- one variable ----------------------------------------------------------------- */

static struct sonde_error *locate(const struct place *place,
	const struct sonde_dwarf_variable *variable, struct sonde_location *ret)
{
	struct sonde_location_context context = {
		.read_register = read_register,
		.read_memory = read_memory,
		.move = move,
		.user = (void *)place,
		.frame_base = &place->scope->frame_base,
		.frame = &place->scope->frame,
	};

	if (variable->is_constant) {
		*ret = (struct sonde_location){
			.kind = SONDE_LOCATION_VALUE, .value = variable->constant};
		return NULL;
	}
	CHECK(sonde_location_evaluate(&variable->location, &context, ret));
	if (ret->kind == SONDE_LOCATION_NOWHERE)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "it was optimized out at this place");
	return NULL;
}

/* An integer or a pointer that lies nowhere; a structure has to lie in memory. */
static struct sonde_error *make_value(const struct place *place, struct sonde_type type,
	uint64_t bits, struct sonde_value *ret)
{
	unsigned address_bits = sonde_target_address_bits(&place->kernel->target);
	struct sonde_value_class class;
	uint64_t bytes = 0;

	CHECK(sonde_value_classify(type, &class));
	if (!class.is_scalar)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"it is in a register, and no integer or pointer");
	CHECK(sonde_type_bytes(type, &bytes));
	*ret = (struct sonde_value){
		.type = type,
		.integer = sonde_scalar_type_convert(class.scalar, address_bits, bits),
		.space = place->space,
		.bytes = bytes,
		.is_signed = sonde_scalar_type_is_signed(class.scalar),
	};
	return NULL;
}

static struct sonde_error *read_variable(const struct place *place,
	const struct sonde_dwarf_variable *variable, struct sonde_value *ret)
{
	struct sonde_location location;

	CHECK(locate(place, variable, &location));
	if (location.kind == SONDE_LOCATION_MEMORY)
		return sonde_value_at(
			place->space, location.address, variable->type, ret);
	return make_value(place, variable->type, location.value, ret);
}

/* --- where a thread stands -------------------------------------------------------- */

/* The scope is NULL where it stands in no function that is known. */
static struct sonde_error *find_place(struct sonde_linux *kernel,
	struct sonde_thread *thread, struct sonde_dwarf *dwarf, struct place *ret)
{
	struct place place = {.kernel = kernel, .thread = thread};
	uint64_t pc;

	CHECK(sonde_thread_read_pc(thread, &pc));
	if (sonde_linux_symbol_file_covers(kernel, pc))
		CHECK(sonde_dwarf_scope_at(
			dwarf, sonde_linux_symbol_file_linked(kernel, pc), &place.scope));
	CHECK(sonde_target_virtual(&kernel->target, thread, &place.space));
	*ret = place;
	return NULL;
}

static bool is_stopped(struct sonde_linux *kernel)
{
	return sonde_target_state(&kernel->target) == SONDE_STATE_STOPPED;
}

static struct sonde_error *find_dwarf(
	struct sonde_linux *kernel, bool unasked, struct sonde_dwarf **ret)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	struct sonde_error *error = NULL;

	*ret = NULL;
	if (unasked || files->named || files->directory || kernel->types.dwarf)
		error = sonde_linux_dwarf_find(kernel, ret);
	/* Who cannot have DWARF has no locals. */
	if (!sonde_error_is(error, SONDE_ERROR_UNSUPPORTED))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

/* What is no local may be something else still. */
static bool is_no_place(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA);
}

struct sonde_error *sonde_linux_find_local(struct sonde_linux *kernel,
	struct sonde_thread *thread, const char *name, bool unasked, bool *found,
	struct sonde_variable *ret)
{
	const struct sonde_dwarf_variable *variable;
	struct sonde_location location;
	struct sonde_dwarf *dwarf;
	struct sonde_value value;
	struct sonde_error *error;
	struct place place;

	*found = false;
	if (!is_stopped(kernel))
		return NULL;
	CHECK(find_dwarf(kernel, unasked, &dwarf));
	if (!dwarf)
		return NULL;
	error = find_place(kernel, thread, dwarf, &place);
	if (is_no_place(error)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	for (size_t i = 0; place.scope && i < place.scope->variable_count; i++) {
		variable = &place.scope->variables[i];
		if (strcmp(variable->name, name) != 0)
			continue;
		CHECK(sonde_error_while(locate(&place, variable, &location),
			"looking for '%s' of %s()", name,
			place.scope->frames[variable->frame].function));
		*found = true;
		*ret = (struct sonde_variable){
			.type = variable->type, .address = location.address};
		if (location.kind == SONDE_LOCATION_MEMORY)
			return NULL;
		CHECK(make_value(&place, variable->type, location.value, &value));
		ret->address = value.integer;
		ret->is_value = true;
		return NULL;
	}
	return NULL;
}

/* --- all of them ------------------------------------------------------------------ */

static struct sonde_error *nothing_known(void)
{
	return sonde_error_create(SONDE_ERROR_NOT_FOUND,
		"the file with DWARF knows no function that has code there");
}

struct sonde_error *sonde_linux_inlines(struct sonde_target *target, uint64_t address,
	struct sonde_inline **ret, size_t *count)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	const struct sonde_dwarf_scope *scope;
	struct sonde_inline *inlines;
	struct sonde_dwarf *dwarf;

	CHECK(sonde_linux_dwarf_need(kernel, &dwarf));
	CHECK(sonde_dwarf_scope_at(
		dwarf, sonde_linux_symbol_file_linked(kernel, address), &scope));
	if (!scope)
		return nothing_known();
	inlines = calloc(scope->frame_count, sizeof(*inlines));
	if (!inlines)
		return sonde_error_no_memory();
	for (size_t i = 0; i < scope->frame_count; i++) {
		inlines[i].function = scope->frames[i].function;
		sonde_linux_take_line(&scope->frames[i].line, &inlines[i].line);
	}
	*ret = inlines;
	*count = scope->frame_count;
	return NULL;
}

/* What is wrong with one is said in its place. */
static struct sonde_error *describe(const struct place *place,
	const struct sonde_dwarf_variable *variable, struct sonde_local *ret)
{
	struct sonde_error *error;

	*ret = (struct sonde_local){
		.name = variable->name,
		.function = place->scope->frames[variable->frame].function,
		.frame = variable->frame,
		.is_parameter = variable->is_parameter,
		.value = {.type = variable->type},
	};
	error = read_variable(place, variable, &ret->value);
	if (sonde_error_is(error, SONDE_ERROR_NO_MEMORY) ||
		sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	if (error)
		snprintf(ret->why, sizeof(ret->why), "%s", sonde_error_why(error));
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_linux_locals(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_local **ret, size_t *count)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	CLEANUP(cleanup_free) struct sonde_local *locals = NULL;
	struct sonde_dwarf *dwarf;
	struct place place;

	if (!is_stopped(kernel))
		return sonde_error_create(SONDE_ERROR_RUNNING,
			"variables of functions are known of a stopped machine alone");
	CHECK(sonde_linux_dwarf_need(kernel, &dwarf));
	CHECK(find_place(kernel, thread, dwarf, &place));
	if (!place.scope)
		return nothing_known();
	locals = calloc(place.scope->variable_count + 1, sizeof(*locals));
	if (!locals)
		return sonde_error_no_memory();
	for (size_t i = 0; i < place.scope->variable_count; i++)
		CHECK(describe(&place, &place.scope->variables[i], &locals[i]));
	*count = place.scope->variable_count;
	*ret = locals;
	locals = NULL;
	return NULL;
}
