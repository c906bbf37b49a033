/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"
#include "page_cache.h"
#include "page_walk.h"
#include "space_page.h"

struct sonde_error *sonde_page_cache_find(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, uint64_t *ret)
{
	uint64_t offset = address % SONDE_WINDOW_PAGE_BYTES, page = address - offset,
		 age = sonde_space_age(space);
	struct sonde_translation found;
	unsigned slot = page / SONDE_WINDOW_PAGE_BYTES % SONDE_PAGE_CACHE_SLOTS;

	/* Without memory for it, there is none. */
	if (!space->page_cache)
		space->page_cache = calloc(1, sizeof(*space->page_cache));
	if (space->page_cache && space->page_cache->slots[slot].address == page &&
		space->page_cache->slots[slot].age == age) {
		*ret = space->page_cache->slots[slot].physical + offset;
		return NULL;
	}
	CHECK(sonde_page_walk(physical, regime, address, &found));
	*ret = found.physical_address;
	if (space->page_cache) {
		space->page_cache->slots[slot].address = page;
		space->page_cache->slots[slot].physical = *ret - offset;
		space->page_cache->slots[slot].age = age;
	}
	return NULL;
}

struct sonde_error *sonde_page_cache_read(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, void *buffer, size_t length)
{
	uint64_t place;

	if (length > SONDE_WINDOW_PAGE_BYTES - address % SONDE_WINDOW_PAGE_BYTES)
		return sonde_page_read(physical, regime, address, buffer, length);
	CHECK(sonde_page_cache_find(space, physical, regime, address, &place));
	return sonde_page_fault(sonde_space_read(physical, place, buffer, length), place,
		length, address);
}

/* Guests' pages are as large as those of windows, or larger. */
struct sonde_error *sonde_page_cache_look(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, struct sonde_window *ret)
{
	const struct sonde_window_page *seen;
	uint64_t place;

	*ret = (struct sonde_window){.length = 0};
	if (!physical->ops->look)
		return NULL;
	CHECK(sonde_page_cache_find(space, physical, regime, address, &place));
	seen = sonde_space_see_page(physical, place);
	if (seen)
		*ret = (struct sonde_window){
			.address = address - address % SONDE_WINDOW_PAGE_BYTES,
			.length = SONDE_WINDOW_PAGE_BYTES,
			.host = seen->host,
			.broken = seen->broken};
	return NULL;
}
