/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "path.h"
#include "task.h"

enum {
	/** How often a path is read that changes. */
	TRIES = 4,
	/** What is looked at for all paths, and so much more for each. */
	STEPS = 1 << 16,
	STEPS_EACH = 64,
	/** Of one path: dentries whose names are empty, mounts on mounts. */
	STEPS_MAX = 4096,
	/** Of a file system's type, and of a kind of namespaces. */
	WORD_BYTES = 64,
};

#define WISH(type, member, place)                                                \
	{                                                                        \
		type, member, offsetof(struct sonde_linux_path_fields, place), 0 \
	}

static const struct sonde_field_wish dentry_wishes[] = {
	WISH("struct dentry", "d_hash.pprev", hash),
	WISH("struct dentry", "d_parent", parent),
	WISH("struct dentry", "d_name.len|__d_name.len", name_length),
	WISH("struct dentry", "d_name.name|__d_name.name", name),
	WISH("struct dentry", "d_inode", inode),
	WISH("struct dentry", "d_iname|d_shortname", inline_name),
	WISH("struct dentry", "d_op", operations),
	WISH("struct dentry", "d_sb", super_block),
};

static const struct sonde_field_wish mount_wishes[] = {
	WISH("struct mount", "mnt_parent", mount_parent),
	WISH("struct mount", "mnt_mountpoint", mount_point),
	WISH("struct mount", "mnt.mnt_root", mount_root),
};

static const struct sonde_field_wish path_wishes[] = {
	WISH("struct path", "mnt", path_mount),
	WISH("struct path", "dentry", path_dentry),
};

static const struct sonde_field_wish other_wishes[] = {
	WISH("struct mount", "mnt", mounted),
	WISH("struct file", "f_path|__f_path", file_path),
	WISH("struct dentry_operations", "d_dname", make_name),
	WISH("struct super_block", "s_type", type),
	WISH("struct file_system_type", "name", type_name),
	WISH("struct inode", "i_ino", inode_number),
	WISH("struct inode", "i_private", inode_private),
	WISH("struct ns_common", "ops", ns_operations),
	WISH("struct ns_common", "inum", ns_number),
	WISH("struct proc_ns_operations", "name", ns_name),
	WISH("struct task_struct", "fs", task_fs),
	WISH("struct fs_struct", "root", fs_root),
	/* A seqlock_t begins with it. */
	WISH("struct seqcount", "sequence", sequence),
};

/* --- what is there ---------------------------------------------------------------- */

static struct sonde_space *memory(const struct sonde_linux_paths *paths)
{
	return &paths->kernel->space.space;
}

static bool is_pointer(uint64_t address)
{
	return address >> 63 && !(address & 7);
}

static bool is_about_content(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_FAULT) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA) ||
	       sonde_error_is(error, SONDE_ERROR_NOT_FOUND);
}

/* What could be read is believed or not; an error remains where the means failed. */
static struct sonde_error *believe(struct sonde_error *error, bool *ret)
{
	*ret = !error;
	if (!is_about_content(error))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_linux_place_read(struct sonde_linux_paths *paths,
	uint64_t address, struct sonde_linux_place_in_tree *ret)
{
	uint8_t copy[SONDE_LINUX_DENTRY_BYTES];

	CHECK(sonde_record_read(&paths->path, memory(paths), address, copy));
	ret->mount = sonde_record_integer(&paths->fields.path_mount, copy);
	ret->dentry = sonde_record_integer(&paths->fields.path_dentry, copy);
	return NULL;
}

static struct sonde_error *find_root(struct sonde_linux_paths *paths)
{
	struct sonde_linux_place_in_tree root;
	uint64_t task, fs;

	CHECK(sonde_linux_find_task(paths->kernel, 1, &task));
	CHECK(sonde_field_read(&paths->fields.task_fs, memory(paths), task, &fs));
	CHECK(sonde_linux_place_read(paths, fs + paths->fields.fs_root.offset, &root));
	paths->root = root;
	return NULL;
}

static struct sonde_error *find_lock(
	const struct sonde_linux_paths *paths, const char *name, uint64_t *ret)
{
	struct sonde_symbol symbol;
	bool found;

	CHECK(sonde_linux_own_look_up(paths->kernel, name, &symbol, &found));
	*ret = found ? symbol.address : 0;
	return NULL;
}

static struct sonde_error *plan(struct sonde_linux_paths *paths,
	const struct sonde_field_wish *wishes, size_t count, size_t bytes,
	struct sonde_record *ret)
{
	CHECK(sonde_record_plan(wishes, count, &paths->fields,
		sonde_linux_record_gap(paths->kernel), ret));
	if (ret->bytes <= bytes)
		return NULL;
	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"'%s' is larger than any such structure", wishes[0].type);
}

