/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is remembered of a kernel, as a file that somebody else may have written. */
#include <stdlib.h>
#include <string.h>

#include "places.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[SONDE_LINUX_PLACES_TEXT_MAX];
	struct sonde_linux_places places;

	if (!sonde_linux_places_parse((const char *)data, size, &places))
		return 0;
	if (!places.note || places.note >= SONDE_LINUX_PLACES_IMAGE_MAX ||
		places.digits >= SONDE_LINUX_PLACES_IMAGE_MAX ||
		places.markers >= SONDE_LINUX_PLACES_IMAGE_MAX ||
		places.types >= SONDE_LINUX_PLACES_IMAGE_MAX)
		abort();
	if (sonde_linux_places_format(&places, text) != size ||
		memcmp(text, data, size) != 0)
		abort();
	return 0;
}
