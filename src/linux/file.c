/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The open files of a process: its table of pointers, with bits for those that are open
 * (include/linux/fdtable.h). A file is what its pointer leads to as long as that is the
 * same; the table is replaced when it grows.
 */
#include <string.h>
#include <sys/stat.h>

#include <sonde/file.h>

#include "grow.h"
#include "inode.h"
#include "kernel.h"
#include "options.h"
#include "path.h"
#include "process.h"
#include "socket.h"
#include "torn.h"

enum {
	/** Of one process (fs.nr_open is a million). */
	FILES_MAX = 1 << 20,
	/** Numbers that are looked at. */
	NUMBERS_MAX = 1 << 24,
	/** Of a table's bits that are read at once, and what they are read in. */
	PIECE_BYTES = 4096,
	WORD_BITS = 64,
	/** Looks that are taken at a file, and at a table, that changes. */
	LOOKS = 4,
	FILE_BYTES = 1024,
	TABLE_BYTES = 256,
	/** O_CLOEXEC, on all architectures that there are here. */
	CLOSE_ON_EXEC = 02000000,
};

struct fields {
	struct sonde_field table, most, pointers, open, close_on_exec;
	struct sonde_field mount, dentry, inode, flags, position, private_data;
	struct sonde_field socket_sock;
};

#define PLACE(place) offsetof(struct fields, place)

static const struct sonde_field_wish table_wishes[] = {
	{"struct fdtable", "max_fds", PLACE(most), false},
	{"struct fdtable", "fd", PLACE(pointers), false},
	{"struct fdtable", "open_fds", PLACE(open), false},
	{"struct fdtable", "close_on_exec", PLACE(close_on_exec), false},
};

static const struct sonde_field_wish file_wishes[] = {
	{"struct file", "f_path.mnt|__f_path.mnt", PLACE(mount), false},
	{"struct file", "f_path.dentry|__f_path.dentry", PLACE(dentry), false},
	{"struct file", "f_inode", PLACE(inode), false},
	{"struct file", "f_flags", PLACE(flags), false},
	{"struct file", "f_pos", PLACE(position), false},
	{"struct file", "private_data", PLACE(private_data), false},
};

static const struct sonde_field_wish other_wishes[] = {
	{"struct files_struct", "fdt", PLACE(table), false},
	{"struct socket", "sk", PLACE(socket_sock), false},
};

/** In a list, so that they stay where they are. */
struct socket_entry {
	struct socket_entry *next;
	struct sonde_socket socket;
};

struct sonde_files {
	struct sonde_file *list;
	size_t count, capacity, next;
	struct sonde_text_pool texts;
	struct socket_entry *sockets;
	const char *incomplete;
};

struct table {
	/** A struct fdtable, and what it says. */
	uint64_t address;
	uint64_t most, pointers, open, close_on_exec;
};

struct reader {
	struct sonde_linux *kernel;
	struct sonde_files *files;
	struct fields fields;
	struct sonde_record table_record, file_record;
	struct sonde_linux_process process;
	struct sonde_linux_inodes inodes;
	struct sonde_linux_paths paths;
	struct sonde_linux_socket_reader sockets;
	bool with_sockets;
	struct table table;
	uint8_t open[PIECE_BYTES], close_on_exec[PIECE_BYTES];
};

static struct sonde_space *memory(const struct reader *reader)
{
	return &reader->kernel->space.space;
}

static struct sonde_error *add(struct sonde_files *files, const struct sonde_file *file)
{
	CHECK(SONDE_GROW(&files->list, files->count, &files->capacity));
	files->list[files->count++] = *file;
	return NULL;
}

/* --- one file --------------------------------------------------------------------- */

static bool begins(const char *path, const char *with)
{
	return path && !strncmp(path, with, strlen(with));
}

