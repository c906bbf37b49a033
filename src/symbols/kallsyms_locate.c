/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the tables are. One of them cannot be mistaken: the tokens of the ten digits
 * stand for themselves, and 256 offsets that fit follow the tokens. The others lie around
 * it, in one of two orders (scripts/kallsyms.c):
 *
 *   offsets, base, count, names, markers, [sequences,] tokens, token index   (to 6.3)
 *   count, names, markers, tokens, token index, offsets, [base,] sequences   (from 6.4)
 *
 * each aligned to 8 bytes, or to 4 where no base is left. Which tables there are, and
 * what an offset is relative to, is found by trying: whatever is wrong does not fit.
 */
#include <string.h>

#include "error.h"
#include "kallsyms_sample.h"
#include "kallsyms_tables.h"
#include "space_search.h"

enum {
	FIRST_DIGIT = '0',
	/** Names and sequences between markers and tokens are shorter (bytes). */
	BACK_MAX = 8 << 20,
	/** Read at once on the way back (bytes). */
	CHUNK = 64 << 10,
	/** In the hands of somebody who makes tables that nearly fit, the work ends
	 * after so many entries were looked at. */
	WORK_MAX = 64 << 20,
	/** As many places as that are looked at to see what a table is; and where
	 * somebody has said where it is, and all else fits. */
	SAMPLES = 64,
	SAMPLES_KNOWN = 12,
	/** Tables that begin elsewhere are looked for so often. */
	DIGITS_MAX = 64,
};

static const uint8_t digits[20] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";

struct locator {
	struct sonde_kallsyms_tables *tables;
	/** Addresses of the token table, and behind its index. */
	uint64_t tokens, index_end;
	/** Where they begin and end. */
	uint64_t markers, markers_end;
	/** Of the number of symbols. */
	uint64_t count_at;
	uint64_t work;
};

static bool spend(struct locator *locator, uint64_t work)
{
	locator->work += work;
	return locator->work <= WORK_MAX;
}

static uint16_t u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

/* --- tokens ----------------------------------------------------------------------- */

/* Whether @p index, of 16-bit offsets, is that of the strings in tables->tokens. */
static bool index_fits(
	struct sonde_kallsyms_tables *tables, const uint8_t *index, size_t length)
{
	size_t at = 0;

	for (unsigned i = 0; i < SONDE_KALLSYMS_TOKENS; i++) {
		if (at >= length || u16(index + 2 * (size_t)i) != at)
			return false;
		tables->token_index[i] = (uint16_t)at;
		at += strnlen(tables->tokens + at, length - at) + 1;
	}
	/* The last one has its NUL, too, and nothing follows it. */
	return at == length;
}

/* How many bytes the tokens from the digits on have; 0: there are not so many. */
static size_t length_from_digits(const uint8_t *data, size_t length)
{
	size_t at = 0;

	for (unsigned i = FIRST_DIGIT; i < SONDE_KALLSYMS_TOKENS; i++) {
		const uint8_t *end =
			at < length ? memchr(data + at, 0, length - at) : NULL;

		if (!end)
			return 0;
		at = (size_t)(end - data) + 1;
	}
	return at;
}

/* The index is at @p index_at if it leads from there back to tokens that fit. */
static struct sonde_error *try_index(struct locator *locator, uint64_t digits_at,
	uint64_t end, uint64_t index_at, bool *fits)
{
	struct sonde_kallsyms_tables *tables = locator->tables;
	uint8_t index[2 * SONDE_KALLSYMS_TOKENS];
	size_t got, length;

	*fits = false;
	CHECK(sonde_space_read_part(tables->space, index_at, index, sizeof(index), &got));
	if (got < sizeof(index) || u16(index + 2 * FIRST_DIGIT) > digits_at)
		return NULL;
	locator->tokens = digits_at - u16(index + 2 * FIRST_DIGIT);
	if (end - locator->tokens > SONDE_KALLSYMS_TOKEN_BYTES_MAX)
		return NULL;
	length = (size_t)(end - locator->tokens);
	free(tables->tokens);
	tables->tokens = malloc(length);
	if (!tables->tokens)
		return sonde_error_no_memory();
	CHECK(sonde_space_read_part(
		tables->space, locator->tokens, tables->tokens, length, &got));
	*fits = got == length && index_fits(tables, index, length);
	locator->index_end = index_at + sizeof(index);
	return NULL;
}

static struct sonde_error *try_digits(
	struct locator *locator, uint64_t digits_at, bool *fits)
{
	CLEANUP(cleanup_free) uint8_t *data = malloc(SONDE_KALLSYMS_TOKEN_BYTES_MAX);
	size_t got = 0, length = 0;

