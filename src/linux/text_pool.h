/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that stay where they are until all of them are freed. A zeroed structure is an
 * empty pool. */
#ifndef SONDE_LINUX_TEXT_POOL_H
#define SONDE_LINUX_TEXT_POOL_H

#include "error.h"

struct sonde_text_piece;

struct sonde_text_pool {
	/** The one that is filled first; owned. */
	struct sonde_text_piece *pieces;
};

/** Copies @p text. */
SONDE_NODISCARD struct sonde_error *sonde_text_pool_add(
	struct sonde_text_pool *pool, const char *text, const char **ret);

void sonde_text_pool_deinit(struct sonde_text_pool *pool);

#endif
