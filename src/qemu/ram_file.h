/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that guest RAM is in, shared with QEMU: a memfd, a file of tmpfs or hugetlbfs.
 *
 * Reading a hole of such a file through a mapping would allocate the page, pread() does
 * not. So a page is looked at through the mapping only once it is known that something is
 * there (lseek(2), SEEK_DATA), which is remembered, a bit a page.
 */
#ifndef SONDE_QEMU_RAM_FILE_H
#define SONDE_QEMU_RAM_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "window.h"

struct sonde_qemu_ram_file;

/** Takes over @p fd, also on failure. @p map: by a mapping; else by pread() alone. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_file_create(
	int fd, bool map, struct sonde_qemu_ram_file **ret);
void sonde_qemu_ram_file_destroy(struct sonde_qemu_ram_file *file);

/** Whether it is the file with this device and inode. */
bool sonde_qemu_ram_file_is(
	const struct sonde_qemu_ram_file *file, dev_t device, ino_t inode);

/** Its size when it was opened (bytes). */
uint64_t sonde_qemu_ram_file_size(const struct sonde_qemu_ram_file *file);

/** All of it; SONDE_ERROR_IO where the file has become shorter than that. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_file_read(
	struct sonde_qemu_ram_file *file, uint64_t offset, void *buffer, size_t length);

/** Whether it can be written, which is made ready then: SONDE_ERROR_PERMISSION. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_file_prepare_write(
	struct sonde_qemu_ram_file *file);
/** After sonde_qemu_ram_file_prepare_write(). The file does not become longer. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_file_write(
	struct sonde_qemu_ram_file *file, uint64_t offset, const void *data,
	size_t length);

/**
 * What of the file lies between @p first and @p end, if something is there at @p offset,
 * which is between them, that may be looked at; else @p ret has length 0. @p first and
 * @p offset are multiples of SONDE_WINDOW_PAGE_BYTES. Sets all but the address.
 */
void sonde_qemu_ram_file_look(struct sonde_qemu_ram_file *file, uint64_t first,
	uint64_t offset, uint64_t end, struct sonde_window *ret);

#endif
