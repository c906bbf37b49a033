/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>

#include "buffer.h"
#include "guarded_copy.h"
#include "space.h"
#include "trap.h"
#include "window.h"

const char *sonde_space_name(const struct sonde_space *space)
{
	return space->name;
}

/* A range that leaves the space faults at the first address behind the end. */
static struct sonde_error *check_range(
	const struct sonde_space *space, uint64_t address, size_t length)
{
	if (address > space->limit)
		return sonde_error_fault(address, NULL);
	if (length && length - 1 > space->limit - address)
		return sonde_error_fault(
			address, "the range goes past the end of the address space");
	return NULL;
}

/* --- windows -------------------------------------------------------------------- */

/* Both only grow, so their sum does not come back. 0 is the age of pages never seen. */
static uint64_t age_of(const struct sonde_space *space)
{
	return 1 + space->forgotten + (space->epoch ? *space->epoch : 0);
}

static size_t slot_of(uint64_t address)
{
	uint64_t number = address / SONDE_WINDOW_PAGE_BYTES;

	return (size_t)((number ^ number >> 10) % SONDE_WINDOW_PAGES);
}

void sonde_space_forget(struct sonde_space *space)
{
	space->forgotten++;
}

void sonde_space_deinit(struct sonde_space *space)
{
	free(space->pages);
	space->pages = NULL;
}

/* The page that all of this is in, if it was seen before; else NULL. */
static struct sonde_window_page *find_page(
	const struct sonde_space *space, uint64_t address, size_t length)
{
	uint64_t offset = address % SONDE_WINDOW_PAGE_BYTES;
	struct sonde_window_page *page;

	if (!space->pages || length > SONDE_WINDOW_PAGE_BYTES - offset)
		return NULL;
	page = &space->pages[slot_of(address)];
	return page->address == address - offset && page->age == age_of(space) ? page
									       : NULL;
}

/*
 * Looks for the page now. NULL, too, where there is an error: whoever reads in the
 * ordinary way then meets it again, and says exactly where.
 */
static struct sonde_window_page *see_page(
	struct sonde_space *space, uint64_t address, size_t length)
{
	uint64_t offset = address % SONDE_WINDOW_PAGE_BYTES, first = address - offset;
	struct sonde_window window = {0};
	struct sonde_window_page *page;
	struct sonde_error *error;

	if (!space->ops->look || length > SONDE_WINDOW_PAGE_BYTES - offset)
		return NULL;
	error = space->ops->look(space, first, &window);
	if (error || window.address > first ||
		window.length < first - window.address + SONDE_WINDOW_PAGE_BYTES) {
		sonde_error_destroy(error);
		return NULL;
	}
	if (!space->pages)
		space->pages = calloc(SONDE_WINDOW_PAGES, sizeof(*space->pages));
	if (!space->pages)
		return NULL;
	page = &space->pages[slot_of(address)];
	*page = (struct sonde_window_page){.address = first,
		.age = age_of(space),
		.host = window.host + (first - window.address),
		.broken = window.broken};
	return page;
}

static struct sonde_error *copy_page(struct sonde_space *space,
	const struct sonde_window_page *page, uint64_t address, void *buffer,
	size_t length)
{
	if (sonde_guarded_copy(
		    buffer, page->host + address % SONDE_WINDOW_PAGE_BYTES, length))
		return NULL;
	if (page->broken)
		*page->broken = true;
	sonde_space_forget(space);
	return sonde_error_create(SONDE_ERROR_IO,
		"the file behind this memory was cut short while it was mapped");
}

/* -------------------------------------------------------------------------------- */

/* What a fault means to somebody who reads as one CPU sees memory. */
static struct sonde_error *explain(const struct sonde_space *space,
	struct sonde_error *error, uint64_t address, size_t length)
{
	if (sonde_error_is(error, SONDE_ERROR_FAULT) && space->per_thread &&
		address >> 63)
		error = sonde_error_suggest(error,
			"this is memory as one CPU sees it: in user mode the kernel's "
			"may not "
			"be mapped; try another CPU, or stop in the kernel first");
	return sonde_error_while(error, "reading %zu byte%s of %s memory at 0x%" PRIx64,
		length, length == 1 ? "" : "s", space->name, address);
}

