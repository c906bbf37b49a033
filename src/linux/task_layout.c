/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sonde/task.h>
#include <string.h>

#include "kernel.h"
#include "task_layout.h"

enum {
	TASK_WISHES_MAX = 24,
};

struct task_wish {
	struct sonde_field_wish field;
	/** The columns that need it; 0: all do. */
	unsigned columns;
	/** It does not change while the task is the same. */
	bool stays;
};

#define START_TIME "start_boottime|real_start_time|start_time"

#define TASK(member) offsetof(struct sonde_linux_task_fields, member)

/* The lists of threads: to walk along, or to count. */
#define THREADS (SONDE_LINUX_TASK_LINKS | SONDE_TASK_THREADS)

static const struct task_wish task_wishes[] = {
	{{"struct task_struct", "__state|state", TASK(state)}},
	{{"struct task_struct", "exit_state", TASK(exit_state)}},
	{{"struct task_struct", "flags", TASK(flags)}},
	/* Kernels for one CPU have neither. */
	{{"struct task_struct", "thread_info.cpu|cpu", TASK(cpu), .optional = true}},
	{{"struct task_struct", "on_cpu", TASK(on_cpu), .optional = true}},
	{{"struct task_struct", "tasks", TASK(tasks)}},
	{{"struct task_struct", "mm", TASK(mm)}, .stays = true},
	{{"struct task_struct", "pid", TASK(pid)}, .stays = true},
	{{"struct task_struct", "tgid", TASK(tgid)}, .stays = true},
	{{"struct task_struct", START_TIME, TASK(start_time)}, .stays = true},
	{{"struct task_struct", "comm", TASK(comm)}, .stays = true},
	{{"struct task_struct", "real_parent", TASK(parent)}, SONDE_TASK_PARENT, true},
	{{"struct task_struct", "real_cred", TASK(owner)}, SONDE_TASK_OWNER, true},
	{{"struct task_struct", "signal", TASK(signal)}, THREADS, true},
	{{"struct task_struct", "fs", TASK(fs)}, SONDE_TASK_CWD, true},
	{{"struct task_struct", "thread_pid", TASK(number), .optional = true},
		SONDE_TASK_NAMESPACE, true},
	{{"struct task_struct", "cgroups", TASK(cgroups), .optional = true},
		SONDE_TASK_CGROUP, true},
	{{"struct task_struct", "thread_node", TASK(thread_node)},
		SONDE_LINUX_TASK_LINKS},
};

#define LINK(member) offsetof(struct sonde_linux_task_links, member)

static const struct sonde_field_wish link_wishes[] = {
	{"struct task_struct", "tasks", LINK(tasks)},
	{"struct task_struct", "pid", LINK(pid)},
	{"struct task_struct", "signal", LINK(signal)},
	{"struct task_struct", "thread_node", LINK(thread_node)},
	{"struct signal_struct", "thread_head", LINK(thread_head)},
	{"struct task_struct", START_TIME, LINK(start_time), .optional = true},
};

#define SIGNAL(member) offsetof(struct sonde_linux_signal_fields, member)

static const struct sonde_field_wish signal_wishes[] = {
	{"struct signal_struct", "nr_threads", SIGNAL(thread_count)},
};

#define OWNER(member) offsetof(struct sonde_linux_owner_fields, member)

static const struct sonde_field_wish owner_wishes[] = {
	{"struct cred", "uid.val", OWNER(uid)},
	{"struct cred", "gid.val", OWNER(gid)},
	{"struct cred", "euid.val", OWNER(euid)},
	{"struct cred", "egid.val", OWNER(egid)},
};

#define MM(member) offsetof(struct sonde_linux_mm_fields, member)

static const struct sonde_field_wish mm_wishes[] = {
	{"struct mm_struct", "total_vm", MM(pages)},
	/* Counts (to 6.1), or counters. */
	{"struct mm_struct", "rss_stat", MM(resident), .optional = true},
	{"struct mm_struct", "pgd", MM(tables)},
	{"struct mm_struct", "arg_start", MM(arguments)},
	{"struct mm_struct", "arg_end", MM(arguments_end)},
	{"struct mm_struct", "exe_file", MM(executable)},
};

#define COUNTER(member) offsetof(struct sonde_linux_counter_fields, member)

static const struct sonde_field_wish counter_wishes[] = {
	{"struct percpu_counter", NULL, COUNTER(whole), .optional = true},
	{"struct percpu_counter", "count", COUNTER(count), .optional = true},
	{"struct percpu_counter", "counters", COUNTER(counters), .optional = true},
};

#define NUMBER(member) offsetof(struct sonde_linux_number_fields, member)

static const struct sonde_field_wish number_wishes[] = {
	{"struct pid", "level", NUMBER(level)},
	{"struct pid", "numbers", NUMBER(numbers)},
	{"struct upid", NULL, NUMBER(upid)},
	{"struct upid", "nr", NUMBER(number)},
	{"struct upid", "ns", NUMBER(ns)},
	{"struct pid_namespace", "ns.inum", NUMBER(ns_number)},
};

/* What is planned, and not looked up: numbers[0] is no path of members. */
static const struct sonde_field_wish first_number_wishes[] = {
	{"struct pid", "level", NUMBER(level)},
	{"struct pid", "nr", NUMBER(first_number)},
	{"struct pid", "ns", NUMBER(first_ns)},
};

#define CGROUP(member) offsetof(struct sonde_linux_cgroup_fields, member)