struct sonde_error *sonde_linux_paths_init(
	struct sonde_linux_paths *ret, struct sonde_linux *kernel)
{
	const struct {
		const struct sonde_field_wish *wishes;
		size_t count, bytes;
		struct sonde_record *record;
	} parts[] = {
		{dentry_wishes, ARRAY_SIZE(dentry_wishes), SONDE_LINUX_DENTRY_BYTES,
			&ret->dentry},
		{mount_wishes, ARRAY_SIZE(mount_wishes), SONDE_LINUX_MOUNT_BYTES,
			&ret->mount},
		{path_wishes, ARRAY_SIZE(path_wishes), SONDE_LINUX_DENTRY_BYTES,
			&ret->path},
		{other_wishes, ARRAY_SIZE(other_wishes), 0, NULL},
	};
	const struct sonde_types *types;
	bool found;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	*ret = (struct sonde_linux_paths){.kernel = kernel, .left = STEPS};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CHECK(sonde_fields_resolve(
			types, parts[i].wishes, parts[i].count, &ret->fields));
		if (parts[i].record)
			CHECK(plan(ret, parts[i].wishes, parts[i].count, parts[i].bytes,
				parts[i].record));
	}
	CHECK(find_lock(ret, "rename_lock", &ret->rename_lock));
	CHECK(find_lock(ret, "mount_lock", &ret->mount_lock));
	return believe(find_root(ret), &found);
}

/* --- one path --------------------------------------------------------------------- */

enum outcome {
	/** It has a path. */
	WHOLE,
	TOO_LONG,
	/** Something made no sense. */
	BROKEN,
};

struct climb {
	struct sonde_linux_paths *paths;
	/** SONDE_LINUX_PATH_BYTES; from @ref first on it is written. */
	char *text;
	size_t first;
	enum outcome outcome;
	/** It ended where it should. */
	bool reached;
	/** What was read last, and of where. */
	uint64_t dentry_address;
	uint8_t dentry[SONDE_LINUX_DENTRY_BYTES];
	struct sonde_linux_path_mount mount;
};

static uint64_t of_dentry(const struct climb *climb, const struct sonde_field *field)
{
	return sonde_record_integer(field, climb->dentry);
}

static void fail(struct climb *climb, enum outcome outcome)
{
	if (climb->outcome == WHOLE)
		climb->outcome = outcome;
}

/* In front of what is there. */
static void put(struct climb *climb, const char *text, size_t length)
{
	if (length > climb->first) {
		fail(climb, TOO_LONG);
		return;
	}
	climb->first -= length;
	memcpy(climb->text + climb->first, text, length);
}

static void put_text(struct climb *climb, const char *text)
{
	put(climb, text, strlen(text));
}

static struct sonde_error *look_at_dentry(struct climb *climb, uint64_t address)
{
	struct sonde_linux_paths *paths = climb->paths;

	if (climb->dentry_address == address)
		return NULL;
	if (!is_pointer(address) || !paths->left)
		return sonde_error_fault(address, NULL);
	paths->left--;
	climb->dentry_address = 0;
	CHECK(sonde_record_read(&paths->dentry, memory(paths), address, climb->dentry));
	climb->dentry_address = address;
	return NULL;
}

static struct sonde_error *look_at_mount(struct climb *climb, uint64_t mounted)
{
	struct sonde_linux_paths *paths = climb->paths;
	uint64_t address = mounted - paths->fields.mounted.offset;
	struct sonde_linux_path_mount *seen;
	uint8_t copy[SONDE_LINUX_MOUNT_BYTES];

