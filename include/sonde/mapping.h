/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory areas of a process, as /proc/PID/maps shows them. How lists work,
 * <sonde/linux.h> says.
 *
 *	error = sonde_mappings_open(target, 1, NULL, &mappings);
 *	while (!error && (mapping = sonde_mappings_next(mappings)))
 *		printf("0x%" PRIx64 " %s\n", mapping->start, mapping->path);
 *	sonde_mappings_close(mappings);
 */
#ifndef SONDE_MAPPING_H
#define SONDE_MAPPING_H

#include <sonde/target.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_mappings_options {
	/** sizeof(struct sonde_mappings_options), set by the caller. */
	size_t size;
	/** Leave out what is read of files: device, inode, path. */
	bool without_files;
};

struct sonde_mapping {
	/** The first address, and the one behind the last. */
	uint64_t start, end;
	/** Where it begins in the file (bytes); 0 without one. */
	uint64_t offset;
	/** Of the file; all 0: there is none, or it was not asked for. */
	uint32_t major, minor;
	uint64_t inode;
	/** "rwxp", with '-' for each right that is missing; 's' where it is shared. */
	char permissions[5];
	/** It changed while it was read, again and again. */
	bool torn;
	/**
	 * As the first process sees it; or "[heap]", "[stack]", "[vdso]", "[anon:NAME]".
	 * NULL: it has none, or it is not known. Any bytes but NUL.
	 */
	const char *path;
};

struct sonde_mappings;

/**
 * Reads the areas of the process, or thread, that the initial namespace calls @p pid, in
 * the order of their addresses, at the kernel level of @p target. SONDE_ERROR_NOT_FOUND:
 * there is no such process; it is a kernel thread, or has ended, and has no memory; or
 * what the kernel's types lack. The caller closes @p ret. NULL as @p options: all.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_mappings_open(
	struct sonde_target *target, uint64_t pid,
	const struct sonde_mappings_options *options, struct sonde_mappings **ret);

/** The next area; NULL: that was the last one. Lives until @p mappings is closed. */
SONDE_PUBLIC const struct sonde_mapping *sonde_mappings_next(
	struct sonde_mappings *mappings);

/** Why areas may be missing; NULL: none is. Never freed. */
SONDE_PUBLIC const char *sonde_mappings_incomplete(const struct sonde_mappings *mappings);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_mappings_close(struct sonde_mappings *mappings);

#ifdef __cplusplus
}
#endif

#endif
