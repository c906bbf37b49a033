/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "build_id.h"

#include <stdint.h>
#include <string.h>

enum {
	BYTES_MIN = 8,
	BYTES_MAX = (SONDE_BUILD_ID_BYTES - 1) / 2,
};

static const char digits[] = "0123456789abcdef";

bool sonde_build_id_is_sane(const char *text)
{
	size_t length = strnlen(text, SONDE_BUILD_ID_BYTES);

	return length % 2 == 0 && length / 2 >= BYTES_MIN && length / 2 <= BYTES_MAX &&
	       strspn(text, digits) == length;
}

void sonde_build_id_write(
	const void *bytes, size_t length, char ret[SONDE_BUILD_ID_BYTES])
{
	const uint8_t *byte = bytes;

	if (length < BYTES_MIN || length > BYTES_MAX)
		length = 0;
	for (size_t i = 0; i < length; i++) {
		ret[2 * i] = digits[byte[i] >> 4];
		ret[2 * i + 1] = digits[byte[i] & 15];
	}
	ret[2 * length] = '\0';
}
