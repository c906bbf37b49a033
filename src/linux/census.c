/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "census.h"

#include <string.h>

#include "kernel.h"
#include "task_list.h"

/* --- the table ---------------------------------------------------------------------- */

/* Structures lie at round addresses. */
static struct sonde_linux_citizen **address_bucket(
	struct sonde_linux_census *census, uint64_t address)
{
	return &census->by_address[(address >> 6 ^ address >> 16) %
				   SONDE_LINUX_CENSUS_BUCKETS];
}

static struct sonde_linux_citizen *find_address(
	struct sonde_linux_census *census, uint64_t address)
{
	struct sonde_linux_citizen *citizen = *address_bucket(census, address);

	while (citizen && citizen->task.address != address)
		citizen = citizen->next_address;
	return citizen;
}

static struct sonde_linux_citizen *find_pid(
	const struct sonde_linux_census *census, uint32_t pid)
{
	struct sonde_linux_citizen *citizen =
		census->by_pid[pid % SONDE_LINUX_CENSUS_BUCKETS];

	while (citizen && citizen->task.pid != pid)
		citizen = citizen->next_pid;
	return citizen;
}

static void link_pid(
	struct sonde_linux_census *census, struct sonde_linux_citizen *citizen)
{
	struct sonde_linux_citizen **bucket =
		&census->by_pid[citizen->task.pid % SONDE_LINUX_CENSUS_BUCKETS];

	citizen->next_pid = *bucket;
	*bucket = citizen;
}

static void unlink_pid(
	struct sonde_linux_census *census, struct sonde_linux_citizen *citizen)
{
	struct sonde_linux_citizen **at =
		&census->by_pid[citizen->task.pid % SONDE_LINUX_CENSUS_BUCKETS];

	while (*at != citizen)
		at = &(*at)->next_pid;
	*at = citizen->next_pid;
}

static void set_pid(struct sonde_linux_census *census,
	struct sonde_linux_citizen *citizen, uint32_t pid)
{
	unlink_pid(census, citizen);
	citizen->task.pid = pid;
	link_pid(census, citizen);
}

static void set_doubtful(struct sonde_linux_census *census,
	struct sonde_linux_citizen *citizen, bool is_doubtful)
{
	census->doubtful += is_doubtful;
	census->doubtful -= citizen->is_doubtful;
	citizen->is_doubtful = is_doubtful;
}

static void forget(struct sonde_linux_census *census, struct sonde_linux_citizen *citizen)
{
	struct sonde_linux_citizen **at = address_bucket(census, citizen->task.address);

	while (*at != citizen)
		at = &(*at)->next_address;
	*at = citizen->next_address;
	unlink_pid(census, citizen);
	set_doubtful(census, citizen, false);
	*(citizen->previous ? &citizen->previous->next : &census->first) = citizen->next;
	*(citizen->next ? &citizen->next->previous : &census->last) = citizen->previous;
	census->count--;
	free(citizen);
}

void sonde_linux_census_deinit(struct sonde_linux_census *census)
{
	while (census->first)
		forget(census, census->first);
}

static struct sonde_error *end(
	struct sonde_linux_census *census, struct sonde_linux_citizen *citizen)
{
	struct sonde_error *error = census->ended(census->user, &citizen->task);

	forget(census, citizen);
	return error;
}

/* Who has its place, or its number, must have ended. */
static struct sonde_error *replace(
	struct sonde_linux_census *census, struct sonde_linux_citizen *citizen)
{
	return citizen ? end(census, citizen) : NULL;
}

static void take(const struct sonde_task *row, struct sonde_followed_task *ret)
{
	*ret = (struct sonde_followed_task){
		.address = row->address,
		.start_time = row->start_time,
		.pid = row->pid,
		.tgid = row->tgid,
		.ppid = row->ppid,
		.kernel_thread = row->kernel_thread,
	};
	memcpy(ret->comm, row->comm, sizeof(ret->comm));
}

static struct sonde_error *add(struct sonde_linux_census *census,
	const struct sonde_task *row, struct sonde_linux_citizen **ret)
{
	struct sonde_linux_citizen **bucket = address_bucket(census, row->address);
	struct sonde_linux_citizen *citizen;

	CHECK(replace(census, find_address(census, row->address)));
	CHECK(replace(census, find_pid(census, row->pid)));
	if (census->count == SONDE_LINUX_CENSUS_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"there are more tasks than a kernel may have");
	citizen = calloc(1, sizeof(*citizen));
	if (!citizen)
		return sonde_error_no_memory();
	take(row, &citizen->task);
	citizen->next_address = *bucket;
	*bucket = citizen;
	link_pid(census, citizen);
	citizen->previous = census->last;
	*(census->last ? &census->last->next : &census->first) = citizen;
	census->last = citizen;
	census->count++;
	*ret = citizen;
	return NULL;
}

const struct sonde_followed_task *sonde_linux_census_find(
	const struct sonde_linux_census *census, uint32_t pid)
{
	const struct sonde_linux_citizen *citizen = find_pid(census, pid);

	return citizen ? &citizen->task : NULL;
}

const struct sonde_followed_task *sonde_linux_census_at(
	struct sonde_linux_census *census, uint64_t address)
{
	const struct sonde_linux_citizen *citizen = find_address(census, address);

	return citizen ? &citizen->task : NULL;
}