	*fits = false;
	if (!data)
		return sonde_error_no_memory();
	/* Tables of real kernels have 1 KiB. */
	for (size_t size = 2048; size <= SONDE_KALLSYMS_TOKEN_BYTES_MAX && !length;
		size *= 32) {
		CHECK(sonde_space_read_part(
			locator->tables->space, digits_at, data, size, &got));
		length = length_from_digits(data, got);
		if (got < size)
			break;
	}
	for (unsigned align = 4; length && align <= 8 && !*fits; align *= 2)
		CHECK(try_index(locator, digits_at, digits_at + length,
			sonde_kallsyms_align(digits_at + length, align), fits));
	return NULL;
}

/* --- names ------------------------------------------------------------------------ */

/* Whether names of @p count symbols fill @p length bytes, but for less than @p slack. */
static bool names_fill(
	const uint8_t *data, size_t length, uint32_t count, size_t slack, size_t *used)
{
	size_t at = 0, name;

	for (uint32_t i = 0; i < count; i++) {
		if (!sonde_kallsyms_next_name(data, length, &at, &name))
			return false;
		at += name;
	}
	*used = at;
	return length - at < slack;
}

static uint32_t names_in_block(const struct sonde_kallsyms_tables *tables, uint32_t block)
{
	uint32_t left = tables->count - block * SONDE_KALLSYMS_BLOCK_NAMES;

	return left < SONDE_KALLSYMS_BLOCK_NAMES ? left : SONDE_KALLSYMS_BLOCK_NAMES;
}

/* The last block ends at the markers, which are aligned. */
static struct sonde_error *check_block(
	struct locator *locator, uint32_t block, uint8_t *buffer, bool *fits)
{
	struct sonde_kallsyms_tables *tables = locator->tables;
	bool last = block + 1 == tables->block_count;
	uint32_t from = tables->markers[block];
	size_t length = tables->markers[block + 1] - from, got, used;

	*fits = false;
	if (length > SONDE_KALLSYMS_BLOCK_BYTES_MAX + 8 ||
		!spend(locator, SONDE_KALLSYMS_BLOCK_NAMES))
		return NULL;
	CHECK(sonde_space_read_part(
		tables->space, tables->names + from, buffer, length, &got));
	*fits = got == length && names_fill(buffer, length, names_in_block(tables, block),
					 last ? 8 : 1, &used);
	if (*fits && last)
		tables->markers[block + 1] = from + (uint32_t)used;
	return NULL;
}

/* Some of the blocks, the first and the last one included. */
static struct sonde_error *check_blocks(
	struct locator *locator, uint8_t *buffer, bool *fits)
{
	uint32_t count = locator->tables->block_count, step = count / 8 + 1;

	CHECK(check_block(locator, count - 1, buffer, fits));
	for (uint32_t i = 0; i + 1 < count && *fits; i += step)
		CHECK(check_block(locator, i, buffer, fits));
	return NULL;
}

/* A number of symbols with as many blocks as there are; 0: @p data is none. */
static uint32_t count_at(const struct sonde_kallsyms_tables *tables, const uint8_t *data)
{
	uint32_t count = sonde_kallsyms_u32(data);
	uint32_t blocks = tables->block_count;

	return count > (blocks - 1) * SONDE_KALLSYMS_BLOCK_NAMES &&
			       count <= blocks * SONDE_KALLSYMS_BLOCK_NAMES
		       ? count
		       : 0;
}

/*
 * Where the names begin: behind a number that fits, and so that the last block, which no
 * marker ends, ends at the markers. @p data, of @p length bytes, is what lies between
 * the first place where that can be and the last one.
 */
static struct sonde_error *try_starts(struct locator *locator, const uint8_t *data,
	size_t length, uint64_t markers_at, uint8_t *buffer, bool *fits)
{
	struct sonde_kallsyms_tables *tables = locator->tables;
	uint32_t last = tables->block_count - 1;
	uint64_t address = markers_at - tables->markers[last] - length;

	for (size_t at = length & ~(size_t)3; at >= 8 && !*fits; at -= 4) {
		bool padded = !sonde_kallsyms_u32(data + at - 4);
		size_t number = at - (padded ? 8 : 4);

		tables->count = count_at(tables, data + number);
		if (!tables->count)
			continue;
		tables->names = address + at;
		locator->count_at = address + number;
		tables->markers[last + 1] = (uint32_t)(markers_at - tables->names);
		if (!spend(locator, 1))
			return NULL;
		CHECK(check_blocks(locator, buffer, fits));
	}
	return NULL;
}

