/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols that were read from a file: sorted by address, and found by name. Addresses are
 * those of the file; where the kernel was moved to, others know.
 */
#ifndef SONDE_SYMBOLS_SYMBOL_TABLE_H
#define SONDE_SYMBOLS_SYMBOL_TABLE_H

#include <sonde/symbol.h>

enum {
	/** Kernels have 0.2 million. */
	SONDE_SYMBOL_TABLE_MAX = 4 << 20,
};

struct sonde_symbol_table;

/** An empty one. The caller destroys @p ret. */
SONDE_NODISCARD struct sonde_error *sonde_symbol_table_create(
	struct sonde_symbol_table **ret);
/** NULL is allowed. */
void sonde_symbol_table_destroy(struct sonde_symbol_table *table);

/**
 * Adds one whose name is the @p length bytes at @p name, which are copied.
 * SONDE_ERROR_BAD_DATA: there are too many, or the name is empty or too long.
 */
SONDE_NODISCARD struct sonde_error *sonde_symbol_table_add(
	struct sonde_symbol_table *table, uint64_t address, char kind, const char *name,
	size_t length);

/** All were added; before this nothing can be looked up, afterwards nothing added. */
SONDE_NODISCARD struct sonde_error *sonde_symbol_table_finish(
	struct sonde_symbol_table *table);

uint32_t sonde_symbol_table_count(const struct sonde_symbol_table *table);

/** Of the one at @p index, below the count, in the order of addresses. */
uint64_t sonde_symbol_table_address(
	const struct sonde_symbol_table *table, uint32_t index);
/** Lives as long as @p table. */
const char *sonde_symbol_table_name(
	const struct sonde_symbol_table *table, uint32_t index);
char sonde_symbol_table_kind(const struct sonde_symbol_table *table, uint32_t index);

/** The one called @p name: of several the one with the @p number, from 0. */
bool sonde_symbol_table_find(const struct sonde_symbol_table *table, const char *name,
	unsigned number, uint32_t *ret);

/** The first index with an address above @p address; the count: there is none. */
uint32_t sonde_symbol_table_above(
	const struct sonde_symbol_table *table, uint64_t address);

#endif
