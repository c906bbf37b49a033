/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What names in expressions mean to the kernel: symbols, with the types that BTF, DWARF
 * or known_variables.c has of them; the current task; task(PID).
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "debug_info.h"
#include "kernel.h"
#include "known_variables.h"
#include "locals.h"
#include "log.h"
#include "task.h"

static struct sonde_linux_types *own(struct sonde_scope *scope)
{
	return CONTAINER_OF(scope, struct sonde_linux_types, scope);
}

static bool has_no_types(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA);
}

static struct sonde_error *look_up_known(const struct sonde_types *types,
	const struct sonde_symbol *symbol, bool *found, struct sonde_type *ret)
{
	const char *known = sonde_linux_known_variable(symbol->name);
	struct sonde_error *error;

	if (!known)
		return NULL;
	error = sonde_types_find_plainly(types, known, ret);
	*found = !error;
	if (!sonde_error_is(error, SONDE_ERROR_NOT_FOUND))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

/* A file that cannot be read leaves the kernel with what it has by itself. */
static struct sonde_error *look_up_dwarf(struct sonde_linux *kernel,
	const struct sonde_symbol *symbol, bool is_function, bool *found,
	struct sonde_type *ret)
{
	struct sonde_error *error =
		sonde_linux_dwarf_type_of(kernel, symbol, is_function, found, ret);

	if (!has_no_types(error))
		return error;
	sonde_log(&kernel->target.sonde->log, SONDE_LOG_WARNING, "%s: %s",
		sonde_error_what(error), sonde_error_why(error));
	sonde_error_destroy(error);
	return NULL;
}

/*
 * By its symbol; modules are asked for what is theirs. DWARF knows all variables, but to
 * look for a file takes longer than what is known anyhow, unless the user has named one.
 */
static struct sonde_error *look_up(struct sonde_linux_types *types,
	const struct sonde_symbol *symbol, bool per_cpu, bool *found,
	struct sonde_type *ret)
{
	struct sonde_linux *kernel = types->kernel;
	bool is_function = toupper((unsigned char)symbol->kind) == 'T' && !per_cpu;
	bool is_named = kernel->symbol_files.named || kernel->symbol_files.directory;
	enum sonde_type_space space =
		is_function ? SONDE_TYPE_FUNCTIONS : SONDE_TYPE_VARIABLES;
	const struct sonde_types *own_types;

	if (*symbol->module)
		return sonde_linux_types_look_up(types, space, symbol->name, found, ret);
	CHECK(sonde_linux_types_find(types, &own_types));
	if (!types->is_dwarf)
		CHECK(sonde_types_look_up(own_types, space, symbol->name,
			strlen(symbol->name), found, ret));
	if (!*found && is_named)
		CHECK(look_up_dwarf(kernel, symbol, is_function, found, ret));
	if (!*found)
		CHECK(look_up_known(own_types, symbol, found, ret));
	if (!*found && !is_named)
		CHECK(look_up_dwarf(kernel, symbol, is_function, found, ret));
	return NULL;
}

/* Without types names have addresses still. */
static struct sonde_error *find_type_of(struct sonde_linux_types *types,
	const struct sonde_symbol *symbol, bool per_cpu, struct sonde_type *ret)
{
	bool found = false;
	struct sonde_type type;
	struct sonde_error *error = look_up(types, symbol, per_cpu, &found, &type);

	if (has_no_types(error)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	if (found)
		*ret = type;
	return NULL;
}

static struct sonde_error *find_task_type(
	struct sonde_linux_types *types, const struct sonde_types **ret)
{
	CHECK(sonde_linux_types_find(types, ret));
	if (types->task.types == *ret)
		return NULL;
	CHECK(sonde_types_find(*ret, "struct task_struct", &types->task.type));
	types->task.types = *ret;
	return NULL;
}

/* A task has hundreds of members, and conditions ask at each hit. */
static struct sonde_error *find_task_member(struct sonde_linux_types *types,
	const char *name, const struct sonde_type_member **ret)
{
	struct sonde_linux_task_member *known =
		strcmp(name, "pid") ? &types->task_comm : &types->task_pid;
	const struct sonde_types *own_types;

	CHECK(find_task_type(types, &own_types));
	if (known->types != own_types)
		CHECK(sonde_type_find_member(types->task.type, name, &known->member));
	known->types = own_types;
	*ret = &known->member;
	return NULL;
}

/* 'current', and of it 'pid' and 'comm'. */
static struct sonde_error *find_current(struct sonde_linux_types *types,
	struct sonde_thread *thread, const char *member_name, bool *found,
	struct sonde_variable *ret)
{
	const struct sonde_type_member *member;
	const struct sonde_types *own_types;
	uint64_t task;

	CHECK(find_task_type(types, &own_types));
	CHECK(sonde_linux_current_task(types->kernel, thread, &task));
	*found = true;
	*ret = (struct sonde_variable){.address = task, .is_value = !member_name};
	if (!member_name)
		return sonde_type_pointer_to(types->task.type, &ret->type);
	CHECK(find_task_member(types, member_name, &member));
	ret->address += member->bit_offset / 8;
	ret->type = member->type;
	return NULL;
}

/* A kernel without symbols of data has it nevertheless. */
static struct sonde_error *find_first(
	struct sonde_linux_types *types, bool *found, struct sonde_variable *ret)
{
	const struct sonde_types *own_types;

	CHECK(sonde_linux_init_task(types->kernel, &ret->address));
	CHECK(sonde_linux_types_find(types, &own_types));
	*found = true;
	return sonde_types_find(own_types, "struct task_struct", &ret->type);
}

/* Modules are read for that, so what else it may be comes first: enumerators. */
static struct sonde_error *find_in_modules(struct sonde_linux_types *types,
	const char *name, struct sonde_symbol *ret, bool *found)
{
	const struct sonde_linux_modules *modules;
	const struct sonde_types *own_types;
	struct sonde_error *error = sonde_linux_types_find(types, &own_types);
	struct sonde_type type;
	uint64_t value;

	/* Without types it is not known where modules are. */
	if (has_no_types(error)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	CHECK(sonde_types_find_enumerator(own_types, name, found, &type, &value));
	if (*found) {
		*found = false;
		return NULL;
	}
	CHECK(sonde_linux_modules_find(types->kernel, &modules));
	*found = sonde_linux_modules_find_symbol(modules, name, 0, ret);
	return NULL;
}

/* On x86 per-CPU variables of modules are offsets, as the kernel's own. */
static struct sonde_error *is_per_cpu(
	struct sonde_linux *kernel, const struct sonde_symbol *symbol, bool *ret)
{
	CHECK(sonde_linux_is_per_cpu(kernel, symbol->address, ret));
	*ret |= *symbol->module && !(symbol->address >> 63);
	return NULL;
}

static struct sonde_error *find_variable(struct sonde_scope *scope,
	struct sonde_thread *thread, const char *name, bool *found,
	struct sonde_variable *ret)
{
	struct sonde_linux_types *types = own(scope);
	struct sonde_linux *kernel = types->kernel;
	struct sonde_symbol symbol;

	*found = false;
	CHECK(sonde_linux_find(kernel));
	if (!strcmp(name, "pid") || !strcmp(name, "comm"))
		return find_current(types, thread, name, found, ret);
	if (!strcmp(name, "current"))
		return find_current(types, thread, NULL, found, ret);
	CHECK(sonde_linux_find_local(kernel, thread, name, false, found, ret));
	if (*found)
		return NULL;
	CHECK(sonde_linux_own_look_up(kernel, name, &symbol, found));
	if (!*found && !strcmp(name, "init_task"))
		return find_first(types, found, ret);
	if (!*found)
		CHECK(find_in_modules(types, name, &symbol, found));
	if (!*found)
		return sonde_linux_find_local(kernel, thread, name, true, found, ret);
	ret->address = symbol.address;
	CHECK(is_per_cpu(kernel, &symbol, &ret->per_cpu));
	return find_type_of(types, &symbol, ret->per_cpu, &ret->type);
}

static struct sonde_error *find_type(struct sonde_scope *scope,
	enum sonde_type_space space, const char *name, bool *found,
	struct sonde_type *ret)
{
	return sonde_linux_types_look_up(own(scope), space, name, found, ret);
}

static struct sonde_error *find_enumerator(struct sonde_scope *scope, const char *name,
	bool *found, struct sonde_type *ret_type, uint64_t *ret)
{
	const struct sonde_types *types;
	struct sonde_error *error = sonde_linux_types_find(own(scope), &types);

	if (has_no_types(error)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	return sonde_types_find_enumerator(types, name, found, ret_type, ret);
}

/* task(PID) */
static struct sonde_error *call(struct sonde_scope *scope, const char *name,
	const struct sonde_value *arguments, size_t count, bool types_only, bool *found,
	struct sonde_value *ret)
{
	struct sonde_linux_types *types = own(scope);
	const struct sonde_types *own_types;
	uint64_t task = 0;

	if (strcmp(name, "task") != 0)
		return NULL;
	*found = true;
	if (count != 1)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "task() takes the number of a task");
	if (!types_only)
		CHECK(sonde_linux_find_task(types->kernel, arguments[0].integer, &task));
	CHECK(sonde_linux_types_find(types, &own_types));
	*ret = (struct sonde_value){.address = task, .has_address = true};
	return sonde_types_find(own_types, "struct task_struct", &ret->type);
}

static struct sonde_error *find_per_cpu(
	struct sonde_scope *scope, uint64_t address, uint64_t cpu, uint64_t *ret)
{
	return sonde_linux_per_cpu(own(scope)->kernel, address, cpu, ret);
}

/* Modules' have been read when something was not found. */
static void suggest_of_modules(
	const struct sonde_linux_modules *modules, struct sonde_closest *closest)
{
	for (size_t i = 0; modules->known && i < modules->count; i++) {
		const struct sonde_linux_module *module = &modules->list[i];

		for (uint32_t k = 0; k < module->symbol_count; k++)
			sonde_closest_offer(
				closest, module->strings + module->symbols[k].name);
	}
}

static void suggest(struct sonde_scope *scope, struct sonde_closest *closest)
{
	struct sonde_linux *kernel = own(scope)->kernel;
	uint64_t count = 0;
	struct sonde_error *error = sonde_linux_own_count(kernel, &count);

	for (uint64_t i = 0; i < count && !error; i++) {
		struct sonde_symbol symbol;

		error = sonde_linux_own_get(kernel, i, &symbol);
		if (!error)
			sonde_closest_offer(closest, symbol.name);
	}
	sonde_error_destroy(error);
	suggest_of_modules(&kernel->modules, closest);
}

const struct sonde_scope_ops sonde_linux_scope_ops = {
	.variable = find_variable,
	.type = find_type,
	.enumerator = find_enumerator,
	.call = call,
	.per_cpu = find_per_cpu,
	.suggest = suggest,
};
