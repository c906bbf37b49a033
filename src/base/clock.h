/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time that only goes forward, and deadlines made of it. */
#ifndef SONDE_BASE_CLOCK_H
#define SONDE_BASE_CLOCK_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

/** Milliseconds since some fixed point. */
static inline int64_t sonde_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/** The same in nanoseconds; never 0. */
static inline uint64_t sonde_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + 1;
}

enum {
	SONDE_DEADLINE_NEVER = -1,
};

/** @p timeout_ms below 0: never. */
static inline int64_t sonde_deadline_in(int64_t timeout_ms)
{
	return timeout_ms < 0 ? SONDE_DEADLINE_NEVER : sonde_clock_ms() + timeout_ms;
}

/** What poll() wants: -1 for never, else what is left, not below 0. */
static inline int sonde_deadline_left(int64_t deadline)
{
	int64_t left;

	if (deadline == SONDE_DEADLINE_NEVER)
		return -1;
	left = deadline - sonde_clock_ms();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

#endif
