/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks of a kernel with changes in it: a byte for the layout and what is asked for, then
 * what linux_image_change() takes. The list ends, none comes twice, and texts have ends.
 */
#include <sonde/task.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"
#include "task_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ROWS_MAX = 4096,
};

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_text(const char *text)
{
	must(!text || strlen(text) <= 4096);
}

static void check(const struct sonde_task *task)
{
	must(task->pid && strlen(task->comm) < sizeof(task->comm));
	must(strchr("RSDTtXZPI", task->state) && task->state);
	check_text(task->exe);
	check_text(task->cwd);
	check_text(task->cgroup);
	must(!task->container || strlen(task->container) == 64);
	must(!task->arguments || task->arguments[task->arguments_bytes] == '\0');
}

static void check_all(struct sonde_tasks *tasks)
{
	static uint32_t pids[ROWS_MAX];
	const struct sonde_task *task;
	unsigned count = 0;

	while ((task = sonde_tasks_next(tasks))) {
		check(task);
		for (unsigned i = 0; i < count; i++)
			must(pids[i] != task->pid);
		must(count < ROWS_MAX);
		pids[count++] = task->pid;
	}
	must(!sonde_tasks_next(tasks));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct task_image images[TASK_LAYOUTS];
	struct sonde_tasks_options options = {.size = sizeof(options)};
	struct sonde_tasks *tasks;
	struct linux_image *fake;
	uint64_t task;

	if (!images[0].group)
		for (unsigned i = 0; i < TASK_LAYOUTS; i++)
			task_image_begin(&images[i], i);
	if (!size)
		return 0;
	fake = &images[data[0] % TASK_LAYOUTS].tree.fake;
	options.columns = data[0] & 2 ? SONDE_TASK_ALL : 0;
	options.threads = data[0] & 4;
	linux_image_restore(fake);
	linux_image_change(fake, data + 1, size - 1);
	must(!sonde_tasks_open(&fake->kernel.target, &options, &tasks));
	check_all(tasks);
	sonde_tasks_close(tasks);
	sonde_error_destroy(
		sonde_linux_find_task(&fake->kernel, TASK_IMAGE_FIRST_THREAD, &task));
	must(fake->reads < 4000000);
	return 0;
}
