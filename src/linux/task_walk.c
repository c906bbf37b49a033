/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A task that ends while the walk is there is no trouble: its neighbours know each other
 * then, and the walk goes back. But its memory may have become another task's, at the end
 * of the list, and all in between would be passed over. So each step is made from a task
 * that is the same before and after it; else the walk begins anew.
 */
#include <endian.h>

#include "kernel.h"
#include "task.h"
#include "task_walk.h"

enum {
	/** How often it is looked whether a task is linked, before it is believed that it
	 * is not: its neighbour may be going away. */
	LOOKS = 3,
	/** Processes whose threads cannot be followed; those that end meanwhile included.
	 */
	PATIENCE = 4096,
	/** How often the walk begins anew. */
	BEGINNINGS = 32,
	/** The same where links do not fit together, which may not pass. */
	BEGINNINGS_TORN = 2,
};

/* *@p there: it could be read. */
static struct sonde_error *read_number(
	struct sonde_linux *kernel, uint64_t address, uint64_t *ret, bool *there)
{
	struct sonde_error *error =
		sonde_space_read(&kernel->space.space, address, ret, sizeof(*ret));

	*there = !error;
	*ret = error ? 0 : le64toh(*ret);
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_linux_task_is_linked(struct sonde_linux *kernel, uint64_t task,
	const struct sonde_field *links, bool *ret)
{
	uint64_t link = task + links->offset, previous, next;

	*ret = false;
	for (unsigned i = 0; i < LOOKS && !*ret; i++) {
		CHECK(read_number(kernel, link + 8, &previous, ret));
		if (*ret)
			CHECK(read_number(kernel, previous, &next, ret));
		*ret = *ret && next == link;
	}
	return NULL;
}

/* --- one list ---------------------------------------------------------------------- */

static void begin_path(struct sonde_linux_task_walk *walk,
	struct sonde_linux_task_path *path, const struct sonde_field *links,
	uint64_t head)
{
	path->links = links;
	path->place = head;
	sonde_linux_list_begin(&path->list, walk->kernel, head, walk->left);
}

/* Without a time nothing can be told; 0: it cannot be read. */
static struct sonde_error *read_start(
	const struct sonde_linux_task_walk *walk, uint64_t task, uint64_t *ret)
{
	const struct sonde_field *field = &walk->links->start_time;
	bool there = true;

	*ret = 0;
	if (field->present && field->bytes == 8)
		CHECK(read_number(walk->kernel, task + field->offset, ret, &there));
	if (!there)
		*ret = 0;
	return NULL;
}

/* *@p ret: the walk is at the task that it came to, and @p link follows. */
static struct sonde_error *is_there_still(const struct sonde_linux_task_walk *walk,
	const struct sonde_linux_task_path *path, uint64_t link, bool *ret)
{
	uint64_t next, start;

	CHECK(read_number(walk->kernel, path->place, &next, ret));
	*ret = *ret && next == link;
	if (!*ret || path->place == path->list.head)
		return NULL;
	CHECK(read_start(walk, path->place - path->links->offset, &start));
	*ret = start == path->start_time;
	return NULL;
}

/* One step; *@p believed: it was made from where the walk was. Else it has to begin anew.
 */
static struct sonde_error *step(const struct sonde_linux_task_walk *walk,
	struct sonde_linux_task_path *path, uint64_t *ret, bool *more, bool *believed)
{
	uint64_t link, start = 0;
	uint64_t passed = path->list.passed;

	CHECK(sonde_linux_list_next(&path->list, &link, more));
	*believed = true;
	if (walk->stands_still || path->list.torn) {
		*believed = walk->stands_still || !path->list.torn;
	} else if (path->list.passed == passed + *more) {
		if (*more)
			CHECK(read_start(walk, link - path->links->offset, &start));
		CHECK(is_there_still(
			walk, path, *more ? link : path->list.head, believed));
	} else {
		/* The list has gone back: from where, only it knows. */
		*believed = false;
	}
	path->place = *more ? link : path->list.head;
	path->start_time = start;
	*ret = link - path->links->offset;
	return NULL;
}

/* --- both -------------------------------------------------------------------------- */

struct sonde_error *sonde_linux_task_walk_begin(
	struct sonde_linux_task_walk *ret, struct sonde_linux *kernel, bool threads)
{
	uint64_t first;

