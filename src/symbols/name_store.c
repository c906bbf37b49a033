/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "name_store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK_BYTES = 16384,
	SLOTS_MIN = 256,
};

struct sonde_name_chunk {
	struct sonde_name_chunk *next;
	size_t used, size;
	char bytes[];
};

void sonde_name_store_deinit(struct sonde_name_store *store)
{
	while (store->chunks) {
		struct sonde_name_chunk *chunk = store->chunks;

		store->chunks = chunk->next;
		free(chunk);
	}
	free(store->slots);
}

/* FNV-1a */
static uint32_t hash_of(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	while (*name)
		hash = (hash ^ (uint8_t)*name++) * 0x100000001b3;
	return (uint32_t)(hash ^ hash >> 32);
}

static const char **slot_of(const struct sonde_name_store *store, const char *name)
{
	uint32_t place = hash_of(name) & store->mask;

	while (store->slots[place] && strcmp(store->slots[place], name) != 0)
		place = (place + 1) & store->mask;
	return &store->slots[place];
}

static bool make_room(struct sonde_name_store *store)
{
	struct sonde_name_store larger = *store;

	if (store->slots && store->count < store->mask / 3 * 2)
		return true;
	larger.mask = store->slots ? 2 * store->mask + 1 : SLOTS_MIN - 1;
	larger.slots = calloc((size_t)larger.mask + 1, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (uint32_t i = 0; store->slots && i <= store->mask; i++)
		if (store->slots[i])
			*slot_of(&larger, store->slots[i]) = store->slots[i];
	free(store->slots);
	*store = larger;
	return true;
}

static const char *copy(struct sonde_name_store *store, const char *name)
{
	size_t bytes = strlen(name) + 1;
	struct sonde_name_chunk *chunk = store->chunks;
	char *place;

	if (!chunk || bytes > chunk->size - chunk->used) {
		size_t size = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

		chunk = malloc(sizeof(*chunk) + size);
		if (!chunk)
			return NULL;
		*chunk = (struct sonde_name_chunk){store->chunks, 0, size};
		store->chunks = chunk;
	}
	place = chunk->bytes + chunk->used;
	memcpy(place, name, bytes);
	chunk->used += bytes;
	return place;
}

const char *sonde_name_store_keep(struct sonde_name_store *store, const char *name)
{
	const char **slot;

	if (!name || !*name)
		return "";
	if (!make_room(store))
		return "?";
	slot = slot_of(store, name);
	if (!*slot) {
		*slot = copy(store, name);
		store->count += *slot != NULL;
	}
	return *slot ?: "?";
}
