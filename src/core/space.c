/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>

#include "buffer.h"
#include "page_plan.h"
#include "space.h"
#include "space_page.h"
#include "trap.h"

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

void sonde_space_forget(struct sonde_space *space)
{
	space->forgotten++;
}

void sonde_space_deinit(struct sonde_space *space)
{
	free(space->pages);
	free(space->proofs);
	free(space->page_cache);
	space->pages = NULL;
	space->proofs = NULL;
	space->page_cache = NULL;
}

void sonde_space_lose(struct sonde_space *space, bool *broken)
{
	if (broken)
		*broken = true;
	/* Others see through the same mapping, in which there are zeros now. */
	++*space->epoch;
	sonde_space_forget(space);
}

/* Windows of a page or less are not worth a place: that page is remembered. */
static void keep_window(struct sonde_space *space, const struct sonde_window *window)
{
	uint64_t age = sonde_space_age(space);
	struct sonde_kept_window *place = NULL;

	if (window->length <= SONDE_WINDOW_PAGE_BYTES)
		return;
	for (unsigned i = 0; i < SONDE_WINDOWS && !place; i++)
		if (space->windows[i].age != age ||
			space->windows[i].window.address == window->address)
			place = &space->windows[i];
	if (!place)
		place = &space->windows[space->oldest_window++ % SONDE_WINDOWS];
	place->window = *window;
	place->age = age;
}

static bool is_valid(
	const struct sonde_space *space, const struct sonde_window_page *page)
{
	return page->age == sonde_space_age(space);
}

/* The slot with the page at @p address, valid or not; NULL: there is none. */
static struct sonde_window_page *find_slot(
	const struct sonde_space *space, uint64_t address)
{
	struct sonde_window_page *slot;

	if (!space->pages)
		return NULL;
	slot = sonde_space_slot(space, address);
	if (slot->address != address || !slot->age)
		slot = sonde_space_other_slot(space, slot);
	return slot->address == address && slot->age ? slot : NULL;
}

/* The slot to be used for the page at @p address; NULL: there is no memory for it. */
static struct sonde_window_page *slot_for(struct sonde_space *space, uint64_t address)
{
	struct sonde_window_page *slot = find_slot(space, address), *other;

	if (!space->pages)
		space->pages = calloc(SONDE_WINDOW_PAGES, sizeof(*space->pages));
	if (slot || !space->pages)
		return slot;
	slot = sonde_space_slot(space, address);
	other = sonde_space_other_slot(space, slot);
	if (!slot->age || !other->age)
		return slot->age ? other : slot;
	return is_valid(space, slot) && !is_valid(space, other) ? other : slot;
}

static void put(const struct sonde_space *space, struct sonde_window_page *page,
	uint64_t address, const uint8_t *host, bool *broken)
{
	page->address = address;
	page->age = sonde_space_age(space);
	page->host = host;
	page->broken = broken;
}

static const struct sonde_window_page *keep_page(
	struct sonde_space *space, uint64_t address, const struct sonde_window *window)
{
	struct sonde_window_page *page = slot_for(space, address);

	if (!page)
		return NULL;
	put(space, page, address, window->host + (address - window->address),
		window->broken);
	if (space->proofs)
		space->proofs[page - space->pages].age = 0;
	return page;
}

/* The page at @p address was not seen before, or nobody knows whether it still counts. */
static struct sonde_window_page *find_by_tables(
	struct sonde_space *space, uint64_t address)
{
	struct sonde_window_page *page = slot_for(space, address);
	struct sonde_page_proof *proof;
	const uint8_t *host;
	bool *broken;

	if (!space->proofs)
		space->proofs = calloc(SONDE_WINDOW_PAGES, sizeof(*space->proofs));
	if (!page || !space->proofs)
		return NULL;
	proof = &space->proofs[page - space->pages];
	host = sonde_page_find(space->tables, address, &broken, proof);
	/* The proof is of this page and no other. */
	page->age = 0;
	if (!host)
		return NULL;
	put(space, page, address, host, broken);
	return page;
}

static inline bool has_tables(const struct sonde_space *space)
{
	return space->tables && space->tables->age == 1 + *space->epoch;
}

const struct sonde_window_page *sonde_space_see_page(
	struct sonde_space *space, uint64_t address)
{
	const struct sonde_window *known;
	struct sonde_window window;
	struct sonde_error *error;

