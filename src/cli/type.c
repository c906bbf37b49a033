/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "options.h"
#include "report.h"
#include "table.h"
#include "typed.h"

static const struct cli_column columns[] = {
	{"name"}, {"kind"}, {"bytes"}, {"members"}, {NULL}};

/* "type struct page" needs no quotes. The caller frees. */
static char *join(const struct cli_arguments *arguments)
{
	size_t size = 1;
	char *text;

	for (size_t i = 0; i < arguments->operand_count; i++)
		size += strlen(arguments->operands[i]) + 1;
	text = calloc(1, size);
	for (size_t i = 0; text && i < arguments->operand_count; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, arguments->operands[i]);
	}
	return text;
}

/* A bare tag will do, where no type has that name. */
static struct sonde_error *find(
	struct sonde_target *target, const char *name, struct sonde_type *ret)
{
	static const char *const words[] = {"struct", "union", "enum"};
	struct sonde_error *error = sonde_target_find_type(target, name, ret);

	for (size_t i = 0; i < ARRAY_SIZE(words) && error &&
			   sonde_error_kind(error) == SONDE_ERROR_NOT_FOUND;
		i++) {
		struct sonde_error *other;
		char *text;

		if (asprintf(&text, "%s %s", words[i], name) < 0)
			return error;
		other = sonde_target_find_type(target, text, ret);
		free(text);
		if (!other) {
			sonde_error_destroy(error);
			return NULL;
		}
		sonde_error_destroy(other);
	}
	return error;
}

static void add_text(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static void add_type(struct json_object *object, struct sonde_type type)
{
	char *name = cli_type_name(type);
	uint64_t bytes = 0;
	struct sonde_error *error = sonde_type_bytes(type, &bytes);

	add_text(object, "type", name ?: "?");
	json_object_object_add(
		object, "bytes", error ? NULL : json_object_new_uint64(bytes));
	sonde_error_destroy(error);
	free(name);
}

static struct sonde_error *member_json(
	struct sonde_type type, uint64_t index, struct json_object *object)
{
	struct sonde_type_member member;
	struct sonde_error *error = sonde_type_member(type, index, &member);

	if (error)
		return error;
	if (*member.name)
		add_text(object, "name", member.name);
	else
		json_object_object_add(object, "name", NULL);
	add_type(object, member.type);
	json_object_object_add(
		object, "offset", json_object_new_uint64(member.bit_offset / 8));
	json_object_object_add(object, "bit_offset",
		member.bit_size ? json_object_new_uint64(member.bit_offset % 8) : NULL);
	json_object_object_add(object, "bits",
		member.bit_size ? json_object_new_uint64(member.bit_size) : NULL);
	return NULL;
}

static struct sonde_error *enumerator_json(
	struct sonde_type type, uint64_t index, struct json_object *object)
{
	struct sonde_type_enumerator enumerator;
	struct sonde_error *error = sonde_type_enumerator(type, index, &enumerator);

	if (error)
		return error;
	add_text(object, "name", enumerator.name);
	json_object_object_add(object, "value",
		sonde_type_is_signed(type)
			? json_object_new_int64((int64_t)enumerator.value)
			: json_object_new_uint64(enumerator.value));
	return NULL;
}

static struct sonde_error *parameter_json(
	struct sonde_type type, uint64_t index, struct json_object *object)
{
	struct sonde_type_parameter parameter;
	struct sonde_error *error = sonde_type_parameter(type, index, &parameter);

	if (error)
		return error;
	if (*parameter.name)
		add_text(object, "name", parameter.name);
	else
		json_object_object_add(object, "name", NULL);
	add_type(object, parameter.type);
	return NULL;
}

/* Of what a typedef stands for, too. NULL: it has none. */
static struct sonde_error *members_json(struct sonde_type type, struct json_object **ret)
{
	struct sonde_error *(*add)(struct sonde_type, uint64_t, struct json_object *) =
		NULL;
	struct json_object *members = NULL;
	struct sonde_error *error = sonde_type_resolve(type, &type);
	enum sonde_type_kind kind = sonde_type_kind(type);

	if (!error && (kind == SONDE_TYPE_STRUCT || kind == SONDE_TYPE_UNION))
		add = member_json;
	else if (!error && kind == SONDE_TYPE_ENUM)
		add = enumerator_json;
	else if (!error && kind == SONDE_TYPE_FUNCTION)
		add = parameter_json;
	if (add)
		members = json_object_new_array();
	for (uint64_t i = 0; add && !error && i < sonde_type_count(type); i++) {
		struct json_object *object = json_object_new_object();

		error = add(type, i, object);
		json_object_array_add(members, object);
	}
	if (error)
		json_object_put(members);
	else
		*ret = members;
	return error;
}

static int show_json(struct cli *cli, struct sonde_type type)
{
	struct json_object *members = NULL;
	struct cli_output output;
	struct sonde_error *error;
	uint64_t bytes = 0;
	char *name;

	CLI_TRY(cli, members_json(type, &members));
	name = cli_type_name(type);
	cli_output_begin(&output, cli, CLI_LIST, columns);
	cli_put_guest_text(&output, name);
	cli_put_text(&output, sonde_type_kind_name(sonde_type_kind(type)));
	error = sonde_type_bytes(type, &bytes);
	if (error)
		cli_put_null(&output);
	else
		cli_put_integer(&output, bytes);
	sonde_error_destroy(error);
	cli_put_json(&output, members, NULL);
	cli_output_row(&output);
	free(name);
	return cli_output_end(&output);
}

static int show_text(struct cli *cli, struct sonde_type type, unsigned depth)
{
	char *text;

	CLI_TRY(cli, sonde_type_format(type, depth, &text));
	cli_print_lines(text);
	free(text);
	return cli_output_status(cli);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	uint64_t depth = 0;
	struct sonde_type type;
	struct sonde_error *error;
	int status = cli_need_kernel(cli);
	char *name;

	if (status != CLI_DONE)
		return status;
	name = join(arguments);
	if (!name)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	cli_option_number(arguments, "--depth", &depth);
	error = find(cli->target, name, &type);
	free(name);
	CLI_TRY(cli, error);
	return cli->json ? show_json(cli, type)
			 : show_text(cli, type, depth < UINT_MAX ? (unsigned)depth : 0);
}

static const struct cli_option options[] = {
	{"--depth", "N", "show structures within whole, N levels deep [0]",
		.number = true},
	{NULL},
};

const struct cli_command cli_command_type = {
	.name = "type",
	.operands = "NAME...",
	.operands_min = 1,
	.operands_max = UINT_MAX,
	.summary = "a type of the kernel's: its members, their offsets and sizes",
	.example = "struct task_struct",
	.options = options,
	.use = CLI_OBSERVES_TARGET,
	.run = run,
};
