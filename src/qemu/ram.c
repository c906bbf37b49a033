/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ram.h"
#include "ram_file.h"

enum {
	/** Of a machine with a DIMM in each of its 256 slots, and a file for each. */
	FILES_MAX = 1024,
	SEGMENTS_MAX = 1 << 16,
	PAGE = SONDE_WINDOW_PAGE_BYTES,
	WHY_TEXT = 256,
	/** Of a process's pagemap, read at a time. */
	PAGEMAP_ENTRIES = 256,
};

/** A run of physical addresses that are reached in one way. */
struct segment {
	/** Both included. */
	uint64_t first, last;
	enum sonde_qemu_means means;
	/** Not to be written behind QEMU's back. */
	bool read_only;
	/** The address of @ref first in QEMU's process; 0: unknown. */
	uint64_t host;
	/** BY_FILE; BY_PROCESS: what the memory shows where QEMU has not touched it. */
	struct sonde_qemu_ram_file *file;
	uint64_t offset;
	/** BY_PROCESS: private pages, in front of @ref file or (NULL) of zeros. */
	bool is_private;
};

struct sonde_qemu_ram {
	/** Sorted. */
	struct segment *segments;
	size_t count;
	struct sonde_qemu_ram_file **files;
	size_t file_count;
	/** For BY_PROCESS: of our own. */
	struct sonde_qemu_host process;
	int pagemap;
	/** The process's memory, for writing; -1: it was not needed. */
	int memory;
	struct sonde_error *(*ask)(
		void *user, uint64_t address, void *buffer, size_t length);
	void *user;
	bool no_mapping;
	char why[WHY_TEXT];
};

/* --- making segments ------------------------------------------------------------ */

static struct sonde_error *append(
	struct sonde_qemu_ram *ram, const struct segment *segment)
{
	if (ram->count == SEGMENTS_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the guest's RAM is in too many pieces");
	if (!(ram->count & (ram->count - 1))) {
		size_t capacity = ram->count ? 2 * ram->count : 1;
		void *segments = realloc(ram->segments, capacity * sizeof(*segment));

		if (!segments)
			return sonde_error_no_memory();
		ram->segments = segments;
	}
	ram->segments[ram->count++] = *segment;
	return NULL;
}

static struct sonde_error *add_file(
	struct sonde_qemu_ram *ram, int fd, bool map, struct sonde_qemu_ram_file **ret)
{
	void *files;

