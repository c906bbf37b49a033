/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mmap() and mmap64() are two functions here, whatever the program was compiled with. */
#undef _FILE_OFFSET_BITS
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ram_allocator.h"

enum {
	/** QEMU_VMALLOC_ALIGN, of most hosts. */
	ALIGN = 2 << 20,
};

typedef void *map_function(void *, size_t, int, int, int, off64_t);

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t to_alignment(const void *address)
{
	return -(uintptr_t)address & (ALIGN - 1);
}

static void *by_mmap(
	void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
	return mmap(address, length, protection, flags, fd, (off_t)offset);
}

/* What was mapped or reserved, cut to size. */
static void trim(unsigned char *reserved, size_t total, size_t offset, size_t size)
{
	if (offset)
		munmap(reserved, offset);
	if (total > offset + size)
		munmap(reserved + offset + size, total - offset - size);
}

/* --- anonymous --------------------------------------------------------------------- */

bool ram_anonymous_2_0(struct ram_block *ret, size_t size, int fd)
{
	size_t total = size + ALIGN - page_bytes(), offset;
	unsigned char *mapped = mmap64(
		NULL, total, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, fd, 0);

	if (mapped == MAP_FAILED)
		return false;
	offset = to_alignment(mapped);
	trim(mapped, total, offset, size);
	*ret = (struct ram_block){.host = mapped + offset, .size = size, .fd = -1};
	return true;
}

static bool place(struct ram_block *ret, map_function *map, size_t total, size_t size,
	int protection, int flags, int fd, size_t guard)
{
	unsigned char *reserved =
		map(NULL, total, PROT_NONE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	unsigned char *mapped;
	size_t offset;

	if (reserved == MAP_FAILED)
		return false;
	offset = to_alignment(reserved);
	flags |= MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0);
	mapped = map(reserved + offset, size, protection, flags, fd, 0);
	if (mapped == MAP_FAILED) {
		munmap(reserved, total);
		return false;
	}
	trim(reserved, total, offset, size + guard);
	*ret = (struct ram_block){.host = mapped,
		.size = size,
		.fd = fd,
		.is_shared = (flags & MAP_TYPE) == MAP_SHARED,
		.guard = guard};
	return true;
}

bool ram_anonymous_2_5_rc(struct ram_block *ret, size_t size, int fd)
{
	return place(ret, mmap64, size + ALIGN - page_bytes(), size,
		PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
}

static bool by_ram_mmap(struct ram_block *ret, map_function *map, size_t size,
	int protection, int flags, int fd)
{
	return place(ret, map, size + ALIGN, size, protection, flags, fd, page_bytes());
}

bool ram_anonymous(struct ram_block *ret, size_t size, int fd)
{
	return by_ram_mmap(ret, mmap64, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
}

bool ram_anonymous_by_mmap(struct ram_block *ret, size_t size, int fd)
{
	return by_ram_mmap(ret, by_mmap, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
}

bool ram_anonymous_noreserve(struct ram_block *ret, size_t size, int fd)
{
	return by_ram_mmap(ret, mmap64, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_NORESERVE, fd);
}

bool ram_anonymous_shared(struct ram_block *ret, size_t size, int fd)
{
	return by_ram_mmap(ret, mmap64, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
}

bool ram_memalign(struct ram_block *ret, size_t size, int fd)
{
	void *memory;

	if (posix_memalign(&memory, ALIGN, size) != 0)
		return false;
	*ret = (struct ram_block){.host = memory, .size = size, .fd = fd};
	return true;
}

/* --- files ------------------------------------------------------------------------- */

bool ram_file_2_0(struct ram_block *ret, size_t size, int fd)
{
	void *mapped = mmap64(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	*ret = (struct ram_block){.host = mapped, .size = size, .fd = fd};
	return mapped != MAP_FAILED;
}

bool ram_file(struct ram_block *ret, size_t size, int fd)
{
	return by_ram_mmap(ret, mmap64, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
}

bool ram_file_shared(struct ram_block *ret, size_t size, int fd)
{
	return by_ram_mmap(ret, mmap64, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
}

bool ram_file_readonly(struct ram_block *ret, size_t size, int fd)
{
	return by_ram_mmap(ret, mmap64, size, PROT_READ, MAP_PRIVATE, fd);
}

/* --- afterwards -------------------------------------------------------------------- */

int ram_discard(const struct ram_block *block, size_t offset, size_t length)
{
	int advice = block->is_shared && block->fd < 0 ? MADV_REMOVE : MADV_DONTNEED;

	if (block->fd >= 0 &&
		fallocate64(block->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off64_t)offset, (off64_t)length) < 0)
		return -1;
	return madvise(block->host + offset, length, advice);
}

int ram_discard_2_0(const struct ram_block *block, size_t offset, size_t length)
{
	for (size_t end = offset + length; offset < end; offset += page_bytes())
		if (madvise(block->host + offset, page_bytes(), MADV_DONTNEED) < 0)
			return -1;
	return 0;
}

bool ram_remap(const struct ram_block *block, size_t offset, size_t length)
{
	int flags = MAP_FIXED | (block->is_shared ? MAP_SHARED : MAP_PRIVATE) |
		    (block->fd < 0 ? MAP_ANONYMOUS : 0);

	return mmap64(block->host + offset, length, PROT_READ | PROT_WRITE, flags,
		       block->fd,
		       block->fd < 0 ? 0 : (off64_t)offset) == block->host + offset;
}

bool ram_remap_2_0(const struct ram_block *block, size_t offset, size_t length)
{
	return munmap(block->host + offset, length) == 0 &&
	       ram_remap(block, offset, length);
}

unsigned ram_advise(const struct ram_block *block)
{
	static const int advices[] = {MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_DONTDUMP,
		MADV_DODUMP, MADV_HUGEPAGE, MADV_WILLNEED, MADV_DONTFORK};
	unsigned failed = 0;

	for (unsigned i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (madvise(block->host, block->size, advices[i]) < 0)
			failed |= 1U << i;
	return failed;
}

void ram_free(struct ram_block *block)
{
	munmap(block->host, block->size + block->guard);
	block->host = NULL;
}
