/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include <sonde/mount.h>

#include "inode.h"
#include "kernel.h"
#include "mount.h"
#include "options.h"
#include "path.h"
#include "process.h"
#include "text_pool.h"
#include "torn.h"

enum {
	/** Looks that are taken at a mount that changes. */
	LOOKS = 4,
	SUPER_BLOCK_BYTES = 4 << 10,
	OPTIONS_BYTES = 128,
	/** Of the name of a type. */
	WORD_BYTES = 64,
	/** A source is a path, or anything that fits into a page. */
	SOURCE_BYTES = 4096,
};

struct fields {
	struct sonde_field id, parent, root, super_block, flags, source, mount_ns;
	struct sonde_field device, super_flags, type, subtype;
	struct sonde_field mounted, type_name, namespace, fs_root;
};

#define PLACE(place) offsetof(struct fields, place)

static const struct sonde_field_wish mount_wishes[] = {
	{"struct mount", "mnt_id", PLACE(id), false},
	{"struct mount", "mnt_parent", PLACE(parent), false},
	{"struct mount", "mnt.mnt_root", PLACE(root), false},
	{"struct mount", "mnt.mnt_sb", PLACE(super_block), false},
	{"struct mount", "mnt.mnt_flags", PLACE(flags), false},
	{"struct mount", "mnt_devname", PLACE(source), false},
	{"struct mount", "mnt_ns", PLACE(mount_ns), false},
};

static const struct sonde_field_wish super_block_wishes[] = {
	{"struct super_block", "s_dev", PLACE(device), false},
	{"struct super_block", "s_flags", PLACE(super_flags), false},
	{"struct super_block", "s_type", PLACE(type), false},
	{"struct super_block", "s_subtype", PLACE(subtype), true},
};

static const struct sonde_field_wish other_wishes[] = {
	{"struct mount", "mnt", PLACE(mounted), false},
	{"struct file_system_type", "name", PLACE(type_name), false},
	{"struct nsproxy", "mnt_ns", PLACE(namespace), false},
	{"struct fs_struct", "root", PLACE(fs_root), false},
};

struct sonde_mounts {
	struct sonde_mount *list;
	size_t count, next;
	struct sonde_text_pool texts;
	const char *incomplete;
};

struct reader {
	struct sonde_linux *kernel;
	struct sonde_mounts *mounts;
	struct fields fields;
	struct sonde_record mount, super_block;
	struct sonde_linux_process process;
	struct sonde_linux_paths paths;
	struct sonde_linux_place_in_tree root;
	uint64_t namespace;
	bool unreachable;
};

/** A struct mount as it was read. */
struct copy {
	uint8_t mount[SONDE_LINUX_MOUNT_BYTES], super_block[SUPER_BLOCK_BYTES];
};

static struct sonde_space *memory(const struct reader *reader)
{
	return &reader->kernel->space.space;
}

/* --- words ------------------------------------------------------------------------ */

struct option {
	uint64_t flag;
	const char *word;
};

/* include/linux/mount.h: MNT_NOSUID, ..; in the order of fs/proc_namespace.c. */
static const struct option mount_options[] = {
	{0x01, "nosuid"},
	{0x02, "nodev"},
	{0x04, "noexec"},
	{0x08, "noatime"},
	{0x10, "nodiratime"},
	{0x20, "relatime"},
	{0x80, "nosymfollow"},
	{0, NULL},
};

/* include/linux/fs.h: SB_SYNCHRONOUS, .. */
static const struct option super_options[] = {
	{16, "sync"},
	{128, "dirsync"},
	{64, "mand"},
	{1 << 25, "lazytime"},
	{0, NULL},
};

static struct sonde_error *add_options(struct reader *reader, uint64_t flags,
	uint64_t read_only, const struct option *options, const char **ret)
{
	char text[OPTIONS_BYTES];
	size_t length = (size_t)snprintf(
		text, sizeof(text), "%s", flags & read_only ? "ro" : "rw");

	for (; options->word; options++)
		if (flags & options->flag && length < sizeof(text))
			length += (size_t)snprintf(text + length, sizeof(text) - length,
				",%s", options->word);
	return sonde_text_pool_add(&reader->mounts->texts, text, ret);
}

/* NULL as *@p ret where there is none; what cannot be read is torn. */
static struct sonde_error *read_text(
	struct reader *reader, uint64_t address, size_t maximum, char **ret, bool *torn)
{
	struct sonde_error *error;

	*ret = NULL;
	if (!address)
		return NULL;
	error = sonde_space_read_string(memory(reader), address, maximum, ret);
	if (!sonde_error_is(error, SONDE_ERROR_FAULT) &&
		!sonde_error_is(error, SONDE_ERROR_BAD_DATA))
		return error;
	sonde_error_destroy(error);
	*ret = NULL;
	*torn = true;
	return NULL;
}

