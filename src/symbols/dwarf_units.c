/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which unit an address belongs to: by .debug_aranges, which is quick; or by what the
 * units say of themselves, since not all compilers write it. Nothing but the first entry
 * of each is looked at.
 */
#include "dwarf_file.h"

enum {
	/** Of all units together. */
	RANGES_MAX = 1 << 22,
};

static struct sonde_error *add(
	struct sonde_dwarf_units *units, uint64_t first, uint64_t end, uint32_t offset)
{
	if (units->count == units->room) {
		size_t room = 2 * units->room + 1024;
		struct sonde_dwarf_range *ranges =
			realloc(units->ranges, room * sizeof(*ranges));

		if (!ranges)
			return sonde_error_no_memory();
		units->ranges = ranges;
		units->room = room;
	}
	if (units->count >= RANGES_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "its DWARF has too many ranges of code");
	units->ranges[units->count++] = (struct sonde_dwarf_range){first, end, offset};
	return NULL;
}

/* Code that the linker has thrown away begins at 0. */
static struct sonde_error *add_unit(struct sonde_dwarf *dwarf, Dwarf_Die *unit)
{
	uint32_t id = sonde_dwarf_id(dwarf, unit);
	Dwarf_Addr base, first, end;
	ptrdiff_t offset = 0;

	while (id &&
		(offset = dwarf->library->ranges(unit, offset, &base, &first, &end)) > 0)
		if (first && first < end)
			CHECK(add(&dwarf->units, first, end, id));
	return NULL;
}

static int compare(const void *left, const void *right)
{
	const struct sonde_dwarf_range *a = left, *b = right;

	return (a->first > b->first) - (a->first < b->first);
}

static struct sonde_error *list(struct sonde_dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	int result;

	while ((result = dwarf->library->next_unit(
			dwarf->dwarf, unit, &unit, NULL, NULL, &die, NULL)) == 0) {
		CHECK(add_unit(dwarf, &die));
		CHECK(sonde_dwarf_check(dwarf, NULL));
	}
	return result < 0 ? sonde_dwarf_fail(dwarf) : NULL;
}

static struct sonde_error *search(
	struct sonde_dwarf *dwarf, uint64_t address, bool *found, Dwarf_Die *ret)
{
	struct sonde_dwarf_units *units = &dwarf->units;
	size_t low = 0, high;

	if (!units->is_listed) {
		units->count = 0;
		CHECK(list(dwarf));
		if (units->count)
			qsort(units->ranges, units->count, sizeof(*units->ranges),
				compare);
		units->is_listed = true;
	}
	high = units->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (units->ranges[middle].first <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*found = low && address < units->ranges[low - 1].end &&
		 sonde_dwarf_die(dwarf, units->ranges[low - 1].unit, ret);
	return NULL;
}

struct sonde_error *sonde_dwarf_unit_at(
	struct sonde_dwarf *dwarf, uint64_t address, bool *found, Dwarf_Die *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;

	*found = library->unit_at(dwarf->dwarf, address, ret) &&
		 library->has_address(ret, address) == 1 && sonde_dwarf_id(dwarf, ret);
	return *found ? NULL : search(dwarf, address, found, ret);
}
