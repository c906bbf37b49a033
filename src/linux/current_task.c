/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which task a CPU runs: the kernel's facet of tasks. A task is its struct task_struct.
 */
#include <string.h>

#include "kernel.h"
#include "task.h"

static const struct sonde_field_wish wishes[] = {
	{"struct task_struct", "pid", offsetof(struct sonde_linux_shown_fields, pid)},
	{"struct task_struct", "tgid", offsetof(struct sonde_linux_shown_fields, tgid)},
	{"struct task_struct", "comm", offsetof(struct sonde_linux_shown_fields, comm)},
	{"struct task_struct", "start_time",
		offsetof(struct sonde_linux_shown_fields, start_time)},
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

static struct sonde_error *find_fields(struct sonde_linux *kernel)
{
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	if (kernel->shown.types == types)
		return NULL;
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &kernel->shown));
	kernel->shown.types = types;
	return NULL;
}

static struct sonde_error *describe(struct sonde_target *target, uint64_t task,
	uint64_t *ret_pid, char ret_name[SONDE_TASK_NAME_BYTES])
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	struct sonde_space *space = &kernel->space.space;
	const struct sonde_field *comm = &kernel->shown.comm;
	char name[SONDE_TASK_NAME_BYTES] = "";
	uint64_t pid, bytes;

	CHECK(find_fields(kernel));
	CHECK(sonde_field_read(&kernel->shown.pid, space, task, &pid));
	bytes = comm->bytes < sizeof(name) ? comm->bytes : sizeof(name) - 1;
	CHECK(sonde_space_read(space, task + comm->offset, name, (size_t)bytes));
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

static struct sonde_error *process(
	struct sonde_target *target, uint64_t task, uint64_t *ret)
{
	struct sonde_linux *kernel = sonde_linux_of(target);

	CHECK(find_fields(kernel));
	return sonde_field_read(&kernel->shown.tgid, &kernel->space.space, task, ret);
}

static struct sonde_error *started(
	struct sonde_target *target, uint64_t task, uint64_t *ret)
{
	struct sonde_linux *kernel = sonde_linux_of(target);

	CHECK(find_fields(kernel));
	return sonde_field_read(
		&kernel->shown.start_time, &kernel->space.space, task, ret);
}

/* kernel/sched/core.c: its last switch to another task; before 4.9, do_exit() made it. */
static struct sonde_error *departure(
	struct sonde_target *target, uint64_t *ret, uint64_t *ret_bytes, bool *found)
{
	static const char *const names[] = {"do_task_dead", "do_exit"};
	struct sonde_symbol symbol;

	*found = false;
	for (size_t i = 0; i < ARRAY_SIZE(names) && !*found; i++)
		CHECK(sonde_linux_own_look_up(
			sonde_linux_of(target), names[i], &symbol, found));
	if (!*found)
		return NULL;
	*ret = symbol.address;
	*ret_bytes = symbol.bytes;
	return NULL;
}

const struct sonde_task_facet sonde_linux_task_facet = {
	.current = current,
	.describe = describe,
	.is_there = is_there,
	.process = process,
	.started = started,
	.departure = departure,
};
