/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Paths: from a struct path (a dentry and what is mounted there) up to the root, as the
 * kernel's d_path() goes (fs/d_path.c), seen from the root of the first process.
 *
 *	CHECK(sonde_linux_paths_init(&paths, kernel));
 *	CHECK(sonde_linux_path_of_file(&paths, file, &path));
 *	if (path.text)
 *		...
 *
 * A path that something renames or mounts meanwhile is read again.
 */
#ifndef SONDE_LINUX_PATH_H
#define SONDE_LINUX_PATH_H

#include "record.h"

struct sonde_linux;

enum {
	/** With its NUL (PATH_MAX). */
	SONDE_LINUX_PATH_BYTES = 4096,
	/** Of a struct dentry and a struct mount, as far as they are read. */
	SONDE_LINUX_DENTRY_BYTES = 512,
	SONDE_LINUX_MOUNT_BYTES = 2048,
	/** Tables of operations, and mounts, that are remembered (powers of two). */
	SONDE_LINUX_PATH_OPERATIONS = 16,
	SONDE_LINUX_PATH_MOUNTS = 16,
};

/** What a struct path is, by addresses. */
struct sonde_linux_place_in_tree {
	/** A struct vfsmount, which is a part of a struct mount. */
	uint64_t mount;
	uint64_t dentry;
};

struct sonde_linux_path_fields {
	struct sonde_field flags, hash, parent, name_length, name, inode, inline_name,
		operations, super_block;
	struct sonde_field mount_parent, mount_point, mounted, mount_root;
	struct sonde_field path_mount, path_dentry, file_path;
	struct sonde_field make_name, type, type_name, inode_number, inode_private,
		ns_operations, ns_number, ns_name;
	struct sonde_field task_fs, fs_root, sequence;
};

/** A struct mount, as far as paths need it. */
struct sonde_linux_path_mount {
	uint64_t address;
	uint64_t parent, point, root;
};

/** All that reading paths takes; large, so better not on a stack that is deep. */
struct sonde_linux_paths {
	struct sonde_linux *kernel;
	struct sonde_linux_path_fields fields;
	struct sonde_record dentry, mount, path;
	/** Of the first process; zeroes: unknown. */
	struct sonde_linux_place_in_tree root;
	/** The kernel's locks, which count what changes names; 0: unknown. */
	uint64_t rename_lock, mount_lock;
	/** What they counted last, behind the last path; and whether that is known. */
	uint64_t counts[2];
	bool counted;
	/** Mounts as they are as long as @ref mount_lock counts nothing. */
	struct sonde_linux_path_mount mounts[SONDE_LINUX_PATH_MOUNTS];
	/** Dentries and mounts that may be looked at yet: so many for each path. */
	uint64_t left;
	/** Which tables of operations make names of their own. */
	struct {
		uint64_t address;
		bool makes_name;
	} operations[SONDE_LINUX_PATH_OPERATIONS];
	/** The path grows from the end. */
	char text[SONDE_LINUX_PATH_BYTES], again[SONDE_LINUX_PATH_BYTES];
};

struct sonde_linux_path {
	/** The guest's bytes, until the next path is read. NULL: there is none, it makes
	 * no sense, or it is longer than a path can be. */
	const char *text;
	/** It led to the root that it begins at. */
	bool reached;
	/** It was different each time that it was looked at. */
	bool torn;
};

/** Nothing is to be freed. SONDE_ERROR_NOT_FOUND names the member that is missing. */
SONDE_NODISCARD struct sonde_error *sonde_linux_paths_init(
	struct sonde_linux_paths *ret, struct sonde_linux *kernel);

/** What the struct path at @p address is. */
SONDE_NODISCARD struct sonde_error *sonde_linux_place_read(
	struct sonde_linux_paths *paths, uint64_t address,
	struct sonde_linux_place_in_tree *ret);

/** Of the struct path at @p address, which is read again afterwards: as long as it leads
 * to the same dentry, that has not become something else. */
SONDE_NODISCARD struct sonde_error *sonde_linux_path_at(
	struct sonde_linux_paths *paths, uint64_t address, struct sonde_linux_path *ret);

/** Of the struct file at @p file. */
SONDE_NODISCARD struct sonde_error *sonde_linux_path_of_file(
	struct sonde_linux_paths *paths, uint64_t file, struct sonde_linux_path *ret);

/**
 * Of a place that the caller knows to stay. @p root is where the path begins; NULL: at
 * the root of the first process, which a path that does not lead there ignores.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_path_of(struct sonde_linux_paths *paths,
	const struct sonde_linux_place_in_tree *place,
	const struct sonde_linux_place_in_tree *root, struct sonde_linux_path *ret);

/** Of a dentry within its file system, whatever that is mounted at: "/" is its root, and
 * what was deleted ends with "//deleted" (dentry_path()). */
SONDE_NODISCARD struct sonde_error *sonde_linux_path_inside(
	struct sonde_linux_paths *paths, uint64_t dentry, struct sonde_linux_path *ret);

#endif
