/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that a process has open, as /proc/PID/fd and fdinfo show them. How lists
 *work, <sonde/linux.h> says.
 *
 *	error = sonde_files_open(target, 1, NULL, &files);
 *	while (!error && (file = sonde_files_next(files)))
 *		printf("%u %s\n", file->fd, file->path ? file->path : "?");
 *	sonde_files_close(files);
 */
#ifndef SONDE_FILE_H
#define SONDE_FILE_H

#include <sonde/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_files_options {
	/** sizeof(struct sonde_files_options), set by the caller. */
	size_t size;
	/** Leave out what sockets are connected to. */
	bool without_sockets;
};

enum sonde_file_type {
	SONDE_FILE_UNKNOWN,
	SONDE_FILE_REGULAR,
	SONDE_FILE_DIRECTORY,
	SONDE_FILE_SYMBOLIC_LINK,
	SONDE_FILE_CHARACTER_DEVICE,
	SONDE_FILE_BLOCK_DEVICE,
	/** One with a name, and one of pipe(2). */
	SONDE_FILE_FIFO,
	SONDE_FILE_PIPE,
	SONDE_FILE_SOCKET,
	/** Of the kernel's own making: eventfd, epoll, timerfd, .. */
	SONDE_FILE_ANONYMOUS,
};

struct sonde_file {
	/** Its number in the process. */
	uint32_t fd;
	enum sonde_file_type type;
	/** As open(2) takes them, by the guest's architecture, its O_CLOEXEC included. */
	uint32_t flags;
	/** Of the file system, and of the device that the file is. */
	uint32_t major, minor, special_major, special_minor;
	/** In bytes. */
	uint64_t position;
	uint64_t inode;
	/**
	 * As the first process sees it; or "pipe:[7]", "socket:[7]",
	 * "anon_inode:[eventfd]". NULL: it is not known. Any bytes but NUL.
	 */
	const char *path;
	/** NULL: it is none, or that was not asked for. Lives as long as the list. */
	const struct sonde_socket *socket;
	/** It changed while it was read, again and again. */
	bool torn;
};

struct sonde_files;

/**
 * Reads the open files of the process, or thread, that the initial namespace calls
 * @p pid, by their numbers, at the kernel level of @p target. SONDE_ERROR_NOT_FOUND:
 * there is no such process; it has ended, and has none; or what the kernel's types lack.
 * The caller closes @p ret. NULL as @p options: all.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_files_open(
	struct sonde_target *target, uint64_t pid,
	const struct sonde_files_options *options, struct sonde_files **ret);

/** The next file; NULL: that was the last one. Lives until @p files is closed. */
SONDE_PUBLIC const struct sonde_file *sonde_files_next(struct sonde_files *files);

/** Why files may be missing; NULL: none is. Never freed. */
SONDE_PUBLIC const char *sonde_files_incomplete(const struct sonde_files *files);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_files_close(struct sonde_files *files);

/** "regular", "directory", "link", "chr", "blk", "fifo", "pipe", "socket", "anon" or
 * "unknown". Never freed. */
SONDE_PUBLIC const char *sonde_file_type_name(enum sonde_file_type type);

#ifdef __cplusplus
}
#endif

#endif
