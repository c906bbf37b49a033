/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that complete what the kernel's memory tells: one that the user has named, or one
 * that is found where distributions put debug information. Each is held against the
 * kernel before it is believed: by its build-id, and by symbols that both have.
 */
#ifndef SONDE_LINUX_SYMBOL_FILES_H
#define SONDE_LINUX_SYMBOL_FILES_H

#include "symbol_file.h"

struct sonde_linux;

enum sonde_linux_file_state {
	SONDE_LINUX_FILE_UNKNOWN,
	/** Nobody needs one: the kernel's memory has all symbols. */
	SONDE_LINUX_FILE_UNNEEDED,
	/** Looked for: there is one, or none, or it was refused. */
	SONDE_LINUX_FILE_SETTLED,
};

struct sonde_linux_symbol_files {
	/** What the user has named: one of them at most. Owned. */
	struct sonde_symbol_file *named;
	char *directory;

	/* What follows is of the kernel that was found. */
	enum sonde_linux_file_state state;
	/** Why there is none; owned. NULL: nobody has asked for one by name. */
	struct sonde_error *refused;
	/** Owned, unless it is @ref named. NULL: there is none. */
	struct sonde_symbol_file *file;
	/** The image where it was linked to, both included, and how far it is from there.
	 * What is elsewhere, such as per-CPU symbols of x86, was not moved. */
	uint64_t first, last, slide;
	/** Numbers of symbols that memory does not have; owned. NULL: not known yet. */
	uint32_t *extra;
	uint32_t extra_count;
};

/** The kernel is another one. */
void sonde_linux_symbol_files_forget(struct sonde_linux_symbol_files *files);
void sonde_linux_symbol_files_deinit(struct sonde_linux_symbol_files *files);

/**
 * The file that goes with the kernel, which has to be found already; *@p ret is NULL
 * where there is none. One that nobody has named is looked for only where it is needed:
 * if memory lacks symbols or, with @p for_types, types. An error: the one that the user
 * has named cannot be used.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_symbol_file_find(
	struct sonde_linux *kernel, bool for_types, struct sonde_symbol_file **ret);

/**
 * Holds @p file against the kernel and fills in where it was linked to.
 * SONDE_ERROR_INVALID says how it differs.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_symbol_file_check(
	struct sonde_linux *kernel, const struct sonde_symbol_file *file);

/** What the file says of @p address, which is of the running kernel, it says of this one.
 */
uint64_t sonde_linux_symbol_file_linked(
	const struct sonde_linux *kernel, uint64_t address);

/** Whether the file tells of @p address at all: it is in the image, or the file does not
 * say where that is. */
bool sonde_linux_symbol_file_covers(const struct sonde_linux *kernel, uint64_t address);

/** The other way round: where in the running kernel @p linked is. */
uint64_t sonde_linux_symbol_file_moved(const struct sonde_linux *kernel, uint64_t linked);

#endif