	if (climb->mount.address == address)
		return NULL;
	seen = &paths->mounts[(address >> 6) % SONDE_LINUX_PATH_MOUNTS];
	if (seen->address == address) {
		climb->mount = *seen;
		return NULL;
	}
	if (!is_pointer(mounted) || !paths->left)
		return sonde_error_fault(mounted, NULL);
	paths->left--;
	CHECK(sonde_record_read(&paths->mount, memory(paths), address, copy));
	climb->mount = (struct sonde_linux_path_mount){
		.address = address,
		.parent = sonde_record_integer(&paths->fields.mount_parent, copy),
		.point = sonde_record_integer(&paths->fields.mount_point, copy),
		.root = sonde_record_integer(&paths->fields.mount_root, copy),
	};
	*seen = climb->mount;
	return NULL;
}

/* The name of the dentry that was looked at; where it is short, in the dentry itself. */
static struct sonde_error *put_name(struct climb *climb)
{
	const struct sonde_linux_path_fields *fields = &climb->paths->fields;
	const struct sonde_field *short_name = &fields->inline_name;
	uint64_t length = of_dentry(climb, &fields->name_length);
	uint64_t address = of_dentry(climb, &fields->name);
	char name[SONDE_LINUX_PATH_BYTES];

	if (length > climb->first) {
		fail(climb, TOO_LONG);
		return NULL;
	}
	if (address == climb->dentry_address + short_name->offset) {
		if (length > short_name->bytes)
			return sonde_error_fault(address, NULL);
		memcpy(name, climb->dentry + short_name->offset, length);
	} else {
		if (!(address >> 63))
			return sonde_error_fault(address, NULL);
		CHECK(sonde_space_read(memory(climb->paths), address, name, length));
	}
	put(climb, name, strnlen(name, length));
	return NULL;
}

/* Up to @p end, to the root of all, or to where it is connected to nothing. */
static struct sonde_error *go_up(struct climb *climb,
	struct sonde_linux_place_in_tree place,
	const struct sonde_linux_place_in_tree *end)
{
	const struct sonde_linux_path_fields *fields = &climb->paths->fields;
	uint64_t up;

	for (unsigned steps = 0; climb->outcome == WHOLE; steps++) {
		if (steps == STEPS_MAX)
			return sonde_error_create(
				SONDE_ERROR_BAD_DATA, "the path has no end");
		climb->reached = place.mount == end->mount && place.dentry == end->dentry;
		if (climb->reached)
			break;
		if (place.mount)
			CHECK(look_at_mount(climb, place.mount));
		if (place.mount && place.dentry == climb->mount.root) {
			up = climb->mount.parent;
			if (up == climb->mount.address)
				break;
			place.mount = up + fields->mounted.offset;
			place.dentry = climb->mount.point;
			continue;
		}
		CHECK(look_at_dentry(climb, place.dentry));
		up = of_dentry(climb, &fields->parent);
		if (up == place.dentry)
			break;
		CHECK(put_name(climb));
		put(climb, "/", 1);
		place.dentry = up;
	}
	return NULL;
}

/* --- files that are in no directory ----------------------------------------------- */

static struct sonde_error *read_word(
	const struct climb *climb, uint64_t address, char ret[static WORD_BYTES])
{
	char *text;

	CHECK(sonde_space_read_string(
		memory(climb->paths), address, WORD_BYTES - 1, &text));
	snprintf(ret, WORD_BYTES, "%s", text);
	free(text);
	return NULL;
}

static struct sonde_error *put_number(struct climb *climb, const char *word)
{
	const struct sonde_linux_path_fields *fields = &climb->paths->fields;
	uint64_t inode = of_dentry(climb, &fields->inode), number;
	char text[WORD_BYTES];

	CHECK(sonde_field_read(
		&fields->inode_number, memory(climb->paths), inode, &number));
	snprintf(text, sizeof(text), "%s:[%" PRIu64 "]", word, number);
	put_text(climb, text);
	return NULL;
}

static struct sonde_error *put_namespace(struct climb *climb)
{
	const struct sonde_linux_path_fields *fields = &climb->paths->fields;
	uint64_t inode = of_dentry(climb, &fields->inode), ns, number, operations, name;
	struct sonde_space *space = memory(climb->paths);
	char word[WORD_BYTES], text[2 * WORD_BYTES];

	CHECK(sonde_field_read(&fields->inode_private, space, inode, &ns));
	CHECK(sonde_field_read(&fields->ns_number, space, ns, &number));
	CHECK(sonde_field_read(&fields->ns_operations, space, ns, &operations));
	CHECK(sonde_field_read(&fields->ns_name, space, operations, &name));
	CHECK(read_word(climb, name, word));
	snprintf(text, sizeof(text), "%s:[%" PRIu64 "]", word, number);
	put_text(climb, text);
	return NULL;
}

