/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* linux_banner (init/version-timestamp.c): what a kernel says of itself. */
#ifndef SONDE_LINUX_BANNER_H
#define SONDE_LINUX_BANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sonde_space;
struct sonde_error;

enum {
	SONDE_LINUX_BANNER_MAX = 512,
};

struct sonde_linux_banner {
	/** Where it lies. */
	uint64_t address;
	/** "Linux version ..\n", printable but for its end. */
	char text[SONDE_LINUX_BANNER_MAX];
	/** As in struct new_utsname. */
	char release[65];
	/** From "#1 SMP" on. */
	char version[129];
};

/** Whether the @p length bytes at @p data begin with a banner, its NUL included. */
bool sonde_linux_banner_parse(
	const uint8_t *data, size_t length, struct sonde_linux_banner *ret);

/** Whether there is one at @p address. */
struct sonde_error *sonde_linux_banner_read(struct sonde_space *space, uint64_t address,
	struct sonde_linux_banner *ret, bool *found);

/** The first one from @p first to @p last. */
struct sonde_error *sonde_linux_banner_search(struct sonde_space *space, uint64_t first,
	uint64_t last, struct sonde_linux_banner *ret, bool *found);

#endif
