/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of tasks. The guest runs on while they are read: a task ends, and its structure
 * becomes another one's. So a task is read, with what hangs on it, and then read again:
 * it has to be the same still, and in its list. That of a child that is being made is a
 * copy of its parent's, and in no list.
 */
#include <string.h>

#include "kernel.h"
#include "options.h"
#include "task_list.h"

enum {
	CHUNK_ROWS = 128,
	/** Times that a row is read until it is called torn. */
	ATTEMPTS = 6,
	/** What is in the list and is no task: so much is passed over. */
	NONSENSE_MAX = 4096,
	/** PID_MAX_LIMIT: larger numbers are no task's. */
	PIDS_MAX = 1 << 22,
	/** Of task_struct.flags. */
	PF_KTHREAD = 0x00200000,
	/** Of task_struct.__state, beside those that have letters. */
	TASK_UNINTERRUPTIBLE = 0x2,
	TASK_REPORT = 0x7f,
	TASK_IDLE = 0x402,
	TASK_RTLOCK_WAIT = 0x1000,
	TASK_FROZEN = 0x8000,
};

struct sonde_linux_task_chunk {
	struct sonde_linux_task_chunk *next;
	size_t count;
	struct sonde_task rows[CHUNK_ROWS];
};

/* --- states ------------------------------------------------------------------------ */

/* As task_state_index() of include/linux/sched.h. */
static char state_letter(uint64_t state, uint64_t exit_state)
{
	static const char letters[] = "RSDTtXZPI";
	unsigned bits = (unsigned)(state | exit_state) & TASK_REPORT, index = 0;

	if ((state & TASK_IDLE) == TASK_IDLE)
		bits = TASK_REPORT + 1;
	if (state & (TASK_RTLOCK_WAIT | TASK_FROZEN))
		bits = TASK_UNINTERRUPTIBLE;
	while (bits >> index)
		index++;
	return letters[index];
}

const char *sonde_task_state_name(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk sleep";
	case 'T':
		return "stopped";
	case 't':
		return "tracing stop";
	case 'X':
		return "dead";
	case 'Z':
		return "zombie";
	case 'P':
		return "parked";
	case 'I':
		return "idle";
	default:
		return "unknown";
	}
}

/* --- one task ---------------------------------------------------------------------- */

static void fill_in(const struct sonde_linux_task_reader *reader, uint64_t address,
	struct sonde_task *ret)
{
	const struct sonde_linux_task_fields *fields = &reader->layout->task;
	const uint8_t *copy = reader->copy;

	*ret = (struct sonde_task){
		.address = address,
		.start_time = sonde_record_integer(&fields->start_time, copy),
		.pid = (uint32_t)sonde_record_integer(&fields->pid, copy),
		.tgid = (uint32_t)sonde_record_integer(&fields->tgid, copy),
		.cpu = (uint32_t)sonde_record_integer(&fields->cpu, copy),
		.on_cpu = sonde_record_integer(&fields->on_cpu, copy) != 0,
		.kernel_thread =
			(sonde_record_integer(&fields->flags, copy) & PF_KTHREAD) != 0,
		.state = state_letter(sonde_record_integer(&fields->state, copy),
			sonde_record_integer(&fields->exit_state, copy)),
	};
	/* A kernel thread may borrow a program's. */
	if (!ret->kernel_thread)
		ret->mm = sonde_record_integer(&fields->mm, copy);
	sonde_record_text(&fields->comm, copy, ret->comm, sizeof(ret->comm));
}

