/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of those who list, which programs of any age hand over. */
#ifndef SONDE_LINUX_OPTIONS_H
#define SONDE_LINUX_OPTIONS_H

#include <sonde/error.h>
#include <stddef.h>

/**
 * Copies @p options, whose first member is their size_t size, as far as both know them to
 * @p given of @p size bytes, which has what holds without. NULL: nothing is copied.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_take_options(
	const void *options, void *given, size_t size);

#endif
