/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facet of a target that has types, and names for expressions (src/symbols). */
#ifndef SONDE_CORE_TYPE_FACET_H
#define SONDE_CORE_TYPE_FACET_H

#include <sonde/target.h>

struct sonde_scope;
struct sonde_types;

struct sonde_type_facet {
	/**
	 * Mandatory. All types but those of modules; borrowed until the target closes.
	 * SONDE_ERROR_UNSUPPORTED says why there are none, and what to do about it.
	 */
	struct sonde_error *(*types)(
		struct sonde_target *target, const struct sonde_types **ret);
	/**
	 * Mandatory. What names mean in an expression; borrowed until the target closes.
	 * It is there also without types.
	 */
	struct sonde_error *(*scope)(
		struct sonde_target *target, struct sonde_scope **ret);
};

/** @p ret is NULL where the target has no facet of types: the machine. */
SONDE_NODISCARD struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret);

#endif
