/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RAM files that keep their names: what QEMU's side (keep.c) and the keeper (keeper.c),
 * which removes them, have to agree on.
 *
 * Whoever uses such a file holds a flock() on it. That lock belongs to the open file,
 * which is QEMU's own: it goes with the last process that has it, whatever ends that,
 * outlives the fork of -daemonize, and is gone early when QEMU gives the memory back
 * (hot-unplug). Locks of fcntl() belong to a process or need a descriptor that stays;
 * leases tell their holder, and not others.
 *
 * Between a file's creation and its lock it looks like a leftover. So a directory is
 * locked while one is made in it (shared) and while it is swept (exclusively).
 */
#ifndef SONDE_PRELOAD_KEPT_FILE_H
#define SONDE_PRELOAD_KEPT_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	/** The keeper's end of the channel. It has no other descriptor. */
	KEEPER_CHANNEL_FD = 3,
};

/** What QEMU's side says, one datagram a file: the path as long as it is, with its NUL.
 */
struct kept_file {
	uint64_t device, inode;
	char path[PATH_MAX];
};

/** Whether the last part of @p path is a name that QEMU gives to a RAM file of its own.
 */
bool kept_file_has_shape(const char *path);

/** Whether @p path begins with @p prefix, goes straight down, and ends in such a name. */
bool kept_file_is_below(const char *path, const char *prefix);

/**
 * Lock the directory that @p path is in, and wait some seconds for that.
 *
 * @param how LOCK_SH or LOCK_EX
 * @return a descriptor to be closed, or -1 where the lock is not to be had
 */
int kept_file_lock_directory(const char *path, int how);

#endif
