/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is remembered of kernels: its text, and the files, with what others may do to
 * them. */
#include "wire_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_files.h"
#include "macros.h"

static const struct sonde_linux_places known = {
	.build_id = {0xab, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
		0xff},
	.note = 0x1437ff0,
	.digits = 0x12c9dfb,
	.markers = 0x1289810,
	.types = 0,
	.symbols = {0x1000000, 0, 0xf, 0x10, 1},
};

#define SYMBOLS                                                                 \
	"\n_text 1000000\nlinux_banner 0\ninit_top_pgt f\nvmcoreinfo_data 10\n" \
	"__start_BTF 1"

static const char text[] =
	"sonde kernel places 2\n"
	"build-id ab0102030405060708090a0b0c0d0e0f101112ff\n"
	"note 1437ff0\ndigits 12c9dfb\nmarkers 1289810\ntypes 0" SYMBOLS "\nend\n";
static const char file[] = "ab0102030405060708090a0b0c0d0e0f101112ff-1437ff0";

/* --- the text --------------------------------------------------------------------- */

static void test_text(void **state)
{
	char made[SONDE_LINUX_PLACES_TEXT_MAX];
	struct sonde_linux_places read;

	(void)state;
	assert_int_equal(sonde_linux_places_format(&known, made), strlen(text));
	assert_string_equal(made, text);
	assert_true(sonde_linux_places_parse(text, strlen(text), &read));
	assert_true(sonde_linux_places_same(&read, &known));
}

static void test_longest_text(void **state)
{
	struct sonde_linux_places most;
	char made[SONDE_LINUX_PLACES_TEXT_MAX];

	(void)state;
	memset(&most, 0xff, sizeof(most));
	assert_true(sonde_linux_places_format(&most, made) < SONDE_LINUX_PLACES_TEXT_MAX);
}

static void test_broken_text(void **state)
{
	char broken[sizeof(text)];
	struct sonde_linux_places read;

	(void)state;
	for (size_t length = 0; length < strlen(text); length++)
		assert_false(sonde_linux_places_parse(text, length, &read));
	assert_false(sonde_linux_places_parse(text, sizeof(text), &read));
	for (size_t i = 0; i < strlen(text); i++) {
		memcpy(broken, text, sizeof(text));
		broken[i] = '\n' == text[i] ? ' ' : '\n';
		assert_false(sonde_linux_places_parse(broken, strlen(text), &read));
	}
}

static void test_other_texts(void **state)
{
	static const char *const others[] = {
		/* Another format, upper case, leading zeros, no note, too far away. */
		"sonde kernel places 3\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 1437ff0\ndigits 12c9dfb\nmarkers 1289810\ntypes 0" SYMBOLS
		"\nend\n",
		"sonde kernel places 2\nbuild-id "
		"AB0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 1437ff0\ndigits 12c9dfb\nmarkers 1289810\ntypes 0" SYMBOLS
		"\nend\n",
		"sonde kernel places 2\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 01437ff0\ndigits 12c9dfb\nmarkers 1289810\ntypes 0" SYMBOLS
		"\nend\n",
		"sonde kernel places 2\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 0\ndigits 12c9dfb\nmarkers 1289810\ntypes 0" SYMBOLS "\nend\n",
		"sonde kernel places 2\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 1437ff0\ndigits 40000000\nmarkers 1289810\ntypes 0" SYMBOLS
		"\nend\n",
		"sonde kernel places 2\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 1437ff0\ndigits 12c9dfb\nmarkers 11111111111111111\n"
		"types 0" SYMBOLS "\nend\n",
		/* A symbol with a number that none has, one too few, one too many. */
		"sonde kernel places 2\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 1437ff0\ndigits 12c9dfb\nmarkers 1289810\ntypes 0\n_text 1000001\n"
		"linux_banner 0\ninit_top_pgt 0\nvmcoreinfo_data 0\n__start_BTF 1\nend\n",
		"sonde kernel places 2\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 1437ff0\ndigits 12c9dfb\nmarkers 1289810\ntypes 0\n_text 1\n"
		"linux_banner 0\ninit_top_pgt 0\nvmcoreinfo_data 0\nend\n",
		"sonde kernel places 2\nbuild-id "
		"ab0102030405060708090a0b0c0d0e0f101112ff\n"
		"note 1437ff0\ndigits 12c9dfb\nmarkers 1289810\n"
		"types 0" SYMBOLS "\nmodules 1\nend\n",
	};
	struct sonde_linux_places read;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(
			sonde_linux_places_parse(others[i], strlen(others[i]), &read));
}

/* --- the files -------------------------------------------------------------------- */

static char home[64];

/* A new directory for caches, with nothing in it. */
static int set_up(void **state)
{
	(void)state;
	strcpy(home, "/tmp/sonde-test-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	return setenv("XDG_CACHE_HOME", home, 1);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", home);
	return system(command);
}

static bool put_down(const struct sonde_linux_places *places)
{
	CLEANUP(sonde_linux_cache_close) int directory = sonde_linux_cache_open(true);

	return sonde_linux_cache_write(directory, places);
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", home, name);
	return path;
}

static const char *file_path(void)
{
	char name[128];

	snprintf(name, sizeof(name), "sonde/kernels/%s", file);
	return path_of(name);
}

/* How many files are listed, and whether the first one can be read. */
static unsigned look(bool *readable)
{
	struct sonde_linux_places names[SONDE_LINUX_CACHE_FILES_MAX], places;
	CLEANUP(sonde_linux_cache_close) int directory = sonde_linux_cache_open(false);
	unsigned count;

	*readable = false;
	if (directory < 0)
		return 0;
	count = sonde_linux_cache_list(directory, names);
	if (count)
		*readable = sonde_linux_cache_read(directory, &names[0], &places) &&
			    sonde_linux_places_same(&places, &known);
	return count;
}

