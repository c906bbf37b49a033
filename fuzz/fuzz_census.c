/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said of tasks of a kernel that lies: a byte for how many things are said, a
 * byte for each, then what linux_image_change() takes, half of it before the list is
 * read. No task is there twice, by its address or by its number, and each end is told of
 * once.
 */
#include <stdlib.h>
#include <string.h>

#include "census.h"
#include "task_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ADDRESSES = TASK_IMAGE_TASKS + TASK_IMAGE_THREADS + 3,
};

static struct task_image image;

static void must(bool good)
{
	if (!good)
		abort();
}

static struct sonde_error *note_end(void *user, const struct sonde_followed_task *task)
{
	const struct sonde_linux_census *census = user;

	must(sonde_linux_census_find(census, task->pid) != NULL);
	return NULL;
}

static uint64_t address_of(unsigned number)
{
	if (number < TASK_IMAGE_TASKS)
		return image.tasks[number];
	number -= TASK_IMAGE_TASKS;
	if (number < TASK_IMAGE_THREADS)
		return image.threads[number];
	number -= TASK_IMAGE_THREADS;
	return number == 0 ? 0 : number == 1 ? image.tree.task : image.tasks[0] + 8;
}

static void say(struct sonde_linux_census *census, uint8_t what)
{
	uint64_t address = address_of(what / 4 % ADDRESSES);
	const struct sonde_followed_task *task;
	bool is_new;

	switch (what % 4) {
	case 0:
		sonde_error_destroy(
			sonde_linux_census_born(census, address, &is_new, &task));
		break;
	case 1:
		sonde_error_destroy(sonde_linux_census_renamed(
			census, address, "a name that is longer than any may be", &task));
		break;
	case 2:
		sonde_error_destroy(sonde_linux_census_ended(census, address));
		break;
	default:
		sonde_error_destroy(sonde_linux_census_settle(census));
	}
}

static void check(struct sonde_linux_census *census)
{
	const struct sonde_followed_task *task = NULL;
	uint32_t count = 0;

	for (; (task = sonde_linux_census_next(census, task)); count++) {
		must(sonde_linux_census_find(census, task->pid) == task);
		must(sonde_linux_census_at(census, task->address) == task);
		must(strlen(task->comm) < sizeof(task->comm));
	}
	must(count == census->count);
	must(census->doubtful <= count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_linux_census census = {.ended = note_end, .user = &census};
	size_t count, left;

	if (!image.group)
		task_image_begin(&image, TASK_LAYOUT_COUNTS);
	if (!size)
		return 0;
	count = data[0] % 64;
	if (size < 1 + count)
		return 0;
	left = size - 1 - count;
	census.kernel = &image.tree.fake.kernel;
	census.leaders_end_unseen = data[0] & 64;
	linux_image_restore(&image.tree.fake);
	linux_image_change(&image.tree.fake, data + 1 + count, left / 2);
	sonde_error_destroy(sonde_linux_census_scan(&census));
	check(&census);
	linux_image_change(
		&image.tree.fake, data + 1 + count + left / 2, left - left / 2);
	for (size_t i = 0; i < count; i++) {
		say(&census, data[1 + i]);
		check(&census);
	}
	sonde_linux_census_deinit(&census);
	must(!census.count && !census.doubtful);
	must(image.tree.fake.reads < 4000000);
	return 0;
}
