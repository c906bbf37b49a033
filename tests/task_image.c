/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task_image.h"

enum {
	IMAGE_BYTES = 64 << 10,
	KERNEL_THREAD = 0x00200000,
};

static const char common[] =
	"struct file { struct path f_path; struct inode *f_inode; };"
	"struct cred { u32 usage; struct { u32 val; } uid, gid, suid, sgid, euid, egid; "
	"};"
	"struct kernfs_node { int count; struct kernfs_node *__parent; const char *name; "
	"};"
	"struct cgroup { int level; struct kernfs_node *kn; };"
	"struct css_set { int refcount; struct cgroup *dfl_cgrp; };"
	"struct pid_namespace { int level; struct ns_common ns; };"
	"struct upid { int nr; struct pid_namespace *ns; };"
	"struct pid { int count; unsigned int level; struct upid numbers[2]; };"
	"struct percpu_counter { s64 count; s32 *counters; };"
	"struct task_struct { struct { unsigned int flags; u32 cpu; } thread_info;"
	"	unsigned int __state; unsigned int flags; int on_cpu; char pad[200];"
	"	struct list_head tasks; struct mm_struct *mm; int exit_state; int pid, "
	"tgid;"
	"	struct task_struct *real_parent; struct list_head thread_node; char "
	"more[100];"
	"	struct pid *thread_pid; u64 start_time, start_boottime; struct cred "
	"*real_cred;"
	"	char comm[16]; struct fs_struct *fs; struct signal_struct *signal;"
	"	struct css_set *cgroups; };"
	"struct mm_struct { void *pgd; unsigned long total_vm, arg_start, arg_end;";

static const char *const memory[TASK_LAYOUTS] = {
	[TASK_LAYOUT_COUNTS] =
		"	struct { struct { s64 counter; } count[4]; } rss_stat;"
		"	struct file *exe_file; };",
	[TASK_LAYOUT_COUNTERS] = "	struct percpu_counter rss_stat[4];"
				 "	struct file *exe_file; };",
};

static uint64_t allocate(struct task_image *image, const char *type)
{
	return linux_image_allocate(
		&image->tree.fake, linux_image_sizeof(&image->tree.fake, type));
}

static void set(struct task_image *image, uint64_t address, const char *type,
	const char *member, uint64_t value)
{
	linux_image_set(&image->tree.fake, address, type, member, value);
}

void task_image_set(
	struct task_image *image, uint64_t task, const char *member, uint64_t value)
{
	set(image, task, "struct task_struct", member, value);
}

static uint64_t offset(struct task_image *image, const char *type, const char *member)
{
	return linux_image_offset(&image->tree.fake, type, member);
}

uint64_t task_image_link(const struct task_image *image, unsigned number)
{
	struct task_image *same = (struct task_image *)image;

	return image->tasks[number] + offset(same, "struct task_struct", "tasks");
}

static uint64_t add_text(struct task_image *image, const char *text)
{
	uint64_t address = linux_image_allocate(&image->tree.fake, strlen(text) + 1);

	memcpy(linux_image_at(&image->tree.fake, address, strlen(text) + 1), text,
		strlen(text) + 1);
	return address;
}

static uint64_t add_owner(struct task_image *image, unsigned number)
{
	uint64_t owner = allocate(image, "struct cred");

	set(image, owner, "struct cred", "uid.val", 1000 + number);
	set(image, owner, "struct cred", "gid.val", 2000 + number);
	set(image, owner, "struct cred", "euid.val", 3000 + number);
	set(image, owner, "struct cred", "egid.val", 4000 + number);
	return owner;
}

/* 10 pages of files, 20 of its own, 40 in swap, 80 shared. Of counters each CPU has some
 * of these still. */
static uint64_t add_mm(struct task_image *image, unsigned number)
{
	struct linux_image *fake = &image->tree.fake;
	uint64_t mm = allocate(image, "struct mm_struct");
	uint64_t counts = mm + offset(image, "struct mm_struct", "rss_stat");

	set(image, mm, "struct mm_struct", "total_vm", 1000 + number);
	set(image, mm, "struct mm_struct", "exe_file", image->tree.files[TREE_ONE]);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t count = UINT64_C(10) << i, place = 16 * number + 4 * i;

		if (image->layout == TASK_LAYOUT_COUNTS) {
			linux_image_put(fake, counts + 8 * (uint64_t)i, count, 8);
			continue;
		}
		linux_image_put(fake, counts + 16 * (uint64_t)i, count - 6, 8);
		linux_image_put(fake, counts + 16 * (uint64_t)i + 8, place, 8);
	}
	return mm;
}

/* Of each CPU: the parts that it has of all counters. */
static void add_cpus(struct task_image *image)
{
	struct linux_image *fake = &image->tree.fake;
	uint64_t count = linux_image_allocate(fake, 4);
	uint64_t offsets = linux_image_allocate(fake, (size_t)8 * TASK_IMAGE_CPUS);

	linux_image_symbol(fake, "nr_cpu_ids", count);
	linux_image_symbol(fake, "__per_cpu_offset", offsets);
	linux_image_put(fake, count, TASK_IMAGE_CPUS, 4);
	for (unsigned cpu = 0; cpu < TASK_IMAGE_CPUS; cpu++) {
		uint64_t own = linux_image_allocate(fake, (size_t)16 * TASK_IMAGE_TASKS);

		linux_image_put(fake, offsets + 8 * (uint64_t)cpu, own, 8);
		for (unsigned i = 0; i < 4 * TASK_IMAGE_TASKS; i++)
			linux_image_put(
				fake, own + 4 * (uint64_t)i, cpu == 0 ? 9 : -cpu, 4);
	}
}

