/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of a Linux kernel, or all of its tasks, as ps shows them. How lists work,
 * <sonde/linux.h> says.
 *
 *	struct sonde_tasks_options options = {
 *		.size = sizeof(options), .columns = SONDE_TASK_OWNER};
 *
 *	error = sonde_tasks_open(target, &options, &tasks);
 *	while (!error && (task = sonde_tasks_next(tasks)))
 *		printf("%u %u %c %s\n", task->pid, task->uid, task->state, task->comm);
 *	sonde_tasks_close(tasks);
 */
#ifndef SONDE_TASK_H
#define SONDE_TASK_H

#include <sonde/target.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What takes further reads for each task, and is read only if it is asked for. */
enum sonde_task_columns {
	/** The process that it is a child of. */
	SONDE_TASK_PARENT = 1 << 0,
	/** Users and groups. */
	SONDE_TASK_OWNER = 1 << 1,
	/** How large its memory is. */
	SONDE_TASK_MEMORY = 1 << 2,
	/** How many threads its process has. */
	SONDE_TASK_THREADS = 1 << 3,
	/** The path of the program, of the directory that it works in, and how it was
	 * called. */
	SONDE_TASK_EXE = 1 << 4,
	SONDE_TASK_CWD = 1 << 5,
	SONDE_TASK_ARGUMENTS = 1 << 6,
	/** What its namespace of numbers calls it, and its control group. */
	SONDE_TASK_NAMESPACE = 1 << 7,
	SONDE_TASK_CGROUP = 1 << 8,
	SONDE_TASK_ALL = 0x7fffffff,
};

struct sonde_tasks_options {
	/** sizeof(struct sonde_tasks_options), set by the caller. */
	size_t size;
	/** Of enum sonde_task_columns. */
	unsigned columns;
	/** All threads of each process, not only the processes. */
	bool threads;
};

enum {
	SONDE_TASK_COMM_BYTES = 32,
};

/**
 * A task, as it was when sonde_tasks_open() read it. What belongs to a column is 0 unless
 * that column is in @ref known. Numbers and owners are those of the initial namespaces.
 */
struct sonde_task {
	/** Of its struct task_struct. */
	uint64_t address;
	/** Of its struct mm_struct; 0: it has none, as a kernel thread, or it has ended.
	 */
	uint64_t mm;
	/** Since the machine was started, the time that it was suspended for included
	 * (nanoseconds). */
	uint64_t start_time;
	/** The columns that are known: asked for, there in this kernel, and read. */
	unsigned known;
	/** The task's number, and its process's: that of the process's first thread. */
	uint32_t pid, tgid;
	/** The CPU that it runs on, or ran on last. */
	uint32_t cpu;
	/** As ps(1) has it: 'R', 'S', 'D', 'T', 't', 'X', 'Z', 'P' or 'I'. */
	char state;
	bool kernel_thread;
	/** It was executing on @ref cpu at that moment. */
	bool on_cpu;
	/** It changed while it was read, again and again: parts may not belong together.
	 */
	bool torn;
	/** Any bytes but NUL. */
	char comm[SONDE_TASK_COMM_BYTES];
	/** SONDE_TASK_PARENT: the number of its parent's process; 0: it has none. */
	uint32_t ppid;
	/** SONDE_TASK_OWNER. What it may do is by the effective ones. */
	uint32_t effective_uid, effective_gid, real_uid, real_gid;
	/** SONDE_TASK_THREADS. */
	uint32_t threads;
	/** SONDE_TASK_MEMORY: its address space, and what of that is in RAM (bytes). */
	uint64_t virtual_bytes, resident_bytes;
	/** SONDE_TASK_EXE, SONDE_TASK_CWD; else NULL. From the root of the first process,
	 * with " (deleted)" behind what has no name any more. Any bytes but NUL. */
	const char *exe, *cwd;
	/**
	 * SONDE_TASK_ARGUMENTS; else NULL, also where they are not in RAM. Each ends with
	 * a NUL, as in /proc/PID/cmdline; behind the last byte there is one in any case.
	 * At most 4096 bytes; @ref arguments_cut: there are more.
	 */
	const char *arguments;
	size_t arguments_bytes;
	bool arguments_cut;
	/** SONDE_TASK_NAMESPACE: its number there, and that namespace's, by which
	 * /proc/PID calls it. */
	uint32_t ns_pid, pid_ns;
	/** SONDE_TASK_CGROUP: the path in the unified hierarchy; else NULL. And the
	 * number of a container, 64 hexadecimal digits, where that path has one; else
	 * NULL. */
	const char *cgroup, *container;
};

struct sonde_tasks;

/**
 * Reads the tasks of the kernel level @p target, in the order of the kernel's list. None
 * comes twice; those that ended meanwhile are left out. SONDE_ERROR_NOT_FOUND names what
 * the kernel's types lack. The caller closes @p ret. NULL as @p options: processes,
 * without further columns.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_tasks_open(
	struct sonde_target *target, const struct sonde_tasks_options *options,
	struct sonde_tasks **ret);

/** The next task; NULL: that was the last one. Lives until @p tasks is closed. */
SONDE_PUBLIC const struct sonde_task *sonde_tasks_next(struct sonde_tasks *tasks);

/** Why tasks may be missing; NULL: none is. Never freed. */
SONDE_PUBLIC const char *sonde_tasks_incomplete(const struct sonde_tasks *tasks);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_tasks_close(struct sonde_tasks *tasks);

/** The word for a state's letter, such as "sleeping". Never freed. */
SONDE_PUBLIC const char *sonde_task_state_name(char state);

#ifdef __cplusplus
}
#endif

#endif
