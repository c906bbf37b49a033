/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Members by name. Those of anonymous structures are looked for as if they stood in
 * the structure around them; how deep, and how many in all, is bounded, since a
 * hostile source has structures that contain themselves.
 */
#include <inttypes.h>
#include <string.h>

#include "closest.h"
#include "type.h"

struct search {
	const char *name;
	size_t length;
	/** How many members may still be looked at. */
	unsigned visits;
	struct sonde_closest *closest;
	struct sonde_type_member found;
	bool is_found;
};

static struct sonde_error *search_in(struct search *search, struct sonde_type type,
	uint64_t bit_offset, unsigned depth);

static bool is_compound(struct sonde_type type)
{
	return sonde_type_is(type, SONDE_TYPE_STRUCT) ||
	       sonde_type_is(type, SONDE_TYPE_UNION);
}

static struct sonde_error *look_into(struct search *search,
	const struct sonde_type_member *member, uint64_t bit_offset, unsigned depth)
{
	struct sonde_type inner;

	CHECK(sonde_type_resolve(member->type, &inner));
	if (!is_compound(inner))
		return NULL;
	if (depth >= SONDE_TYPE_NESTING_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"anonymous structures are nested more than %d deep",
			SONDE_TYPE_NESTING_MAX);
	return search_in(search, inner, bit_offset, depth + 1);
}

static struct sonde_error *search_in(struct search *search, struct sonde_type type,
	uint64_t bit_offset, unsigned depth)
{
	uint64_t count = sonde_type_count(type);

	for (uint64_t i = 0; i < count && !search->is_found; i++) {
		struct sonde_type_member member;

		if (!search->visits--)
			return sonde_error_create(SONDE_ERROR_BAD_DATA,
				"a structure has more than %d members",
				SONDE_TYPE_VISITS_MAX);
		CHECK(sonde_type_member(type, i, &member));
		member.bit_offset += bit_offset;
		if (!*member.name) {
			CHECK(look_into(search, &member, member.bit_offset, depth));
		} else if (!strncmp(member.name, search->name, search->length) &&
			   !member.name[search->length]) {
			search->found = member;
			search->is_found = true;
		} else if (search->closest) {
			sonde_closest_offer(search->closest, member.name);
		}
	}
	return NULL;
}

/* One member, which is called by the first @p length bytes of @p name. */
static struct sonde_error *find_one(struct sonde_type type, const char *name,
	size_t length, struct sonde_closest *closest, bool *found,
	struct sonde_type_member *ret)
{
	struct search search = {.name = name,
		.length = length,
		.visits = SONDE_TYPE_VISITS_MAX,
		.closest = closest};
	char text[SONDE_TYPE_NAME_BYTES];
	struct sonde_type resolved;

	CHECK(sonde_type_resolve(type, &resolved));
	if (!is_compound(resolved)) {
		bool incomplete = sonde_type_is(resolved, SONDE_TYPE_INCOMPLETE);

		sonde_type_declare(type, "", text, sizeof(text));
		return sonde_error_create(
			incomplete ? SONDE_ERROR_NOT_FOUND : SONDE_ERROR_INVALID,
			incomplete ? "the members of %s are not known"
				   : "%s has no members",
			text);
	}
	if (closest)
		*closest = (struct sonde_closest){.wanted = name, .length = length};
	CHECK(search_in(&search, resolved, 0, 0));
	*found = search.is_found;
	if (search.is_found)
		*ret = search.found;
	return NULL;
}

/* A path without alternatives. Where it breaks off, @p ret_missing is that part. */
static struct sonde_error *follow(struct sonde_type type, const char *path, size_t length,
	struct sonde_closest *closest, struct sonde_type *ret_within,
	const char **ret_missing, struct sonde_type_member *ret)
{
	struct sonde_type_member member = {.name = "", .type = type};
	const char *end = path + length;
	bool found = false;

	do {
		const char *dot = memchr(path, '.', (size_t)(end - path));
		size_t part = (size_t)((dot ? dot : end) - path);
		uint64_t bit_offset = member.bit_offset;

		*ret_within = member.type;
		*ret_missing = path;
		CHECK(find_one(member.type, path, part, closest, &found, &member));
		if (!found)
			return NULL;
		member.bit_offset += bit_offset;
		path += part + (dot != NULL);
	} while (path < end);
	*ret_missing = NULL;
	*ret = member;
	return NULL;
}

static struct sonde_error *no_member(struct sonde_type within, const char *missing,
	const char *end, const struct sonde_closest *closest)
{
	char name[SONDE_TYPE_NAME_BYTES];
	struct sonde_error *error;

	sonde_type_declare(within, "", name, sizeof(name));
	error = sonde_error_create(SONDE_ERROR_NOT_FOUND, "%s has no member '%.*s'", name,
		(int)(end - missing), missing);
	if (closest->name)
		return sonde_error_suggest(error, "did you mean '%s'?", closest->name);
	return error;
}

struct sonde_error *sonde_type_find_member(
	struct sonde_type type, const char *path, struct sonde_type_member *ret)
{
	struct sonde_error *first = NULL;
	const char *alternative = path;
	size_t length;

	if (!*path || strlen(path) > INT16_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"the name of a member is empty, or too long");
	for (;; alternative += length + 1) {
		struct sonde_closest closest = {0};
		const char *missing = NULL;
		struct sonde_type within;
		struct sonde_error *error;

		length = strcspn(alternative, "|");
		error = follow(
			type, alternative, length, &closest, &within, &missing, ret);
		if (!error && !missing)
			break;
		if (!error)
			error = no_member(within, missing,
				missing + strcspn(missing, ".|"), &closest);
		/* Of several names the first is what newer sources have. */
		first = sonde_error_first(first, error);
		if (!sonde_error_is(first, SONDE_ERROR_NOT_FOUND) || !alternative[length])
			return length < strlen(path) ? sonde_error_while(first,
							       "looking for '%s'", path)
						     : first;
	}
	sonde_error_destroy(first);
	return NULL;
}
