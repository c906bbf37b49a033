/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists that grow as they are filled in. */
#ifndef SONDE_BASE_GROW_H
#define SONDE_BASE_GROW_H

#include <stdlib.h>

#include "error.h"

/**
 * Makes room in *@p list, which is owned and may be NULL, for one entry of @p bytes
 * behind the @p count that there are: what it can hold doubles, in *@p capacity. Where
 * there is no memory the list stays as it is.
 */
SONDE_NODISCARD static inline struct sonde_error *sonde_grow(
	void **list, size_t count, size_t *capacity, size_t bytes)
{
	size_t larger = *capacity ? 2 * *capacity : 16;
	void *moved;

	if (count < *capacity)
		return NULL;
	moved = realloc(*list, larger * bytes);
	if (!moved)
		return sonde_error_no_memory();
	*list = moved;
	*capacity = larger;
	return NULL;
}

/** The same for a list of whatever type. */
#define SONDE_GROW(list, count, capacity)                                          \
	({                                                                         \
		void *grow_list = *(list);                                         \
		struct sonde_error *grow_error =                                   \
			sonde_grow(&grow_list, count, capacity, sizeof(**(list))); \
		*(list) = grow_list;                                               \
		grow_error;                                                        \
	})

#endif
