/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one process has, in a kernel's image: memory, files, mounts, sockets, interfaces;
 * as it is, while it changes, and where it lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <sonde/file.h>
#include <sonde/interface.h>
#include <sonde/mapping.h>
#include <sonde/mount.h>
#include <sonde/socket.h>

#include "process_image.h"
#include "text_pool.h"

static struct process_image image;
static struct linux_image *const fake = &image.tree.fake;

static void set(uint64_t address, const char *type, const char *member, uint64_t value)
{
	linux_image_set(fake, address, type, member, value);
}

static void put(uint64_t address, uint64_t value)
{
	linux_image_put(fake, address, value, 8);
}

/* --- memory ----------------------------------------------------------------------- */

static struct sonde_mappings *open_mappings(void)
{
	struct sonde_mappings *mappings;
	struct sonde_error *error =
		sonde_mappings_open(&fake->kernel.target, 1, NULL, &mappings);

	if (error)
		fail_msg("%s: %s", sonde_error_what(error), sonde_error_why(error));
	return mappings;
}

/* How many there are, in the order of their addresses; which of them are torn. */
static unsigned count_mappings(unsigned *torn, const char **incomplete)
{
	struct sonde_mappings *mappings = open_mappings();
	const struct sonde_mapping *mapping;
	unsigned count = 0;
	uint64_t end = 0;

	*torn = 0;
	for (; (mapping = sonde_mappings_next(mappings)); count++) {
		*torn += mapping->torn;
		assert_true(mapping->start < mapping->end);
		assert_true(mapping->torn || mapping->start >= end);
		end = mapping->end;
	}
	*incomplete = sonde_mappings_incomplete(mappings);
	sonde_mappings_close(mappings);
	return count;
}

static void test_mappings(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < PROCESS_LAYOUTS; layout++) {
		struct sonde_mappings *mappings;
		const struct sonde_mapping *mapping;
		uint64_t start = PROCESS_START;

		process_image_begin(&image, layout);
		mappings = open_mappings();
		for (unsigned i = 0; i < PROCESS_AREAS; i++) {
			mapping = sonde_mappings_next(mappings);
			assert_non_null(mapping);
			assert_false(mapping->torn);
			assert_int_equal(mapping->start, start);
			start += PROCESS_AREA_BYTES;
			assert_int_equal(mapping->end, start);
			assert_int_equal(mapping->permissions[0], i & 1 ? 'r' : '-');
			assert_int_equal(mapping->permissions[1], i & 2 ? 'w' : '-');
			assert_int_equal(mapping->permissions[2], i & 4 ? 'x' : '-');
			assert_int_equal(mapping->offset, i % 3 ? 0 : i * 4096);
			assert_int_equal(mapping->inode, i % 3 ? 0 : 100 + TREE_ONE);
			if (i % 3 == 0)
				assert_string_equal(mapping->path, "/mnt/one");
			else if (i == 1)
				assert_string_equal(mapping->path, "[heap]");
			else if (i == PROCESS_AREAS - 1)
				assert_string_equal(mapping->path, "[stack]");
			else
				assert_null(mapping->path);
		}
		assert_null(sonde_mappings_next(mappings));
		assert_null(sonde_mappings_incomplete(mappings));
		sonde_mappings_close(mappings);
		process_image_end(&image);
	}
}

static void test_names(void **state)
{
	static const char special[] = "struct vm_special_mapping";
	uint64_t operations, mapping, text, name;
	struct sonde_mappings *mappings;
	const struct sonde_mapping *found[PROCESS_AREAS];

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	operations = linux_image_allocate(fake, 64);
	mapping = linux_image_allocate(fake, 64);
	text = linux_image_allocate(fake, 64);
	name = linux_image_allocate(fake, 64);
	set(operations, "struct vm_operations_struct", "name", LINUX_IMAGE_BASE);
	set(mapping, special, "name", text);
	memcpy(linux_image_at(fake, text, 7), "[vdso]", 7);
	linux_image_fill(fake, name, "struct anon_vma_name", "name", "x\n", 3);
	set(image.areas[2], "struct vm_area_struct", "vm_ops", operations);
	set(image.areas[2], "struct vm_area_struct", "vm_private_data", mapping);
	set(image.areas[4], "struct vm_area_struct", "anon_name", name);
	set(image.areas[6], "struct vm_area_struct", "anon_name", name);
	/* Names that are not there. */
	set(image.areas[5], "struct vm_area_struct", "anon_name", 0x401000);
	set(image.areas[7], "struct vm_area_struct", "vm_ops", operations);
	set(image.areas[7], "struct vm_area_struct", "vm_private_data", 0x401000);
	mappings = open_mappings();
	for (unsigned i = 0; i < PROCESS_AREAS; i++)
		found[i] = sonde_mappings_next(mappings);
	assert_string_equal(found[2]->path, "[vdso]");
	assert_string_equal(found[4]->path, "[anon:x\n]");
	assert_string_equal(found[6]->path, "[anon_shmem:x\n]");
	assert_null(found[5]->path);
	assert_null(found[7]->path);
	sonde_mappings_close(mappings);
	process_image_end(&image);
}