	if (ram->file_count == FILES_MAX) {
		close(fd);
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the guest's RAM is in too many files");
	}
	files = realloc(
		ram->files, (ram->file_count + 1) * sizeof(struct sonde_qemu_ram_file *));
	if (!files) {
		close(fd);
		return sonde_error_no_memory();
	}
	ram->files = files;
	CHECK(sonde_qemu_ram_file_create(fd, map, ret));
	ram->files[ram->file_count++] = *ret;
	return NULL;
}

/* What stays unsaid, says nothing wrong; the first reason is the one that is told. */
static void explain(
	struct sonde_qemu_ram *ram, struct sonde_error *error, const char *hint)
{
	if (!ram->why[0])
		snprintf(ram->why, sizeof(ram->why), "%s%s%s: %s",
			sonde_error_what(error), *sonde_error_what(error) ? ": " : "",
			sonde_error_why(error), hint);
	sonde_error_destroy(error);
}

static const char same_user[] =
	"run sonde as root, or as the user that QEMU runs as where ptrace(2) is allowed";

static struct sonde_error *find_file(struct sonde_qemu_ram *ram,
	const struct sonde_qemu_mapping *mapping, struct sonde_qemu_ram_file **ret)
{
	int fd;

	for (size_t i = 0; i < ram->file_count; i++) {
		if (sonde_qemu_ram_file_is(
			    ram->files[i], mapping->device, mapping->inode)) {
			*ret = ram->files[i];
			return NULL;
		}
	}
	CHECK(sonde_error_while(sonde_qemu_host_open_file(&ram->process, mapping, &fd),
		"opening \"%s\", which the guest's RAM is in", mapping->path));
	return add_file(ram, fd, !ram->no_mapping && mapping->shared, ret);
}

/* One mapping of QEMU's process, or the part of it that a range of RAM is in. */
static struct sonde_error *add_mapped(struct sonde_qemu_ram *ram,
	const struct sonde_qemu_mapping *mapping, struct segment *segment)
{
	struct sonde_error *error = NULL;

	segment->means = SONDE_QEMU_BY_PROCESS;
	if (mapping->inode) {
		segment->offset = mapping->offset + (segment->host - mapping->first);
		error = find_file(ram, mapping, &segment->file);
	}
	if (error) {
		explain(ram, error, same_user);
	} else if (mapping->inode && mapping->shared) {
		segment->means = SONDE_QEMU_BY_FILE;
	} else {
		segment->is_private = !mapping->shared;
	}
	return append(ram, segment);
}

static struct sonde_error *add_range(struct sonde_qemu_ram *ram,
	const struct sonde_qemu_range *range, uint64_t host,
	const struct sonde_qemu_mappings *mappings)
{
	uint64_t first = range->first;

	while (first <= range->last) {
		struct segment segment = {.first = first,
			.last = range->last,
			.means = SONDE_QEMU_BY_MONITOR,
			.read_only = range->read_only};
		const struct sonde_qemu_mapping *mapping = NULL;

		if (host && mappings)
			mapping = sonde_qemu_mappings_find(
				mappings, host + (first - range->first));
		if (mapping && mapping->readable) {
			segment.host = host + (first - range->first);
			if (mapping->end - segment.host - 1 < segment.last - first)
				segment.last = first + (mapping->end - segment.host - 1);
			CHECK(add_mapped(ram, mapping, &segment));
		} else {
			CHECK(append(ram, &segment));
		}
		if (segment.last == UINT64_MAX)
			break;
		first = segment.last + 1;
	}
	return NULL;
}

/* --- the largest region, by the name of its file ---------------------------------- */

static const char *largest_region(const struct sonde_qemu_memory_map *map)
{
	const char *largest = NULL;
	uint64_t bytes = 0;

	for (size_t i = 0; i < map->count; i++) {
		uint64_t own = 0;

		for (size_t k = i; k < map->count; k++)
			if (!strcmp(map->ranges[k].region, map->ranges[i].region))
				own += map->ranges[k].last - map->ranges[k].first + 1;
		if (own > bytes) {
			bytes = own;
			largest = map->ranges[i].region;
		}
	}
	return largest;
}

static struct sonde_error *open_named(
	struct sonde_qemu_ram *ram, const char *path, struct sonde_qemu_ram_file **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct sonde_error *error = fd < 0 ? sonde_error_system(errno)
					   : add_file(ram, fd, !ram->no_mapping, ret);

	return sonde_error_while(error, "opening RAM file %s", path);
}

static struct sonde_error *add_named(struct sonde_qemu_ram *ram,
	const struct sonde_qemu_range *range, struct sonde_qemu_ram_file *file)
{
	struct segment segment = {.first = range->first,
		.last = range->last,
		.means = SONDE_QEMU_BY_FILE,
		.read_only = range->read_only,
		.file = file,
		.offset = range->offset};

	if (range->offset > sonde_qemu_ram_file_size(file) ||
		range->last - range->first >=
			sonde_qemu_ram_file_size(file) - range->offset)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"the RAM file has %" PRIu64 " bytes, and region %s "
				"of the guest is longer",
				sonde_qemu_ram_file_size(file), range->region),
			"leave ram= out: sonde looks for the file itself");
	return append(ram, &segment);
}

/* --- creating ------------------------------------------------------------------- */

/* Reading is tried before it is relied on: rights are many, and mappings lie. */
static bool may_read_process(struct sonde_qemu_ram *ram, uint64_t host)
{
	struct sonde_error *error;
	uint8_t byte;

	error = sonde_qemu_host_read(&ram->process, host, &byte, 1);
	if (!error)
		return true;
	explain(ram, sonde_error_while(error, "reading QEMU's memory"), same_user);
	return false;
}

/* Where QEMU's process may not be read after all, its monitor is asked. */
static void settle(struct sonde_qemu_ram *ram)
{
	int allowed = -1;

	for (size_t i = 0; i < ram->count; i++) {
		struct segment *segment = &ram->segments[i];

		if (segment->means != SONDE_QEMU_BY_PROCESS)
			continue;
		if (allowed < 0)
			allowed = may_read_process(ram, segment->host);
		if (!allowed)
			segment->means = SONDE_QEMU_BY_MONITOR;
		else if (segment->is_private && ram->pagemap < 0)
			ram->pagemap = openat(
				ram->process.directory, "pagemap", O_RDONLY | O_CLOEXEC);
	}
}

