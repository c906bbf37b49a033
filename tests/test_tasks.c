/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of tasks: of a kernel that stands still, one that changes between two reads, and
 * one that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <sonde/task.h>

#include "task.h"
#include "task_image.h"

enum {
	ROWS_MAX = 64,
	LAST = TASK_IMAGE_TASKS - 1,
};

static struct task_image image;
/** What was listed last. */
static struct sonde_tasks *tasks;
static const struct sonde_task *rows[ROWS_MAX];
static unsigned count;

static void close_list(void)
{
	sonde_tasks_close(tasks);
	tasks = NULL;
	count = 0;
}

static void list(unsigned columns, bool threads)
{
	const struct sonde_tasks_options options = {
		.size = sizeof(options), .columns = columns, .threads = threads};

	close_list();
	assert_null(sonde_tasks_open(&image.tree.fake.kernel.target, &options, &tasks));
	while (count < ROWS_MAX && (rows[count] = sonde_tasks_next(tasks)))
		count++;
	assert_in_range(count, 0, ROWS_MAX - 1);
}

static const struct sonde_task *find(unsigned pid)
{
	const struct sonde_task *found = NULL;

	for (unsigned i = 0; i < count; i++) {
		if (rows[i]->pid != pid)
			continue;
		assert_null(found);
		found = rows[i];
	}
	return found;
}

static void begin(enum task_layout layout)
{
	task_image_begin(&image, layout);
}

static void end(void)
{
	close_list();
	task_image_end(&image);
}

static void restore(void)
{
	linux_image_restore(&image.tree.fake);
	image.tree.fake.when = 0;
}

static void check_row(const struct sonde_task *row, unsigned number)
{
	bool kernel = number < 2;
	char name[32];

	snprintf(name, sizeof(name), "task %u", row->pid);
	assert_string_equal(row->comm, name);
	assert_int_equal(row->address, image.tasks[number]);
	assert_int_equal(row->tgid, row->pid);
	assert_int_equal(row->state, "RS"[number % 2]);
	assert_int_equal(row->kernel_thread, kernel);
	assert_int_equal(row->mm, image.mms[number]);
	assert_int_equal(row->start_time, 1000000 + number);
	assert_int_equal(row->cpu, number);
	assert_int_equal(row->on_cpu, number == 3);
	assert_false(row->torn);
}

static void check_columns(const struct sonde_task *row, unsigned number)
{
	bool kernel = number < 2;

	assert_int_equal(row->ppid, 1);
	assert_int_equal(row->real_uid, 1000 + number);
	assert_int_equal(row->real_gid, 2000 + number);
	assert_int_equal(row->effective_uid, 3000 + number);
	assert_int_equal(row->effective_gid, 4000 + number);
	assert_int_equal(row->threads, number == LAST ? 1 + TASK_IMAGE_THREADS : 1);
	assert_int_equal(row->virtual_bytes, kernel ? 0 : (1000 + number) * 4096);
	assert_int_equal(row->resident_bytes, kernel ? 0 : (10 + 20 + 80) * 4096);
	assert_int_equal(row->ns_pid, number + 1);
	assert_int_equal(row->pid_ns, 4026532000);
	assert_string_equal(row->cgroup, "/outer/docker-" TASK_IMAGE_CONTAINER ".scope");
	assert_string_equal(row->container, TASK_IMAGE_CONTAINER);
	/* This fs_struct has no directory. */
	assert_null(row->cwd);
	if (kernel)
		assert_null(row->exe);
	else
		assert_string_equal(row->exe, "/mnt/one");
	assert_null(row->arguments);
}

static void test_stands_still(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < TASK_LAYOUTS; layout++)
		for (unsigned all = 0; all < 2; all++) {
			begin(layout);
			list(all ? SONDE_TASK_ALL : 0, false);
			assert_null(sonde_tasks_incomplete(tasks));
			assert_int_equal(count, 1 + TASK_IMAGE_TASKS);
			assert_int_equal(rows[0]->pid, 1);
			for (unsigned i = 0; i < TASK_IMAGE_TASKS; i++) {
				check_row(rows[1 + i], i);
				if (all)
					check_columns(rows[1 + i], i);
				else
					assert_int_equal(rows[1 + i]->known, 0);
			}
			end();
		}
}

