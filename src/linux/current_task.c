/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which task a CPU runs: the kernel's facet of tasks. A task is its struct task_struct.
 */
#include <string.h>

#include "kernel.h"
#include "task.h"
#include "type_fields.h"

struct fields {
	struct sonde_field pid, comm;
};

static const struct sonde_field_wish wishes[] = {
	{"struct task_struct", "pid", offsetof(struct fields, pid)},
	{"struct task_struct", "comm", offsetof(struct fields, comm)},
};

static struct sonde_error *current(
	struct sonde_target *target, struct sonde_thread *thread, uint64_t *ret)
{
	uint64_t task;

	CHECK(sonde_linux_current_task(sonde_linux_of(target), thread, &task));
	if (!task)
		return sonde_error_create(SONDE_ERROR_NOT_FOUND, "CPU %u runs no task",
			sonde_thread_number(thread));
	*ret = task;
	return NULL;
}

static struct sonde_error *describe(struct sonde_target *target, uint64_t task,
	uint64_t *ret_pid, char ret_name[SONDE_TASK_NAME_BYTES])
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	struct sonde_space *space = &kernel->space.space;
	char name[SONDE_TASK_NAME_BYTES] = "";
	const struct sonde_types *types;
	struct fields fields;
	uint64_t pid, bytes;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &fields));
	CHECK(sonde_field_read(&fields.pid, space, task, &pid));
	bytes = fields.comm.bytes < sizeof(name) ? fields.comm.bytes : sizeof(name) - 1;
	CHECK(sonde_space_read(space, task + fields.comm.offset, name, (size_t)bytes));
	*ret_pid = pid;
	memcpy(ret_name, name, sizeof(name));
	return NULL;
}

static struct sonde_error *is_there(
	struct sonde_target *target, uint64_t task, uint64_t pid, bool *ret)
{
	uint64_t found;
	struct sonde_error *error =
		sonde_linux_find_task(sonde_linux_of(target), pid, &found);

	*ret = !error && found == task;
	if (!sonde_error_is(error, SONDE_ERROR_NOT_FOUND))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

const struct sonde_task_facet sonde_linux_task_facet = {
	.current = current,
	.describe = describe,
	.is_there = is_there,
};
