/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sonde-ram-keeper PREFIX: removes RAM files when nobody has them any more. The library
 * starts it, in a session of its own, with one descriptor: the channel on which it is
 * told of each file. For each there is a process that waits for the file's lock
 * (kept_file.h), and removes its name when it gets it: that a QEMU is killed is as good
 * as that it ends.
 *
 * First it sweeps, by itself and before QEMU goes on: files of that prefix that nobody
 * has, because a QEMU and its keeper were killed together.
 *
 * Never removed: what is no regular file of this user's with one name, of QEMU's shape,
 * and unlocked.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kept_file.h"

/* Asked to end by whoever ends everything of that unit, it still has its work to do. */
static void ignore_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1,
		SIGUSR2, SIGALRM, SIGCHLD};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_IGN);
}

static bool is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
	       status->st_nlink == 1;
}

/* Its lock is taken before it is looked at by name again: meanwhile it stays what it is.
 */
static void remove_unlocked(int fd, int how, const char *path)
{
	struct stat held, named;

	while (flock(fd, how) < 0)
		if (errno != EINTR)
			return;
	if (fstat(fd, &held) == 0 && is_ours(&held) && lstat(path, &named) == 0 &&
		named.st_dev == held.st_dev && named.st_ino == held.st_ino)
		unlink(path);
}

static int open_file(const char *path)
{
	return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* --- leftovers --------------------------------------------------------------------- */

static void sweep_directory(const char *directory, const char *prefix)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *entries;

	/* A file of that name need not be there: its directory is what is locked. */
	snprintf(path, sizeof(path), "%s/.", directory);
	int lock = kept_file_lock_directory(path, LOCK_EX);

	if (lock < 0)
		return;
	entries = opendir(directory);
	while (entries && (entry = readdir(entries))) {
		int length = snprintf(path, sizeof(path), "%s%s%s", directory,
			directory[1] ? "/" : "", entry->d_name);
		int fd;

		if (length < 0 || (size_t)length >= sizeof(path) ||
			!kept_file_is_below(path, prefix))
			continue;
		fd = open_file(path);
		if (fd < 0)
			continue;
		remove_unlocked(fd, LOCK_EX | LOCK_NB, path);
		close(fd);
	}
	if (entries)
		closedir(entries);
	close(lock);
}

/* The directory that the prefix is in; and the one that it is, if it is one. */
static void sweep(const char *prefix)
{
	char directory[PATH_MAX];
	char *slash;

	if (snprintf(directory, sizeof(directory), "%s", prefix) >=
		(int)sizeof(directory))
		return;
	slash = strrchr(directory, '/');
	if (!slash)
		return;
	if (slash[1]) {
		struct stat status;

		if (lstat(prefix, &status) == 0 && S_ISDIR(status.st_mode))
			sweep_directory(prefix, prefix);
	}
	slash[slash == directory] = '\0';
	sweep_directory(directory, prefix);
}

/* --- files in use ------------------------------------------------------------------ */

static void wait_and_remove(const struct kept_file *file)
{
	int fd = open_file(file->path);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_dev != file->device ||
		status.st_ino != file->inode)
		return;
	remove_unlocked(fd, LOCK_EX, file->path);
}

static void serve(const char *prefix)
{
	struct kept_file file;

	for (;;) {
		ssize_t got = recv(KEEPER_CHANNEL_FD, &file, sizeof(file), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		if ((size_t)got <= offsetof(struct kept_file, path) ||
			((const char *)&file)[got - 1] != '\0' ||
			!kept_file_is_below(file.path, prefix))
			continue;
		if (fork() == 0) {
			close(KEEPER_CHANNEL_FD);
			wait_and_remove(&file);
			_exit(0);
		}
	}
}

int main(int argc, char **argv)
{
	struct stat status;
	pid_t child;

	if (argc != 2 || argv[1][0] != '/' || fstat(KEEPER_CHANNEL_FD, &status) < 0 ||
		!S_ISSOCK(status.st_mode)) {
		fputs("sonde-ram-keeper: libsonde-qemu-ram.so starts it; it is of no use "
		      "by "
		      "itself\n",
			stderr);
		return 2;
	}
	syscall(SYS_close_range, KEEPER_CHANNEL_FD + 1, ~0U, 0);
	ignore_signals();
	if (chdir("/") < 0)
		return 1;
	sweep(argv[1]);
	/* The library waits for this process. */
	child = fork();
	if (child != 0)
		return child < 0;
	serve(argv[1]);
	return 0;
}