static uint64_t add_number(struct task_image *image, unsigned number, uint64_t ns)
{
	uint64_t pid = allocate(image, "struct pid");
	uint64_t inner = pid + offset(image, "struct pid", "numbers") +
			 linux_image_sizeof(&image->tree.fake, "struct upid");

	set(image, pid, "struct pid", "level", 1);
	set(image, inner, "struct upid", "nr", number + 1);
	set(image, inner, "struct upid", "ns", ns);
	return pid;
}

static uint64_t add_groups(struct task_image *image)
{
	static const char *const names[] = {
		"", "outer", "docker-" TASK_IMAGE_CONTAINER ".scope"};
	uint64_t set_of = allocate(image, "struct css_set"), parent = 0;

	image->group = allocate(image, "struct cgroup");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		image->node = allocate(image, "struct kernfs_node");
		set(image, image->node, "struct kernfs_node", "__parent", parent);
		set(image, image->node, "struct kernfs_node", "name",
			add_text(image, names[i]));
		parent = image->node;
	}
	set(image, image->group, "struct cgroup", "kn", image->node);
	set(image, set_of, "struct css_set", "dfl_cgrp", image->group);
	return set_of;
}

static void add_comm(struct task_image *image, uint64_t task, unsigned pid)
{
	char name[16];

	snprintf(name, sizeof(name), "task %u", pid);
	linux_image_fill(&image->tree.fake, task, "struct task_struct", "comm", name,
		sizeof(name));
}

static void add_task(struct task_image *image, unsigned number)
{
	uint64_t task = image->tasks[number] = allocate(image, "struct task_struct");
	uint64_t signal = image->signals[number] =
		allocate(image, "struct signal_struct");
	unsigned pid = TASK_IMAGE_FIRST_PID + number;

	image->owners[number] = add_owner(image, number);
	image->mms[number] = number < 2 ? 0 : add_mm(image, number);
	add_comm(image, task, pid);
	task_image_set(image, task, "__state", number % 2);
	task_image_set(image, task, "flags", number < 2 ? KERNEL_THREAD : 0);
	task_image_set(image, task, "thread_info.cpu", number);
	task_image_set(image, task, "on_cpu", number == 3);
	task_image_set(image, task, "pid", pid);
	task_image_set(image, task, "tgid", pid);
	task_image_set(image, task, "start_boottime", 1000000 + number);
	task_image_set(image, task, "real_parent", image->tree.task);
	task_image_set(image, task, "real_cred", image->owners[number]);
	task_image_set(image, task, "mm", image->mms[number]);
	task_image_set(image, task, "fs", image->tree.fs);
	task_image_set(image, task, "signal", signal);
	set(image, signal, "struct signal_struct", "nr_threads", 1);
}

static void add_thread(struct task_image *image, unsigned number)
{
	struct linux_image *fake = &image->tree.fake;
	uint64_t leader = image->tasks[TASK_IMAGE_TASKS - 1], task;
	size_t bytes = linux_image_sizeof(fake, "struct task_struct");

	task = image->threads[number] = allocate(image, "struct task_struct");
	memcpy(linux_image_at(fake, task, bytes), linux_image_at(fake, leader, bytes),
		bytes);
	task_image_set(image, task, "pid", TASK_IMAGE_FIRST_THREAD + number);
	add_comm(image, task, TASK_IMAGE_FIRST_THREAD + number);
}

static void link_threads(struct task_image *image, unsigned number)
{
	uint64_t links[1 + TASK_IMAGE_THREADS], node, head;
	unsigned count = 0;

	node = offset(image, "struct task_struct", "thread_node");
	head = offset(image, "struct signal_struct", "thread_head");
	links[count++] = image->tasks[number] + node;
	for (unsigned i = 0; number + 1 == TASK_IMAGE_TASKS && i < TASK_IMAGE_THREADS;
		i++)
		links[count++] = image->threads[i] + node;
	linux_image_list(&image->tree.fake, image->signals[number] + head, links, count);
	set(image, image->signals[number], "struct signal_struct", "nr_threads", count);
}

void task_image_begin(struct task_image *image, enum task_layout layout)
{
	uint64_t links[1 + TASK_IMAGE_TASKS], first, ns, groups;
	struct linux_image *fake = &image->tree.fake;
	char types[4096];

	snprintf(types, sizeof(types), "%s%s", common, memory[layout]);
	tree_image_begin(&image->tree, IMAGE_BYTES, types, true);
	image->layout = layout;
	add_cpus(image);
	groups = add_groups(image);
	ns = allocate(image, "struct pid_namespace");
	set(image, ns, "struct pid_namespace", "ns.inum", 4026532000);
	for (unsigned i = 0; i < TASK_IMAGE_TASKS; i++) {
		add_task(image, i);
		task_image_set(
			image, image->tasks[i], "thread_pid", add_number(image, i, ns));
		task_image_set(image, image->tasks[i], "cgroups", groups);
	}
	for (unsigned i = 0; i < TASK_IMAGE_THREADS; i++)
		add_thread(image, i);
	links[0] = image->tree.task + offset(image, "struct task_struct", "tasks");
	for (unsigned i = 0; i < TASK_IMAGE_TASKS; i++) {
		links[1 + i] = task_image_link(image, i);
		link_threads(image, i);
	}
	/* The head is that of the first task, behind which process 1 is. */
	memcpy(&first, linux_image_at(fake, links[0] + 8, 8), 8);
	linux_image_list(fake, first, links, 1 + TASK_IMAGE_TASKS);
	linux_image_ready(fake);
}

void task_image_end(struct task_image *image)
{
	tree_image_end(&image->tree);
}