static enum sonde_file_type type_of(uint32_t mode, const char *path)
{
	/* Of some kernels these are regular files. */
	if (begins(path, "anon_inode:"))
		return SONDE_FILE_ANONYMOUS;
	switch (mode & S_IFMT) {
	case S_IFREG:
		return SONDE_FILE_REGULAR;
	case S_IFDIR:
		return SONDE_FILE_DIRECTORY;
	case S_IFLNK:
		return SONDE_FILE_SYMBOLIC_LINK;
	case S_IFCHR:
		return SONDE_FILE_CHARACTER_DEVICE;
	case S_IFBLK:
		return SONDE_FILE_BLOCK_DEVICE;
	case S_IFIFO:
		return begins(path, "pipe:[") ? SONDE_FILE_PIPE : SONDE_FILE_FIFO;
	case S_IFSOCK:
		return SONDE_FILE_SOCKET;
	case 0:
		return SONDE_FILE_ANONYMOUS;
	default:
		return SONDE_FILE_UNKNOWN;
	}
}

static struct sonde_error *add_socket(
	struct reader *reader, uint64_t socket, struct sonde_file *file)
{
	struct socket_entry *entry;
	uint64_t sock;

	CHECK(sonde_field_read(
		&reader->fields.socket_sock, memory(reader), socket, &sock));
	/* One that was never anything, or is no more. */
	if (!sock)
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return sonde_error_no_memory();
	entry->next = reader->files->sockets;
	reader->files->sockets = entry;
	file->socket = &entry->socket;
	return sonde_linux_socket_read(
		&reader->sockets, sock, &reader->files->texts, &entry->socket);
}

static struct sonde_error *read_inode(
	struct reader *reader, uint64_t address, struct sonde_file *file)
{
	struct sonde_linux_inode inode;

	CHECK(sonde_linux_inode_read(&reader->inodes, address, &inode));
	file->inode = inode.number;
	file->major = sonde_linux_major(inode.device);
	file->minor = sonde_linux_minor(inode.device);
	file->special_major = sonde_linux_major(inode.special);
	file->special_minor = sonde_linux_minor(inode.special);
	file->type = type_of(inode.mode, file->path);
	return NULL;
}

static struct sonde_error *read_path(
	struct reader *reader, const uint8_t *copy, struct sonde_file *file)
{
	const struct sonde_linux_place_in_tree place = {
		sonde_record_integer(&reader->fields.mount, copy),
		sonde_record_integer(&reader->fields.dentry, copy),
	};
	struct sonde_linux_path path;

	CHECK(sonde_linux_path_of(&reader->paths, &place, NULL, &path));
	file->torn = file->torn || path.torn;
	if (!path.text)
		return NULL;
	return sonde_text_pool_add(&reader->files->texts, path.text, &file->path);
}

static struct sonde_error *read_file(
	struct reader *reader, uint64_t address, struct sonde_file *file)
{
	const struct fields *fields = &reader->fields;
	uint8_t copy[FILE_BYTES];

	CHECK(sonde_record_read(&reader->file_record, memory(reader), address, copy));
	file->flags = (uint32_t)sonde_record_integer(&fields->flags, copy) &
		      ~(uint32_t)CLOSE_ON_EXEC;
	file->position = sonde_record_integer(&fields->position, copy);
	CHECK(read_path(reader, copy, file));
	CHECK(read_inode(reader, sonde_record_integer(&fields->inode, copy), file));
	if (file->type != SONDE_FILE_SOCKET || !reader->with_sockets)
		return NULL;
	return add_socket(
		reader, sonde_record_integer(&fields->private_data, copy), file);
}

/* The file with the number @p fd, which its pointer at @p place led to as *@p address; 0
 * as that: it was closed. */
static struct sonde_error *read_steady(
	struct reader *reader, uint64_t place, uint64_t *address, struct sonde_file *file)
{
	uint32_t fd = file->fd;

	for (unsigned i = 0; i < LOOKS && *address; i++) {
		uint64_t now;

		*file = (struct sonde_file){.fd = fd};
		CHECK(sonde_linux_or_torn(
			read_file(reader, *address, file), &file->torn));
		CHECK(sonde_space_read_integer(memory(reader), place, 8, &now));
		if (now == *address)
			return NULL;
		*address = now;
	}
	file->torn = true;
	return NULL;
}

/* --- the table -------------------------------------------------------------------- */

static uint64_t word_at(const uint8_t *bytes, bool big_endian)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | bytes[big_endian ? i : 7 - i];
	return value;
}

