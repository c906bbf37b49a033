/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "closest.h"

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* How many bytes are to be added, dropped or exchanged; both are short. */
static unsigned distance_between(
	const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned row[SONDE_CLOSEST_BYTES_MAX + 1];

	for (size_t j = 0; j <= b_length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
				diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_length];
}

void sonde_closest_offer(struct sonde_closest *closest, const char *name)
{
	size_t length = strnlen(name, SONDE_CLOSEST_BYTES_MAX + 1);
	size_t wanted = closest->length;
	size_t apart = length > wanted ? length - wanted : wanted - length;
	unsigned distance, limit = wanted < 4 ? 1 : wanted < 9 ? 2 : 3;

	if (!length || length > SONDE_CLOSEST_BYTES_MAX ||
		wanted > SONDE_CLOSEST_BYTES_MAX || apart > limit)
		return;
	distance = distance_between(closest->wanted, wanted, name, length);
	/* Everything within as many changes as it has bytes is close to "a". */
	if (!distance || distance > limit || distance >= wanted)
		return;
	if (closest->name && distance >= closest->distance)
		return;
	memcpy(closest->kept, name, length + 1);
	closest->name = closest->kept;
	closest->distance = distance;
}
