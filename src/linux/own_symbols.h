/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own symbols, without modules': those in its memory, and behind them what a
 * file has and memory has not. All fail with SONDE_ERROR_UNSUPPORTED where there are
 * none; the kernel is looked for first.
 */
#ifndef SONDE_LINUX_OWN_SYMBOLS_H
#define SONDE_LINUX_OWN_SYMBOLS_H

#include <sonde/symbol.h>

struct sonde_linux;

SONDE_NODISCARD struct sonde_error *sonde_linux_own_count(
	struct sonde_linux *kernel, uint64_t *ret);

/** The one at @p index, below the count. */
SONDE_NODISCARD struct sonde_error *sonde_linux_own_get(
	struct sonde_linux *kernel, uint64_t index, struct sonde_symbol *ret);

/** As sonde_symbol_find(); *@p found instead of an error. */
SONDE_NODISCARD struct sonde_error *sonde_linux_own_find(struct sonde_linux *kernel,
	const char *name, unsigned number, struct sonde_symbol *ret, bool *found);

/** As sonde_symbol_at(); *@p found instead of an error. */
SONDE_NODISCARD struct sonde_error *sonde_linux_own_at(struct sonde_linux *kernel,
	uint64_t address, struct sonde_symbol *ret, bool *found);

/** As sonde_linux_own_find() of the first one, for what works without it, too: no
 * symbols at all are none of this name. */
SONDE_NODISCARD struct sonde_error *sonde_linux_own_look_up(struct sonde_linux *kernel,
	const char *name, struct sonde_symbol *ret, bool *found);

/**
 * The first one in the kernel's memory; where it is in the order of names is remembered
 * from one attach to the next for those of sonde_linux_places_symbols. No error where
 * there are no symbols.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_own_in_memory(struct sonde_linux *kernel,
	const char *name, struct sonde_symbol *ret, bool *found);

#endif