/* A file of an overlay: behind it is another one. */
static void test_backing_file(void **state)
{
	static const char type[] = "struct backing_file";
	const struct sonde_mapping *mapping;
	struct sonde_mappings *mappings;
	uint64_t file, path;

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	file = linux_image_allocate(fake, linux_image_sizeof(fake, type));
	path = file + linux_image_offset(fake, type, "user_path");
	memcpy(linux_image_at(fake, file, 64),
		linux_image_at(fake, image.tree.files[TREE_GONE], 64), 64);
	memcpy(linux_image_at(fake, path, 16),
		linux_image_at(fake,
			image.tree.files[TREE_LONG] +
				linux_image_offset(fake, "struct file", "f_path"),
			16),
		16);
	set(image.areas[0], "struct vm_area_struct", "vm_file", file);
	set(image.tree.dentries[TREE_LONG], "struct dentry", "d_sb",
		image.tree.super_blocks[1]);
	for (unsigned i = 0; i < 2; i++) {
		mappings = open_mappings();
		mapping = sonde_mappings_next(mappings);
		assert_string_equal(mapping->path, tree_paths[i ? TREE_LONG : TREE_GONE]);
		assert_int_equal(mapping->inode, 100 + (i ? TREE_LONG : TREE_GONE));
		assert_false(mapping->torn);
		sonde_mappings_close(mappings);
		set(file, "struct file", "f_mode", 1 << 25);
	}
	/* The same bit, of a file that has nothing behind it. */
	set(path, "struct path", "mnt", 0x401000);
	mappings = open_mappings();
	mapping = sonde_mappings_next(mappings);
	assert_string_equal(mapping->path, tree_paths[TREE_GONE]);
	assert_false(mapping->torn);
	sonde_mappings_close(mappings);
	process_image_end(&image);
}

/* The fifth and the sixth area become one. */
static void merge(struct linux_image *which)
{
	uint64_t end = PROCESS_START + 6 * PROCESS_AREA_BYTES;

	(void)which;
	set(image.areas[4], "struct vm_area_struct", "vm_end", end);
	set(image.areas[5], "struct vm_area_struct", "vm_mm", 0xdead000000000000);
	if (image.layout != PROCESS_TREES)
		set(image.areas[4], "struct vm_area_struct", "vm_next", image.areas[6]);
	else
		put(image.leaves[0] + 8 * 5 +
				linux_image_offset(
					fake, "struct maple_range_64", "pivot"),
			end - 1);
}

static void test_changing_mappings(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < PROCESS_LAYOUTS; layout++) {
		process_image_begin(&image, layout);
		for (unsigned when = 1; when < 200; when++) {
			const char *incomplete;
			unsigned torn;

			linux_image_restore(fake);
			fake->when = when;
			fake->happens = merge;
			assert_in_range(count_mappings(&torn, &incomplete),
				PROCESS_AREAS - 1, PROCESS_AREAS);
			assert_in_range(torn, 0, 1);
			assert_null(incomplete);
		}
		fake->when = 0;
		process_image_end(&image);
	}
}

