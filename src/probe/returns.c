/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "returns.h"

enum {
	/**
	 * A stack of the kernel's lies within one block of so many bytes
	 * (THREAD_SIZE of x86-64 and arm64, and what it is aligned to).
	 */
	STACK_BYTES = 16 * 1024,
};

void sonde_returns_deinit(struct sonde_returns *returns)
{
	free(returns->records);
	*returns = (struct sonde_returns){.records = NULL};
}

static struct sonde_error *prepare(struct sonde_returns *returns)
{
	if (returns->records)
		return NULL;
	returns->records = calloc(SONDE_RETURNS_MAX, sizeof(*returns->records));
	if (!returns->records)
		return sonde_error_no_memory();
	for (size_t i = 0; i < SONDE_RETURNS_MAX; i++) {
		returns->records[i].next = returns->free;
		returns->free = &returns->records[i];
	}
	return NULL;
}

/* Structures lie at round addresses, and without tasks stacks tell calls apart. */
static struct sonde_return **bucket_of(
	struct sonde_returns *returns, uint64_t task, uint64_t sp)
{
	uint64_t key = task ? task >> 6 : sp / STACK_BYTES;

	return &returns->buckets[(key ^ key >> 8) % SONDE_RETURN_BUCKETS];
}

/* @p place is where the chain has it. */
static void drop(struct sonde_returns *returns, struct sonde_return **place)
{
	struct sonde_return *call = *place;

	*place = call->next;
	if (call->pending)
		--*call->pending;
	call->age = 0;
	call->next = returns->free;
	returns->free = call;
	returns->count--;
}

/*
 * Whether @p old is over now that @p call begins. A stack grows down, so whatever was
 * called from further down has been left. At the same place there may be two: a function
 * that ends by jumping to another one lets that return for both.
 */
static bool is_over(const struct sonde_return *old, const struct sonde_return *call)
{
	if (old->task != call->task)
		return false;
	if (old->sp == call->sp)
		return old->address != call->address || old->link == call->link;
	return call->task && old->sp < call->sp &&
	       old->sp / STACK_BYTES == call->sp / STACK_BYTES;
}

static void drop_oldest(struct sonde_returns *returns)
{
	struct sonde_return *oldest = NULL, **place;

	for (size_t i = 0; i < SONDE_RETURNS_MAX; i++)
		if (returns->records[i].age &&
			(!oldest || returns->records[i].age < oldest->age))
			oldest = &returns->records[i];
	place = bucket_of(returns, oldest->task, oldest->sp);
	while (*place != oldest)
		place = &(*place)->next;
	drop(returns, place);
	returns->lost++;
}

struct sonde_error *sonde_returns_add(
	struct sonde_returns *returns, const struct sonde_return *call)
{
	struct sonde_return **place = bucket_of(returns, call->task, call->sp), *added;

	CHECK(prepare(returns));
	while (*place) {
		if (is_over(*place, call))
			drop(returns, place);
		else
			place = &(*place)->next;
	}
	if (!returns->free)
		drop_oldest(returns);
	added = returns->free;
	returns->free = added->next;
	*added = *call;
	added->age = ++returns->last_age;
	/* The youngest is found first. */
	place = bucket_of(returns, call->task, call->sp);
	added->next = *place;
	*place = added;
	returns->count++;
	if (added->pending)
		++*added->pending;
	return NULL;
}

bool sonde_returns_take(struct sonde_returns *returns, uint64_t task, uint64_t sp,
	uint64_t address, struct sonde_return *ret)
{
	struct sonde_return **place = bucket_of(returns, task, sp);

	for (; *place; place = &(*place)->next) {
		if ((*place)->task != task || (*place)->sp != sp ||
			(*place)->address != address)
			continue;
		*ret = **place;
		drop(returns, place);
		return true;
	}
	return false;
}

struct sonde_error *sonde_returns_sweep(struct sonde_returns *returns,
	struct sonde_error *(*is_gone)(
		void *user, const struct sonde_return *call, bool *ret),
	void *user)
{
	for (size_t i = 0; i < SONDE_RETURN_BUCKETS; i++) {
		struct sonde_return **place = &returns->buckets[i];

		while (*place) {
			bool gone;

			CHECK(is_gone(user, *place, &gone));
			if (gone)
				drop(returns, place);
			else
				place = &(*place)->next;
		}
	}
	return NULL;
}

void sonde_returns_forget(
	struct sonde_returns *returns, const struct sonde_probe_link *link)
{
	for (size_t i = 0; i < SONDE_RETURN_BUCKETS; i++) {
		struct sonde_return **place = &returns->buckets[i];

		while (*place) {
			if ((*place)->link == link)
				drop(returns, place);
			else
				place = &(*place)->next;
		}
	}
}
