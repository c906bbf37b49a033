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
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file_ram.h"
#include "keep.h"
#include "shared_ram.h"
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
	shared_ram_init(&settings);
	errno = saved;
}

/* --- memory ------------------------------------------------------------------------ */

/* Where a shared mapping is refused (a file that is open for reading alone), there is the
 * one that was asked for. */
static void *map(const struct mmap_call *call, const void *caller)
{
	void *mapped;

	if (file_ram_is_private(&settings, call->protection, call->flags, call->fd)) {
		struct mmap_call shared = *call;
		int saved = errno;

		shared.flags = (call->flags & ~MAP_TYPE) | MAP_SHARED;
		if (!shared_ram_mmap_file(&shared, &mapped))
			mapped = real_mmap(&shared);
		if (mapped != MAP_FAILED)
			return mapped;
		errno = saved;
	}
	return shared_ram_mmap(call, caller, &mapped) ? mapped : real_mmap(call);
}

EXPORTED void *mmap64(
	void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	struct mmap_call call = {address, length, protection, flags, fd, offset};

	return map(&call, __builtin_return_address(0));
}

EXPORTED void *mmap(
	void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	/* Where it has 32 bits, all of them count. */
	struct mmap_call call = {
		address, length, protection, flags, fd, (off64_t)(unsigned long)offset};

	return map(&call, __builtin_return_address(0));
}

EXPORTED int munmap(void *address, size_t length)
{
	int result;

	return shared_ram_munmap(address, length, &result) ? result
							   : real_munmap(address, length);
}

EXPORTED int madvise(void *address, size_t length, int advice)
{
	int result;

	return shared_ram_madvise(address, length, advice, &result)
		       ? result
		       : real_madvise(address, length, advice);
}

EXPORTED void *mremap(void *address, size_t old_length, size_t length, int flags, ...)
{
	void *place = NULL, *mapped;
	va_list arguments;

	va_start(arguments, flags);
	if (flags & MREMAP_FIXED)
		place = va_arg(arguments, void *);
	va_end(arguments);
	return shared_ram_mremap(address, old_length, length, flags, place, &mapped)
		       ? mapped
		       : real_mremap(address, old_length, length, flags, place);
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
