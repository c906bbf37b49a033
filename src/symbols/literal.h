/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What literals stand for: 0x10ul, 'a', "text". Errors name the column. */
#ifndef SONDE_SYMBOLS_LITERAL_H
#define SONDE_SYMBOLS_LITERAL_H

#include "syntax.h"

/**
 * The value and type of a SONDE_TOKEN_INTEGER as C11 6.4.4.1 says, and 0b101. A
 * decimal number too large for long is an unsigned long rather than an error.
 */
SONDE_NODISCARD struct sonde_error *sonde_literal_integer(const char *text,
	const struct sonde_token *token, struct sonde_scalar_type *ret_type,
	uint64_t *ret);

/** The value of a SONDE_TOKEN_CHARACTER, an int. */
SONDE_NODISCARD struct sonde_error *sonde_literal_character(
	const char *text, const struct sonde_token *token, uint64_t *ret);

/** What a SONDE_TOKEN_STRING stands for; @p ret has room for the token's length. */
SONDE_NODISCARD struct sonde_error *sonde_literal_string(
	const char *text, const struct sonde_token *token, char *ret);

#endif
