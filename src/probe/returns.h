/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that are under way: who called, and where the stack pointer was. A call is known
 * again at its return by the task, the stack pointer and the address, so it does not
 * matter how calls nest, which CPU they return on, and what others do meanwhile.
 *
 * Functions that never return leave a record behind. It goes when its stack is used
 * again, when its task is gone, and at last because the table is full.
 */
#ifndef SONDE_PROBE_RETURNS_H
#define SONDE_PROBE_RETURNS_H

#include "error.h"

enum {
	SONDE_RETURNS_MAX = 4096,
	/** Arguments in registers that are remembered. */
	SONDE_RETURN_ARGUMENTS = 8,
	SONDE_RETURN_BUCKETS = 256,
};

struct sonde_probe_link;

struct sonde_return {
	/** 0: nobody knows tasks. */
	uint64_t task;
	/** When the task was started; 0: nobody knows. Another one may come to be at the
	 * same place, with the same stack. */
	uint64_t started;
	/** At the entry. */
	uint64_t sp;
	/** To which the function returns. */
	uint64_t address;
	/** The function's entry, with the probe. */
	struct sonde_probe_link *link;
	uint64_t arguments[SONDE_RETURN_ARGUMENTS];
	/** Counts the records that stand for it, down when this one goes. */
	unsigned *pending;

	/* The table's. */
	struct sonde_return *next;
	/** 0: it is free. */
	uint64_t age;
};

struct sonde_returns {
	/** SONDE_RETURNS_MAX of them; NULL: none was needed yet. */
	struct sonde_return *records, *free;
	struct sonde_return *buckets[SONDE_RETURN_BUCKETS];
	size_t count;
	uint64_t last_age;
	/** Records that went because the table was full. */
	uint64_t lost;
};

void sonde_returns_deinit(struct sonde_returns *returns);

static inline bool sonde_returns_is_full(const struct sonde_returns *returns)
{
	return returns->count == SONDE_RETURNS_MAX;
}

/**
 * Adds a copy of @p call. Calls of the same task that its stack shows to be over are
 * forgotten first, and where all is full the oldest is.
 */
SONDE_NODISCARD struct sonde_error *sonde_returns_add(
	struct sonde_returns *returns, const struct sonde_return *call);

/**
 * Takes the youngest call out that returns to @p address with the stack pointer at
 * @p sp, as it was at the entry; false: there is none.
 */
bool sonde_returns_take(struct sonde_returns *returns, uint64_t task, uint64_t sp,
	uint64_t address, struct sonde_return *ret);

/** Forgets the calls that @p is_over says so of. */
SONDE_NODISCARD struct sonde_error *sonde_returns_sweep(struct sonde_returns *returns,
	struct sonde_error *(*is_over)(
		void *user, const struct sonde_return *call, bool *ret),
	void *user);

/** Forgets the calls of a link that goes. */
void sonde_returns_forget(
	struct sonde_returns *returns, const struct sonde_probe_link *link);

#endif