static void test_lying_trees(void **state)
{
	static const char type[] = "struct maple_range_64";
	const uint64_t entries[] = {0x401000 | 1 << 3 | 6, UINT64_MAX & ~UINT64_C(1),
		LINUX_IMAGE_BASE | 0x7f << 3 | 6};
	const char *incomplete;
	uint64_t slot, tree;
	unsigned torn;

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	slot = linux_image_offset(fake, type, "slot");
	tree = image.memory + linux_image_offset(fake, "struct mm_struct", "mm_mt") +
	       linux_image_offset(fake, "struct maple_tree", "ma_root");
	/* A node that is its own child, with a parent that says so, or not. */
	put(image.root + slot, image.root | 2 << 3 | 6);
	count_mappings(&torn, &incomplete);
	assert_non_null(incomplete);
	assert_in_range(fake->reads, 1, 50000);
	set(image.root, type, "parent", image.root | 1);
	count_mappings(&torn, &incomplete);
	assert_non_null(incomplete);
	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		linux_image_restore(fake);
		put(image.root + slot, entries[i]);
		count_mappings(&torn, &incomplete);
		assert_non_null(incomplete);
		linux_image_restore(fake);
		put(tree, entries[i]);
		count_mappings(&torn, &incomplete);
	}
	/* Areas that are none. */
	linux_image_restore(fake);
	put(image.leaves[0] + slot + 8, 0x401000);
	put(image.leaves[0] + slot + 16, image.tree.task);
	assert_int_equal(count_mappings(&torn, &incomplete), PROCESS_AREAS - 2);
	assert_non_null(incomplete);
	/* One that says something else than the tree. */
	linux_image_restore(fake);
	set(image.areas[2], "struct vm_area_struct", "vm_end",
		PROCESS_START + 5 * PROCESS_AREA_BYTES);
	assert_int_equal(count_mappings(&torn, &incomplete), PROCESS_AREAS);
	assert_in_range(torn, 1, 3);
	process_image_end(&image);
}

static void test_lying_lists(void **state)
{
	static const char type[] = "struct vm_area_struct";
	const char *incomplete;
	unsigned torn;

	(void)state;
	process_image_begin(&image, PROCESS_LISTS);
	/* In a circle; to where nothing is; into a program. */
	set(image.areas[7], type, "vm_next", image.areas[3]);
	assert_int_equal(count_mappings(&torn, &incomplete), 8);
	assert_non_null(incomplete);
	set(image.areas[7], type, "vm_next", LINUX_IMAGE_BASE + (1 << 30));
	assert_int_equal(count_mappings(&torn, &incomplete), 8);
	assert_non_null(incomplete);
	set(image.areas[7], type, "vm_next", PROCESS_START);
	assert_int_equal(count_mappings(&torn, &incomplete), 8);
	assert_non_null(incomplete);
	assert_in_range(fake->reads, 1, 50000);
	process_image_end(&image);
}

static void check_no_mappings(uint64_t pid, const char *why)
{
	struct sonde_mappings *mappings = NULL;
	struct sonde_error *error =
		sonde_mappings_open(&fake->kernel.target, pid, NULL, &mappings);

	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_NOT_FOUND);
	assert_non_null(strstr(sonde_error_why(error), why));
	sonde_error_destroy(error);
}

static void test_no_memory(void **state)
{
	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	check_no_mappings(77, "no task has the number 77");
	set(image.tree.task, "struct task_struct", "mm", 0);
	check_no_mappings(1, "has ended");
	set(image.tree.task, "struct task_struct", "flags", 0x00200000);
	check_no_mappings(1, "kernel thread");
	process_image_end(&image);
}

/* --- files ------------------------------------------------------------------------ */

static struct sonde_files *open_files(void)
{
	struct sonde_files *files;
	struct sonde_error *error =
		sonde_files_open(&fake->kernel.target, 1, NULL, &files);

	if (error)
		fail_msg("%s: %s", sonde_error_what(error), sonde_error_why(error));
	return files;
}

static const char *const socket_texts[PROCESS_SOCKETS][4] = {
	[PROCESS_LISTENING] = {"tcp", "LISTEN", "127.0.0.1:1000", "127.0.0.2:80"},
	[PROCESS_CONNECTED] = {"tcp", "ESTABLISHED", "127.0.0.1:1001", "127.0.0.2:80"},
	[PROCESS_ENDING] = {"tcp", "TIME_WAIT", "127.0.0.1:1002", "127.0.0.2:80"},
	[PROCESS_UDP6] = {"udp6", "CLOSE", "[::]:1003", "[::]:80"},
	[PROCESS_UNIX] = {"unix", "LISTEN", "@an@ame", NULL},
	[PROCESS_UNIX_PEER] = {"unix", "ESTABLISHED", NULL, "@an@ame"},
	[PROCESS_NETLINK] = {"netlink", "CLOSE", "route:431", NULL},
};

