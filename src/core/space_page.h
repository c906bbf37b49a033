/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows that a space was shown, and pages that it has seen through them: all that
 * reading there again takes is here, so that it can be part of whoever does little else,
 * such as a page walk.
 */
#ifndef SONDE_CORE_SPACE_PAGE_H
#define SONDE_CORE_SPACE_PAGE_H

#include <endian.h>

#include "guarded_copy.h"
#include "space.h"
#include "window.h"

/** Of what is seen now. Both only grow, so the sum does not come back; 0: never seen. */
static inline uint64_t sonde_space_age(const struct sonde_space *space)
{
	return 1 + space->forgotten + *space->epoch;
}

/** The slot in which the page of @p address is looked for first. */
static inline struct sonde_window_page *sonde_space_slot(
	const struct sonde_space *space, uint64_t address)
{
	uint64_t number = address / SONDE_WINDOW_PAGE_BYTES;

	return &space->pages[(number ^ number >> 12) % SONDE_WINDOW_PAGES];
}

/** The one in which it is looked for then: so two pages with one slot have two. */
static inline struct sonde_window_page *sonde_space_other_slot(
	const struct sonde_space *space, const struct sonde_window_page *slot)
{
	return &space->pages[(slot - space->pages) ^ 1];
}

/**
 * Looks for the page that @p address is in, and remembers it. NULL, too, where there is
 * an error: whoever reads in the ordinary way then meets it again, and says exactly
 * where.
 */
const struct sonde_window_page *sonde_space_see_page(
	struct sonde_space *space, uint64_t address);

/** The file behind a page or a window, of which this is @p broken, was cut short. */
void sonde_space_lose(struct sonde_space *space, bool *broken);

/** False: the file behind it was cut short, which the space is to be told. */
static inline bool sonde_space_copy_page(const struct sonde_window_page *page,
	uint64_t address, void *buffer, size_t length)
{
	return sonde_guarded_copy(
		buffer, page->host + address % SONDE_WINDOW_PAGE_BYTES, length);
}

/** The window that shows @p length bytes within one page, and that may be looked at. */
static inline const struct sonde_window *sonde_space_find_window(
	const struct sonde_space *space, uint64_t address, size_t length)
{
	uint64_t age = sonde_space_age(space);

	for (unsigned i = 0; i < SONDE_WINDOWS; i++) {
		const struct sonde_window *window = &space->windows[i].window;
		uint64_t offset = address - window->address;

		if (offset < window->length && length <= window->length - offset &&
			space->windows[i].age == age && sonde_window_has(window, offset))
			return window;
	}
	return NULL;
}

/**
 * An integer of @p bytes, 4 or 8, at a multiple of that in a space without traps, if a
 * window shows it. False: it has to be read in the ordinary way.
 */
static inline bool sonde_space_peek(
	struct sonde_space *space, uint64_t address, unsigned bytes, uint64_t *ret)
{
	const struct sonde_window *window =
		address % bytes ? NULL : sonde_space_find_window(space, address, bytes);
	const uint8_t *host;
	uint32_t small;
	bool whole;

	if (!window || space->big_endian)
		return false;
	host = window->host + (address - window->address);
	if (bytes == 8) {
		whole = sonde_guarded_copy(ret, host, 8);
		*ret = le64toh(*ret);
	} else {
		whole = sonde_guarded_copy(&small, host, 4);
		*ret = le32toh(small);
	}
	if (!whole)
		sonde_space_lose(space, window->broken);
	return whole;
}

#endif
