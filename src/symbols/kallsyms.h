/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The symbol table that a Linux kernel carries in its own memory, read where it lies:
 * scripts/kallsyms.c writes it, kernel/kallsyms.c reads it. Which of its layouts it has
 * is told by what is there, and not by a version.
 *
 * Nothing of it is believed: each read is bounded, and what does not fit together is an
 * error. Lookups read what they need of it, some hundred bytes a step of a binary search,
 * and decode no more names than those they compare.
 */
#ifndef SONDE_SYMBOLS_KALLSYMS_H
#define SONDE_SYMBOLS_KALLSYMS_H

#include <sonde/symbol.h>

struct sonde_kallsyms;

/** Where to look for the tables. */
struct sonde_kallsyms_place {
	/** Addresses of the kernel's image, both included. */
	uint64_t first, last;
	/** Within those: it is looked from here on first, since code comes before it. */
	uint64_t likely;
	/**
	 * Where the tokens of the digits and the markers may be: looked at first, and
	 * held against all that is held against what a search finds. 0: nobody knows.
	 */
	uint64_t digits, markers;
	/** A read is a round trip: samples come before a search. */
	bool slow;
};

/**
 * Finds the tables in @p space, which has to live as long as @p ret; the caller destroys
 * that. SONDE_ERROR_NOT_FOUND: there are none.
 */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_create(struct sonde_space *space,
	const struct sonde_kallsyms_place *place, struct sonde_kallsyms **ret);

/** NULL is allowed. */
void sonde_kallsyms_destroy(struct sonde_kallsyms *kallsyms);

/** Where the tables are: all of it is filled in. Lives as long as @p kallsyms. */
const struct sonde_kallsyms_place *sonde_kallsyms_place(
	const struct sonde_kallsyms *kallsyms);

uint64_t sonde_kallsyms_count(const struct sonde_kallsyms *kallsyms);

/** A few words for logs: which layout it is. Never freed. */
const char *sonde_kallsyms_layout(const struct sonde_kallsyms *kallsyms);

/** The one at @p index, below the count, in the order of the table: by address. */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_get(
	struct sonde_kallsyms *kallsyms, uint64_t index, struct sonde_symbol *ret);

/** As sonde_symbol_find(); *@p found instead of an error. */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_find(struct sonde_kallsyms *kallsyms,
	const char *name, unsigned number, struct sonde_symbol *ret, bool *found);

/**
 * The first one called @p name. *@p near is 1 + where in the order of names it may be, or
 * 0, and is replaced by where it is, or would be; looking there first costs two names
 * instead of one for each step of a search. 0 where the table has no such order.
 */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_find_near(
	struct sonde_kallsyms *kallsyms, const char *name, uint32_t *near,
	struct sonde_symbol *ret, bool *found);

/**
 * As sonde_symbol_at(); *@p found instead of an error. Outside of the image, where
 * per-CPU symbols and absolute ones are, an address belongs to a symbol only if it is
 * the symbol's own.
 */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_at(struct sonde_kallsyms *kallsyms,
	uint64_t address, struct sonde_symbol *ret, bool *found);

#endif
