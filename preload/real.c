/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The functions are variables of this file, set once: a library that is laid over another
 * one cannot be handed anything by its callers.
 */
/* mmap() and mmap64() are two functions here, whatever the program was compiled with. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "real.h"

static struct {
	void *(*mmap)(void *, size_t, int, int, int, off64_t);
	int (*unlink)(const char *);
	int (*unlinkat)(int, const char *, int);
	int (*mkstemp)(char *);
} real;

void real_init(void)
{
	real.mmap = dlsym(RTLD_NEXT, "mmap64");
	real.unlink = dlsym(RTLD_NEXT, "unlink");
	real.unlinkat = dlsym(RTLD_NEXT, "unlinkat");
	real.mkstemp = dlsym(RTLD_NEXT, "mkstemp64");
}

void *real_mmap(
	void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	if (real.mmap)
		return real.mmap(address, length, protection, flags, fd, offset);
#ifdef SYS_mmap2
	/* In units of 4096 bytes, on all architectures that have it and matter to QEMU.
	 */
	return (void *)syscall(
		SYS_mmap2, address, length, protection, flags, fd, (long)(offset >> 12));
#else
	return (void *)syscall(
		SYS_mmap, address, length, protection, flags, fd, (long)offset);
#endif
}

int real_unlink(const char *path)
{
	if (real.unlink)
		return real.unlink(path);
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int real_unlinkat(int directory, const char *path, int flags)
{
	if (real.unlinkat)
		return real.unlinkat(directory, path, flags);
	return (int)syscall(SYS_unlinkat, directory, path, flags);
}

int real_mkstemp(char *path)
{
	/* No call of the kernel does this; whoever comes so early gets it looked up. */
	int (*function)(char *) = real.mkstemp;

	if (!function)
		function = dlsym(RTLD_NEXT, "mkstemp64");
	if (function)
		return function(path);
	errno = ENOSYS;
	return -1;
}
