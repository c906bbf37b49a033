/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the members lie that are needed of tasks and of what hangs on them. */
#ifndef SONDE_LINUX_TASK_LAYOUT_H
#define SONDE_LINUX_TASK_LAYOUT_H

#include "path.h"
#include "record.h"

struct sonde_linux;

/** Of struct task_struct. */
struct sonde_linux_task_fields {
	struct sonde_field state, exit_state, flags, cpu, on_cpu, tasks, mm, pid, tgid;
	struct sonde_field start_time, comm, parent, owner, signal, thread_node, fs,
		number, cgroups;
};

/** What leads from one task to the next, and tells them apart. */
struct sonde_linux_task_links {
	struct sonde_field tasks, pid, signal, thread_node, thread_head;
	/** By this it is known whether a task has become another one. */
	struct sonde_field start_time;
};

/** Of struct signal_struct, which the threads of a process share. */
struct sonde_linux_signal_fields {
	struct sonde_field thread_count;
};

/** Of struct cred. */
struct sonde_linux_owner_fields {
	struct sonde_field uid, gid, euid, egid;
};

/** Of struct mm_struct. */
struct sonde_linux_mm_fields {
	struct sonde_field pages, resident, tables, arguments, arguments_end, executable;
};

/** Of struct percpu_counter, of which the counts of resident pages are made (6.2). */
struct sonde_linux_counter_fields {
	struct sonde_field whole, count, counters;
};

/** Of struct pid, and the struct upid in it, one for each namespace. */
struct sonde_linux_number_fields {
	struct sonde_field level, numbers, upid, number, ns, ns_number;
	/** Those of the initial namespace, as members of struct pid. */
	struct sonde_field first_number, first_ns;
};

/** From struct css_set by struct cgroup to struct kernfs_node. */
struct sonde_linux_cgroup_fields {
	struct sonde_field group, node, node_parent, node_name;
};

struct sonde_linux_task_layout {
	/** The types that it is made of. */
	const struct sonde_types *types;
	struct sonde_linux_task_links links;
	/** What follows is known, too. */
	bool is_whole;
	struct sonde_linux_task_fields task;
	struct sonde_linux_signal_fields signal;
	struct sonde_linux_owner_fields owner;
	struct sonde_linux_mm_fields mm;
	struct sonde_linux_counter_fields counter;
	struct sonde_linux_number_fields number;
	struct sonde_linux_cgroup_fields cgroup;
	/** Of struct fs_struct. */
	struct sonde_field directory;
	/** How what is always of interest is read; of tasks it depends on the columns. */
	struct sonde_record owner_record, mm_record, number_record;
	/** How paths are followed, and 1 + the epoch in which that was found out; NULL:
	 * it cannot be done, or nobody has asked. Owned. */
	struct sonde_linux_paths *paths;
	uint64_t paths_epoch;
};

/** All of it. Lives as long as the kernel that was found. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_layout_find(
	struct sonde_linux *kernel, const struct sonde_linux_task_layout **ret);

/** The links of it. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_links_find(
	struct sonde_linux *kernel, const struct sonde_linux_task_links **ret);
void sonde_linux_task_layout_forget(struct sonde_linux *kernel);

enum {
	/** The members of a task that are needed for @ref sonde_tasks_options.threads. */
	SONDE_LINUX_TASK_LINKS = 1 << 30,
};

/** Plans the reading of what the columns @p columns take of a task. */
SONDE_NODISCARD struct sonde_error *sonde_linux_task_plan(struct sonde_linux *kernel,
	const struct sonde_linux_task_layout *layout, unsigned columns,
	struct sonde_record *ret);

/**
 * Whether two copies of a task, as @p columns need them, are of the same task that did
 * not become something else in between: its numbers, its name, and where it leads to.
 */
bool sonde_linux_task_is_same(const struct sonde_linux_task_layout *layout,
	unsigned columns, const uint8_t *copy, const uint8_t *other);

#endif
