/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is valid: UTF-8 (RFC 3629), without the control characters U+0000-U+001F,
 * U+007F-U+009F: terminals obey the latter, too. Nor what ends a line for programs that
 * know Unicode, or turns the direction of what follows (U+2028-U+202E, U+2066-U+2069), or
 * is not to be seen (U+200B-U+200F, U+2060-U+2065, U+FEFF).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

static size_t sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

static bool is_invisible(uint32_t character)
{
	return (character >= 0x200b && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2060 && character <= 0x2069) || character == 0xfeff;
}

/* The bytes of the printable character at @p text, or 0. */
static size_t printable(const unsigned char *text, size_t length)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t bytes = sequence_length(text[0]);
	uint32_t character;

	if (!bytes || bytes > length)
		return 0;
	if (bytes == 1)
		return text[0] >= 0x20 && text[0] != 0x7f;
	character = text[0] & (0x7fu >> bytes);
	for (size_t i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (text[i] & 0x3f);
	}
	if (character < smallest[bytes] || character > 0x10ffff || character < 0xa0 ||
		(character >= 0xd800 && character <= 0xdfff) || is_invisible(character))
		return 0;
	return bytes;
}

char *cli_escape(const char *text, size_t length, bool guest)
{
	char *escaped = malloc(length * 4 + 1), *to = escaped;

	if (!escaped)
		return NULL;
	for (size_t i = 0; i < length;) {
		const unsigned char *at = (const unsigned char *)text + i;
		size_t bytes = printable(at, length - i);

		if (!bytes) {
			to += sprintf(to, "\\x%02x", *at);
			i++;
			continue;
		}
		if (guest && *at == '\\')
			*to++ = '\\';
		memcpy(to, at, bytes);
		to += bytes;
		i += bytes;
	}
	*to = '\0';
	return escaped;
}
