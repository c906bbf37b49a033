/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libsonde-qemu-ram.so in a program that allocates RAM as QEMUs do, and is called like
 * one: the library looks at that. What the environment has to say is in meson.build.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "ram_allocator.h"

enum {
	MIB = 1 << 20,
	SIZE = 16 * MIB,
	/** Seconds; whatever takes longer hangs. */
	PATIENCE = 120,
};

static const char own[] = "/memfd:sonde-qemu-ram (deleted)";

/* --- what the kernel says ---------------------------------------------------------- */

struct place {
	uintptr_t first, end;
	char permissions[5];
	unsigned long inode;
	char name[128];
};

static struct place look(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	struct place place = {0};
	char line[512];
	bool found = false;

	assert_non_null(maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		memset(&place, 0, sizeof(place));
		found = sscanf(line,
				"%" SCNxPTR "-%" SCNxPTR " %4s %*x %*s %lu %127[^\n]",
				&place.first, &place.end, place.permissions, &place.inode,
				place.name) >= 4 &&
			place.first <= (uintptr_t)address &&
			(uintptr_t)address < place.end;
	}
	fclose(maps);
	assert_true(found);
	return place;
}

static bool is_memfd(const void *address)
{
	struct place place = look(address);

	return !strcmp(place.name, own) && place.permissions[3] == 's';
}

static bool is_anonymous(const void *address)
{
	struct place place = look(address);

	return !place.inode && place.permissions[3] == 'p';
}

/* The descriptors of this process; or, with an inode, the one of that file, or -1. */
static int descriptor(unsigned long inode)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0, found = -1;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		struct stat status;

		count++;
		if (fstat(atoi(entry->d_name), &status) == 0 && status.st_ino == inode)
			found = atoi(entry->d_name);
	}
	closedir(directory);
	return inode ? found : count;
}

static int file_of(const struct ram_block *block)
{
	int fd = descriptor(look(block->host).inode);

	assert_true(fd >= 0);
	return fd;
}

/* Looking at a hole through a mapping fills it: this comes first. */
static size_t bytes_of(int fd)
{
	struct stat status;

	assert_return_code(fstat(fd, &status), errno);
	return (size_t)status.st_blocks * 512;
}

static bool is_filled(const unsigned char *memory, size_t length, unsigned char value)
{
	for (size_t i = 0; i < length; i++)
		if (memory[i] != value)
			return false;
	return true;
}

static bool file_is_filled(int fd, size_t offset, size_t length, unsigned char value)
{
	unsigned char buffer[4096];

	for (size_t at = offset; at < offset + length; at += sizeof(buffer))
		if (pread(fd, buffer, sizeof(buffer), (off_t)at) != sizeof(buffer) ||
			!is_filled(buffer, sizeof(buffer), value))
			return false;
	return true;
}

/* --- anonymous RAM ----------------------------------------------------------------- */

