/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types by name, as C writes them, and enumerators. */
#include <string.h>

#include "closest.h"
#include "scope.h"
#include "type_facet.h"

struct sonde_error *sonde_types_look_up(const struct sonde_types *types,
	enum sonde_type_space space, const char *name, size_t length, bool *found,
	struct sonde_type *ret)
{
	*found = false;
	for (; types; types = types->base) {
		struct sonde_type_record record;
		struct sonde_type type;
		uint32_t id = 0;

		CHECK(types->ops->find(types, space, name, length, &id));
		if (!id)
			continue;
		type = (struct sonde_type){.types = types, .id = id};
		if (space == SONDE_TYPE_VARIABLES || space == SONDE_TYPE_FUNCTIONS) {
			sonde_type_describe(type, &record);
			CHECK(sonde_type_make(types, record.target, &type));
		}
		*found = true;
		*ret = type;
		return NULL;
	}
	return NULL;
}

/* Among those of one enumeration. */
static struct sonde_error *search_enumeration(struct sonde_type type, const char *name,
	bool *found, struct sonde_type *ret_type, uint64_t *ret)
{
	uint64_t count = sonde_type_count(type);

	for (uint64_t i = 0; i < count; i++) {
		struct sonde_type_enumerator enumerator;

		CHECK(sonde_type_enumerator(type, i, &enumerator));
		if (strcmp(enumerator.name, name) != 0)
			continue;
		*found = true;
		*ret_type = type;
		*ret = enumerator.value;
		return NULL;
	}
	return NULL;
}

/* Looks at all enumerations of one source, unless that knows; nobody asks often. */
static struct sonde_error *search_enumerators(const struct sonde_types *types,
	const char *name, bool *found, struct sonde_type *ret_type, uint64_t *ret)
{
	uint32_t id = 0;

	if (types->ops->enumeration) {
		CHECK(types->ops->enumeration(types, name, &id));
		return id ? search_enumeration(
				    (struct sonde_type){.types = types, .id = id}, name,
				    found, ret_type, ret)
			  : NULL;
	}
	for (id = types->first; id < types->count && !*found; id++) {
		struct sonde_type type = {.types = types, .id = id};

		if (sonde_type_is(type, SONDE_TYPE_ENUM))
			CHECK(search_enumeration(type, name, found, ret_type, ret));
	}
	return NULL;
}

struct sonde_error *sonde_types_find_enumerator(const struct sonde_types *types,
	const char *name, bool *found, struct sonde_type *ret_type, uint64_t *ret)
{
	*found = false;
	for (; types && !*found; types = types->base)
		CHECK(search_enumerators(types, name, found, ret_type, ret));
	return NULL;
}

/* What a name begins with, and where it is looked for then. */
static enum sonde_type_space space_of(const char **name)
{
	static const struct {
		const char *word;
		enum sonde_type_space space;
	} words[] = {
		{"struct ", SONDE_TYPE_STRUCTS},
		{"union ", SONDE_TYPE_UNIONS},
		{"enum ", SONDE_TYPE_ENUMS},
	};

	*name += strspn(*name, " ");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t length = strlen(words[i].word);

		if (strncmp(*name, words[i].word, length) != 0)
			continue;
		*name += length;
		*name += strspn(*name, " ");
		return words[i].space;
	}
	return SONDE_TYPE_NAMES;
}

/* Whether @p name is made of C's words for built-in types. */
static bool find_builtin(const struct sonde_types *types, const char *name, size_t length,
	struct sonde_type *ret)
{
	struct sonde_scalar_words words = {0};
	enum sonde_scalar scalar;
	const char *end = name + length;

	while (name < end) {
		size_t word = strcspn(name, " *");

		if (word > (size_t)(end - name))
			word = (size_t)(end - name);
		if (!sonde_scalar_words_know(name, word) ||
			!sonde_scalar_words_add(&words, name, word))
			return false;
		name += word;
		name += strspn(name, " ");
	}
	if (!sonde_scalar_words_type(&words, &scalar))
		return false;
	*ret = (struct sonde_type){
		.types = sonde_types_builtin(types->pointer_bytes), .id = scalar};
	return true;
}

