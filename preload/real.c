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
	int (*munmap)(void *, size_t);
	int (*madvise)(void *, size_t, int);
	void *(*mremap)(void *, size_t, size_t, int, ...);
	int (*unlink)(const char *);
	int (*unlinkat)(int, const char *, int);
	int (*mkstemp)(char *);
} real;

void real_init(void)
{
	real.mmap = dlsym(RTLD_NEXT, "mmap64");
	real.munmap = dlsym(RTLD_NEXT, "munmap");
	real.madvise = dlsym(RTLD_NEXT, "madvise");
	real.mremap = dlsym(RTLD_NEXT, "mremap");
	real.unlink = dlsym(RTLD_NEXT, "unlink");
	real.unlinkat = dlsym(RTLD_NEXT, "unlinkat");
	real.mkstemp = dlsym(RTLD_NEXT, "mkstemp64");
}

void *real_mmap(const struct mmap_call *call)
{
	if (real.mmap)
		return real.mmap(call->address, call->length, call->protection,
			call->flags, call->fd, call->offset);
#ifdef SYS_mmap2
	/* In units of 4096 bytes, on all architectures that have it and matter to QEMU.
	 */
	return (void *)syscall(SYS_mmap2, call->address, call->length, call->protection,
		call->flags, call->fd, (long)(call->offset >> 12));
#else
	return (void *)syscall(SYS_mmap, call->address, call->length, call->protection,
		call->flags, call->fd, (long)call->offset);
#endif
}

int real_munmap(void *address, size_t length)
{
	if (real.munmap)
		return real.munmap(address, length);
	return (int)syscall(SYS_munmap, address, length);
}

int real_madvise(void *address, size_t length, int advice)
{
	if (real.madvise)
		return real.madvise(address, length, advice);
	return (int)syscall(SYS_madvise, address, length, advice);
}

void *real_mremap(void *address, size_t old_length, size_t length, int flags, void *place)
{
	if (real.mremap)
		return real.mremap(address, old_length, length, flags, place);
	return (void *)syscall(SYS_mremap, address, old_length, length, flags, place);
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
