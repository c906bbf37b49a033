/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages that a space has seen: all that reading one of them again takes is here, so that
 * it can be part of whoever does little else, such as a page walk.
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
	return 1 + space->forgotten + (space->epoch ? *space->epoch : 0);
}

static inline struct sonde_window_page *sonde_space_slot(
	const struct sonde_space *space, uint64_t address)
{
	uint64_t number = address / SONDE_WINDOW_PAGE_BYTES;

	return &space->pages[(number ^ number >> 12) % SONDE_WINDOW_PAGES];
}

/** The page that all of this is in, if it was seen before; else NULL. */
static inline const struct sonde_window_page *sonde_space_find_page(
	const struct sonde_space *space, uint64_t address, size_t length)
{
	uint64_t offset = address % SONDE_WINDOW_PAGE_BYTES;
	const struct sonde_window_page *page;

	if (!space->pages || length > SONDE_WINDOW_PAGE_BYTES - offset)
		return NULL;
	page = sonde_space_slot(space, address);
	return page->address == address - offset && page->age == sonde_space_age(space)
		       ? page
		       : NULL;
}

/**
 * Looks for the page that @p address is in, and remembers it. NULL, too, where there is
 * an error: whoever reads in the ordinary way then meets it again, and says exactly
 * where.
 */
const struct sonde_window_page *sonde_space_see_page(
	struct sonde_space *space, uint64_t address);

/** False: the file behind it was cut short. The space has forgotten the page then. */
static inline bool sonde_space_copy_page(struct sonde_space *space,
	const struct sonde_window_page *page, uint64_t address, void *buffer,
	size_t length)
{
	if (sonde_guarded_copy(
		    buffer, page->host + address % SONDE_WINDOW_PAGE_BYTES, length))
		return true;
	if (page->broken)
		*page->broken = true;
	sonde_space_forget(space);
	return false;
}

/**
 * A number of 8 bytes of a space without traps, if its page was seen before. False: it
 * has to be read in the ordinary way.
 */
static inline bool sonde_space_peek(
	struct sonde_space *space, uint64_t address, uint64_t *ret)
{
	const struct sonde_window_page *page = sonde_space_find_page(space, address, 8);
	uint64_t value;

	if (!page || space->big_endian ||
		!sonde_space_copy_page(space, page, address, &value, 8))
		return false;
	*ret = le64toh(value);
	return true;
}

#endif
