/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is at the same place of the image at each boot of a build, and takes a search to
 * find; and the text that it is kept as. cache.h has the files.
 */
#ifndef SONDE_LINUX_PLACES_H
#define SONDE_LINUX_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/** The kernel's Makefile has the linker make a SHA-1 (--build-id=sha1). */
	SONDE_LINUX_BUILD_ID_BYTES = 20,
	/** The text is shorter, its NUL included. */
	SONDE_LINUX_PLACES_TEXT_MAX = 512,
	/** No image is larger (bytes), and no place further from its beginning. */
	SONDE_LINUX_PLACES_IMAGE_MAX = 1 << 30,
	/** Symbols that are asked for at each attach. */
	SONDE_LINUX_PLACES_SYMBOLS = 5,
	/** scripts/kallsyms.c has three bytes for a symbol's number. */
	SONDE_LINUX_PLACES_SYMBOL_MAX = 1 << 24,
};

/** Their names, in the order of @ref sonde_linux_places.symbols. */
extern const char *const sonde_linux_places_symbols[SONDE_LINUX_PLACES_SYMBOLS];

/** In bytes from the image's beginning on; 0: not known, since code is there. */
struct sonde_linux_places {
	/** Of the kernel: the descriptor of the note at @ref note. */
	uint8_t build_id[SONDE_LINUX_BUILD_ID_BYTES];
	uint64_t note;
	/** See struct sonde_kallsyms_place. */
	uint64_t digits, markers;
	/** The header of the BTF, where no symbol names it. */
	uint64_t types;
	/** 1 + where each is in the order of names, or would be: see
	 * sonde_kallsyms_find_near(). No bytes, but places, too. */
	uint32_t symbols[SONDE_LINUX_PLACES_SYMBOLS];
};

/** Returns the text's length. */
size_t sonde_linux_places_format(
	const struct sonde_linux_places *places, char ret[SONDE_LINUX_PLACES_TEXT_MAX]);

/** Whether the @p length bytes at @p text are what sonde_linux_places_format() makes. */
bool sonde_linux_places_parse(
	const char *text, size_t length, struct sonde_linux_places *ret);

bool sonde_linux_places_same(
	const struct sonde_linux_places *left, const struct sonde_linux_places *right);

#endif
