/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RAM that is shared where QEMU asked for private memory: files of its own, and anonymous
 * memory, which becomes a memfd. Others open it by QEMU's descriptor, below /proc.
 *
 * Two ways of allocating anonymous RAM are known by their shape, where the program itself
 * calls, and not one of its libraries:
 *
 * - addresses are reserved (PROT_NONE), and RAM is mapped at a fixed place among them:
 *   QEMU's qemu_ram_mmap(), since 2.5;
 * - RAM is mapped together with what is cut off for its alignment, which a page is
 * missing of: qemu_anon_ram_alloc() before that.
 *
 * What private memory has and shared memory has not is made up for: what is given back
 * (MADV_DONTNEED) is gone from the file, and reads as zeros; what is unmapped of a memfd
 * is, too. Pages that are mapped anew (qemu_ram_remap()) are zeros; those of a memfd are
 * anonymous from then on.
 *
 * The calls are made, and the table of regions is kept, under a lock. Its holder has all
 * signals blocked, and fork() waits for it: neither a handler nor a child can find it
 * taken for ever. A child has no regions: QEMU gives its children no RAM
 * (MADV_DONTFORK), and discarding what a child still had would take it from QEMU.
 */
#ifndef SONDE_PRELOAD_SHARED_RAM_H
#define SONDE_PRELOAD_SHARED_RAM_H

#include <stdbool.h>
#include <stddef.h>

#include "real.h"
#include "settings.h"

/** What all the memfds are called. */
#define SHARED_RAM_NAME "sonde-qemu-ram"

/** Nothing is done before this, and unless it is asked for, in a QEMU. */
void shared_ram_init(const struct settings *settings);

/*
 * Each returns whether it has made the call: then its result is in @p ret, and errno is
 * as the C library's function leaves it. If not, it is for the caller to make.
 */

/** @p caller: an address in the code that calls mmap(). */
bool shared_ram_mmap(const struct mmap_call *call, const void *caller, void **ret);
/** As much for a mapping that was made a shared one of a RAM file, which stays QEMU's. */
bool shared_ram_mmap_file(const struct mmap_call *call, void **ret);
bool shared_ram_munmap(void *address, size_t length, int *ret);
bool shared_ram_madvise(void *address, size_t length, int advice, int *ret);
/** @p place: MREMAP_FIXED's. RAM can be made shorter, and nothing else (ENOMEM). */
bool shared_ram_mremap(void *address, size_t old_length, size_t length, int flags,
	void *place, void **ret);

#endif