/* What their file systems call them: d_op->d_dname(). */
static struct sonde_error *put_made_name(struct climb *climb)
{
	const struct sonde_linux_path_fields *fields = &climb->paths->fields;
	uint64_t type = of_dentry(climb, &fields->super_block), name;
	struct sonde_space *space = memory(climb->paths);
	char word[WORD_BYTES];

	CHECK(sonde_field_read(&fields->type, space, type, &type));
	CHECK(sonde_field_read(&fields->type_name, space, type, &name));
	CHECK(read_word(climb, name, word));
	if (!strcmp(word, "pipefs"))
		return put_number(climb, "pipe");
	if (!strcmp(word, "sockfs"))
		return put_number(climb, "socket");
	if (!strcmp(word, "nsfs"))
		return put_namespace(climb);
	if (!strcmp(word, "pidfs")) {
		put_text(climb, "anon_inode:[pidfd]");
		return NULL;
	}
	if (!strcmp(word, "anon_inodefs")) {
		CHECK(put_name(climb));
		put_text(climb, "anon_inode:");
		return NULL;
	}
	if (!strcmp(word, "dmabuf"))
		put_text(climb, ":");
	else
		put_text(climb, " (deleted)");
	CHECK(put_name(climb));
	put_text(climb, "/");
	return NULL;
}

static struct sonde_error *makes_name(
	struct sonde_linux_paths *paths, uint64_t operations, bool *ret)
{
	unsigned at = (operations >> 6) % SONDE_LINUX_PATH_OPERATIONS;
	uint64_t function;

	*ret = false;
	if (!operations)
		return NULL;
	if (paths->operations[at].address != operations) {
		CHECK(sonde_field_read(
			&paths->fields.make_name, memory(paths), operations, &function));
		paths->operations[at].address = operations;
		paths->operations[at].makes_name = function;
	}
	*ret = paths->operations[at].makes_name;
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *climb_from(struct climb *climb,
	const struct sonde_linux_place_in_tree *place,
	const struct sonde_linux_place_in_tree *end)
{
	const struct sonde_linux_path_fields *fields = &climb->paths->fields;
	bool is_root, own;

	CHECK(look_at_dentry(climb, place->dentry));
	is_root = of_dentry(climb, &fields->parent) == place->dentry;
	if (!place->mount) {
		if (!is_root && !of_dentry(climb, &fields->hash))
			put_text(climb, "//deleted");
		CHECK(go_up(climb, *place, end));
		if (is_root)
			put_text(climb, "/");
		return NULL;
	}
	CHECK(makes_name(climb->paths, of_dentry(climb, &fields->operations), &own));
	if (own && is_root) {
		CHECK(look_at_mount(climb, place->mount));
		own = climb->mount.root != place->dentry;
	}
	if (own)
		return put_made_name(climb);
	if (!is_root && !of_dentry(climb, &fields->hash))
		put_text(climb, " (deleted)");
	CHECK(go_up(climb, *place, end));
	if (climb->text[climb->first] != '/')
		put_text(climb, "/");
	return NULL;
}

/* Into @p text. */
static struct sonde_error *climb_once(struct sonde_linux_paths *paths, char *text,
	const struct sonde_linux_place_in_tree *place,
	const struct sonde_linux_place_in_tree *end, struct climb *ret)
{
	bool good;

	ret->paths = paths;
	ret->text = text;
	ret->first = SONDE_LINUX_PATH_BYTES - 1;
	text[ret->first] = '\0';
	ret->outcome = WHOLE;
	ret->reached = false;
	ret->dentry_address = ret->mount.address = 0;
	CHECK(believe(climb_from(ret, place, end), &good));
	if (!good)
		fail(ret, BROKEN);
	return NULL;
}

static struct sonde_error *read_lock(
	const struct sonde_linux_paths *paths, uint64_t lock, uint64_t *ret, bool *quiet)
{
	if (!lock) {
		*quiet = false;
		return NULL;
	}
	CHECK(sonde_field_read(&paths->fields.sequence, memory(paths), lock, ret));
	*quiet = *quiet && !(*ret & 1);
	return NULL;
}

/* What was seen of mounts is not believed any more. */
static void forget_mounts(struct sonde_linux_paths *paths)
{
	for (size_t i = 0; i < SONDE_LINUX_PATH_MOUNTS; i++)
		paths->mounts[i].address = 0;
}

/* *@p same: they count what they counted before. Odd ones are held by somebody who
 * changes something. */
static struct sonde_error *read_locks(struct sonde_linux_paths *paths, bool *same)
{
	uint64_t counts[2] = {0};
	bool quiet = true;

