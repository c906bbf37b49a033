/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tasks that are kept by what is said of them, and modules that are not read anew
 * while somebody follows them: on kernels that are some bytes. */
#include "wire_check.h"

#include <stdio.h>
#include <string.h>

#include "census.h"
#include "module_image.h"
#include "task_image.h"

enum {
	LAST = TASK_IMAGE_TASKS - 1,
	LAST_PID = TASK_IMAGE_FIRST_PID + LAST,
	ALL = 1 + TASK_IMAGE_TASKS + TASK_IMAGE_THREADS,
	EXIT_DEAD = 0x10,
};

static struct task_image image;
static struct sonde_linux_census census;
/** Who has ended, as it was told. */
static char endings[256];

static struct sonde_error *note_end(void *user, const struct sonde_followed_task *task)
{
	char *text = user;

	snprintf(text + strlen(text), sizeof(endings) - strlen(text), "%u/%u ", task->pid,
		task->tgid);
	return NULL;
}

static void begin(void)
{
	task_image_begin(&image, TASK_LAYOUT_COUNTS);
	memset(&census, 0, sizeof(census));
	*endings = '\0';
	census.kernel = &image.tree.fake.kernel;
	census.ended = note_end;
	census.user = endings;
}

static void begin_scanned(void)
{
	begin();
	check(sonde_linux_census_scan(&census));
}

static void end(void)
{
	sonde_linux_census_deinit(&census);
	assert_int_equal(census.count, 0);
	assert_int_equal(census.doubtful, 0);
	task_image_end(&image);
}

/* What was told since it was asked last. */
static void check_endings(const char *expected)
{
	assert_string_equal(endings, expected);
	*endings = '\0';
}

/* The table is as the walk through it finds it. */
static void check_count(unsigned expected)
{
	const struct sonde_followed_task *task = NULL;
	unsigned count = 0;

	while ((task = sonde_linux_census_next(&census, task))) {
		assert_ptr_equal(sonde_linux_census_find(&census, task->pid), task);
		assert_ptr_equal(sonde_linux_census_at(&census, task->address), task);
		count++;
	}
	assert_int_equal(count, expected);
	assert_int_equal(census.count, expected);
}

static const struct sonde_followed_task *born(uint64_t address, bool expected)
{
	const struct sonde_followed_task *task;
	bool is_new;

	check(sonde_linux_census_born(&census, address, &is_new, &task));
	assert_int_equal(is_new, expected);
	assert_int_equal(task->address, address);
	return task;
}

static const struct sonde_followed_task *renamed(uint64_t address, const char *name)
{
	const struct sonde_followed_task *task;

	check(sonde_linux_census_renamed(&census, address, name, &task));
	return task;
}

static void ended(uint64_t address)
{
	check(sonde_linux_census_ended(&census, address));
}

/* All threads; nobody is told of. */
static void test_scan(void **state)
{
	const struct sonde_followed_task *task;

	(void)state;
	begin_scanned();
	check_count(ALL);
	check_endings("");
	task = sonde_linux_census_find(&census, LAST_PID);
	assert_int_equal(task->address, image.tasks[LAST]);
	assert_int_equal(task->start_time, 1000000 + LAST);
	assert_int_equal(task->ppid, 1);
	assert_false(task->kernel_thread);
	assert_true(
		sonde_linux_census_find(&census, TASK_IMAGE_FIRST_PID)->kernel_thread);
	task = sonde_linux_census_find(&census, TASK_IMAGE_FIRST_THREAD);
	assert_int_equal(task->tgid, LAST_PID);
	assert_string_equal(task->comm, "task 21");
	assert_null(sonde_linux_census_find(&census, 99));
	end();
}

/* The kernel has put it into its lists before it is about to run. */
static void test_born(void **state)
{
	const struct sonde_followed_task *task;

	(void)state;
	begin_scanned();
	born(image.tasks[3], false);
	ended(image.tasks[3]);
	check_endings("14/14 ");
	task = born(image.tasks[3], true);
	assert_int_equal(task->pid, 14);
	assert_int_equal(task->ppid, 1);
	assert_string_equal(task->comm, "task 14");
	born(image.tasks[3], false);
	check_count(ALL);
	end();
}

