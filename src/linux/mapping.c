/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "grow.h"
#include "kernel.h"
#include "mapping.h"
#include "options.h"
#include "torn.h"

enum {
	/** Of one process: vm.max_map_count is 65,530, or a million where games are. */
	AREAS_MAX = 1 << 21,
	/** Areas between two questions whether somebody wants to end. */
	INTERRUPT_EVERY = 64,
	/** Looks that are taken at an area whose file changes. */
	LOOKS = 4,
	/** include/linux/fs.h: FMODE_BACKING, which is the one in some kernels and the
	   other in others, where the other one means something else. */
	MAY_BACK = 1 << 24 | 1 << 25,
	/** include/linux/mm.h: VM_READ, .. */
	READ = 1 << 0,
	WRITE = 1 << 1,
	EXECUTE = 1 << 2,
	MAY_SHARE = 1 << 7,
};

struct sonde_mappings {
	struct sonde_mapping *list;
	size_t count, capacity, next;
	struct sonde_text_pool texts;
	const char *incomplete;
};

struct reader {
	struct sonde_linux *kernel;
	struct sonde_mappings *mappings;
	struct sonde_linux_process process;
	struct sonde_linux_areas areas;
	struct sonde_linux_inodes inodes;
	struct sonde_linux_paths paths;
	bool with_files;
	unsigned page_shift;
	/** The file that was read last, as a mapping. */
	uint64_t file;
	struct sonde_mapping of_file;
};

static struct sonde_error *add(
	struct sonde_mappings *mappings, const struct sonde_mapping *mapping)
{
	CHECK(SONDE_GROW(&mappings->list, mappings->count, &mappings->capacity));
	mappings->list[mappings->count++] = *mapping;
	return NULL;
}

/* Whether there is a struct path: both of its parts are of one file system. */
static struct sonde_error *is_path(struct reader *reader, uint64_t address, bool *ret)
{
	const struct sonde_linux_area_fields *fields = &reader->areas.fields;
	struct sonde_space *space = &reader->kernel->space.space;
	struct sonde_linux_place_in_tree place;
	uint64_t of_mount = 0, of_dentry = 0;
	bool torn = false;

	CHECK(sonde_linux_or_torn(
		sonde_linux_place_read(&reader->paths, address, &place), &torn));
	*ret = !torn && place.mount >> 63 && place.dentry >> 63;
	if (!*ret)
		return NULL;
	CHECK(sonde_linux_or_torn(sonde_field_read(&fields->mount_super_block, space,
					  place.mount, &of_mount),
		&torn));
	CHECK(sonde_linux_or_torn(sonde_field_read(&fields->dentry_super_block, space,
					  place.dentry, &of_dentry),
		&torn));
	*ret = !torn && of_mount && of_mount == of_dentry;
	return NULL;
}

/*
 * A file of an overlay is mapped by the file behind it, which knows what the user called
 * it (fs/file_table.c: struct backing_file, which begins with the struct file).
 */
static struct sonde_error *find_path(
	struct reader *reader, uint64_t file, uint64_t *ret, bool *backing)
{
	const struct sonde_linux_area_fields *fields = &reader->areas.fields;
	uint64_t mode;

	CHECK(sonde_field_read(
		&fields->file_mode, &reader->kernel->space.space, file, &mode));
	*backing = fields->user_path.present && mode & MAY_BACK;
	if (*backing)
		CHECK(is_path(reader, file + fields->user_path.offset, backing));
	*ret = file + (*backing ? fields->user_path.offset : fields->file_path.offset);
	return NULL;
}

static struct sonde_error *find_inode(
	struct reader *reader, uint64_t file, uint64_t path, bool backing, uint64_t *ret)
{
	const struct sonde_linux_area_fields *fields = &reader->areas.fields;
	struct sonde_space *space = &reader->kernel->space.space;
	struct sonde_linux_place_in_tree place;

	if (!backing)
		return sonde_field_read(&fields->file_inode, space, file, ret);
	CHECK(sonde_linux_place_read(&reader->paths, path, &place));
	return sonde_field_read(&fields->dentry_inode, space, place.dentry, ret);
}

/* *@p path is that of the file, which may be another one's. */
static struct sonde_error *read_inode(
	struct reader *reader, uint64_t file, struct sonde_mapping *ret, uint64_t *path)
{
	struct sonde_linux_inode inode;
	uint64_t address;
	bool backing;

	CHECK(find_path(reader, file, path, &backing));
	CHECK(find_inode(reader, file, *path, backing, &address));
	CHECK(sonde_linux_inode_read(&reader->inodes, address, &inode));
	ret->inode = inode.number;
	ret->major = sonde_linux_major(inode.device);
	ret->minor = sonde_linux_minor(inode.device);
	return NULL;
}

static struct sonde_error *read_file(struct reader *reader, uint64_t file)
{
	struct sonde_mapping *of_file = &reader->of_file;
	uint64_t address = file + reader->areas.fields.file_path.offset;
	struct sonde_linux_path path;

	*of_file = (struct sonde_mapping){.torn = false};
	reader->file = file;
	CHECK(sonde_linux_or_torn(
		read_inode(reader, file, of_file, &address), &of_file->torn));
	CHECK(sonde_linux_path_at(&reader->paths, address, &path));
	of_file->torn = of_file->torn || path.torn;
	if (!path.text)
		return NULL;
	return sonde_text_pool_add(&reader->mappings->texts, path.text, &of_file->path);
}

/* Its file stays what it is as long as the area has it. */
static struct sonde_error *find_file(
	struct reader *reader, const struct sonde_linux_area *area)
{
	bool same = reader->file == area->file;

