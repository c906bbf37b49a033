/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel's image with processes in it, on that of a file system (tree_image.h). */
#ifndef SONDE_TESTS_TASK_IMAGE_H
#define SONDE_TESTS_TASK_IMAGE_H

#include "tree_image.h"

enum task_layout {
	/** mm_struct.rss_stat is four integers. */
	TASK_LAYOUT_COUNTS,
	/** It is four per-CPU counters. */
	TASK_LAYOUT_COUNTERS,
	TASK_LAYOUTS,
};

enum {
	/** Beside the first process: its children, numbers from 11 on. The first two are
	 * kernel threads. */
	TASK_IMAGE_TASKS = 6,
	TASK_IMAGE_FIRST_PID = 11,
	TASK_IMAGE_CPUS = 3,
	/** The last process has so many threads beside its first, with numbers from 21.
	 */
	TASK_IMAGE_THREADS = 3,
	TASK_IMAGE_FIRST_THREAD = 21,
};

#define TASK_IMAGE_CONTAINER               \
	"0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"

struct task_image {
	struct tree_image tree;
	enum task_layout layout;
	uint64_t tasks[TASK_IMAGE_TASKS], mms[TASK_IMAGE_TASKS], owners[TASK_IMAGE_TASKS];
	uint64_t signals[TASK_IMAGE_TASKS], threads[TASK_IMAGE_THREADS];
	/** The control group of the last process, "/outer/docker-DIGITS.scope". */
	uint64_t node, group;
};

void task_image_begin(struct task_image *image, enum task_layout layout);
void task_image_end(struct task_image *image);

/** A member of the struct task_struct at @p task. */
void task_image_set(
	struct task_image *image, uint64_t task, const char *member, uint64_t value);

/** The address of the links of task @p number, its task_struct.tasks. */
uint64_t task_image_link(const struct task_image *image, unsigned number);

#endif
