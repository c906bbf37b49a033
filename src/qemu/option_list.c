/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "option_list.h"

/* One piece of a list, where it stands. */
struct piece {
	const char *name;
	size_t name_length;
	/** NULL: there is a name alone. */
	const char *value;
	/** As written: a comma is still doubled. */
	size_t value_length;
};

/* How long a value is that ends at the first comma which is not doubled. */
static size_t value_length(const char *text)
{
	size_t length = 0;

	for (;;) {
		length += strcspn(text + length, ",");
		if (!text[length] || text[length + 1] != ',')
			return length;
		length += 2;
	}
}

/* Takes the next piece off *@p text; false at the end. */
static bool next_piece(const char **text, const char *implied, struct piece *ret)
{
	const char *start = *text;
	size_t length = strcspn(start, "=,");

	if (!*start)
		return false;
	*ret = (struct piece){.name = start, .name_length = length};
	if (start[length] == '=')
		ret->value = start + length + 1;
	else if (implied) {
		ret->name = implied;
		ret->name_length = strlen(implied);
		ret->value = start;
	}
	if (ret->value) {
		ret->value_length = value_length(ret->value);
		start = ret->value + ret->value_length;
	} else
		start += length;
	*text = *start ? start + 1 : start;
	return true;
}

static bool is_named(const struct piece *piece, const char *name)
{
	return piece->name_length == strlen(name) &&
	       !memcmp(piece->name, name, piece->name_length);
}

static char *copy_value(const struct piece *piece)
{
	char *copy = malloc(piece->value_length + 1);
	size_t length = 0;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < piece->value_length; i++) {
		copy[length++] = piece->value[i];
		if (piece->value[i] == ',')
			i++;
	}
	copy[length] = '\0';
	return copy;
}

/* "server" and "noserver". */
static const char *value_of_flag(const struct piece *piece, const char *name)
{
	const struct piece positive = {
		.name = piece->name + 2, .name_length = piece->name_length - 2};

	if (is_named(piece, name))
		return "on";
	return piece->name_length > 2 && !memcmp(piece->name, "no", 2) &&
			       is_named(&positive, name)
		       ? "off"
		       : NULL;
}

struct sonde_error *sonde_qemu_option_get(
	const char *text, const char *implied, const char *name, char **ret)
{
	struct piece piece, last = {0};
	const char *flag = NULL;

	for (; next_piece(&text, implied, &piece); implied = NULL) {
		const char *word = piece.value ? NULL : value_of_flag(&piece, name);

		if (word) {
			flag = word;
			last.value = NULL;
		} else if (piece.value && is_named(&piece, name)) {
			flag = NULL;
			last = piece;
		}
	}
	if (!flag && !last.value) {
		*ret = NULL;
		return NULL;
	}
	*ret = flag ? strdup(flag) : copy_value(&last);
	return *ret ? NULL : sonde_error_no_memory();
}

struct sonde_error *sonde_qemu_option_get_flag(
	const char *text, const char *implied, const char *name, bool *ret)
{
	CLEANUP(cleanup_free) char *value = NULL;

	CHECK(sonde_qemu_option_get(text, implied, name, &value));
	*ret = value && (!strcmp(value, "on") || !strcmp(value, "yes") ||
				!strcmp(value, "true") || !strcmp(value, "y"));
	return NULL;
}

/* --- sizes ------------------------------------------------------------------------ */

static bool take_unit(const char *suffix, uint64_t *unit)
{
	static const char units[] = "bkmgtpe";
	const char *found;

	if (!*suffix)
		return true;
	found = strchr(units, tolower((unsigned char)*suffix));
	if (!found || suffix[1])
		return false;
	*unit = UINT64_C(1) << (found - units) * 10;
	return true;
}

static bool take_fraction(const char *text, uint64_t unit, uint64_t *ret)
{
	size_t whole = strspn(text, "0123456789") + 1;
	size_t length = whole + strspn(text + whole, "0123456789");
	double value;

	/* strtod() takes more, such as an exponent. */
	if (!take_unit(text + length, &unit))
		return false;
	value = strtod(text, NULL);
	value *= (double)unit;
	if (!(value >= 0 && value < 18446744073709549568.0))
		return false;
	*ret = (uint64_t)value;
	return true;
}

bool sonde_qemu_option_size(const char *text, uint64_t unit, uint64_t *ret)
{
	bool hexadecimal = text[0] == '0' && tolower((unsigned char)text[1]) == 'x';
	unsigned long long value;
	char *end;

	/* Else a sign, or white space. */
	if (!isdigit((unsigned char)*text))
		return false;
	if (!hexadecimal && text[strspn(text, "0123456789")] == '.')
		return take_fraction(text, unit, ret);
	errno = 0;
	value = strtoull(text, &end, hexadecimal ? 16 : 10);
	if (errno || !take_unit(end, &unit) || __builtin_mul_overflow(value, unit, ret))
		return false;
	return true;
}
