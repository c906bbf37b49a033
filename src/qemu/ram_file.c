/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "guarded_copy.h"
#include "ram_file.h"

enum {
	PAGE = SONDE_WINDOW_PAGE_BYTES,
	/** Shorter reads ask for one page after the other (bytes). */
	WORTH_AN_EXTENT = 16 * PAGE,
};

struct sonde_qemu_ram_file {
	int fd;
	/** For writing, once that was asked for, where it is not mapped; -1: not yet. */
	int writable_fd;
	dev_t device;
	ino_t inode;
	uint64_t size;
	/** NULL: not mapped. */
	uint8_t *mapped;
	/** The same for writing; NULL: not yet. */
	uint8_t *writable;
	/** A bit a page: something is there. */
	uint64_t *present;
	/** Something is everywhere. */
	bool all_present;
	/** Holes cannot be looked for. */
	bool holes_unknown;
	/** It was cut short: the mapping is full of zeros that mean nothing. */
	bool broken;
};

/* The kernel has no SEEK_DATA for hugetlbfs: there is one answer for the whole file. */
static void look_at_holes(struct sonde_qemu_ram_file *file, const struct stat *status)
{
	struct statfs system;

	if (fstatfs(file->fd, &system) < 0 || system.f_type != HUGETLBFS_MAGIC)
		return;
	file->all_present = (uint64_t)status->st_blocks * 512 >= file->size;
	file->holes_unknown = !file->all_present;
}

static struct sonde_error *set_up(struct sonde_qemu_ram_file *file, bool map)
{
	struct stat status;
	void *mapped;

	if (fstat(file->fd, &status) < 0)
		return sonde_error_system(errno);
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->size = (uint64_t)status.st_size;
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return sonde_error_create(SONDE_ERROR_INVALID, "it is no file");
	if (S_ISBLK(status.st_mode))
		file->size = (uint64_t)lseek(file->fd, 0, SEEK_END);
	if (!map || !file->size)
		return NULL;
	CHECK(sonde_guarded_copy_prepare());
	look_at_holes(file, &status);
	file->present = calloc((size_t)(file->size / PAGE / 64 + 1), sizeof(uint64_t));
	if (!file->present)
		return sonde_error_no_memory();
	mapped = mmap(
		NULL, file->size, PROT_READ, MAP_SHARED | MAP_NORESERVE, file->fd, 0);
	if (mapped != MAP_FAILED)
		file->mapped = mapped;
	return NULL;
}

struct sonde_error *sonde_qemu_ram_file_create(
	int fd, bool map, struct sonde_qemu_ram_file **ret)
{
	struct sonde_qemu_ram_file *file = calloc(1, sizeof(*file));
	struct sonde_error *error;

	if (!file) {
		close(fd);
		return sonde_error_no_memory();
	}
	file->fd = fd;
	file->writable_fd = -1;
	error = set_up(file, map);
	if (error) {
		sonde_qemu_ram_file_destroy(file);
		return error;
	}
	*ret = file;
	return NULL;
}

void sonde_qemu_ram_file_destroy(struct sonde_qemu_ram_file *file)
{
	if (!file)
		return;
	if (file->mapped)
		munmap(file->mapped, file->size);
	if (file->writable)
		munmap(file->writable, file->size);
	if (file->writable_fd >= 0)
		close(file->writable_fd);
	free(file->present);
	close(file->fd);
	free(file);
}

bool sonde_qemu_ram_file_is(
	const struct sonde_qemu_ram_file *file, dev_t device, ino_t inode)
{
	return file->device == device && file->inode == inode;
}

uint64_t sonde_qemu_ram_file_size(const struct sonde_qemu_ram_file *file)
{
	return file->size;
}

static struct sonde_error *cut_short(void)
{
	return sonde_error_create(SONDE_ERROR_IO,
		"the file that the guest's RAM is in was cut short by somebody");
}

/* --- what is there -------------------------------------------------------------- */

static bool is_present(const struct sonde_qemu_ram_file *file, uint64_t page)
{
	return file->all_present || file->present[page / 64] >> page % 64 & 1;
}

static void mark(struct sonde_qemu_ram_file *file, uint64_t first, uint64_t end)
{
	for (; first < end && first % 64; first++)
		file->present[first / 64] |= UINT64_C(1) << first % 64;
	for (; first + 64 <= end; first += 64)
		file->present[first / 64] = UINT64_MAX;
	for (; first < end; first++)
		file->present[first / 64] |= UINT64_C(1) << first % 64;
}

/* Where the next data is, from @p offset on: the end of the file if there is none. */
static uint64_t find_data(const struct sonde_qemu_ram_file *file, uint64_t offset)
{
	off_t found = lseek(file->fd, (off_t)offset, SEEK_DATA);

	if (found >= 0)
		return (uint64_t)found;
	/* A file system without holes, or without an answer. */
	return errno == ENXIO ? file->size : offset;
}

static bool find_page(struct sonde_qemu_ram_file *file, uint64_t offset)
{
	uint64_t page = offset / PAGE;

	if (is_present(file, page))
		return true;
	if (file->holes_unknown || find_data(file, offset) >= offset + PAGE)
		return false;
	mark(file, page, page + 1);
	return true;
}

/*
 * How many bytes from @p offset on are there (*@p there) or are not. Looking for the end
 * of what is there takes long where there is much, so it is remembered.
 */