	if (!space->ops->look)
		return NULL;
	address -= address % SONDE_WINDOW_PAGE_BYTES;
	known = sonde_space_find_window(space, address, SONDE_WINDOW_PAGE_BYTES);
	if (known)
		return keep_page(space, address, known);
	error = space->ops->look(space, address, &window);
	if (error) {
		sonde_error_destroy(error);
		return NULL;
	}
	if (window.length < address - window.address + SONDE_WINDOW_PAGE_BYTES)
		return NULL;
	keep_window(space, &window);
	return keep_page(space, address, &window);
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

static bool has_traps(const struct sonde_space *space)
{
	return space->traps && space->traps->first &&
	       sonde_traps_matter(space->traps, space);
}

/* The same memory may be seen at other addresses: only physical ones tell. */
static bool shows_traps(const struct sonde_space *space)
{
	return space->traps && space->traps->shown_count && !space->physical;
}

static struct sonde_error *read_slowly(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_error *error = check_range(space, address, length);
	size_t done = length;

	if (!error && length)
		error = space->ops->read(space, address, buffer, length);
	if (sonde_error_is(error, SONDE_ERROR_FAULT))
		done = sonde_error_address(error) - address < length
			       ? (size_t)(sonde_error_address(error) - address)
			       : length;
	else if (error)
		done = 0;
	if (done && has_traps(space))
		sonde_traps_hide(space->traps, space, address, buffer, done);
	return error ? explain(space, error, address, length) : NULL;
}

static NOINLINE struct sonde_error *lose_page(struct sonde_space *space,
	const struct sonde_window_page *page, uint64_t address, size_t length)
{
	sonde_space_lose(space, page->broken);
	return explain(space,
		sonde_error_create(SONDE_ERROR_IO,
			"the file behind this memory was cut short while it was mapped"),
		address, length);
}

/* Within a page, in a space that shows windows: NULL if it has none of this page. */
static const struct sonde_window_page *find_page(
	struct sonde_space *space, uint64_t address)
{
	uint64_t start = address - address % SONDE_WINDOW_PAGE_BYTES;
	struct sonde_window_page *page = find_slot(space, start);

	if (page && is_valid(space, page))
		return page;
	if (address > space->limit)
		return NULL;
	page = has_tables(space) ? find_by_tables(space, start) : NULL;
	return page ? page : sonde_space_see_page(space, address);
}

static NOINLINE struct sonde_error *read_seldom(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	const struct sonde_window_page *page = NULL;

	if (length && !shows_traps(space) &&
		length <= SONDE_WINDOW_PAGE_BYTES - address % SONDE_WINDOW_PAGE_BYTES)
		page = find_page(space, address);
	if (!page)
		return read_slowly(space, address, buffer, length);
	if (!sonde_space_copy_page(page, address, buffer, length))
		return lose_page(space, page, address, length);
	if (has_traps(space))
		sonde_traps_hide(space->traps, space, address, buffer, length);
	return NULL;
}

static inline struct sonde_error *read_page(struct sonde_space *space,
	const struct sonde_window_page *page, uint64_t address, void *buffer)
{
	return sonde_space_copy_page(page, address, buffer, 8)
		       ? NULL
		       : lose_page(space, page, address, 8);
}

static NOINLINE struct sonde_error *read_first(
	struct sonde_space *space, uint64_t address, void *buffer)
{
	const struct sonde_window_page *page = NULL;

	if (has_tables(space) && address <= space->limit)
		page = find_by_tables(space, address - address % SONDE_WINDOW_PAGE_BYTES);
	return page ? read_page(space, page, address, buffer)
		    : read_seldom(space, address, buffer, 8);
}

/* The page was seen, but then everything was forgotten. */
static NOINLINE struct sonde_error *read_again(struct sonde_space *space,
	uint64_t address, void *buffer, struct sonde_window_page *page)
{
	/* A proof of this epoch is of the tables of this epoch. */
	if (!space->proofs || !sonde_page_proof_holds(space->tables->physical,
				      &space->proofs[page - space->pages]))
		return read_first(space, address, buffer);
	page->age = sonde_space_age(space);
	return read_page(space, page, address, buffer);
}

/* In the slot in which the page is looked for first there is another one, or the bytes
 * are in two pages. */
static NOINLINE struct sonde_error *read_other(
	struct sonde_space *space, uint64_t address, void *buffer)
{
	uint64_t offset = address % SONDE_WINDOW_PAGE_BYTES;
	struct sonde_window_page *page;

	if (offset > SONDE_WINDOW_PAGE_BYTES - 8)
		return read_seldom(space, address, buffer, 8);
	page = find_slot(space, address - offset);
	if (!page)
		return read_first(space, address, buffer);
	return is_valid(space, page) ? read_page(space, page, address, buffer)
				     : read_again(space, address, buffer, page);
}

/*
 * What is read most often, 8 bytes within a page without traps, calls nobody, so that
 * there are no registers to save.
 */
struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_window_page *page;

	if (length != 8 || has_traps(space))
		return read_seldom(space, address, buffer, length);
	if (!space->pages)
		return read_other(space, address, buffer);
	page = sonde_space_slot(space, address);
	/* Of another page it is more; and so it is where 8 bytes are in two pages. */
	if ((address ^ page->address) > SONDE_WINDOW_PAGE_BYTES - 8)
		return read_other(space, address, buffer);
	return is_valid(space, page) ? read_page(space, page, address, buffer)
				     : read_again(space, address, buffer, page);
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	const struct sonde_write write = {
		.address = address, .data = data, .length = length, .may_be_code = true};
	struct sonde_error *error = check_range(space, address, length);

	/* It may be a page table, also of others. */
	++*space->epoch;
	if (!error && !space->ops->write)
		error = sonde_error_create(SONDE_ERROR_UNSUPPORTED, "it is read-only");
	if (!error && length && has_traps(space))
		error = sonde_traps_write_around(space->traps, space, &write);
	else if (!error && length)
		error = space->ops->write(space, &write);
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
