/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "kallsyms_image.h"
#include "macros.h"

enum {
	/** The token that is short for "symbol_". */
	SYMBOL_TOKEN = 0x80,
	TABLES_AT = 0x4000,
	LONG_NAME = 200,
};

struct writer {
	struct kallsyms_image *image;
	size_t at;
	unsigned align;
};

static bool has_absolute(enum kallsyms_layout layout)
{
	return layout == LAYOUT_5_10 || layout == LAYOUT_6_1 || layout == LAYOUT_6_12;
}

void kallsyms_image_name(const struct kallsyms_image *image, unsigned index,
	char ret[SONDE_SYMBOL_NAME_BYTES])
{
	unsigned number = index == image->count - 1 ? index - 1 : index;
	int length = snprintf(ret, SONDE_SYMBOL_NAME_BYTES, "Tsymbol_%04u", number);

	if (index % 50 == 7)
		for (; length < LONG_NAME; length++)
			ret[length] = 'x';
	if (index == 1)
		ret[length++] = '\033';
	ret[length] = '\0';
}

uint64_t kallsyms_image_address(
	const struct kallsyms_image *image, enum kallsyms_layout layout, unsigned index)
{
	(void)image;
	if (index < 3 && has_absolute(layout))
		return (uint64_t)index * 0x1000;
	if (index == 10 || index == 11)
		index = 9;
	return KALLSYMS_IMAGE_BASE + (uint64_t)index * KALLSYMS_IMAGE_STEP;
}

static void put(struct writer *writer, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		if (writer->at >= KALLSYMS_IMAGE_BYTES)
			abort();
		writer->image->data[writer->at++] = (uint8_t)(value >> 8 * i);
	}
}

static size_t begin(struct writer *writer)
{
	while (writer->at % writer->align)
		put(writer, 0, 1);
	return writer->at;
}

static void put_offsets(struct writer *writer, enum kallsyms_layout layout)
{
	struct kallsyms_image *image = writer->image;

	image->offsets = begin(writer);
	for (unsigned i = 0; i < image->count; i++) {
		uint64_t address = kallsyms_image_address(image, layout, i);
		uint64_t offset = address - KALLSYMS_IMAGE_BASE;

		if (has_absolute(layout))
			offset = i < 3 ? address : KALLSYMS_IMAGE_BASE - 1 - address;
		else if (layout == LAYOUT_7_2)
			offset = address - (KALLSYMS_IMAGE_BASE + writer->at);
		put(writer, offset, 4);
	}
	begin(writer);
	if (layout != LAYOUT_7_2)
		put(writer, KALLSYMS_IMAGE_BASE, 8);
}

static void put_name(struct writer *writer, const char *name)
{
	char packed[SONDE_SYMBOL_NAME_BYTES];
	unsigned length = 0;

	for (const char *at = name; *at;) {
		bool shortened = !strncmp(at, "symbol_", 7);

		packed[length++] = shortened ? (char)SYMBOL_TOKEN : *at;
		at += shortened ? 7 : 1;
	}
	if (length < 128) {
		put(writer, length, 1);
	} else {
		put(writer, 0x80 | (length & 0x7f), 1);
		put(writer, length >> 7, 1);
	}
	for (unsigned i = 0; i < length; i++)
		put(writer, (uint8_t)packed[i], 1);
}

static void put_names(struct writer *writer)
{
	struct kallsyms_image *image = writer->image;
	uint32_t markers[10000 / 256 + 1];

	begin(writer);
	put(writer, image->count, 4);
	image->names = begin(writer);
	for (unsigned i = 0; i < image->count; i++) {
		char name[SONDE_SYMBOL_NAME_BYTES];

		if (i % 256 == 0)
			markers[i / 256] = (uint32_t)(writer->at - image->names);
		kallsyms_image_name(image, i, name);
		put_name(writer, name);
	}
	image->markers = begin(writer);
	for (unsigned i = 0; i < (image->count + 255) / 256; i++)
		put(writer, markers[i], 4);
}

struct named {
	char name[SONDE_SYMBOL_NAME_BYTES];
	unsigned index;
};

static int compare(const void *left, const void *right)
{
	const struct named *a = left, *b = right;
	int order = strcmp(a->name + 1, b->name + 1);

	return order ? order : a->index < b->index ? -1 : 1;
}

static void put_sequences(struct writer *writer)
{
	struct kallsyms_image *image = writer->image;
	struct named *sorted = calloc(image->count, sizeof(*sorted));

	if (!sorted)
		abort();
	image->sequences = begin(writer);
	for (unsigned i = 0; i < image->count; i++) {
		kallsyms_image_name(image, i, sorted[i].name);
		sorted[i].index = i;
	}
	qsort(sorted, image->count, sizeof(*sorted), compare);
	for (unsigned i = 0; i < image->count; i++) {
		put(writer, sorted[i].index >> 16, 1);
		put(writer, sorted[i].index >> 8 & 255, 1);
		put(writer, sorted[i].index & 255, 1);
	}
	free(sorted);
}

/* All bytes stand for themselves, but one. */
static void put_tokens(struct writer *writer)
{
	struct kallsyms_image *image = writer->image;
	uint16_t index[256];

	image->tokens = begin(writer);
	for (unsigned i = 0; i < 256; i++) {
		index[i] = (uint16_t)(writer->at - image->tokens);
		for (const char *at = "symbol_"; i == SYMBOL_TOKEN && *at; at++)
			put(writer, (uint8_t)*at, 1);
		if (i && i != SYMBOL_TOKEN)
			put(writer, i, 1);
		put(writer, 0, 1);
	}
	image->index = begin(writer);
	for (unsigned i = 0; i < 256; i++)
		put(writer, index[i], 2);
}

static struct sonde_error *read_image(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct kallsyms_image *image = CONTAINER_OF(space, struct kallsyms_image, space);
	uint64_t offset = address - KALLSYMS_IMAGE_BASE;
	size_t within = offset >= image->length ? 0 : image->length - (size_t)offset;

	if (within > length)
		within = length;
	if (within)
		memcpy(buffer, image->data + offset, within);
	image->bytes += within;
	image->reads++;
	return within == length ? NULL : sonde_error_fault(address + within, NULL);
}

void kallsyms_image_init(
	struct kallsyms_image *image, enum kallsyms_layout layout, unsigned count)
{
	static const struct sonde_space_ops ops = {.read = read_image};
	struct writer writer = {
		.image = image, .at = TABLES_AT, .align = layout == LAYOUT_7_2 ? 4 : 8};

	memset(image, 0, sizeof(*image));
	image->count = count;
	image->length = KALLSYMS_IMAGE_BYTES;
	image->space = (struct sonde_space){
		.ops = &ops,
		.name = "image",
		.page_bytes = 4096,
		.limit = UINT64_MAX,
		.epoch = &image->epoch,
	};
	if (layout <= LAYOUT_6_1_BASE)
		put_offsets(&writer, layout);
	put_names(&writer);
	if (layout == LAYOUT_6_1 || layout == LAYOUT_6_1_BASE)
		put_sequences(&writer);
	put_tokens(&writer);
	if (layout >= LAYOUT_6_12) {
		put_offsets(&writer, layout);
		put_sequences(&writer);
	}
}

struct sonde_kallsyms_place kallsyms_image_place(void)
{
	return (struct sonde_kallsyms_place){
		.first = KALLSYMS_IMAGE_BASE,
		.last = KALLSYMS_IMAGE_BASE + KALLSYMS_IMAGE_BYTES - 1,
		.likely = KALLSYMS_IMAGE_BASE,
	};
}
