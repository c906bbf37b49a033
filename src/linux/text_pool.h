/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that stay where they are until all of them are freed. A zeroed structure is an
 * empty pool. */
#ifndef SONDE_LINUX_TEXT_POOL_H
#define SONDE_LINUX_TEXT_POOL_H

#include "error.h"

struct sonde_text_piece;

enum {
	/** No guest has more to say in one list, but one that wants to fill our memory.
	 */
	SONDE_TEXT_POOL_BYTES = 128 << 20,
};

struct sonde_text_pool {
	/** The one that is filled first; owned. */
	struct sonde_text_piece *pieces;
	/** Of all texts. */
	size_t bytes;
	/** Some were left out. */
	bool is_full;
};

/** Copies @p length bytes at @p bytes, which may be NULs, too, and puts a NUL behind;
 * *@p ret is NULL where there are too many already. */
SONDE_NODISCARD struct sonde_error *sonde_text_pool_add_bytes(
	struct sonde_text_pool *pool, const char *bytes, size_t length, const char **ret);

/** Copies @p text; *@p ret is NULL where there are too many texts already. */
SONDE_NODISCARD struct sonde_error *sonde_text_pool_add(
	struct sonde_text_pool *pool, const char *text, const char **ret);

void sonde_text_pool_deinit(struct sonde_text_pool *pool);

#endif