static void test_threads(void **state)
{
	uint64_t task;

	(void)state;
	begin(TASK_LAYOUT_COUNTS);
	list(SONDE_TASK_ALL, true);
	assert_null(sonde_tasks_incomplete(tasks));
	assert_int_equal(count, 1 + TASK_IMAGE_TASKS + TASK_IMAGE_THREADS);
	for (unsigned i = 0; i < TASK_IMAGE_THREADS; i++) {
		const struct sonde_task *row = find(TASK_IMAGE_FIRST_THREAD + i);

		assert_non_null(row);
		assert_int_equal(row->tgid, TASK_IMAGE_FIRST_PID + LAST);
		assert_int_equal(row->address, image.threads[i]);
		assert_null(
			sonde_linux_find_task(&image.tree.fake.kernel, row->pid, &task));
		assert_int_equal(task, row->address);
	}
	end();
}

/* A read is a packet on a bare stub: they are counted. */
static void test_reads(void **state)
{
	uint64_t mapped, by_packet, once;

	(void)state;
	begin(TASK_LAYOUT_COUNTS);
	list(0, false);
	image.tree.fake.reads = 0;
	list(0, false);
	mapped = image.tree.fake.reads;
	/* Two of the list, the time twice and the place, so many pieces of the task
	 * twice, two whether it is linked. */
	assert_in_range(mapped, 1, (1 + TASK_IMAGE_TASKS) * 16);
	image.tree.fake.reads = 0;
	image.tree.fake.means = "stub";
	list(0, false);
	by_packet = image.tree.fake.reads;
	assert_in_range(by_packet, 1, (1 + TASK_IMAGE_TASKS) * 9 + 4);
	/* Nothing has to be read twice where nothing changes. */
	image.tree.fake.reads = 0;
	image.tree.fake.kernel.target.state = SONDE_STATE_STOPPED;
	list(0, false);
	once = image.tree.fake.reads;
	assert_in_range(once, 1, (1 + TASK_IMAGE_TASKS) * 3 + 2);
	image.tree.fake.kernel.target.state = SONDE_STATE_UNKNOWN;
	end();
}

/* --- changes ---------------------------------------------------------------------- */

static uint64_t pointer_at(uint64_t address)
{
	uint64_t value;

	memcpy(&value, linux_image_at(&image.tree.fake, address, 8), 8);
	return value;
}

/* As list_del_rcu() does. */
static void unlink_task(unsigned number)
{
	uint64_t link = task_image_link(&image, number), next = pointer_at(link);
	uint64_t previous = pointer_at(link + 8);

	linux_image_put(&image.tree.fake, previous, next, 8);
	linux_image_put(&image.tree.fake, next + 8, previous, 8);
	linux_image_put(&image.tree.fake, link + 8, UINT64_C(0xdead000000000122), 8);
}

static void task_ends(struct linux_image *fake)
{
	(void)fake;
	unlink_task(2);
	task_image_set(&image, image.tasks[2], "mm", 0);
}

/* Its memory is a child's that is being made: a copy of its parent, in no list yet. */
static void task_becomes_child(struct linux_image *fake)
{
	size_t bytes = linux_image_sizeof(fake, "struct task_struct");

	unlink_task(2);
	memcpy(linux_image_at(fake, image.tasks[2], bytes),
		linux_image_at(fake, image.tasks[4], bytes), bytes);
}

