/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Other libraries, loaded when they are first needed: what most commands do without. */
#ifndef SONDE_BASE_LIBRARY_H
#define SONDE_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct sonde_library_function {
	const char *name;
	/** Where the pointer to it lies in what is filled in. */
	size_t offset;
	/** It came later than the others: NULL where it is not there. */
	bool optional;
};

/**
 * Loads @p name, which stays loaded, and fills in @p ret with its functions. False: it
 * cannot be loaded, or it lacks *@p missing, which is NULL in the first case.
 */
bool sonde_library_load(const char *name, const struct sonde_library_function *functions,
	size_t count, void *ret, const char **missing);

#endif
