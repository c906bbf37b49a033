/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process_ram.h"
#include "ram.h"
#include "ram_file.h"

enum {
	/** Of a machine with a DIMM in each of its 256 slots, and a file for each. */
	FILES_MAX = 1024,
	SEGMENTS_MAX = 1 << 16,
	PAGE = SONDE_WINDOW_PAGE_BYTES,
	WHY_TEXT = 256,
};

/** A run of physical addresses that are reached in one way. */
struct segment {
	/** Both included. */
	uint64_t first, last;
	enum sonde_qemu_means means;
	/** Not to be written behind QEMU's back. */
	bool read_only;
	/** Where it is in QEMU's process, if its host is not 0, and which part of which
	 * file it is; without a process its file alone counts. */
	struct sonde_qemu_process_run run;
};

struct sonde_qemu_ram {
	/** Sorted. */
	struct segment *segments;
	size_t count;
	struct sonde_qemu_ram_file **files;
	size_t file_count;
	/** For BY_PROCESS. */
	struct sonde_qemu_process_ram process;
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
	CHECK(sonde_error_while(
		sonde_qemu_host_open_file(&ram->process.process, mapping, &fd),
		"opening \"%s\", which the guest's RAM is in", mapping->path));
	return add_file(ram, fd, !ram->no_mapping && mapping->shared, ret);
}

/* One mapping of QEMU's process, or the part of it that a range of RAM is in. */
static struct sonde_error *add_mapped(struct sonde_qemu_ram *ram,
	const struct sonde_qemu_mapping *mapping, struct segment *segment)
{
	struct sonde_error *error = NULL;

	segment->means = SONDE_QEMU_BY_PROCESS;
	segment->run.length = segment->last - segment->first + 1;
	if (mapping->inode) {
		segment->run.offset =
			mapping->offset + (segment->run.host - mapping->first);
		error = find_file(ram, mapping, &segment->run.file);
	}
	if (error) {
		explain(ram, error, same_user);
	} else if (mapping->inode && mapping->shared) {
		segment->means = SONDE_QEMU_BY_FILE;
	} else {
		segment->run.is_private = !mapping->shared;
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
			segment.run.host = host + (first - range->first);
			if (mapping->end - segment.run.host - 1 < segment.last - first)
				segment.last =
					first + (mapping->end - segment.run.host - 1);
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
		.run = {.file = file, .offset = range->offset}};

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

	error = sonde_qemu_host_read(&ram->process.process, host, &byte, 1);
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
			allowed = may_read_process(ram, segment->run.host);
		if (!allowed)
			segment->means = SONDE_QEMU_BY_MONITOR;
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

	if (!process) {
		explain(ram,
			sonde_error_create(SONDE_ERROR_PERMISSION,
				"QEMU's process is not seen: permission is lacking, or "
				"it is on another host"),
			"run sonde as root, where QEMU runs");
		return NULL;
	}
	CHECK(sonde_qemu_process_ram_hold(&ram->process, process));
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
	ram->process = (struct sonde_qemu_process_ram)SONDE_QEMU_PROCESS_RAM_NONE;
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
	for (size_t i = 0; i < ram->count; i++)
		free(ram->segments[i].run.present);
	sonde_qemu_process_ram_release(&ram->process);
	free(ram->files);
	free(ram->segments);
	free(ram);
}

/* --- reading -------------------------------------------------------------------- */

static struct segment *find(const struct sonde_qemu_ram *ram, uint64_t address)
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

static struct sonde_error *read_segment(struct sonde_qemu_ram *ram,
	struct segment *segment, uint64_t address, void *buffer, size_t length)
{
	uint64_t skip = address - segment->first;

	switch (segment->means) {
	case SONDE_QEMU_BY_FILE:
		return sonde_qemu_ram_file_read(
			segment->run.file, segment->run.offset + skip, buffer, length);
	case SONDE_QEMU_BY_PROCESS:
		return sonde_qemu_process_ram_read(
			&ram->process, &segment->run, skip, buffer, length);
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
		struct segment *segment = find(ram, address);
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
		address - segment->first < skip || (segment->run.offset + skip) % PAGE)
		return NULL;
	ret->address = segment->first + skip;
	sonde_qemu_ram_file_look(segment->run.file, segment->run.offset + skip,
		segment->run.offset + (address - segment->first),
		segment->run.offset + (segment->last - segment->first) + 1, ret);
	return NULL;
}

/* --- writing -------------------------------------------------------------------- */

static bool writes_to_process(struct sonde_qemu_ram *ram, const struct segment *segment)
{
	return segment->means != SONDE_QEMU_BY_MONITOR && segment->run.host &&
	       sonde_qemu_process_ram_is_writable(&ram->process);
}

/* Without a mapping of the file, which pwrite() cannot do everywhere, by the process. */
static bool writes_to_file(struct sonde_qemu_ram *ram, const struct segment *segment)
{
	struct sonde_error *error;

	if (segment->means != SONDE_QEMU_BY_FILE ||
		(ram->no_mapping && writes_to_process(ram, segment)))
		return false;
	error = sonde_qemu_ram_file_prepare_write(segment->run.file);
	sonde_error_destroy(error);
	return !error;
}

static struct sonde_error *write_segment(struct sonde_qemu_ram *ram,
	const struct segment *segment, uint64_t address, const void *data, size_t length)
{
	uint64_t skip = address - segment->first;

	if (writes_to_file(ram, segment))
		return sonde_qemu_ram_file_write(
			segment->run.file, segment->run.offset + skip, data, length);
	if (writes_to_process(ram, segment))
		return sonde_qemu_process_ram_write(
			&ram->process, &segment->run, skip, data, length);
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
