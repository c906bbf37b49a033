/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arguments and results by the types of functions: what goes where is the calling
 * convention's, in src/arch. Each argument has the eight bytes, or the register, that the
 * conventions of 64-bit machines give it.
 */
#include <string.h>

#include "probe.h"
#include "scope.h"
#include "value.h"

enum {
	/** Of a function; more are not looked at. */
	ARGUMENTS_MAX = 64,
	SLOT_BYTES = 8,
};

/* --- the function
 * ----------------------------------------------------------------------- */

/* Without types there is no error: then nothing is known. */
static struct sonde_error *look_for_type(struct sonde_probe_link *link)
{
	struct sonde_target *target = link->probe->probes->target;
	struct sonde_scope *scope;
	struct sonde_error *error;
	struct sonde_type type;
	bool found = false;

	CHECK(sonde_target_scope(target, &scope));
	if (!scope)
		return NULL;
	if (scope->ops->type)
		error = scope->ops->type(
			scope, SONDE_TYPE_FUNCTIONS, link->function, &found, &type);
	else
		error = scope->types ? sonde_types_look_up(scope->types,
					       SONDE_TYPE_FUNCTIONS, link->function,
					       strlen(link->function), &found, &type)
				     : NULL;
	if (!error && found)
		error = sonde_type_resolve(type, &type);
	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) ||
		sonde_error_is(error, SONDE_ERROR_BAD_DATA)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	link->has_type = found && sonde_type_is(type, SONDE_TYPE_FUNCTION);
	if (link->has_type)
		link->type = type;
	return NULL;
}

/* Of the function at whose entry or return @p hit is. */
static struct sonde_error *find_type(
	struct sonde_probe_hit *hit, bool *found, struct sonde_type *ret)
{
	struct sonde_probe_link *link = hit->link;

	*found = false;
	if (!link || !*link->function)
		return NULL;
	if (!link->type_looked)
		CHECK(look_for_type(link));
	link->type_looked = true;
	*found = link->has_type;
	if (*found)
		*ret = link->type;
	return NULL;
}

static struct sonde_error *need_type(struct sonde_probe_hit *hit, struct sonde_type *ret)
{
	bool found;

	CHECK(find_type(hit, &found, ret));
	if (found)
		return NULL;
	if (!hit->link || !*hit->link->function)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"this is neither the entry nor the return of a function");
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the type of '%s' is not known", hit->link->function),
		"registers hold its arguments: $rdi, $rsi, .. on x86-64, $x0, $x1, .. on "
		"arm64, $a0, $a1, .. on riscv64");
}

/* Where a function returns they are gone; 'hit->call' has kept what they were. */
static struct sonde_error *need_arguments(
	struct sonde_probe_hit *hit, struct sonde_type *ret)
{
	if (hit->link && !hit->call && hit->link->role == SONDE_PROBE_AT_RETURN)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"at the end of a function its arguments may be gone");
	return need_type(hit, ret);
}

/* --- where arguments are
 * ----------------------------------------------------------------- */

struct location {
	/** Which register, if in one; else from the stack pointer on. */
	bool in_register;
	unsigned index;
	uint64_t offset;
	/** There is a pointer to it. */
	bool by_reference;
	/** Neither integer nor pointer, but in registers. */
	bool in_parts;
};

/* What has been given away to those before. */
struct given {
	unsigned registers, register_count;
	uint64_t stack;
};

static struct sonde_error *size_of(
	struct sonde_type type, uint64_t *bytes, bool *is_parts)
{
	struct sonde_type resolved;

	CHECK(sonde_type_resolve(type, &resolved));
	CHECK(sonde_type_bytes(resolved, bytes));
	if (sonde_type_is(resolved, SONDE_TYPE_FLOAT))
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"floating-point numbers have registers of their own");
	*is_parts = sonde_type_is(resolved, SONDE_TYPE_STRUCT) ||
		    sonde_type_is(resolved, SONDE_TYPE_UNION) || *bytes > SLOT_BYTES;
	return NULL;
}

/*
 * System V (AMD64 3.2.3) passes what is larger than two words in memory, and what finds
 * no room in registers as well, while later ones may find some still. AAPCS64 (6.8.2)
 * passes a pointer to what is larger, and after the first that finds no room no register
 * is used.
 */