	CHECK(read_lock(paths, paths->rename_lock, &counts[0], &quiet));
	if (quiet)
		CHECK(read_lock(paths, paths->mount_lock, &counts[1], &quiet));
	if (!paths->counted || !quiet || counts[1] != paths->counts[1])
		forget_mounts(paths);
	*same = paths->counted && quiet && counts[0] == paths->counts[0] &&
		counts[1] == paths->counts[1];
	paths->counted = quiet;
	paths->counts[0] = counts[0];
	paths->counts[1] = counts[1];
	return NULL;
}

static bool is_same(const struct climb *one, const struct climb *other)
{
	return one->outcome == other->outcome && one->reached == other->reached &&
	       (one->outcome != WHOLE ||
		       !strcmp(one->text + one->first, other->text + other->first));
}

/* Whether nobody renamed or mounted anything; where that cannot be told, whether the
 * same is read again. */
static struct sonde_error *try(struct climb *climb,
	const struct sonde_linux_place_in_tree *place,
	const struct sonde_linux_place_in_tree *end, bool *ret)
{
	struct sonde_linux_paths *paths = climb->paths;
	struct climb again;

	/* What was counted behind the path before this one will do. */
	if (!paths->counted)
		CHECK(read_locks(paths, ret));
	CHECK(climb_once(paths, paths->text, place, end, climb));
	CHECK(read_locks(paths, ret));
	if (*ret)
		return NULL;
	forget_mounts(paths);
	CHECK(climb_once(paths, paths->again, place, end, &again));
	*ret = is_same(climb, &again);
	return NULL;
}

static struct sonde_error *read_path(struct sonde_linux_paths *paths,
	const struct sonde_linux_place_in_tree *place,
	const struct sonde_linux_place_in_tree *root, struct sonde_linux_path *ret)
{
	struct climb climb = {.paths = paths};
	bool same = false;

	*ret = (struct sonde_linux_path){NULL};
	paths->left += STEPS_EACH;
	for (unsigned i = 0; i < TRIES && !same; i++)
		CHECK(try(&climb, place, root, &same));
	if (climb.outcome == WHOLE)
		ret->text = climb.text + climb.first;
	ret->reached = climb.reached;
	ret->torn = !same || climb.outcome == BROKEN;
	return NULL;
}

struct sonde_error *sonde_linux_path_of(struct sonde_linux_paths *paths,
	const struct sonde_linux_place_in_tree *place,
	const struct sonde_linux_place_in_tree *root, struct sonde_linux_path *ret)
{
	*ret = (struct sonde_linux_path){NULL};
	if (!place->mount || !place->dentry)
		return NULL;
	return read_path(paths, place, root ? root : &paths->root, ret);
}

struct sonde_error *sonde_linux_path_inside(
	struct sonde_linux_paths *paths, uint64_t dentry, struct sonde_linux_path *ret)
{
	const struct sonde_linux_place_in_tree place = {0, dentry}, nowhere = {0, 0};

	return read_path(paths, &place, &nowhere, ret);
}

struct sonde_error *sonde_linux_path_at(
	struct sonde_linux_paths *paths, uint64_t address, struct sonde_linux_path *ret)
{
	*ret = (struct sonde_linux_path){.torn = true};
	for (unsigned i = 0; i < TRIES; i++) {
		struct sonde_linux_place_in_tree place, later;
		bool there;

		CHECK(believe(sonde_linux_place_read(paths, address, &place), &there));
		if (!there)
			return NULL;
		CHECK(sonde_linux_path_of(paths, &place, NULL, ret));
		CHECK(believe(sonde_linux_place_read(paths, address, &later), &there));
		if (there && later.mount == place.mount && later.dentry == place.dentry)
			return NULL;
		ret->torn = true;
	}
	return NULL;
}

struct sonde_error *sonde_linux_path_of_file(
	struct sonde_linux_paths *paths, uint64_t file, struct sonde_linux_path *ret)
{
	return sonde_linux_path_at(paths, file + paths->fields.file_path.offset, ret);
}
