/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BTF is where __start_BTF says; a kernel without that symbol (arm64 without
 * KALLSYMS_ALL) has its header somewhere behind the code; one without BTF may have a file
 * that goes with it, with BTF or with DWARF. That of modules hangs on the list
 * btf_modules (kernel/bpf/btf.c), whatever is called 'struct btf_module'.
 */
#include <string.h>

#include "btf.h"
#include "cache.h"
#include "debug_info.h"
#include "kernel.h"
#include "log.h"
#include "space_search.h"
#include "type_fields.h"
#include "types.h"

enum {
	MODULES_MAX = 1024,
	/** Headers that are no BTF after all. */
	CANDIDATES_MAX = 16,
};

struct sonde_linux_module_types {
	struct sonde_linux_module_types *next;
	struct sonde_types *types;
};

struct sonde_linux_old_types {
	struct sonde_linux_old_types *next;
	struct sonde_types *types;
	struct sonde_dwarf *dwarf;
	struct sonde_linux_module_types *modules;
};

static void destroy_modules(struct sonde_linux_module_types *modules)
{
	while (modules) {
		struct sonde_linux_module_types *module = modules;

		modules = module->next;
		sonde_types_destroy(module->types);
		free(module);
	}
}

void sonde_linux_types_init(struct sonde_linux_types *types, struct sonde_linux *kernel)
{
	*types = (struct sonde_linux_types){
		.scope = {.ops = &sonde_linux_scope_ops, .level = "kernel"},
		.kernel = kernel,
	};
}

void sonde_linux_types_deinit(struct sonde_linux_types *types)
{
	sonde_linux_types_forget(types);
	while (types->old) {
		struct sonde_linux_old_types *old = types->old;

		types->old = old->next;
		destroy_modules(old->modules);
		sonde_types_destroy(old->types);
		sonde_dwarf_destroy(old->dwarf);
		free(old);
	}
}

/* Without memory for that, they are kept where nobody finds them. */
void sonde_linux_types_forget(struct sonde_linux_types *types)
{
	struct sonde_linux_old_types *old;

	if (types->types || types->dwarf) {
		old = calloc(1, sizeof(*old));
		if (old) {
			old->types = types->types;
			old->dwarf = types->dwarf;
			old->modules = types->modules;
			old->next = types->old;
			types->old = old;
		}
	}
	types->types = NULL;
	types->dwarf = NULL;
	types->scope.types = NULL;
	types->is_dwarf = false;
	types->modules = NULL;
	types->modules_asked = false;
	types->init_task = 0;
	types->task.types = types->task_pid.types = types->task_comm.types = NULL;
}

/* --- the kernel's own ------------------------------------------------------------- */

static unsigned pointer_bytes(const struct sonde_linux *kernel)
{
	return sonde_target_address_bits(&kernel->target) > 32 ? 8 : 4;
}

static struct sonde_error *read_at(struct sonde_linux_types *types, uint64_t address)
{
	struct sonde_linux *kernel = types->kernel;
	size_t room = SONDE_BTF_BYTES_MAX;

	return sonde_btf_read(&kernel->image_space.space, address, NULL,
		pointer_bytes(kernel), &room, &types->types);
}

/* Of what only looks like a header, the next may be one. */
static bool is_none(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_BAD_DATA) ||
	       sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) ||
	       sonde_error_is(error, SONDE_ERROR_FAULT);
}

static struct sonde_error *try_at(struct sonde_linux_types *types, uint64_t address)
{
	struct sonde_error *error = read_at(types, address);

	if (!is_none(error))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *search(struct sonde_linux_types *types, uint8_t header_bytes)
{
	const uint8_t header[12] = {0x9f, 0xeb, 1, 0, header_bytes};
	struct sonde_linux *kernel = types->kernel;
	uint64_t address = kernel->image.code_end;

	for (unsigned i = 0; i < CANDIDATES_MAX && !types->types; i++) {
		bool found;

		CHECK(sonde_space_search(&kernel->image_space.space, address,
			kernel->image.last, header, sizeof(header), &address, &found));
		if (!found)
			return NULL;
		CHECK(try_at(types, address));
		if (types->types)
			kernel->places.types = address - kernel->image.first;
		address += sizeof(header);
	}
	return NULL;
}

static struct sonde_error *load_from_memory(struct sonde_linux_types *types)
{
	static const uint8_t header_bytes[] = {24, 32};
	struct sonde_linux *kernel = types->kernel;
	struct sonde_symbol symbol;
	bool found = false;

	CHECK(sonde_linux_own_in_memory(kernel, "__start_BTF", &symbol, &found));
	if (found)
		return sonde_error_while(
			read_at(types, symbol.address), "reading the kernel's types");
	if (sonde_linux_place(kernel, kernel->places.types))
		CHECK(try_at(types, sonde_linux_place(kernel, kernel->places.types)));
	for (size_t i = 0; i < ARRAY_SIZE(header_bytes) && !types->types; i++)
		CHECK(search(types, header_bytes[i]));
	return types->types ? sonde_linux_cache_store(kernel) : NULL;
}

static struct sonde_error *load_from_file(struct sonde_linux_types *types)
{
	struct sonde_linux *kernel = types->kernel;
	struct sonde_symbol_file *file;
	struct sonde_dwarf *dwarf;

