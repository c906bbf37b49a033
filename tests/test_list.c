/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks along lists of a kernel's: one that stands still, ones that change between two
 * reads, and ones that lie.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kernel.h"
#include "list.h"

enum {
	LINKS = 2048,
};

#define BASE	 UINT64_C(0xffff888000000000)
#define POISONED UINT64_C(0xdead000000000122)
#define LINK(i)	 (BASE + 16 * (uint64_t)(i))

/* Memory that is nothing but links; 0 is the head. */
struct world {
	struct sonde_linux kernel;
	struct sonde *sonde;
	uint64_t links[LINKS][2];
	/** Before so manieth read something happens. */
	unsigned reads, when;
	void (*happens)(struct world *world);
};

static struct sonde_error *read_links(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct world *world = CONTAINER_OF(space, struct world, kernel.space.space);

	if (++world->reads == world->when)
		world->happens(world);
	if (address < BASE || address - BASE > sizeof(world->links) - length)
		return sonde_error_fault(address, NULL);
	memcpy(buffer, (char *)world->links + (address - BASE), length);
	return NULL;
}

static void link_two(struct world *world, unsigned before, unsigned after)
{
	world->links[before][0] = LINK(after);
	world->links[after][1] = LINK(before);
}

/* As list_del_rcu() does. */
static void unlink_one(struct world *world, unsigned which)
{
	uint64_t before = (world->links[which][1] - BASE) / 16;
	uint64_t after = (world->links[which][0] - BASE) / 16;

	link_two(world, (unsigned)before, (unsigned)after);
	world->links[which][1] = POISONED;
}

static void begin(struct world *world, unsigned entries)
{
	static const struct sonde_space_ops ops = {.read = read_links};
	static uint64_t epoch;

	memset(world, 0, sizeof(*world));
	assert_null(sonde_create(NULL, &world->sonde));
	world->kernel.target.sonde = world->sonde;
	world->kernel.space.space = (struct sonde_space){
		.ops = &ops, .page_bytes = 4096, .limit = UINT64_MAX, .epoch = &epoch};
	for (unsigned i = 0; i <= entries; i++)
		link_two(world, i, i == entries ? 0 : i + 1);
}

static void end(struct world *world)
{
	sonde_space_deinit(&world->kernel.space.space);
	sonde_destroy(world->sonde);
}

/* How often each came up; what is said at the end. */
static const char *walk(struct world *world, uint64_t maximum, unsigned *seen)
{
	struct sonde_linux_list list;

	memset(seen, 0, LINKS * sizeof(*seen));
	world->reads = 0;
	sonde_linux_list_begin(&list, &world->kernel, LINK(0), maximum);
	for (;;) {
		uint64_t link;
		bool more;

		assert_null(sonde_linux_list_next(&list, &link, &more));
		if (!more)
			return list.torn;
		seen[(link - BASE) / 16]++;
	}
}

static void test_stands_still(void **state)
{
	static struct world world;
	unsigned seen[LINKS];

	(void)state;
	for (unsigned entries = 0; entries < 1000; entries += entries / 3 + 1) {
		begin(&world, entries);
		assert_null(walk(&world, entries, seen));
		for (unsigned i = 1; i < LINKS; i++)
			assert_int_equal(seen[i], i <= entries);
		/* Two reads an entry: it, and the one behind it. */
		assert_in_range(world.reads, 1, 2 * entries + 2);
		end(&world);
	}
}

static void remove_five(struct world *world)
{
	unlink_one(world, 5);
}

static void remove_three_to_seven(struct world *world)
{
	for (unsigned i = 3; i <= 7; i++) {
		unlink_one(world, i);
		/* Its memory has become something else. */
		world->links[i][0] = 0x1234;
	}
}

static void add_twenty(struct world *world)
{
	link_two(world, 20, 0);
	link_two(world, 10, 20);
}

static void begin_to_add_twenty(struct world *world)
{
	/* __list_add_rcu(): the new one first, then its neighbours, one by one. */
	world->links[20][0] = LINK(5);
	world->links[20][1] = LINK(4);
	world->links[4][0] = LINK(20);
	world->happens = remove_five;
	world->when = world->reads + 2;
	world->links[5][1] = LINK(20);
}

/* Whatever happens, and whenever: what is in the list all the time comes up. */
static void test_changes(void **state)
{
	static void (*const events[])(struct world *) = {
		remove_five, remove_three_to_seven, add_twenty, begin_to_add_twenty};
	static struct world world;
	unsigned seen[LINKS];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(events); k++)
		for (unsigned when = 1; when < 30; when++) {
			begin(&world, 10);
			world.happens = events[k];
			world.when = when;
			assert_null(walk(&world, 100, seen));
			for (unsigned i = 1; i <= 10; i++)
				if (i < 3 || i > 7)
					assert_true(seen[i] >= 1);
			assert_true(seen[11] == 0);
			end(&world);
		}
}

static void test_lies(void **state)
{
	static struct world world;
	unsigned seen[LINKS];

	(void)state;
	/* A cycle whose links fit together, and that leaves out the head. */
	begin(&world, 10);
	link_two(&world, 0, 1);
	world.links[0][1] = LINK(10);
	world.links[5][1] = LINK(9);
	world.links[9][0] = LINK(5);
	assert_string_equal(
		walk(&world, 1000, seen), "the list's links do not fit together");
	end(&world);
	begin(&world, 10);
	for (unsigned i = 1; i < 10; i++)
		link_two(&world, i, i + 1);
	link_two(&world, 10, 1);
	world.links[0][0] = LINK(1);
	assert_non_null(walk(&world, 1000, seen));
	end(&world);
	/* Into a program's memory, and to where nothing is. */
	begin(&world, 10);
	world.links[4][0] = 0x401000;
	assert_non_null(walk(&world, 1000, seen));
	assert_true(world.reads < 5000);
	end(&world);
	begin(&world, 10);
	world.links[4][0] = BASE + (1 << 20);
	assert_non_null(walk(&world, 1000, seen));
	assert_int_equal(seen[6], 0);
	end(&world);
	/* More than there may be. */
	begin(&world, 1000);
	assert_string_equal(walk(&world, 500, seen), "the list has no end");
	assert_int_equal(seen[500], 1);
	assert_int_equal(seen[501], 0);
	end(&world);
	/* A head that cannot be read. */
	begin(&world, 3);
	world.links[0][0] = 0;
	assert_non_null(walk(&world, 1000, seen));
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stands_still),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
