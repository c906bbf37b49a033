/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A helper as a context has it: its descriptor, its options, where it came from. */
#ifndef SONDE_CORE_ADDED_HELPER_H
#define SONDE_CORE_ADDED_HELPER_H

#include <sonde/helper.h>
#include "error.h"

struct sonde_helper_setting {
	const char *name;
	/** "" where the option has no value. */
	const char *value;
};

struct sonde_added_helper {
	const struct sonde_helper_descriptor *descriptor;
	/** In the order in which they were given. */
	struct sonde_helper_setting *settings;
	size_t setting_count;
	/** Owned: the settings point into it. */
	char *text;
	/** What the descriptor is in, and what lets go of it; NULL: the program itself.
	 */
	void *object;
	void (*unload)(void *object);
};

/**
 * Checks @p descriptor, and takes @p options apart: "A=1,B", or NULL for none. What
 * it is in is the caller's to set afterwards.
 */
SONDE_NODISCARD struct sonde_error *sonde_added_helper_init(
	struct sonde_added_helper *ret, const struct sonde_helper_descriptor *descriptor,
	const char *options);

/** Unloads as well. */
void sonde_added_helper_deinit(struct sonde_added_helper *added);

/** The last value of the option, or NULL. */
const char *sonde_added_helper_option(
	const struct sonde_added_helper *added, const char *name);

#endif
