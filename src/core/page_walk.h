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

/** As sonde_space_ops.write; read-only pages are written, too. */
SONDE_NODISCARD struct sonde_error *sonde_page_write(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, const void *data,
	size_t length);

/** As sonde_space_ops.look; what it shows is one page of windows, or nothing. */
SONDE_NODISCARD struct sonde_error *sonde_page_look(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address,
	struct sonde_window *ret);

#endif
