/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The least a C program can do to read the memory of an x86-64 guest whose RAM is a file
 * that QEMU shares: the file is mapped, and a physical address is an offset in it, which
 * holds below the hole of a pc with up to 3 GiB. Nothing is checked, nothing is noticed:
 * neither a hole in the file, nor its end, nor an entry that is not present.
 */
#ifndef SONDE_BENCH_GUEST_MEMORY_H
#define SONDE_BENCH_GUEST_MEMORY_H

#include <stddef.h>
#include <sys/types.h>

#include "measure.h"

enum {
	GUEST_PAGE_BYTES = 4096,
	/** So many pages the random reads are of. */
	GUEST_PAGES = 512,
	/** As many entries as sonde's own table has. */
	GUEST_SLOTS = 4096,
	/** Addresses are drawn beforehand; a power of two. */
	GUEST_READS = 8192,
	/** The cache is dropped after so many reads. */
	GUEST_READS_A_CACHE = 16,
	/** Physical reads of 8 bytes go over so many bytes. */
	GUEST_WANDER_BYTES = 16 << 20,
};

struct guest_memory {
	const uint8_t *ram;
	size_t bytes;
	/** What CR3 has: the root of the page tables. */
	uint64_t root;
	/** Virtual addresses of pages of 4 KiB that are present. */
	uint64_t pages[GUEST_PAGES];
	/** Within those pages, each a multiple of 8. */
	uint64_t reads[GUEST_READS];
	struct guest_slot {
		uint64_t page, age;
		const uint8_t *host;
	} slots[GUEST_SLOTS];
	/** Of what is in @ref slots and counts. */
	uint64_t age;
	uint64_t random;
	/** 0, which the compiler does not know. */
	uint64_t nothing;
	/** Where what is read goes. */
	uint8_t *buffer;
	pid_t pid;
	/** The address of @ref ram in QEMU's process; 0: there is no such file. */
	uint64_t host;
};

/** Maps the RAM of QEMU's process @p pid. */
void guest_memory_map(struct guest_memory *memory, pid_t pid);

/** Where RAM is no file: finds it in the process, for process_vm_readv(). */
void guest_memory_find(struct guest_memory *memory, pid_t pid);

/** Chooses pages among those that the kernel's half of the tables at @p root maps. */
void guest_memory_choose(struct guest_memory *memory, uint64_t root);

/** The address of read @p i: a CPU may do several reads at once. */
static inline uint64_t guest_memory_next(
	const struct guest_memory *memory, unsigned long i)
{
	return memory->reads[i % GUEST_READS];
}

/**
 * The same, but as where lists and trees are followed: it cannot be computed before the
 * read in front of it has come to its end.
 */
static inline uint64_t guest_memory_follow(
	const struct guest_memory *memory, unsigned long i)
{
	uint64_t last;

	memcpy(&last, memory->buffer, sizeof(last));
	return memory->reads[(i + (last & memory->nothing)) % GUEST_READS];
}

/** The physical address of read @p i: another page each time. */
static inline uint64_t guest_memory_wander(unsigned long i)
{
	return 0x100000 + i * (GUEST_PAGE_BYTES + 8) % GUEST_WANDER_BYTES;
}

/** Each is a batch of a job: COUNT bytes from ADDRESS on, or COUNT reads of 8 bytes. */
void bare_map_bulk(void *user, const struct job *job);
void bare_map_cached(void *user, const struct job *job);
void bare_map_dropped(void *user, const struct job *job);
void bare_map_cached_chain(void *user, const struct job *job);
void bare_map_dropped_chain(void *user, const struct job *job);
void bare_process_bulk(void *user, const struct job *job);
void bare_process_reads(void *user, const struct job *job);

#endif
