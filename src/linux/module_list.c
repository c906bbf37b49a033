/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What /proc/modules says (m_show(), kernel/module/procfs.c), without symbols, which take
 * longer. A module's memory was two parts to 6.3, code first, and is several from 6.4 on
 * (enum mod_mem_type), again code first.
 */
#include <sonde/module.h>
#include <string.h>

#include "grow.h"
#include "kernel.h"
#include "list.h"
#include "options.h"
#include "record.h"

enum {
	MODULES_MAX = 4096,
	/** Of all modules. */
	USERS_MAX = 1 << 16,
	/** Times that one is read before it is taken as it is. */
	LOOKS = 3,
	NAME_BYTES = SONDE_SYMBOL_MODULE_BYTES,
	/** Behind the copy of a structure. */
	SLACK_BYTES = 64,
	/** enum module_state. */
	STATE_LIVE = 0,
	STATE_COMING = 1,
	STATE_GOING = 2,
	STATE_UNFORMED = 3,
	/** MODULE_REF_BASE: what the kernel itself holds. */
	REFCOUNT_BASE = 1,
};

struct fields {
	struct sonde_field list, name, state, refcount, taints, source_list;
	struct sonde_field core_base, core_size, init_size, data_size, mem;
	struct sonde_field part, part_base, part_size;
	struct sonde_field use_link, use_source;
};

#define PLACE(member) offsetof(struct fields, member)

/* Those of a module, which are read as a whole. */
static const struct sonde_field_wish wishes[] = {
	{"struct module", "list", PLACE(list)},
	{"struct module", "name", PLACE(name)},
	{"struct module", "state", PLACE(state)},
	{"struct module", "refcnt.counter", PLACE(refcount), .optional = true},
	{"struct module", "taints", PLACE(taints), .optional = true},
	{"struct module", "source_list", PLACE(source_list), .optional = true},
	{"struct module", "core_layout.base", PLACE(core_base), .optional = true},
	{"struct module", "core_layout.size", PLACE(core_size), .optional = true},
	{"struct module", "init_layout.size", PLACE(init_size), .optional = true},
	{"struct module", "data_layout.size", PLACE(data_size), .optional = true},
	{"struct module", "mem", PLACE(mem), .optional = true},
};

static const struct sonde_field_wish other_wishes[] = {
	{"struct module_memory", NULL, PLACE(part), .optional = true},
	{"struct module_memory", "base", PLACE(part_base), .optional = true},
	{"struct module_memory", "size", PLACE(part_size), .optional = true},
	{"struct module_use", "source_list", PLACE(use_link), .optional = true},
	{"struct module_use", "source", PLACE(use_source), .optional = true},
};

struct entry {
	struct sonde_module module;
	char name[NAME_BYTES];
	/** Where its users begin among all. */
	size_t first_user;
};

struct sonde_modules {
	struct entry *entries;
	size_t count, room, next;
	/** Of structures; and the same as names. */
	uint64_t *users;
	const char **user_names;
	size_t user_count;
	const char *incomplete;
};

/* What is needed while they are read. */
struct reader {
	struct sonde_linux *kernel;
	struct fields fields;
	struct sonde_record record;
	uint8_t *copy;
	bool with_users;
	/** That were looked at. */
	size_t uses;
	struct sonde_modules *modules;
};

/* --- one module ------------------------------------------------------------------- */

static uint64_t part(
	const struct reader *reader, const struct sonde_field *member, uint64_t number)
{
	const struct fields *fields = &reader->fields;
	uint64_t at = fields->mem.offset + number * fields->part.bytes;

	return sonde_record_integer(member, reader->copy + at);
}

/* Of several parts the first has the code. */
static void take_parts(const struct reader *reader, struct sonde_module *module)
{
	const struct fields *fields = &reader->fields;
	uint64_t bytes = fields->part.bytes;

	if (!fields->mem.present || !bytes || !fields->part_base.present ||
		!fields->part_size.present || fields->part_base.bytes > 8 ||
		fields->part_size.bytes > 8)
		return;
	module->address =
		fields->mem.bytes >= bytes ? part(reader, &fields->part_base, 0) : 0;
	for (uint64_t i = 0; (i + 1) * bytes <= fields->mem.bytes; i++)
		module->bytes += part(reader, &fields->part_size, i);
}

static void take_memory(const struct reader *reader, struct sonde_module *module)
{
	const struct fields *fields = &reader->fields;
	const void *copy = reader->copy;

	take_parts(reader, module);
	if (!fields->core_base.present)
		return;
	module->address = sonde_record_integer(&fields->core_base, copy);
	module->bytes = sonde_record_integer(&fields->core_size, copy) +
			sonde_record_integer(&fields->init_size, copy) +
			sonde_record_integer(&fields->data_size, copy);
}

