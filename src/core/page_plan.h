/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk of page tables (page_walk.h) where all that is needed is in windows and
 * nothing is odd: some loads and little else, of what is worked out beforehand. Whatever
 * it does not find, that walk finds, or knows why not.
 */
#ifndef SONDE_CORE_PAGE_PLAN_H
#define SONDE_CORE_PAGE_PLAN_H

#include "paging.h"
#include "space_page.h"

/** A level: an entry that leads on, or else one that is a page's. */
struct sonde_page_step {
	/** Where in its table the entry is: address >> shift & mask (bytes). */
	uint64_t mask;
	/** Those that lead on: entry & asked == wanted. In the last step none does. */
	uint64_t asked, wanted;
	/** The bits of an address that are within such a page. */
	uint64_t inside;
	/** Bits of a page's entry that have to be 0. */
	uint64_t reserved;
	unsigned char shift;
	/** Those that are a page's: the bit of their kind is set. */
	unsigned char leaves;
};

/** How one range is walked. */
struct sonde_page_plan {
	/** An address is in it if (address & counted) - first is at most this. */
	uint64_t counted, first, span;
	/** The bits of an address that are translated. */
	uint64_t translated;
	uint64_t root;
	/** Where entries lead: (entry & address) << shift. */
	uint64_t address;
	unsigned char shift;
	/** As in the format. */
	unsigned char kind_shift, kind_mask;
	uint64_t present;
	struct sonde_page_step steps[SONDE_PAGE_LEVELS_MAX];
};

/** The tables that a CPU translates with at the moment. */
struct sonde_page_tables {
	struct sonde_space *physical;
	/** 1 + the space's epoch in which they were read; 0: they were not. */
	uint64_t age;
	struct sonde_page_regime regime;
	/** By the highest bit of an address. */
	struct sonde_page_plan plans[2];
};

/**
 * The entries that a walk went by. As long as they are what they were, so is the page:
 * looking whether that holds takes the same loads as the walk, and nothing else; none of
 * them has to wait for the one before.
 */
struct sonde_page_proof {
	/** The sonde_space_age() of the physical space then; 0: there is no proof. */
	uint64_t age;
	/** All of the entries are in this memory, and that is of a file. */
	const uint8_t *memory;
	uint64_t length;
	bool *broken;
	unsigned count;
	struct {
		const uint8_t *host;
		uint64_t entry;
	} steps[SONDE_PAGE_LEVELS_MAX];
};

/** Works out the plans; to be done again whenever the regime was changed or moved. */
void sonde_page_tables_plan(struct sonde_page_tables *tables);

/**
 * The window that shows the 8 bytes at @p address, which is guarded from now on in the
 * place of @p window. NULL: there is none; nothing is guarded then.
 */
const struct sonde_window *sonde_page_turn(struct sonde_space *physical,
	const struct sonde_window *window, uint64_t address);

/** Whether the entries are what they were. */
static inline bool sonde_page_proof_holds(
	struct sonde_space *physical, const struct sonde_page_proof *proof)
{
	uint64_t difference = 0;

	if (proof->age != sonde_space_age(physical))
		return false;
	sonde_guard_begin(proof->memory, proof->length);
	for (unsigned i = 0; i < proof->count; i++) {
		uint64_t entry;

		memcpy(&entry, proof->steps[i].host, 8);
		difference |= le64toh(entry) ^ proof->steps[i].entry;
	}
	if (__builtin_expect(!sonde_guard_end(), 0)) {
		sonde_space_lose(physical, proof->broken);
		return false;
	}
	return !difference;
}

/**
 * Where the first byte of the page of windows lies that @p address is in, and what is to
 * be told if its file turns out to be cut short. NULL: it has to be looked for otherwise.
 * @p proof is filled in, or emptied.
 */
static inline const uint8_t *sonde_page_find(const struct sonde_page_tables *tables,
	uint64_t address, bool **broken, struct sonde_page_proof *proof)
{
	const struct sonde_page_plan *plan =
		address >> 63 ? &tables->plans[1] : &tables->plans[0];
	const struct sonde_page_step *step = plan->steps;
	struct sonde_space *physical = tables->physical;
	const struct sonde_window *window = &physical->windows[0].window;
	uint64_t age = sonde_space_age(physical), target = plan->root, entry, place;
	unsigned count = 0;

	proof->age = 0;
	if ((address & plan->counted) - plan->first > plan->span ||
		physical->windows[0].age != age)
		return NULL;
	address &= plan->translated;
	sonde_guard_begin(window->host, window->length);
	for (;; step++, count++) {
		place = target + (address >> step->shift & step->mask);
		if (__builtin_expect(!sonde_window_shows(window, place, 8), 0)) {
			/* Of two windows there is no proof. */
			age = count ? 0 : age;
			window = sonde_page_turn(physical, window, place);
			if (!window)
				return NULL;
		}
		proof->steps[count].host = window->host + (place - window->address);
		memcpy(&entry, proof->steps[count].host, 8);
		entry = le64toh(entry);
		proof->steps[count].entry = entry;
		target = (entry & plan->address) << plan->shift;
		if ((entry & step->asked) != step->wanted)
			break;
	}
	if (__builtin_expect(!sonde_guard_end(), 0)) {
		sonde_space_lose(physical, window->broken);
		return NULL;
	}
	if ((entry & (plan->present | step->reserved)) != plan->present ||
		!(step->leaves >> (entry >> plan->kind_shift & plan->kind_mask) & 1))
		return NULL;
	proof->memory = window->host;
	proof->length = window->length;
	proof->broken = window->broken;
	proof->count = count + 1;
	place = (target & ~step->inside) + (address & step->inside);
	place -= place % SONDE_WINDOW_PAGE_BYTES;
	if (__builtin_expect(
		    !sonde_window_shows(window, place, SONDE_WINDOW_PAGE_BYTES), 0)) {
		window =
			sonde_space_find_window(physical, place, SONDE_WINDOW_PAGE_BYTES);
		if (!window)
			return NULL;
	}
	proof->age = age;
	*broken = window->broken;
	return window->host + (place - window->address);
}

#endif
