/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a linker calls its result (ld --build-id), in hexadecimal. It may name files. */
#ifndef SONDE_SYMBOLS_BUILD_ID_H
#define SONDE_SYMBOLS_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>

enum {
	/** Room for one, with its NUL: 64 bytes at most. ld makes 8 to 20. */
	SONDE_BUILD_ID_BYTES = 129,
};

/** Whether it is lower-case hexadecimal, and 8 to 64 bytes. */
bool sonde_build_id_is_sane(const char *text);

/** Writes @p length bytes as text; "" where that would not be sane. */
void sonde_build_id_write(
	const void *bytes, size_t length, char ret[SONDE_BUILD_ID_BYTES]);

#endif
