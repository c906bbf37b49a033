/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "typed.h"

enum {
	/** Structures within structures. */
	DEPTH_MAX = 16,
	/** Of one array. */
	ELEMENTS_MAX = 4096,
	/** Of all structures and arrays together. */
	PARTS_MAX = 20000,
	TEXT_MAX = 4096,
};

void cli_print_lines(const char *text)
{
	while (*text) {
		size_t tabs = strspn(text, "\t"), length = strcspn(text, "\n");
		char *line = cli_escape(text + tabs, length - tabs, false);

		printf("%.*s%s\n", (int)tabs, text, line ?: "");
		free(line);
		text += length;
		text += *text == '\n';
	}
}

void cli_name_address(void *context, uint64_t address, char *ret, size_t bytes)
{
	struct sonde_symbol symbol;
	struct sonde_error *error = sonde_symbol_at(context, address, &symbol);

	if (error) {
		sonde_error_destroy(error);
		return;
	}
	if (address == symbol.address)
		snprintf(ret, bytes, "%s", symbol.name);
	else
		snprintf(ret, bytes, "%s+0x%" PRIx64, symbol.name,
			address - symbol.address);
}

char *cli_type_name(struct sonde_type type)
{
	char *name;
	struct sonde_error *error = sonde_type_name(type, &name);

	if (!error)
		return name;
	sonde_error_destroy(error);
	return strdup("?");
}

struct maker {
	unsigned depth_max;
	unsigned parts;
};

static struct json_object *make(
	struct maker *maker, const struct sonde_value *value, unsigned depth);

static struct json_object *make_string(const char *text)
{
	char *escaped = cli_escape(text, strlen(text), true);
	struct json_object *string = json_object_new_string(escaped ?: "");

	free(escaped);
	return string;
}

static struct json_object *make_address(uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return json_object_new_string(text);
}

static struct json_object *make_integer(const struct sonde_value *value)
{
	return value->is_signed ? json_object_new_int64((int64_t)value->integer)
				: json_object_new_uint64(value->integer);
}

static struct json_object *make_enumeration(const struct sonde_value *value)
{
	const char *name = NULL;
	struct sonde_error *error = sonde_value_enumerator(value, &name);

	sonde_error_destroy(error);
	return !error && name ? make_string(name) : make_integer(value);
}

/* Whether it is an array of char: its text. */
static struct json_object *make_text(
	const struct sonde_value *value, struct sonde_type type, bool *is_text)
{
	struct sonde_type element;
	struct sonde_error *error = sonde_type_target(type, &element);
	struct json_object *string;
	char *text;

	if (!error)
		error = sonde_type_resolve(element, &element);
	*is_text = !error && !strcmp(sonde_type_tag(element), "char");
	if (!error && *is_text)
		error = sonde_value_string(value, TEXT_MAX, &text);
	if (error || !*is_text) {
		sonde_error_destroy(error);
		return NULL;
	}
	string = make_string(text);
	free(text);
	return string;
}

static struct json_object *make_part(struct maker *maker, const struct sonde_value *whole,
	uint64_t index, unsigned depth)
{
	struct sonde_value part;
	struct sonde_error *error = sonde_value_part(whole, index, &part);

	if (!error)
		return make(maker, &part, depth);
	sonde_error_destroy(error);
	return NULL;
}

static struct json_object *make_array(struct maker *maker,
	const struct sonde_value *value, struct sonde_type type, unsigned depth)
{
	uint64_t count = sonde_type_count(type);
	struct json_object *array;
	bool is_text = false;
	struct json_object *text = make_text(value, type, &is_text);

	if (is_text)
		return text;
	array = json_object_new_array();
	for (uint64_t i = 0; i < count && i < ELEMENTS_MAX; i++) {
		if (++maker->parts > PARTS_MAX)
			break;
		json_object_array_add(array, make_part(maker, value, i, depth));
	}
	return array;
}

/* Puts the members into @p object; those of anonymous ones stand among them. */
static void add_members(struct maker *maker, struct json_object *object,
	const struct sonde_value *value, unsigned depth, unsigned nesting)
{
	struct sonde_type type;
	struct sonde_error *error = sonde_type_resolve(value->type, &type);
	uint64_t count = error ? 0 : sonde_type_count(type);

	sonde_error_destroy(error);
	for (uint64_t i = 0; i < count && ++maker->parts <= PARTS_MAX; i++) {
		struct sonde_type_member member;
		struct sonde_value part;

		error = sonde_type_member(type, i, &member);
		if (error) {
			sonde_error_destroy(error);
			continue;
		}
		if (*member.name) {
			char *name = cli_escape(member.name, strlen(member.name), true);

			json_object_object_add(
				object, name ?: "", make_part(maker, value, i, depth));
			free(name);
			continue;
		}
		error = sonde_value_part(value, i, &part);
		if (!error && sonde_value_is_compound(&part) && nesting < DEPTH_MAX)
			add_members(maker, object, &part, depth, nesting + 1);
		sonde_error_destroy(error);
	}
}

static struct json_object *make_struct(
	struct maker *maker, const struct sonde_value *value, unsigned depth)
{
	struct json_object *object;

	if (depth > maker->depth_max || depth > DEPTH_MAX)
		return NULL;
	object = json_object_new_object();
	add_members(maker, object, value, depth + 1, 0);
	return object;
}

static struct json_object *make(
	struct maker *maker, const struct sonde_value *value, unsigned depth)
{
	struct sonde_type type;
	struct sonde_error *error = sonde_type_resolve(value->type, &type);

	if (error) {
		sonde_error_destroy(error);
		return NULL;
	}
	switch (sonde_type_kind(type)) {
	case SONDE_TYPE_BOOL:
		return value->integer > 1 ? make_integer(value)
					  : json_object_new_boolean(value->integer != 0);
	case SONDE_TYPE_INTEGER:
		/* Of 16 bytes: it was not read. */
		return value->bytes > 8 ? NULL : make_integer(value);
	case SONDE_TYPE_ENUM:
		return make_enumeration(value);
	case SONDE_TYPE_ARRAY:
		return make_array(maker, value, type, depth);
	case SONDE_TYPE_STRUCT:
	case SONDE_TYPE_UNION:
		return make_struct(maker, value, depth);
	case SONDE_TYPE_FLOAT:
	case SONDE_TYPE_VOID:
	case SONDE_TYPE_INCOMPLETE:
		return NULL;
	default:
		return make_address(value->integer);
	}
}

struct json_object *cli_value_json(const struct sonde_value *value, unsigned depth)
{
	struct maker maker = {.depth_max = depth};

	return make(&maker, value, 0);
}
