/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks along the kernel's lists (struct list_head, include/linux/types.h) while the
 * kernel changes them, and along lists that lie. A link is believed when the one behind
 * it leads back to it; where that is not so, another look is taken, and then the walk
 * goes back to a link that is in the list still. So an entry may come up twice: whoever
 * walks drops those that he has. Entries that are in the list all the time come up.
 *
 *	sonde_linux_list_begin(&list, kernel, head, maximum);
 *	for (;;) {
 *		CHECK(sonde_linux_list_next(&list, &link, &more));
 *		if (!more)
 *			break;
 *		entry = link - offset;
 *	}
 */
#ifndef SONDE_LINUX_LIST_H
#define SONDE_LINUX_LIST_H

#include <sonde/error.h>
#include <stddef.h>

struct sonde_linux;

enum {
	/** Links to which a walk can go back (a power of two). */
	SONDE_LINUX_LIST_TRAIL = 64,
};

struct sonde_linux_list {
	struct sonde_linux *kernel;
	uint64_t head;
	/** The links that were passed last, the last one at @ref passed - 1. */
	uint64_t trail[SONDE_LINUX_LIST_TRAIL];
	uint64_t passed;
	/** How many there are in the trail. */
	unsigned kept;
	/** Links that are looked at yet. */
	uint64_t left;
	/** How often it may go back yet. */
	unsigned patience;
	/** To find a cycle: a link, and after how many it is replaced. */
	uint64_t mark, mark_age, mark_limit;
	/** Why the walk ended before the list did; NULL: it did not. Never freed. */
	const char *torn;
};

/** Starts at the list whose head, which is no entry, is at @p head. No list has more than
 * @p maximum entries. */
void sonde_linux_list_begin(struct sonde_linux_list *ret, struct sonde_linux *kernel,
	uint64_t head, uint64_t maximum);

/**
 * The address of the next entry's struct list_head; *@p more is false at the end, and
 * where the list cannot be followed, which is no error: @ref sonde_linux_list.torn says
 * why.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_list_next(
	struct sonde_linux_list *list, uint64_t *ret, bool *more);

#endif
