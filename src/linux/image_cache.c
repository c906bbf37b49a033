/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "image_cache.h"
#include "macros.h"

enum {
	CHUNK_BYTES = 512,
	/** Kept at most: what comes then is read as if there were no cache. */
	CHUNKS_MAX = 32 << 10,
	/** Less is not worth a chunk (bytes). */
	LENGTH_MIN = 64,
	/** Read at once (bytes). */
	PIECE_BYTES = 64 << 10,
};

struct sonde_linux_image_chunk {
	struct sonde_linux_image_chunk *next;
	uint64_t address;
	uint8_t bytes[CHUNK_BYTES];
};

void sonde_linux_image_cache_clear(struct sonde_linux_image_cache *cache)
{
	for (size_t i = 0; i < SONDE_LINUX_IMAGE_CACHE_BUCKETS; i++) {
		struct sonde_linux_image_chunk *chunk = cache->buckets[i];

		while (chunk) {
			struct sonde_linux_image_chunk *next = chunk->next;

			free(chunk);
			chunk = next;
		}
		cache->buckets[i] = NULL;
	}
	cache->count = 0;
}

static struct sonde_linux_image_chunk **bucket_of(
	struct sonde_linux_image_cache *cache, uint64_t address)
{
	return &cache->buckets[address / CHUNK_BYTES % SONDE_LINUX_IMAGE_CACHE_BUCKETS];
}

static const struct sonde_linux_image_chunk *find(
	struct sonde_linux_image_cache *cache, uint64_t address)
{
	const struct sonde_linux_image_chunk *chunk = *bucket_of(cache, address);

	while (chunk && chunk->address != address)
		chunk = chunk->next;
	return chunk;
}

static struct sonde_error *add(
	struct sonde_linux_image_cache *cache, uint64_t address, const uint8_t *bytes)
{
	struct sonde_linux_image_chunk **bucket = bucket_of(cache, address);
	struct sonde_linux_image_chunk *chunk;

	if (cache->count == CHUNKS_MAX || find(cache, address))
		return NULL;
	chunk = malloc(sizeof(*chunk));
	if (!chunk)
		return sonde_error_no_memory();
	chunk->address = address;
	memcpy(chunk->bytes, bytes, CHUNK_BYTES);
	chunk->next = *bucket;
	*bucket = chunk;
	cache->count++;
	return NULL;
}

/* Copies what is there, from @p address on; returns how many bytes that is. */
static size_t copy(struct sonde_linux_image_cache *cache, uint64_t address,
	uint8_t *buffer, size_t length)
{
	size_t done = 0;

	while (done < length) {
		size_t offset = (address + done) % CHUNK_BYTES, count = length - done;
		const struct sonde_linux_image_chunk *chunk =
			find(cache, address + done - offset);

		if (!chunk)
			break;
		if (count > CHUNK_BYTES - offset)
			count = CHUNK_BYTES - offset;
		memcpy(buffer + done, chunk->bytes + offset, count);
		done += count;
	}
	return done;
}

/* *@p filled: what begins at @p address is there now, at least its first chunk. */
static struct sonde_error *fill(struct sonde_linux_image_cache *cache,
	struct sonde_space *space, uint64_t address, size_t length, bool *filled)
{
	uint64_t first = address & ~(uint64_t)(CHUNK_BYTES - 1);
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct sonde_error *error;
	size_t bytes = CHUNK_BYTES;

	*filled = false;
	while (bytes < PIECE_BYTES && first + bytes < address + length &&
		!find(cache, first + bytes))
		bytes += CHUNK_BYTES;
	data = malloc(bytes);
	if (!data)
		return sonde_error_no_memory();
	error = sonde_space_read(space, first, data, bytes);
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	for (size_t at = 0; at < bytes; at += CHUNK_BYTES)
		CHECK(add(cache, first + at, data + at));
	*filled = find(cache, first) != NULL;
	return NULL;
}

struct sonde_error *sonde_linux_image_cache_read(struct sonde_linux_image_cache *cache,
	uint64_t epoch, struct sonde_space *space, uint64_t address, void *buffer,
	size_t length)
{
	uint8_t *to = buffer;
	size_t done;

	if (cache->epoch != epoch + 1)
		sonde_linux_image_cache_clear(cache);
	cache->epoch = epoch + 1;
	done = copy(cache, address, to, length);
	while (done < length && length >= LENGTH_MIN) {
		bool filled;

		CHECK(fill(cache, space, address + done, length - done, &filled));
		if (!filled)
			break;
		done += copy(cache, address + done, to + done, length - done);
	}
	return done < length
		       ? sonde_space_read(space, address + done, to + done, length - done)
		       : NULL;
}
