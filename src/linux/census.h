/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tasks that there are, kept by what is said of them: from a scan on, each birth, new
 * name and end. All of this happens while the guest stands. What is said twice, or not
 * at all, is made good as far as the next thing that is said shows it.
 */
#ifndef SONDE_LINUX_CENSUS_H
#define SONDE_LINUX_CENSUS_H

#include <sonde/follow.h>

enum {
	SONDE_LINUX_CENSUS_BUCKETS = 1024,
	/** PID_MAX_LIMIT: so many tasks there may be. */
	SONDE_LINUX_CENSUS_MAX = 1 << 22,
};

struct sonde_linux;

struct sonde_linux_citizen {
	struct sonde_followed_task task;
	/** In the order in which they came. */
	struct sonde_linux_citizen *previous, *next;
	/** Of the same bucket, by address and by number. */
	struct sonde_linux_citizen *next_address, *next_pid;
	/** It is on its way out, and whether that was seen is not known. */
	bool is_doubtful;
};

struct sonde_linux_census {
	struct sonde_linux *kernel;
	struct sonde_linux_citizen *first, *last;
	struct sonde_linux_citizen *by_address[SONDE_LINUX_CENSUS_BUCKETS];
	struct sonde_linux_citizen *by_pid[SONDE_LINUX_CENSUS_BUCKETS];
	uint32_t count, doubtful;
	/** A process's first thread may end unseen, when the last other one does. */
	bool leaders_end_unseen;
	/** Is told of each end, before the task is forgotten. */
	struct sonde_error *(*ended)(void *user, const struct sonde_followed_task *task);
	void *user;
};

void sonde_linux_census_deinit(struct sonde_linux_census *census);

/** Takes in all tasks that there are; the guest stands. */
SONDE_NODISCARD struct sonde_error *sonde_linux_census_scan(
	struct sonde_linux_census *census);

/** To be called at each stop first: those whose end was not seen are told of. */
SONDE_NODISCARD struct sonde_error *sonde_linux_census_settle(
	struct sonde_linux_census *census);

/** *@p is_new is false for one that the scan had already. */
SONDE_NODISCARD struct sonde_error *sonde_linux_census_born(
	struct sonde_linux_census *census, uint64_t address, bool *is_new,
	const struct sonde_followed_task **ret);

/** Reads it anew, and calls it @p comm; NULL as *@p ret: it is not known, or was not
 * born yet. */
SONDE_NODISCARD struct sonde_error *sonde_linux_census_renamed(
	struct sonde_linux_census *census, uint64_t address, const char *comm,
	const struct sonde_followed_task **ret);

SONDE_NODISCARD struct sonde_error *sonde_linux_census_ended(
	struct sonde_linux_census *census, uint64_t address);

const struct sonde_followed_task *sonde_linux_census_next(
	const struct sonde_linux_census *census, const struct sonde_followed_task *task);

/** NULL: there is none. */
const struct sonde_followed_task *sonde_linux_census_find(
	const struct sonde_linux_census *census, uint32_t pid);
const struct sonde_followed_task *sonde_linux_census_at(
	struct sonde_linux_census *census, uint64_t address);

#endif