static void check_text(const char *found, const char *wanted)
{
	assert_true(!found == !wanted);
	if (found && wanted)
		assert_string_equal(found, wanted);
}

static void check_socket(const struct sonde_socket *socket, unsigned which)
{
	assert_non_null(socket);
	assert_false(socket->torn);
	assert_int_equal(socket->address, image.sockets[which]);
	assert_int_equal(socket->network, PROCESS_NAMESPACE);
	assert_int_equal(socket->inode, which == PROCESS_ENDING ? 0 : 300 + which);
	check_text(socket->protocol, socket_texts[which][0]);
	check_text(socket->state, socket_texts[which][1]);
	check_text(socket->local, socket_texts[which][2]);
	check_text(socket->remote, socket_texts[which][3]);
}

static void check_file(const struct sonde_file *file, unsigned fd)
{
	assert_non_null(file);
	assert_int_equal(file->fd, fd);
	assert_false(file->torn);
	if (fd >= TREE_DENTRIES) {
		assert_int_equal(file->type, SONDE_FILE_SOCKET);
		check_socket(file->socket, fd - TREE_DENTRIES);
		return;
	}
	assert_string_equal(file->path, tree_paths[fd]);
	assert_int_equal(
		file->type, fd == TREE_EVENT ? SONDE_FILE_ANONYMOUS : SONDE_FILE_REGULAR);
	assert_int_equal(file->position, 7 * fd);
	assert_int_equal(file->inode, 100 + fd);
	assert_int_equal(file->flags, fd % 2 ? 02100002 : 0100002);
	assert_null(file->socket);
}

static void test_files(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < PROCESS_LAYOUTS; layout++) {
		struct sonde_files *files;

		process_image_begin(&image, layout);
		files = open_files();
		for (unsigned fd = 0; fd < TREE_DENTRIES + PROCESS_SOCKETS; fd++)
			if (fd != TREE_DENTRIES + PROCESS_ENDING)
				check_file(sonde_files_next(files), fd);
		assert_null(sonde_files_next(files));
		assert_null(sonde_files_incomplete(files));
		sonde_files_close(files);
		process_image_end(&image);
	}
}

/* How many; *@p torn of them are. */
static unsigned count_files(unsigned *torn, bool *incomplete)
{
	struct sonde_files *files = open_files();
	const struct sonde_file *file;
	unsigned count = 0;

	for (*torn = 0; (file = sonde_files_next(files)); count++)
		*torn += file->torn;
	*incomplete = sonde_files_incomplete(files);
	sonde_files_close(files);
	return count;
}

static void close_one(struct linux_image *which)
{
	(void)which;
	put(image.pointers + 8 * TREE_ONE, 0);
	put(image.open, 0xffff & ~(1u << TREE_ONE));
	memset(linux_image_at(fake, image.tree.files[TREE_ONE], 32), 0xee, 32);
}

/* It grows: the former one stays as it was. */
static void replace_table(struct linux_image *which)
{
	static uint64_t table;

	(void)which;
	table = LINUX_IMAGE_BASE + fake->bytes - 256;
	memcpy(linux_image_at(fake, table, 64), linux_image_at(fake, image.table, 64),
		64);
	set(image.files, "struct files_struct", "fdt", table);
}

static void test_changing_files(void **state)
{
	static void (*const events[])(struct linux_image *) = {close_one, replace_table};
	const unsigned all = TREE_DENTRIES + PROCESS_SOCKETS - 1;

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	for (size_t k = 0; k < 2; k++)
		for (unsigned when = 1; when < 300; when++) {
			bool incomplete;
			unsigned torn, count;

			linux_image_restore(fake);
			fake->when = when;
			fake->happens = events[k];
			count = count_files(&torn, &incomplete);
			assert_int_equal(torn, 0);
			assert_false(incomplete);
			assert_in_range(count, k ? all : 0, all);
			assert_true(count == all || count == all - 1 || !k);
		}
	fake->when = 0;
	process_image_end(&image);
}

