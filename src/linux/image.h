/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a kernel's image is: by what a CPU translates with, and nothing else. The image
 * is contiguous in physical memory, but for holes where parts of it were given back.
 */
#ifndef SONDE_LINUX_IMAGE_H
#define SONDE_LINUX_IMAGE_H

#include "page_plan.h"
#include "page_walk.h"
#include "target.h"

struct sonde_linux_image {
	/** The kernel's own tables, whatever a CPU has loaded. */
	struct sonde_page_regime regime;
	/** Virtual addresses, both included. */
	uint64_t first, last;
	/** Of the byte at @ref first. */
	uint64_t physical;
	/** Where the code ends, with which the image begins. */
	uint64_t code_end;
};

enum {
	/** So many attempts are worth making. */
	SONDE_LINUX_IMAGE_ATTEMPTS = 3,
};

/** Whether it is known where a kernel's image is. */
bool sonde_linux_image_is_known(const struct sonde_arch *arch);

/**
 * Makes of @p regime, which a CPU has loaded, what the kernel's tables may be: which are
 * tried, @p attempt says, from 0. False: there are no more.
 */
bool sonde_linux_image_tables(const struct sonde_arch *arch,
	struct sonde_page_regime *regime, unsigned attempt);

/**
 * Looks for an image by what @p regime translates. @p attempt is as above. @p anchor is
 * an address in the image, or in what the kernel is entered by; 0: unknown. *@p found:
 * whether there is an image; it need not be Linux's.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_image_find(const struct sonde_arch *arch,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t anchor, unsigned attempt, struct sonde_linux_image *ret, bool *found);

/**
 * The same without page tables: what can be read around @p pc, in @p memory as a CPU sees
 * it. @p ret has no regime, and physical addresses are virtual ones.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_image_probe(struct sonde_space *memory,
	uint64_t pc, struct sonde_linux_image *ret, bool *found);

/** The image as a space that needs no walk: its addresses are the virtual ones. */
struct sonde_linux_image_space {
	struct sonde_space space;
	struct sonde_space *physical;
	uint64_t first, last;
	uint64_t target;
	/** Owned; NULL: what is read is at hand. */
	struct sonde_linux_image_cache *cache;
};

/** Lives no longer than @p physical. */
void sonde_linux_image_space_init(struct sonde_linux_image_space *ret,
	struct sonde_space *physical, const struct sonde_linux_image *image);

/** What is read is kept, as image_cache.h says. */
SONDE_NODISCARD struct sonde_error *sonde_linux_image_space_keep(
	struct sonde_linux_image_space *image);

void sonde_linux_image_space_deinit(struct sonde_linux_image_space *image);

#endif
