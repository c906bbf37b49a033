/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "page_plan.h"

/* Entries of other sizes, and addresses in several parts, are not worth a plan. */
static bool is_plain(const struct sonde_page_range *range)
{
	const struct sonde_page_format *format = range->format;

	for (unsigned i = range->top; i < format->level_count; i++)
		if (format->levels[i].table_high || format->levels[i].leaf_high)
			return false;
	return format->entry_bytes == 8 && !(range->root % 8) &&
	       range->top < format->level_count;
}

static void plan_step(struct sonde_page_step *step, const struct sonde_page_range *range,
	const struct sonde_page_level *level, bool last)
{
	const struct sonde_page_format *format = range->format;

	*step = (struct sonde_page_step){
		.mask = sonde_page_low_bits(level->bits) << 3,
		.inside = sonde_page_low_bits(level->shift),
		.reserved = range->reserved | level->leaf_reserved | level->group,
		/* Of entries with 8 bytes. */
		.shift = (unsigned char)(level->shift - 3),
		/* No entry has a bit that is not asked for. */
		.wanted = last,
	};
	for (unsigned kind = 0; kind <= format->kind_mask; kind++)
		if (level->kinds[kind] == SONDE_PAGE_LEAF)
			step->leaves |= (unsigned char)(1 << kind);
	if (last)
		return;
	step->asked = format->present | range->reserved |
		      (uint64_t)format->kind_mask << format->kind_shift;
	step->wanted = format->present | (uint64_t)format->table_kind
						 << format->kind_shift;
}

static void plan_range(struct sonde_page_plan *plan, const struct sonde_page_range *range)
{
	const struct sonde_page_format *format = range->format;
	uint64_t first = range->first & ~range->ignored;
	uint64_t last = range->last & ~range->ignored;
	unsigned count = 0;

	if (first > last || !is_plain(range))
		return;
	*plan = (struct sonde_page_plan){
		.counted = ~range->ignored,
		.first = first,
		.span = last - first,
		.translated = sonde_page_low_bits(range->bits),
		.root = range->root,
		.address = format->address,
		.shift = format->address_shift,
		.kind_shift = format->kind_shift,
		.kind_mask = format->kind_mask,
		.present = format->present,
	};
	for (unsigned i = range->top; i < format->level_count; i++)
		plan_step(&plan->steps[count++], range, &format->levels[i],
			i + 1 == format->level_count);
}

void sonde_page_tables_plan(struct sonde_page_tables *tables)
{
	/* (address & 0) - 1 is more than 0: no address is in it. */
	static const struct sonde_page_plan none = {.first = 1};
	const struct sonde_page_regime *regime = &tables->regime;

	for (unsigned i = 0; i < 2; i++) {
		tables->plans[i] = none;
		/* One range is that of both: an address that is not in it is in none. */
		if (regime->range_count)
			plan_range(&tables->plans[i],
				&regime->ranges[i < regime->range_count ? i : 0]);
	}
}

const struct sonde_window *sonde_page_turn(
	struct sonde_space *physical, const struct sonde_window *window, uint64_t address)
{
	if (!sonde_guard_end()) {
		sonde_space_lose(physical, window->broken);
		return NULL;
	}
	window = sonde_space_find_window(physical, address, 8);
	if (window)
		sonde_guard_begin(window->host, window->length);
	return window;
}
