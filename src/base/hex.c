/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bulk memory arrives as hex, so decoding is a hot loop: long texts are decoded by
 * arithmetic, which compilers turn into vector instructions, short ones by a table.
 */
#include "hex.h"

enum {
	/** From here on vectors pay (bytes decoded). */
	LONG_TEXT = 64,
};

/* A digit's value with 0x10 set; 0 for what is no digit. */
static const uint8_t digit_values[256] = {
	['0'] = 0x10,
	['1'] = 0x11,
	['2'] = 0x12,
	['3'] = 0x13,
	['4'] = 0x14,
	['5'] = 0x15,
	['6'] = 0x16,
	['7'] = 0x17,
	['8'] = 0x18,
	['9'] = 0x19,
	['a'] = 0x1a,
	['b'] = 0x1b,
	['c'] = 0x1c,
	['d'] = 0x1d,
	['e'] = 0x1e,
	['f'] = 0x1f,
	['A'] = 0x1a,
	['B'] = 0x1b,
	['C'] = 0x1c,
	['D'] = 0x1d,
	['E'] = 0x1e,
	['F'] = 0x1f,
};

int sonde_hex_digit(char character)
{
	uint8_t value = digit_values[(uint8_t)character];

	return value ? value & 15 : -1;
}

void sonde_hex_encode(const void *data, size_t length, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++) {
		*ret++ = digits[bytes[i] >> 4];
		*ret++ = digits[bytes[i] & 15];
	}
}

static uint8_t value_of(uint8_t digit)
{
	return (uint8_t)((digit & 15) + 9 * (digit >> 6));
}

static uint8_t is_digit(uint8_t byte)
{
	return (uint8_t)((uint8_t)(byte - '0') < 10) |
	       (uint8_t)((uint8_t)((byte | 0x20) - 'a') < 6);
}

static bool decode_long(
	const uint8_t *restrict digits, size_t length, uint8_t *restrict ret)
{
	uint8_t good = 1;

	for (size_t i = 0; i < length; i++) {
		uint8_t high = digits[2 * i], low = digits[2 * i + 1];

		good &= is_digit(high) & is_digit(low);
		ret[i] = (uint8_t)(value_of(high) << 4 | value_of(low));
	}
	return good;
}

bool sonde_hex_decode(const char *text, size_t length, uint8_t *ret)
{
	const uint8_t *digits = (const uint8_t *)text;
	uint8_t both = 0x10;

	if (length >= LONG_TEXT)
		return decode_long(digits, length, ret);
	for (size_t i = 0; i < length; i++) {
		uint8_t high = digit_values[digits[2 * i]];
		uint8_t low = digit_values[digits[2 * i + 1]];

		both &= high & low;
		ret[i] = (uint8_t)(high << 4 | (low & 15));
	}
	return both != 0;
}

bool sonde_hex_parse(const char **position, const char *end, uint64_t *ret)
{
	const char *p = *position;
	uint64_t value = 0;

	for (; p < end && sonde_hex_digit(*p) >= 0; p++) {
		if (value >> 60)
			return false;
		value = value << 4 | (uint64_t)sonde_hex_digit(*p);
	}
	if (p == *position)
		return false;
	*position = p;
	*ret = value;
	return true;
}
