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
	/**
	 * Optional. One of the ranges where code of this level lies, by its number from
	 * 0, as far as it is still executed; *@p bytes of 0: nothing lies in this one.
	 * There may be gaps in it. *@p found false: there are no more.
	 */
	struct sonde_error *(*code)(struct sonde_target *target, unsigned number,
		uint64_t *address, uint64_t *bytes, bool *found);
	/** Optional. Whether functions return by a jump to what is called @p name. */
	bool (*is_return)(const char *name);
};

/** As the facet of the level that has symbols; *@p found false where it tells nothing. */
SONDE_NODISCARD struct sonde_error *sonde_symbol_arrival(
	struct sonde_target *target, uint64_t *ret, bool *found);

/** The same for ranges of code: @p found false where there are no more. */
SONDE_NODISCARD struct sonde_error *sonde_symbol_code(struct sonde_target *target,
	unsigned number, uint64_t *address, uint64_t *bytes, bool *found);

/** Whether functions return by a jump to what is called @p name. */
bool sonde_symbol_is_return(struct sonde_target *target, const char *name);

/**
 * Whether all of @p text, without a NUL, matches @p pattern; see sonde_symbol_next().
 * Takes at most the product of both lengths.
 */
bool sonde_glob_matches(const char *pattern, const char *text);

#endif
