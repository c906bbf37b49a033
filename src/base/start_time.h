/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tells a process from a later one that got its number. */
#ifndef SONDE_BASE_START_TIME_H
#define SONDE_BASE_START_TIME_H

#include <stdint.h>

/** Clock ticks since boot when process @p pid began; 0: there is none. */
uint64_t sonde_process_start_time(int pid);

#endif
