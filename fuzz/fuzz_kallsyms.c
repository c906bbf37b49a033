/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of kallsyms, in any layout and then changed: the input is a byte for the
 * layout, two for the number of symbols, two for where the image ends; then changes, of
 * four bytes each: which table, where in it, and a value. What is found must hold
 * together.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "kallsyms_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HEAD = 5,
	CHANGE = 5,
	LOOKUPS = 32,
};

static unsigned number(const uint8_t *data)
{
	return data[0] | (unsigned)data[1] << 8;
}

static void change(struct kallsyms_image *image, const uint8_t *data, size_t size)
{
	const size_t tables[] = {image->offsets, image->names - 8, image->names,
		image->markers, image->tokens, image->index, image->sequences, 0};

	for (size_t at = HEAD; at + CHANGE <= size; at += CHANGE) {
		size_t place = tables[data[at] % 8] + number(data + at + 1) +
			       ((size_t)data[at + 3] << 16);

		image->data[place % KALLSYMS_IMAGE_BYTES] = data[at + 4];
	}
}

/* All of what was found is an answer or an error, and says nothing wild. */
static void check(
	struct sonde_error *error, bool found, const struct sonde_symbol *symbol)
{
	if (!error && found &&
		(strnlen(symbol->name, sizeof(symbol->name)) == sizeof(symbol->name) ||
			!*symbol->name))
		abort();
	sonde_error_destroy(error);
}

static void look_up(struct sonde_kallsyms *kallsyms)
{
	uint64_t count = sonde_kallsyms_count(kallsyms);
	struct sonde_symbol symbol, other;
	bool found;

	if (!count || count > 4096 * 4)
		abort();
	for (uint64_t i = 0; i < count; i += count / LOOKUPS + 1) {
		struct sonde_error *error = sonde_kallsyms_get(kallsyms, i, &symbol);

		found = !error;
		check(error, found, &symbol);
		if (!found)
			continue;
		other = symbol;
		error = sonde_kallsyms_find(kallsyms, symbol.name, 0, &other, &found);
		found = found && !error;
		check(error, found, &other);
		if (found && strcmp(symbol.name, other.name) != 0)
			abort();
		error = sonde_kallsyms_at(kallsyms, symbol.address + 1, &other, &found);
		check(error, !error && found, &other);
	}
	check(sonde_kallsyms_find(kallsyms, "no_such", 0, &symbol, &found), false, NULL);
	check(sonde_kallsyms_get(kallsyms, count, &symbol), false, NULL);
}

/* Who knows where the tables are finds the same. */
static void open_again(
	struct kallsyms_image *image, const struct sonde_kallsyms *kallsyms)
{
	const struct sonde_kallsyms_place *place = sonde_kallsyms_place(kallsyms), *found;
	struct sonde_kallsyms *again = NULL;

	if (sonde_kallsyms_create(&image->space, place, &again))
		abort();
	found = sonde_kallsyms_place(again);
	if (found->digits != place->digits || found->markers != place->markers ||
		sonde_kallsyms_count(again) != sonde_kallsyms_count(kallsyms))
		abort();
	sonde_kallsyms_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kallsyms_image image;
	struct sonde_kallsyms_place place = kallsyms_image_place();
	struct sonde_kallsyms *kallsyms = NULL;
	struct sonde_error *error;

	if (size < HEAD)
		return 0;
	kallsyms_image_init(&image, data[0] % LAYOUTS, 300 + number(data + 1) % 900);
	change(&image, data, size);
	image.length -= number(data + 3);
	place.slow = data[1] & 1;
	place.likely += data[0] / LAYOUTS * UINT64_C(0x800);
	error = sonde_kallsyms_create(&image.space, &place, &kallsyms);
	if (!error) {
		look_up(kallsyms);
		open_again(&image, kallsyms);
	}
	sonde_error_destroy(error);
	sonde_kallsyms_destroy(kallsyms);
	return 0;
}
