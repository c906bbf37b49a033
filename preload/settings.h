/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the environment asks for: SONDE_RAM_PREFIX, SONDE_RAM_KEEP,
 * SONDE_RAM_MEMFD. sonde-qemu-ram(7) says what they mean.
 */
#ifndef SONDE_PRELOAD_SETTINGS_H
#define SONDE_PRELOAD_SETTINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct settings {
	/** Files whose paths begin with it are RAM. Empty: none are. */
	char prefix[PATH_MAX];
	size_t prefix_length;
	/** Such files keep their names while they are in use. Needs a prefix. */
	bool keep;
	/** Anonymous RAM becomes a memfd, in a QEMU. */
	bool memfd;
	/** This is a QEMU by its name, and not only something that might be one. */
	bool is_qemu;
};

/**
 * Read the environment. Nothing is asked for in a program that was started by a QEMU
 * which this library is in: helpers, scripts. What is wrong is said on standard error,
 * and is not asked for, then.
 */
void settings_read(struct settings *ret);

#endif
