/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what a QEMU was told to listen on to a place that we can connect to. Its root, its
 * directory and its network may be others than ours, and a name may have changed hands
 * since: a place counts if it is one of the process's own sockets. Of another user's
 * process that cannot be seen, and then the name has to do.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

enum {
	ENVIRONMENT_MAX_BYTES = 256 * 1024,
	/** Directories that a name may belong to. */
	CANDIDATES_MAX = 3,
};

static const char hidden[] =
	"only root and the user that it runs as can see where it listens";

static bool is_socket(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISSOCK(status.st_mode);
}

/* Whether the process listens at @p path. */
static bool owns(const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, const char *path)
{
	const struct sonde_qemu_listener *listener;

	if (!process->descriptors_known)
		return is_socket(path);
	listener = sonde_qemu_listeners_find(listeners, path);
	return listener && sonde_qemu_process_has_socket(process, listener->inode);
}

/* --- where a path may belong ------------------------------------------------------ */

/*
 * PWD, as its parent had it: after -daemonize the process stands in the root directory,
 * and its sockets were made before that.
 */
static struct sonde_error *read_first_directory(
	const struct sonde_qemu_process *process, char **ret)
{
	CLEANUP(cleanup_free) char *text = malloc(ENVIRONMENT_MAX_BYTES);
	size_t length = 0;
	ssize_t got;
	int fd;

	*ret = NULL;
	if (!text)
		return sonde_error_no_memory();
	fd = openat(process->directory, "environ", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && length < ENVIRONMENT_MAX_BYTES - 1 &&
		(got = read(fd, text + length, ENVIRONMENT_MAX_BYTES - 1 - length)) > 0)
		length += (size_t)got;
	if (fd >= 0)
		close(fd);
	text[length] = '\0';
	for (const char *word = text; word < text + length; word += strlen(word) + 1)
		if (!strncmp(word, "PWD=/", 5)) {
			*ret = strdup(word + 4);
			return *ret ? NULL : sonde_error_no_memory();
		}
	return NULL;
}

/* Puts @p directory before @p path; takes no notice of a NULL. */
static struct sonde_error *add_candidate(
	char **candidates, size_t *count, const char *directory, const char *path)
{
	char *whole;

	if (!directory)
		return NULL;
	if (asprintf(&whole, "%s%s%s", directory, *path == '/' ? "" : "/", path) < 0)
		return sonde_error_no_memory();
	candidates[(*count)++] = whole;
	return NULL;
}

/* The nicest name first. */
static struct sonde_error *list_candidates(const struct sonde_qemu_process *process,
	const char *path, char **candidates, size_t *count)
{
	CLEANUP(cleanup_free) char *first = NULL;
	char directory[PATH_MAX], own[40];
	ssize_t length;

	if (*path == '/') {
		snprintf(own, sizeof(own), "/proc/%d/root", (int)process->pid);
		CHECK(add_candidate(candidates, count, "", path));
		return add_candidate(candidates, count, own, path);
	}
	length = readlinkat(process->directory, "cwd", directory, sizeof(directory) - 1);
	if (length < 0)
		return NULL;
	directory[length] = '\0';
	snprintf(own, sizeof(own), "/proc/%d/cwd", (int)process->pid);
	if (length == 1)
		directory[0] = '\0';
	CHECK(add_candidate(candidates, count, directory, path));
	CHECK(add_candidate(candidates, count, own, path));
	CHECK(read_first_directory(process, &first));
	return add_candidate(candidates, count, first, path);
}

static struct sonde_error *find_path(const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, const char *path, char **ret)
{
	char *candidates[CANDIDATES_MAX] = {0};
	struct sonde_error *error;
	size_t count = 0;

	*ret = NULL;
	error = list_candidates(process, path, candidates, &count);
	for (size_t i = 0; i < count; i++) {
		if (!error && !*ret && owns(process, listeners, candidates[i]))
			*ret = candidates[i];
		else
			free(candidates[i]);
	}
	return error;
}

/* --- the kinds of channels -------------------------------------------------------- */

static struct sonde_error *resolve_unix(const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, const char *path, char **address,
	const char **why)
{
	CHECK(find_path(process, listeners, path, address));
	if (!*address)
		*why = process->descriptors_known ? "its socket is not there any more, "
						    "or is another one's now"
						  : hidden;
	return NULL;
}

static struct sonde_error *resolve_tcp(const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, const char *place, char **address,
	const char **why)
{
	const char *port = strrchr(place, ':') + 1;
	/* A port may have a name; then there is nothing to compare. */
	bool good =
		!process->descriptors_known || strspn(port, "0123456789") != strlen(port);

	for (size_t i = 0; i < listeners->count && !good; i++)
		good = sonde_qemu_listener_is_on(&listeners->list[i], place) &&
		       sonde_qemu_process_has_socket(process, listeners->list[i].inode);
	if (!good) {
		*why = "it does not listen on that port";
		return NULL;
	}
	*address = strdup(place);
	return *address ? NULL : sonde_error_no_memory();
}

/* What was handed over has a name where it was bound. */
static struct sonde_error *resolve_descriptor(const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, const char *number, char **address,
	const char **why)
{
	char name[40], link[64];
	unsigned long inode = 0;
	ssize_t length;

	*why = process->descriptors_known ? "it was handed over without a name" : hidden;
	if (!*number || strspn(number, "0123456789") != strlen(number))
		return NULL;
	snprintf(name, sizeof(name), "fd/%.20s", number);
	length = readlinkat(process->directory, name, link, sizeof(link) - 1);
	if (length < 0)
		return NULL;
	link[length] = '\0';
	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return NULL;
	for (size_t i = 0; i < listeners->count; i++)
		if (listeners->list[i].inode == inode && listeners->list[i].path)
			return resolve_unix(process, listeners, listeners->list[i].path,
				address, why);
	return NULL;
}

struct sonde_error *sonde_qemu_process_resolve(const struct sonde_qemu_process *process,
	const struct sonde_qemu_channel *channel,
	const struct sonde_qemu_listeners *listeners, char **address, const char **why)
{
	char *found = NULL;

	*address = NULL;
	*why = "it is no socket that it listens on";
	if (channel->kind == SONDE_QEMU_CHANNEL_NONE ||
		channel->kind == SONDE_QEMU_CHANNEL_OTHER)
		return NULL;
	if (process->other_network) {
		*why = "it is in another network namespace, and who is connected there "
		       "cannot be seen from here (nsenter -n would be there)";
		return NULL;
	}
	if (channel->kind == SONDE_QEMU_CHANNEL_UNIX)
		CHECK(resolve_unix(process, listeners, channel->address, &found, why));
	else if (channel->kind == SONDE_QEMU_CHANNEL_TCP)
		CHECK(resolve_tcp(process, listeners, channel->address, &found, why));
	else
		CHECK(resolve_descriptor(
			process, listeners, channel->address, &found, why));
	*address = found;
	return NULL;
}

static bool is_called_like_a_monitor(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return !strcmp(name, "monitor.sock") || strstr(name, "qmp");
}

struct sonde_error *sonde_qemu_process_find_monitor(
	const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, char **ret)
{
	char *found = NULL;

	for (size_t i = 0; i < listeners->count && !found && !process->other_network;
		i++) {
		const struct sonde_qemu_listener *listener = &listeners->list[i];

		if (listener->path && is_called_like_a_monitor(listener->path) &&
			sonde_qemu_process_has_socket(process, listener->inode))
			CHECK(find_path(process, listeners, listener->path, &found));
	}
	*ret = found;
	return NULL;
}