static void expect(unsigned count, bool readable)
{
	bool was;

	assert_int_equal(look(&was), count);
	assert_int_equal(was, readable);
}

static void put(const char *content, size_t length)
{
	int fd = open(file_path(), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, length), length);
	close(fd);
}

static void test_write_and_read(void **state)
{
	struct sonde_linux_places other = known;
	struct stat status;

	(void)state;
	expect(0, false);
	assert_true(put_down(&known));
	expect(1, true);
	assert_int_equal(stat(file_path(), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(stat(path_of("sonde"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	/* Over the old one. */
	other.types = 0x1234;
	assert_true(put_down(&other));
	expect(1, false);
	assert_true(put_down(&known));
	expect(1, true);
}

static void test_forged_files(void **state)
{
	char forged[sizeof(text)];

	(void)state;
	assert_true(put_down(&known));
	put(text, strlen(text) / 2);
	expect(1, false);
	put("", 0);
	expect(1, false);
	/* Of another build than its name says, or of another place. */
	memcpy(forged, text, sizeof(text));
	*strstr(forged, "ab01") = 'b';
	put(forged, strlen(forged));
	expect(1, false);
	memcpy(forged, text, sizeof(text));
	strstr(forged, "1437ff0")[6] = '4';
	put(forged, strlen(forged));
	expect(1, false);
	put(text, strlen(text));
	expect(1, true);
}

static void test_rights(void **state)
{
	(void)state;
	assert_true(put_down(&known));
	chmod(file_path(), 0660);
	expect(1, false);
	chmod(file_path(), 0602);
	expect(1, false);
	chmod(file_path(), 0644);
	expect(1, true);
	chmod(path_of("sonde/kernels"), 0777);
	expect(0, false);
	assert_false(put_down(&known));
	chmod(path_of("sonde/kernels"), 0755);
	chmod(path_of("sonde"), 0770);
	expect(0, false);
	chmod(path_of("sonde"), 0755);
	chmod(home, 0777);
	expect(0, false);
	chmod(home, 0700);
	expect(1, true);
	if (geteuid())
		return;
	assert_int_equal(chown(file_path(), 65534, 65534), 0);
	expect(1, false);
	assert_int_equal(chown(file_path(), 0, 0), 0);
	assert_int_equal(chown(home, 65534, 65534), 0);
	expect(0, false);
	assert_false(put_down(&known));
}

static void test_what_is_no_file(void **state)
{
	char elsewhere[256];

	(void)state;
	assert_true(put_down(&known));
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", home);
	assert_int_equal(rename(file_path(), elsewhere), 0);
	assert_int_equal(symlink(elsewhere, file_path()), 0);
	expect(1, false);
	unlink(file_path());
	assert_int_equal(mkfifo(file_path(), 0600), 0);
	expect(1, false);
	unlink(file_path());
	assert_int_equal(mkdir(file_path(), 0700), 0);
	expect(1, false);
	assert_false(put_down(&known));
	rmdir(file_path());
	assert_int_equal(rename(elsewhere, file_path()), 0);
	expect(1, true);
	/* The directory is somewhere else. */
	assert_int_equal(rename(path_of("sonde"), elsewhere), 0);
	assert_int_equal(symlink(elsewhere, path_of("sonde")), 0);
	expect(0, false);
	assert_false(put_down(&known));
}

static void test_other_names(void **state)
{
	static const char *const names[] = {"README", ".new-1",
		"ab0102030405060708090a0b0c0d0e0f101112ff", /* no place */
		"ab0102030405060708090a0b0c0d0e0f101112ff-",
		"ab0102030405060708090a0b0c0d0e0f101112ff-0",
		"ab0102030405060708090a0b0c0d0e0f101112ff-01437ff0",
		"ab0102030405060708090a0b0c0d0e0f101112ff-ffffffffffffffff",
		"AB0102030405060708090a0b0c0d0e0f101112ff-1437ff0"};

	(void)state;
	assert_true(put_down(&known));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char name[128];
		int fd;

		snprintf(name, sizeof(name), "sonde/kernels/%s", names[i]);
		fd = open(path_of(name), O_WRONLY | O_CREAT, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	expect(1, true);
}

static void test_room(void **state)
{
	struct sonde_linux_places places = known;
	struct timespec past[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	bool readable;

	(void)state;
	assert_true(put_down(&known));
	assert_int_equal(utimensat(AT_FDCWD, file_path(), past, 0), 0);
	for (unsigned i = 1; i < SONDE_LINUX_CACHE_FILES_MAX; i++) {
		places.build_id[0] = (uint8_t)i;
		assert_true(put_down(&places));
	}
	assert_int_equal(look(&readable), SONDE_LINUX_CACHE_FILES_MAX);
	assert_int_equal(access(file_path(), F_OK), 0);
	places.build_id[0] = 0xee;
	assert_true(put_down(&places));
	assert_int_equal(look(&readable), SONDE_LINUX_CACHE_FILES_MAX);
	assert_int_equal(access(file_path(), F_OK), -1);
}

static void test_no_home(void **state)
{
	(void)state;
	setenv("XDG_CACHE_HOME", "relative", 1);
	unsetenv("HOME");
	assert_false(put_down(&known));
	setenv("HOME", home, 1);
	assert_true(put_down(&known));
	assert_int_equal(access(path_of(".cache/sonde/kernels"), F_OK), 0);
	setenv("XDG_CACHE_HOME", "/dev/null", 1);
	assert_false(put_down(&known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_broken_text),
		cmocka_unit_test(test_other_texts),
		cmocka_unit_test_setup_teardown(test_write_and_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forged_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rights, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_home, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