/* ROMs and the like by slower means are not worth a word. */
static bool is_nearly_all_in_files(const struct sonde_qemu_ram *ram)
{
	uint64_t others = 0, all = 0;

	for (size_t i = 0; i < ram->count; i++) {
		uint64_t bytes = ram->segments[i].last - ram->segments[i].first + 1;

		all += bytes;
		others += ram->segments[i].means == SONDE_QEMU_BY_FILE ? 0 : bytes;
	}
	return others < all / 16;
}

/* What may not be read is a reason to look elsewhere, no failure. */
static struct sonde_error *look_at_process(struct sonde_qemu_ram *ram,
	const struct sonde_qemu_ram_sources *sources, struct sonde_qemu_mappings *ret)
{
	const struct sonde_qemu_host *process = sources->process;
	struct sonde_error *error;
	int directory;

	if (!process) {
		explain(ram,
			sonde_error_create(SONDE_ERROR_PERMISSION,
				"QEMU's process is not seen: permission is lacking, or "
				"it is on another host"),
			"run sonde as root, where QEMU runs");
		return NULL;
	}
	directory = fcntl(process->directory, F_DUPFD_CLOEXEC, 0);
	if (directory < 0)
		return sonde_error_system(errno);
	ram->process =
		(struct sonde_qemu_host){.pid = process->pid, .directory = directory};
	if (sources->mappings)
		return NULL;
	error = sonde_qemu_mappings_read(process, ret);
	if (!sonde_error_is(error, SONDE_ERROR_PERMISSION))
		return error;
	explain(ram, error, same_user);
	return NULL;
}

static struct sonde_error *add_ranges(struct sonde_qemu_ram *ram,
	const struct sonde_qemu_ram_sources *sources,
	const struct sonde_qemu_mappings *mappings)
{
	const char *named = sources->file ? largest_region(sources->map) : NULL;
	struct sonde_qemu_ram_file *file = NULL;

	if (sources->file)
		CHECK(open_named(ram, sources->file, &file));
	for (size_t i = 0; i < sources->map->count; i++) {
		const struct sonde_qemu_range *range = &sources->map->ranges[i];

		if (named && !strcmp(range->region, named))
			CHECK(add_named(ram, range, file));
		else
			CHECK(add_range(ram, range, sources->host[i],
				mappings->count ? mappings : NULL));
	}
	return NULL;
}

static struct sonde_error *build(
	struct sonde_qemu_ram *ram, const struct sonde_qemu_ram_sources *sources)
{
	CLEANUP(sonde_qemu_mappings_deinit) struct sonde_qemu_mappings mappings = {0};

	CHECK(look_at_process(ram, sources, &mappings));
	CHECK(add_ranges(
		ram, sources, sources->mappings ? sources->mappings : &mappings));
	settle(ram);
	if (is_nearly_all_in_files(ram))
		ram->why[0] = '\0';
	return NULL;
}

struct sonde_error *sonde_qemu_ram_create(
	const struct sonde_qemu_ram_sources *sources, struct sonde_qemu_ram **ret)
{
	struct sonde_qemu_ram *ram = calloc(1, sizeof(*ram));
	struct sonde_error *error;

	if (!ram)
		return sonde_error_no_memory();
	ram->process.directory = ram->pagemap = ram->memory = -1;
	ram->ask = sources->ask;
	ram->user = sources->user;
	ram->no_mapping = sources->no_mapping;
	error = build(ram, sources);
	if (error) {
		sonde_qemu_ram_destroy(ram);
		return sonde_error_while(error, "looking for the guest's RAM");
	}
	*ret = ram;
	return NULL;
}

void sonde_qemu_ram_destroy(struct sonde_qemu_ram *ram)
{
	if (!ram)
		return;
	for (size_t i = 0; i < ram->file_count; i++)
		sonde_qemu_ram_file_destroy(ram->files[i]);
	sonde_qemu_host_release(&ram->process);
	if (ram->pagemap >= 0)
		close(ram->pagemap);
	if (ram->memory >= 0)
		close(ram->memory);
	free(ram->files);
	free(ram->segments);
	free(ram);
}

