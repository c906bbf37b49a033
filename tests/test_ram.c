/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that guest RAM is in, and what a process says of its mappings. */
#include "recorded.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "guarded_copy.h"
#include "host_memory.h"
#include "ram_file.h"

enum {
	PAGE = SONDE_WINDOW_PAGE_BYTES,
	PAGES = 256,
};

/* --- files ------------------------------------------------------------------------ */

/* Pages 3, 4 and 200 are there. */
static int make_file(void)
{
	static const int there[] = {3, 4, 200};
	uint8_t page[PAGE];
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, (off_t)PAGES * PAGE), 0);
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		memset(page, there[i], PAGE);
		assert_int_equal(pwrite(fd, page, PAGE, (off_t)there[i] * PAGE), PAGE);
	}
	return fd;
}

static struct sonde_qemu_ram_file *open_file(int fd, bool map)
{
	struct sonde_qemu_ram_file *file;

	check(sonde_qemu_ram_file_create(dup(fd), map, &file));
	assert_int_equal(sonde_qemu_ram_file_size(file), PAGES * PAGE);
	return file;
}

static blkcnt_t blocks(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_blocks;
}

/* Every byte, in reads of that length. */
static void read_all(struct sonde_qemu_ram_file *file, size_t length)
{
	uint8_t *buffer = malloc(length);

	for (uint64_t at = 0; at < PAGES * PAGE; at += length) {
		size_t part =
			length < PAGES * PAGE - at ? length : (size_t)(PAGES * PAGE - at);

		check(sonde_qemu_ram_file_read(file, at, buffer, part));
		for (size_t i = 0; i < part; i++) {
			uint64_t page = (at + i) / PAGE;
			bool there = page == 3 || page == 4 || page == 200;

			assert_int_equal(buffer[i], there ? page : 0);
		}
	}
	free(buffer);
}

static void test_reads_make_no_pages(void **state)
{
	static const size_t lengths[] = {
		PAGES * PAGE, 100, PAGE, 17 * PAGE + 5, 64 * PAGE};

	(void)state;
	for (int map = 0; map < 2; map++) {
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			int fd = make_file();
			struct sonde_qemu_ram_file *file = open_file(fd, map);
			blkcnt_t before = blocks(fd);

			read_all(file, lengths[i]);
			/* The second time by what was remembered. */
			read_all(file, lengths[i]);
			assert_int_equal(blocks(fd), before);
			sonde_qemu_ram_file_destroy(file);
			close(fd);
		}
	}
}

static void test_holes_that_are_filled(void **state)
{
	int fd = make_file();
	struct sonde_qemu_ram_file *file = open_file(fd, true);
	uint8_t page[PAGE];

	(void)state;
	read_all(file, PAGES * PAGE);
	memset(page, 77, PAGE);
	assert_int_equal(pwrite(fd, page, PAGE, (off_t)100 * PAGE), PAGE);
	memset(page, 0, PAGE);
	check(sonde_qemu_ram_file_read(file, UINT64_C(100) * PAGE + 5, page, 8));
	assert_int_equal(page[0], 77);
	assert_int_equal(page[7], 77);
	sonde_qemu_ram_file_destroy(file);
	close(fd);
}

/* The window on the page at @p offset, of all that the file had at first. */
static void look(
	struct sonde_qemu_ram_file *file, uint64_t offset, struct sonde_window *ret)
{
	sonde_qemu_ram_file_look(file, 0, offset, (uint64_t)PAGES * PAGE, ret);
}

static void test_windows(void **state)
{
	int fd = make_file();
	struct sonde_qemu_ram_file *file = open_file(fd, true);
	struct sonde_window window = {0};

	(void)state;
	look(file, UINT64_C(3) * PAGE, &window);
	assert_int_equal(window.length, PAGES * PAGE);
	assert_int_equal(window.host[4 * PAGE - 1], 3);
	assert_true(sonde_window_has(&window, UINT64_C(3) * PAGE));
	assert_false(sonde_window_has(&window, UINT64_C(5) * PAGE));
	assert_false(*window.broken);
	look(file, UINT64_C(5) * PAGE, &window);
	assert_int_equal(window.length, 0);
	look(file, (uint64_t)PAGES * PAGE, &window);
	assert_int_equal(window.length, 0);
	look(file, UINT64_MAX - PAGE + 1, &window);
	assert_int_equal(window.length, 0);
	/* A part of it, which does not end with a page; and a range behind the file. */
	sonde_qemu_ram_file_look(file, UINT64_C(2) * PAGE, UINT64_C(3) * PAGE,
		UINT64_C(4) * PAGE + 5, &window);
	assert_int_equal(window.length, 2 * PAGE);
	assert_int_equal(window.host[PAGE], 3);
	assert_true(sonde_window_has(&window, PAGE));
	sonde_qemu_ram_file_look(
		file, 0, UINT64_C(3) * PAGE, (uint64_t)2 * PAGES * PAGE, &window);
	assert_int_equal(window.length, PAGES * PAGE);
	sonde_qemu_ram_file_destroy(file);
	file = open_file(fd, false);
	look(file, UINT64_C(3) * PAGE, &window);
	assert_int_equal(window.length, 0);
	sonde_qemu_ram_file_destroy(file);
	close(fd);
}

