/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU unlinks its RAM file as soon as it is made. Here the name stays, and a keeper,
 * another process, removes it when nobody has the file any more.
 */
#ifndef SONDE_PRELOAD_KEEP_H
#define SONDE_PRELOAD_KEEP_H

#include <stdbool.h>

#include "settings.h"

/**
 * Start the keeper, which sweeps what others left before it lets this return. In a QEMU
 * that is done at once, since a sandbox may forbid it later; in other programs when
 * there is something to keep.
 *
 * @param settings has to stay
 */
void keep_init(const struct settings *settings);

/** mkstemp(), after which a RAM file is kept. */
int keep_mkstemp(char *path);

/** Whether this name is one that stays. Arguments as for unlinkat(). Errno is as it was.
 */
bool keep_holds(int directory, const char *path);

#endif
