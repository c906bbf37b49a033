/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines of source code, of levels that have DWARF at hand: the kernel's, by the file that
 * sonde_kernel_use_symbols() names or that is found where distributions put it. Without
 * one the functions fail with SONDE_ERROR_UNSUPPORTED, and say what is missing.
 */
#ifndef SONDE_LINE_H
#define SONDE_LINE_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	SONDE_LINE_FILE_BYTES = 512,
};

/** A copy: it owes nothing to anybody. */
struct sonde_line {
	/** As the compiler was called with it; longer ones have lost their beginning. */
	char file[SONDE_LINE_FILE_BYTES];
	/** From 1. */
	unsigned line;
};

/**
 * What the code at @p address was compiled from; of an inlined function's, where that
 * stands. SONDE_ERROR_NOT_FOUND: nothing is known of this address.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_line_at(
	struct sonde_target *target, uint64_t address, struct sonde_line *ret);

/**
 * Where line @p line of @p file begins: once in each function, and in each inlined copy
 * of one, that has it. A file is meant whose path ends with @p file, in whole parts:
 * "exec.c", "fs/exec.c". @p ret_line is the line that was taken: the next one with code,
 * where this one has none. The caller frees @p ret, which is ascending.
 * SONDE_ERROR_NOT_FOUND: no such file, or no code from there on; SONDE_ERROR_INVALID:
 * several files are called so.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_line_find(
	struct sonde_target *target, const char *file, unsigned line,
	struct sonde_line *ret_line, uint64_t **ret, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