/* *@p there: it could be read. */
static struct sonde_error *read_copy(const struct sonde_linux_task_reader *reader,
	uint64_t address, uint8_t *copy, bool *there)
{
	struct sonde_error *error =
		sonde_record_read(&reader->record, reader->space, address, copy);

	*there = !error;
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

/* What the links of @p address's list are called. */
static const struct sonde_field *links_of(const struct sonde_linux_task_reader *reader)
{
	return reader->columns & SONDE_LINUX_TASK_LINKS
		       ? &reader->layout->task.thread_node
		       : &reader->layout->task.tasks;
}

/* *@p ret: it is the task that was read, and in its list. */
static struct sonde_error *is_same(
	const struct sonde_linux_task_reader *reader, uint64_t address, bool *ret)
{
	CHECK(read_copy(reader, address, reader->again, ret));
	*ret = *ret && sonde_linux_task_is_same(reader->layout, reader->columns,
			       reader->copy, reader->again);
	return NULL;
}

/* What is in the list should be a task, and cannot be read. */
static struct sonde_error *note_unreadable(
	struct sonde_linux_task_reader *reader, uint64_t address)
{
	bool linked;

	CHECK(sonde_linux_task_is_linked(
		reader->kernel, address, links_of(reader), &linked));
	if (linked)
		reader->tasks->incomplete = "in the list is what cannot be read";
	return NULL;
}

/* *@p there: it is a task still; if it is not, nothing was missed. */
static struct sonde_error *read_row(struct sonde_linux_task_reader *reader,
	uint64_t address, struct sonde_task *ret, bool *there)
{
	bool same = false, whole;

	for (unsigned i = 0; i < ATTEMPTS && !same; i++) {
		CHECK(read_copy(reader, address, reader->copy, there));
		if (!*there)
			return note_unreadable(reader, address);
		fill_in(reader, address, ret);
		CHECK(sonde_linux_task_read_columns(reader, ret, &whole));
		same = whole;
		if (reader->stands_still)
			break;
		if (same)
			CHECK(is_same(reader, address, &same));
		CHECK(sonde_linux_task_is_linked(
			reader->kernel, address, links_of(reader), there));
		if (!*there)
			return NULL;
	}
	ret->torn = !same;
	return NULL;
}

/* --- numbers that were seen -------------------------------------------------------- */

/* A table of hashes: where a number is not at its place, it is behind it. */
struct seen {
	uint32_t *slots;
	uint32_t mask, count;
};

static bool add_seen(struct seen *seen, uint32_t pid)
{
	uint32_t slot = pid * UINT32_C(0x9e3779b1) >> 8 & seen->mask;

	while (seen->slots[slot]) {
		if (seen->slots[slot] == pid)
			return false;
		slot = (slot + 1) & seen->mask;
	}
	seen->slots[slot] = pid;
	seen->count++;
	return true;
}

/* Half of them stay free. */
static struct sonde_error *make_room(struct seen *seen)
{
	struct seen larger = {.mask = seen->slots ? seen->mask * 2 + 1 : 1023};

	if (seen->slots && seen->count * 2 < seen->mask)
		return NULL;
	larger.slots = calloc((size_t)larger.mask + 1, sizeof(*larger.slots));
	if (!larger.slots)
		return sonde_error_no_memory();
	for (uint32_t i = 0; seen->slots && i <= seen->mask; i++)
		if (seen->slots[i])
			add_seen(&larger, seen->slots[i]);
	free(seen->slots);
	*seen = larger;
	return NULL;
}

/* --- all of them ------------------------------------------------------------------- */

/* Where the next row is to be put; NULL: no memory. */
static struct sonde_task *next_row(struct sonde_tasks *tasks)
{
	struct sonde_linux_task_chunk *chunk = tasks->last;

	if (!chunk || chunk->count == CHUNK_ROWS) {
		chunk = malloc(sizeof(*chunk));
		if (!chunk)
			return NULL;
		chunk->next = NULL;
		chunk->count = 0;
		if (tasks->last)
			tasks->last->next = chunk;
		else
			tasks->first = tasks->reading = chunk;
		tasks->last = chunk;
	}
	return &chunk->rows[chunk->count];
}

/* *@p is_task: it was one. */
static struct sonde_error *add(struct sonde_linux_task_reader *reader, uint64_t address,
	struct seen *seen, struct sonde_tasks *tasks, bool *is_task)
{
	struct sonde_task *row;
	bool there;

	*is_task = true;
	CHECK(make_room(seen));
	row = next_row(tasks);
	if (!row)
		return sonde_error_no_memory();
	CHECK(read_row(reader, address, row, &there));
	if (!there)
		return NULL;
	if (!row->pid || row->pid > PIDS_MAX) {
		tasks->incomplete = "in the list is what is no task";
		*is_task = false;
		return NULL;
	}
	tasks->last->count += add_seen(seen, row->pid);
	return NULL;
}

static struct sonde_error *read_all(struct sonde_linux_task_reader *reader,
	struct seen *seen, struct sonde_tasks *tasks)
{
	struct sonde_linux_task_walk walk;
	bool threads = reader->columns & SONDE_LINUX_TASK_LINKS;
	unsigned nonsense = 0;

	CHECK(sonde_linux_task_walk_begin(&walk, reader->kernel, threads));
	while (nonsense < NONSENSE_MAX) {
		uint64_t address;
		bool more, is_task;

		CHECK(sonde_linux_task_walk_next(&walk, &address, &more));
		if (!more)
			break;
		CHECK(add(reader, address, seen, tasks, &is_task));
		nonsense += !is_task;
	}
	if (walk.incomplete)
		tasks->incomplete = walk.incomplete;
	return NULL;
}

static struct sonde_error *begin(
	struct sonde_linux_task_reader *reader, struct sonde_linux *kernel)
{
	reader->kernel = kernel;
	reader->space = &kernel->space.space;
	reader->stands_still = sonde_target_state(&kernel->target) == SONDE_STATE_STOPPED;
	CHECK(sonde_linux_task_layout_find(kernel, &reader->layout));
	reader->page_bytes = sonde_linux_page_bytes(kernel);
	CHECK(sonde_linux_task_plan(
		kernel, reader->layout, reader->columns, &reader->record));
	reader->copy = malloc(reader->record.bytes * 2);
	if (!reader->copy)
		return sonde_error_no_memory();
	reader->again = reader->copy + reader->record.bytes;
	return NULL;
}

struct sonde_error *sonde_linux_task_read(struct sonde_linux *kernel, uint64_t address,
	unsigned columns, struct sonde_task *ret)
{
	struct sonde_tasks tasks = {.incomplete = NULL};
	struct sonde_linux_task_reader reader = {.columns = columns, .tasks = &tasks};
	struct sonde_error *error = begin(&reader, kernel);
	bool whole;

	if (!error)
		error = sonde_record_read(
			&reader.record, reader.space, address, reader.copy);
	if (!error) {
		fill_in(&reader, address, ret);
		error = sonde_linux_task_read_columns(&reader, ret, &whole);
	}
	free(reader.copy);
	return error;
}

static struct sonde_error *open_tasks(
	struct sonde_linux *kernel, unsigned columns, struct sonde_tasks *tasks)
{
	struct sonde_linux_task_reader reader = {.columns = columns, .tasks = tasks};
	struct seen seen = {.slots = NULL};
	struct sonde_error *error = begin(&reader, kernel);

	if (!error)
		error = read_all(&reader, &seen, tasks);
	free(seen.slots);
	free(reader.copy);
	free(reader.cpu_offsets);
	return error;
}

struct sonde_error *sonde_tasks_open(struct sonde_target *target,
	const struct sonde_tasks_options *options, struct sonde_tasks **ret)
{
	struct sonde_linux *kernel = sonde_linux_below(target);
	struct sonde_tasks_options given = {.size = 0};
	struct sonde_tasks *tasks;
	struct sonde_error *error;

	if (!kernel)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the machine level has no tasks");
	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	given.columns &= ~(unsigned)SONDE_LINUX_TASK_LINKS;
	CHECK(sonde_linux_find(kernel));
	tasks = calloc(1, sizeof(*tasks));
	if (!tasks)
		return sonde_error_no_memory();
	error = open_tasks(kernel,
		given.columns | (given.threads ? SONDE_LINUX_TASK_LINKS : 0), tasks);
	if (error) {
		sonde_tasks_close(tasks);
		return sonde_error_while(error, "reading the tasks");
	}
	*ret = tasks;
	return NULL;
}

const struct sonde_task *sonde_tasks_next(struct sonde_tasks *tasks)
{
	if (tasks->reading && tasks->position == tasks->reading->count) {
		tasks->reading = tasks->reading->next;
		tasks->position = 0;
	}
	if (!tasks->reading || tasks->position == tasks->reading->count)
		return NULL;
	return &tasks->reading->rows[tasks->position++];
}

const char *sonde_tasks_incomplete(const struct sonde_tasks *tasks)
{
	if (!tasks->incomplete && tasks->texts.is_full)
		return "their texts are longer than any system's";
	return tasks->incomplete;
}

void sonde_tasks_close(struct sonde_tasks *tasks)
{
	struct sonde_linux_task_chunk *chunk = tasks ? tasks->first : NULL;

	while (chunk) {
		struct sonde_linux_task_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	if (tasks)
		sonde_text_pool_deinit(&tasks->texts);
	free(tasks);
}
