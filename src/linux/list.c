/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"
#include "list.h"

enum {
	/** Looks that are taken at a link before the walk goes back. */
	LOOKS = 3,
	/** How often a walk may go back. */
	PATIENCE = 256,
	/** Links between two questions whether somebody wants to end (a power of two). */
	INTERRUPT_EVERY = 1024,
};

struct link {
	uint64_t next, previous;
};

static uint64_t pointer_at(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (unsigned i = 8; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

/* *@p there: it could be read. */
static struct sonde_error *read_link(const struct sonde_linux_list *list,
	uint64_t address, struct link *ret, bool *there)
{
	uint8_t bytes[16];
	struct sonde_error *error;

	*there = false;
	if (!(address >> 63) || address & 7)
		return NULL;
	error = sonde_space_read(
		&list->kernel->space.space, address, bytes, sizeof(bytes));
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	*ret = (struct link){pointer_at(bytes), pointer_at(bytes + 8)};
	*there = true;
	return NULL;
}

static uint64_t last_passed(const struct sonde_linux_list *list)
{
	return list->kept ? list->trail[(list->passed - 1) % SONDE_LINUX_LIST_TRAIL]
			  : list->head;
}

static void keep(struct sonde_linux_list *list, uint64_t link)
{
	list->trail[list->passed++ % SONDE_LINUX_LIST_TRAIL] = link;
	if (list->kept < SONDE_LINUX_LIST_TRAIL)
		list->kept++;
}

/* Of a link that was read: what follows it, if that leads back to it. */
static struct sonde_error *follow(
	const struct sonde_linux_list *list, uint64_t link, uint64_t *ret, bool *believed)
{
	struct link here = {0}, behind = {0};

	*believed = false;
	CHECK(read_link(list, link, &here, believed));
	if (*believed)
		CHECK(read_link(list, here.next, &behind, believed));
	*believed = *believed && behind.previous == link;
	*ret = here.next;
	return NULL;
}

/* Whether @p link is in a list: both of its neighbours know it. */
static struct sonde_error *is_linked(
	const struct sonde_linux_list *list, uint64_t link, bool *ret)
{
	struct link here = {0}, before = {0};

	CHECK(read_link(list, link, &here, ret));
	if (*ret)
		CHECK(read_link(list, here.previous, &before, ret));
	*ret = *ret && before.next == link;
	return NULL;
}

/* To the last link that is in the list still; the head always is. */
static struct sonde_error *go_back(struct sonde_linux_list *list)
{
	while (list->kept) {
		bool linked;

		CHECK(is_linked(list, last_passed(list), &linked));
		if (linked)
			break;
		list->passed--;
		list->kept--;
	}
	list->mark = 0;
	return NULL;
}

/* Brent's way: the walk meets its mark again if it is in a cycle, since the distance at
 * which marks are set doubles. */
static bool is_cycle(struct sonde_linux_list *list, uint64_t link)
{
	if (link == list->mark)
		return true;
	if (!list->mark || ++list->mark_age == list->mark_limit) {
		list->mark = link;
		list->mark_age = 0;
		list->mark_limit *= 2;
	}
	return false;
}

static void end(struct sonde_linux_list *list, const char *why, bool *more)
{
	list->torn = why;
	*more = false;
}

void sonde_linux_list_begin(struct sonde_linux_list *ret, struct sonde_linux *kernel,
	uint64_t head, uint64_t maximum)
{
	*ret = (struct sonde_linux_list){
		.kernel = kernel,
		.head = head,
		.left = maximum,
		.patience = PATIENCE,
		.mark_limit = 1,
	};
}

struct sonde_error *sonde_linux_list_next(
	struct sonde_linux_list *list, uint64_t *ret, bool *more)
{
	unsigned looks = 0;

	*more = true;
	if (list->left % INTERRUPT_EVERY == 0)
		CHECK(sonde_context_check_interrupt(list->kernel->target.sonde));
	for (;;) {
		bool believed;

		CHECK(follow(list, last_passed(list), ret, &believed));
		if (believed)
			break;
		if (++looks < LOOKS)
			continue;
		looks = 0;
		if (!list->patience) {
			end(list, "the list's links do not fit together", more);
			return NULL;
		}
		list->patience--;
		CHECK(go_back(list));
	}
	*more = *ret != list->head;
	if (!*more)
		return NULL;
	if (!list->left)
		end(list, "the list has no end", more);
	else if (is_cycle(list, *ret))
		end(list, "the list leads back into itself", more);
	list->left--;
	keep(list, *ret);
	return NULL;
}
