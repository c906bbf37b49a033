/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"
#include "page_cache.h"
#include "page_walk.h"
#include "space_page.h"

static bool find_large(const struct sonde_page_cache *cache, uint64_t age,
	uint64_t address, uint64_t *ret)
{
	for (unsigned i = 0; i < SONDE_PAGE_CACHE_LARGE; i++) {
		uint64_t offset = address - cache->large[i].address;

		if (cache->large[i].age != age || offset >= cache->large[i].bytes)
			continue;
		*ret = cache->large[i].physical + offset;
		return true;
	}
	return false;
}

static void keep_large(struct sonde_page_cache *cache, uint64_t age,
	const struct sonde_translation *found)
{
	uint64_t offset = found->virtual_address % found->page_bytes;
	unsigned slot = cache->oldest_large++ % SONDE_PAGE_CACHE_LARGE;

	cache->large[slot].address = found->virtual_address - offset;
	cache->large[slot].physical = found->physical_address - offset;
	cache->large[slot].bytes = found->page_bytes;
	cache->large[slot].age = age;
}

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
	if (space->page_cache && find_large(space->page_cache, age, address, ret))
		return NULL;
	CHECK(sonde_page_walk(physical, regime, address, &found));
	*ret = found.physical_address;
	if (space->page_cache && found.page_bytes > SONDE_WINDOW_PAGE_BYTES) {
		keep_large(space->page_cache, age, &found);
	} else if (space->page_cache) {
		space->page_cache->slots[slot].address = page;
		space->page_cache->slots[slot].physical = *ret - offset;
		space->page_cache->slots[slot].age = age;
	}
	return NULL;
}

/* Where @p address is, and how many bytes from there on, of @p length, are behind each
 * other. */
static struct sonde_error *find_run(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, size_t length, uint64_t *ret, size_t *run)
{
	*run = SONDE_WINDOW_PAGE_BYTES - address % SONDE_WINDOW_PAGE_BYTES;
	CHECK(sonde_page_cache_find(space, physical, regime, address, ret));
	while (*run < length) {
		uint64_t next;
		struct sonde_error *error = sonde_page_cache_find(
			space, physical, regime, address + *run, &next);

		/* What is before it is read first. */
		if (error || next != *ret + *run) {
			sonde_error_destroy(error);
			return NULL;
		}
		*run += SONDE_WINDOW_PAGE_BYTES;
	}
	*run = length;
	return NULL;
}

struct sonde_error *sonde_page_cache_read(struct sonde_space *space,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t address, void *buffer, size_t length)
{
	uint8_t *to = buffer;

	if (length > (size_t)SONDE_PAGE_CACHE_PAGES * SONDE_WINDOW_PAGE_BYTES)
		return sonde_page_read(physical, regime, address, buffer, length);
	while (length) {
		uint64_t place;
		size_t run;

		CHECK(find_run(space, physical, regime, address, length, &place, &run));
		CHECK(sonde_page_fault(
			sonde_space_read(physical, place, to, run), place, run, address));
		address += run;
		to += run;
		length -= run;
	}
	return NULL;
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