	CHECK(sonde_linux_symbol_file_find(kernel, true, &file));
	if (!file)
		return NULL;
	CHECK(sonde_symbol_file_types(file, pointer_bytes(kernel), &types->types));
	return types->types ? NULL : sonde_linux_dwarf_find(kernel, &dwarf);
}

/* BTF, and DWARF only where there is none; NULL: neither was read. */
static const struct sonde_types *own_types(const struct sonde_linux_types *types)
{
	return types->types || !types->dwarf ? types->types
					     : sonde_dwarf_types(types->dwarf);
}

static struct sonde_error *load(struct sonde_linux_types *types)
{
	struct sonde_error *error = load_from_memory(types), *other;

	if (types->types || (error && !is_none(error)))
		return error;
	other = load_from_file(types);
	if (!own_types(types))
		return sonde_error_first(error, other);
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_linux_types_find(
	struct sonde_linux_types *types, const struct sonde_types **ret)
{
	CHECK(sonde_linux_find(types->kernel));
	if (!types->types && !types->is_dwarf)
		CHECK(load(types));
	if (!own_types(types))
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"the kernel has no types in its memory"),
			"one that is built with CONFIG_DEBUG_INFO_BTF has; "
			"--symbols FILE takes them from its vmlinux, if that has .BTF or "
			"DWARF");
	types->is_dwarf = !types->types;
	types->scope.types = own_types(types);
	*ret = types->scope.types;
	return NULL;
}

/* --- those of modules ------------------------------------------------------------- */

struct module_fields {
	struct sonde_field next, list, btf, data, data_size;
};

static const struct sonde_field_wish wishes[] = {
	{"struct list_head", "next", offsetof(struct module_fields, next)},
	{"struct btf_module", "list", offsetof(struct module_fields, list)},
	{"struct btf_module", "btf", offsetof(struct module_fields, btf)},
	{"struct btf", "data", offsetof(struct module_fields, data)},
	{"struct btf", "data_size", offsetof(struct module_fields, data_size)},
};

static struct sonde_error *add_module(
	struct sonde_linux_types *types, uint64_t data, size_t *room)
{
	struct sonde_linux_module_types *module = calloc(1, sizeof(*module));
	struct sonde_linux *kernel = types->kernel;
	struct sonde_error *error;

	if (!module)
		return sonde_error_no_memory();
	error = sonde_btf_read(&kernel->space.space, data, types->types,
		pointer_bytes(kernel), room, &module->types);
	if (error) {
		free(module);
		return error;
	}
	module->next = types->modules;
	types->modules = module;
	return NULL;
}

static struct sonde_error *walk_modules(struct sonde_linux_types *types,
	const struct module_fields *fields, uint64_t head)
{
	struct sonde_space *space = &types->kernel->space.space;
	/* Of all modules together. */
	size_t room = SONDE_BTF_BYTES_MAX;
	uint64_t link, btf, data;

	CHECK(sonde_field_read(&fields->next, space, head, &link));
	for (unsigned i = 0; link != head; i++) {
		struct sonde_error *error;

		if (i == MODULES_MAX)
			return sonde_error_create(SONDE_ERROR_BAD_DATA,
				"the list of modules' types has no end");
		CHECK(sonde_field_read(
			&fields->btf, space, link - fields->list.offset, &btf));
		CHECK(sonde_field_read(&fields->data, space, btf, &data));
		error = add_module(types, data, &room);
		if (error && !is_none(error))
			return error;
		if (error)
			sonde_log(&types->kernel->target.sonde->log, SONDE_LOG_INFO,
				"types of a module: %s", sonde_error_why(error));
		sonde_error_destroy(error);
		CHECK(sonde_field_read(&fields->next, space, link, &link));
	}
	return NULL;
}

/* What is not there is no error: the kernel's own types are. */
static struct sonde_error *load_modules(struct sonde_linux_types *types)
{
	struct sonde_linux *kernel = types->kernel;
	struct module_fields fields;
	struct sonde_symbol symbol;
	struct sonde_error *error;
	bool found = false;

	types->modules_asked = true;
	CHECK(sonde_linux_own_look_up(kernel, "btf_modules", &symbol, &found));
	if (!found)
		return NULL;
	error = sonde_fields_resolve(types->types, wishes, ARRAY_SIZE(wishes), &fields);
	if (!error)
		error = walk_modules(types, &fields, symbol.address);
	if (error && (is_none(error) || sonde_error_is(error, SONDE_ERROR_NOT_FOUND))) {
		sonde_log(&kernel->target.sonde->log, SONDE_LOG_INFO,
			"types of modules: %s", sonde_error_why(error));
		sonde_error_destroy(error);
		return NULL;
	}
	return error;
}

struct sonde_error *sonde_linux_types_look_up(struct sonde_linux_types *types,
	enum sonde_type_space space, const char *name, bool *found,
	struct sonde_type *ret)
{
	const struct sonde_types *own;
	size_t length = strlen(name);

	CHECK(sonde_linux_types_find(types, &own));
	CHECK(sonde_types_look_up(own, space, name, length, found, ret));
	if (*found)
		return NULL;
	if (!types->modules_asked && !types->is_dwarf)
		CHECK(load_modules(types));
	for (struct sonde_linux_module_types *module = types->modules; module && !*found;
		module = module->next) {
		/* The kernel's own were asked. */
		CHECK(sonde_types_look_up(
			module->types, space, name, length, found, ret));
	}
	return NULL;
}

/* --- the facet -------------------------------------------------------------------- */

static struct sonde_error *find_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	return sonde_linux_types_find(&sonde_linux_of(target)->types, ret);
}

/* The kernel is not looked for before a name is. */
static struct sonde_error *find_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	*ret = &sonde_linux_of(target)->types.scope;
	return NULL;
}

const struct sonde_type_facet sonde_linux_type_facet = {
	.types = find_types,
	.scope = find_scope,
};