static struct sonde_error *add_source(
	struct reader *reader, const struct copy *copy, struct sonde_mount *mount)
{
	CLEANUP(cleanup_free) char *text = NULL;

	CHECK(read_text(reader, sonde_record_integer(&reader->fields.source, copy->mount),
		SOURCE_BYTES, &text, &mount->torn));
	if (!text)
		return NULL;
	return sonde_text_pool_add(&reader->mounts->texts, text, &mount->source);
}

/* "fuse.sshfs" is a type and a subtype. */
static struct sonde_error *add_type(
	struct reader *reader, const struct copy *copy, struct sonde_mount *mount)
{
	const struct fields *fields = &reader->fields;
	CLEANUP(cleanup_free) char *type = NULL, *subtype = NULL;
	char text[2 * WORD_BYTES + 2];
	uint64_t name;

	CHECK(sonde_field_read(&fields->type_name, memory(reader),
		sonde_record_integer(&fields->type, copy->super_block), &name));
	CHECK(read_text(reader, name, WORD_BYTES, &type, &mount->torn));
	CHECK(read_text(reader, sonde_record_integer(&fields->subtype, copy->super_block),
		WORD_BYTES, &subtype, &mount->torn));
	if (!type)
		return NULL;
	snprintf(text, sizeof(text), "%s%s%s", type, subtype && *subtype ? "." : "",
		subtype ? subtype : "");
	return sonde_text_pool_add(&reader->mounts->texts, text, &mount->type);
}

/* --- one mount -------------------------------------------------------------------- */

static struct sonde_error *add_paths(
	struct reader *reader, const struct copy *copy, struct sonde_mount *mount)
{
	const struct fields *fields = &reader->fields;
	const struct sonde_linux_place_in_tree place = {
		mount->address + fields->mounted.offset,
		sonde_record_integer(&fields->root, copy->mount),
	};
	struct sonde_linux_path path;

	CHECK(sonde_linux_path_of(&reader->paths, &place, &reader->root, &path));
	mount->reachable = path.reached;
	mount->torn = mount->torn || path.torn;
	if (path.text)
		CHECK(sonde_text_pool_add(
			&reader->mounts->texts, path.text, &mount->path));
	CHECK(sonde_linux_path_inside(&reader->paths, place.dentry, &path));
	mount->torn = mount->torn || path.torn;
	if (!path.text)
		return NULL;
	return sonde_text_pool_add(&reader->mounts->texts, path.text, &mount->root);
}

static struct sonde_error *read_mount(
	struct reader *reader, struct copy *copy, struct sonde_mount *mount)
{
	const struct fields *fields = &reader->fields;
	uint64_t device, id;

	CHECK(sonde_record_read(&reader->super_block, memory(reader),
		sonde_record_integer(&fields->super_block, copy->mount),
		copy->super_block));
	CHECK(sonde_field_read(&fields->id, memory(reader),
		sonde_record_integer(&fields->parent, copy->mount), &id));
	mount->parent_id = (uint32_t)id;
	device = sonde_record_integer(&fields->device, copy->super_block);
	mount->major = sonde_linux_major((uint32_t)device);
	mount->minor = sonde_linux_minor((uint32_t)device);
	CHECK(add_options(reader, sonde_record_integer(&fields->flags, copy->mount), 0x40,
		mount_options, &mount->options));
	CHECK(add_options(reader,
		sonde_record_integer(&fields->super_flags, copy->super_block), 1,
		super_options, &mount->super_options));
	CHECK(add_source(reader, copy, mount));
	CHECK(add_type(reader, copy, mount));
	return add_paths(reader, copy, mount);
}

/* *@p there: it is one of the namespace's. Cursors of who reads mountinfo are not. */
static struct sonde_error *read_own(
	struct reader *reader, uint64_t address, uint8_t *copy, bool *there, uint32_t *id)
{
	bool torn = false;

	*there = address >> 63;
	if (!*there)
		return NULL;
	CHECK(sonde_linux_or_torn(
		sonde_record_read(&reader->mount, memory(reader), address, copy), &torn));
	*there = !torn && sonde_record_integer(&reader->fields.mount_ns, copy) ==
				  reader->namespace;
	if (*there)
		*id = (uint32_t)sonde_record_integer(&reader->fields.id, copy);
	return NULL;
}

static struct sonde_error *add_mount(struct reader *reader, uint64_t address)
{
	struct sonde_mount *mount = &reader->mounts->list[reader->mounts->count];
	bool there, steady = false;
	struct copy copy;
	uint32_t id;

