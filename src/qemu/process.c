/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All files are opened below a descriptor of /proc/PID: when the process ends they are
 * gone, and a successor with its number has others.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "process.h"
#include "start_time.h"

enum {
	/** Of a command line; libvirt's have about 10,000. */
	LINE_USUAL_BYTES = 16 * 1024,
	LINE_MAX_BYTES = 256 * 1024,
	DESCRIPTORS_MAX = 1 << 16,
	COMM_BYTES = 15,
	/** So many threads a QEMU has before it makes its machine. */
	EARLY_THREADS = 2,
};

static void cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void cleanup_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* As much as there is room for; 0 where nothing can be read. */
static size_t read_file(int directory, const char *name, char *buffer, size_t room)
{
	CLEANUP(cleanup_fd) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;

	while (fd >= 0 && length < room &&
		(got = read(fd, buffer + length, room - length)) > 0)
		length += (size_t)got;
	return length;
}

static bool read_link(int directory, const char *name, char *ret, size_t size)
{
	ssize_t length = readlinkat(directory, name, ret, size - 1);

	if (length < 0)
		return false;
	ret[length] = '\0';
	return true;
}

/* --- what it is ------------------------------------------------------------------- */

/* Cuts @p path down to the name of the file. */
static const char *name_of(char *path)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path);
	char *slash;

	if (length > sizeof(deleted) - 1 &&
		!strcmp(path + length - (sizeof(deleted) - 1), deleted))
		path[length - (sizeof(deleted) - 1)] = '\0';
	slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool take_name(struct sonde_qemu_process *process, const char *name)
{
	size_t length = strlen(name);
	struct utsname machine;

	if (!sonde_qemu_is_emulator(name, process->architecture))
		return false;
	process->prefers_kvm = length >= 3 && !strcmp(name + length - 3, "kvm");
	if (!*process->architecture && !uname(&machine))
		snprintf(process->architecture, sizeof(process->architecture), "%.*s",
			(int)sizeof(process->architecture) - 1, machine.machine);
	return true;
}

/* The executable; where that is not told, what the process calls itself. */
static bool recognize(
	struct sonde_qemu_process *process, const char *line, size_t line_length)
{
	char path[4096];

	if (read_link(process->directory, "exe", path, sizeof(path)))
		return take_name(process, name_of(path));
	snprintf(path, sizeof(path), "%.*s",
		(int)strnlen(line,
			line_length < sizeof(path) ? line_length : sizeof(path) - 1),
		line);
	if (take_name(process, name_of(path)))
		return true;
	/* The kernel's own name for it, cut after 15 bytes. */
	path[read_file(process->directory, "comm", path, sizeof(path) - 1)] = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (!take_name(process, path))
		return false;
	if (strlen(path) >= COMM_BYTES)
		process->architecture[0] = '\0';
	return true;
}

