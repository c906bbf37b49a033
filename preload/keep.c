/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Only files that this process made are kept: their numbers are remembered. Whatever goes
 * wrong, the file is one that QEMU unlinks.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_ram.h"
#include "keep.h"
#include "kept_file.h"
#include "real.h"

enum {
	/** A machine's NUMA nodes and DIMMs; those beyond are not kept. */
	KEPT_MAX = 256,
	/** Out of the way of numbers that a command line may name (fd=N). */
	CHANNEL_FD_MIN = 200,
};

static struct {
	pthread_mutex_t lock;
	const struct settings *settings;
	/** To the keeper; -1: there is none. */
	int channel;
	bool tried;
	/** Who made the first file: another user's could not be removed by the keeper. */
	uid_t user;
	struct {
		dev_t device;
		ino_t inode;
	} kept[KEPT_MAX];
	size_t count;
} keep = {.lock = PTHREAD_MUTEX_INITIALIZER, .channel = -1};

/* --- the keeper -------------------------------------------------------------------- */

/* Where the library was installed, or built. */
static bool find_keeper(char *ret, size_t size)
{
	static const char *const places[] = {
		"sonde/sonde-ram-keeper", "sonde-ram-keeper"};
	const char *slash;
	Dl_info info;

	if (!dladdr((const void *)find_keeper, &info) || !info.dli_fname)
		return false;
	slash = strrchr(info.dli_fname, '/');
	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		int length = snprintf(ret, size, "%.*s/%s", (int)(slash - info.dli_fname),
			info.dli_fname, places[i]);

		if (length > 0 && (size_t)length < size && access(ret, X_OK) == 0)
			return true;
	}
	return false;
}

/* Nothing of QEMU's goes with it: no descriptors, no terminal, no environment. */
static bool spawn(const char *program, int channel, pid_t *ret)
{
	char *const arguments[] = {
		(char *)"sonde-ram-keeper", (char *)keep.settings->prefix, NULL};
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int failed;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, 0, 1);
	posix_spawn_file_actions_adddup2(&actions, 0, 2);
	posix_spawn_file_actions_adddup2(&actions, channel, KEEPER_CHANNEL_FD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	failed = posix_spawn(ret, program, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	errno = failed;
	return !failed;
}

/* It goes on in a child of its own: QEMU's children stay those that QEMU knows of. */
static bool is_at_work(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		/* Nobody waits where SIGCHLD is ignored; then it is not known. */
		if (errno != EINTR)
			return errno == ECHILD;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int out_of_the_way(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, CHANNEL_FD_MIN);

	if (moved < 0)
		return fd;
	close(fd);
	return moved;
}

static bool start_keeper(void)
{
	char program[PATH_MAX];
	int ends[2];
	pid_t pid;
	bool good;

	if (!find_keeper(program, sizeof(program)) ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	for (int i = 0; i < 2; i++)
		ends[i] = out_of_the_way(ends[i]);
	good = spawn(program, ends[1], &pid) && is_at_work(pid);
	close(ends[1]);
	if (good)
		keep.channel = ends[0];
	else
		close(ends[0]);
	return good;
}

static bool have_keeper(void)
{
	if (!keep.tried) {
		keep.tried = true;
		keep.user = geteuid();
		if (!start_keeper())
			fputs("sonde-qemu-ram: SONDE_RAM_KEEP is ignored: "
			      "sonde/sonde-ram-keeper, beside the library, cannot be "
			      "started\n",
				stderr);
	}
	return keep.channel >= 0;
}

static bool tell_keeper(const struct stat *status, const char *path)
{
	struct kept_file message = {.device = status->st_dev, .inode = status->st_ino};
	size_t length = strlen(path) + 1;

	memcpy(message.path, path, length);
	length += offsetof(struct kept_file, path);
	return send(keep.channel, &message, length, MSG_NOSIGNAL) == (ssize_t)length;
}

void keep_init(const struct settings *settings)
{
	keep.settings = settings;
	if (settings->keep && settings->is_qemu)
		have_keeper();
}

/* --- files ------------------------------------------------------------------------- */

/* Its place among those that are kept; their count where it is none of them. */
static size_t place_of(const struct stat *status)
{
	size_t i = 0;

	while (i < keep.count && (keep.kept[i].device != status->st_dev ||
					 keep.kept[i].inode != status->st_ino))
		i++;
	return i;
}

static bool keep_file(int fd, const struct stat *status)
{
	char path[PATH_MAX];

	if (keep.count == KEPT_MAX || !file_ram_path(fd, path) ||
		!kept_file_is_below(path, keep.settings->prefix) || !have_keeper() ||
		geteuid() != keep.user)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	if (!tell_keeper(status, path)) {
		flock(fd, LOCK_UN);
		return false;
	}
	keep.kept[keep.count].device = status->st_dev;
	keep.kept[keep.count++].inode = status->st_ino;
	return true;
}

static void consider(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return;
	pthread_mutex_lock(&keep.lock);
	/* A number that a file had which is gone. */
	size_t place = place_of(&status);

	if (place < keep.count)
		keep.kept[place] = keep.kept[--keep.count];
	keep_file(fd, &status);
	pthread_mutex_unlock(&keep.lock);
}

int keep_mkstemp(char *path)
{
	int directory, fd, saved;

	if (!keep.settings || !keep.settings->keep || !kept_file_has_shape(path))
		return real_mkstemp(path);
	saved = errno;
	directory = kept_file_lock_directory(path, LOCK_SH);
	errno = saved;
	fd = real_mkstemp(path);
	saved = errno;
	if (fd >= 0)
		consider(fd);
	if (directory >= 0)
		close(directory);
	errno = saved;
	return fd;
}

bool keep_holds(int directory, const char *path)
{
	int saved = errno;
	struct stat status;
	bool holds = false;

	if (!keep.settings || !keep.settings->keep || !kept_file_has_shape(path))
		return false;
	if (fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		pthread_mutex_lock(&keep.lock);
		holds = place_of(&status) < keep.count;
		pthread_mutex_unlock(&keep.lock);
	}
	errno = saved;
	return holds;
}
