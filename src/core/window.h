/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A part of a space that lies in this process's own memory, such as guest RAM that is
 * mapped: reading it is copying. Spaces keep the windows that they were shown, and for
 * pages where they are (a software TLB), and look there before they ask anybody.
 *
 * What is behind a window may be cut short by somebody else, and then reading it raises
 * SIGBUS: copies out of a window are made with sonde_guarded_copy().
 */
#ifndef SONDE_CORE_WINDOW_H
#define SONDE_CORE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/** Pages of windows are that large, whatever the guest's are (bytes). */
	SONDE_WINDOW_PAGE_SHIFT = 12,
	SONDE_WINDOW_PAGE_BYTES = 1 << SONDE_WINDOW_PAGE_SHIFT,
	/** So many windows a space keeps: RAM below and above 4 GiB, and two more. */
	SONDE_WINDOWS = 4,
	/** So many pages, a power of two; several times as many as somebody goes about in
	 * at once, since two pages that share a slot take turns in it. */
	SONDE_WINDOW_PAGES = 4096,
};

struct sonde_window {
	/** The first address of the space that it shows. */
	uint64_t address;
	/** In bytes; 0: there is none. */
	uint64_t length;
	/** Where the byte at @ref address is. */
	const uint8_t *host;
	/**
	 * NULL: all of it may be looked at. Else a bit for each page, from bit
	 * @ref present_first on: a page without it may not, unless the space is asked
	 * for that page and shows it. @ref address is the beginning of a page then.
	 * Lives as long as the space.
	 */
	const uint64_t *present;
	uint64_t present_first;
	/**
	 * To be set by whoever finds that what is behind it was cut short; NULL: nobody
	 * wants to know. Lives as long as the space.
	 */
	bool *broken;
};

/** A window that a space keeps. */
struct sonde_kept_window {
	struct sonde_window window;
	/** The space's sonde_space_age() when it was shown. */
	uint64_t age;
};

/** A page of a space that was seen through a window. */
struct sonde_window_page {
	uint64_t address;
	/** The space's sonde_space_age() when it was seen. */
	uint64_t age;
	const uint8_t *host;
	bool *broken;
};

/** Whether the page with the byte at @p offset of @p window may be looked at. */
static inline bool sonde_window_has(const struct sonde_window *window, uint64_t offset)
{
	uint64_t bit = window->present_first + offset / SONDE_WINDOW_PAGE_BYTES;

	return !window->present || window->present[bit / 64] >> bit % 64 & 1;
}

/** Whether a window of more than a page shows @p length bytes, all in one page. */
static inline bool sonde_window_shows(
	const struct sonde_window *window, uint64_t address, size_t length)
{
	uint64_t offset = address - window->address;

	return offset <= window->length - length && sonde_window_has(window, offset);
}

#endif
