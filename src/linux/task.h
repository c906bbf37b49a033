/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single tasks: the one that a CPU runs, and the one that has a number. */
#ifndef SONDE_LINUX_TASK_H
#define SONDE_LINUX_TASK_H

#include "types.h"

/** Where the variable at @p address of CPU @p cpu lies. */
SONDE_NODISCARD struct sonde_error *sonde_linux_per_cpu(
	struct sonde_linux *kernel, uint64_t address, uint64_t cpu, uint64_t *ret);

/** Whether @p address is that of a per-CPU variable, which lies elsewhere. */
SONDE_NODISCARD struct sonde_error *sonde_linux_is_per_cpu(
	struct sonde_linux *kernel, uint64_t address, bool *ret);

/**
 * The first task, init_task: by its symbol, or where there is none, as on arm64 without
 * KALLSYMS_ALL, by what it looks like in the kernel's image.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_init_task(
	struct sonde_linux *kernel, uint64_t *ret);

/** The struct task_struct that @p thread, a CPU, runs. */
SONDE_NODISCARD struct sonde_error *sonde_linux_current_task(
	struct sonde_linux *kernel, struct sonde_thread *thread, uint64_t *ret);

/** The struct task_struct whose pid, as the initial namespace has it, is @p pid. */
SONDE_NODISCARD struct sonde_error *sonde_linux_find_task(
	struct sonde_linux *kernel, uint64_t pid, uint64_t *ret);

#endif