static void test_outside(void **state)
{
	int fd = make_file();
	uint8_t bytes[16];

	(void)state;
	for (int map = 0; map < 2; map++) {
		struct sonde_qemu_ram_file *file = open_file(fd, map);

		check(sonde_qemu_ram_file_read(
			file, (uint64_t)PAGES * PAGE - 16, bytes, 16));
		check_fails(sonde_qemu_ram_file_read(
				    file, (uint64_t)PAGES * PAGE - 15, bytes, 16),
			SONDE_ERROR_BAD_DATA);
		check_fails(sonde_qemu_ram_file_read(file, UINT64_MAX - 3, bytes, 16),
			SONDE_ERROR_BAD_DATA);
		sonde_qemu_ram_file_destroy(file);
	}
	close(fd);
}

/* By what was never read, by what was, and by a window that is held. */
static void test_cut_short(void **state)
{
	(void)state;
	for (int map = 0; map < 2; map++) {
		int fd = make_file();
		struct sonde_qemu_ram_file *file = open_file(fd, map);
		struct sonde_window window = {0};
		uint8_t bytes[16];

		check(sonde_qemu_ram_file_read(
			file, UINT64_C(200) * PAGE, bytes, sizeof(bytes)));
		look(file, UINT64_C(200) * PAGE, &window);
		assert_int_equal(ftruncate(fd, (off_t)100 * PAGE), 0);
		if (map) {
			assert_false(sonde_guarded_copy(
				bytes, window.host + UINT64_C(200) * PAGE, 8));
			*window.broken = true;
		}
		check_fails(sonde_qemu_ram_file_read(
				    file, UINT64_C(200) * PAGE, bytes, sizeof(bytes)),
			SONDE_ERROR_IO);
		check_fails(sonde_qemu_ram_file_read(
				    file, UINT64_C(150) * PAGE, bytes, sizeof(bytes)),
			SONDE_ERROR_IO);
		look(file, UINT64_C(3) * PAGE, &window);
		assert_int_equal(window.length, 0);
		sonde_qemu_ram_file_destroy(file);
		close(fd);
	}
}

static void test_no_files(void **state)
{
	struct sonde_qemu_ram_file *file;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	check_fails(
		sonde_qemu_ram_file_create(ends[0], true, &file), SONDE_ERROR_INVALID);
	/* It was taken over. */
	assert_int_equal(fcntl(ends[0], F_GETFD), -1);
	close(ends[1]);
	check(sonde_qemu_ram_file_create(
		memfd_create("empty", MFD_CLOEXEC), true, &file));
	check_fails(sonde_qemu_ram_file_read(file, 0, ends, 1), SONDE_ERROR_BAD_DATA);
	sonde_qemu_ram_file_destroy(file);
	sonde_qemu_ram_file_destroy(NULL);
}

/* --- mappings --------------------------------------------------------------------- */

static void test_mappings(void **state)
{
	CLEANUP(cleanup_free) char *text = recorded("fuzz/corpus/fuzz_mappings/qemu");
	struct sonde_qemu_mappings mappings;
	const struct sonde_qemu_mapping *ram;

	(void)state;
	check(sonde_qemu_mappings_parse(text, &mappings));
	assert_int_equal(mappings.count, 5);
	ram = sonde_qemu_mappings_find(&mappings, UINT64_C(0x7f1a8bffffff));
	assert_ptr_equal(ram, &mappings.list[1]);
	assert_string_equal(ram->path, "/memfd:pc.ram");
	assert_true(ram->deleted && ram->shared && ram->readable && ram->writable);
	assert_false(ram->executable);
	assert_int_equal(ram->device, makedev(0, 1));
	assert_int_equal(ram->inode, 1024);
	assert_false(mappings.list[0].deleted || mappings.list[0].shared);
	assert_string_equal(mappings.list[2].path, "");
	assert_false(mappings.list[2].readable);
	assert_null(sonde_qemu_mappings_find(&mappings, 0));
	assert_null(sonde_qemu_mappings_find(&mappings, UINT64_C(0x7ffd9a1f1000)));
	sonde_qemu_mappings_deinit(&mappings);
}

