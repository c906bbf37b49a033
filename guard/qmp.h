/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the guard says to QEMU's monitor. */
#ifndef SONDE_GUARD_QMP_H
#define SONDE_GUARD_QMP_H

#include <stdbool.h>

/** Lets the guest run. */
#define QMP_CONT "{\"execute\": \"cont\"}\n"
/** Drops the GDB stub. */
#define QMP_DROP_STUB                                              \
	"{\"execute\": \"human-monitor-command\", \"arguments\": " \
	"{\"command-line\": \"gdbserver none\"}}\n"

/** Says @p command at the QMP socket at @p path; true: it is done. */
bool qmp_say(const char *path, const char *command);

#endif