static void hide_traps(
	const struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	if (space->traps && space->traps->first && length)
		sonde_traps_hide(space->traps, address, buffer, length);
}

static struct sonde_error *read_slowly(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_error *error = check_range(space, address, length);
	size_t done = length;

	if (!error && length) {
		const struct sonde_window_page *page = see_page(space, address, length);

		error = page ? copy_page(space, page, address, buffer, length)
			     : space->ops->read(space, address, buffer, length);
	}
	if (sonde_error_is(error, SONDE_ERROR_FAULT))
		done = sonde_error_address(error) - address < length
			       ? (size_t)(sonde_error_address(error) - address)
			       : length;
	else if (error)
		done = 0;
	hide_traps(space, address, buffer, done);
	return error ? explain(space, error, address, length) : NULL;
}

struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	const struct sonde_window_page *page = find_page(space, address, length);
	struct sonde_error *error;

	if (!page)
		return read_slowly(space, address, buffer, length);
	error = copy_page(space, page, address, buffer, length);
	hide_traps(space, address, buffer, error ? 0 : length);
	return error ? explain(space, error, address, length) : NULL;
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	struct sonde_error *error = check_range(space, address, length);

	/* It may be a page table. */
	sonde_space_forget(space);
	if (!error && !space->ops->write)
		error = sonde_error_create(SONDE_ERROR_UNSUPPORTED, "it is read-only");
	if (!error && length && space->traps)
		error = sonde_traps_write_around(
			space->traps, space, address, data, length);
	else if (!error && length)
		error = space->ops->write(space, address, data, length);
	return sonde_error_while(error, "writing %zu byte%s of %s memory at 0x%" PRIx64,
		length, length == 1 ? "" : "s", space->name, address);
}

struct sonde_error *sonde_space_read_integer(
	struct sonde_space *space, uint64_t address, unsigned bytes, uint64_t *ret)
{
	uint8_t data[8];
	uint64_t value = 0;

	if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "an integer cannot have %u bytes", bytes);
	CHECK(sonde_space_read(space, address, data, bytes));
	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | data[space->big_endian ? i : bytes - 1 - i];
	*ret = value;
	return NULL;
}

/* What may be read at once while searching: to the end of the page, bounded. */
static size_t search_chunk(const struct sonde_space *space, uint64_t address, size_t left)
{
	size_t chunk = space->page_bytes - (size_t)(address & (space->page_bytes - 1));

	if (chunk > 256)
		chunk = 256;
	return left < chunk ? left : chunk;
}

struct sonde_error *sonde_space_read_string(
	struct sonde_space *space, uint64_t address, size_t maximum, char **ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer text = {0};

	while (text.length < maximum) {
		uint64_t from = address + text.length;
		size_t chunk = search_chunk(space, from, maximum - text.length);
		struct sonde_error *error;
		size_t got = chunk;
		uint8_t *end;

		if (from < address)
			return sonde_error_while(
				sonde_error_fault(space->limit, "the address space ends"),
				"reading a string at 0x%" PRIx64, address);
		CHECK(sonde_buffer_reserve(&text, chunk));
		error = sonde_space_read(space, from, text.data + text.length, chunk);
		if (sonde_error_is(error, SONDE_ERROR_FAULT))
			got = (size_t)(sonde_error_address(error) - from);
		else if (error)
			return error;
		end = memchr(text.data + text.length, 0, got);
		if (end) {
			sonde_error_destroy(error);
			*ret = (char *)text.data;
			text.data = NULL;
			return NULL;
		}
		if (error)
			return sonde_error_while(
				error, "reading a string at 0x%" PRIx64, address);
		text.length += got;
	}
	return sonde_error_while(
		sonde_error_create(SONDE_ERROR_BAD_DATA,
			"there is no NUL byte within %zu bytes", maximum),
		"reading a string at 0x%" PRIx64, address);
}
