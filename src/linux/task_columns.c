/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What hangs on a task: each column reads what it needs, and is unknown if it cannot. */
#include "kernel.h"
#include "task_list.h"

enum {
	/** MAX_PID_NS_LEVEL: so deep namespaces may be within each other. */
	LEVELS_MAX = 32,
};

/* Of what is the guest's own fault only the column is lost. */
static bool is_about_content(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_FAULT) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA);
}

static uint64_t pointer(
	const struct sonde_linux_task_reader *reader, const struct sonde_field *field)
{
	return sonde_record_integer(field, reader->copy);
}

/* A record of the structure that @p address leads to. */
static struct sonde_error *read_record(const struct sonde_linux_task_reader *reader,
	const struct sonde_record *record, uint64_t address, uint8_t *copy)
{
	if (!(address >> 63))
		return sonde_error_fault(address, "this is no address of the kernel's");
	if (record->bytes > SONDE_LINUX_TASK_COPY_BYTES)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the structure is larger than any such");
	return sonde_record_read(record, reader->space, address, copy);
}

struct sonde_error *sonde_linux_task_read_field(
	const struct sonde_linux_task_reader *reader, const struct sonde_field *field,
	uint64_t address, uint64_t *ret)
{
	if (!(address >> 63))
		return sonde_error_fault(address, "this is no address of the kernel's");
	return sonde_field_read(field, reader->space, address, ret);
}

static struct sonde_error *read_parent(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_task_fields *fields = &reader->layout->task;
	uint64_t number;

	CHECK(sonde_linux_task_read_field(
		reader, &fields->tgid, pointer(reader, &fields->parent), &number));
	task->ppid = (uint32_t)number;
	task->known |= SONDE_TASK_PARENT;
	return NULL;
}

static struct sonde_error *read_owner(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_owner_fields *fields = &reader->layout->owner;
	uint8_t copy[SONDE_LINUX_TASK_COPY_BYTES];

	CHECK(read_record(reader, &reader->layout->owner_record,
		pointer(reader, &reader->layout->task.owner), copy));
	task->real_uid = (uint32_t)sonde_record_integer(&fields->uid, copy);
	task->real_gid = (uint32_t)sonde_record_integer(&fields->gid, copy);
	task->effective_uid = (uint32_t)sonde_record_integer(&fields->euid, copy);
	task->effective_gid = (uint32_t)sonde_record_integer(&fields->egid, copy);
	task->known |= SONDE_TASK_OWNER;
	return NULL;
}

static struct sonde_error *read_threads(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_task_layout *layout = reader->layout;
	uint64_t count;

	CHECK(sonde_linux_task_read_field(reader, &layout->signal.thread_count,
		pointer(reader, &layout->task.signal), &count));
	task->threads = (uint32_t)count;
	task->known |= SONDE_TASK_THREADS;
	return NULL;
}

static struct sonde_error *read_memory(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_mm_fields *fields = &reader->layout->mm;
	bool known;

	if (!task->mm)
		return NULL;
	CHECK(sonde_linux_task_resident(
		reader, reader->mm_copy, &task->resident_bytes, &known));
	if (!known)
		return NULL;
	task->virtual_bytes = sonde_record_integer(&fields->pages, reader->mm_copy) *
			      reader->page_bytes;
	task->known |= SONDE_TASK_MEMORY;
	return NULL;
}

/* What several columns need. */
static struct sonde_error *read_mm(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	if (!task->mm)
		return NULL;
	return read_record(reader, &reader->layout->mm_record, task->mm, reader->mm_copy);
}

/* The last of its numbers is that of the innermost namespace, its own. */
static struct sonde_error *read_namespace(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_number_fields *fields = &reader->layout->number;
	uint64_t address =
		sonde_record_integer(&reader->layout->task.number, reader->copy);
	uint8_t copy[SONDE_LINUX_TASK_COPY_BYTES];
	uint64_t level, number, ns, ns_number;

	/* One that has ended has none. */
	if (!address)
		return NULL;
	CHECK(read_record(reader, &reader->layout->number_record, address, copy));
	level = sonde_record_integer(&fields->level, copy);
	number = sonde_record_integer(&fields->first_number, copy);
	ns = sonde_record_integer(&fields->first_ns, copy);
	if (level > LEVELS_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "namespaces are nested too deep");
	if (level) {
		address += fields->numbers.offset + level * fields->upid.bytes;
		CHECK(sonde_linux_task_read_field(
			reader, &fields->number, address, &number));
		CHECK(sonde_linux_task_read_field(reader, &fields->ns, address, &ns));
	}
	if (ns != reader->last_ns) {
		CHECK(sonde_linux_task_read_field(
			reader, &fields->ns_number, ns, &ns_number));
		reader->last_ns = ns;
		reader->last_ns_number = (uint32_t)ns_number;
	}
	task->ns_pid = (uint32_t)number;
	task->pid_ns = reader->last_ns_number;
	task->known |= SONDE_TASK_NAMESPACE;
	return NULL;
}

struct sonde_error *sonde_linux_task_read_columns(
	struct sonde_linux_task_reader *reader, struct sonde_task *task, bool *whole)
{
	static const struct {
		unsigned column;
		struct sonde_error *(*read)(
			struct sonde_linux_task_reader *reader, struct sonde_task *task);
	} readers[] = {
		{SONDE_TASK_PARENT, read_parent},
		{SONDE_TASK_OWNER, read_owner},
		{SONDE_TASK_THREADS, read_threads},
		{SONDE_TASK_NAMESPACE, read_namespace},
		{SONDE_TASK_CGROUP, sonde_linux_task_read_cgroup},
		{SONDE_TASK_CWD, sonde_linux_task_read_directory},
		{SONDE_TASK_MEMORY | SONDE_TASK_EXE | SONDE_TASK_ARGUMENTS, read_mm},
		{SONDE_TASK_MEMORY, read_memory},
		{SONDE_TASK_EXE, sonde_linux_task_read_executable},
		{SONDE_TASK_ARGUMENTS, sonde_linux_task_read_arguments},
	};

	*whole = true;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		struct sonde_error *error;

		if (!(reader->columns & readers[i].column))
			continue;
		error = readers[i].read(reader, task);
		if (error && !is_about_content(error))
			return error;
		*whole = *whole && !error;
		sonde_error_destroy(error);
		if (!*whole && readers[i].read == read_mm)
			break;
	}
	return NULL;
}
