/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "error.h"
#include "space_page.h"
#include "space_search.h"

enum {
	/** Read at once (bytes). */
	PIECE_BYTES = 64 << 10,
	/** Looked at in place, at most (bytes): in between others may map and unmap. */
	STRETCH_BYTES = 1 << 20,
};

struct search {
	struct sonde_space *space;
	const void *pattern;
	size_t length;
	/** The last bytes before @ref next, fewer than the pattern has. */
	uint8_t tail[SONDE_SEARCH_PATTERN_MAX];
	size_t tail_length;
	/** The next address to be looked at, and the last one. */
	uint64_t next, last;
	/** Where it was found. */
	uint64_t hit;
	bool found;
};

/* What may begin before @p data, of which there are @p length bytes. */
static void look_across(struct search *search, const uint8_t *data, size_t length)
{
	uint8_t joint[2 * SONDE_SEARCH_PATTERN_MAX];
	size_t more = length < search->length - 1 ? length : search->length - 1;
	const uint8_t *at;

	memcpy(joint, search->tail, search->tail_length);
	memcpy(joint + search->tail_length, data, more);
	at = memmem(joint, search->tail_length + more, search->pattern, search->length);
	search->found = at != NULL;
	if (at)
		search->hit = search->next - search->tail_length + (uint64_t)(at - joint);
}

static void keep_tail(struct search *search, const uint8_t *data, size_t length)
{
	size_t wanted = search->length - 1, kept;

	if (length >= wanted) {
		memcpy(search->tail, data + length - wanted, wanted);
		search->tail_length = wanted;
		return;
	}
	kept = wanted - length < search->tail_length ? wanted - length
						     : search->tail_length;
	memmove(search->tail, search->tail + search->tail_length - kept, kept);
	memcpy(search->tail + kept, data, length);
	search->tail_length = kept + length;
}

/* The @p length bytes at search->next. */
static void look(struct search *search, const uint8_t *data, size_t length)
{
	const uint8_t *at;

	if (search->tail_length)
		look_across(search, data, length);
	if (search->found)
		return;
	at = memmem(data, length, search->pattern, search->length);
	if (at) {
		search->found = true;
		search->hit = search->next + (uint64_t)(at - data);
		return;
	}
	keep_tail(search, data, length);
}

static void pass(struct search *search, uint64_t bytes)
{
	if (bytes > search->last - search->next) {
		/* Nothing is left, whatever is asked. */
		search->next = search->last;
		search->length = 0;
		return;
	}
	search->next += bytes;
}

/* From search->next on, what lies there in one piece of our own memory; 0: nothing. */
static size_t find_stretch(
	const struct search *search, const uint8_t **host, bool **broken)
{
	uint64_t offset = search->next % SONDE_WINDOW_PAGE_BYTES;
	uint64_t left = search->last - search->next;
	size_t length = 0;

	while (length < STRETCH_BYTES && length <= left) {
		const struct sonde_window_page *page =
			sonde_space_see_page(search->space, search->next + length);

		if (!page || (length && (page->host != *host + length ||
						page->broken != *broken)))
			break;
		if (!length) {
			*host = page->host + offset;
			*broken = page->broken;
			length = SONDE_WINDOW_PAGE_BYTES - (size_t)offset;
			continue;
		}
		length += SONDE_WINDOW_PAGE_BYTES;
	}
	return length && length - 1 > left ? (size_t)left + 1 : length;
}

/* False: it has to be read. */
static bool look_in_place(struct search *search, size_t *length)
{
	const uint8_t *host = NULL;
	bool *broken = NULL;

	*length = find_stretch(search, &host, &broken);
	if (!*length)
		return false;
	sonde_guard_begin(host, *length);
	look(search, host, *length);
	if (sonde_guard_end())
		return true;
	search->found = false;
	search->tail_length = 0;
	sonde_space_lose(search->space, broken);
	return false;
}

static struct sonde_error *look_by_reading(
	struct search *search, uint8_t *buffer, size_t *length)
{
	uint64_t left = search->last - search->next;
	size_t wanted = left < PIECE_BYTES - 1 ? (size_t)left + 1 : PIECE_BYTES;
	uint64_t behind;

	CHECK(sonde_space_read_part(search->space, search->next, buffer, wanted, length));
	look(search, buffer, *length);
	if (*length == wanted)
		return NULL;
	/* On behind the page that cannot be read. */
	search->tail_length = 0;
	behind = search->next + *length;
	*length += SONDE_WINDOW_PAGE_BYTES - (size_t)(behind % SONDE_WINDOW_PAGE_BYTES);
	return NULL;
}

struct sonde_error *sonde_space_search(struct sonde_space *space, uint64_t first,
	uint64_t last, const void *pattern, size_t length, uint64_t *ret, bool *found)
{
	CLEANUP(cleanup_free) uint8_t *buffer = NULL;
	struct search search = {
		.space = space,
		.pattern = pattern,
		.length = length,
		.next = first,
		.last = last,
	};

	*found = false;
	if (!length || length > SONDE_SEARCH_PATTERN_MAX || first > last)
		return NULL;
	while (search.length && !search.found) {
		size_t done;

		if (!look_in_place(&search, &done)) {
			if (!buffer)
				buffer = malloc(PIECE_BYTES);
			if (!buffer)
				return sonde_error_no_memory();
			CHECK(look_by_reading(&search, buffer, &done));
		}
		pass(&search, done);
	}
	*found = search.found;
	if (search.found)
		*ret = search.hit;
	return NULL;
}

struct sonde_error *sonde_space_read_part(struct sonde_space *space, uint64_t address,
	void *buffer, size_t length, size_t *ret)
{
	struct sonde_error *error = sonde_space_read(space, address, buffer, length);

	*ret = length;
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	*ret = sonde_error_address(error) - address < length
		       ? (size_t)(sonde_error_address(error) - address)
		       : 0;
	sonde_error_destroy(error);
	return NULL;
}
