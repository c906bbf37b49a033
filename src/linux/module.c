/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of modules hangs on 'modules' (kernel/module/main.c). A kernel that does not
 * name its data (arm64 without KALLSYMS_ALL) has it somewhere in its image: it is known
 * by what hangs on it, structures that are modules in all that is looked at.
 */
#include <string.h>

#include "kernel.h"
#include "list.h"
#include "log.h"
#include "module.h"
#include "module_fields.h"
#include "space_search.h"

enum {
	MODULES_MAX = 4096,
	/** All modules' symbols of a large system have a tenth of that (bytes). */
	BYTES_MAX = 256 << 20,
	/** What may be the head of a list is looked at closer, so often. */
	HEADS_MAX = 1 << 18,
	PIECE_BYTES = 64 << 10,
	/** enum module_state. */
	STATE_LIVE = 0,
	STATE_UNFORMED = 3,
};

#define PLACE(member) offsetof(struct sonde_linux_module_fields, member)

static const struct sonde_field_wish wishes[] = {
	{"struct list_head", "next", PLACE(next)},
	{"struct module", "list", PLACE(list)},
	{"struct module", "name", PLACE(name)},
	{"struct module", "state", PLACE(state)},
	{"struct module", "kallsyms", PLACE(kallsyms)},
	{"struct module", "core_kallsyms", PLACE(core_kallsyms), .optional = true},
	{"struct mod_kallsyms", "symtab", PLACE(symtab)},
	{"struct mod_kallsyms", "num_symtab", PLACE(num_symtab)},
	{"struct mod_kallsyms", "strtab", PLACE(strtab)},
	{"struct mod_kallsyms", "typetab", PLACE(typetab), .optional = true},
	{"struct module", "core_layout.base", PLACE(core_base), .optional = true},
	{"struct module", "core_layout.size", PLACE(core_size), .optional = true},
	{"struct module", "mem", PLACE(mem), .optional = true},
	{"struct module_memory", NULL, PLACE(mem_part), .optional = true},
	{"struct module_memory", "base", PLACE(mem_base), .optional = true},
	{"struct module_memory", "size", PLACE(mem_size), .optional = true},
	{"struct module", "syms", PLACE(syms), .optional = true},
	{"struct module", "num_syms", PLACE(num_syms), .optional = true},
	{"struct kernel_symbol", NULL, PLACE(export), .optional = true},
	{"struct kernel_symbol", "value_offset", PLACE(value_offset), .optional = true},
};

void sonde_linux_modules_forget(struct sonde_linux_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		free(modules->list[i].symbols);
		free(modules->list[i].strings);
	}
	free(modules->list);
	*modules = (struct sonde_linux_modules){.known = false};
}

void sonde_linux_modules_have_changed(struct sonde_linux_modules *modules)
{
	modules->unsettled = true;
}

/* --- one module ------------------------------------------------------------------- */

static bool is_name(const char *name, size_t size)
{
	size_t length = strnlen(name, size);

	return length && length < size &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-") == length;
}

/* *@p ret: whether the structure at @p address looks like a module. */
static struct sonde_error *read_name(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t address,
	struct sonde_linux_module *module, bool *ret)
{
	size_t size = sizeof(module->name), got;

	if (fields->name.bytes < size)
		size = (size_t)fields->name.bytes;
	module->address = address;
	CHECK(sonde_space_read_part(&kernel->space.space, address + fields->name.offset,
		module->name, size, &got));
	*ret = got == size && is_name(module->name, size);
	return NULL;
}

static void add_range(struct sonde_linux_module *module, uint64_t first, uint64_t bytes)
{
	if (first >> 63 && bytes && bytes - 1 <= UINT64_MAX - first &&
		module->range_count < SONDE_LINUX_MODULE_RANGES)
		module->ranges[module->range_count++] =
			(struct sonde_linux_module_range){first, bytes};
}

