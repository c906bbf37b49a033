/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory areas of a process: how they are found one after the other (mapping_walk.c),
 * and what they are called (mapping_name.c).
 */
#ifndef SONDE_LINUX_MAPPING_H
#define SONDE_LINUX_MAPPING_H

#include <sonde/mapping.h>

#include "inode.h"
#include "maple.h"
#include "path.h"
#include "process.h"
#include "text_pool.h"

enum {
	SONDE_LINUX_AREA_BYTES = 1024,
	SONDE_LINUX_MEMORY_BYTES = 8 << 10,
};

struct sonde_linux_area_fields {
	struct sonde_field start, end, memory, flags, operations, offset, file,
		private_data, next, shared, anonymous_name;
	struct sonde_field tree, list, first_break, last_break, stack, context_flags;
	struct sonde_field file_inode, file_path, file_mode, user_path, dentry_inode,
		dentry_super_block, mount_super_block, name, special_name, anonymous_text;
};

/** A struct vm_area_struct. */
struct sonde_linux_area {
	uint64_t address;
	uint64_t start, end, flags, offset, file;
	uint64_t operations, private_data, anonymous_name;
	uint64_t memory, next;
	bool torn;
};

struct sonde_linux_areas {
	struct sonde_linux *kernel;
	/** The struct mm_struct. */
	uint64_t memory;
	struct sonde_linux_area_fields fields;
	struct sonde_record area, memory_record;
	/** Of the memory, as it was at the beginning. */
	uint64_t list, first_break, last_break, stack, context_flags;
	/** Kernels with a tree (6.1 and later). */
	struct sonde_maple_layout layout;
	struct sonde_maple maple;
	/** Others: the next one, 0 at the end. */
	uint64_t next;
	/** What lies below has come up, and what lies below this was passed. */
	uint64_t done, passed;
	unsigned patience;
	/** Why it ended before the areas did; NULL: it did not. Never freed. */
	const char *incomplete;
};

SONDE_NODISCARD struct sonde_error *sonde_linux_areas_begin(
	struct sonde_linux_areas *ret, struct sonde_linux *kernel, uint64_t memory);

/** The next area; *@p more is false at the end. */
SONDE_NODISCARD struct sonde_error *sonde_linux_areas_next(
	struct sonde_linux_areas *areas, struct sonde_linux_area *ret, bool *more);

/** Once more the same one: *@p ret says whether it is as it was. */
SONDE_NODISCARD struct sonde_error *sonde_linux_area_is_same(
	struct sonde_linux_areas *areas, const struct sonde_linux_area *area, bool *ret);

enum {
	/** "[anon_shmem:", a name, which has 80 bytes at most, "]". */
	SONDE_LINUX_AREA_NAME_BYTES = 128,
};

/** What an area is called that has no file, or is called something else than its file:
 * "" where it has no name. */
SONDE_NODISCARD struct sonde_error *sonde_linux_area_name(struct sonde_linux_areas *areas,
	const struct sonde_linux_area *area,
	char ret[static SONDE_LINUX_AREA_NAME_BYTES]);

/** x86: the area behind all that a process has, where it is switched on. */
SONDE_NODISCARD struct sonde_error *sonde_linux_area_gate(
	struct sonde_linux_areas *areas, struct sonde_linux_area *ret, bool *found);

#endif
