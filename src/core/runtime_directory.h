/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a user's processes find each other: private, and gone at the next boot. */
#ifndef SONDE_CORE_RUNTIME_DIRECTORY_H
#define SONDE_CORE_RUNTIME_DIRECTORY_H

#include "error.h"

/**
 * Opens (and makes) the directory "sonde" in $XDG_RUNTIME_DIR or /run/user/UID; where
 * there is none, /tmp/sonde-UID. SONDE_ERROR_PERMISSION where it is not ours alone. The
 * caller closes @p ret.
 */
SONDE_NODISCARD struct sonde_error *sonde_runtime_directory_open(int *ret);

#endif
