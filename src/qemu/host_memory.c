/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "buffer.h"
#include "host_memory.h"
#include "start_time.h"

enum {
	/** A kernel allows 65530 mappings (vm.max_map_count). */
	MAPPINGS_MAX = 1 << 17,
	MAPS_BYTES_MAX = 1 << 25,
	DESCRIPTORS_MAX = 1 << 16,
};

/* --- holding -------------------------------------------------------------------- */

static struct sonde_error *ended(pid_t pid)
{
	return sonde_error_create(
		SONDE_ERROR_NOT_FOUND, "process %d has ended", (int)pid);
}

struct sonde_error *sonde_qemu_host_hold(
	pid_t pid, uint64_t start, struct sonde_qemu_host *ret)
{
	char path[32];
	int directory;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there is no process %d", (int)pid);
	/* Whose number it is now, is whose directory this is, as long as that is there.
	 */
	if (start && (sonde_process_start_time((int)pid) != start ||
			     faccessat(directory, "stat", F_OK, 0) < 0)) {
		close(directory);
		return sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"process %d has ended, and another one has its number", (int)pid);
	}
	*ret = (struct sonde_qemu_host){.pid = pid, .directory = directory};
	return NULL;
}

void sonde_qemu_host_release(struct sonde_qemu_host *process)
{
	if (process->directory >= 0)
		close(process->directory);
	process->directory = -1;
}

struct sonde_error *sonde_qemu_host_check(const struct sonde_qemu_host *process)
{
	return faccessat(process->directory, "stat", F_OK, 0) < 0 ? ended(process->pid)
								  : NULL;
}

/* --- memory --------------------------------------------------------------------- */

struct sonde_error *sonde_qemu_host_read(const struct sonde_qemu_host *process,
	uint64_t address, void *buffer, size_t length)
{
	for (size_t done = 0; done < length;) {
		struct iovec local = {(char *)buffer + done, length - done};
		struct iovec remote = {
			(void *)(uintptr_t)(address + done), length - done};
		ssize_t got = process_vm_readv(process->pid, &local, 1, &remote, 1, 0);

		if (got < 0 && errno == ESRCH)
			return ended(process->pid);
		if (got < 0)
			return sonde_error_system(errno);
		if (!got)
			return sonde_error_create(
				SONDE_ERROR_IO, "its memory could not be read");
		done += (size_t)got;
	}
	/* It took a number: what was read may be another process's. */
	return sonde_qemu_host_check(process);
}

