/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RAM in files: QEMU maps the file that -mem-path makes for it as private memory, so that
 * the file itself never has what the guest writes. Shared, it has.
 * Source: QEMU's file_ram_alloc() and qemu_ram_mmap().
 */
#ifndef SONDE_PRELOAD_FILE_RAM_H
#define SONDE_PRELOAD_FILE_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "settings.h"

/** What every name has that QEMU gives to a file of its own. */
#define FILE_RAM_NAME "qemu_back_mem."

/**
 * The path that @p fd was opened by, without what the kernel says of a file that has none
 * any more. Errno is as it was.
 *
 * @param ret has room for PATH_MAX bytes
 * @return false: there is no such path
 */
bool file_ram_path(int fd, char *ret);

/** Whether these arguments of mmap() are a private, writable mapping of a RAM file. */
bool file_ram_is_private(
	const struct settings *settings, int protection, int flags, int fd);

#endif