static enum sonde_module_state state_of(uint64_t state)
{
	switch (state) {
	case STATE_LIVE:
		return SONDE_MODULE_LIVE;
	case STATE_COMING:
		return SONDE_MODULE_LOADING;
	case STATE_GOING:
		return SONDE_MODULE_UNLOADING;
	default:
		return SONDE_MODULE_UNKNOWN;
	}
}

static void take(const struct reader *reader, struct entry *entry)
{
	const struct fields *fields = &reader->fields;
	struct sonde_module *module = &entry->module;

	sonde_record_text(&fields->name, reader->copy, entry->name, sizeof(entry->name));
	take_memory(reader, module);
	module->refcount = -1;
	if (fields->refcount.present)
		module->refcount =
			(int64_t)sonde_record_integer(&fields->refcount, reader->copy) -
			REFCOUNT_BASE;
	module->state = state_of(sonde_record_integer(&fields->state, reader->copy));
	module->taints = sonde_record_integer(&fields->taints, reader->copy);
}

/* A structure that has become something else says so in its links, state and name. */
static bool is_sane(const struct reader *reader)
{
	const struct fields *fields = &reader->fields;
	const uint8_t *links = reader->copy + fields->list.offset;

	return links[7] >> 7 && links[15] >> 7 && reader->copy[fields->name.offset] &&
	       sonde_record_integer(&fields->state, reader->copy) <= STATE_UNFORMED;
}

static struct sonde_error *read_module(
	struct reader *reader, uint64_t address, bool *sane)
{
	*sane = false;
	for (unsigned i = 0; i < LOOKS && !*sane; i++) {
		CHECK(sonde_record_read(&reader->record, &reader->kernel->space.space,
			address, reader->copy));
		*sane = is_sane(reader);
	}
	return NULL;
}

/* --- who uses it ------------------------------------------------------------------ */

static struct sonde_error *add_user(struct reader *reader, uint64_t user)
{
	struct sonde_modules *modules = reader->modules;

	/* Room is made in powers of two. */
	if (!(modules->user_count & (modules->user_count - 1))) {
		size_t room = modules->user_count ? 2 * modules->user_count : 1;
		uint64_t *users = realloc(modules->users, room * sizeof(*users));

		if (!users)
			return sonde_error_no_memory();
		modules->users = users;
	}
	modules->users[modules->user_count++] = user;
	return NULL;
}

static bool has_user(const struct sonde_modules *modules, size_t from, uint64_t user)
{
	for (size_t i = from; i < modules->user_count; i++)
		if (modules->users[i] == user)
			return true;
	return false;
}

static struct sonde_error *read_users(struct reader *reader, struct entry *entry)
{
	const struct fields *fields = &reader->fields;
	struct sonde_modules *modules = reader->modules;
	struct sonde_linux_list list;
	bool more;

	entry->first_user = modules->user_count;
	if (!reader->with_users || !fields->source_list.present ||
		!fields->use_link.present || !fields->use_source.present)
		return NULL;
	sonde_linux_list_begin(&list, reader->kernel,
		entry->module.structure + fields->source_list.offset, MODULES_MAX);
	for (;;) {
		uint64_t link, user;

		CHECK(sonde_linux_list_next(&list, &link, &more));
		if (!more)
			break;
		CHECK(sonde_field_read(&fields->use_source, &reader->kernel->space.space,
			link - fields->use_link.offset, &user));
		if (reader->uses++ == USERS_MAX) {
			modules->incomplete =
				"more modules use others than in any system";
			break;
		}
		if (!has_user(modules, entry->first_user, user))
			CHECK(add_user(reader, user));
	}
	entry->module.torn |= list.torn != NULL;
	entry->module.user_count = modules->user_count - entry->first_user;
	return NULL;
}

/* --- all of them ------------------------------------------------------------------ */

static bool is_known(const struct sonde_modules *modules, uint64_t address)
{
	for (size_t i = 0; i < modules->count; i++)
		if (modules->entries[i].module.structure == address)
			return true;
	return false;
}

static struct sonde_error *add_module(struct reader *reader, uint64_t address)
{
	struct sonde_modules *modules = reader->modules;
	struct entry *entry;
	bool sane;

	CHECK(SONDE_GROW(&modules->entries, modules->count, &modules->room));
	entry = &modules->entries[modules->count];
	CHECK(read_module(reader, address, &sane));
	if (sonde_record_integer(&reader->fields.state, reader->copy) == STATE_UNFORMED)
		return NULL;
	*entry = (struct entry){.module.structure = address, .module.torn = !sane};
	take(reader, entry);
	CHECK(read_users(reader, entry));
	modules->count++;
	return NULL;
}

/* One that cannot be read is left out. */
static struct sonde_error *try_module(struct reader *reader, uint64_t address)
{
	struct sonde_error *error;

