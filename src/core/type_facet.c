/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sonde/type.h>

#include "target.h"
#include "type_facet.h"

/* The target, or the first level below it that has types. */
static struct sonde_target *with_types(struct sonde_target *target)
{
	while (!target->types && target->below)
		target = target->below;
	return target;
}

struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	struct sonde_scope *scope = NULL;

	target = with_types(target);
	if (target->types)
		CHECK(target->types->scope(target, &scope));
	*ret = scope;
	return NULL;
}

struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	target = with_types(target);
	if (!target->types)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "the machine level has no types"),
			"a kernel has: --level kernel");
	return target->types->types(target, ret);
}

struct sonde_target *sonde_target_with_tasks(struct sonde_target *target)
{
	while (target && !target->tasks)
		target = target->below;
	return target;
}