/* Its memory is another process's, which is at the list's end. */
static void task_becomes_other(struct linux_image *fake)
{
	uint64_t link = task_image_link(&image, 2);
	uint64_t last = task_image_link(&image, LAST), head = pointer_at(last);

	unlink_task(2);
	task_image_set(&image, image.tasks[2], "pid", 99);
	task_image_set(&image, image.tasks[2], "tgid", 99);
	task_image_set(&image, image.tasks[2], "start_boottime", 5000000);
	linux_image_fill(
		fake, image.tasks[2], "struct task_struct", "comm", "task 99", 8);
	linux_image_put(fake, link, head, 8);
	linux_image_put(fake, link + 8, last, 8);
	linux_image_put(fake, last, link, 8);
	linux_image_put(fake, head + 8, link, 8);
}

/* It executes another program: a new name, new memory, a new owner. */
static void task_executes(struct linux_image *fake)
{
	linux_image_fill(fake, image.tasks[2], "struct task_struct", "comm", "other", 6);
	task_image_set(&image, image.tasks[2], "mm", image.mms[3]);
	task_image_set(&image, image.tasks[2], "real_cred", image.owners[3]);
	memset(linux_image_at(fake, image.mms[2], 32), 0xee, 32);
	memset(linux_image_at(fake, image.owners[2], 28), 0xee, 28);
}

static void check_changed(const struct sonde_task *row, unsigned columns)
{
	bool executed;

	if (!row)
		return;
	/* All of it is from before, or all of it from after. */
	assert_false(row->torn);
	assert_int_equal(row->address, image.tasks[2]);
	executed = !strcmp(row->comm, "other");
	if (!executed)
		assert_string_equal(row->comm, "task 13");
	if (row->mm)
		assert_int_equal(row->mm, image.mms[executed ? 3 : 2]);
	if (columns && row->known & SONDE_TASK_OWNER)
		assert_int_equal(row->real_uid, 1000 + (executed ? 3 : 2));
	if (columns && row->known & SONDE_TASK_MEMORY)
		assert_int_equal(row->virtual_bytes, (1000 + (executed ? 3 : 2)) * 4096);
}

static void check_others(void)
{
	for (unsigned i = 0; i < TASK_IMAGE_TASKS; i++)
		if (i != 2) {
			const struct sonde_task *row = find(TASK_IMAGE_FIRST_PID + i);

			assert_non_null(row);
			assert_int_equal(row->address, image.tasks[i]);
			assert_false(row->torn);
		}
	assert_null(sonde_tasks_incomplete(tasks));
}

/* Whatever happens, and whenever it does. */
static void test_changes(void **state)
{
	static void (*const events[])(struct linux_image *) = {
		task_ends, task_becomes_child, task_becomes_other, task_executes};

	(void)state;
	begin(TASK_LAYOUT_COUNTS);
	for (size_t event = 0; event < ARRAY_SIZE(events); event++)
		for (unsigned kind = 0; kind < 4; kind++)
			for (unsigned when = 1; when < 400; when++) {
				unsigned columns = kind & 1 ? SONDE_TASK_ALL : 0;

				restore();
				image.tree.fake.happens = events[event];
				image.tree.fake.when = when;
				list(columns, kind & 2);
				if (image.tree.fake.reads < when)
					break;
				check_others();
				check_changed(find(TASK_IMAGE_FIRST_PID + 2), columns);
			}
	end();
}

static void never_the_same(struct linux_image *fake)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", (unsigned)fake->reads);
	linux_image_fill(
		fake, image.tasks[2], "struct task_struct", "comm", name, sizeof(name));
	fake->when = fake->reads + 1;
}

static void test_torn(void **state)
{
	const struct sonde_task *row;

	(void)state;
	begin(TASK_LAYOUT_COUNTS);
	image.tree.fake.happens = never_the_same;
	image.tree.fake.when = 1;
	list(SONDE_TASK_ALL, false);
	check_others();
	row = find(TASK_IMAGE_FIRST_PID + 2);
	assert_true(row && row->torn);
	assert_in_range(image.tree.fake.reads, 1, 2000);
	end();
}

/* --- lies ------------------------------------------------------------------------- */

