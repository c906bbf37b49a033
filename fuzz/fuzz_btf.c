/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as BTF; what is behind the end that their header claims is a module's
 * BTF on top of it. Every type is asked for all that there is to ask, and names are
 * looked up that are there, that nearly are, and that are not.
 */
#include <stdlib.h>
#include <string.h>

#include "btf.h"
#include "type_facet.h"
#include "type_fields.h"

enum {
	/** Later ones are no different. */
	TYPES_MAX = 300,
	PARTS_MAX = 30,
};

/* There is no target here. */
struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	(void)target;
	(void)ret;
	abort();
}

struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	(void)target;
	(void)ret;
	abort();
}

struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)space;

	memcpy(buffer, bytes + address, length);
	return NULL;
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	(void)space;
	(void)address;
	(void)data;
	(void)length;
	return NULL;
}

static void forget(struct sonde_error *error)
{
	if (error && !*sonde_error_why(error))
		abort();
	sonde_error_destroy(error);
}

static void ask_parts(struct sonde_type type)
{
	uint64_t count = sonde_type_count(type);

	for (uint64_t i = 0; i < count && i < PARTS_MAX; i++) {
		struct sonde_type_member member = {.name = ""}, again;
		struct sonde_type_enumerator enumerator;
		struct sonde_type_parameter parameter;

		forget(sonde_type_enumerator(type, i, &enumerator));
		forget(sonde_type_parameter(type, i, &parameter));
		forget(sonde_type_member(type, i, &member));
		if (*member.name)
			forget(sonde_type_find_member(type, member.name, &again));
	}
}

static void ask(const struct sonde_types *types, struct sonde_type type)
{
	struct sonde_type_member member;
	struct sonde_type other;
	char name[40], *text;
	uint64_t bytes;

	sonde_type_declare(type, "x", name, sizeof(name));
	if (strlen(name) >= sizeof(name))
		abort();
	forget(sonde_type_bytes(type, &bytes));
	forget(sonde_type_resolve(type, &other));
	forget(sonde_type_target(type, &other));
	sonde_type_is_signed(type);
	sonde_type_same(type, type);
	ask_parts(type);
	forget(sonde_type_find_member(type, "a.b|c|next", &member));
	if (!sonde_type_name(type, &text)) {
		forget(sonde_types_find(types, text, &other));
		free(text);
	}
}

static void ask_all(const struct sonde_types *types)
{
	struct sonde_type type;
	uint64_t value;
	bool found;

	for (uint32_t id = 0; id < types->count && id < TYPES_MAX; id++) {
		if (sonde_type_make(types, id, &type))
			abort();
		ask(types, type);
		if (id < 20) {
			char *text = NULL;

			forget(sonde_type_format(type, id % 3, &text));
			free(text);
		}
	}
	forget(sonde_types_find(types, "struct task_strct", &type));
	forget(sonde_types_find_enumerator(types, "a", &found, &type, &value));
	forget(sonde_types_look_up(
		types, SONDE_TYPE_FUNCTIONS, "main", 4, &found, &type));
	forget(sonde_types_look_up(
		types, SONDE_TYPE_VARIABLES, "runqueues", 9, &found, &type));
}

static void resolve(const struct sonde_types *types)
{
	static const struct sonde_field_wish wishes[] = {
		{"struct list_head", "next", 0},
		{"struct task_struct|struct task", "pid|tgid", 0, .optional = true},
	};
	uint8_t bytes[16] = {0x81, 0xff};
	struct sonde_field field;
	uint64_t value;

	struct sonde_error *error =
		sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &field);
	if (!error && field.present) {
		field.offset = 0;
		forget(sonde_field_read(&field, (struct sonde_space *)bytes, 0, &value));
	}
	forget(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_types *types = NULL, *module = NULL;
	struct sonde_error *error;
	size_t bytes;

	error = sonde_btf_create(data, size, NULL, size % 2 ? 4 : 8, &types);
	if ((error == NULL) != (types != NULL))
		abort();
	forget(error);
	if (!types)
		return 0;
	ask_all(types);
	resolve(types);
	if (!sonde_btf_size(data, &bytes) && bytes < size)
		forget(sonde_btf_create(data + bytes, size - bytes, types, 8, &module));
	if (module)
		ask_all(module);
	sonde_types_destroy(module);
	sonde_types_destroy(types);
	return 0;
}
