/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tasks that there are, by their addresses: processes are on a list that begins at
 * init_task, the threads of each on one of its own. Both change meanwhile (list.h), so a
 * task may come up twice, and may have ended when it does.
 */
#ifndef SONDE_LINUX_TASK_WALK_H
#define SONDE_LINUX_TASK_WALK_H

#include "list.h"
#include "task_layout.h"

enum {
	/** Tasks that are looked at. The kernel allows four times that many, and none has
	 * them. */
	SONDE_LINUX_TASKS_MAX = 1 << 20,
};

/** Along one of the lists. */
struct sonde_linux_task_path {
	struct sonde_linux_list list;
	/** The members by which tasks are linked. */
	const struct sonde_field *links;
	/** Where the walk is, the head at first, and when that task was started. */
	uint64_t place, start_time;
};

struct sonde_linux_task_walk {
	struct sonde_linux *kernel;
	const struct sonde_linux_task_links *links;
	/** Threads, and not only processes. */
	bool threads;
	/** Nothing changes meanwhile. */
	bool stands_still;
	struct sonde_linux_task_path processes;
	/** Of @ref process, if that is not 0, with its struct signal_struct. */
	struct sonde_linux_task_path siblings;
	uint64_t process, signal;
	/** Tasks that may come yet; lists of threads that may be torn yet; how often it
	 * may begin anew. */
	uint64_t left;
	unsigned patience, beginnings;
	/** Why some may be missing; NULL: none is. Never freed. */
	const char *incomplete;
};

/** Idle tasks are not among them. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_walk_begin(
	struct sonde_linux_task_walk *ret, struct sonde_linux *kernel, bool threads);

/** The address of the next struct task_struct; *@p more is false behind the last one. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_walk_next(
	struct sonde_linux_task_walk *walk, uint64_t *ret, bool *more);

/** Whether the links at @p links, as they are in @p task, are in their list still. What
 * cannot be read is not. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_is_linked(struct sonde_linux *kernel,
	uint64_t task, const struct sonde_field *links, bool *ret);

#endif