static struct sonde_error *try_names(
	struct locator *locator, uint64_t markers_at, bool *fits)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL, *buffer = NULL;
	struct sonde_kallsyms_tables *tables = locator->tables;
	/* The first is enough for most last blocks, the second for all. */
	static const size_t lengths[] = {8 << 10, SONDE_KALLSYMS_BLOCK_BYTES_MAX + 16};
	uint64_t behind = markers_at - tables->markers[tables->block_count - 1];

	data = malloc(lengths[1] + 4);
	buffer = malloc(SONDE_KALLSYMS_BLOCK_BYTES_MAX + 16);
	if (!data || !buffer)
		return sonde_error_no_memory();
	for (unsigned i = 0; i < ARRAY_SIZE(lengths) && !*fits; i++) {
		uint64_t start = (behind - lengths[i]) & ~UINT64_C(3);
		size_t length = (size_t)(behind - start), got;

		if (start >= behind || !spend(locator, length / 64))
			return NULL;
		CHECK(sonde_space_read_part(tables->space, start, data, length, &got));
		if (got == length)
			CHECK(try_starts(
				locator, data, length, markers_at, buffer, fits));
	}
	return NULL;
}

/* --- markers ---------------------------------------------------------------------- */

static bool may_follow(uint32_t marker, uint32_t next)
{
	return next > marker && next - marker >= SONDE_KALLSYMS_BLOCK_BYTES_MIN &&
	       next - marker <= SONDE_KALLSYMS_BLOCK_BYTES_MAX;
}

/* @p blocks markers at @p address, if there are so many. */
static struct sonde_error *read_markers(
	struct locator *locator, uint64_t address, uint32_t blocks, bool *fits)
{
	CLEANUP(cleanup_free) uint8_t *data = malloc((size_t)4 * blocks);
	struct sonde_kallsyms_tables *tables = locator->tables;
	size_t got;

	*fits = false;
	free(tables->markers);
	tables->markers = calloc((size_t)blocks + 1, sizeof(*tables->markers));
	if (!data || !tables->markers)
		return sonde_error_no_memory();
	if (!spend(locator, 16))
		return NULL;
	CHECK(sonde_space_read_part(
		tables->space, address, data, (size_t)4 * blocks, &got));
	if (got < (size_t)4 * blocks || sonde_kallsyms_u32(data))
		return NULL;
	for (uint32_t i = 1; i < blocks; i++) {
		tables->markers[i] = sonde_kallsyms_u32(data + (size_t)4 * i);
		if (!may_follow(tables->markers[i - 1], tables->markers[i]))
			return NULL;
		locator->work++;
	}
	tables->block_count = blocks;
	*fits = true;
	return NULL;
}

static struct sonde_error *try_markers(
	struct locator *locator, uint64_t address, uint64_t blocks, bool *fits)
{
	bool read = false;

	*fits = false;
	if (blocks < 2 || blocks > SONDE_KALLSYMS_COUNT_MAX / SONDE_KALLSYMS_BLOCK_NAMES)
		return NULL;
	CHECK(read_markers(locator, address, (uint32_t)blocks, &read));
	if (read)
		CHECK(try_names(locator, address, fits));
	locator->markers = address;
	locator->markers_end = address + 4 * blocks;
	return NULL;
}

/* Between the markers and the tokens there is nothing. */
static struct sonde_error *try_adjacent(
	struct locator *locator, uint64_t address, bool *fits)
{
	uint64_t words = (locator->tokens - address) / 4;

	CHECK(try_markers(locator, address, words, fits));
	if (!*fits)
		CHECK(try_markers(locator, address, words - 1, fits));
	return NULL;
}

/*
 * Or there is a sequence of 3 bytes for each symbol: 768 for each block but the last one,
 * whose number of names is known when the names are. It is seldom a full one, so that
 * there is nearly always a block more than fits into the distance.
 */
static struct sonde_error *try_apart(
	struct locator *locator, uint64_t address, bool *fits)
{
	enum { BLOCK = 4 + 3 * SONDE_KALLSYMS_BLOCK_NAMES };
	uint64_t distance = locator->tokens - address, blocks = distance / BLOCK;

	for (uint64_t i = blocks + 1; i && i >= blocks && !*fits; i--) {
		uint64_t sequences = sonde_kallsyms_align(address + 4 * i, 8), end;

		CHECK(try_markers(locator, address, i, fits));
		end = sequences + UINT64_C(3) * locator->tables->count;
		if (*fits && sonde_kallsyms_align(end, 8) == locator->tokens)
			locator->tables->sequences = sequences;
		else
			*fits = false;
	}
	return NULL;
}