/* So many files from @p first on, which a word of the table's bits is for. */
static struct sonde_error *read_word(
	struct reader *reader, uint64_t first, uint64_t open, uint64_t close_on_exec)
{
	bool big_endian = reader->fields.pointers.big_endian;
	uint64_t place = reader->table.pointers + 8 * first;
	uint8_t pointers[8 * WORD_BITS];

	if (!open)
		return NULL;
	CHECK(sonde_space_read(memory(reader), place, pointers, sizeof(pointers)));
	for (unsigned i = 0; i < WORD_BITS; i++) {
		struct sonde_file file = {.fd = (uint32_t)(first + i)};
		uint64_t address = word_at(pointers + 8 * i, big_endian);

		if (!(open >> i & 1) || !address)
			continue;
		if (reader->files->count == FILES_MAX) {
			reader->files->incomplete = "there are more than any process has";
			return NULL;
		}
		CHECK(read_steady(reader, place + 8 * i, &address, &file));
		if (!address)
			continue;
		if (close_on_exec >> i & 1)
			file.flags |= CLOSE_ON_EXEC;
		CHECK(add(reader->files, &file));
	}
	return NULL;
}

/* What so many bytes of the table's bits, from byte @p at on, are for. */
static struct sonde_error *read_piece(struct reader *reader, uint64_t at, uint64_t bytes)
{
	bool big_endian = reader->fields.pointers.big_endian;

	CHECK(sonde_context_check_interrupt(reader->kernel->target.sonde));
	CHECK(sonde_space_read(
		memory(reader), reader->table.open + at, reader->open, bytes));
	CHECK(sonde_space_read(memory(reader), reader->table.close_on_exec + at,
		reader->close_on_exec, bytes));
	for (uint64_t i = 0; i < bytes && !reader->files->incomplete; i += 8)
		CHECK(read_word(reader, 8 * (at + i),
			word_at(reader->open + i, big_endian),
			word_at(reader->close_on_exec + i, big_endian)));
	return NULL;
}

static struct sonde_error *read_table(struct reader *reader)
{
	const struct fields *fields = &reader->fields;
	struct table *table = &reader->table;
	uint8_t copy[TABLE_BYTES];

	CHECK(sonde_field_read(
		&fields->table, memory(reader), reader->process.files, &table->address));
	CHECK(sonde_record_read(
		&reader->table_record, memory(reader), table->address, copy));
	table->most = sonde_record_integer(&fields->most, copy);
	table->pointers = sonde_record_integer(&fields->pointers, copy);
	table->open = sonde_record_integer(&fields->open, copy);
	table->close_on_exec = sonde_record_integer(&fields->close_on_exec, copy);
	return NULL;
}

static void forget(struct sonde_files *files)
{
	while (files->sockets) {
		struct socket_entry *entry = files->sockets;

		files->sockets = entry->next;
		free(entry);
	}
	sonde_text_pool_deinit(&files->texts);
	files->count = 0;
	files->incomplete = NULL;
}

static struct sonde_error *read_files(struct reader *reader)
{
	struct sonde_files *files = reader->files;
	uint64_t bytes;

	forget(files);
	CHECK(read_table(reader));
	bytes = (reader->table.most + WORD_BITS - 1) / WORD_BITS * 8;
	if (reader->table.most > NUMBERS_MAX)
		bytes = NUMBERS_MAX / 8;
	for (uint64_t at = 0; at < bytes && !files->incomplete; at += PIECE_BYTES)
		CHECK(read_piece(
			reader, at, bytes - at < PIECE_BYTES ? bytes - at : PIECE_BYTES));
	if (reader->table.most > NUMBERS_MAX)
		files->incomplete = "the table is larger than any process's";
	return NULL;
}

/* A table that was replaced meanwhile is read anew. */
static struct sonde_error *read_all(struct reader *reader)
{
	struct sonde_files *files = reader->files;
	bool same = false;

