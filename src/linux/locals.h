/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Variables of the kernel's functions, by DWARF: where a thread stands. */
#ifndef SONDE_LINUX_LOCALS_H
#define SONDE_LINUX_LOCALS_H

#include <sonde/local.h>

#include "scope.h"

struct sonde_linux;

/** As sonde_line_inlines() and sonde_target_locals(). */
SONDE_NODISCARD struct sonde_error *sonde_linux_inlines(struct sonde_target *target,
	uint64_t address, struct sonde_inline **ret, size_t *count);
SONDE_NODISCARD struct sonde_error *sonde_linux_locals(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_local **ret, size_t *count);

/**
 * The variable @p name of the functions where @p thread stands. Of a machine that runs
 * there are none. With @p unasked a file with DWARF is looked for, else one has to be at
 * hand. An error: there is one, and its value cannot be told.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_find_local(struct sonde_linux *kernel,
	struct sonde_thread *thread, const char *name, bool unasked, bool *found,
	struct sonde_variable *ret);

#endif