static void test_where_it_leads_nowhere(void **state)
{
	static const struct {
		const char *member;
		unsigned column;
	} members[] = {
		{"real_parent", SONDE_TASK_PARENT},
		{"real_cred", SONDE_TASK_OWNER},
		{"signal", SONDE_TASK_THREADS},
		{"mm", SONDE_TASK_MEMORY},
		{"thread_pid", SONDE_TASK_NAMESPACE},
		{"cgroups", SONDE_TASK_CGROUP},
	};
	static const uint64_t places[] = {
		0x401000, UINT64_C(0xffff888000000000), UINT64_C(0xdead4ead00000000)};

	(void)state;
	begin(TASK_LAYOUT_COUNTS);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		for (size_t j = 0; j < ARRAY_SIZE(places); j++) {
			const struct sonde_task *row;

			restore();
			task_image_set(
				&image, image.tasks[2], members[i].member, places[j]);
			list(SONDE_TASK_ALL, false);
			check_others();
			row = find(TASK_IMAGE_FIRST_PID + 2);
			assert_true(row && row->torn);
			assert_false(row->known & members[i].column);
			assert_string_equal(row->comm, "task 13");
		}
	end();
}

static void test_lies(void **state)
{
	struct linux_image *fake = &image.tree.fake;
	const struct sonde_task *row;
	uint64_t outside;
	size_t comm;

	(void)state;
	begin(TASK_LAYOUT_COUNTERS);
	/* Into itself, and into a program's memory. */
	linux_image_put(fake, task_image_link(&image, 3), task_image_link(&image, 1), 8);
	list(SONDE_TASK_ALL, false);
	assert_non_null(sonde_tasks_incomplete(tasks));
	assert_non_null(find(TASK_IMAGE_FIRST_PID + 3));
	assert_in_range(fake->reads, 1, 20000);
	restore();
	linux_image_put(fake, task_image_link(&image, 3), 0x401000, 8);
	list(SONDE_TASK_ALL, false);
	assert_non_null(sonde_tasks_incomplete(tasks));
	assert_in_range(fake->reads, 1, 20000);
	/* To a link that is one, with nothing behind it. */
	restore();
	outside = LINUX_IMAGE_BASE + fake->bytes - 16;
	linux_image_put(fake, outside, task_image_link(&image, 4), 8);
	linux_image_put(fake, outside + 8, task_image_link(&image, 3), 8);
	linux_image_put(fake, task_image_link(&image, 3), outside, 8);
	linux_image_put(fake, task_image_link(&image, 4) + 8, outside, 8);
	list(0, false);
	assert_int_equal(count, 1 + TASK_IMAGE_TASKS);
	assert_non_null(sonde_tasks_incomplete(tasks));
	/* The threads of one. */
	restore();
	linux_image_put(fake,
		image.signals[3] +
			linux_image_offset(fake, "struct signal_struct", "thread_head"),
		0x401000, 8);
	list(0, true);
	assert_non_null(sonde_tasks_incomplete(tasks));
	assert_non_null(find(TASK_IMAGE_FIRST_PID + 4));
	/* Two with one number, and numbers that are none. */
	restore();
	task_image_set(&image, image.tasks[3], "pid", TASK_IMAGE_FIRST_PID);
	list(0, false);
	assert_int_equal(count, TASK_IMAGE_TASKS);
	assert_non_null(find(TASK_IMAGE_FIRST_PID));
	restore();
	task_image_set(&image, image.tasks[3], "pid", 0x80000000);
	task_image_set(&image, image.tasks[4], "pid", 0);
	list(0, false);
	assert_int_equal(count, TASK_IMAGE_TASKS - 1);
	assert_non_null(sonde_tasks_incomplete(tasks));
	/* A name without an end. */
	restore();
	comm = linux_image_offset(fake, "struct task_struct", "comm");
	memset(linux_image_at(fake, image.tasks[3] + comm, 16), 0xff, 16);
	list(0, false);
	row = find(TASK_IMAGE_FIRST_PID + 3);
	assert_non_null(row);
	assert_int_equal(strlen(row->comm), 16);
	/* Control groups without a root, and with a name without an end. */
	restore();
	linux_image_set(fake, image.node, "struct kernfs_node", "__parent", image.node);
	list(SONDE_TASK_CGROUP, false);
	assert_true(find(TASK_IMAGE_FIRST_PID)->torn);
	assert_null(find(TASK_IMAGE_FIRST_PID)->cgroup);
	assert_in_range(fake->reads, 1, 100000);
	restore();
	linux_image_set(fake, image.node, "struct kernfs_node", "name",
		LINUX_IMAGE_BASE + fake->bytes - 4);
	memset(linux_image_at(fake, LINUX_IMAGE_BASE + fake->bytes - 4, 4), 'x', 4);
	list(SONDE_TASK_CGROUP, false);
	assert_null(find(TASK_IMAGE_FIRST_PID)->cgroup);
	end();
}

