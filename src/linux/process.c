/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "kernel.h"
#include "process.h"
#include "task.h"

enum {
	/** include/linux/sched.h: PF_KTHREAD. */
	KERNEL_THREAD = 0x00200000,
	/** How often a process is looked for that is there and then is not. */
	TRIES = 4,
};

#define WISH(member, place)                                                       \
	{                                                                         \
		"struct task_struct", member,                                     \
			offsetof(struct sonde_linux_process_fields, place), false \
	}

static const struct sonde_field_wish wishes[] = {
	WISH("pid", pid),
	WISH("comm", comm),
	WISH("flags", flags),
	WISH("start_time", start),
	WISH("mm", mm),
	WISH("files", files),
	WISH("nsproxy", namespaces),
	WISH("fs", fs),
};

static struct sonde_error *read_task(struct sonde_linux_process *process)
{
	const struct sonde_linux_process_fields *fields = &process->fields;
	uint8_t copy[SONDE_LINUX_TASK_BYTES];

	CHECK(sonde_record_read(
		&process->record, &process->kernel->space.space, process->task, copy));
	process->pid = sonde_record_integer(&fields->pid, copy);
	process->start = sonde_record_integer(&fields->start, copy);
	process->mm = sonde_record_integer(&fields->mm, copy);
	process->files = sonde_record_integer(&fields->files, copy);
	process->namespaces = sonde_record_integer(&fields->namespaces, copy);
	process->fs = sonde_record_integer(&fields->fs, copy);
	process->kernel_thread =
		sonde_record_integer(&fields->flags, copy) & KERNEL_THREAD;
	sonde_record_text(&fields->comm, copy, process->comm, sizeof(process->comm));
	return NULL;
}

struct sonde_error *sonde_linux_process_find(
	struct sonde_linux *kernel, uint64_t pid, struct sonde_linux_process *ret)
{
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	ret->kernel = kernel;
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &ret->fields));
	CHECK(sonde_record_plan(wishes, ARRAY_SIZE(wishes), &ret->fields,
		sonde_linux_record_gap(kernel), &ret->record));
	if (ret->record.bytes > SONDE_LINUX_TASK_BYTES)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"'struct task_struct' is larger than any such structure");
	for (unsigned i = 0; i < TRIES; i++) {
		struct sonde_error *error;

		CHECK(sonde_linux_find_task(kernel, pid, &ret->task));
		error = read_task(ret);
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		if (!error && ret->pid == pid)
			return NULL;
		sonde_error_destroy(error);
	}
	return sonde_error_create(
		SONDE_ERROR_NOT_FOUND, "the task with the number %" PRIu64 " ended", pid);
}

struct sonde_error *sonde_linux_process_is_same(
	const struct sonde_linux_process *process, bool *ret)
{
	struct sonde_linux_process now = *process;
	struct sonde_error *error = read_task(&now);

	*ret = false;
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	*ret = now.pid == process->pid && now.start == process->start &&
	       now.mm == process->mm && now.files == process->files;
	return NULL;
}

struct sonde_error *sonde_linux_process_lacks(
	const struct sonde_linux_process *process, const char *what)
{
	return sonde_error_create(SONDE_ERROR_NOT_FOUND,
		process->kernel_thread ? "task %" PRIu64
					 " is a kernel thread: it has no %s"
				       : "process %" PRIu64 " has ended, and has no %s",
		process->pid, what);
}