/* The advice that this kernel has not, by what it says of private memory. */
static unsigned refused(void)
{
	void *mapped = mmap(
		NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ram_block block = {.host = mapped, .size = SIZE, .fd = -1};
	unsigned failed = ram_advise(&block);

	assert_true(is_anonymous(mapped));
	ram_free(&block);
	return failed;
}

/* A block in a memfd, from its allocation to its end. RAM is where @p shift says in it.
 */
static void lives(ram_allocate *allocate, size_t size)
{
	int before = descriptor(0), fd;
	struct ram_block block;
	size_t shift;

	errno = 77;
	assert_true(allocate(&block, size, -1));
	assert_int_equal(errno, 77);
	assert_true(is_memfd(block.host));
	assert_true(is_memfd(block.host + size - 1));
	assert_int_equal(ram_advise(&block) & ~refused(), 0);
	fd = file_of(&block);
	shift = (size_t)lseek(fd, 0, SEEK_END) - size;
	assert_true(shift < 2 * MIB);
	assert_int_equal(bytes_of(fd), 0);
	assert_true(is_filled(block.host, size, 0));
	memset(block.host, 0x5a, size);
	shift = (size_t)lseek(fd, 0, SEEK_DATA);
	assert_true(file_is_filled(fd, shift, size, 0x5a));
	assert_int_equal(bytes_of(fd), size);

	assert_return_code(ram_discard(&block, MIB, MIB), errno);
	assert_int_equal(bytes_of(fd), size - MIB);
	assert_true(is_filled(block.host, MIB, 0x5a));
	assert_true(is_filled(block.host + MIB, MIB, 0));
	assert_true(is_filled(block.host + 2 * MIB, size - 2 * MIB, 0x5a));
	memset(block.host + MIB, 0x77, MIB);
	assert_true(file_is_filled(fd, shift + MIB, MIB, 0x77));
	assert_return_code(ram_discard_2_0(&block, 0, MIB), errno);
	assert_true(is_filled(block.host, MIB, 0));
	assert_return_code(ram_discard(&block, 0, size), errno);
	assert_true(is_filled(block.host, 4096, 0));

	ram_free(&block);
	assert_int_equal(descriptor(0), before);
}

static void anonymous_ram_is_a_memfd(void **state)
{
	(void)state;
	lives(ram_anonymous, SIZE);
	lives(ram_anonymous, 2 * MIB + 4096);
	lives(ram_anonymous_by_mmap, SIZE);
	lives(ram_anonymous_noreserve, SIZE);
}

static void older_qemus_anonymous_ram_is_too(void **state)
{
	(void)state;
	lives(ram_anonymous_2_0, SIZE);
	lives(ram_anonymous_2_0, 129 * MIB);
	lives(ram_anonymous_2_5_rc, SIZE);
}

static void each_block_has_its_file(void **state)
{
	struct ram_block blocks[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_true(ram_anonymous(&blocks[i], 2 * MIB, -1));
	for (size_t i = 0; i < 8; i++)
		blocks[i].host[4096] = (unsigned char)(i + 1);
	for (size_t i = 0; i < 8; i++) {
		assert_true(file_is_filled(file_of(&blocks[i]), 0, 4096, 0));
		assert_int_equal(blocks[i].host[4096], i + 1);
		ram_free(&blocks[i]);
	}
}

static void its_file_cannot_change_its_size(void **state)
{
	struct ram_block block;
	int fd;

	(void)state;
	assert_true(ram_anonymous(&block, SIZE, -1));
	fd = file_of(&block);
	assert_true(fd >= 200);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ftruncate(fd, SIZE - 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, SIZE + 4096), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
	ram_free(&block);
}

static void what_may_be_lost_is_given_back(void **state)
{
	struct ram_block block;
	int fd;

	(void)state;
	assert_true(ram_anonymous(&block, SIZE, -1));
	fd = file_of(&block);
	memset(block.host, 1, SIZE);
	assert_return_code(madvise(block.host, 4 * MIB, MADV_FREE), errno);
	assert_int_equal(bytes_of(fd), SIZE - 4 * MIB);
	/* A length is that of whole pages. */
	assert_return_code(madvise(block.host + 8 * MIB, 4095, MADV_DONTNEED), errno);
	assert_true(is_filled(block.host + 8 * MIB, 4096, 0));
	assert_true(is_filled(block.host + 8 * MIB + 4096, 4096, 1));
	/* What the kernel refuses, it still refuses. */
	assert_int_equal(madvise(block.host + 1, 4096, MADV_DONTNEED), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(madvise(block.host, SIZE_MAX - 8, MADV_DONTNEED), -1);
	assert_true(is_filled(block.host + 9 * MIB, MIB, 1));
	ram_free(&block);
}

static void a_page_is_mapped_anew(
	bool (*remap)(const struct ram_block *, size_t, size_t), ram_allocate *allocate)
{
	int before = descriptor(0), fd;
	struct ram_block block;

	assert_true(allocate(&block, SIZE, -1));
	fd = file_of(&block);
	memset(block.host, 3, SIZE);
	assert_true(remap(&block, MIB, 4096));
	assert_true(remap(&block, 0, 4096));
	assert_true(is_filled(block.host, 4096, 0));
	assert_true(is_filled(block.host + MIB, 4096, 0));
	assert_true(is_filled(block.host + 4096, MIB - 4096, 3));
	assert_int_equal(bytes_of(fd), SIZE - 2 * 4096);
	assert_true(is_memfd(block.host + MIB + 4096));
	memset(block.host, 4, 2 * MIB);
	assert_return_code(ram_discard(&block, 0, 2 * MIB), errno);
	assert_int_equal(bytes_of(fd), SIZE - 2 * MIB);
	assert_true(is_filled(block.host, 2 * MIB, 0));
	assert_true(is_filled(block.host + 2 * MIB, MIB, 3));
	ram_free(&block);
	assert_int_equal(descriptor(0), before);
}

static void a_page_with_an_error_is_replaced(void **state)
{
	(void)state;
	a_page_is_mapped_anew(ram_remap, ram_anonymous);
	a_page_is_mapped_anew(ram_remap_2_0, ram_anonymous);
	a_page_is_mapped_anew(ram_remap_2_0, ram_anonymous_2_0);
}

static void it_is_made_shorter_but_not_moved(void **state)
{
	struct ram_block block;
	int fd;

	(void)state;
	assert_true(ram_anonymous(&block, SIZE, -1));
	fd = file_of(&block);
	memset(block.host, 3, SIZE);
	assert_ptr_equal(mremap(block.host, SIZE, 2 * SIZE, MREMAP_MAYMOVE), MAP_FAILED);
	assert_int_equal(errno, ENOMEM);
	assert_ptr_equal(mremap(block.host, SIZE, SIZE / 2, 0), block.host);
	assert_int_equal(bytes_of(fd), SIZE / 2);
	assert_true(is_filled(block.host, SIZE / 2, 3));
	ram_free(&block);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* --- what is in files already ------------------------------------------------------ */

/* A file without a name, below @p prefix. */
static int unnamed(const char *prefix)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s.XXXXXX", prefix);
	fd = mkstemp(path);
	assert_return_code(fd, errno);
	assert_return_code(unlink(path), errno);
	assert_return_code(ftruncate(fd, SIZE), errno);
	return fd;
}

static void files_of_the_prefix(ram_allocate *allocate)
{
	int fd = unnamed(getenv("SONDE_RAM_PREFIX"));
	struct ram_block block;

	assert_true(allocate(&block, SIZE, fd));
	assert_string_equal(look(block.host).permissions, "rw-s");
	memset(block.host, 0x5a, SIZE);
	assert_true(file_is_filled(fd, 0, SIZE, 0x5a));
	assert_return_code(ram_discard(&block, MIB, MIB), errno);
	assert_int_equal(bytes_of(fd), SIZE - MIB);
	assert_true(is_filled(block.host + MIB, MIB, 0));
	assert_return_code(ram_discard_2_0(&block, 2 * MIB, MIB), errno);
	assert_true(is_filled(block.host + 2 * MIB, MIB, 0));
	assert_true(is_filled(block.host + 3 * MIB, MIB, 0x5a));
	assert_true(ram_remap(&block, 4 * MIB, 4096));
	assert_true(is_filled(block.host + 4 * MIB, 4096, 0));
	assert_true(is_filled(block.host + 4 * MIB + 4096, 4096, 0x5a));
	memset(block.host + 4 * MIB, 0x11, 4096);
	assert_true(file_is_filled(fd, 4 * MIB, 4096, 0x11));
	ram_free(&block);
	/* It is QEMU's. */
	assert_true(file_is_filled(fd, 3 * MIB, MIB, 0x5a));
	assert_return_code(close(fd), errno);
}

static void ram_files_are_shared(void **state)
{
	(void)state;
	if (access("/dev/shm", W_OK) < 0)
		skip();
	files_of_the_prefix(ram_file);
	files_of_the_prefix(ram_file_2_0);
}

static void stays(ram_allocate *allocate, int fd, const char *permissions)
{
	int before = descriptor(0);
	struct ram_block block;

	assert_true(allocate(&block, SIZE, fd));
	assert_string_equal(look(block.host).permissions, permissions);
	assert_string_not_equal(look(block.host).name, own);
	assert_int_equal(descriptor(0), before);
	if (permissions[1] == 'w') {
		memset(block.host, 1, SIZE);
		assert_return_code(ram_discard(&block, 0, MIB), errno);
		assert_true(is_filled(block.host, MIB, 0));
	}
	ram_free(&block);
	if (fd >= 0)
		close(fd);
}

static void other_files_stay_what_they_are(void **state)
{
	int fd = memfd_create("memory-backend-memfd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char name[64];

	(void)state;
	if (access("/dev/shm", W_OK) < 0)
		skip();
	stays(ram_file, unnamed("/dev/shm/another"), "rw-p");
	stays(ram_file_readonly, unnamed(getenv("SONDE_RAM_PREFIX")), "r--p");
	stays(ram_file_shared, unnamed("/dev/shm/another"), "rw-s");
	stays(ram_anonymous_shared, -1, "rw-s");
	assert_return_code(ftruncate(fd, SIZE), errno);
	stays(ram_file_shared, fd, "rw-s");
	snprintf(name, sizeof(name), "/qemu-%d-shm", (int)getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_return_code(fd, errno);
	shm_unlink(name);
	assert_return_code(ftruncate(fd, SIZE), errno);
	stays(ram_file_shared, fd, "rw-s");
}

/* --- what is no RAM ---------------------------------------------------------------- */

static void is_left_alone(size_t length, int protection, int flags)
{
	void *mapped = mmap(
		NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	assert_ptr_not_equal(mapped, MAP_FAILED);
	assert_true(is_anonymous(mapped));
	assert_return_code(munmap(mapped, length), errno);
}

static void other_memory_stays_anonymous(void **state)
{
	const int rw = PROT_READ | PROT_WRITE;

	(void)state;
	/* TCG's code buffer, of all versions; a coroutine's stack; migration's pages. */
	is_left_alone(32 * MIB, rw | PROT_EXEC, 0);
	is_left_alone(32 * MIB - 4096, rw | PROT_EXEC, 0);
	is_left_alone(MIB, rw, MAP_STACK | MAP_GROWSDOWN);
	is_left_alone(2 * MIB, rw, 0);
	is_left_alone(64 * MIB, rw, 0);
	is_left_alone(64 * MIB, rw, MAP_NORESERVE);
	is_left_alone(4096, rw, 0);
}

static void what_is_made_accessible_later_stays_so(void **state)
{
	unsigned char *buffer =
		mmap(NULL, 64 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(buffer, MAP_FAILED);
	assert_return_code(
		mprotect(buffer, 32 * MIB, PROT_READ | PROT_WRITE | PROT_EXEC), errno);
	assert_true(is_anonymous(buffer));
	memset(buffer, 1, MIB);
	assert_return_code(madvise(buffer, MIB, MADV_DONTNEED), errno);
	assert_true(is_filled(buffer, MIB, 0));
	munmap(buffer, 64 * MIB);
}

static void small_and_executable_parts_stay_too(void **state)
{
	unsigned char *reserved =
		mmap(NULL, 64 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	(void)state;
	assert_ptr_not_equal(reserved, MAP_FAILED);
	assert_ptr_equal(
		mmap(reserved, MIB, PROT_READ | PROT_WRITE, flags, -1, 0), reserved);
	assert_true(is_anonymous(reserved));
	assert_ptr_equal(mmap(reserved + 8 * MIB, 8 * MIB,
				 PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0),
		reserved + 8 * MIB);
	assert_true(is_anonymous(reserved + 8 * MIB));
	/* Over what is mapped already. */
	assert_ptr_equal(
		mmap(reserved + 8 * MIB, 8 * MIB, PROT_READ | PROT_WRITE, flags, -1, 0),
		reserved + 8 * MIB);
	assert_true(is_anonymous(reserved + 8 * MIB));
	munmap(reserved, 64 * MIB);
}

static void behind_ram_is_a_guard(void **state)
{
	struct ram_block block;

	(void)state;
	assert_true(ram_anonymous(&block, SIZE, -1));
	assert_string_equal(look(block.host + SIZE).permissions, "---p");
	ram_free(&block);
	assert_true(ram_memalign(&block, SIZE, -1));
	assert_true(is_anonymous(block.host + MIB));
	free(block.host);
}

static void *stand(void *ret)
{
	unsigned char here[4096] = {1};

	*(bool *)ret = is_anonymous(here);
	return NULL;
}

static void stacks_and_the_heap_are_private(void **state)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool good = false;
	void *heap = malloc(64 * MIB);

	(void)state;
	assert_true(is_anonymous(heap));
	free(heap);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16 * MIB);
	assert_int_equal(pthread_create(&thread, &attributes, stand, &good), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	assert_true(good);
}

static void what_libraries_map_stays_theirs(void **state)
{
	void *library = dlopen(getenv("SONDE_TEST_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
	ram_allocate *const *allocate;

	(void)state;
	assert_non_null(library);
	for (size_t i = 0; i < 2; i++) {
		struct ram_block block;

		allocate = dlsym(library, i ? "foreign_2_0" : "foreign");
		assert_non_null(allocate);
		assert_true((*allocate)(&block, SIZE, -1));
		assert_true(is_anonymous(block.host));
		ram_free(&block);
	}
	dlclose(library);
}

/* --- limits ------------------------------------------------------------------------ */

/* In a child, since one line is all that is said. Its standard error is in @p ret. */
static int in_a_child(bool (*function)(void), char *ret, size_t size)
{
	int ends[2], status;
	ssize_t got, length = 0;
	pid_t child;

	assert_return_code(pipe(ends), errno);
	child = fork();
	if (!child) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		_exit(!function());
	}
	close(ends[1]);
	while ((got = read(ends[0], ret + length, size - 1 - (size_t)length)) > 0)
		length += got;
	ret[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static bool falls_back(int resource, rlim_t limit, ram_allocate *allocate)
{
	struct rlimit limits = {.rlim_cur = limit, .rlim_max = limit};
	struct ram_block blocks[2];
	bool good;

	setrlimit(resource, &limits);
	good = allocate(&blocks[0], SIZE, -1) && allocate(&blocks[1], SIZE, -1);
	/* Without the files that say what is mapped. */
	for (int i = 0; good && i < 2; i++) {
		memset(blocks[i].host, 1, SIZE);
		good = ram_discard(&blocks[i], 0, MIB) == 0 &&
		       is_filled(blocks[i].host, MIB, 0);
		ram_free(&blocks[i]);
	}
	return good;
}

static bool without_descriptors(void)
{
	return falls_back(RLIMIT_NOFILE, 0, ram_anonymous);
}

static bool without_descriptors_2_0(void)
{
	return falls_back(RLIMIT_NOFILE, 0, ram_anonymous_2_0);
}

static bool with_short_files(void)
{
	return falls_back(RLIMIT_FSIZE, MIB, ram_anonymous);
}

static void without_memfds_it_stays_anonymous(void **state)
{
	char said[512];

	(void)state;
	assert_int_equal(in_a_child(without_descriptors, said, sizeof(said)), 0);
	assert_string_equal(said,
		"sonde-qemu-ram: RAM of 16 MiB stays anonymous, without a "
		"memfd: too many open files (error 24)\n");
	assert_int_equal(in_a_child(without_descriptors_2_0, said, sizeof(said)), 0);
	assert_string_equal(said,
		"sonde-qemu-ram: RAM of 17 MiB stays anonymous, without a "
		"memfd: too many open files (error 24)\n");
	assert_int_equal(in_a_child(with_short_files, said, sizeof(said)), 0);
	assert_string_equal(said,
		"sonde-qemu-ram: RAM of 16 MiB stays anonymous, without a "
		"memfd: the limit of file sizes (error 27)\n");
}

static bool many_reservations(void)
{
	struct ram_block block;

	for (int i = 0; i < 1100; i++)
		if (mmap(NULL, 2 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED)
			return false;
	if (!ram_anonymous(&block, SIZE, -1))
		return false;
	memset(block.host, 1, SIZE);
	return ram_discard(&block, 0, SIZE) == 0 && is_filled(block.host, SIZE, 0);
}

static void what_finds_no_place_stays_anonymous(void **state)
{
	char said[512];

	(void)state;
	assert_int_equal(in_a_child(many_reservations, said, sizeof(said)), 0);
}

/* --- children, threads, signals ---------------------------------------------------- */

static struct ram_block inherited;

static bool discards_what_it_inherited(void)
{
	return descriptor(look(inherited.host).inode) == -1 &&
	       ram_discard(&inherited, 0, SIZE) == 0 && munmap(inherited.host, MIB) == 0;
}

static void a_child_takes_nothing_away(void **state)
{
	char said[64];

	(void)state;
	assert_true(ram_anonymous(&inherited, SIZE, -1));
	memset(inherited.host, 0x33, SIZE);
	assert_int_equal(in_a_child(discards_what_it_inherited, said, sizeof(said)), 0);
	assert_true(is_filled(inherited.host, SIZE, 0x33));
	ram_free(&inherited);
}

static void once(ram_allocate *allocate, unsigned char value)
{
	struct ram_block block;

	if (!allocate(&block, 2 * MIB, -1))
		abort();
	memset(block.host, value, 8192);
	if (ram_discard(&block, 0, 4096) != 0 || !is_filled(block.host, 4096, 0) ||
		!is_filled(block.host + 4096, 4096, value))
		abort();
	ram_free(&block);
}

static void *work(void *argument)
{
	unsigned char value = (unsigned char)(uintptr_t)argument;

	for (int i = 0; i < 300; i++)
		once(i % 2 ? ram_anonymous : ram_anonymous_2_0, value);
	return NULL;
}

static void threads_do_not_meet(void **state)
{
	int before = descriptor(0);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
	/* Children that are forked meanwhile find no lock taken. */
	for (int i = 0; i < 50; i++) {
		pid_t child = fork();
		int status;

		if (!child) {
			alarm(PATIENCE);
			once(ram_anonymous, 9);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(descriptor(0), before);
}

static volatile sig_atomic_t signals;

static void interrupt(int number)
{
	(void)number;
	signals++;
	once(ram_anonymous, 5);
}

static void handlers_may_map(void **state)
{
	const struct sigaction action = {.sa_handler = interrupt};
	struct sigaction old;
	const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};

	(void)state;
	sigaction(SIGVTALRM, &action, &old);
	setitimer(ITIMER_VIRTUAL, &often, NULL);
	while (signals < 20)
		once(ram_anonymous, 6);
	setitimer(ITIMER_VIRTUAL, &never, NULL);
	sigaction(SIGVTALRM, &old, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anonymous_ram_is_a_memfd),
		cmocka_unit_test(older_qemus_anonymous_ram_is_too),
		cmocka_unit_test(each_block_has_its_file),
		cmocka_unit_test(its_file_cannot_change_its_size),
		cmocka_unit_test(what_may_be_lost_is_given_back),
		cmocka_unit_test(a_page_with_an_error_is_replaced),
		cmocka_unit_test(it_is_made_shorter_but_not_moved),
		cmocka_unit_test(ram_files_are_shared),
		cmocka_unit_test(other_files_stay_what_they_are),
		cmocka_unit_test(other_memory_stays_anonymous),
		cmocka_unit_test(what_is_made_accessible_later_stays_so),
		cmocka_unit_test(small_and_executable_parts_stay_too),
		cmocka_unit_test(behind_ram_is_a_guard),
		cmocka_unit_test(stacks_and_the_heap_are_private),
		cmocka_unit_test(what_libraries_map_stays_theirs),
		cmocka_unit_test(without_memfds_it_stays_anonymous),
		cmocka_unit_test(what_finds_no_place_stays_anonymous),
		cmocka_unit_test(a_child_takes_nothing_away),
		cmocka_unit_test(threads_do_not_meet),
		cmocka_unit_test(handlers_may_map),
	};

	alarm(PATIENCE);
	return cmocka_run_group_tests_name("preload", tests, NULL, NULL);
}
