/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Places in kernels that were seen before: $XDG_CACHE_HOME/sonde/kernels, else
 * ~/.cache/sonde/kernels, a file for each build.
 *
 * Which build a kernel is of is known when its symbols are, and those are what is to be
 * found. So a file's name tells where in the image the build-id is, and what is there is
 * held against the build-id in the name: one read of 36 bytes for each build that was
 * seen. What the file says is looked at first then, by the same code and with the same
 * checks as what a search finds.
 *
 * Nothing of this fails: without a file that can be used there is a search.
 */
#ifndef SONDE_LINUX_CACHE_H
#define SONDE_LINUX_CACHE_H

#include <sonde/error.h>

#include "places.h"

struct sonde_linux;

/**
 * Fills in kernel->places by the file of the build that is in the kernel's image, or
 * with nothing. An error is one of reading the guest.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_cache_load(struct sonde_linux *kernel);

/** Writes down what is known of the places, if that is more than the file has. */
SONDE_NODISCARD struct sonde_error *sonde_linux_cache_store(struct sonde_linux *kernel);

#endif
