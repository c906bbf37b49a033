/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel's image with nothing in it but the tables of kallsyms, in each layout. */
#ifndef SONDE_TESTS_KALLSYMS_IMAGE_H
#define SONDE_TESTS_KALLSYMS_IMAGE_H

#include "kallsyms.h"
#include "space.h"

/** Kernels that have it, for example. */
enum kallsyms_layout {
	/** Offsets first, no sequences: 5.10, x86 and arm64. */
	LAYOUT_5_10,
	LAYOUT_5_10_BASE,
	/** Sequences before the tokens: 6.1. */
	LAYOUT_6_1,
	LAYOUT_6_1_BASE,
	/** Offsets last: 6.12, and 6.16. */
	LAYOUT_6_12,
	LAYOUT_6_16,
	/** No base: 7.2. */
	LAYOUT_7_2,
	LAYOUTS,
};

#define KALLSYMS_IMAGE_BASE UINT64_C(0xffffffff81000000)

enum {
	KALLSYMS_IMAGE_BYTES = 1 << 20,
	/** Symbols are that far apart in the image (bytes). */
	KALLSYMS_IMAGE_STEP = 32,
};

struct kallsyms_image {
	struct sonde_space space;
	uint64_t epoch;
	uint8_t data[KALLSYMS_IMAGE_BYTES];
	/** Reads end there (bytes). */
	size_t length;
	/** Bytes that were read, and how often. */
	uint64_t bytes, reads;
	/** Of the names: where in the image the tables are. */
	size_t offsets, names, markers, tokens, index, sequences;
	unsigned count;
};

/**
 * Fills in an image with @p count symbols, at most 9999. Their names and addresses are
 * those of kallsyms_image_name() and kallsyms_image_address().
 */
void kallsyms_image_init(
	struct kallsyms_image *image, enum kallsyms_layout layout, unsigned count);

/** "T" and "symbol_1234"; of every fiftieth one a name of 200 bytes, of the second one a
 * byte that is no letter; the last two have the same name. */
void kallsyms_image_name(const struct kallsyms_image *image, unsigned index,
	char ret[SONDE_SYMBOL_NAME_BYTES]);

/** In those layouts that have them, the first three are per-CPU symbols. Two symbols have
 * the address of the one before them: those at 10 and 11. */
uint64_t kallsyms_image_address(
	const struct kallsyms_image *image, enum kallsyms_layout layout, unsigned index);

struct sonde_kallsyms_place kallsyms_image_place(void);

#endif
