/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One process, found by its number and held by when it started: a successor with its
 * number, or its memory, is not taken for it. */
#ifndef SONDE_LINUX_PROCESS_H
#define SONDE_LINUX_PROCESS_H

#include "record.h"

struct sonde_linux;

enum {
	SONDE_LINUX_TASK_BYTES = 24 << 10,
	SONDE_LINUX_COMM_BYTES = 32,
};

struct sonde_linux_process_fields {
	struct sonde_field pid, comm, flags, start, mm, files, namespaces, fs;
};

struct sonde_linux_process {
	struct sonde_linux *kernel;
	struct sonde_linux_process_fields fields;
	struct sonde_record record;
	/** Its struct task_struct. */
	uint64_t task;
	uint64_t pid, start;
	/** A struct mm_struct, a struct files_struct, a struct nsproxy, a struct
	 * fs_struct; 0: none. */
	uint64_t mm, files, namespaces, fs;
	bool kernel_thread;
	/** The guest's bytes. */
	char comm[SONDE_LINUX_COMM_BYTES];
};

/** A process or a thread. SONDE_ERROR_NOT_FOUND: there is none with this number. */
SONDE_NODISCARD struct sonde_error *sonde_linux_process_find(
	struct sonde_linux *kernel, uint64_t pid, struct sonde_linux_process *ret);

/** Whether it is there still, and has what it had. */
SONDE_NODISCARD struct sonde_error *sonde_linux_process_is_same(
	const struct sonde_linux_process *process, bool *ret);

/** An error that says whose @p what is not there, and why not. */
struct sonde_error *sonde_linux_process_lacks(
	const struct sonde_linux_process *process, const char *what) NEVER_NULL;

#endif