/* --- reading -------------------------------------------------------------------- */

static const struct segment *find(const struct sonde_qemu_ram *ram, uint64_t address)
{
	size_t low = 0, high = ram->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ram->segments[middle].last < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ram->count && ram->segments[low].first <= address
		       ? &ram->segments[low]
		       : NULL;
}

/*
 * Private pages: where QEMU has none of its own, the file in front of which they are is
 * read, or zeros are told. Reading them of the process would make them there, since
 * process_vm_readv() faults them in (seen with Linux 6.18). Entries of pagemap: bit 63,
 * present; bit 62, swapped (Documentation/admin-guide/mm/pagemap.rst).
 */
static struct sonde_error *read_private(struct sonde_qemu_ram *ram,
	const struct segment *segment, uint64_t skip, uint8_t *buffer, size_t length)
{
	uint64_t host = segment->host + skip, offset = segment->offset + skip;

	while (length) {
		uint64_t entries[PAGEMAP_ENTRIES], page = host / PAGE;
		size_t wanted = (size_t)((host + length - 1) / PAGE - page) + 1,
		       pages = 1;
		size_t part;
		ssize_t got;

		if (wanted > PAGEMAP_ENTRIES)
			wanted = PAGEMAP_ENTRIES;
		got = pread(ram->pagemap, entries, wanted * 8, (off_t)(page * 8));
		if (got < 8)
			return sonde_qemu_host_read(&ram->process, host, buffer, length);
		while (pages < (size_t)got / 8 &&
			!(entries[pages] >> 62) == !(entries[0] >> 62))
			pages++;
		part = (size_t)((page + pages) * PAGE - host);
		if (part > length)
			part = length;
		if (entries[0] >> 62)
			CHECK(sonde_qemu_host_read(&ram->process, host, buffer, part));
		else if (segment->file)
			CHECK(sonde_qemu_ram_file_read(
				segment->file, offset, buffer, part));
		else
			memset(buffer, 0, part);
		host += part;
		offset += part;
		buffer += part;
		length -= part;
	}
	return NULL;
}

static struct sonde_error *read_segment(struct sonde_qemu_ram *ram,
	const struct segment *segment, uint64_t address, void *buffer, size_t length)
{
	uint64_t skip = address - segment->first;

	switch (segment->means) {
	case SONDE_QEMU_BY_FILE:
		return sonde_qemu_ram_file_read(
			segment->file, segment->offset + skip, buffer, length);
	case SONDE_QEMU_BY_PROCESS:
		if (segment->is_private && ram->pagemap >= 0)
			return read_private(ram, segment, skip, buffer, length);
		return sonde_qemu_host_read(
			&ram->process, segment->host + skip, buffer, length);
	case SONDE_QEMU_BY_MONITOR:
		break;
	}
	if (ram->ask)
		return ram->ask(ram->user, address, buffer, length);
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "%s",
		ram->why[0] ? ram->why : "no means reaches this memory");
}

/* So many of @p length bytes at @p address are in @p segment. */
static size_t part_of(const struct segment *segment, uint64_t address, size_t length)
{
	uint64_t behind = segment->last - address;

	return behind < length - 1 ? (size_t)behind + 1 : length;
}

struct sonde_error *sonde_qemu_ram_read(
	struct sonde_qemu_ram *ram, uint64_t address, void *buffer, size_t length)
{
	uint8_t *to = buffer;

	while (length) {
		const struct segment *segment = find(ram, address);
		size_t part;

		if (!segment)
			return sonde_error_fault(address, "there is no RAM");
		part = part_of(segment, address, length);
		CHECK(read_segment(ram, segment, address, to, part));
		to += part;
		address += part;
		length -= part;
	}
	return NULL;
}

struct sonde_error *sonde_qemu_ram_look(
	struct sonde_qemu_ram *ram, uint64_t address, struct sonde_window *ret)
{
	const struct segment *segment = find(ram, address);
	uint64_t skip;

