/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdatomic.h>

#include "regions.h"

static struct {
	struct region list[REGIONS_MAX];
	/** None are behind it. */
	size_t end;
	atomic_size_t count;
} regions;

bool regions_any(void)
{
	return atomic_load_explicit(&regions.count, memory_order_acquire) != 0;
}

bool regions_are_full(void)
{
	return atomic_load(&regions.count) == REGIONS_MAX;
}

void regions_add(const struct region *region)
{
	size_t i = 0;

	while (i < regions.end && regions.list[i].kind != REGION_NONE)
		i++;
	if (i == REGIONS_MAX)
		return;
	regions.list[i] = *region;
	if (i == regions.end)
		regions.end++;
	atomic_fetch_add(&regions.count, 1);
}

static void take_away(struct region *region)
{
	region->kind = REGION_NONE;
	while (regions.end && regions.list[regions.end - 1].kind == REGION_NONE)
		regions.end--;
	atomic_fetch_sub(&regions.count, 1);
}

struct region *regions_find(uintptr_t first, uintptr_t end)
{
	struct region *lowest = NULL;

	for (size_t i = 0; i < regions.end; i++) {
		struct region *region = &regions.list[i];

		if (region->kind != REGION_NONE && region->first < end &&
			first < region->end && (!lowest || region->first < lowest->first))
			lowest = region;
	}
	return lowest;
}

struct region regions_cut(struct region *region, uintptr_t first, uintptr_t end)
{
	struct region below = *region, above = *region, inside = *region;

	if (inside.first < first)
		inside.first = first;
	if (inside.end > end)
		inside.end = end;
	inside.offset += (off64_t)(inside.first - region->first);
	below.end = inside.first;
	above.first = inside.end;
	above.offset = inside.offset + (off64_t)(inside.end - inside.first);
	if (below.first < below.end) {
		*region = below;
		if (above.first < above.end)
			regions_add(&above);
	} else if (above.first < above.end) {
		*region = above;
	} else {
		take_away(region);
	}
	return inside;
}

bool regions_have(int fd)
{
	for (size_t i = 0; i < regions.end; i++)
		if (regions.list[i].kind != REGION_NONE && regions.list[i].fd == fd)
			return true;
	return false;
}
