/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversions of the built-in types; scalar_words.c knows how people write them. */
#include <stdio.h>

#include "scalar_type.h"

static const struct {
	const char *name;
	unsigned bytes;
	unsigned rank;
	bool is_signed;
} scalars[] = {
	[SONDE_SCALAR_VOID] = {"void", 1, 0, false},
	[SONDE_SCALAR_BOOL] = {"_Bool", 1, 0, false},
	[SONDE_SCALAR_CHAR] = {"char", 1, 1, true},
	[SONDE_SCALAR_SIGNED_CHAR] = {"signed char", 1, 1, true},
	[SONDE_SCALAR_UNSIGNED_CHAR] = {"unsigned char", 1, 1, false},
	[SONDE_SCALAR_SHORT] = {"short", 2, 2, true},
	[SONDE_SCALAR_UNSIGNED_SHORT] = {"unsigned short", 2, 2, false},
	[SONDE_SCALAR_INT] = {"int", 4, 3, true},
	[SONDE_SCALAR_UNSIGNED_INT] = {"unsigned int", 4, 3, false},
	[SONDE_SCALAR_LONG] = {"long", 8, 4, true},
	[SONDE_SCALAR_UNSIGNED_LONG] = {"unsigned long", 8, 4, false},
	[SONDE_SCALAR_LONG_LONG] = {"long long", 8, 5, true},
	[SONDE_SCALAR_UNSIGNED_LONG_LONG] = {"unsigned long long", 8, 5, false},
};

unsigned sonde_scalar_type_bytes(struct sonde_scalar_type type, unsigned address_bits)
{
	if (type.pointers)
		return address_bits > 32 ? 8 : 4;
	return scalars[type.scalar].bytes;
}

bool sonde_scalar_type_is_signed(struct sonde_scalar_type type)
{
	return !type.pointers && scalars[type.scalar].is_signed;
}

void sonde_scalar_type_name(
	struct sonde_scalar_type type, char ret[SONDE_SCALAR_NAME_BYTES])
{
	static const char stars[] = " ****************";

	_Static_assert(sizeof(stars) == SONDE_SCALAR_POINTERS_MAX + 2, "stars");
	snprintf(ret, SONDE_SCALAR_NAME_BYTES, "%s%.*s", scalars[type.scalar].name,
		type.pointers ? (int)type.pointers + 1 : 0, stars);
}

uint64_t sonde_integer_extend(uint64_t integer, unsigned bits, bool is_signed)
{
	unsigned unused = 64 - bits;

	if (is_signed)
		return (uint64_t)((int64_t)(integer << unused) >> unused);
	return integer << unused >> unused;
}

uint64_t sonde_scalar_type_convert(
	struct sonde_scalar_type type, unsigned address_bits, uint64_t integer)
{
	if (type.pointers)
		return sonde_integer_extend(integer, address_bits, false);
	if (type.scalar == SONDE_SCALAR_BOOL)
		return integer != 0;
	return sonde_integer_extend(
		integer, scalars[type.scalar].bytes * 8, scalars[type.scalar].is_signed);
}

struct sonde_scalar_type sonde_scalar_type_promote(struct sonde_scalar_type type)
{
	if (!type.pointers && scalars[type.scalar].rank < scalars[SONDE_SCALAR_INT].rank)
		return sonde_scalar_type(SONDE_SCALAR_INT);
	return type;
}

struct sonde_scalar_type sonde_scalar_type_common(
	struct sonde_scalar_type a, struct sonde_scalar_type b)
{
	enum sonde_scalar high = sonde_scalar_type_promote(a).scalar;
	enum sonde_scalar low = sonde_scalar_type_promote(b).scalar;

	if (scalars[high].rank < scalars[low].rank) {
		enum sonde_scalar swap = high;

		high = low;
		low = swap;
	}
	/* A signed type wins over an unsigned one only if it holds all its values. */
	if (scalars[high].is_signed && !scalars[low].is_signed &&
		scalars[high].bytes <= scalars[low].bytes)
		high++;
	return sonde_scalar_type(high);
}
