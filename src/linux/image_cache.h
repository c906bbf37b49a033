/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was read of the kernel's image, where each read is a round trip and a byte may
 * take as long as on a serial line: tables are searched, checked and looked up in the
 * same places again and again. It is of one epoch.
 */
#ifndef SONDE_LINUX_IMAGE_CACHE_H
#define SONDE_LINUX_IMAGE_CACHE_H

#include <sonde/space.h>

enum {
	SONDE_LINUX_IMAGE_CACHE_BUCKETS = 1024,
};

struct sonde_linux_image_chunk;

/** All zero: empty. */
struct sonde_linux_image_cache {
	/** Of which it is, plus 1. */
	uint64_t epoch;
	struct sonde_linux_image_chunk *buckets[SONDE_LINUX_IMAGE_CACHE_BUCKETS];
	size_t count;
};

void sonde_linux_image_cache_clear(struct sonde_linux_image_cache *cache);

/** As sonde_space_read() of @p space, whose epoch is @p epoch. */
SONDE_NODISCARD struct sonde_error *sonde_linux_image_cache_read(
	struct sonde_linux_image_cache *cache, uint64_t epoch, struct sonde_space *space,
	uint64_t address, void *buffer, size_t length);

#endif
