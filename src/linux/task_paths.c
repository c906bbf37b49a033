/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The executable and the working directory of a task. */
#include <string.h>

#include "kernel.h"
#include "log.h"
#include "task_list.h"

enum {
	/** Steps that they may take yet, at least, when they are used once more. */
	STEPS = 1 << 15,
};

/* Those of this epoch: the first process may change its root. */
static bool are_known(const struct sonde_linux *kernel)
{
	const struct sonde_linux_task_layout *layout = kernel->task_layout;

	return layout->paths_epoch == 1 + sonde_target_base(&kernel->target)->epoch &&
	       (!layout->paths || layout->paths->left >= STEPS);
}

/* Of a kernel whose paths cannot be followed there are none. */
static struct sonde_error *init_paths(struct sonde_linux *kernel)
{
	struct sonde_linux_task_layout *layout = kernel->task_layout;
	struct sonde_error *error;

	if (!layout->paths)
		layout->paths = malloc(sizeof(*layout->paths));
	if (!layout->paths)
		return sonde_error_no_memory();
	error = sonde_linux_paths_init(layout->paths, kernel);
	if (error) {
		free(layout->paths);
		layout->paths = NULL;
	}
	if (error && !sonde_error_is(error, SONDE_ERROR_NOT_FOUND))
		return error;
	if (error)
		sonde_log(&kernel->target.sonde->log, SONDE_LOG_WARNING,
			"tasks' paths are not known: %s: %s", sonde_error_what(error),
			sonde_error_why(error));
	sonde_error_destroy(error);
	layout->paths_epoch = 1 + sonde_target_base(&kernel->target)->epoch;
	return NULL;
}

/* Once a list. */
static struct sonde_error *find_paths(struct sonde_linux_task_reader *reader)
{
	if (reader->has_paths)
		return NULL;
	if (!are_known(reader->kernel))
		CHECK(init_paths(reader->kernel));
	reader->paths = reader->kernel->task_layout->paths;
	reader->has_paths = true;
	return NULL;
}

static struct sonde_error *keep(struct sonde_linux_task_reader *reader,
	const struct sonde_linux_path *path, const char **ret)
{
	if (path->torn)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the path was not the same twice");
	*ret = NULL;
	if (path->text)
		CHECK(sonde_text_pool_add_bytes(
			&reader->tasks->texts, path->text, strlen(path->text), ret));
	return NULL;
}

struct sonde_error *sonde_linux_task_read_executable(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	struct sonde_linux_path path;
	uint64_t file;

	CHECK(find_paths(reader));
	if (!reader->paths || !task->mm)
		return NULL;
	file = sonde_record_integer(&reader->layout->mm.executable, reader->mm_copy);
	if (!file)
		return NULL;
	CHECK(sonde_linux_path_of_file(reader->paths, file, &path));
	CHECK(keep(reader, &path, &task->exe));
	if (task->exe)
		task->known |= SONDE_TASK_EXE;
	return NULL;
}

/* Kernel threads share one, and so do most children. */
struct sonde_error *sonde_linux_task_read_directory(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_task_layout *layout = reader->layout;
	uint64_t fs = sonde_record_integer(&layout->task.fs, reader->copy);
	struct sonde_linux_path path;

	CHECK(find_paths(reader));
	/* One that has ended has none. */
	if (!reader->paths || !fs)
		return NULL;
	if (fs != reader->last_fs) {
		reader->last_fs = 0;
		CHECK(sonde_linux_path_at(
			reader->paths, fs + layout->directory.offset, &path));
		CHECK(keep(reader, &path, &reader->last_directory));
		reader->last_fs = fs;
	}
	task->cwd = reader->last_directory;
	if (task->cwd)
		task->known |= SONDE_TASK_CWD;
	return NULL;
}
