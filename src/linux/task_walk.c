/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
};

struct sonde_error *sonde_linux_task_walk_begin(
	struct sonde_linux_task_walk *ret, struct sonde_linux *kernel, bool threads)
{
	uint64_t first;

	*ret = (struct sonde_linux_task_walk){
		.kernel = kernel,
		.threads = threads,
		.left = SONDE_LINUX_TASKS_MAX,
		.patience = PATIENCE,
	};
	CHECK(sonde_linux_task_layout_find(kernel, &ret->layout));
	CHECK(sonde_linux_init_task(kernel, &first));
	sonde_linux_list_begin(&ret->processes, kernel,
		first + ret->layout->task.tasks.offset, ret->left);
	return NULL;
}

/* *@p there: it could be read. */
static struct sonde_error *read_pointer(
	struct sonde_linux *kernel, uint64_t address, uint64_t *ret, bool *there)
{
	struct sonde_error *error =
		sonde_space_read_integer(&kernel->space.space, address, 8, ret);

	*there = !error;
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
		CHECK(read_pointer(kernel, link + 8, &previous, ret));
		if (*ret)
			CHECK(read_pointer(kernel, previous, &next, ret));
		*ret = *ret && next == link;
	}
	return NULL;
}

static struct sonde_error *next_process(
	struct sonde_linux_task_walk *walk, uint64_t *ret, bool *more)
{
	uint64_t link;

	CHECK(sonde_linux_list_next(&walk->processes, &link, more));
	if (*more)
		*ret = link - walk->layout->task.tasks.offset;
	else if (walk->processes.torn)
		walk->incomplete = walk->processes.torn;
	return NULL;
}

/* Of one that has ended nothing is missed. */
static struct sonde_error *end_siblings(struct sonde_linux_task_walk *walk)
{
	bool linked = false;

	if (walk->siblings.torn)
		CHECK(sonde_linux_task_is_linked(
			walk->kernel, walk->process, &walk->layout->task.tasks, &linked));
	if (linked)
		walk->incomplete = walk->siblings.torn;
	if (walk->siblings.torn && !--walk->patience)
		walk->left = 0;
	walk->process = 0;
	return NULL;
}

static struct sonde_error *begin_siblings(
	struct sonde_linux_task_walk *walk, uint64_t process)
{
	uint64_t signal;
	bool there;

	CHECK(read_pointer(walk->kernel, process + walk->layout->task.signal.offset,
		&signal, &there));
	if (!there)
		return NULL;
	walk->process = process;
	sonde_linux_list_begin(&walk->siblings, walk->kernel,
		signal + walk->layout->signal.thread_head.offset, walk->left);
	return NULL;
}

static struct sonde_error *next_thread(
	struct sonde_linux_task_walk *walk, uint64_t *ret, bool *more)
{
	for (;;) {
		uint64_t link;

		if (!walk->process) {
			*more = false;
			if (!walk->left)
				return NULL;
			CHECK(next_process(walk, &link, more));
			if (!*more)
				return NULL;
			CHECK(begin_siblings(walk, link));
			continue;
		}
		CHECK(sonde_linux_list_next(&walk->siblings, &link, more));
		if (*more) {
			*ret = link - walk->layout->task.thread_node.offset;
			return NULL;
		}
		CHECK(end_siblings(walk));
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
