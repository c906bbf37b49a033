/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RAM as QEMU 2.0 to 10 allocate, discard, map anew and free it: the same calls with the
 * same arguments, for testing what stands in front of them. Each way names the function
 * of QEMU's source and the versions that it stands for; not every release was read.
 */
#ifndef SONDE_TESTS_RAM_ALLOCATOR_H
#define SONDE_TESTS_RAM_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

struct ram_block {
	unsigned char *host;
	size_t size;
	/** As in QEMU's RAMBlock: -1 where the memory is anonymous. */
	int fd;
	bool is_shared;
	/** What free takes besides: a guard page. */
	size_t guard;
};

/** A way of allocating. Those of files map @p fd; the others are given -1. */
typedef bool ram_allocate(struct ram_block *ret, size_t size, int fd);

/** 2.0 to 2.4, qemu_anon_ram_alloc(): one mapping, of which the surplus is cut off. */
ram_allocate ram_anonymous_2_0;
/** Before 2.5 was released: as much, but reserved first. */
ram_allocate ram_anonymous_2_5_rc;
/** 2.5 to 10, qemu_anon_ram_alloc() by qemu_ram_mmap(). By mmap64(), as they are built.
 */
ram_allocate ram_anonymous;
/** The same by mmap(), which is all that some C libraries have. */
ram_allocate ram_anonymous_by_mmap;
/** 6.1 to 10: memory-backend-ram,reserve=off. */
ram_allocate ram_anonymous_noreserve;
/** 3.1 to 10: memory-backend-ram,share=on. */
ram_allocate ram_anonymous_shared;
/** All: qemu_memalign(), which is not for RAM since 1.4. */
ram_allocate ram_memalign;
/** 2.0 to 2.4, file_ram_alloc(): -mem-path. */
ram_allocate ram_file_2_0;
/** 2.5 to 10, file_ram_alloc() by qemu_ram_mmap(): -mem-path, memory-backend-file. */
ram_allocate ram_file;
/** 2.1 to 10: share=on; memory-backend-memfd; 10's aux-ram-share, by qemu_shm_alloc(). */
ram_allocate ram_file_shared;
/** 6.0 to 10: memory-backend-file,readonly=on,share=off. */
ram_allocate ram_file_readonly;

/** ram_block_discard_range(), 2.9 to 10; 0 where it went well. */
int ram_discard(const struct ram_block *block, size_t offset, size_t length);
/** Balloons of 2.0 to 3.1: madvise() alone, of a page at a time. */
int ram_discard_2_0(const struct ram_block *block, size_t offset, size_t length);

/** qemu_ram_remap(), after a hardware memory error. */
bool ram_remap(const struct ram_block *block, size_t offset, size_t length);
/** 2.x: unmapped first. */
bool ram_remap_2_0(const struct ram_block *block, size_t offset, size_t length);

/** What ram_block_add() and backends tell of new RAM; a bit for each that failed. */
unsigned ram_advise(const struct ram_block *block);

/** qemu_anon_ram_free(), qemu_ram_munmap(). Files are not closed. */
void ram_free(struct ram_block *block);

#endif
