/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The address space of a process: the lower half, by its own page tables, as the kernel's
 * struct mm_struct leads to them. Nothing is remembered of it, so it costs nothing to
 * have one: each read walks anew.
 */
#ifndef SONDE_LINUX_PROCESS_SPACE_H
#define SONDE_LINUX_PROCESS_SPACE_H

#include "paging.h"
#include "space.h"

struct sonde_linux;

struct sonde_linux_process_space {
	struct sonde_space space;
	struct sonde_space *physical;
	struct sonde_page_regime regime;
};

/**
 * That of the process whose mm_struct.pgd is @p tables. To be freed by
 * sonde_space_deinit(). A fault: @p tables is no memory of the kernel's.
 * SONDE_ERROR_UNSUPPORTED: there is no physical memory to be looked at.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_process_space_init(
	struct sonde_linux_process_space *ret, struct sonde_linux *kernel,
	uint64_t tables);

#endif