/* Whose end was missed ends when its place, or its number, is somebody else's. */
static void test_missed_ends(void **state)
{
	bool is_new;
	const struct sonde_followed_task *task;

	(void)state;
	begin_scanned();
	task_image_set(&image, image.tasks[3], "start_boottime", 2000000);
	born(image.tasks[3], true);
	check_endings("14/14 ");
	task_image_set(&image, image.tasks[4], "pid", 30);
	task_image_set(&image, image.tasks[4], "tgid", 30);
	born(image.tasks[4], true);
	check_endings("15/15 ");
	/* Another place, the same number. */
	task_image_set(&image, image.tasks[2], "pid", 30);
	task_image_set(&image, image.tasks[2], "start_boottime", 3000000);
	ended(image.tasks[2]);
	check_endings("13/13 ");
	born(image.tasks[2], true);
	check_endings("30/30 ");
	check_count(ALL - 1);
	/* And one that nobody can read changes nothing. */
	check_fails(sonde_linux_census_born(&census, 0x1000, &is_new, &task),
		SONDE_ERROR_FAULT);
	check_count(ALL - 1);
	end();
}

static void test_renamed(void **state)
{
	const struct sonde_followed_task *task;

	(void)state;
	begin_scanned();
	task = renamed(image.tasks[3], "another");
	assert_int_equal(task->pid, 14);
	assert_string_equal(task->comm, "another");
	/* Who is called so before it runs is not known yet. */
	ended(image.tasks[4]);
	assert_null(renamed(image.tasks[4], "early"));
	check_count(ALL - 1);
	end();
}

/*
 * A second thread executes a program: it takes the place of the first, whose structure is
 * released. From 5.7 on they have changed their numbers before, in older kernels both
 * have the same one.
 */
static void check_successor(bool changed)
{
	uint64_t heir = image.threads[1];
	const struct sonde_followed_task *task;

	begin_scanned();
	ended(image.threads[0]);
	ended(image.threads[2]);
	check_endings("21/16 23/16 ");
	heir = image.threads[1];
	task_image_set(&image, heir, "pid", LAST_PID);
	task_image_set(&image, heir, "start_boottime", 1000000 + LAST);
	if (changed)
		task_image_set(&image, image.tasks[LAST], "pid", 22);
	ended(image.tasks[LAST]);
	check_endings("22/16 ");
	task = sonde_linux_census_find(&census, LAST_PID);
	assert_int_equal(task->address, heir);
	assert_null(sonde_linux_census_find(&census, 22));
	task = renamed(heir, "heir");
	assert_int_equal(task->pid, LAST_PID);
	assert_int_equal(task->start_time, 1000000 + LAST);
	check_count(ALL - 3);
	ended(heir);
	check_endings("16/16 ");
	end();
}

static void test_successor(void **state)
{
	(void)state;
	check_successor(true);
	check_successor(false);
}

/* Released already, or just about to be: whoever leaves the lists without a word ends. */
static void test_doubtful(void **state)
{
	uint64_t links, others[2];

	(void)state;
	begin();
	task_image_set(&image, image.tasks[2], "exit_state", EXIT_DEAD);
	task_image_set(&image, image.threads[1], "exit_state", EXIT_DEAD);
	check(sonde_linux_census_scan(&census));
	assert_int_equal(census.doubtful, 2);
	check(sonde_linux_census_settle(&census));
	check_endings("");
	check_count(ALL);
	links = linux_image_offset(&image.tree.fake, "struct task_struct", "thread_node");
	others[0] = image.tasks[LAST] + links;
	others[1] = image.threads[0] + links;
	linux_image_list(&image.tree.fake,
		image.signals[LAST] + linux_image_offset(&image.tree.fake,
					      "struct signal_struct", "thread_head"),
		others, 2);
	check(sonde_linux_census_settle(&census));
	check_endings("22/16 ");
	/* The other one says so itself. */
	ended(image.tasks[2]);
	check_endings("13/13 ");
	assert_int_equal(census.doubtful, 0);
	check_count(ALL - 2);
	end();
}