/* Its state; 0: it has ended. *@p threads is left alone then. */
static char read_state(int directory, unsigned *threads)
{
	CLEANUP(cleanup_fd) int fd = openat(directory, "stat", O_RDONLY | O_CLOEXEC);
	char text[1024], state = 0;
	/* The kernel gives all of it at once. */
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	const char *fields;

	text[length < 0 ? 0 : length] = '\0';
	/* The name before that may hold anything. */
	fields = strrchr(text, ')');
	if (!fields || sscanf(fields + 1,
			       " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
			       "%*d %*d %*d %u",
			       &state, threads) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : state;
}

static void look_at_state(struct sonde_qemu_process *process)
{
	char ours[64], its[64];
	char state = read_state(process->directory, &process->thread_count);

	process->stopped = state == 'T' || state == 't';
	process->other_network =
		read_link(process->directory, "ns/net", its, sizeof(its)) &&
		read_link(AT_FDCWD, "/proc/self/ns/net", ours, sizeof(ours)) &&
		strcmp(ours, its) != 0;
}

/* --- descriptors ------------------------------------------------------------------ */

static struct sonde_error *add_socket(
	struct sonde_qemu_process *process, unsigned long inode)
{
	size_t count = process->socket_count;

	if (!(count & (count - 1))) {
		unsigned long *grown = reallocarray(process->sockets,
			count ? 2 * count : 1, sizeof(*process->sockets));

		if (!grown)
			return sonde_error_no_memory();
		process->sockets = grown;
	}
	process->sockets[process->socket_count++] = inode;
	return NULL;
}

static struct sonde_error *look_at_descriptors(struct sonde_qemu_process *process)
{
	CLEANUP(cleanup_directory) DIR *directory = NULL;
	int fd = openat(process->directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *entry;

	if (fd < 0)
		return NULL;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return NULL;
	}
	process->descriptors_known = true;
	for (unsigned i = 0; i < DESCRIPTORS_MAX && (entry = readdir(directory)); i++) {
		unsigned long inode;
		char link[64];

		if (!read_link(fd, entry->d_name, link, sizeof(link)))
			continue;
		if (sscanf(link, "socket:[%lu]", &inode) == 1)
			CHECK(add_socket(process, inode));
		process->has_kvm = process->has_kvm || !strcmp(link, "anon_inode:kvm-vm");
	}
	return NULL;
}

bool sonde_qemu_process_has_socket(
	const struct sonde_qemu_process *process, unsigned long inode)
{
	for (size_t i = 0; i < process->socket_count; i++)
		if (process->sockets[i] == inode)
			return true;
	return false;
}

static bool is_its_own(const void *process, unsigned long inode)
{
	return sonde_qemu_process_has_socket(process, inode);
}

bool sonde_qemu_process_has_client(
	const struct sonde_qemu_process *process, unsigned long port)
{
	return sonde_qemu_port_is_connected(port, is_its_own, process);
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *no_emulator(pid_t pid)
{
	return sonde_error_create(
		SONDE_ERROR_NOT_FOUND, "process %d is no QEMU", (int)pid);
}

/* Most are short: memory for the longest ones has to be had of the kernel. */
static struct sonde_error *read_line(int directory, char **ret, size_t *length)
{
	static const size_t rooms[] = {LINE_USUAL_BYTES, LINE_MAX_BYTES};

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		free(*ret);
		*ret = malloc(rooms[i]);
		if (!*ret)
			return sonde_error_no_memory();
		*length = read_file(directory, "cmdline", *ret, rooms[i]);
		if (*length < rooms[i])
			break;
	}
	return NULL;
}

static struct sonde_error *look_at_all(struct sonde_qemu_process *process)
{
	CLEANUP(cleanup_free) char *line = NULL;
	size_t length;

	CHECK(read_line(process->directory, &line, &length));
	/* One that has ended, or that belongs to the kernel, has none. */
	if (!length || !recognize(process, line, length))
		return no_emulator(process->pid);
	process->line_cut = length == LINE_MAX_BYTES;
	CHECK(sonde_qemu_command_line_parse(line, length, &process->line));
	look_at_state(process);
	return look_at_descriptors(process);
}

bool sonde_qemu_process_may_be(pid_t pid)
{
	char architecture[SONDE_QEMU_ARCHITECTURE_TEXT], name[32], path[4096];

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	if (!read_link(AT_FDCWD, name, path, sizeof(path)))
		return errno != ENOENT;
	return sonde_qemu_is_emulator(name_of(path), architecture);
}

struct sonde_error *sonde_qemu_process_open(pid_t pid, struct sonde_qemu_process *ret)
{
	struct sonde_qemu_process process = {.pid = pid};
	struct sonde_error *error = NULL;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	process.directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (process.directory < 0)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there is no process %d", (int)pid);
	process.start_time = sonde_process_start_time(pid);
	error = process.start_time ? look_at_all(&process) : no_emulator(pid);
	if (!error && !sonde_qemu_process_lives(&process))
		error = sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "process %d has ended", (int)pid);
	if (error) {
		sonde_qemu_process_close(&process);
		return error;
	}
	*ret = process;
	return NULL;
}

void sonde_qemu_process_close(struct sonde_qemu_process *process)
{
	close(process->directory);
	sonde_qemu_command_line_deinit(&process->line);
	free(process->sockets);
}

/* Below the descriptor nothing is found any more once it has ended, whoever has its
 * number then. */
bool sonde_qemu_process_lives(const struct sonde_qemu_process *process)
{
	unsigned threads;

	return read_state(process->directory, &threads);
}

/* The main one and RCU's are there from the beginning; those of CPUs come later. */
bool sonde_qemu_process_waits(const struct sonde_qemu_process *process,
	const struct sonde_qemu_channel *channel)
{
	return channel->waits && process->thread_count <= EARLY_THREADS;
}