static uint64_t find_extent(
	struct sonde_qemu_ram_file *file, uint64_t offset, uint64_t length, bool *there)
{
	uint64_t first = offset / PAGE, end = (offset + length - 1) / PAGE + 1,
		 page = first;
	off_t hole;

	*there = true;
	if (file->all_present)
		return length;
	while (page < end && is_present(file, page))
		page++;
	if (page > first)
		return page == end ? length : page * PAGE - offset;
	if (file->holes_unknown || !find_page(file, first * PAGE)) {
		uint64_t data =
			file->holes_unknown ? file->size : find_data(file, first * PAGE);

		*there = false;
		data = data / PAGE * PAGE;
		return data > offset && data - offset < length ? data - offset : length;
	}
	if (length < WORTH_AN_EXTENT)
		return (first + 1) * PAGE - offset < length ? (first + 1) * PAGE - offset
							    : length;
	hole = lseek(file->fd, (off_t)offset, SEEK_HOLE);
	if (hole > (off_t)offset)
		mark(file, first, ((uint64_t)hole + PAGE - 1) / PAGE);
	return hole > (off_t)offset && (uint64_t)hole - offset < length
		       ? (uint64_t)hole - offset
		       : length;
}

/* --- reading -------------------------------------------------------------------- */

static struct sonde_error *read_by_call(
	struct sonde_qemu_ram_file *file, uint64_t offset, uint8_t *buffer, size_t length)
{
	while (length) {
		ssize_t got = pread(file->fd, buffer, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sonde_error_system(errno);
		if (!got)
			return cut_short();
		buffer += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return NULL;
}

/* The mapping has holes of its own after that: it is given up, and read() tells more. */
static struct sonde_error *copy(
	struct sonde_qemu_ram_file *file, uint64_t offset, uint8_t *buffer, size_t length)
{
	if (!file->broken && sonde_guarded_copy(buffer, file->mapped + offset, length))
		return NULL;
	file->broken = true;
	return cut_short();
}

struct sonde_error *sonde_qemu_ram_file_read(
	struct sonde_qemu_ram_file *file, uint64_t offset, void *buffer, size_t length)
{
	uint8_t *to = buffer;

	if (offset > file->size || length > file->size - offset)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the guest's RAM is longer than the file that it is in");
	if (!file->mapped)
		return read_by_call(file, offset, to, length);
	while (length) {
		bool there;
		size_t part = (size_t)find_extent(file, offset, length, &there);

		if (there)
			CHECK(copy(file, offset, to, part));
		else
			/* Zeros, or that it is cut short. */
			CHECK(read_by_call(file, offset, to, part));
		to += part;
		offset += part;
		length -= part;
	}
	return NULL;
}

/* --- writing -------------------------------------------------------------------- */

/* A descriptor of its own: the other one cannot write, so that nothing does by mistake.
 */
struct sonde_error *sonde_qemu_ram_file_prepare_write(struct sonde_qemu_ram_file *file)
{
	struct sonde_error *error = NULL;
	char path[32];
	void *mapped;
	int fd;

	if (file->writable || file->writable_fd >= 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return sonde_error_system(errno);
	if (!file->mapped) {
		file->writable_fd = fd;
		return NULL;
	}
	mapped = mmap(NULL, file->size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (mapped == MAP_FAILED)
		error = sonde_error_system(errno);
	else
		file->writable = mapped;
	close(fd);
	return error;
}

/* Behind its end pwrite() would make it longer. */
static struct sonde_error *write_by_call(struct sonde_qemu_ram_file *file,
	uint64_t offset, const uint8_t *data, size_t length)
{
	struct stat status;

	if (fstat(file->writable_fd, &status) < 0)
		return sonde_error_system(errno);
	if (S_ISREG(status.st_mode) && (uint64_t)status.st_size < file->size)
		return cut_short();
	while (length) {
		ssize_t put = pwrite(file->writable_fd, data, length, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EINVAL)
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"files of hugetlbfs are written through a mapping, which "
				"is not to be made");
		if (put <= 0)
			return put ? sonde_error_system(errno) : cut_short();
		data += put;
		offset += (uint64_t)put;
		length -= (size_t)put;
	}
	return NULL;
}

struct sonde_error *sonde_qemu_ram_file_write(struct sonde_qemu_ram_file *file,
	uint64_t offset, const void *data, size_t length)
{
	if (offset > file->size || length > file->size - offset)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the guest's RAM is longer than the file that it is in");
	if (!file->writable)
		return write_by_call(file, offset, data, length);
	if (!file->broken && sonde_guarded_store(file->writable + offset, data, length))
		return NULL;
	file->broken = true;
	return sonde_error_create(SONDE_ERROR_IO,
		"the file that the guest's RAM is in was cut short by somebody, or there "
		"is no memory for it");
}

/* --- windows -------------------------------------------------------------------- */

void sonde_qemu_ram_file_look(struct sonde_qemu_ram_file *file, uint64_t first,
	uint64_t offset, uint64_t end, struct sonde_window *ret)
{
	ret->length = 0;
	if (end > file->size)
		end = file->size;
	end -= end % PAGE;
	if (!file->mapped || file->broken || offset >= end || !find_page(file, offset))
		return;
	ret->length = end - first;
	ret->host = file->mapped + first;
	ret->present = file->all_present ? NULL : file->present;
	ret->present_first = first / PAGE;
	ret->broken = &file->broken;
}
