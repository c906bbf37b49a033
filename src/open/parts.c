/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The syntax of what stands behind "qemu:". */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "specification.h"

static struct sonde_error *suggest_parts(struct sonde_error *error)
{
	return sonde_error_suggest(error,
		"write qemu:NAME, qemu:PID, qemu:/path/qmp.sock, or its parts: "
		"qemu:qmp=ADDR,gdb=ADDR,ram=FILE,libvirt=DOMAIN,pid=N; one whose name "
		"has a '=' is named by its pid");
}

static struct sonde_error *take_text(char **part, const char *value)
{
	*part = strdup(value);
	return *part ? NULL : sonde_error_no_memory();
}

static struct sonde_error *take_pid(struct sonde_specification *parts, const char *value)
{
	long number;

	errno = 0;
	number = strspn(value, "0123456789") == strlen(value) ? strtol(value, NULL, 10)
							      : 0;
	if (errno || number < 1 || number > INT_MAX)
		return suggest_parts(sonde_error_create(
			SONDE_ERROR_INVALID, "\"%s\" is no process id", value));
	parts->pid = (pid_t)number;
	return NULL;
}

static struct sonde_error *given_twice(const char *key)
{
	return suggest_parts(
		sonde_error_create(SONDE_ERROR_INVALID, "%s= is given twice", key));
}

static struct sonde_error *take_value(
	struct sonde_specification *parts, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **part;
	} texts[] = {{"qmp", &parts->qmp}, {"gdb", &parts->gdb}, {"ram", &parts->ram},
		{"libvirt", &parts->libvirt}};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (!strcmp(key, texts[i].key))
			return *texts[i].part ? given_twice(key)
					      : take_text(texts[i].part, value);
	if (!strcmp(key, "pid"))
		return parts->pid ? given_twice(key) : take_pid(parts, value);
	return suggest_parts(sonde_error_create(
		SONDE_ERROR_INVALID, "\"%s\" is no part of a QEMU", key));
}

static struct sonde_error *take_part(struct sonde_specification *parts, char *piece)
{
	char *value = strchr(piece, '=');

	if (!value)
		return suggest_parts(sonde_error_create(SONDE_ERROR_INVALID,
			*piece ? "\"%s\" is not PART=VALUE, and values have no commas"
			       : "there is nothing between two commas, or behind one%s",
			piece));
	*value++ = '\0';
	if (!*value)
		return suggest_parts(sonde_error_create(
			SONDE_ERROR_INVALID, "%s= has no value", piece));
	return take_value(parts, piece, value);
}

static struct sonde_error *take_parts(
	struct sonde_specification *parts, const char *words)
{
	CLEANUP(cleanup_free) char *copy = strdup(words);
	char *rest = copy, *piece;

	if (!copy)
		return sonde_error_no_memory();
	while ((piece = strsep(&rest, ",")))
		CHECK(take_part(parts, piece));
	return NULL;
}

static enum sonde_specification_kind kind_of(const char *words)
{
	if (!*words)
		return SONDE_SPECIFICATION_ONLY;
	if (*words == '/' || !strncmp(words, "./", 2) || !strncmp(words, "../", 3))
		return SONDE_SPECIFICATION_SOCKET;
	/* A name may have a '=' behind other characters, such as a space. */
	if (words[strspn(words, "abcdefghijklmnopqrstuvwxyz")] == '=')
		return SONDE_SPECIFICATION_PARTS;
	return SONDE_SPECIFICATION_NAMED;
}

struct sonde_error *sonde_specification_parse(
	const char *words, struct sonde_specification *ret)
{
	struct sonde_specification parsed = {.kind = kind_of(words)};
	struct sonde_error *error = NULL;

	if (parsed.kind == SONDE_SPECIFICATION_PARTS)
		error = take_parts(&parsed, words);
	else if (*words && !(parsed.word = strdup(words)))
		error = sonde_error_no_memory();
	if (error) {
		sonde_specification_deinit(&parsed);
		return error;
	}
	*ret = parsed;
	return NULL;
}

void sonde_specification_deinit(struct sonde_specification *specification)
{
	free(specification->word);
	free(specification->qmp);
	free(specification->gdb);
	free(specification->ram);
	free(specification->libvirt);
	*specification = (struct sonde_specification){0};
}
