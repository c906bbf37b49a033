/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facet of a level that knows which task a thread runs: of a kernel, whose CPUs do.
 */
#ifndef SONDE_CORE_TASK_FACET_H
#define SONDE_CORE_TASK_FACET_H

#include <sonde/target.h>

enum {
	SONDE_TASK_NAME_BYTES = 64,
};

struct sonde_task_facet {
	/**
	 * Mandatory. Something that tells the task of @p thread from all others that are
	 * there at the same time; never 0. Asked at each call of a function whose returns
	 * are probed.
	 */
	struct sonde_error *(*current)(
		struct sonde_target *target, struct sonde_thread *thread, uint64_t *ret);
	/** Mandatory. The number and the name of a task that is there. */
	struct sonde_error *(*describe)(struct sonde_target *target, uint64_t task,
		uint64_t *ret_pid, char ret_name[SONDE_TASK_NAME_BYTES]);
	/** Mandatory. Whether a task that was described with number @p pid is there. */
	struct sonde_error *(*is_there)(
		struct sonde_target *target, uint64_t task, uint64_t pid, bool *ret);
	/** Optional. The number of the task's process: of its first thread. */
	struct sonde_error *(*process)(
		struct sonde_target *target, uint64_t task, uint64_t *ret);
	/** Optional. What tells a task that is there from one that has ended and was told
	 * by the same: when it was started. */
	struct sonde_error *(*started)(
		struct sonde_target *target, uint64_t task, uint64_t *ret);
	/** Optional. The function of @p ret_bytes bytes that each task which ends comes
	 * to at last, and never leaves. @p found false: nobody knows. */
	struct sonde_error *(*departure)(struct sonde_target *target, uint64_t *ret,
		uint64_t *ret_bytes, bool *found);
};

/** The level of @p target, or below it, that knows tasks; NULL: none does. */
struct sonde_target *sonde_target_with_tasks(struct sonde_target *target);

#endif