	if (is_known(reader->modules, address))
		return NULL;
	error = add_module(reader, address);
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	reader->modules->incomplete = "one of them lies where nothing can be read";
	return NULL;
}

static struct sonde_error *walk(struct reader *reader, uint64_t head)
{
	struct sonde_linux_list list;
	uint64_t link;
	bool more;

	sonde_linux_list_begin(&list, reader->kernel, head, MODULES_MAX);
	for (;;) {
		CHECK(sonde_linux_list_next(&list, &link, &more));
		if (!more)
			break;
		CHECK(try_module(reader, link - reader->fields.list.offset));
	}
	if (list.torn)
		reader->modules->incomplete = list.torn;
	return NULL;
}

static struct sonde_error *prepare(struct reader *reader)
{
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&reader->kernel->types, &types));
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &reader->fields));
	CHECK(sonde_fields_resolve(
		types, other_wishes, ARRAY_SIZE(other_wishes), &reader->fields));
	CHECK(sonde_record_plan(wishes, ARRAY_SIZE(wishes), &reader->fields,
		sonde_linux_record_gap(reader->kernel), &reader->record));
	/* Types may claim that a member is smaller than what is looked at. */
	reader->copy = calloc(1, reader->record.bytes + SLACK_BYTES);
	return reader->copy ? NULL : sonde_error_no_memory();
}

/* Those that are on the list have names. */
static struct sonde_error *name_users(struct sonde_modules *modules)
{
	modules->user_names =
		calloc(modules->user_count + 1, sizeof(*modules->user_names));
	if (!modules->user_names)
		return sonde_error_no_memory();
	for (size_t i = 0; i < modules->count; i++) {
		struct entry *entry = &modules->entries[i];
		const char **names = modules->user_names + entry->first_user;
		size_t named = 0;

		for (size_t k = 0; k < entry->module.user_count; k++) {
			uint64_t user = modules->users[entry->first_user + k];

			for (size_t m = 0; m < modules->count; m++)
				if (modules->entries[m].module.structure == user)
					names[named++] = modules->entries[m].name;
		}
		entry->module.name = entry->name;
		entry->module.users = names;
		entry->module.user_count = named;
	}
	return NULL;
}

static struct sonde_error *read_all(struct reader *reader)
{
	uint64_t head;

	CHECK(prepare(reader));
	CHECK(sonde_linux_modules_head(reader->kernel, &head));
	CHECK(walk(reader, head));
	return name_users(reader->modules);
}

static struct sonde_error *open_modules(struct sonde_linux *kernel,
	const struct sonde_modules_options *options, struct sonde_modules **ret)
{
	struct reader reader = {.kernel = kernel, .with_users = options->users};
	struct sonde_error *error;

	reader.modules = calloc(1, sizeof(*reader.modules));
	if (!reader.modules)
		return sonde_error_no_memory();
	error = read_all(&reader);
	free(reader.copy);
	if (error) {
		sonde_modules_close(reader.modules);
		return error;
	}
	*ret = reader.modules;
	return NULL;
}

struct sonde_error *sonde_modules_open(struct sonde_target *target,
	const struct sonde_modules_options *options, struct sonde_modules **ret)
{
	struct sonde_modules_options given = {.size = sizeof(given)};

	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	CHECK(sonde_kernel_find(target));
	return sonde_error_while(open_modules(sonde_linux_below(target), &given, ret),
		"reading the modules of %s", sonde_target_name(target));
}

const struct sonde_module *sonde_modules_next(struct sonde_modules *modules)
{
	return modules->next < modules->count ? &modules->entries[modules->next++].module
					      : NULL;
}

const char *sonde_modules_incomplete(const struct sonde_modules *modules)
{
	return modules->incomplete;
}

void sonde_modules_close(struct sonde_modules *modules)
{
	if (!modules)
		return;
	free(modules->entries);
	free(modules->users);
	free(modules->user_names);
	free(modules);
}

/* --- words ------------------------------------------------------------------------ */

const char *sonde_module_state_name(enum sonde_module_state state)
{
	static const char *const names[] = {
		[SONDE_MODULE_LIVE] = "Live",
		[SONDE_MODULE_LOADING] = "Loading",
		[SONDE_MODULE_UNLOADING] = "Unloading",
	};

	return (size_t)state < ARRAY_SIZE(names) ? names[state] : NULL;
}

/* Documentation/admin-guide/tainted-kernels.rst, from bit 0 on. */
static const char taint_letters[] = "PFSRMBUDAWCIOELKXTNJ";

void sonde_module_taint_letters(uint64_t taints, char *ret, size_t bytes)
{
	size_t length = 0;

	for (size_t i = 0; i < sizeof(taint_letters) - 1; i++)
		if (taints >> i & 1 && length + 1 < bytes)
			ret[length++] = taint_letters[i];
	if (bytes)
		ret[length] = '\0';
}
