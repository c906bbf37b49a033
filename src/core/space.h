/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a space is made: an operations table over a structure of the maker's own
 * that begins with struct sonde_space.
 */
#ifndef SONDE_CORE_SPACE_H
#define SONDE_CORE_SPACE_H

#include <sonde/space.h>
#include "macros.h"
#include "window.h"

struct sonde_page_cache;
struct sonde_page_proof;
struct sonde_page_tables;
struct sonde_traps;

/** What is to be written to a space. */
struct sonde_write {
	uint64_t address;
	const void *data;
	size_t length;
	/** The guest may execute it, or may have: an emulated CPU has to notice. */
	bool may_be_code;
	/** Nothing is written: could all of it be? */
	bool only_check;
};

struct sonde_space_ops {
	/** Mandatory. All of it, or a fault with the bytes before it done. */
	struct sonde_error *(*read)(
		struct sonde_space *space, uint64_t address, void *buffer, size_t length);
	/**
	 * Optional. Where the byte at @p address, and what is around it, lies in our own
	 * memory; @p ret with length 0: nowhere, it has to be read. A fault where there
	 * is nothing to be read, either. @p address is the first of a page.
	 */
	struct sonde_error *(*look)(
		struct sonde_space *space, uint64_t address, struct sonde_window *ret);
	/**
	 * Optional: NULL is a space that cannot be written. All of it, or an error and
	 * nothing; where that cannot be had, the error says so.
	 */
	struct sonde_error *(*write)(
		struct sonde_space *space, const struct sonde_write *write);
};

struct sonde_space {
	const struct sonde_space_ops *ops;
	const char *name;
	/** Reads that search for an end stay within one of these (a power of two). */
	unsigned page_bytes;
	/** The highest address. */
	uint64_t limit;
	bool big_endian;
	/** It depends on what a thread is doing at the moment. */
	bool per_thread;
	/** Instructions that were replaced: reads show what was there. May be NULL. */
	struct sonde_traps *traps;
	/** Its addresses are physical. */
	bool physical;
	/** Mandatory. Counts up when neither windows nor pages are valid any more, in
	 * none of a target's spaces. */
	uint64_t *epoch;
	/** Of windows that sonde_space_forget() forgot; begins with 0. */
	uint64_t forgotten;
	/** Those that are larger than a page, and which of them is to be replaced next.
	 */
	struct sonde_kept_window windows[SONDE_WINDOWS];
	unsigned oldest_window;
	/**
	 * Optional. Of a virtual space: by these its pages are found without asking it,
	 * as long as their age is 1 + *@ref epoch. Borrowed.
	 */
	const struct sonde_page_tables *tables;
	/** Where pages are that no window shows; owned; NULL: none was looked for. */
	struct sonde_page_cache *page_cache;
	/** SONDE_WINDOW_PAGES of them once there is one; owned. */
	struct sonde_window_page *pages;
	/** Of each of them that was found by @ref tables; owned. */
	struct sonde_page_proof *proofs;
};

/** Frees what a space has remembered; its maker frees the rest. */
void sonde_space_deinit(struct sonde_space *space);

#endif