	for (unsigned i = 0; i < LOOKS && !same; i++) {
		CHECK(read_file(reader, area->file));
		CHECK(sonde_linux_area_is_same(&reader->areas, area, &same));
	}
	if (!same)
		reader->of_file.torn = true;
	return NULL;
}

static struct sonde_error *find_name(struct reader *reader,
	const struct sonde_linux_area *area, struct sonde_mapping *mapping)
{
	char name[SONDE_LINUX_AREA_NAME_BYTES];

	CHECK(sonde_linux_area_name(&reader->areas, area, name));
	if (!name[0])
		return NULL;
	return sonde_text_pool_add(&reader->mappings->texts, name, &mapping->path);
}

static void set_rights(struct sonde_mapping *mapping, uint64_t flags)
{
	mapping->permissions[0] = flags & READ ? 'r' : '-';
	mapping->permissions[1] = flags & WRITE ? 'w' : '-';
	mapping->permissions[2] = flags & EXECUTE ? 'x' : '-';
	mapping->permissions[3] = flags & MAY_SHARE ? 's' : 'p';
	mapping->permissions[4] = '\0';
}

static struct sonde_error *add_area(
	struct reader *reader, const struct sonde_linux_area *area)
{
	struct sonde_mapping mapping = {.torn = false};

	if (area->file && reader->with_files) {
		CHECK(find_file(reader, area));
		mapping = reader->of_file;
	}
	mapping.start = area->start;
	mapping.end = area->end;
	if (area->file)
		mapping.offset = area->offset << reader->page_shift;
	mapping.torn = mapping.torn || area->torn;
	set_rights(&mapping, area->flags);
	CHECK(find_name(reader, area, &mapping));
	return add(reader->mappings, &mapping);
}

static struct sonde_error *add_gate(struct reader *reader)
{
	struct sonde_mapping mapping = {.path = "[vsyscall]"};
	struct sonde_linux_area area;
	bool found, torn = false;

	CHECK(sonde_linux_or_torn(
		sonde_linux_area_gate(&reader->areas, &area, &found), &torn));
	if (torn || !found)
		return NULL;
	mapping.start = area.start;
	mapping.end = area.end;
	set_rights(&mapping, area.flags);
	return add(reader->mappings, &mapping);
}

static struct sonde_error *read_areas(struct reader *reader)
{
	struct sonde_mappings *mappings = reader->mappings;
	struct sonde_linux_area area;
	bool more, same;

	for (;;) {
		if (mappings->count % INTERRUPT_EVERY == 0)
			CHECK(sonde_context_check_interrupt(
				reader->kernel->target.sonde));
		CHECK(sonde_linux_areas_next(&reader->areas, &area, &more));
		if (!more)
			break;
		if (mappings->count == AREAS_MAX) {
			mappings->incomplete = "there are more than any process has";
			return NULL;
		}
		CHECK(add_area(reader, &area));
	}
	CHECK(add_gate(reader));
	mappings->incomplete = reader->areas.incomplete;
	CHECK(sonde_linux_process_is_same(&reader->process, &same));
	if (!same)
		mappings->incomplete =
			"the process ended, or became another program, meanwhile";
	return NULL;
}

static struct sonde_error *prepare(struct reader *reader, uint64_t pid)
{
	uint64_t page_bytes = sonde_linux_page_bytes(reader->kernel);

	while (page_bytes > UINT64_C(1) << reader->page_shift)
		reader->page_shift++;
	CHECK(sonde_linux_process_find(reader->kernel, pid, &reader->process));
	if (!reader->process.mm)
		return sonde_linux_process_lacks(&reader->process, "memory of its own");
	CHECK(sonde_linux_inodes_init(&reader->inodes, reader->kernel));
	if (reader->with_files)
		CHECK(sonde_linux_paths_init(&reader->paths, reader->kernel));
	return sonde_linux_areas_begin(
		&reader->areas, reader->kernel, reader->process.mm);
}

static struct sonde_error *read_all(struct sonde_linux *kernel, uint64_t pid,
	bool with_files, struct sonde_mappings *mappings)
{
	CLEANUP(cleanup_free) struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return sonde_error_no_memory();
	reader->kernel = kernel;
	reader->mappings = mappings;
	reader->with_files = with_files;
	CHECK(prepare(reader, pid));
	return read_areas(reader);
}

struct sonde_error *sonde_mappings_open(struct sonde_target *target, uint64_t pid,
	const struct sonde_mappings_options *options, struct sonde_mappings **ret)
{
	struct sonde_mappings_options given = {.size = 0};
	struct sonde_mappings *mappings;
	struct sonde_error *error;

	CHECK(sonde_kernel_find(target));
	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	mappings = calloc(1, sizeof(*mappings));
	if (!mappings)
		return sonde_error_no_memory();
	error = read_all(sonde_linux_below(target), pid, !given.without_files, mappings);
	if (error) {
		sonde_mappings_close(mappings);
		return sonde_error_while(error,
			"reading the memory areas of process %llu",
			(unsigned long long)pid);
	}
	*ret = mappings;
	return NULL;
}

const struct sonde_mapping *sonde_mappings_next(struct sonde_mappings *mappings)
{
	return mappings->next < mappings->count ? &mappings->list[mappings->next++]
						: NULL;
}

const char *sonde_mappings_incomplete(const struct sonde_mappings *mappings)
{
	return mappings->texts.is_full ? "there is more text than any system has"
				       : mappings->incomplete;
}

void sonde_mappings_close(struct sonde_mappings *mappings)
{
	if (!mappings)
		return;
	sonde_text_pool_deinit(&mappings->texts);
	free(mappings->list);
	free(mappings);
}