const struct sonde_followed_task *sonde_linux_census_next(
	const struct sonde_linux_census *census, const struct sonde_followed_task *task)
{
	const struct sonde_linux_citizen *next =
		task ? CONTAINER_OF(task, struct sonde_linux_citizen, task)->next
		     : census->first;

	return next ? &next->task : NULL;
}

/* --- what is said ------------------------------------------------------------------- */

static struct sonde_error *read_tasks(
	struct sonde_linux_census *census, struct sonde_tasks *tasks)
{
	const struct sonde_task *row;

	while ((row = sonde_tasks_next(tasks))) {
		struct sonde_linux_citizen *citizen;

		CHECK(add(census, row, &citizen));
		/* EXIT_DEAD: release_task() may be past where it is seen. */
		set_doubtful(census, citizen, row->state == 'X');
	}
	if (sonde_tasks_incomplete(tasks))
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "%s", sonde_tasks_incomplete(tasks));
	return NULL;
}

struct sonde_error *sonde_linux_census_scan(struct sonde_linux_census *census)
{
	const struct sonde_tasks_options options = {
		.size = sizeof(options), .columns = SONDE_TASK_PARENT, .threads = true};
	struct sonde_tasks *tasks;
	struct sonde_error *error;

	CHECK(sonde_tasks_open(&census->kernel->target, &options, &tasks));
	error = read_tasks(census, tasks);
	sonde_tasks_close(tasks);
	return sonde_error_while(error, "reading the tasks");
}

/* *@p ret: it is in its process's list still, and the one that it was. */
static struct sonde_error *is_there(struct sonde_linux_census *census,
	const struct sonde_followed_task *task, bool *ret)
{
	const struct sonde_linux_task_layout *layout;
	struct sonde_task row;
	struct sonde_error *error;

	CHECK(sonde_linux_task_layout_find(census->kernel, &layout));
	CHECK(sonde_linux_task_is_linked(
		census->kernel, task->address, &layout->task.thread_node, ret));
	if (!*ret)
		return NULL;
	error = sonde_linux_task_read(census->kernel, task->address, 0, &row);
	*ret = !error && row.start_time == task->start_time && row.pid == task->pid;
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_linux_census_settle(struct sonde_linux_census *census)
{
	struct sonde_linux_citizen *citizen = census->first, *next;
	bool there;

	for (; citizen && census->doubtful; citizen = next) {
		next = citizen->next;
		if (!citizen->is_doubtful)
			continue;
		CHECK(is_there(census, &citizen->task, &there));
		if (!there)
			CHECK(end(census, citizen));
	}
	return NULL;
}

struct sonde_error *sonde_linux_census_born(struct sonde_linux_census *census,
	uint64_t address, bool *is_new, const struct sonde_followed_task **ret)
{
	struct sonde_linux_citizen *citizen = find_address(census, address);
	struct sonde_task row;

	CHECK(sonde_linux_task_read(census->kernel, address, SONDE_TASK_PARENT, &row));
	*is_new = !citizen || citizen->task.pid != row.pid ||
		  citizen->task.start_time != row.start_time;
	if (*is_new)
		CHECK(add(census, &row, &citizen));
	*ret = &citizen->task;
	return NULL;
}

struct sonde_error *sonde_linux_census_renamed(struct sonde_linux_census *census,
	uint64_t address, const char *comm, const struct sonde_followed_task **ret)
{
	struct sonde_linux_citizen *citizen = find_address(census, address);
	struct sonde_task row;

	*ret = NULL;
	if (!citizen)
		return NULL;
	CHECK(sonde_linux_task_read(census->kernel, address, 0, &row));
	/* Who executes a program has the number of its process, and its beginning. */
	if (row.pid != citizen->task.pid && !find_pid(census, row.pid))
		set_pid(census, citizen, row.pid);
	citizen->task.start_time = row.start_time;
	citizen->task.tgid = row.tgid;
	citizen->task.kernel_thread = row.kernel_thread;
	memset(citizen->task.comm, 0, sizeof(citizen->task.comm));
	memcpy(citizen->task.comm, comm, strnlen(comm, sizeof(citizen->task.comm) - 1));
	*ret = &citizen->task;
	return NULL;
}

/* Another task of the process; NULL: there is none. */
static struct sonde_linux_citizen *find_other(
	struct sonde_linux_census *census, const struct sonde_linux_citizen *citizen)
{
	struct sonde_linux_citizen *other = census->first;

	while (other && (other == citizen || other->task.tgid != citizen->task.tgid))
		other = other->next;
	return other;
}

/*
 * A process's first thread is released when it is the last, or when another one executes
 * a program and takes its number (de_thread(), fs/exec.c): all others are gone then.
 */
struct sonde_error *sonde_linux_census_ended(
	struct sonde_linux_census *census, uint64_t address)
{
	struct sonde_linux_citizen *citizen = find_address(census, address), *other;
	struct sonde_followed_task *task;
	uint32_t pid;

	if (!citizen)
		return NULL;
	task = &citizen->task;
	other = task->pid == task->tgid || census->leaders_end_unseen
			? find_other(census, citizen)
			: NULL;
	if (other && task->pid == task->tgid) {
		pid = other->task.pid;
		set_pid(census, other, task->pid);
		set_pid(census, citizen, pid);
	} else if (other && other->task.pid == other->task.tgid) {
		set_doubtful(census, other, true);
	}
	return end(census, citizen);
}
