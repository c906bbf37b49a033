/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "text_pool.h"

enum {
	PIECE_BYTES = 16 << 10,
};

struct sonde_text_piece {
	struct sonde_text_piece *next;
	size_t used, bytes;
	char text[];
};

struct sonde_error *sonde_text_pool_add_bytes(
	struct sonde_text_pool *pool, const char *text, size_t length, const char **ret)
{
	struct sonde_text_piece *piece = pool->pieces;

	*ret = NULL;
	if (length >= SONDE_TEXT_POOL_BYTES - pool->bytes) {
		pool->is_full = true;
		return NULL;
	}
	if (!piece || piece->bytes - piece->used <= length) {
		size_t bytes = length < PIECE_BYTES ? PIECE_BYTES : length + 1;

		piece = malloc(sizeof(*piece) + bytes);
		if (!piece)
			return sonde_error_no_memory();
		piece->next = pool->pieces;
		piece->used = 0;
		piece->bytes = bytes;
		pool->pieces = piece;
	}
	*ret = memcpy(piece->text + piece->used, text, length);
	piece->text[piece->used + length] = '\0';
	piece->used += length + 1;
	pool->bytes += length + 1;
	return NULL;
}

struct sonde_error *sonde_text_pool_add(
	struct sonde_text_pool *pool, const char *text, const char **ret)
{
	return sonde_text_pool_add_bytes(pool, text, strlen(text), ret);
}

void sonde_text_pool_deinit(struct sonde_text_pool *pool)
{
	while (pool->pieces) {
		struct sonde_text_piece *piece = pool->pieces;

		pool->pieces = piece->next;
		free(piece);
	}
	pool->bytes = 0;
	pool->is_full = false;
}
