/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hexadecimal, as protocols and people write it. Nothing here reads past @p end. */
#ifndef SONDE_BASE_HEX_H
#define SONDE_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** 0..15, or -1 for a character that is no hexadecimal digit. */
int sonde_hex_digit(char character);

/** Writes 2 * @p length lower-case digits, no NUL. */
void sonde_hex_encode(const void *data, size_t length, char *ret);

/** Reads 2 * @p length digits; false if one of them is none. */
bool sonde_hex_decode(const char *text, size_t length, uint8_t *ret);

/**
 * Reads digits from *@p position on and moves it behind the last one. False where
 * there is no digit, or more than 64 bits.
 */
bool sonde_hex_parse(const char **position, const char *end, uint64_t *ret);

#endif
