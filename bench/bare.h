/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least a C program can do to get work out of QEMU's stub, over line.c: no library,
 * no timeouts, no interrupts, nothing checked that need not be, nothing remembered.
 */
#ifndef SONDE_BENCH_BARE_H
#define SONDE_BENCH_BARE_H

#include "measure.h"

/* Each does its job's count of operations once; @p user is not used. */
void bare_small(void *user, const struct job *job);
void bare_read8(void *user, const struct job *job);
void bare_registers(void *user, const struct job *job);
void bare_step(void *user, const struct job *job);
/** @p user: where the job's count of bytes goes. m has to mean the right memory. */
void bare_bulk(void *user, const struct job *job);

#endif