static void test_hostile_mappings(void **state)
{
	static const char *const passed_over[] = {"", "\n", "\n\n\n", "1000", "1000-",
		"-2000", "1000-2000", "1000-2000 rw", "1000-2000 rw-p",
		"1000-2000 rw-p 0", "1000-2000 rw-p 0 1:", "1000-2000 rw-p 0 1:2",
		"1000-2000 rw-p 0 1:2 x", "2000-1000 rw-p 0 1:2 3 /a",
		"1000-1000 rw-p 0 1:2 3 /a", "x000-2000 rw-p 0 1:2 3 /a",
		" 1000-2000 rw-p 0 1:2 3 /a", "1000-2000 rw-pp 0 1:2 3 /a",
		"1000-2000 rw-p -1 1:2 3 /a"};
	struct sonde_qemu_mappings mappings;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(passed_over); i++) {
		check(sonde_qemu_mappings_parse(passed_over[i], &mappings));
		assert_int_equal(mappings.count, 0);
		sonde_qemu_mappings_deinit(&mappings);
	}
	check_fails(sonde_qemu_mappings_parse("1000-2000 rw-p 0 1:2 3 /a\n"
					      "1800-2800 rw-p 0 1:2 3 /b\n",
			    &mappings),
		SONDE_ERROR_BAD_DATA);
	check(sonde_qemu_mappings_parse(
		"1000-2000 rw-p 0 1:2 3 (deleted)\n"
		"2000-3000 rw-s 0 1:2 3 /with blanks (deleted) (deleted)\n"
		"3000-4000 rw-s 0 1:2 3",
		&mappings));
	assert_int_equal(mappings.count, 3);
	assert_string_equal(mappings.list[1].path, "/with blanks (deleted)");
	assert_string_equal(mappings.list[2].path, "");
	sonde_qemu_mappings_deinit(&mappings);
}

/* --- processes -------------------------------------------------------------------- */

static void test_own_process(void **state)
{
	static const char secret[] = "what is here";
	struct sonde_qemu_mappings mappings;
	struct sonde_qemu_host host;
	char found[sizeof(secret)];

	(void)state;
	check(sonde_qemu_host_hold(getpid(), 0, &host));
	check(sonde_qemu_host_check(&host));
	check(sonde_qemu_host_read(&host, (uintptr_t)secret, found, sizeof(found)));
	assert_string_equal(found, secret);
	check_fails(sonde_qemu_host_read(&host, 16, found, 1), SONDE_ERROR_IO);
	check(sonde_qemu_mappings_read(&host, &mappings));
	assert_non_null(sonde_qemu_mappings_find(&mappings, (uintptr_t)secret));
	sonde_qemu_mappings_deinit(&mappings);
	sonde_qemu_host_release(&host);
	check_fails(sonde_qemu_host_hold(getpid(), 1, &host), SONDE_ERROR_NOT_FOUND);
}

/* Its name has gone, it is found by its descriptor. */
static void test_files_of_a_process(void **state)
{
	int fd = make_file(), found;
	void *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	struct sonde_qemu_mappings mappings;
	struct sonde_qemu_host host;
	struct stat one, other;

	(void)state;
	check(sonde_qemu_host_hold(getpid(), 0, &host));
	check(sonde_qemu_mappings_read(&host, &mappings));
	check(sonde_qemu_host_open_file(
		&host, sonde_qemu_mappings_find(&mappings, (uintptr_t)at), &found));
	assert_int_equal(fstat(fd, &one) | fstat(found, &other), 0);
	assert_int_equal(one.st_ino, other.st_ino);
	assert_int_equal(fcntl(found, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(found, F_GETFD), FD_CLOEXEC);
	close(found);
	munmap(at, PAGE);
	close(fd);
	sonde_qemu_mappings_deinit(&mappings);
	sonde_qemu_host_release(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First, since cmocka takes SIGBUS for itself with each test. */
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_reads_make_no_pages),
		cmocka_unit_test(test_holes_that_are_filled),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_hostile_mappings),
		cmocka_unit_test(test_own_process),
		cmocka_unit_test(test_files_of_a_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
