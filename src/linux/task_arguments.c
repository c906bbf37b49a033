/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of a process, which lies in its own memory. */
#include "kernel.h"
#include "process_space.h"
#include "task_list.h"

enum {
	/** Of longer ones the beginning is told (bytes). */
	ARGUMENTS_MAX = 4096,
};

struct sonde_error *sonde_linux_task_read_arguments(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_mm_fields *fields = &reader->layout->mm;
	struct sonde_linux_process_space process;
	char text[ARGUMENTS_MAX];
	uint64_t first, end, tables;
	struct sonde_error *error;
	size_t length;

	if (!task->mm || !reader->kernel->space.tables.regime.range_count)
		return NULL;
	first = sonde_record_integer(&fields->arguments, reader->mm_copy);
	end = sonde_record_integer(&fields->arguments_end, reader->mm_copy);
	tables = sonde_record_integer(&fields->tables, reader->mm_copy);
	if (first >= end)
		return NULL;
	length = end - first < sizeof(text) ? (size_t)(end - first) : sizeof(text);
	CHECK(sonde_linux_process_space_init(&process, reader->kernel, tables));
	error = sonde_space_read(&process.space, first, text, length);
	sonde_space_deinit(&process.space);
	/* Its pages may be in swap, or nowhere. */
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	CHECK(sonde_text_pool_add_bytes(
		&reader->tasks->texts, text, length, &task->arguments));
	if (!task->arguments)
		return NULL;
	task->arguments_bytes = length;
	task->arguments_cut = length < end - first;
	task->known |= SONDE_TASK_ARGUMENTS;
	return NULL;
}