static struct sonde_error *give(const struct sonde_arch_calls *calls,
	struct sonde_type type, struct given *given, struct location *ret)
{
	uint64_t bytes = 0, slots;
	bool is_parts = false;

	CHECK(size_of(type, &bytes, &is_parts));
	slots = (bytes + SLOT_BYTES - 1) / SLOT_BYTES;
	*ret = (struct location){.by_reference = false};
	if (slots > 2 && calls->large_by_reference) {
		ret->by_reference = true;
		slots = 1;
	}
	if (slots <= 2 && given->registers + slots <= given->register_count) {
		ret->in_register = true;
		ret->index = given->registers;
		ret->in_parts = is_parts && !ret->by_reference;
		given->registers += (unsigned)slots;
		return NULL;
	}
	if (calls->splits && slots == 2 &&
		given->registers + 1 == given->register_count) {
		ret->in_register = ret->in_parts = true;
		given->registers = given->register_count;
		given->stack += SLOT_BYTES;
		return NULL;
	}
	if (calls->large_by_reference)
		given->registers = given->register_count;
	ret->offset = calls->stack_arguments + given->stack;
	given->stack += slots * SLOT_BYTES;
	return NULL;
}

static struct sonde_error *locate(const struct sonde_arch_calls *calls,
	struct sonde_type function, uint64_t index, struct location *ret,
	struct sonde_type_parameter *parameter)
{
	struct given given = {.registers = 0};

	while (calls->arguments[given.register_count])
		given.register_count++;
	for (uint64_t i = 0; i <= index; i++) {
		CHECK(sonde_type_parameter(function, i, parameter));
		CHECK(give(calls, parameter->type, &given, ret));
	}
	return NULL;
}

/* --- what they are
 * ------------------------------------------------------------------------ */

static struct sonde_error *make_value(struct sonde_probe_hit *hit, struct sonde_type type,
	uint64_t integer, struct sonde_value *ret)
{
	struct sonde_target *target = hit->probes->target;
	struct sonde_value value = {.type = type};
	struct sonde_value_class class;

	CHECK(sonde_value_classify(type, &class));
	if (!class.is_scalar)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "it is no integer and no pointer");
	CHECK(sonde_type_bytes(type, &value.bytes));
	CHECK(sonde_target_virtual(target, hit->thread, &value.space));
	value.is_signed = sonde_scalar_type_is_signed(class.scalar);
	value.integer = sonde_scalar_type_convert(
		class.scalar, sonde_target_address_bits(target), integer);
	*ret = value;
	return NULL;
}

static struct sonde_error *read_argument_register(struct sonde_probe_hit *hit,
	const struct sonde_arch_calls *calls, unsigned index, uint64_t *ret)
{
	if (!hit->call)
		return sonde_probe_read_register(
			hit->thread, calls->arguments[index], ret);
	*ret = hit->call->arguments[index];
	return NULL;
}

static struct sonde_error *read_located(struct sonde_probe_hit *hit,
	const struct sonde_arch_calls *calls, const struct location *location,
	struct sonde_type type, struct sonde_value *ret)
{
	struct sonde_space *space;
	uint64_t integer;

	if (location->in_parts)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "it is a structure in registers");
	if (location->in_register) {
		CHECK(read_argument_register(hit, calls, location->index, &integer));
		if (!location->by_reference)
			return make_value(hit, type, integer, ret);
	} else if (hit->call) {
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"it lay on the stack, whose place the function may have used");
	} else {
		CHECK(sonde_probe_read_register(hit->thread, "sp", &integer));
		integer += location->offset;
		/* The call has not put the address to return to there yet. */
		if (hit->link->role == SONDE_PROBE_AT_CALL)
			integer -= calls->return_pops;
	}
	CHECK(sonde_target_virtual(hit->probes->target, hit->thread, &space));
	if (location->by_reference && !location->in_register)
		CHECK(sonde_space_read_integer(space, integer, SLOT_BYTES, &integer));
	return sonde_value_at(space, integer, type, ret);
}

struct sonde_error *sonde_probe_hit_argument_count(
	struct sonde_probe_hit *hit, uint64_t *ret)
{
	struct sonde_type type;

