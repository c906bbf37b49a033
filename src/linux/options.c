/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "error.h"
#include "options.h"

struct sonde_error *sonde_linux_take_options(
	const void *options, void *given, size_t size)
{
	size_t known;

	if (!options)
		return NULL;
	memcpy(&known, options, sizeof(known));
	if (known < sizeof(known))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the size of the options is not set");
	memcpy(given, options, known < size ? known : size);
	return NULL;
}