/* A kernel without CONFIG_CGROUPS has none of them. */
static const struct sonde_field_wish cgroup_wishes[] = {
	{"struct css_set", "dfl_cgrp", CGROUP(group), .optional = true},
	{"struct cgroup", "kn", CGROUP(node), .optional = true},
	{"struct kernfs_node", "__parent|parent", CGROUP(node_parent), .optional = true},
	{"struct kernfs_node", "name", CGROUP(node_name), .optional = true},
};

static const struct sonde_field_wish directory_wish = {"struct fs_struct", "pwd"};

static struct sonde_error *make(
	struct sonde_linux *kernel, struct sonde_linux_task_layout *layout)
{
	const struct sonde_types *types = layout->types;
	uint64_t gap = sonde_linux_record_gap(kernel);

	for (size_t i = 0; i < ARRAY_SIZE(task_wishes); i++)
		CHECK(sonde_fields_resolve(
			types, &task_wishes[i].field, 1, &layout->task));
	CHECK(sonde_fields_resolve(
		types, signal_wishes, ARRAY_SIZE(signal_wishes), &layout->signal));
	CHECK(sonde_fields_resolve(
		types, owner_wishes, ARRAY_SIZE(owner_wishes), &layout->owner));
	CHECK(sonde_fields_resolve(types, mm_wishes, ARRAY_SIZE(mm_wishes), &layout->mm));
	CHECK(sonde_fields_resolve(
		types, counter_wishes, ARRAY_SIZE(counter_wishes), &layout->counter));
	CHECK(sonde_fields_resolve(
		types, number_wishes, ARRAY_SIZE(number_wishes), &layout->number));
	CHECK(sonde_fields_resolve(
		types, cgroup_wishes, ARRAY_SIZE(cgroup_wishes), &layout->cgroup));
	CHECK(sonde_fields_resolve(types, &directory_wish, 1, &layout->directory));
	CHECK(sonde_record_plan(owner_wishes, ARRAY_SIZE(owner_wishes), &layout->owner,
		gap, &layout->owner_record));
	layout->number.first_number = layout->number.number;
	layout->number.first_number.offset += layout->number.numbers.offset;
	layout->number.first_ns = layout->number.ns;
	layout->number.first_ns.offset += layout->number.numbers.offset;
	CHECK(sonde_record_plan(first_number_wishes, ARRAY_SIZE(first_number_wishes),
		&layout->number, gap, &layout->number_record));
	return sonde_record_plan(
		mm_wishes, ARRAY_SIZE(mm_wishes), &layout->mm, gap, &layout->mm_record);
}

void sonde_linux_task_layout_forget(struct sonde_linux *kernel)
{
	if (kernel->task_layout)
		free(kernel->task_layout->paths);
	free(kernel->task_layout);
	kernel->task_layout = NULL;
}

static struct sonde_error *begin(
	struct sonde_linux *kernel, struct sonde_linux_task_layout **ret)
{
	const struct sonde_types *types;
	struct sonde_error *error;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	if (kernel->task_layout && kernel->task_layout->types != types)
		sonde_linux_task_layout_forget(kernel);
	*ret = kernel->task_layout;
	if (*ret)
		return NULL;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return sonde_error_no_memory();
	(*ret)->types = types;
	error = sonde_fields_resolve(
		types, link_wishes, ARRAY_SIZE(link_wishes), &(*ret)->links);
	if (error) {
		free(*ret);
		return error;
	}
	kernel->task_layout = *ret;
	return NULL;
}

struct sonde_error *sonde_linux_task_links_find(
	struct sonde_linux *kernel, const struct sonde_linux_task_links **ret)
{
	struct sonde_linux_task_layout *layout;

	CHECK(begin(kernel, &layout));
	*ret = &layout->links;
	return NULL;
}

struct sonde_error *sonde_linux_task_layout_find(
	struct sonde_linux *kernel, const struct sonde_linux_task_layout **ret)
{
	struct sonde_linux_task_layout *layout;

	CHECK(begin(kernel, &layout));
	if (!layout->is_whole)
		CHECK(make(kernel, layout));
	layout->is_whole = true;
	*ret = layout;
	return NULL;
}

static bool is_needed(const struct task_wish *wish, unsigned columns)
{
	return !wish->columns || wish->columns & columns;
}

struct sonde_error *sonde_linux_task_plan(struct sonde_linux *kernel,
	const struct sonde_linux_task_layout *layout, unsigned columns,
	struct sonde_record *ret)
{
	struct sonde_field_wish wishes[TASK_WISHES_MAX];
	size_t count = 0;

	_Static_assert(ARRAY_SIZE(task_wishes) <= TASK_WISHES_MAX, "too many wishes");
	for (size_t i = 0; i < ARRAY_SIZE(task_wishes); i++)
		if (is_needed(&task_wishes[i], columns))
			wishes[count++] = task_wishes[i].field;
	return sonde_record_plan(
		wishes, count, &layout->task, sonde_linux_record_gap(kernel), ret);
}

bool sonde_linux_task_is_same(const struct sonde_linux_task_layout *layout,
	unsigned columns, const uint8_t *copy, const uint8_t *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(task_wishes); i++) {
		const struct sonde_field *field =
			(const struct sonde_field *)((const char *)&layout->task +
						     task_wishes[i].field.place);

		if (task_wishes[i].stays && field->present &&
			is_needed(&task_wishes[i], columns) &&
			memcmp(copy + field->offset, other + field->offset,
				(size_t)field->bytes) != 0)
			return false;
	}
	return true;
}