static void offer_all(const struct sonde_types *types, enum sonde_type_space space,
	struct sonde_closest *closest)
{
	for (; types; types = types->base) {
		if (types->ops->offer)
			types->ops->offer(types, space, closest);
		for (uint32_t id = types->first; !types->ops->offer && id < types->count;
			id++) {
			struct sonde_type_record record;

			sonde_type_describe(
				(struct sonde_type){.types = types, .id = id}, &record);
			if (record.space == space)
				sonde_closest_offer(closest, record.name);
		}
	}
}

/* Somebody who leaves out "struct" is told; else a name that is close is. */
static struct sonde_error *no_type(const struct sonde_types *types,
	enum sonde_type_space space, const char *name, const char *tag, size_t length)
{
	static const char *const words[] = {
		[SONDE_TYPE_NAMES] = "",
		[SONDE_TYPE_STRUCTS] = "struct ",
		[SONDE_TYPE_UNIONS] = "union ",
		[SONDE_TYPE_ENUMS] = "enum ",
	};
	struct sonde_error *error = sonde_error_create(
		SONDE_ERROR_NOT_FOUND, "no type is called '%.*s'", 100, name);
	struct sonde_closest closest = {.wanted = tag, .length = length};

	for (unsigned other = SONDE_TYPE_NAMES; other <= SONDE_TYPE_ENUMS; other++) {
		struct sonde_type type;
		bool found = false;

		sonde_error_destroy(
			sonde_types_look_up(types, other, tag, length, &found, &type));
		if (found)
			return sonde_error_suggest(error, "did you mean '%s%.*s'?",
				words[other], (int)length, tag);
	}
	offer_all(types, space, &closest);
	if (!closest.name)
		return error;
	return sonde_error_suggest(
		error, "did you mean '%s%s'?", words[space], closest.name);
}

/* Who is asked for a tag or a name. */
struct finder {
	/** NULL: @ref types alone. */
	struct sonde_scope *scope;
	/** For built-in types, and names that are close; NULL: there are none yet. */
	const struct sonde_types *types;
	/** What is missing is not held against all names that there are. */
	bool plainly;
};

static struct sonde_error *ask(struct finder *finder, enum sonde_type_space space,
	const char *tag, size_t length, bool *found, struct sonde_type *ret)
{
	char *name;
	struct sonde_error *error;

	*found = false;
	if (!finder->scope || !finder->scope->ops->type)
		return sonde_types_look_up(finder->types, space, tag, length, found, ret);
	name = strndup(tag, length);
	if (!name)
		return sonde_error_no_memory();
	error = finder->scope->ops->type(finder->scope, space, name, found, ret);
	free(name);
	finder->types = finder->scope->types;
	return error;
}

static struct sonde_error *find(
	struct finder *finder, const char *name, struct sonde_type *ret)
{
	const char *tag = name;
	enum sonde_type_space space = space_of(&tag);
	size_t length = strcspn(tag, "*");
	const char *stars = tag + length;
	struct sonde_type type;
	bool found;

	while (length && tag[length - 1] == ' ')
		length--;
	if (!length || length > INT16_MAX)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the name of a type is empty, or too long");
	CHECK(ask(finder, space, tag, length, &found, &type));
	if (!found && space == SONDE_TYPE_NAMES && finder->types)
		found = find_builtin(finder->types, tag, length, &type);
	if (!found && finder->plainly)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "no type is called '%.*s'", 100, name);
	if (!found)
		return no_type(finder->types, space, name, tag, length);
	for (; *stars; stars++) {
		if (*stars == ' ')
			continue;
		if (*stars != '*')
			return sonde_error_create(SONDE_ERROR_INVALID,
				"'%.*s' does not name a type", 100, name);
		CHECK(sonde_type_pointer_to(type, &type));
	}
	*ret = type;
	return NULL;
}

struct sonde_error *sonde_types_find(
	const struct sonde_types *types, const char *name, struct sonde_type *ret)
{
	struct finder finder = {.types = types};

	return find(&finder, name, ret);
}

struct sonde_error *sonde_types_find_plainly(
	const struct sonde_types *types, const char *name, struct sonde_type *ret)
{
	struct finder finder = {.types = types, .plainly = true};

	return find(&finder, name, ret);
}

struct sonde_error *sonde_target_find_type(
	struct sonde_target *target, const char *name, struct sonde_type *ret)
{
	struct finder finder = {.scope = NULL};

	CHECK(sonde_target_scope(target, &finder.scope));
	if (finder.scope && finder.scope->ops->type)
		return find(&finder, name, ret);
	CHECK(sonde_target_types(target, &finder.types));
	return find(&finder, name, ret);
}
