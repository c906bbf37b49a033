/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one thing that the guard says to QEMU's monitor. */
#ifndef SONDE_GUARD_QMP_H
#define SONDE_GUARD_QMP_H

#include <stdbool.h>

/** Lets the guest behind the QMP socket at @p path run. */
bool qmp_cont(const char *path);

#endif
