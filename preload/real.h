/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C library's own functions, behind those of ours that have their names. Each does
 * what its name says in the C library. Before real_init(), which other libraries'
 * constructors may run ahead of, the kernel is called instead.
 */
#ifndef SONDE_PRELOAD_REAL_H
#define SONDE_PRELOAD_REAL_H

#include <stddef.h>
#include <sys/types.h>

/** Look the functions up. Once, while nothing else runs. */
void real_init(void);

/** mmap()'s arguments. */
struct mmap_call {
	void *address;
	size_t length;
	int protection, flags, fd;
	off64_t offset;
};

void *real_mmap(const struct mmap_call *call);
int real_munmap(void *address, size_t length);
int real_madvise(void *address, size_t length, int advice);
/** @p place: where to, with MREMAP_FIXED. */
void *real_mremap(
	void *address, size_t old_length, size_t length, int flags, void *place);
int real_unlink(const char *path);
int real_unlinkat(int directory, const char *path, int flags);
/** Both of them: a large file is as good where a small one is wanted. */
int real_mkstemp(char *path);

#endif