struct sonde_error *sonde_qemu_host_open_memory(
	const struct sonde_qemu_host *process, int *ret)
{
	int fd = openat(process->directory, "mem", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? ended(process->pid)
							 : sonde_error_system(errno);
	*ret = fd;
	return NULL;
}

struct sonde_error *sonde_qemu_host_write(
	int memory, uint64_t address, const void *data, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t put = pwrite(memory, (const char *)data + done, length - done,
			(off_t)(address + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return sonde_error_system(errno);
		if (!put)
			return sonde_error_create(
				SONDE_ERROR_NOT_FOUND, "QEMU's process has ended");
		done += (size_t)put;
	}
	return NULL;
}

/* --- files ---------------------------------------------------------------------- */

static bool is_file_of(
	const struct sonde_qemu_mapping *mapping, const struct stat *status)
{
	return status->st_dev == mapping->device && status->st_ino == mapping->inode;
}

/* By the name that the process calls it, in the process's own root. */
static int open_by_name(
	const struct sonde_qemu_host *process, const struct sonde_qemu_mapping *mapping)
{
	CLEANUP(cleanup_free) char *inside = NULL;
	struct stat status;
	int fd;

	if (mapping->deleted || mapping->path[0] != '/')
		return -1;
	fd = open(mapping->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && asprintf(&inside, "root%s", mapping->path) > 0)
		fd = openat(
			process->directory, inside, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	/* Layered file systems tell mappings of another device. */
	if (fstat(fd, &status) == 0 && status.st_ino == mapping->inode)
		return fd;
	close(fd);
	return -1;
}

/* What no descriptor leads to, such as shared memory without a file: for root alone. */
static int open_by_address(
	const struct sonde_qemu_host *process, const struct sonde_qemu_mapping *mapping)
{
	char inside[64];
	struct stat status;
	int fd;

	snprintf(inside, sizeof(inside), "map_files/%" PRIx64 "-%" PRIx64, mapping->first,
		mapping->end);
	fd = openat(process->directory, inside, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && is_file_of(mapping, &status))
		return fd;
	close(fd);
	return -1;
}

/* Opened anew, so that neither position nor flags are shared with QEMU. */
static int open_descriptor(
	int directory, const char *name, const struct sonde_qemu_mapping *mapping)
{
	struct stat status;
	int fd;

	if (fstatat(directory, name, &status, 0) < 0 || !is_file_of(mapping, &status))
		return -1;
	fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && is_file_of(mapping, &status))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

struct sonde_error *sonde_qemu_host_open_file(const struct sonde_qemu_host *process,
	const struct sonde_qemu_mapping *mapping, int *ret)
{
	int fd = open_by_name(process, mapping), number = ENOENT, descriptors;
	const struct dirent *entry;
	DIR *directory;

	/* One call instead of one for each descriptor, where it is allowed. */
	if (fd < 0)
		fd = open_by_address(process, mapping);
	if (fd >= 0) {
		*ret = fd;
		return NULL;
	}
	descriptors =
		openat(process->directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = descriptors < 0 ? NULL : fdopendir(descriptors);
	if (!directory) {
		number = errno;
		if (descriptors >= 0)
			close(descriptors);
		return sonde_error_system(number);
	}
	for (int i = 0; fd < 0 && i < DESCRIPTORS_MAX && (entry = readdir(directory));
		i++) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		errno = 0;
		fd = open_descriptor(descriptors, entry->d_name, mapping);
		if (fd < 0 && (errno == EACCES || errno == EPERM))
			number = errno;
	}
	closedir(directory);
	if (fd < 0)
		return sonde_error_system(number);
	*ret = fd;
	return NULL;
}

/* --- mappings ------------------------------------------------------------------- */

static unsigned digit_of(char character)
{
	unsigned decimal = (unsigned char)character - (unsigned)'0';
	unsigned letter = (unsigned char)character - (unsigned)'a';

	return decimal < 10 ? decimal : letter < 6 ? letter + 10 : UINT_MAX;
}

/* A QEMU's mappings have 1,500 of them: strtoull() takes most of the time then. */
static bool take_digits(const char **p, unsigned base, uint64_t *ret)
{
	const char *at = *p;
	uint64_t value = 0;

	for (unsigned digit; (digit = digit_of(*at)) < base; at++)
		if (__builtin_mul_overflow(value, base, &value) ||
			__builtin_add_overflow(value, digit, &value))
			return false;
	*ret = value;
	return at != *p && (*p = at);
}

static bool take_number(const char **p, char behind, uint64_t *ret)
{
	return take_digits(p, 16, ret) && *(*p)++ == behind;
}

/* "7f5b0be00000-7f5b4be00000 rw-p 00000000 00:01 1024   /memfd:pc.ram (deleted)" */
static bool parse_line(char *line, size_t length, struct sonde_qemu_mapping *ret)
{
	static const char gone[] = " (deleted)";
	const char *at = line, *end = line + length;
	uint64_t major_number, minor_number, inode;

	*ret = (struct sonde_qemu_mapping){0};
	if (!take_number(&at, '-', &ret->first) || !take_number(&at, ' ', &ret->end) ||
		ret->end <= ret->first || end - at < 5 || at[4] != ' ')
		return false;
	ret->readable = at[0] == 'r';
	ret->writable = at[1] == 'w';
	ret->executable = at[2] == 'x';
	ret->shared = at[3] == 's';
	at += 5;
	if (!take_number(&at, ' ', &ret->offset) ||
		!take_number(&at, ':', &major_number) ||
		!take_number(&at, ' ', &minor_number) || !take_digits(&at, 10, &inode) ||
		(*at && *at != ' '))
		return false;
	ret->inode = (ino_t)inode;
	ret->device = makedev((unsigned)major_number, (unsigned)minor_number);
	while (*at == ' ')
		at++;
	length = sizeof(gone) - 1;
	ret->deleted =
		end - at >= (ptrdiff_t)length && !memcmp(end - length, gone, length);
	if (ret->deleted)
		line[end - line - (ptrdiff_t)length] = '\0';
	ret->path = at;
	return true;
}

static struct sonde_error *append(
	struct sonde_qemu_mappings *mappings, const struct sonde_qemu_mapping *mapping)
{
	/* At powers of two. */
	if (!(mappings->count & (mappings->count - 1))) {
		size_t capacity = mappings->count ? 2 * mappings->count : 1;
		void *list = realloc(mappings->list, capacity * sizeof(*mappings->list));

		if (!list)
			return sonde_error_no_memory();
		mappings->list = list;
	}
	mappings->list[mappings->count++] = *mapping;
	return NULL;
}

/* They come sorted; what does not is none of the kernel's. */
static struct sonde_error *take_line(
	struct sonde_qemu_mappings *mappings, char *line, size_t length)
{
	struct sonde_qemu_mapping one;

	if (!parse_line(line, length, &one))
		return NULL;
	if (mappings->count == MAPPINGS_MAX ||
		(mappings->count && one.first < mappings->list[mappings->count - 1].end))
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the list of mappings makes no sense");
	return append(mappings, &one);
}

struct sonde_error *sonde_qemu_mappings_parse(
	const char *text, struct sonde_qemu_mappings *ret)
{
	struct sonde_qemu_mappings mappings = {.text = strdup(text)};
	struct sonde_error *error = NULL;

	if (!mappings.text)
		return sonde_error_no_memory();
	for (char *line = mappings.text, *next; *line && !error; line = next) {
		size_t length = strcspn(line, "\n");

		next = line + length + (line[length] == '\n');
		line[length] = '\0';
		error = take_line(&mappings, line, length);
	}
	if (error) {
		sonde_qemu_mappings_deinit(&mappings);
		return error;
	}
	*ret = mappings;
	return NULL;
}

struct sonde_error *sonde_qemu_mappings_read(
	const struct sonde_qemu_host *process, struct sonde_qemu_mappings *ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer text = {0};
	int fd = openat(process->directory, "maps", O_RDONLY | O_CLOEXEC);
	struct sonde_error *error = NULL;
	ssize_t got = fd < 0 ? -1 : 1;

	while (got > 0 && !error && text.length < MAPS_BYTES_MAX) {
		error = sonde_buffer_reserve(&text, 1 << 16);
		if (error)
			break;
		got = read(fd, text.data + text.length, (1 << 16) - 1);
		if (got > 0)
			text.length += (size_t)got;
	}
	if (got < 0)
		error = sonde_error_system(errno);
	if (fd >= 0)
		close(fd);
	if (!error)
		error = sonde_buffer_append(&text, "", 1);
	if (!error)
		error = sonde_qemu_mappings_parse((const char *)text.data, ret);
	return sonde_error_while(
		error, "reading the mappings of process %d", (int)process->pid);
}

void sonde_qemu_mappings_deinit(struct sonde_qemu_mappings *mappings)
{
	free(mappings->list);
	free(mappings->text);
	*mappings = (struct sonde_qemu_mappings){0};
}

const struct sonde_qemu_mapping *sonde_qemu_mappings_find(
	const struct sonde_qemu_mappings *mappings, uint64_t address)
{
	size_t low = 0, high = mappings->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (mappings->list[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < mappings->count && mappings->list[low].first <= address
		       ? &mappings->list[low]
		       : NULL;
}
