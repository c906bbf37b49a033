/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "target.h"

enum {
	/** Symbols that are looked at between two looks for an interrupt. */
	ROUND = 4096,
};

/* The first level from @p target down that has symbols. */
static struct sonde_error *find_level(
	struct sonde_target *target, struct sonde_target **ret)
{
	struct sonde_target *level = target;

	while (level && !level->symbols)
		level = level->below;
	if (!level)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"symbols are the kernel level's, this is the machine "
				"level"),
			"--level kernel looks for a kernel");
	*ret = level;
	return NULL;
}

struct sonde_error *sonde_symbol_count(struct sonde_target *target, uint64_t *ret)
{
	CHECK(find_level(target, &target));
	return target->symbols->count(target, ret);
}

struct sonde_error *sonde_symbol_find(struct sonde_target *target, const char *name,
	unsigned number, struct sonde_symbol *ret)
{
	struct sonde_error *error = find_level(target, &target);
	bool found = false;

	if (!error)
		error = target->symbols->find(target, name, number, ret, &found);
	if (!error && !found)
		error = sonde_error_create(SONDE_ERROR_NOT_FOUND,
			number ? "there are no more symbols of this name"
			       : "no symbol is called so");
	return sonde_error_while(error, "looking for the symbol '%s'", name);
}

struct sonde_error *sonde_symbol_at(
	struct sonde_target *target, uint64_t address, struct sonde_symbol *ret)
{
	struct sonde_error *error = find_level(target, &target);
	bool found = false;

	if (!error)
		error = target->symbols->at(target, address, ret, &found);
	if (!error && !found)
		error = sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the address belongs to no symbol");
	return sonde_error_while(error, "looking for the symbol at 0x%" PRIx64, address);
}

struct sonde_error *sonde_symbol_next(struct sonde_target *target, const char *pattern,
	uint64_t *position, struct sonde_symbol *ret, bool *more)
{
	uint64_t count;

	CHECK(find_level(target, &target));
	CHECK(target->symbols->count(target, &count));
	while (*position < count) {
		if (*position % ROUND == 0)
			CHECK(sonde_context_check_interrupt(target->sonde));
		CHECK(target->symbols->get(target, (*position)++, ret));
		if (!pattern || sonde_glob_matches(pattern, ret->name)) {
			*more = true;
			return NULL;
		}
	}
	*more = false;
	return NULL;
}

struct sonde_error *sonde_symbol_arrival(
	struct sonde_target *target, uint64_t *ret, bool *found)
{
	CHECK(find_level(target, &target));
	*found = false;
	return target->symbols->arrival ? target->symbols->arrival(target, ret, found)
					: NULL;
}

struct sonde_error *sonde_symbol_code(struct sonde_target *target, unsigned number,
	uint64_t *address, uint64_t *bytes, bool *found)
{
	CHECK(find_level(target, &target));
	*found = false;
	return target->symbols->code
		       ? target->symbols->code(target, number, address, bytes, found)
		       : NULL;
}

bool sonde_symbol_is_return(struct sonde_target *target, const char *name)
{
	while (target && !target->symbols)
		target = target->below;
	return target && target->symbols->is_return && target->symbols->is_return(name);
}
