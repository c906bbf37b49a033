/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Thread ids and lists of them, as the protocol writes them: "1f", "p1.1f", "-1".
 * Source: "Debugging with GDB", E.2 "Packets", thread-id syntax.
 */
#ifndef SONDE_GDB_THREAD_ID_H
#define SONDE_GDB_THREAD_ID_H

#include <stddef.h>

#include "error.h"

struct sonde_gdb_thread_id {
	bool has_process;
	/** 0: any, -1: all. */
	int64_t process;
	int64_t thread;
};

enum {
	/** "p-7fffffffffffffff.-7fffffffffffffff" and a NUL byte. */
	SONDE_GDB_THREAD_ID_TEXT = 40,
	/** More threads than this are not taken from a stub. */
	SONDE_GDB_THREADS_MAX = 16384,
};

/** Reads an id at *@p position and moves it behind; false if there is none. */
bool sonde_gdb_thread_id_parse(
	const char **position, const char *end, struct sonde_gdb_thread_id *ret);

/** As it is sent in Hg, vCont and T. */
void sonde_gdb_thread_id_format(const struct sonde_gdb_thread_id *id, char *ret);

static inline bool sonde_gdb_thread_id_equal(
	const struct sonde_gdb_thread_id *a, const struct sonde_gdb_thread_id *b)
{
	return a->thread == b->thread &&
	       (!a->has_process || !b->has_process || a->process == b->process);
}

/**
 * KGDB: whether @p id is a CPU. Its threads are the kernel's tasks, by their pids; CPUs
 * stand beside them as -2, -3 and so on, in 32 bits.
 */
static inline bool sonde_gdb_thread_id_is_cpu(const struct sonde_gdb_thread_id *id)
{
	return !id->has_process && id->thread > 0xffff0000 && id->thread < 0xffffffff;
}

struct sonde_gdb_thread_ids {
	struct sonde_gdb_thread_id *list;
	size_t count;
	size_t capacity;
};

void sonde_gdb_thread_ids_deinit(struct sonde_gdb_thread_ids *ids);

/**
 * Adds what a qfThreadInfo or qsThreadInfo reply lists. *@p last is set when no
 * more is to be asked for: at "l", at an "l" that ends a list (some stubs put both
 * into one packet), and for an empty reply.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_thread_ids_add(
	struct sonde_gdb_thread_ids *ids, const char *reply, size_t length, bool *last);

#endif
