/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "change.h"

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
	/** Of all structures and arrays together. */
	PARTS_MAX = 20000,
	/** Of those that differ. */
	CHANGES_MAX = 32,
	TEXT_MAX = 200,
	PATH_BYTES = 512,
};

struct walk {
	struct cli *cli;
	FILE *before, *now;
	struct json_object *changed;
	unsigned parts, changes;
	/** Of the part that is being looked at. */
	char path[PATH_BYTES];
};

/* On one line, safe for a terminal. The caller frees. */
static char *format(struct cli *cli, const struct sonde_value *value)
{
	struct sonde_value_format how = {
		.size = sizeof(how),
		.text = TEXT_MAX,
		.name_address = cli_name_address,
		.context = cli->target,
	};
	struct sonde_error *error;
	char *text, *escaped;

	error = sonde_value_format(value, &how, &text);
	if (error) {
		sonde_error_destroy(error);
		return NULL;
	}
	escaped = cli_escape(text, strlen(text), false);
	free(text);
	return escaped;
}

static void report(struct walk *walk, const struct sonde_value *before,
	const struct sonde_value *now)
{
	char *texts[] = {format(walk->cli, before), format(walk->cli, now)};
	char *path = cli_escape(walk->path, strlen(walk->path), false);
	const char *separator = walk->changes++ ? ", " : "";
	struct json_object *object = json_object_new_object();

	fprintf(walk->before, "%s%s = %s", separator, path ?: "", texts[0] ?: "?");
	fprintf(walk->now, "%s%s = %s", separator, path ?: "", texts[1] ?: "?");
	json_object_object_add(object, "member", json_object_new_string(path ?: ""));
	json_object_object_add(object, "old", cli_value_json(before, 1));
	json_object_object_add(object, "new", cli_value_json(now, 1));
	json_object_array_add(walk->changed, object);
	free(path);
	free(texts[0]);
	free(texts[1]);
}

/* An array of char is looked at as a whole. */
static bool is_text(
	const struct sonde_value *before, const struct sonde_value *now, bool *ret_differ)
{
	char *texts[2] = {NULL, NULL};
	struct sonde_error *error = sonde_value_string(before, TEXT_MAX, &texts[0]);

	if (!error)
		error = sonde_value_string(now, TEXT_MAX, &texts[1]);
	*ret_differ = !error && strcmp(texts[0], texts[1]) != 0;
	free(texts[0]);
	free(texts[1]);
	if (!error)
		return true;
	sonde_error_destroy(error);
	return false;
}

/* Appends ".member" or "[5]"; false: it does not fit. */
static bool append_name(struct walk *walk, struct sonde_type type, uint64_t index)
{
	size_t length = strlen(walk->path), room = PATH_BYTES - length;
	struct sonde_type_member member;
	struct sonde_error *error;
	int written;

	if (sonde_type_kind(type) == SONDE_TYPE_ARRAY) {
		written = snprintf(walk->path + length, room, "[%" PRIu64 "]", index);
		return (size_t)written < room;
	}
	error = sonde_type_member(type, index, &member);
	if (error) {
		sonde_error_destroy(error);
		return false;
	}
	/* Members of anonymous ones stand among the others. */
	written = snprintf(walk->path + length, room, "%s%s",
		length && *member.name ? "." : "", member.name);
	return (size_t)written < room;
}

static void compare(struct walk *walk, const struct sonde_value *before,
	const struct sonde_value *now, unsigned depth);

static void compare_parts(struct walk *walk, const struct sonde_value *before,
	const struct sonde_value *now, unsigned depth)
{
	size_t length = strlen(walk->path);
	struct sonde_type type;
	struct sonde_error *error = sonde_type_resolve(now->type, &type);
	uint64_t count = error ? 0 : sonde_type_count(type);

	sonde_error_destroy(error);
	for (uint64_t i = 0; i < count && walk->changes < CHANGES_MAX; i++) {
		struct sonde_value old, new;

		if (++walk->parts > PARTS_MAX)
			return;
		error = sonde_value_part(before, i, &old);
		if (!error)
			error = sonde_value_part(now, i, &new);
		if (!error && append_name(walk, type, i))
			compare(walk, &old, &new, depth + 1);
		sonde_error_destroy(error);
		walk->path[length] = '\0';
	}
}

static void compare(struct walk *walk, const struct sonde_value *before,
	const struct sonde_value *now, unsigned depth)
{
	bool differ;

	if (!sonde_value_is_compound(now)) {
		if (before->integer != now->integer)
			report(walk, before, now);
	} else if (is_text(before, now, &differ)) {
		if (differ)
			report(walk, before, now);
	} else if (depth < DEPTH_MAX) {
		compare_parts(walk, before, now, depth);
	}
}

/* Without a difference both say so. */
static void end_stream(FILE *stream, unsigned changes)
{
	if (!changes)
		fputs("(as it was)", stream);
	fclose(stream);
}

static void describe_parts(struct cli *cli, const struct sonde_value *before,
	const struct sonde_value *now, char **ret_before, char **ret_now,
	struct json_object **ret_changed)
{
	struct walk walk = {.cli = cli, .changed = json_object_new_array()};
	size_t size;

	*ret_changed = walk.changed;
	walk.before = open_memstream(ret_before, &size);
	walk.now = open_memstream(ret_now, &size);
	if (walk.before && walk.now)
		compare(&walk, before, now, 0);
	if (walk.before)
		end_stream(walk.before, walk.changes);
	if (walk.now)
		end_stream(walk.now, walk.changes);
}

void cli_describe_change(struct cli *cli, const struct sonde_value *before,
	const struct sonde_value *now, char **ret_before, char **ret_now,
	struct json_object **ret_changed)
{
	bool differ;

	*ret_before = *ret_now = NULL;
	*ret_changed = NULL;
	if (before && now && sonde_value_is_compound(now) &&
		!is_text(before, now, &differ)) {
		describe_parts(cli, before, now, ret_before, ret_now, ret_changed);
		return;
	}
	*ret_before = before ? format(cli, before) : NULL;
	*ret_now = now ? format(cli, now) : NULL;
}