static struct sonde_error *read_ranges(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, struct sonde_linux_module *module)
{
	struct sonde_space *space = &kernel->space.space;
	uint64_t base, bytes, part = fields->mem_part.bytes;

	if (fields->core_base.present && fields->core_size.present) {
		CHECK(sonde_field_read(
			&fields->core_base, space, module->address, &base));
		CHECK(sonde_field_read(
			&fields->core_size, space, module->address, &bytes));
		add_range(module, base, bytes);
		return NULL;
	}
	if (!fields->mem.present || !fields->mem_base.present ||
		!fields->mem_size.present || !part)
		return NULL;
	for (uint64_t at = 0;
		at + part <= fields->mem.bytes && at / part < SONDE_LINUX_MODULE_RANGES;
		at += part) {
		uint64_t address = module->address + fields->mem.offset + at;

		CHECK(sonde_field_read(&fields->mem_base, space, address, &base));
		CHECK(sonde_field_read(&fields->mem_size, space, address, &bytes));
		add_range(module, base, bytes);
	}
	return NULL;
}

/* --- the list --------------------------------------------------------------------- */

/* Of what makes no sense one module is left out, and the others remain. */
static bool is_about_content(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_FAULT) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA) ||
	       sonde_error_is(error, SONDE_ERROR_NOT_FOUND);
}

/* It is live before what is of its beginning alone goes (do_init_module()). */
static struct sonde_error *is_settled(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t address, uint64_t state,
	bool *ret)
{
	uint64_t kallsyms;

	*ret = state == STATE_LIVE;
	if (!*ret || !fields->core_kallsyms.present)
		return NULL;
	CHECK(sonde_field_read(
		&fields->kallsyms, &kernel->space.space, address, &kallsyms));
	*ret = kallsyms == address + fields->core_kallsyms.offset;
	return NULL;
}

static struct sonde_error *read_module(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t address,
	struct sonde_linux_module *module, bool *is_module)
{
	uint64_t state;
	bool settled;

	*module = (struct sonde_linux_module){.address = address};
	CHECK(read_name(kernel, fields, address, module, is_module));
	if (!*is_module)
		return NULL;
	CHECK(sonde_field_read(&fields->state, &kernel->space.space, address, &state));
	CHECK(is_settled(kernel, fields, address, state, &settled));
	kernel->modules.unsettled |= !settled;
	if (state == STATE_UNFORMED) {
		*is_module = false;
		return NULL;
	}
	CHECK(read_ranges(kernel, fields, module));
	return sonde_linux_module_read_symbols(kernel, fields, module);
}

static struct sonde_error *add_module(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t address,
	struct sonde_linux_modules *modules)
{
	struct sonde_linux_module module;
	struct sonde_error *error;
	bool is_module = false;

	error = read_module(kernel, fields, address, &module, &is_module);
	if (!error && is_module) {
		modules->symbol_count += module.symbol_count;
		modules->bytes += module.bytes;
		modules->list[modules->count++] = module;
		return NULL;
	}
	free(module.symbols);
	free(module.strings);
	modules->unsettled |= error != NULL;
	if (error && !is_about_content(error))
		return error;
	if (error)
		sonde_log(&kernel->target.sonde->log, SONDE_LOG_INFO,
			"symbols of a module: %s", sonde_error_why(error));
	sonde_error_destroy(error);
	return NULL;
}

static bool is_known(const struct sonde_linux_modules *modules, uint64_t address)
{
	for (size_t i = 0; i < modules->count; i++)
		if (modules->list[i].address == address)
			return true;
	return false;
}

static struct sonde_error *walk(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t head,
	struct sonde_linux_modules *modules)
{
	struct sonde_linux_list list;
	uint64_t link, address;
	bool more;