/* Markers that begin in @p data, of @p length bytes and 4 more, at @p address. */
static struct sonde_error *search_chunk(struct locator *locator, const uint8_t *data,
	size_t length, uint64_t address, bool *fits)
{
	for (size_t at = length; at >= 4 && !*fits;) {
		at -= 4;
		if (sonde_kallsyms_u32(data + at) ||
			!may_follow(0, sonde_kallsyms_u32(data + at + 4)))
			continue;
		if (!spend(locator, 1))
			return NULL;
		CHECK(try_adjacent(locator, address + at, fits));
		if (!*fits)
			CHECK(try_apart(locator, address + at, fits));
	}
	return NULL;
}

static struct sonde_error *search_markers(struct locator *locator, bool *fits)
{
	CLEANUP(cleanup_free) uint8_t *data = malloc(CHUNK + 4);
	uint64_t end = locator->tokens & ~UINT64_C(3);
	uint64_t first = locator->tables->place.first;

	*fits = false;
	if (!data)
		return sonde_error_no_memory();
	if (end - first > BACK_MAX)
		first = end - BACK_MAX;
	while (end > first && !*fits) {
		size_t length = end - first < CHUNK ? (size_t)(end - first) & ~(size_t)3
						    : CHUNK,
		       got;

		if (!length || !spend(locator, length / 64))
			return NULL;
		end -= length;
		CHECK(sonde_space_read_part(
			locator->tables->space, end, data, length + 4, &got));
		if (got < length + 4)
			return NULL;
		CHECK(search_chunk(locator, data, length, end, fits));
	}
	return NULL;
}

/* --- addresses -------------------------------------------------------------------- */

/* In the image, and not where the offsets are: those are no symbols' place, and zeros
 * that are taken for offsets from themselves would lead there. */
static bool is_plausible(const struct sonde_kallsyms_tables *tables, uint64_t address)
{
	return address >= tables->place.first && address <= tables->place.last &&
	       address - tables->offsets >= UINT64_C(4) * tables->count;
}

/* Addresses rise, and most are plausible. */
static struct sonde_error *addresses_fit(
	const struct sonde_kallsyms_tables *tables, bool *fits)
{
	uint64_t before = 0, first = 0;
	unsigned inside = 0;

	*fits = false;
	for (unsigned i = 0; i < tables->samples; i++) {
		uint64_t index =
			(uint64_t)(tables->count - 1) * i / (tables->samples - 1);
		struct sonde_error *error;
		uint64_t address;

		error = sonde_kallsyms_address(tables, (uint32_t)index, &address);
		if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
			sonde_error_destroy(error);
			return NULL;
		}
		CHECK(error);
		if (address < before)
			return NULL;
		before = address;
		first = i ? first : address;
		inside += is_plausible(tables, address);
	}
	*fits = inside > tables->samples / 2 && before > first;
	return NULL;
}

/* The base is at @p base_at; 0: there is none. */
static struct sonde_error *try_offsets(struct sonde_kallsyms_tables *tables,
	uint64_t offsets, uint64_t base_at, bool *fits)
{
	uint8_t base[8];
	size_t got;

	*fits = false;
	tables->offsets = offsets;
	if (!base_at) {
		tables->addressing = SONDE_KALLSYMS_SELF;
		return addresses_fit(tables, fits);
	}
	CHECK(sonde_space_read_part(tables->space, base_at, base, sizeof(base), &got));
	if (got < sizeof(base))
		return NULL;
	tables->base = sonde_kallsyms_u32(base) | (uint64_t)sonde_kallsyms_u32(base + 4)
							  << 32;
	tables->addressing = SONDE_KALLSYMS_ABSOLUTE_PERCPU;
	CHECK(addresses_fit(tables, fits));
	if (*fits)
		return NULL;
	tables->addressing = SONDE_KALLSYMS_BASE;
	return addresses_fit(tables, fits);
}

static struct sonde_error *find_offsets(struct locator *locator, bool *fits)
{
	struct sonde_kallsyms_tables *tables = locator->tables;
	uint64_t bytes = UINT64_C(4) * tables->count, base_at;

