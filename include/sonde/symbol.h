/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols: what a level calls its addresses. They are read from the target's own memory,
 * so a name is whatever bytes are there, without a NUL: escape it before it is shown.
 * Where @p target has no symbols, the functions fail with SONDE_ERROR_UNSUPPORTED; where
 * it cannot tell yet whether it has, with SONDE_ERROR_NOT_FOUND and a hint.
 */
#ifndef SONDE_SYMBOL_H
#define SONDE_SYMBOL_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	/** Linux: KSYM_NAME_LEN is 512 since 6.1, with the NUL. */
	SONDE_SYMBOL_NAME_BYTES = 512,
	SONDE_SYMBOL_MODULE_BYTES = 64,
};

/** A copy: it owes nothing to anybody, and is never out of date by itself. */
struct sonde_symbol {
	uint64_t address;
	/** From here to the next symbol that has another address, or of a module's what
	 * the compiler said; 0: unknown. */
	uint64_t bytes;
	/** A letter, as nm(1) prints it; lower case: local. */
	char kind;
	char name[SONDE_SYMBOL_NAME_BYTES];
	/** "": the kernel itself. */
	char module[SONDE_SYMBOL_MODULE_BYTES];
};

/** How many symbols there are. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_symbol_count(
	struct sonde_target *target, uint64_t *ret);

/**
 * The symbol called @p name: of several the one with the @p number, from 0.
 * SONDE_ERROR_NOT_FOUND: there are not so many.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_symbol_find(
	struct sonde_target *target, const char *name, unsigned number,
	struct sonde_symbol *ret);

/**
 * The symbol that @p address belongs to: the last one that is not behind it. The first
 * of several at one address. SONDE_ERROR_NOT_FOUND: it belongs to none.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_symbol_at(
	struct sonde_target *target, uint64_t address, struct sonde_symbol *ret);

/**
 * The next symbol from *@p position on, which begins with 0, whose name matches
 * @p pattern: '*' any bytes, '?' one, '[a-z]' and '[!a-z]' one of those; '\\' makes the
 * next one stand for itself. NULL: all match. *@p more is false behind the last one, and
 * @p ret is nothing then.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_symbol_next(
	struct sonde_target *target, const char *pattern, uint64_t *position,
	struct sonde_symbol *ret, bool *more);

#ifdef __cplusplus
}
#endif

#endif
