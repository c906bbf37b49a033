/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths in a kernel's image: of all kinds, while things change, and where it lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "path.h"
#include "tree_image.h"

enum {
	BYTES = 32 << 10,
};

static struct tree_image tree;
static struct sonde_linux_paths paths;

static void begin(bool locks)
{
	tree_image_begin(&tree, BYTES, "", locks);
	linux_image_ready(&tree.fake);
	assert_null(sonde_linux_paths_init(&paths, &tree.fake.kernel));
	assert_int_equal(paths.root.dentry, tree.dentries[TREE_ROOT]);
}

static void end(void)
{
	tree_image_end(&tree);
}

static struct sonde_linux_path read_path(enum tree_dentry which)
{
	struct sonde_linux_path path;

	tree.fake.reads = 0;
	assert_null(sonde_linux_path_of_file(&paths, tree.files[which], &path));
	return path;
}

static void set(enum tree_dentry which, const char *member, uint64_t value)
{
	linux_image_set(&tree.fake, tree.dentries[which], "struct dentry", member, value);
}

static void test_all_kinds(void **state)
{
	(void)state;
	for (unsigned locks = 0; locks < 2; locks++) {
		begin(locks);
		for (unsigned i = 0; i < TREE_DENTRIES; i++) {
			struct sonde_linux_path path = read_path(i);

			assert_non_null(path.text);
			assert_string_equal(path.text, tree_paths[i]);
			assert_false(path.torn);
			assert_true(path.reached == (i < TREE_PIPE));
		}
		end();
	}
}

/* With the kernel's locks a path is read once, else twice. */
static void test_reads(void **state)
{
	uint64_t once;

	(void)state;
	begin(true);
	read_path(TREE_LONG);
	read_path(TREE_LONG);
	once = tree.fake.reads;
	/* The struct path twice, two locks, three dentries, a name. */
	assert_in_range(once, 6, 8);
	linux_image_put(&tree.fake, tree.mount_lock, 3, 4);
	assert_string_equal(read_path(TREE_LONG).text, tree_paths[TREE_LONG]);
	assert_in_range(tree.fake.reads, once, 2 * once);
	end();
}

static void test_other_roots(void **state)
{
	struct sonde_linux_place_in_tree place, inner;
	struct sonde_linux_path path;
	uint64_t offset;

	(void)state;
	begin(true);
	offset = linux_image_offset(&tree.fake, "struct mount", "mnt");
	place = (struct sonde_linux_place_in_tree){
		tree.mounts[TREE_MOUNT_SECOND] + offset, tree.dentries[TREE_ONE]};
	inner = (struct sonde_linux_place_in_tree){
		place.mount, tree.dentries[TREE_OTHER_ROOT]};
	assert_null(sonde_linux_path_of(&paths, &place, &inner, &path));
	assert_string_equal(path.text, "/one");
	assert_true(path.reached);
	assert_null(sonde_linux_path_of(&paths, &place, &place, &path));
	assert_string_equal(path.text, "/");
	assert_true(path.reached);
	inner.dentry = tree.dentries[TREE_LONG];
	assert_null(sonde_linux_path_of(&paths, &place, &inner, &path));
	assert_string_equal(path.text, "/mnt/one");
	assert_false(path.reached);
	place.mount = 0;
	assert_null(sonde_linux_path_of(&paths, &place, NULL, &path));
	assert_null(path.text);
	assert_false(path.torn);
	end();
}

/* --- changes ---------------------------------------------------------------------- */

static void rename_one(struct linux_image *fake)
{
	uint64_t name = tree.dentries[TREE_ONE] +
			linux_image_offset(fake, "struct dentry", "d_iname");

	memcpy(linux_image_at(fake, name, 3), "two", 3);
	linux_image_put(fake, tree.rename_lock, 2, 4);
}

/* Renamed without end. */
static void rename_always(struct linux_image *fake)
{
	uint64_t name = tree.dentries[TREE_ONE] +
			linux_image_offset(fake, "struct dentry", "d_iname");
	char text[4];

	snprintf(text, sizeof(text), "%03u", (unsigned)(fake->reads / 5));
	memcpy(linux_image_at(fake, name, 3), text, 3);
	linux_image_put(fake, tree.rename_lock, 2 * fake->reads, 4);
	fake->when = fake->reads + 1;
}

static void move_away(struct linux_image *fake)
{
	linux_image_set(fake, tree.dentries[TREE_GONE], "struct dentry", "d_parent",
		tree.dentries[TREE_OTHER_ROOT]);
	linux_image_put(fake, tree.rename_lock, 2, 4);
}

/* The second file system is mounted elsewhere. */
static void move_mount(struct linux_image *fake)
{
	linux_image_set(fake, tree.mounts[TREE_MOUNT_SECOND], "struct mount",
		"mnt_mountpoint", tree.dentries[TREE_UNDER]);
	linux_image_put(fake, tree.mount_lock, 2, 4);
}