	CHECK(need_arguments(hit, &type));
	*ret = sonde_type_count(type);
	return NULL;
}

struct sonde_error *sonde_probe_hit_argument(struct sonde_probe_hit *hit, uint64_t index,
	const char **ret_name, struct sonde_value *ret)
{
	struct sonde_type_parameter parameter = {.name = ""};
	const struct sonde_arch_calls *calls;
	struct location location;
	struct sonde_error *error;
	struct sonde_type type;

	CHECK(sonde_probe_calls(hit->probes, &calls));
	CHECK(need_arguments(hit, &type));
	if (!calls->arguments)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"where a function finds its arguments depends on how it was "
			"compiled");
	if (index >= sonde_type_count(type) || index >= ARGUMENTS_MAX)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the function takes no such argument");
	error = locate(calls, type, index, &location, &parameter);
	if (!error)
		error = read_located(hit, calls, &location, parameter.type, ret);
	if (error)
		return sonde_error_while(
			error, "reading the argument '%s'", parameter.name);
	*ret_name = parameter.name;
	return NULL;
}

/* Without a type it is what a register holds. */
static struct sonde_error *make_untyped(
	struct sonde_probe_hit *hit, uint64_t integer, struct sonde_value *ret)
{
	unsigned bits = sonde_target_address_bits(hit->probes->target);
	struct sonde_type type;

	CHECK(sonde_type_make(
		sonde_types_builtin(bits / 8), SONDE_SCALAR_UNSIGNED_LONG, &type));
	return make_value(hit, type, integer, ret);
}

/* i386 has the upper half of 64 bits in another register. */
static struct sonde_error *check_fits(
	const struct sonde_probe_hit *hit, struct sonde_type type)
{
	uint64_t bytes;

	CHECK(sonde_type_bytes(type, &bytes));
	if (bytes <= sonde_target_address_bits(hit->probes->target) / 8)
		return NULL;
	return sonde_error_create(
		SONDE_ERROR_UNSUPPORTED, "it takes more than one register");
}

static bool has_result(const struct sonde_probe_hit *hit)
{
	return hit->call || (hit->link && hit->link->role == SONDE_PROBE_AT_RETURN);
}

struct sonde_error *sonde_probe_hit_result(
	struct sonde_probe_hit *hit, struct sonde_value *ret)
{
	const struct sonde_arch_calls *calls;
	struct sonde_type type, resolved;
	uint64_t integer;
	bool found;

	if (!has_result(hit))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"only at its return a function has a result");
	CHECK(sonde_probe_calls(hit->probes, &calls));
	CHECK(find_type(hit, &found, &type));
	CHECK(sonde_probe_read_register(hit->thread, calls->result, &integer));
	if (!found)
		return make_untyped(hit, integer, ret);
	CHECK(sonde_type_target(type, &type));
	CHECK(sonde_type_resolve(type, &resolved));
	if (sonde_type_is(resolved, SONDE_TYPE_VOID))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the function returns nothing");
	CHECK(check_fits(hit, resolved));
	return sonde_error_while(make_value(hit, type, integer, ret),
		"reading what '%s' returned", hit->link->function);
}

struct sonde_error *sonde_probe_find_named(struct sonde_probe_hit *hit, const char *name,
	bool *found, struct sonde_value *ret)
{
	struct sonde_type_parameter parameter;
	struct sonde_type type;
	const char *known;
	uint64_t count;

	*found = false;
	if (has_result(hit) && !strcmp(name, "result")) {
		*found = true;
		return sonde_probe_hit_result(hit, ret);
	}
	if (hit->link && hit->link->role == SONDE_PROBE_AT_RETURN && !hit->call)
		return NULL;
	CHECK(find_type(hit, found, &type));
	if (!*found)
		return NULL;
	*found = false;
	count = sonde_type_count(type);
	for (uint64_t i = 0; i < count && i < ARGUMENTS_MAX; i++) {
		CHECK(sonde_type_parameter(type, i, &parameter));
		if (!*name || strcmp(parameter.name, name) != 0)
			continue;
		*found = true;
		return sonde_probe_hit_argument(hit, i, &known, ret);
	}
	return NULL;
}
