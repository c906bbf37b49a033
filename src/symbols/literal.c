/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "hex.h"
#include "literal.h"

enum {
	/** How much of a token an error repeats. */
	SHOWN_MAX = 40,
};

static struct sonde_error *bad_integer(
	const char *text, const struct sonde_token *token, const char *why)
{
	int shown = token->length < SHOWN_MAX ? (int)token->length : SHOWN_MAX;

	return sonde_syntax_error(text, token->offset, SONDE_ERROR_INVALID, "'%.*s' %s",
		shown, text + token->offset, why);
}

/* Moves @p digits behind the prefix; the 0 of an octal number is a digit of it. */
static unsigned skip_prefix(const char **digits)
{
	const char *text = *digits;

	if (text[0] != '0')
		return 10;
	if ((text[1] | 0x20) == 'x' || (text[1] | 0x20) == 'b') {
		*digits += 2;
		return (text[1] | 0x20) == 'x' ? 16 : 2;
	}
	return 8;
}

/* u, l or ll in either order and case, but no lL. */
static bool parse_suffix(
	const char *suffix, const char *end, bool *ret_unsigned, unsigned *ret_longs)
{
	bool is_unsigned = false;
	unsigned longs = 0;

	while (suffix < end) {
		if ((*suffix | 0x20) == 'u' && !is_unsigned) {
			is_unsigned = true;
			suffix++;
		} else if ((*suffix | 0x20) == 'l' && !longs) {
			longs = suffix + 1 < end && suffix[1] == suffix[0] ? 2 : 1;
			suffix += longs;
		} else {
			return false;
		}
	}
	*ret_unsigned = is_unsigned;
	*ret_longs = longs;
	return true;
}

/* The first type from @p longs on that holds @p integer. */
static enum sonde_scalar type_of(
	uint64_t integer, bool decimal, bool is_unsigned, unsigned longs)
{
	static const enum sonde_scalar signed_types[] = {
		SONDE_SCALAR_INT,
		SONDE_SCALAR_LONG,
		SONDE_SCALAR_LONG_LONG,
	};

	for (unsigned i = longs; i < ARRAY_SIZE(signed_types); i++) {
		enum sonde_scalar type = signed_types[i];
		unsigned bits = 8 * sonde_scalar_type_bytes(sonde_scalar_type(type), 64);
		uint64_t maximum = UINT64_MAX >> (64 - bits);

		if (!is_unsigned && integer <= maximum >> 1)
			return type;
		if ((is_unsigned || !decimal) && integer <= maximum)
			return type + 1;
	}
	return longs == 2 ? SONDE_SCALAR_UNSIGNED_LONG_LONG : SONDE_SCALAR_UNSIGNED_LONG;
}

struct sonde_error *sonde_literal_integer(const char *text,
	const struct sonde_token *token, struct sonde_scalar_type *ret_type,
	uint64_t *ret)
{
	const char *position = text + token->offset;
	const char *end = position + token->length;
	unsigned base = skip_prefix(&position);
	const char *digits = position;
	uint64_t integer = 0;
	bool is_unsigned;
	unsigned longs;

	for (; position < end; position++) {
		unsigned digit = (unsigned)sonde_hex_digit(*position);

		if (digit >= base)
			break;
		if (integer > (UINT64_MAX - digit) / base)
			return bad_integer(text, token, "does not fit into 64 bits");
		integer = integer * base + digit;
	}
	if (position == digits || !parse_suffix(position, end, &is_unsigned, &longs))
		return bad_integer(text, token, "is no integer");
	*ret_type = sonde_scalar_type(type_of(integer, base == 10, is_unsigned, longs));
	*ret = integer;
	return NULL;
}

/* Digits of base 8 or 16 behind a backslash; octal ones are three at most. */
static bool escape_number(
	const char **position, unsigned base, unsigned digits_max, uint8_t *ret)
{
	unsigned value = 0, count = 0;

	for (; count < digits_max; count++) {
		unsigned digit = (unsigned)sonde_hex_digit(**position);

		if (digit >= base)
			break;
		value = value * base + digit;
		if (value > 0xff)
			return false;
		(*position)++;
	}
	*ret = (uint8_t)value;
	return count;
}

/* Behind the backslash. The closing quote stops numbers that would run over it. */
static bool escape(const char **position, uint8_t *ret)
{
	static const char letters[] = "abefnrtv'\"\\?";
	static const char meanings[] = "\a\b\033\f\n\r\t\v'\"\\?";
	const char *found;

	if (**position >= '0' && **position <= '7')
		return escape_number(position, 8, 3, ret);
	if (**position == 'x') {
		(*position)++;
		return escape_number(position, 16, UINT32_MAX, ret);
	}
	found = strchr(letters, **position);
	if (!found || !*found)
		return false;
	*ret = (uint8_t)meanings[found - letters];
	(*position)++;
	return true;
}

/* One byte of a quoted literal. */
static struct sonde_error *decode(const char *text, const char **position, uint8_t *ret)
{
	const char *start = *position;

	(*position)++;
	if (*start != '\\') {
		*ret = (uint8_t)*start;
		return NULL;
	}
	if (escape(position, ret))
		return NULL;
	return sonde_syntax_error(text, (size_t)(start - text), SONDE_ERROR_INVALID,
		"this backslash begins no escape sequence of one byte");
}

struct sonde_error *sonde_literal_character(
	const char *text, const struct sonde_token *token, uint64_t *ret)
{
	const char *position = text + token->offset + 1;
	const char *end = text + token->offset + token->length - 1;
	uint8_t byte = 0;

	if (position < end)
		CHECK(decode(text, &position, &byte));
	if (position != end || token->length == 2)
		return sonde_syntax_error(text, token->offset, SONDE_ERROR_INVALID,
			"a character constant is one byte between the quotes");
	*ret = (uint64_t)(int8_t)byte;
	return NULL;
}

struct sonde_error *sonde_literal_string(
	const char *text, const struct sonde_token *token, char *ret)
{
	const char *position = text + token->offset + 1;
	const char *end = text + token->offset + token->length - 1;

	while (position < end) {
		const char *start = position;
		uint8_t byte = 0;

		CHECK(decode(text, &position, &byte));
		if (!byte)
			return sonde_syntax_error(text, (size_t)(start - text),
				SONDE_ERROR_INVALID, "a string cannot contain NUL");
		*ret++ = (char)byte;
	}
	*ret = '\0';
	return NULL;
}
