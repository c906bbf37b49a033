/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What DWARF knows of a place in code: functions that are inlined there, and the
 * variables that they have. Without DWARF at hand the functions fail as those of
 * <sonde/line.h>.
 */
#ifndef SONDE_LOCAL_H
#define SONDE_LOCAL_H

#include <sonde/line.h>
#include <sonde/thread.h>
#include <sonde/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_inline {
	/** Lives until the target closes. */
	const char *function;
	/** Where in the function: of all but the first, where the one before was called.
	 * An empty file, a line of 0: not known. */
	struct sonde_line line;
};

/**
 * The functions at @p address: the innermost one that was inlined first, the one that has
 * code of its own last. The caller frees @p ret. SONDE_ERROR_NOT_FOUND: nothing is known
 * of the address.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_line_inlines(
	struct sonde_target *target, uint64_t address, struct sonde_inline **ret,
	size_t *count);

struct sonde_local {
	/** Both live until the target closes. */
	const char *name;
	const char *function;
	/** Which of the functions that sonde_line_inlines() tells. */
	size_t frame;
	bool is_parameter;
	/** Its type is known also where its value is not. */
	struct sonde_value value;
	/** Why there is no value: it was optimized out, its memory cannot be read; "":
	 * there is one. */
	char why[128];
};

/**
 * Parameters and variables of the functions at the place where @p thread stands, which
 * must be stopped: those of inner functions and blocks come first, as they hide others of
 * the same name. The caller frees @p ret. SONDE_ERROR_NOT_FOUND: it is not in a function
 * that is known.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_locals(
	struct sonde_target *target, struct sonde_thread *thread,
	struct sonde_local **ret, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