	modules->list = calloc(MODULES_MAX, sizeof(*modules->list));
	if (!modules->list)
		return sonde_error_no_memory();
	sonde_linux_list_begin(&list, kernel, head, MODULES_MAX);
	for (;;) {
		CHECK(sonde_context_check_interrupt(kernel->target.sonde));
		CHECK(sonde_linux_list_next(&list, &link, &more));
		if (!more)
			break;
		address = link - fields->list.offset;
		if (!is_known(modules, address))
			CHECK(add_module(kernel, fields, address, modules));
		if (modules->bytes > BYTES_MAX)
			list.torn = "their symbols are more than any system's";
		if (list.torn)
			break;
	}
	if (list.torn)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the list of modules: %s", list.torn);
	return NULL;
}

/* --- its head --------------------------------------------------------------------- */

/* Whether the two pointers at @p head are a list of modules. */
static struct sonde_error *is_head(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t head, uint64_t next,
	uint64_t previous, bool *ret)
{
	struct sonde_space *space = &kernel->space.space;
	struct sonde_linux_module module;
	uint64_t back, symbols;

	*ret = false;
	CHECK(sonde_field_read(&fields->next, space, previous, &back));
	if (back != head)
		return NULL;
	CHECK(sonde_space_read_integer(space, next + 8, 8, &back));
	if (back != head)
		return NULL;
	CHECK(read_name(kernel, fields, next - fields->list.offset, &module, ret));
	if (!*ret)
		return NULL;
	*ret = false;
	CHECK(sonde_field_read(&fields->kallsyms, space, module.address, &symbols));
	CHECK(sonde_field_read(&fields->symtab, space, symbols, &symbols));
	*ret = symbols >> 63;
	return NULL;
}

static bool is_outside(const struct sonde_linux *kernel, uint64_t address)
{
	return address >> 63 && !(address & 7) &&
	       (address < kernel->image.first || address > kernel->image.last);
}

static uint64_t pointer_at(const uint8_t *data)
{
	uint64_t value = 0;

	for (unsigned i = 8; i > 0; i--)
		value = value << 8 | data[i - 1];
	return value;
}

/* Of @p length bytes at @p address; *@p heads is counted down. */
static struct sonde_error *search_piece(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, const uint8_t *data,
	size_t length, uint64_t address, unsigned *heads, uint64_t *ret, bool *found)
{
	for (size_t at = 0; at + 16 <= length && *heads && !*found; at += 8) {
		uint64_t next = pointer_at(data + at);
		uint64_t previous = pointer_at(data + at + 8);
		struct sonde_error *error;

		if (!is_outside(kernel, next) || !is_outside(kernel, previous))
			continue;
		--*heads;
		error = is_head(kernel, fields, address + at, next, previous, found);
		if (error && !is_about_content(error))
			return error;
		*found = *found && !error;
		sonde_error_destroy(error);
		*ret = address + at;
	}
	return NULL;
}

static struct sonde_error *search_head(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t *ret, bool *found)
{
	CLEANUP(cleanup_free) uint8_t *data = malloc(PIECE_BYTES);
	const struct sonde_linux_image *image = &kernel->image;
	uint64_t address = image->code_end & ~UINT64_C(7);
	unsigned heads = HEADS_MAX;
	size_t got;

	*found = false;
	if (!data)
		return sonde_error_no_memory();
	while (address < image->last && heads && !*found) {
		CHECK(sonde_context_check_interrupt(kernel->target.sonde));
		CHECK(sonde_space_read_part(
			&kernel->image_space.space, address, data, PIECE_BYTES, &got));
		CHECK(search_piece(
			kernel, fields, data, got, address, &heads, ret, found));
		/* A pair may lie across the end of a piece. */
		address += PIECE_BYTES - 8;
	}
	return NULL;
}

/* A search's many small reads are for this alone. */
static bool memory_is_at_hand(const struct sonde_linux *kernel)
{
	const char *means = sonde_target_memory_means(&kernel->target);

	return !strcmp(means, "mmap") || !strcmp(means, "process");
}

