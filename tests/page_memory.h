/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Physical memory that is made up: banks with holes between them, and whatever counts
 * and breaks that a test of page tables wants.
 */
#ifndef TESTS_PAGE_MEMORY_H
#define TESTS_PAGE_MEMORY_H

#include "space.h"
#include "window.h"

enum {
	PAGE_MEMORY_BANKS = 3,
	PAGE_MEMORY_BANK_BYTES = 2 << 20,
};

struct page_memory_bank {
	uint64_t base;
	/** 0: it is not there. */
	uint64_t length;
	uint8_t *data;
};

struct page_memory {
	struct sonde_space space;
	uint64_t epoch;
	struct page_memory_bank banks[PAGE_MEMORY_BANKS];
	/** Reads of more than an entry. */
	unsigned long_reads;
	/** Reads of an entry, or less. */
	unsigned entry_reads;
	/** What is shown of memory at once, around what is asked for; 0: nothing. */
	uint64_t window_bytes;
	/** Of the first bank: a page that is asked for gets its bit; NULL: no page needs
	 * one. */
	uint64_t *present;
	/** At this address an error of another kind is met, once; 0: nowhere. */
	uint64_t broken;
	/** This page fails when it is written, and not before; 0: none does. */
	uint64_t unwritable;
	/** Writes, and checks of them, of what may be code. */
	unsigned code_writes;
	/** Faults of long reads are told of this address; 0: the right one. */
	uint64_t lie;
};

/** 2 MiB at 0, at 1 << 48 and at 3 << 50. */
void page_memory_init(struct page_memory *memory);
void page_memory_deinit(struct page_memory *memory);

/** Where @p length bytes at @p address are; a failed test if they are not. */
uint8_t *page_memory_at(struct page_memory *memory, uint64_t address, uint64_t length);

/** Puts an entry of @p bytes there. */
void page_memory_put(
	struct page_memory *memory, uint64_t address, uint64_t value, unsigned bytes);

#endif
