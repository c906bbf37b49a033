/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name, of many, that somebody may have meant who wrote another one. */
#ifndef SONDE_SYMBOLS_CLOSEST_H
#define SONDE_SYMBOLS_CLOSEST_H

#include <stddef.h>

enum {
	/** Longer names are not compared. */
	SONDE_CLOSEST_BYTES_MAX = 64,
};

/** Begins with the name that is not there; the rest is 0. */
struct sonde_closest {
	const char *wanted;
	size_t length;
	/** The best name so far, in @ref kept; NULL: none is close. */
	const char *name;
	char kept[SONDE_CLOSEST_BYTES_MAX + 1];
	unsigned distance;
};

/** Looks at one more @p name, and copies it if it is the best. */
void sonde_closest_offer(struct sonde_closest *closest, const char *name);

#endif
