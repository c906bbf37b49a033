/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsonde-qemu-ram.so, preloaded into a QEMU: makes its guest's RAM a file that others
 * can map. These are the functions that stand in front of the C library's. Each passes on
 * what it is not about; errno is the C library's. None makes a system call that QEMU's
 * own filters (-sandbox; softmmu/qemu-seccomp.c) refuse: what they do refuse is starting
 * programs, and that is done before.
 *
 * What was asked for is a variable of this file, set before main() and not changed.
 */
/* mmap() and mmap64() are two functions here, whatever the program was compiled with. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file_ram.h"
#include "keep.h"
#include "real.h"
#include "settings.h"

#define EXPORTED __attribute__((visibility("default")))

static struct settings settings;

__attribute__((constructor)) static void begin(void)
{
	int saved = errno;

	real_init();
	settings_read(&settings);
	keep_init(&settings);
	errno = saved;
}

/* Where a shared mapping is refused (a file that is open for reading alone), there is the
 * one that was asked for. */
static void *map(
	void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	if (file_ram_is_private(&settings, protection, flags, fd)) {
		int saved = errno;
		void *mapped = real_mmap(address, length, protection,
			(flags & ~MAP_TYPE) | MAP_SHARED, fd, offset);

		if (mapped != MAP_FAILED)
			return mapped;
		errno = saved;
	}
	return real_mmap(address, length, protection, flags, fd, offset);
}

EXPORTED void *mmap64(
	void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	return map(address, length, protection, flags, fd, offset);
}

EXPORTED void *mmap(
	void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	/* Where it has 32 bits, all of them count. */
	return map(
		address, length, protection, flags, fd, (off64_t)(unsigned long)offset);
}

/* --- names ------------------------------------------------------------------------- */

EXPORTED int mkstemp64(char *path)
{
	return keep_mkstemp(path);
}

EXPORTED int mkstemp(char *path)
{
	return keep_mkstemp(path);
}

EXPORTED int unlink(const char *path)
{
	return keep_holds(AT_FDCWD, path) ? 0 : real_unlink(path);
}

EXPORTED int unlinkat(int directory, const char *path, int flags)
{
	return keep_holds(directory, path) ? 0 : real_unlinkat(directory, path, flags);
}