static void test_lying_files(void **state)
{
	static const char type[] = "struct fdtable";
	bool incomplete;
	unsigned torn;

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	/* More than any process has; bits to where nothing is, and to what is. */
	set(image.table, type, "max_fds", UINT32_C(1) << 31);
	count_files(&torn, &incomplete);
	assert_true(incomplete);
	linux_image_restore(fake);
	set(image.table, type, "max_fds", UINT32_C(1) << 31);
	memset(fake->data, 0xff, 4096);
	set(image.table, type, "open_fds", LINUX_IMAGE_BASE);
	set(image.table, type, "close_on_exec", LINUX_IMAGE_BASE);
	count_files(&torn, &incomplete);
	assert_true(incomplete);
	assert_in_range(fake->reads, 1, 100000);
	linux_image_restore(fake);
	set(image.table, type, "fd", 0x401000);
	count_files(&torn, &incomplete);
	assert_true(incomplete);
	linux_image_restore(fake);
	set(image.files, "struct files_struct", "fdt", image.table + 4);
	count_files(&torn, &incomplete);
	/* Files that are none. */
	linux_image_restore(fake);
	put(image.pointers, 0x401000);
	put(image.pointers + 8, LINUX_IMAGE_BASE + fake->bytes - 8);
	put(image.pointers + 16, image.tree.task);
	assert_int_equal(
		count_files(&torn, &incomplete), TREE_DENTRIES + PROCESS_SOCKETS - 1);
	assert_in_range(torn, 2, 3);
	assert_false(incomplete);
	process_image_end(&image);
}

/* --- sockets ---------------------------------------------------------------------- */

static struct sonde_sockets *open_sockets(uint64_t pid, bool users)
{
	struct sonde_sockets_options options = {
		.size = sizeof(options), .pid = pid, .users = users};
	struct sonde_sockets *sockets;
	struct sonde_error *error =
		sonde_sockets_open(&fake->kernel.target, &options, &sockets);

	if (error)
		fail_msg("%s: %s", sonde_error_what(error), sonde_error_why(error));
	return sockets;
}

static void check_user(const struct sonde_socket *socket, bool there)
{
	assert_int_equal(socket->pid, there);
	check_text(socket->comm, there ? "init" : NULL);
}

static void test_sockets(void **state)
{
	/* Table by table. */
	static const unsigned order[] = {PROCESS_CONNECTED, PROCESS_ENDING,
		PROCESS_LISTENING, PROCESS_UDP6, PROCESS_UNIX, PROCESS_UNIX_PEER,
		PROCESS_NETLINK};

	(void)state;
	for (unsigned layout = 0; layout < PROCESS_LAYOUTS; layout++) {
		process_image_begin(&image, layout);
		set(image.sockets[PROCESS_ENDING], "struct inet_timewait_sock",
			"tw_substate", 6);
		for (uint64_t pid = 0; pid <= 1; pid++) {
			struct sonde_sockets *sockets = open_sockets(pid, pid != 0);

			for (size_t i = 0; i < PROCESS_SOCKETS; i++) {
				const struct sonde_socket *socket =
					sonde_sockets_next(sockets);

				check_socket(socket, order[i]);
				check_user(socket, pid && order[i] != PROCESS_ENDING);
			}
			assert_null(sonde_sockets_next(sockets));
			assert_null(sonde_sockets_incomplete(sockets));
			sonde_sockets_close(sockets);
		}
		process_image_end(&image);
	}
}

static unsigned count_sockets(unsigned *torn, bool *incomplete)
{
	struct sonde_sockets *sockets = open_sockets(0, true);
	const struct sonde_socket *socket;
	unsigned count = 0;

	for (*torn = 0; (socket = sonde_sockets_next(sockets)); count++)
		*torn += socket->torn;
	*incomplete = sonde_sockets_incomplete(sockets);
	sonde_sockets_close(sockets);
	return count;
}

static uint64_t links_of(unsigned which)
{
	return image.sockets[which] +
	       linux_image_offset(fake, "struct sock_common", "skc_node");
}

/* To another chain, as a socket that is freed and made anew. */
static void move_socket(struct linux_image *which)
{
	(void)which;
	put(image.connected + 8, links_of(PROCESS_ENDING));
	put(image.connected + 24, links_of(PROCESS_CONNECTED));
	put(links_of(PROCESS_CONNECTED), 7);
}