static void test_changes(void **state)
{
	(void)state;
	for (unsigned locks = 0; locks < 2; locks++) {
		begin(locks);
		for (unsigned when = 1; when < 30; when++) {
			struct sonde_linux_path path;

			linux_image_restore(&tree.fake);
			tree.fake.when = when;
			tree.fake.happens = rename_one;
			path = read_path(TREE_GONE);
			assert_false(path.torn);
			assert_true(!strcmp(path.text, "/mnt/one/gone (deleted)") ||
				    !strcmp(path.text, "/mnt/two/gone (deleted)"));
			linux_image_restore(&tree.fake);
			tree.fake.happens = move_away;
			path = read_path(TREE_GONE);
			assert_false(path.torn);
			assert_true(!strcmp(path.text, "/mnt/one/gone (deleted)") ||
				    !strcmp(path.text, "/mnt/gone (deleted)"));
			linux_image_restore(&tree.fake);
			paths.counted = false;
			tree.fake.happens = move_mount;
			path = read_path(TREE_ONE);
			assert_false(path.torn);
			assert_true(!strcmp(path.text, "/mnt/one") ||
				    !strcmp(path.text, "/mnt/under/one"));
			move_mount(&tree.fake);
			path = read_path(TREE_ONE);
			assert_string_equal(path.text, "/mnt/under/one");
		}
		linux_image_restore(&tree.fake);
		tree.fake.when = 1;
		tree.fake.happens = rename_always;
		assert_true(read_path(TREE_GONE).torn);
		assert_in_range(tree.fake.reads, 1, 1000);
		end();
	}
}

/* --- lies ------------------------------------------------------------------------- */

static void check_broken(bool torn)
{
	struct sonde_linux_path path;

	/* What was changed was not counted. */
	paths.counted = false;
	path = read_path(TREE_LONG);
	assert_null(path.text);
	assert_int_equal(path.torn, torn);
	linux_image_restore(&tree.fake);
}

static void test_lies(void **state)
{
	uint64_t second;

	(void)state;
	begin(true);
	second = tree.mounts[TREE_MOUNT_SECOND];
	/* Directories that are in each other. */
	set(TREE_ONE, "d_parent", tree.dentries[TREE_LONG]);
	check_broken(false);
	/* And that have no names. */
	set(TREE_ONE, "d_parent", tree.dentries[TREE_LONG]);
	set(TREE_ONE, "d_name.len", 0);
	set(TREE_LONG, "d_name.len", 0);
	check_broken(false);
	assert_true(tree.fake.reads < 50000);
	/* A mount on itself. */
	linux_image_set(&tree.fake, second, "struct mount", "mnt_parent",
		tree.mounts[TREE_MOUNT_FIRST]);
	linux_image_set(&tree.fake, tree.mounts[TREE_MOUNT_FIRST], "struct mount",
		"mnt_parent", second);
	linux_image_set(&tree.fake, second, "struct mount", "mnt_mountpoint",
		tree.dentries[TREE_ROOT]);
	linux_image_set(&tree.fake, tree.mounts[TREE_MOUNT_FIRST], "struct mount",
		"mnt_mountpoint", tree.dentries[TREE_OTHER_ROOT]);
	paths.root.dentry = 0;
	check_broken(true);
	paths.root.dentry = tree.dentries[TREE_ROOT];
	/* Into a program's memory; to where nothing is; askew. */
	set(TREE_ONE, "d_parent", 0x401000);
	check_broken(true);
	set(TREE_ONE, "d_parent", LINUX_IMAGE_BASE + BYTES);
	check_broken(true);
	set(TREE_ONE, "d_parent", tree.dentries[TREE_ONE] + 1);
	check_broken(true);
	/* Names that are too long, or that are not there. */
	set(TREE_LONG, "d_name.len", UINT32_MAX);
	check_broken(false);
	set(TREE_ONE, "d_name.len", 33);
	check_broken(true);
	set(TREE_LONG, "d_name.name", 0x401000);
	check_broken(true);
	set(TREE_LONG, "d_name.name", LINUX_IMAGE_BASE + BYTES - 8);
	check_broken(true);
	end();
}

/* A hostile kernel with very many such files costs no more than so much for each. */
static void test_work(void **state)
{
	uint64_t reads = 0;

	(void)state;
	begin(true);
	set(TREE_ONE, "d_parent", tree.dentries[TREE_LONG]);
	set(TREE_ONE, "d_name.len", 0);
	set(TREE_LONG, "d_name.len", 0);
	for (unsigned i = 0; i < 10000; i++) {
		assert_null(read_path(TREE_LONG).text);
		reads += tree.fake.reads;
	}
	assert_in_range(reads, 1, 3000000);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_other_roots),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
