/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of tasks while it is read: what is shared by those who fill in its rows. */
#ifndef SONDE_LINUX_TASK_LIST_H
#define SONDE_LINUX_TASK_LIST_H

#include <sonde/task.h>

#include "task_layout.h"
#include "task_walk.h"
#include "text_pool.h"

struct sonde_linux_task_chunk;

enum {
	/** Of struct cred and struct mm_struct, as far as they are needed (bytes). */
	SONDE_LINUX_TASK_COPY_BYTES = 4096,
	/** Control groups that are remembered while a list is read. */
	SONDE_LINUX_KNOWN_CGROUPS = 64,
};

struct sonde_linux_known_cgroup {
	/** Of its struct cgroup; 0: nothing is known here. */
	uint64_t address;
	const char *path, *container;
};

struct sonde_tasks {
	/** The rows, in chunks that stay where they are; owned. The last one is being
	 * filled. */
	struct sonde_linux_task_chunk *first, *last;
	/** What sonde_tasks_next() hands out next. */
	struct sonde_linux_task_chunk *reading;
	size_t position;
	struct sonde_text_pool texts;
	const char *incomplete;
};

/** Who reads it. */
struct sonde_linux_task_reader {
	struct sonde_linux *kernel;
	struct sonde_space *space;
	const struct sonde_linux_task_layout *layout;
	/** What is filled in. */
	struct sonde_tasks *tasks;
	/** SONDE_LINUX_TASK_LINKS is among them where threads are read. */
	unsigned columns;
	/** How a task is read for these columns, and two copies of one. */
	struct sonde_record record;
	uint8_t *copy, *again;
	/** One of its struct mm_struct. */
	uint8_t mm_copy[SONDE_LINUX_TASK_COPY_BYTES];
	/** Nothing changes meanwhile. */
	bool stands_still;
	/** A page of the guest's (bytes). */
	uint64_t page_bytes;
	/** Where each CPU has its own variables; not read yet: count 0. Owned. */
	uint64_t *cpu_offsets;
	unsigned cpu_count;
	/** NULL: there are none; once somebody has asked. */
	struct sonde_linux_paths *paths;
	bool has_paths;
	/** A struct fs_struct whose directory was looked at, and that. */
	uint64_t last_fs;
	const char *last_directory;
	/** A namespace whose number was read, and that. */
	uint64_t last_ns;
	uint32_t last_ns_number;
	struct sonde_linux_known_cgroup cgroups[SONDE_LINUX_KNOWN_CGROUPS];
};

/** A member of the structure at @p address, which has to be the kernel's. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_read_field(
	const struct sonde_linux_task_reader *reader, const struct sonde_field *field,
	uint64_t address, uint64_t *ret);

/**
 * Fills in the columns of @p task that are not in the task itself, from the copy of it.
 * What cannot be read or makes no sense is left unknown, and *@p whole is false then.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_read_columns(
	struct sonde_linux_task_reader *reader, struct sonde_task *task, bool *whole);

/**
 * The task at @p address, in whichever list, as it is at this moment; for a guest that
 * stands. Columns with texts are not for it.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_read(struct sonde_linux *kernel,
	uint64_t address, unsigned columns, struct sonde_task *ret);

/* Columns; each sets its bit in @p task if it is known. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_read_executable(
	struct sonde_linux_task_reader *reader, struct sonde_task *task);
SONDE_NODISCARD struct sonde_error *sonde_linux_task_read_directory(
	struct sonde_linux_task_reader *reader, struct sonde_task *task);
SONDE_NODISCARD struct sonde_error *sonde_linux_task_read_arguments(
	struct sonde_linux_task_reader *reader, struct sonde_task *task);

SONDE_NODISCARD struct sonde_error *sonde_linux_task_read_cgroup(
	struct sonde_linux_task_reader *reader, struct sonde_task *task);

/** How many bytes of a process are in RAM, by the copy of its struct mm_struct. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_resident(
	struct sonde_linux_task_reader *reader, const uint8_t *copy, uint64_t *ret,
	bool *known);

#endif