static void test_changing_sockets(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < PROCESS_LAYOUTS; layout++) {
		process_image_begin(&image, layout);
		for (unsigned when = 1; when < 300; when++) {
			unsigned torn, count;
			bool incomplete;

			linux_image_restore(fake);
			fake->when = when;
			fake->happens = move_socket;
			count = count_sockets(&torn, &incomplete);
			assert_int_equal(torn, 0);
			assert_false(incomplete);
			/* One that moves ahead of the walk may be missed; the one behind
			 * it in the chain may not. */
			assert_in_range(count, PROCESS_SOCKETS - 1, PROCESS_SOCKETS);
		}
		fake->when = 0;
		process_image_end(&image);
	}
}

static void test_lying_sockets(void **state)
{
	static const char common[] = "struct sock_common";
	unsigned torn;
	bool incomplete;

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	/* Chains that lead back into themselves, or nowhere. */
	put(links_of(PROCESS_ENDING), links_of(PROCESS_CONNECTED));
	assert_int_equal(count_sockets(&torn, &incomplete), PROCESS_SOCKETS);
	assert_true(incomplete);
	put(links_of(PROCESS_ENDING), 0x401000);
	assert_int_equal(count_sockets(&torn, &incomplete), PROCESS_SOCKETS);
	assert_true(incomplete);
	linux_image_restore(fake);
	put(links_of(PROCESS_UNIX), links_of(PROCESS_UNIX));
	assert_int_equal(count_sockets(&torn, &incomplete), PROCESS_SOCKETS);
	assert_true(incomplete);
	/* Tables that are too large, or not there. */
	linux_image_restore(fake);
	set(image.hashinfo, "struct inet_hashinfo", "ehash_mask", UINT32_MAX);
	assert_int_equal(count_sockets(&torn, &incomplete), PROCESS_SOCKETS - 2);
	assert_true(incomplete);
	linux_image_restore(fake);
	set(image.hashinfo, "struct inet_hashinfo", "ehash", 0x401000);
	assert_int_equal(count_sockets(&torn, &incomplete), PROCESS_SOCKETS - 2);
	assert_true(incomplete);
	/* Something else than what the table has. */
	linux_image_restore(fake);
	set(image.sockets[PROCESS_UDP6], common, "skc_family", 1);
	assert_int_equal(count_sockets(&torn, &incomplete), PROCESS_SOCKETS - 1);
	/* A network that cannot be read. */
	linux_image_restore(fake);
	set(image.network, "struct net", "ipv4.tcp_death_row.hashinfo", 8);
	count_sockets(&torn, &incomplete);
	assert_true(incomplete);
	assert_in_range(fake->reads, 1, 100000);
	process_image_end(&image);
}

/* --- mounts, interfaces ----------------------------------------------------------- */

static struct sonde_mounts *open_mounts(void)
{
	struct sonde_mounts *mounts;
	struct sonde_error *error =
		sonde_mounts_open(&fake->kernel.target, NULL, &mounts);

	if (error)
		fail_msg("%s: %s", sonde_error_what(error), sonde_error_why(error));
	return mounts;
}

static void check_mount(const struct sonde_mount *mount, unsigned id, const char *path,
	const char *type, const char *options)
{
	assert_non_null(mount);
	assert_false(mount->torn);
	assert_true(mount->reachable);
	assert_int_equal(mount->id, id);
	assert_int_equal(mount->parent_id, 20);
	assert_string_equal(mount->path, path);
	assert_string_equal(mount->root, "/");
	assert_string_equal(mount->type, type);
	assert_string_equal(mount->source, "none");
	assert_string_equal(mount->options, options);
	assert_string_equal(mount->super_options, "rw");
}

static void test_mounts(void **state)
{
	(void)state;
	for (unsigned layout = 0; layout < PROCESS_LAYOUTS; layout++) {
		struct sonde_mounts *mounts;

		process_image_begin(&image, layout);
		mounts = open_mounts();
		check_mount(sonde_mounts_next(mounts), 20, "/", "rootfs", "rw,relatime");
		check_mount(sonde_mounts_next(mounts), 21, "/mnt", "tmpfs", "ro,nosuid");
		assert_null(sonde_mounts_next(mounts));
		assert_null(sonde_mounts_incomplete(mounts));
		sonde_mounts_close(mounts);
		process_image_end(&image);
	}
}

static unsigned count_mounts(bool *incomplete)
{
	struct sonde_mounts *mounts = open_mounts();
	unsigned count = 0;

	while (sonde_mounts_next(mounts))
		count++;
	*incomplete = sonde_mounts_incomplete(mounts);
	sonde_mounts_close(mounts);
	return count;
}

