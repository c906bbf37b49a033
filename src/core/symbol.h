/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a level offers its symbols; what is promised of them, <sonde/symbol.h> says. */
#ifndef SONDE_CORE_SYMBOL_H
#define SONDE_CORE_SYMBOL_H

#include <sonde/symbol.h>

struct sonde_symbol_facet {
	/** Mandatory. */
	struct sonde_error *(*count)(struct sonde_target *target, uint64_t *ret);
	/** Mandatory. The one at @p index, below the count; in any fixed order. */
	struct sonde_error *(*get)(
		struct sonde_target *target, uint64_t index, struct sonde_symbol *ret);
	/** Mandatory. As sonde_symbol_find(); *@p found instead of an error. */
	struct sonde_error *(*find)(struct sonde_target *target, const char *name,
		unsigned number, struct sonde_symbol *ret, bool *found);
	/** Mandatory. As sonde_symbol_at(); *@p found instead of an error. */
	struct sonde_error *(*at)(struct sonde_target *target, uint64_t address,
		struct sonde_symbol *ret, bool *found);
	/**
	 * Optional. An address that is executed whenever symbols have come, before any of
	 * their code is.
	 */
	struct sonde_error *(*arrival)(
		struct sonde_target *target, uint64_t *ret, bool *found);
};

/** As the facet of the level that has symbols; *@p found false where it tells nothing. */
SONDE_NODISCARD struct sonde_error *sonde_symbol_arrival(
	struct sonde_target *target, uint64_t *ret, bool *found);

/**
 * Whether all of @p text, without a NUL, matches @p pattern; see sonde_symbol_next().
 * Takes at most the product of both lengths.
 */
bool sonde_glob_matches(const char *pattern, const char *text);

#endif