/* release_task() takes the first thread along, when nobody waits for it. */
static void test_leader_ends_unseen(void **state)
{
	uint64_t head, node;

	(void)state;
	begin_scanned();
	census.leaders_end_unseen = true;
	for (unsigned i = 0; i < TASK_IMAGE_THREADS; i++)
		ended(image.threads[i]);
	check_endings("21/16 22/16 23/16 ");
	/* A zombie, whose parent may ask for it. */
	check(sonde_linux_census_settle(&census));
	check_endings("");
	head = image.signals[LAST] + linux_image_offset(&image.tree.fake,
					     "struct signal_struct", "thread_head");
	linux_image_list(&image.tree.fake, head, NULL, 0);
	node = linux_image_offset(&image.tree.fake, "struct task_struct", "thread_node");
	linux_image_put(&image.tree.fake, image.tasks[LAST] + node + 8, 0x122, 8);
	check(sonde_linux_census_settle(&census));
	check_endings("16/16 ");
	end();
}

/* --- modules --------------------------------------------------------------------------
 */

static void next_epoch(struct module_image *modules)
{
	struct sonde_linux *kernel = &modules->fake.kernel;

	/* It is the same kernel still. */
	kernel->epoch = ++sonde_target_base(&kernel->target)->epoch;
}

static uint64_t reads_for(struct module_image *modules)
{
	const struct sonde_linux_modules *found;
	uint64_t before = modules->fake.reads;

	check(sonde_linux_modules_find(&modules->fake.kernel, &found));
	return modules->fake.reads - before;
}

static void begin_modules(struct module_image *modules)
{
	module_image_begin(modules, MODULE_LAYOUT_CORE);
	/* That one was on its way out. */
	linux_image_set(&modules->fake, modules->modules[3], "struct module", "state", 0);
}

static void test_modules(void **state)
{
	struct module_image modules;
	struct sonde_linux_modules *known = &modules.fake.kernel.modules;
	uint64_t whole;

	(void)state;
	begin_modules(&modules);
	whole = reads_for(&modules);
	assert_int_equal(reads_for(&modules), 0);
	next_epoch(&modules);
	assert_int_equal(reads_for(&modules), whole);
	/* Somebody follows: one look at who is first. */
	known->followers++;
	for (unsigned i = 0; i < 3; i++) {
		next_epoch(&modules);
		assert_int_equal(reads_for(&modules), 1);
		assert_int_equal(reads_for(&modules), 0);
	}
	assert_int_equal(known->count, MODULE_IMAGE_MODULES);
	/* One has come or gone. */
	sonde_linux_modules_have_changed(known);
	next_epoch(&modules);
	assert_int_equal(reads_for(&modules), whole);
	next_epoch(&modules);
	assert_int_equal(reads_for(&modules), 1);
	known->followers--;
	next_epoch(&modules);
	assert_int_equal(reads_for(&modules), whole);
	module_image_end(&modules);
}

/* What is on its way in changes still, and what is first in the list nobody has told of.
 */
static void test_unsettled_modules(void **state)
{
	struct module_image modules;
	struct sonde_linux_modules *known = &modules.fake.kernel.modules;
	uint64_t links[MODULE_IMAGE_MODULES], list;

	(void)state;
	begin_modules(&modules);
	known->followers = 1;
	linux_image_set(&modules.fake, modules.modules[0], "struct module", "state", 1);
	reads_for(&modules);
	next_epoch(&modules);
	assert_true(reads_for(&modules) > 2);
	linux_image_set(&modules.fake, modules.modules[0], "struct module", "state", 0);
	next_epoch(&modules);
	assert_true(reads_for(&modules) > 2);
	next_epoch(&modules);
	assert_int_equal(reads_for(&modules), 1);
	list = linux_image_offset(&modules.fake, "struct module", "list");
	for (unsigned i = 0; i < MODULE_IMAGE_MODULES; i++)
		links[i] = modules.modules[i] + list;
	linux_image_list(
		&modules.fake, modules.head, links + 1, MODULE_IMAGE_MODULES - 1);
	next_epoch(&modules);
	assert_true(reads_for(&modules) > 2);
	assert_int_equal(known->count, MODULE_IMAGE_MODULES - 1);
	assert_int_equal(known->followers, 1);
	module_image_end(&modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_born),
		cmocka_unit_test(test_missed_ends),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_successor),
		cmocka_unit_test(test_doubtful),
		cmocka_unit_test(test_leader_ends_unseen),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_unsettled_modules),
	};

	return cmocka_run_group_tests_name("census", tests, NULL, NULL);
}
