/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Page tables walked over a physical space: a virtual space over a physical one. What the
 * tables look like, src/arch/paging.h says; they are the guest's, so nothing in them is
 * believed: a walk has at most as many steps as its format has levels. Where nothing is
 * odd, page_plan.h is faster.
 */
#ifndef SONDE_CORE_PAGE_WALK_H
#define SONDE_CORE_PAGE_WALK_H

#include <sonde/translate.h>
#include "paging.h"
#include "space.h"
#include "window.h"

/**
 * Where @p address is. SONDE_ERROR_FAULT names @p address, and says which level stopped
 * the walk; an entry that cannot be read is such a fault, too. Whether there is memory
 * at the address that it comes to is not looked at.
 */
SONDE_NODISCARD struct sonde_error *sonde_page_walk(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address,
	struct sonde_translation *ret);

/** Mapped memory, contiguous in both spaces. */
struct sonde_page_run {
	uint64_t address;
	/** The last one, included. */
	uint64_t last;
	uint64_t physical;
	bool executable;
};

/**
 * The first run of pages from @p first to @p last, both included, that are mapped one
 * behind the other, all of them executable or none. *@p found: whether there is one. At
 * most *@p work entries are looked at, and it is counted down; if that ends it, what was
 * seen of the run is what is told.
 */
SONDE_NODISCARD struct sonde_error *sonde_page_find_run(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t first, uint64_t last,
	unsigned *work, struct sonde_page_run *ret, bool *found);

/** As sonde_space_ops.read, of the space that @p regime makes of @p physical. */
SONDE_NODISCARD struct sonde_error *sonde_page_read(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, void *buffer,
	size_t length);

/**
 * What was met at @p length bytes of physical memory from @p physical on, which are at
 * @p address: faults are of virtual addresses then, other errors stay. Takes over and
 * returns @p error; NULL for NULL.
 */
struct sonde_error *sonde_page_fault(
	struct sonde_error *error, uint64_t physical, size_t length, uint64_t address);

#endif