static void test_lying_mounts(void **state)
{
	uint64_t node, list, *mounts = image.tree.mounts;
	bool incomplete;

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	node = linux_image_offset(fake, "struct mount", "mnt_node");
	/* A tree that has no bottom, and one that is wide. */
	set(mounts[0] + node, "struct rb_node", "rb_left", mounts[1] + node);
	count_mounts(&incomplete);
	assert_true(incomplete);
	linux_image_restore(fake);
	set(mounts[0] + node, "struct rb_node", "rb_right", mounts[1] + node);
	set(mounts[1] + node, "struct rb_node", "rb_left", 0);
	set(mounts[1] + node, "struct rb_node", "rb_right", mounts[0] + node);
	count_mounts(&incomplete);
	assert_true(incomplete);
	assert_true(fake->reads < 4000000);
	linux_image_restore(fake);
	set(mounts[0] + node, "struct rb_node", "rb_left", 0x401000);
	count_mounts(&incomplete);
	assert_true(incomplete);
	/* Of another namespace. */
	linux_image_restore(fake);
	set(mounts[1], "struct mount", "mnt_ns", image.mounts + 8);
	assert_int_equal(count_mounts(&incomplete), 1);
	process_image_end(&image);
	process_image_begin(&image, PROCESS_LISTS);
	list = linux_image_offset(fake, "struct mount", "mnt_list");
	put(mounts[1] + list, mounts[0] + list);
	count_mounts(&incomplete);
	assert_true(incomplete);
	process_image_end(&image);
}

static struct sonde_interfaces *open_interfaces(void)
{
	struct sonde_interfaces *interfaces;

	assert_null(sonde_interfaces_open(&fake->kernel.target, NULL, &interfaces));
	return interfaces;
}

static void test_interfaces(void **state)
{
	const struct sonde_interface *interface;
	struct sonde_interfaces *interfaces;

	(void)state;
	process_image_begin(&image, PROCESS_TREES);
	interfaces = open_interfaces();
	interface = sonde_interfaces_next(interfaces);
	assert_string_equal(interface->name, "eth0");
	assert_string_equal(interface->link, "52:54:00:12:34:56");
	assert_string_equal(interface->addresses, "10.0.2.15/24");
	assert_int_equal(interface->index, 2);
	assert_int_equal(interface->mtu, 1500);
	assert_int_equal(interface->flags, 0x1003);
	assert_int_equal(interface->network, PROCESS_NAMESPACE);
	assert_true(interface->up);
	assert_false(interface->torn);
	assert_null(sonde_interfaces_next(interfaces));
	sonde_interfaces_close(interfaces);
	/* An address that is followed by itself; one that is not there. */
	set(image.address, "struct in_ifaddr", "ifa_next", image.address);
	interfaces = open_interfaces();
	assert_true(sonde_interfaces_next(interfaces)->torn);
	sonde_interfaces_close(interfaces);
	set(image.address, "struct in_ifaddr", "ifa_next", 0x401000);
	set(image.device, "struct net_device", "addr_len", 255);
	interfaces = open_interfaces();
	assert_true(sonde_interfaces_next(interfaces)->torn);
	sonde_interfaces_close(interfaces);
	assert_true(fake->reads < 100000);
	process_image_end(&image);
}

/* --- texts ------------------------------------------------------------------------ */

static void test_texts(void **state)
{
	struct sonde_text_pool pool = {.bytes = SONDE_TEXT_POOL_BYTES - 10};
	const char *text;

	(void)state;
	assert_null(sonde_text_pool_add(&pool, "fits", &text));
	assert_string_equal(text, "fits");
	assert_false(pool.is_full);
	assert_null(sonde_text_pool_add(&pool, "fits not", &text));
	assert_null(text);
	assert_true(pool.is_full);
	sonde_text_pool_deinit(&pool);
	assert_false(pool.is_full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_backing_file),
		cmocka_unit_test(test_changing_mappings),
		cmocka_unit_test(test_lying_trees),
		cmocka_unit_test(test_lying_lists),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_changing_files),
		cmocka_unit_test(test_lying_files),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_changing_sockets),
		cmocka_unit_test(test_lying_sockets),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_lying_mounts),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