	for (unsigned i = 0; i < LOOKS && !steady; i++) {
		*mount = (struct sonde_mount){.address = address};
		CHECK(read_own(reader, address, copy.mount, &there, &mount->id));
		if (!there)
			return NULL;
		CHECK(sonde_linux_or_torn(
			read_mount(reader, &copy, mount), &mount->torn));
		CHECK(read_own(reader, address, copy.mount, &there, &id));
		steady = there && id == mount->id;
	}
	mount->torn = mount->torn || !steady;
	if (mount->reachable || mount->torn || reader->unreachable)
		reader->mounts->count++;
	return NULL;
}

/* --- all of them ------------------------------------------------------------------ */

static struct sonde_error *find_fields(struct reader *reader)
{
	uint64_t gap = sonde_linux_record_gap(reader->kernel);
	struct fields *fields = &reader->fields;
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&reader->kernel->types, &types));
	CHECK(sonde_fields_resolve(
		types, mount_wishes, ARRAY_SIZE(mount_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, super_block_wishes, ARRAY_SIZE(super_block_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, other_wishes, ARRAY_SIZE(other_wishes), fields));
	CHECK(sonde_record_plan(
		mount_wishes, ARRAY_SIZE(mount_wishes), fields, gap, &reader->mount));
	CHECK(sonde_record_plan(super_block_wishes, ARRAY_SIZE(super_block_wishes),
		fields, gap, &reader->super_block));
	if (reader->mount.bytes <= SONDE_LINUX_MOUNT_BYTES &&
		reader->super_block.bytes <= SUPER_BLOCK_BYTES)
		return NULL;
	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "'struct mount' is larger than any such structure");
}

static struct sonde_error *find_namespace(struct reader *reader, uint64_t pid)
{
	const struct fields *fields = &reader->fields;

	CHECK(sonde_linux_process_find(reader->kernel, pid, &reader->process));
	if (!reader->process.namespaces || !reader->process.fs)
		return sonde_linux_process_lacks(&reader->process, "mounts");
	CHECK(sonde_field_read(&fields->namespace, memory(reader),
		reader->process.namespaces, &reader->namespace));
	return sonde_linux_place_read(&reader->paths,
		reader->process.fs + fields->fs_root.offset, &reader->root);
}

static struct sonde_error *read_list(
	struct reader *reader, struct sonde_linux_mount_list *list)
{
	struct sonde_mounts *mounts = reader->mounts;

	CHECK(sonde_linux_mount_list_read(reader->kernel, reader->namespace, list));
	mounts->incomplete = list->incomplete;
	mounts->list = calloc(list->addresses.count + 1, sizeof(*mounts->list));
	if (!mounts->list)
		return sonde_error_no_memory();
	for (size_t i = 0; i < list->addresses.count; i++) {
		if (i % 64 == 0)
			CHECK(sonde_context_check_interrupt(
				reader->kernel->target.sonde));
		CHECK(add_mount(reader, list->addresses.list[i]));
	}
	return NULL;
}

static struct sonde_error *read_all(struct sonde_linux *kernel, uint64_t pid,
	bool unreachable, struct sonde_mounts *mounts)
{
	CLEANUP(cleanup_free) struct reader *reader = calloc(1, sizeof(*reader));
	struct sonde_linux_mount_list list = {.incomplete = NULL};
	struct sonde_error *error;

	if (!reader)
		return sonde_error_no_memory();
	reader->kernel = kernel;
	reader->mounts = mounts;
	reader->unreachable = unreachable;
	CHECK(find_fields(reader));
	CHECK(sonde_linux_paths_init(&reader->paths, kernel));
	CHECK(find_namespace(reader, pid));
	error = read_list(reader, &list);
	sonde_linux_mount_list_deinit(&list);
	return error;
}

struct sonde_error *sonde_mounts_open(struct sonde_target *target,
	const struct sonde_mounts_options *options, struct sonde_mounts **ret)
{
	struct sonde_mounts_options given = {.size = 0};
	struct sonde_mounts *mounts;
	struct sonde_error *error;

	CHECK(sonde_kernel_find(target));
	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	if (!given.pid)
		given.pid = 1;
	mounts = calloc(1, sizeof(*mounts));
	if (!mounts)
		return sonde_error_no_memory();
	error = read_all(sonde_linux_below(target), given.pid, given.unreachable, mounts);
	if (error) {
		sonde_mounts_close(mounts);
		return sonde_error_while(error, "reading the mounts of process %llu",
			(unsigned long long)given.pid);
	}
	*ret = mounts;
	return NULL;
}

const struct sonde_mount *sonde_mounts_next(struct sonde_mounts *mounts)
{
	return mounts->next < mounts->count ? &mounts->list[mounts->next++] : NULL;
}

const char *sonde_mounts_incomplete(const struct sonde_mounts *mounts)
{
	return mounts->texts.is_full ? "there is more text than any system has"
				     : mounts->incomplete;
}

void sonde_mounts_close(struct sonde_mounts *mounts)
{
	if (!mounts)
		return;
	sonde_text_pool_deinit(&mounts->texts);
	free(mounts->list);
	free(mounts);
}
