/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A socket names its file (struct socket), and a process's table of open files is an
 * array of pointers to such: so nothing of the files is read, and the tables are compared
 * with what the sockets say. A file may be another one's by then, so a match counts if
 * the socket names it still.
 */
#include <sonde/task.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "socket_users.h"
#include "torn.h"

enum {
	/** Of one process (fs.nr_open is a million), and of all. */
	NUMBERS_MAX = 1 << 20,
	ALL_NUMBERS_MAX = 1 << 24,
	/** Read at once. */
	PIECE_NUMBERS = 512,
};

struct fields {
	struct sonde_field socket, file, files, table, most, pointers;
};

#define WISH(type, member, place)                                   \
	{                                                           \
		type, member, offsetof(struct fields, place), false \
	}

static const struct sonde_field_wish wishes[] = {
	WISH("struct sock", "sk_socket", socket),
	WISH("struct socket", "file", file),
	WISH("struct task_struct", "files", files),
	WISH("struct files_struct", "fdt", table),
	WISH("struct fdtable", "max_fds", most),
	WISH("struct fdtable", "fd", pointers),
};

/** A file, and the socket that it is. */
struct entry {
	uint64_t file;
	struct sonde_socket *socket;
};

struct finder {
	struct sonde_linux *kernel;
	struct fields fields;
	struct sonde_text_pool *texts;
	/** In the order of files. */
	struct entry *entries;
	size_t count;
	/** Numbers that may be looked at still. */
	uint64_t left;
};

static struct sonde_space *memory(const struct finder *finder)
{
	return &finder->kernel->space.space;
}

/* 0: it is no file's, or is gone. */
static struct sonde_error *read_file(
	const struct finder *finder, uint64_t sock, uint64_t *ret)
{
	struct sonde_error *error;
	uint64_t socket = 0;
	bool torn = false;

	*ret = 0;
	error = sonde_field_read(&finder->fields.socket, memory(finder), sock, &socket);
	if (!error && socket)
		error = sonde_field_read(
			&finder->fields.file, memory(finder), socket, ret);
	CHECK(sonde_linux_or_torn(error, &torn));
	if (torn)
		*ret = 0;
	return NULL;
}

static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	return (a->file > b->file) - (a->file < b->file);
}

/* Those that nobody has open, as connections that end, are no whole struct sock. */
static struct sonde_error *read_sockets(
	struct finder *finder, struct sonde_socket *sockets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &finder->entries[finder->count];

		if (!sockets[i].inode || sockets[i].torn)
			continue;
		entry->socket = &sockets[i];
		CHECK(read_file(finder, sockets[i].address, &entry->file));
		finder->count += entry->file != 0;
	}
	qsort(finder->entries, finder->count, sizeof(*finder->entries), compare);
	return NULL;
}

static struct sonde_error *found(
	struct finder *finder, const struct entry *entry, const struct sonde_task *task)
{
	struct sonde_socket *socket = entry->socket;
	uint64_t file;

	if (socket->pid && socket->pid <= task->pid)
		return NULL;
	CHECK(read_file(finder, socket->address, &file));
	if (file != entry->file)
		return NULL;
	socket->pid = task->pid;
	return sonde_text_pool_add(finder->texts, task->comm, &socket->comm);
}

static struct sonde_error *read_numbers(struct finder *finder, uint64_t place,
	uint64_t count, const struct sonde_task *task)
{
	uint8_t bytes[8 * PIECE_NUMBERS];

	CHECK(sonde_space_read(memory(finder), place, bytes, 8 * (size_t)count));
	for (uint64_t i = 0; i < count; i++) {
		struct entry wanted = {.file = 0};
		const struct entry *entry;

		for (unsigned k = 0; k < 8; k++)
			wanted.file |= (uint64_t)bytes[8 * i + k] << 8 * k;
		if (!wanted.file)
			continue;
		entry = bsearch(
			&wanted, finder->entries, finder->count, sizeof(wanted), compare);
		if (entry)
			CHECK(found(finder, entry, task));
	}
	return NULL;
}

static struct sonde_error *read_process(
	struct finder *finder, const struct sonde_task *task)
{
	const struct fields *fields = &finder->fields;
	uint64_t files, table, most, pointers;

	CHECK(sonde_field_read(&fields->files, memory(finder), task->address, &files));
	if (!files)
		return NULL;
	CHECK(sonde_field_read(&fields->table, memory(finder), files, &table));
	CHECK(sonde_field_read(&fields->most, memory(finder), table, &most));
	CHECK(sonde_field_read(&fields->pointers, memory(finder), table, &pointers));
	if (most > NUMBERS_MAX)
		most = NUMBERS_MAX;
	if (most > finder->left)
		most = finder->left;
	finder->left -= most;
	for (uint64_t at = 0; at < most; at += PIECE_NUMBERS)
		CHECK(read_numbers(finder, pointers + 8 * at,
			most - at < PIECE_NUMBERS ? most - at : PIECE_NUMBERS, task));
	return NULL;
}

static struct sonde_error *read_processes(
	struct finder *finder, struct sonde_tasks *tasks)
{
	const struct sonde_task *task;

	while ((task = sonde_tasks_next(tasks)) && finder->left) {
		bool gone = false;

		if (task->kernel_thread || task->torn)
			continue;
		CHECK(sonde_context_check_interrupt(finder->kernel->target.sonde));
		CHECK(sonde_linux_or_torn(read_process(finder, task), &gone));
	}
	return NULL;
}

struct sonde_error *sonde_linux_socket_users_find(struct sonde_linux *kernel,
	struct sonde_socket *sockets, size_t count, struct sonde_text_pool *texts,
	const char **incomplete)
{
	CLEANUP(cleanup_free)
	struct entry *entries = calloc(count + 1, sizeof(*entries));
	struct finder finder = {.kernel = kernel,
		.texts = texts,
		.entries = entries,
		.left = ALL_NUMBERS_MAX};
	const struct sonde_types *types;
	struct sonde_tasks *tasks;
	struct sonde_error *error;

	if (!entries)
		return sonde_error_no_memory();
	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &finder.fields));
	CHECK(read_sockets(&finder, sockets, count));
	CHECK(sonde_tasks_open(&kernel->target, NULL, &tasks));
	error = read_processes(&finder, tasks);
	if (!finder.left)
		*incomplete = "more files are open than are looked at for who has them";
	sonde_tasks_close(tasks);
	return error;
}
