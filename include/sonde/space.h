/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A space is a range of addressable bytes: physical memory, a CPU's virtual
 * memory, a process's. Reads and writes are complete or fail; a failure of kind
 * SONDE_ERROR_FAULT names the first address that could not be accessed.
 * A space is borrowed: it lives as long as the target that it came from.
 */
#ifndef SONDE_SPACE_H
#define SONDE_SPACE_H

#include <sonde/error.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_space;

/** "virtual", "physical". Lives as long as @p space. */
SONDE_PUBLIC const char *sonde_space_name(const struct sonde_space *space);

/**
 * Copies @p length bytes at @p address into @p buffer. On a fault the bytes
 * before sonde_error_address() have been copied.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length);

/**
 * Writes @p length bytes, read-only pages included. One that fails has changed nothing:
 * where a stub has taken a part and then refuses, or something breaks half-way, the error
 * says so. A running target that can be read can be written, too; but what may be code,
 * where the CPU is emulated, and what only the stub can write, fails with
 * SONDE_ERROR_RUNNING: it is stopped first.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length);

/**
 * Forgets where the pages of @p space are: for somebody who changed page tables, or lets
 * another program change them, while the target is stopped. Resuming forgets by itself.
 */
SONDE_PUBLIC void sonde_space_forget(struct sonde_space *space);

/** An integer of 1, 2, 4 or 8 bytes in the target's byte order. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_space_read_integer(
	struct sonde_space *space, uint64_t address, unsigned bytes, uint64_t *ret);

/**
 * A string that ends with a NUL byte, without touching a page behind its end.
 * Fails with SONDE_ERROR_BAD_DATA when there is no NUL within @p maximum bytes.
 * The caller frees @p ret.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_space_read_string(
	struct sonde_space *space, uint64_t address, size_t maximum, char **ret);

#ifdef __cplusplus
}
#endif

#endif