	base_at = (locator->count_at & ~UINT64_C(7)) - 8;
	CHECK(try_offsets(tables, (base_at - bytes) & ~UINT64_C(7), base_at, fits));
	if (*fits)
		return NULL;
	/* The sequences come behind the offsets, too. Offsets from a base would do for
	 * some from themselves, as long as it is not known that there is a base. */
	for (unsigned i = 0; i < 4 && !*fits; i++) {
		unsigned align = i % 2 ? 8 : 4;
		uint64_t offsets = sonde_kallsyms_align(locator->index_end, align);
		bool with_base = i < 2;

		base_at = sonde_kallsyms_align(offsets + bytes, align);
		tables->sequences = with_base ? base_at + 8 : base_at;
		CHECK(try_offsets(tables, offsets, with_base ? base_at : 0, fits));
	}
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *try_all(
	struct locator *locator, uint64_t digits_at, bool *fits)
{
	locator->tables->sequences = 0;
	CHECK(try_digits(locator, digits_at, fits));
	if (*fits)
		CHECK(search_markers(locator, fits));
	if (*fits)
		CHECK(find_offsets(locator, fits));
	return NULL;
}

/* From @p first to @p last. */
static struct sonde_error *search_range(
	struct locator *locator, uint64_t first, uint64_t last, bool *fits)
{
	struct sonde_space *space = locator->tables->space;
	bool found = false;
	uint64_t at;

	*fits = false;
	for (unsigned i = 0; i < DIGITS_MAX && first <= last; i++) {
		CHECK(sonde_space_search(
			space, first, last, digits, sizeof(digits), &at, &found));
		if (!found)
			return NULL;
		CHECK(try_all(locator, at, fits));
		if (*fits) {
			locator->tables->place.digits = at;
			return NULL;
		}
		first = at + 1;
	}
	return NULL;
}

static bool is_inside(const struct sonde_kallsyms_place *place, uint64_t address)
{
	return address >= place->first && address <= place->last;
}

/* Where a search would end, if it came there. */
static struct sonde_error *try_place(
	struct locator *locator, const struct sonde_kallsyms_place *place, bool *fits)
{
	uint8_t data[sizeof(digits)];
	size_t got;

	*fits = false;
	if (!is_inside(place, place->digits) || !is_inside(place, place->markers) ||
		place->markers % 4)
		return NULL;
	CHECK(sonde_space_read_part(
		locator->tables->space, place->digits, data, sizeof(data), &got));
	if (got < sizeof(data) || memcmp(data, digits, sizeof(data)) != 0)
		return NULL;
	CHECK(try_digits(locator, place->digits, fits));
	if (!*fits)
		return NULL;
	*fits = false;
	if (place->markers >= locator->tokens ||
		locator->tokens - place->markers > BACK_MAX)
		return NULL;
	CHECK(sonde_space_read_part(
		locator->tables->space, place->markers, data, 8, &got));
	if (got == 8)
		CHECK(search_chunk(locator, data, 4, place->markers, fits));
	return *fits ? find_offsets(locator, fits) : NULL;
}

static struct sonde_error *try_samples(
	struct locator *locator, const struct sonde_kallsyms_place *place, bool *fits)
{
	struct sonde_kallsyms_range ranges[SONDE_KALLSYMS_SAMPLE_RANGES];
	unsigned count;

	CHECK(sonde_kallsyms_sample(locator->tables->space, place, ranges, &count));
	for (unsigned i = 0; i < count && !*fits; i++)
		CHECK(search_range(locator, ranges[i].first, ranges[i].last, fits));
	return NULL;
}

struct sonde_error *sonde_kallsyms_locate(struct sonde_space *space,
	const struct sonde_kallsyms_place *place, struct sonde_kallsyms_tables *ret)
{
	struct locator locator = {.tables = ret};
	bool fits = false;

	*ret = (struct sonde_kallsyms_tables){
		.space = space, .place = *place, .samples = SAMPLES_KNOWN};
	if (place->digits)
		CHECK(try_place(&locator, place, &fits));
	if (fits)
		return NULL;
	locator = (struct locator){.tables = ret};
	ret->samples = SAMPLES;
	if (place->slow)
		CHECK(try_samples(&locator, place, &fits));
	if (!fits)
		CHECK(search_range(&locator, place->likely, place->last, &fits));
	if (!fits && place->likely > place->first)
		CHECK(search_range(&locator, place->first,
			place->likely + sizeof(digits) - 2, &fits));
	if (!fits)
		return sonde_error_create(SONDE_ERROR_NOT_FOUND,
			locator.work > WORK_MAX ? "the tables of kallsyms make no sense"
						: "there are no tables of kallsyms");
	ret->place.markers = locator.markers;
	return NULL;
}
