/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be had of a QEMU process's RAM, as far as /proc tells without its monitor. */
#ifndef SONDE_QEMU_SURVEY_H
#define SONDE_QEMU_SURVEY_H

#include <stdint.h>
#include <sys/types.h>

#include "error.h"

struct sonde_qemu_survey {
	/** "mmap", "process" or "none" (then the monitor or the stub remain). Never
	 * freed. */
	const char *means;
	/** Where it is not "mmap": why not, and what would help. Empty: nothing to say.
	 */
	char why[256];
};

/**
 * Looks for @p ram_bytes of guest RAM (0: unknown, the largest mapping counts) in the
 * mappings of @p pid, and whether this process may read them. Never fails for want of
 * permission: that is an answer.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_survey(
	pid_t pid, uint64_t ram_bytes, struct sonde_qemu_survey *ret);

#endif
