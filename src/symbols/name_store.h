/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of names, each of them once, which stay until all of them go. */
#ifndef SONDE_SYMBOLS_NAME_STORE_H
#define SONDE_SYMBOLS_NAME_STORE_H

#include <stddef.h>
#include <stdint.h>

struct sonde_name_chunk;

/** All zeroes is an empty one. */
struct sonde_name_store {
	const char **slots;
	/** One less than the number of slots. */
	uint32_t mask;
	uint32_t count;
	struct sonde_name_chunk *chunks;
};

void sonde_name_store_deinit(struct sonde_name_store *store);

/** The copy of @p name, or of NULL ""; "?" where there is no memory for it. */
const char *sonde_name_store_keep(struct sonde_name_store *store, const char *name);

#endif
