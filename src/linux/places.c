/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One text for what it says: what was written in another way is not read. So whatever is
 * read has passed every check that can be made without the guest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "places.h"

/* The number is that of the format. */
static const char begin[] = "sonde kernel places 2\nbuild-id ";

const char *const sonde_linux_places_symbols[SONDE_LINUX_PLACES_SYMBOLS] = {
	"_text",
	"linux_banner",
	"init_top_pgt",
	"vmcoreinfo_data",
	"__start_BTF",
};

static bool take(const char **at, const char *end, const char *words)
{
	size_t length = strlen(words);

	if ((size_t)(end - *at) < length || memcmp(*at, words, length) != 0)
		return false;
	*at += length;
	return true;
}

static bool take_place(const char **at, const char *end, const char *name, uint64_t *ret)
{
	return take(at, end, name) && sonde_hex_parse(at, end, ret) &&
	       *ret < SONDE_LINUX_PLACES_IMAGE_MAX;
}

static bool take_build_id(const char **at, const char *end, uint8_t *ret)
{
	size_t length = SONDE_LINUX_BUILD_ID_BYTES;

	if ((size_t)(end - *at) < 2 * length || !sonde_hex_decode(*at, length, ret))
		return false;
	*at += 2 * length;
	return true;
}

size_t sonde_linux_places_format(
	const struct sonde_linux_places *places, char ret[SONDE_LINUX_PLACES_TEXT_MAX])
{
	char id[2 * SONDE_LINUX_BUILD_ID_BYTES + 1];
	size_t length;

	sonde_hex_encode(places->build_id, sizeof(places->build_id), id);
	id[sizeof(id) - 1] = '\0';
	length = (size_t)snprintf(ret, SONDE_LINUX_PLACES_TEXT_MAX,
		"%s%s\nnote %" PRIx64 "\ndigits %" PRIx64 "\nmarkers %" PRIx64
		"\ntypes %" PRIx64,
		begin, id, places->note, places->digits, places->markers, places->types);
	for (unsigned i = 0; i < SONDE_LINUX_PLACES_SYMBOLS; i++)
		length += (size_t)snprintf(ret + length,
			SONDE_LINUX_PLACES_TEXT_MAX - length, "\n%s %" PRIx32,
			sonde_linux_places_symbols[i], places->symbols[i]);
	length += (size_t)snprintf(
		ret + length, SONDE_LINUX_PLACES_TEXT_MAX - length, "\nend\n");
	return length;
}

static bool take_symbols(const char **at, const char *end, uint32_t *ret)
{
	for (unsigned i = 0; i < SONDE_LINUX_PLACES_SYMBOLS; i++) {
		uint64_t place;

		if (!take(at, end, "\n") ||
			!take(at, end, sonde_linux_places_symbols[i]) ||
			!take(at, end, " ") || !sonde_hex_parse(at, end, &place) ||
			place > SONDE_LINUX_PLACES_SYMBOL_MAX)
			return false;
		ret[i] = (uint32_t)place;
	}
	return true;
}

bool sonde_linux_places_parse(
	const char *text, size_t length, struct sonde_linux_places *ret)
{
	const char *at = text, *end = text + length;
	char again[SONDE_LINUX_PLACES_TEXT_MAX];
	struct sonde_linux_places places;

	if (!take(&at, end, begin) || !take_build_id(&at, end, places.build_id) ||
		!take_place(&at, end, "\nnote ", &places.note) ||
		!take_place(&at, end, "\ndigits ", &places.digits) ||
		!take_place(&at, end, "\nmarkers ", &places.markers) ||
		!take_place(&at, end, "\ntypes ", &places.types) ||
		!take_symbols(&at, end, places.symbols) || !take(&at, end, "\nend\n") ||
		at != end || !places.note)
		return false;
	if (sonde_linux_places_format(&places, again) != length ||
		memcmp(again, text, length) != 0)
		return false;
	*ret = places;
	return true;
}

bool sonde_linux_places_same(
	const struct sonde_linux_places *left, const struct sonde_linux_places *right)
{
	return !memcmp(left->build_id, right->build_id, sizeof(left->build_id)) &&
	       left->note == right->note && left->digits == right->digits &&
	       left->markers == right->markers && left->types == right->types &&
	       !memcmp(left->symbols, right->symbols, sizeof(left->symbols));
}
