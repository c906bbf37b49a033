/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A target that is made up: a page of memory with a few tasks in it, the BTF that
 * describes them, and a scope that knows their names.
 */
#ifndef SONDE_TESTS_TYPED_WORLD_H
#define SONDE_TESTS_TYPED_WORLD_H

#include "btf.h"
#include "btf_builder.h"
#include "scope.h"
#include "type_facet.h"

#define WORLD_BASE UINT64_C(0xffff888000010000)

enum {
	WORLD_BYTES = 4096,
	/** Where things lie, from WORLD_BASE on. */
	WORLD_TASKS = 0x100,
	WORLD_TASK_BYTES = 0x100,
	WORLD_TASK_COUNT = 3,
	WORLD_MM = 0x400,
	WORLD_RUNQUEUES = 0x440,
	WORLD_NUMBERS = 0x480,
	WORLD_TEXT = 0x4c0,
	WORLD_MESSAGE = 0x4e0,
	WORLD_HASH = 0x500,
	WORLD_TREE = 0x540,
	WORLD_CIRCLE = 0x560,
	WORLD_BROKEN = 0x580,
	WORLD_EMPTY = 0x590,
	WORLD_JIFFIES = 0x5a0,
	WORLD_SCHEDULE = 0x5c0,
	WORLD_WIDE = 0x600,
	WORLD_XARRAY = 0x620,
	WORLD_MAPLE = 0x630,
	/** Of both trees. */
	WORLD_NODES = 0x700,
};

struct sonde_target {
	unsigned address_bits;
};

struct sonde_thread {
	unsigned number;
};

struct sonde_space {
	uint8_t bytes[WORLD_BYTES];
	unsigned reads, writes;
};

extern struct sonde_target world_target;
extern struct sonde_thread world_thread;
extern struct sonde_space world_memory;
extern struct sonde_scope world_scope;

/** Makes all of it anew. */
void world_begin(void);

void world_end(void);

#endif