	*ret = (struct sonde_linux_task_walk){
		.kernel = kernel,
		.threads = threads,
		.stands_still =
			sonde_target_state(&kernel->target) == SONDE_STATE_STOPPED,
		.left = SONDE_LINUX_TASKS_MAX,
		.patience = PATIENCE,
		.beginnings = BEGINNINGS,
	};
	CHECK(sonde_linux_task_links_find(kernel, &ret->links));
	CHECK(sonde_linux_init_task(kernel, &first));
	begin_path(ret, &ret->processes, &ret->links->tasks,
		first + ret->links->tasks.offset);
	return NULL;
}

/* Whether the walk may begin anew; if not, @p why some are missing. */
static bool may_begin(struct sonde_linux_task_walk *walk, const char *why)
{
	if (why && walk->beginnings > BEGINNINGS_TORN)
		walk->beginnings = BEGINNINGS_TORN;
	if (walk->beginnings && !walk->stands_still) {
		walk->beginnings--;
		return true;
	}
	walk->incomplete = why ? why : "the list changes faster than it can be followed";
	return false;
}

static struct sonde_error *next_process(
	struct sonde_linux_task_walk *walk, uint64_t *ret, bool *more)
{
	struct sonde_linux_task_path *path = &walk->processes;

	for (;;) {
		bool believed;

		CHECK(step(walk, path, ret, more, &believed));
		if (believed && !path->list.torn)
			return NULL;
		if (!may_begin(walk, path->list.torn))
			break;
		begin_path(walk, path, path->links, path->list.head);
	}
	*more = *more && !path->list.torn;
	return NULL;
}

/* --- threads ----------------------------------------------------------------------- */

/* *@p ret: the process is in its list, with the same threads. */
static struct sonde_error *is_same_process(
	const struct sonde_linux_task_walk *walk, bool *ret)
{
	uint64_t signal;

	CHECK(sonde_linux_task_is_linked(
		walk->kernel, walk->process, &walk->links->tasks, ret));
	if (!*ret)
		return NULL;
	CHECK(read_number(
		walk->kernel, walk->process + walk->links->signal.offset, &signal, ret));
	*ret = *ret && signal == walk->signal;
	return NULL;
}

static void begin_siblings(struct sonde_linux_task_walk *walk)
{
	begin_path(walk, &walk->siblings, &walk->links->thread_node,
		walk->signal + walk->links->thread_head.offset);
}

/* The list of threads cannot be followed. Of a process that has ended nothing is missed.
 */
static struct sonde_error *lose_siblings(struct sonde_linux_task_walk *walk)
{
	bool same;

	CHECK(is_same_process(walk, &same));
	if (same && may_begin(walk, walk->siblings.list.torn)) {
		begin_siblings(walk);
		return NULL;
	}
	if (!--walk->patience)
		walk->left = 0;
	walk->process = 0;
	return NULL;
}

static struct sonde_error *enter_process(
	struct sonde_linux_task_walk *walk, uint64_t process)
{
	bool there;

	CHECK(read_number(walk->kernel, process + walk->links->signal.offset,
		&walk->signal, &there));
	if (!there)
		return NULL;
	walk->process = process;
	begin_siblings(walk);
	return NULL;
}

static struct sonde_error *next_thread(
	struct sonde_linux_task_walk *walk, uint64_t *ret, bool *more)
{
	for (;;) {
		bool believed;

		*more = false;
		if (!walk->left)
			return NULL;
		if (!walk->process) {
			CHECK(next_process(walk, ret, more));
			if (!*more)
				return NULL;
			CHECK(enter_process(walk, *ret));
			continue;
		}
		CHECK(step(walk, &walk->siblings, ret, more, &believed));
		if (!believed || walk->siblings.list.torn)
			CHECK(lose_siblings(walk));
		else if (*more)
			return NULL;
		else
			walk->process = 0;
	}
}

struct sonde_error *sonde_linux_task_walk_next(
	struct sonde_linux_task_walk *walk, uint64_t *ret, bool *more)
{
	*more = false;
	if (!walk->left) {
		if (walk->patience)
			walk->incomplete = "there are more tasks than any system has";
		return NULL;
	}
	walk->left--;
	return walk->threads ? next_thread(walk, ret, more)
			     : next_process(walk, ret, more);
}