static uint64_t endless_offset;

/* An endless list: wherever somebody looks is a link to what is 64 bytes on. */
static bool endless(
	struct linux_image *fake, uint64_t address, uint8_t *buffer, size_t length)
{
	uint64_t first = UINT64_C(0xffff888000000000) + endless_offset;

	(void)fake;
	if (address < first)
		return false;
	for (size_t i = 0; i < length; i++) {
		uint64_t place = address + i - first, link = first + place / 64 * 64;
		uint64_t pointer = place % 64 < 8 ? link + 64 : link - 64;

		if (link == first && place % 64 >= 8)
			pointer = task_image_link(&image, LAST);
		buffer[i] = place % 64 < 16 ? (uint8_t)(pointer >> place % 8 * 8) : 0;
	}
	return true;
}

static void test_endless(void **state)
{
	struct linux_image *fake = &image.tree.fake;
	struct sonde_error *error;
	uint64_t task;

	(void)state;
	begin(TASK_LAYOUT_COUNTS);
	fake->elsewhere = endless;
	endless_offset = task_image_link(&image, 0) % 64;
	linux_image_put(fake, task_image_link(&image, LAST),
		UINT64_C(0xffff888000000000) + endless_offset, 8);
	list(0, false);
	assert_int_equal(count, 1 + TASK_IMAGE_TASKS);
	assert_non_null(sonde_tasks_incomplete(tasks));
	error = sonde_linux_find_task(&fake->kernel, 12345, &task);
	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_NOT_FOUND);
	assert_non_null(strstr(sonde_error_why(error), "as far as can be seen"));
	sonde_error_destroy(error);
	end();
}

static void test_states(void **state)
{
	static const struct {
		unsigned state, exit_state;
		char letter;
	} cases[] = {
		{0, 0, 'R'},
		{1, 0, 'S'},
		{0x2001, 0, 'S'},
		{2, 0, 'D'},
		{0x102, 0, 'D'},
		{0x402, 0, 'I'},
		{4, 0, 'T'},
		{0x104, 0, 'T'},
		{8, 0, 't'},
		{0x80, 0x10, 'X'},
		{0x80, 0x20, 'Z'},
		{0x80, 0x30, 'Z'},
		{0x40, 0, 'P'},
		{0x800, 0, 'R'},
		{0x1000, 0, 'D'},
		{0x8000, 0, 'D'},
		{0xffffffff, 0xffffffff, 'D'},
	};

	(void)state;
	begin(TASK_LAYOUT_COUNTS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		task_image_set(&image, image.tasks[2], "__state", cases[i].state);
		task_image_set(&image, image.tasks[2], "exit_state", cases[i].exit_state);
		list(0, false);
		assert_int_equal(find(TASK_IMAGE_FIRST_PID + 2)->state, cases[i].letter);
		assert_string_not_equal(
			sonde_task_state_name(cases[i].letter), "unknown");
	}
	assert_string_equal(sonde_task_state_name('?'), "unknown");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stands_still),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_where_it_leads_nowhere),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
