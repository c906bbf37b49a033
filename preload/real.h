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

void *real_mmap(
	void *address, size_t length, int protection, int flags, int fd, off64_t offset);
int real_unlink(const char *path);
int real_unlinkat(int directory, const char *path, int flags);
/** Both of them: a large file is as good where a small one is wanted. */
int real_mkstemp(char *path);

#endif