	for (unsigned i = 0; i < LOOKS && !same; i++) {
		uint64_t address = 0;
		bool torn = false;

		CHECK(sonde_linux_or_torn(read_files(reader), &torn));
		if (torn)
			files->incomplete = "the table cannot be read";
		CHECK(sonde_linux_or_torn(
			sonde_field_read(&reader->fields.table, memory(reader),
				reader->process.files, &address),
			&torn));
		same = !torn && address == reader->table.address;
	}
	if (!same && !files->incomplete)
		files->incomplete = "the table was replaced again and again";
	CHECK(sonde_linux_process_is_same(&reader->process, &same));
	if (!same)
		files->incomplete = "the process ended meanwhile";
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *find_fields(struct reader *reader)
{
	uint64_t gap = sonde_linux_record_gap(reader->kernel);
	struct fields *fields = &reader->fields;
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&reader->kernel->types, &types));
	CHECK(sonde_fields_resolve(
		types, table_wishes, ARRAY_SIZE(table_wishes), fields));
	CHECK(sonde_fields_resolve(types, file_wishes, ARRAY_SIZE(file_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, other_wishes, ARRAY_SIZE(other_wishes), fields));
	CHECK(sonde_record_plan(table_wishes, ARRAY_SIZE(table_wishes), fields, gap,
		&reader->table_record));
	CHECK(sonde_record_plan(
		file_wishes, ARRAY_SIZE(file_wishes), fields, gap, &reader->file_record));
	if (reader->table_record.bytes <= TABLE_BYTES &&
		reader->file_record.bytes <= FILE_BYTES)
		return NULL;
	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "'struct file' is larger than any such structure");
}

static struct sonde_error *read_process(struct sonde_linux *kernel, uint64_t pid,
	bool with_sockets, struct sonde_files *files)
{
	CLEANUP(cleanup_free) struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return sonde_error_no_memory();
	reader->kernel = kernel;
	reader->files = files;
	reader->with_sockets = with_sockets;
	CHECK(find_fields(reader));
	CHECK(sonde_linux_process_find(kernel, pid, &reader->process));
	if (!reader->process.files)
		return sonde_linux_process_lacks(&reader->process, "open files");
	CHECK(sonde_linux_inodes_init(&reader->inodes, kernel));
	CHECK(sonde_linux_paths_init(&reader->paths, kernel));
	if (with_sockets)
		CHECK(sonde_linux_socket_reader_init(&reader->sockets, kernel));
	return read_all(reader);
}

struct sonde_error *sonde_files_open(struct sonde_target *target, uint64_t pid,
	const struct sonde_files_options *options, struct sonde_files **ret)
{
	struct sonde_files_options given = {.size = 0};
	struct sonde_files *files;
	struct sonde_error *error;

	CHECK(sonde_kernel_find(target));
	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	files = calloc(1, sizeof(*files));
	if (!files)
		return sonde_error_no_memory();
	error = read_process(
		sonde_linux_below(target), pid, !given.without_sockets, files);
	if (error) {
		sonde_files_close(files);
		return sonde_error_while(error, "reading the open files of process %llu",
			(unsigned long long)pid);
	}
	*ret = files;
	return NULL;
}

const struct sonde_file *sonde_files_next(struct sonde_files *files)
{
	return files->next < files->count ? &files->list[files->next++] : NULL;
}

const char *sonde_files_incomplete(const struct sonde_files *files)
{
	return files->texts.is_full ? "there is more text than any system has"
				    : files->incomplete;
}

void sonde_files_close(struct sonde_files *files)
{
	if (!files)
		return;
	forget(files);
	free(files->list);
	free(files);
}

const char *sonde_file_type_name(enum sonde_file_type type)
{
	static const char *const names[] = {
		[SONDE_FILE_UNKNOWN] = "unknown",
		[SONDE_FILE_REGULAR] = "regular",
		[SONDE_FILE_DIRECTORY] = "directory",
		[SONDE_FILE_SYMBOLIC_LINK] = "link",
		[SONDE_FILE_CHARACTER_DEVICE] = "chr",
		[SONDE_FILE_BLOCK_DEVICE] = "blk",
		[SONDE_FILE_FIFO] = "fifo",
		[SONDE_FILE_PIPE] = "pipe",
		[SONDE_FILE_SOCKET] = "socket",
		[SONDE_FILE_ANONYMOUS] = "anon",
	};

	return (size_t)type < ARRAY_SIZE(names) ? names[type] : "unknown";
}
