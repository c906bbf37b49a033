/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into a process, lets it run out of memory: from the Nth allocation on there
 * is none. SONDE_NO_MEMORY_AT=N; SONDE_MEMORY_LOG=FILE gets how many there were.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The C library's own: dlsym() would allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static long count;
static long limit = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("SONDE_NO_MEMORY_AT");

	count = 0;
	limit = at ? atol(at) : -1;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("SONDE_MEMORY_LOG");
	long seen = count;
	char text[32];
	int fd;

	limit = -1;
	fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		return;
	if (write(fd, text, (size_t)snprintf(text, sizeof(text), "%ld\n", seen)) < 0)
		abort();
	close(fd);
}

static int is_over(void)
{
	count++;
	if (limit < 0 || count < limit)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return is_over() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	return is_over() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
	return is_over() ? NULL : __libc_realloc(old, size);
}