	*ret = (struct sonde_window){.address = address};
	if (!segment)
		return sonde_error_fault(address, "there is no RAM");
	/* A window begins with the first whole page. */
	skip = -segment->first % PAGE;
	if (segment->means != SONDE_QEMU_BY_FILE || address % PAGE ||
		address - segment->first < skip || (segment->offset + skip) % PAGE)
		return NULL;
	ret->address = segment->first + skip;
	sonde_qemu_ram_file_look(segment->file, segment->offset + skip,
		segment->offset + (address - segment->first),
		segment->offset + (segment->last - segment->first) + 1, ret);
	return NULL;
}

/* --- writing -------------------------------------------------------------------- */

static bool writes_to_process(struct sonde_qemu_ram *ram, const struct segment *segment)
{
	if (segment->means == SONDE_QEMU_BY_MONITOR || !segment->host)
		return false;
	if (ram->memory < 0)
		sonde_error_destroy(
			sonde_qemu_host_open_memory(&ram->process, &ram->memory));
	return ram->memory >= 0;
}

/* Without a mapping of the file, which pwrite() cannot do everywhere, by the process. */
static bool writes_to_file(struct sonde_qemu_ram *ram, const struct segment *segment)
{
	struct sonde_error *error;

	if (segment->means != SONDE_QEMU_BY_FILE ||
		(ram->no_mapping && writes_to_process(ram, segment)))
		return false;
	error = sonde_qemu_ram_file_prepare_write(segment->file);
	sonde_error_destroy(error);
	return !error;
}

static struct sonde_error *write_segment(struct sonde_qemu_ram *ram,
	const struct segment *segment, uint64_t address, const void *data, size_t length)
{
	uint64_t skip = address - segment->first;

	if (writes_to_file(ram, segment))
		return sonde_qemu_ram_file_write(
			segment->file, segment->offset + skip, data, length);
	if (writes_to_process(ram, segment))
		return sonde_qemu_host_write(
			ram->memory, segment->host + skip, data, length);
	return sonde_error_create(SONDE_ERROR_PERMISSION,
		"neither its file nor its process can be written");
}

struct sonde_error *sonde_qemu_ram_check_write(
	struct sonde_qemu_ram *ram, uint64_t address, size_t length, bool *ret)
{
	const struct segment *segment;

	*ret = true;
	for (size_t part; length; length -= part, address += part) {
		segment = find(ram, address);
		if (!segment)
			return sonde_error_fault(address, "there is no RAM");
		part = part_of(segment, address, length);
		if (segment->read_only)
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"a ROM is at physical address 0x%" PRIx64
				", to which QEMU writes by virtual addresses alone",
				address);
		if (!writes_to_file(ram, segment) && !writes_to_process(ram, segment))
			*ret = false;
	}
	return NULL;
}

struct sonde_error *sonde_qemu_ram_write(
	struct sonde_qemu_ram *ram, uint64_t address, const void *data, size_t length)
{
	const uint8_t *from = data;

	for (size_t part, done = 0; done < length; done += part) {
		const struct segment *segment = find(ram, address + done);
		struct sonde_error *error;

		if (!segment)
			return sonde_error_fault(address + done, "there is no RAM");
		part = part_of(segment, address + done, length - done);
		error = write_segment(ram, segment, address + done, from + done, part);
		if (error && done)
			error = sonde_error_suggest(error,
				"the first %zu of %zu bytes have been written", done,
				length);
		CHECK(error);
	}
	return NULL;
}

/* --- telling -------------------------------------------------------------------- */

const char *sonde_qemu_ram_means(const struct sonde_qemu_ram *ram)
{
	uint64_t bytes[SONDE_QEMU_BY_MONITOR + 1] = {0};
	enum sonde_qemu_means most = SONDE_QEMU_BY_FILE;

	for (size_t i = 0; i < ram->count; i++)
		bytes[ram->segments[i].means] +=
			ram->segments[i].last - ram->segments[i].first + 1;
	for (unsigned i = 0; i <= SONDE_QEMU_BY_MONITOR; i++)
		if (bytes[i] > bytes[most])
			most = (enum sonde_qemu_means)i;
	if (!ram->count || (most == SONDE_QEMU_BY_MONITOR && !ram->ask))
		return "none";
	return most == SONDE_QEMU_BY_FILE      ? "mmap"
	       : most == SONDE_QEMU_BY_PROCESS ? "process"
					       : "qmp";
}

const char *sonde_qemu_ram_why(const struct sonde_qemu_ram *ram)
{
	return ram->why[0] ? ram->why : NULL;
}