static struct sonde_error *find_head(struct sonde_linux *kernel,
	const struct sonde_linux_module_fields *fields, uint64_t *ret, bool *found)
{
	struct sonde_symbol symbol = {.address = 0};

	CHECK(sonde_linux_own_look_up(kernel, "modules", &symbol, found));
	*ret = symbol.address;
	if (*found || !memory_is_at_hand(kernel))
		return NULL;
	return search_head(kernel, fields, ret, found);
}

/* Whether there are none that could be found: that is seen without the kernel's types,
 * which are megabytes on a serial line. */
static struct sonde_error *are_none(struct sonde_linux *kernel, bool *ret)
{
	struct sonde_symbol symbol = {.address = 0};
	uint64_t next;
	bool found;

	CHECK(sonde_linux_own_look_up(kernel, "modules", &symbol, &found));
	*ret = !found && !memory_is_at_hand(kernel);
	if (!found)
		return NULL;
	CHECK(sonde_space_read_integer(
		&kernel->space.space, symbol.address, sizeof(next), &next));
	*ret = next == symbol.address;
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *find_fields(
	struct sonde_linux *kernel, struct sonde_linux_module_fields *ret)
{
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	return sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), ret);
}

struct sonde_error *sonde_linux_modules_head(struct sonde_linux *kernel, uint64_t *ret)
{
	struct sonde_linux_module_fields fields;
	bool found;

	CHECK(find_fields(kernel, &fields));
	CHECK(find_head(kernel, &fields, ret, &found));
	if (found)
		return NULL;
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_NOT_FOUND,
					   "the kernel does not name its list of "
					   "modules, and none was found "
					   "by its looks: there may be no modules"),
		"--symbols FILE tells where it is");
}

static struct sonde_error *read_modules(
	struct sonde_linux *kernel, struct sonde_linux_modules *modules)
{
	struct sonde_linux_module_fields fields;
	uint64_t head;
	bool found, none;

	CHECK(are_none(kernel, &none));
	if (none)
		return NULL;
	CHECK(find_fields(kernel, &fields));
	CHECK(find_head(kernel, &fields, &head, &found));
	if (!found)
		return NULL;
	CHECK(sonde_field_read(
		&fields.next, &kernel->space.space, head, &modules->first));
	modules->head = head;
	return walk(kernel, &fields, head, modules);
}

/* New ones come first in the list. */
static struct sonde_error *is_fresh(struct sonde_linux *kernel, bool *ret)
{
	const struct sonde_linux_modules *modules = &kernel->modules;
	struct sonde_error *error;
	uint64_t first = 0;

	*ret = modules->known && modules->followers && !modules->unsettled &&
	       modules->head;
	if (!*ret)
		return NULL;
	error = sonde_space_read_integer(&kernel->space.space, modules->head, 8, &first);
	*ret = !error && first == modules->first;
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_linux_modules_find(
	struct sonde_linux *kernel, const struct sonde_linux_modules **ret)
{
	struct sonde_linux_modules *modules = &kernel->modules;
	uint64_t epoch = sonde_target_base(&kernel->target)->epoch;
	unsigned followers = modules->followers;
	struct sonde_error *error;
	bool fresh;

	*ret = modules;
	if (modules->known && modules->epoch == epoch)
		return NULL;
	CHECK(is_fresh(kernel, &fresh));
	if (fresh) {
		modules->epoch = epoch;
		return NULL;
	}
	sonde_linux_modules_forget(modules);
	modules->followers = followers;
	error = read_modules(kernel, modules);
	/* A kernel without types, or one whose list is torn: what was read remains. */
	if (error && !is_about_content(error) &&
		!sonde_error_is(error, SONDE_ERROR_UNSUPPORTED))
		return error;
	if (error)
		sonde_log(&kernel->target.sonde->log, SONDE_LOG_INFO,
			"symbols of modules: %s", sonde_error_why(error));
	modules->unsettled |= error != NULL;
	sonde_error_destroy(error);
	modules->known = true;
	modules->epoch = epoch;
	return NULL;
}
