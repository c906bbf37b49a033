/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looking for bytes in a space: in place where it shows windows, else in pieces that are
 * read. What cannot be read is passed over.
 */
#ifndef SONDE_CORE_SPACE_SEARCH_H
#define SONDE_CORE_SPACE_SEARCH_H

#include "space.h"

enum {
	/** No pattern is longer (bytes). */
	SONDE_SEARCH_PATTERN_MAX = 64,
};

/**
 * The first place from @p first to @p last, both included, at which all of @p pattern
 * lies. *@p found: whether there is one.
 */
SONDE_NODISCARD struct sonde_error *sonde_space_search(struct sonde_space *space,
	uint64_t first, uint64_t last, const void *pattern, size_t length, uint64_t *ret,
	bool *found);

/**
 * As sonde_space_read(), but what ends at a fault is no error: *@p ret says how many
 * bytes there are before it.
 */
SONDE_NODISCARD struct sonde_error *sonde_space_read_part(struct sonde_space *space,
	uint64_t address, void *buffer, size_t length, size_t *ret);

#endif
