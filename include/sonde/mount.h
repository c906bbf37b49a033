/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted, as /proc/PID/mountinfo shows it. How lists work, <sonde/linux.h> says.
 *
 *	error = sonde_mounts_open(target, NULL, &mounts);
 *	while (!error && (mount = sonde_mounts_next(mounts)))
 *		printf("%s on %s\n", mount->type, mount->path);
 *	sonde_mounts_close(mounts);
 */
#ifndef SONDE_MOUNT_H
#define SONDE_MOUNT_H

#include <sonde/target.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_mounts_options {
	/** sizeof(struct sonde_mounts_options), set by the caller. */
	size_t size;
	/** Whose mount namespace, and from whose root; 0: that of process 1. */
	uint64_t pid;
	/** Those, too, that no path leads to from that root. */
	bool unreachable;
};

struct sonde_mount {
	/** Of its struct mount. */
	uint64_t address;
	uint32_t id;
	/** Of what it is mounted on; its own where that is nothing. */
	uint32_t parent_id;
	/** Of its file system. */
	uint32_t major, minor;
	/** What of the file system is mounted here: "/" is all of it. */
	const char *root;
	/** Where, seen from the root. NULL: it is not known. */
	const char *path;
	/** "tmpfs", "fuse.sshfs". NULL: it is not known. */
	const char *type;
	/** What mount(2) was told to mount, such as "/dev/sda1". NULL: nothing. */
	const char *source;
	/** Of the mount: "rw,nosuid,relatime"; and of the file system, as far as all file
	 * systems have them: "ro,sync". */
	const char *options, *super_options;
	/** A path leads to it. */
	bool reachable;
	/** It changed while it was read, again and again. */
	bool torn;
};

struct sonde_mounts;

/**
 * Reads the mounts of a namespace, in the kernel's order, at the kernel level of
 * @p target. SONDE_ERROR_NOT_FOUND: there is no such process, or it has ended; or what
 * the kernel's types lack. The caller closes @p ret. NULL as @p options: those of
 * process 1.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_mounts_open(
	struct sonde_target *target, const struct sonde_mounts_options *options,
	struct sonde_mounts **ret);

/** The next mount; NULL: that was the last one. Lives until @p mounts is closed. */
SONDE_PUBLIC const struct sonde_mount *sonde_mounts_next(struct sonde_mounts *mounts);

/** Why mounts may be missing; NULL: none is. Never freed. */
SONDE_PUBLIC const char *sonde_mounts_incomplete(const struct sonde_mounts *mounts);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_mounts_close(struct sonde_mounts *mounts);

#ifdef __cplusplus
}
#endif

#endif
