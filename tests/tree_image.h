/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel's image with a file system in it, another one that is mounted there, and files
 * that are in none; and a first process, whose root it is.
 */
#ifndef SONDE_TESTS_TREE_IMAGE_H
#define SONDE_TESTS_TREE_IMAGE_H

#include "linux_image.h"

/** Dentries. */
enum tree_dentry {
	/** Of the first file system: "/", "/mnt", "/mnt/under" (hidden by the mount). */
	TREE_ROOT,
	TREE_MNT,
	TREE_UNDER,
	/** Of the second: "/mnt", "/mnt/one", a name that is not inside its dentry. */
	TREE_OTHER_ROOT,
	TREE_ONE,
	TREE_LONG,
	/** "/mnt/one/gone", which is deleted. */
	TREE_GONE,
	TREE_PIPE,
	TREE_SOCKET,
	TREE_EVENT,
	TREE_MEMORY,
	TREE_NAMESPACE,
	TREE_DENTRIES,
};

enum tree_mount {
	TREE_MOUNT_FIRST,
	TREE_MOUNT_SECOND,
	/** Of what is in no directory. */
	TREE_MOUNT_NOWHERE,
	TREE_MOUNTS,
};

struct tree_image {
	struct linux_image fake;
	uint64_t dentries[TREE_DENTRIES], inodes[TREE_DENTRIES], mounts[TREE_MOUNTS],
		files[TREE_DENTRIES];
	/** Of the first two mounts. */
	uint64_t super_blocks[2];
	uint64_t task, fs, rename_lock, mount_lock;
};

/** What @p more of tree_image_begin() needs, too. */
#define TREE_IMAGE_TASK                                                                \
	"struct task_struct { unsigned int __state, exit_state, flags; int pid, tgid;" \
	"	char comm[16]; u64 start_time; struct list_head tasks, thread_node;"         \
	"	struct task_struct *real_parent; struct cred *real_cred;"                    \
	"	struct signal_struct *signal; struct fs_struct *fs; struct mm_struct "       \
	"*mm;"                                                                         \
	"	struct files_struct *files; struct nsproxy *nsproxy; };"

extern const char *const tree_paths[TREE_DENTRIES];

/** @p more: declarations of further types, struct file and struct task_struct among them,
 * or "" for small ones; @p locks: the kernel's locks have symbols. The
 * caller may add to it before linux_image_ready(). */
void tree_image_begin(
	struct tree_image *tree, size_t bytes, const char *more, bool locks);
void tree_image_end(struct tree_image *tree);

#endif
