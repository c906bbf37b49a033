/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source: XDG Base Directory Specification, XDG_CACHE_HOME. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_files.h"
#include "hex.h"
#include "macros.h"

enum {
	ID_DIGITS = 2 * SONDE_LINUX_BUILD_ID_BYTES,
	NAME_BYTES = ID_DIGITS + 20,
	/** Of whatever is in the directory. */
	ENTRIES_MAX = 1024,
};

void sonde_linux_cache_close(int *directory)
{
	if (*directory >= 0)
		close(*directory);
}

/* --- the directory ---------------------------------------------------------------- */

static bool is_ours(int fd, mode_t type)
{
	struct stat status;

	return !fstat(fd, &status) && (status.st_mode & S_IFMT) == type &&
	       status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

/* Closes @p fd unless it is a directory of ours; returns it, or -1. */
static int keep_own(int fd)
{
	if (fd >= 0 && !is_ours(fd, S_IFDIR)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Users may well have a link there. */
static int open_base(bool make)
{
	const char *named = secure_getenv("XDG_CACHE_HOME");
	const char *home = secure_getenv("HOME");
	char path[PATH_MAX];
	int length;

	if (named && named[0] == '/')
		length = snprintf(path, sizeof(path), "%s", named);
	else if (home && home[0] == '/')
		length = snprintf(path, sizeof(path), "%s/.cache", home);
	else
		return -1;
	if (length < 0 || (size_t)length >= sizeof(path))
		return -1;
	if (make)
		mkdir(path, 0700);
	return keep_own(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int sonde_linux_cache_open(bool make)
{
	static const char *const names[] = {"sonde", "kernels"};
	int fd = open_base(make);

	for (unsigned i = 0; i < ARRAY_SIZE(names) && fd >= 0; i++) {
		int parent = fd;

		if (make)
			mkdirat(parent, names[i], 0700);
		fd = keep_own(openat(parent, names[i],
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		close(parent);
	}
	return fd;
}

/* --- names ------------------------------------------------------------------------ */

static void make_name(const struct sonde_linux_places *places, char ret[NAME_BYTES])
{
	sonde_hex_encode(places->build_id, sizeof(places->build_id), ret);
	snprintf(ret + ID_DIGITS, NAME_BYTES - ID_DIGITS, "-%" PRIx64, places->note);
}

static bool parse_name(const char *name, struct sonde_linux_places *ret)
{
	size_t length = strlen(name);
	const char *note = name + ID_DIGITS + 1, *end = name + length;
	char again[NAME_BYTES];

	*ret = (struct sonde_linux_places){.note = 0};
	if (length <= ID_DIGITS + 1 || length >= NAME_BYTES ||
		!sonde_hex_decode(name, sizeof(ret->build_id), ret->build_id) ||
		!sonde_hex_parse(&note, end, &ret->note) || !ret->note ||
		ret->note >= SONDE_LINUX_PLACES_IMAGE_MAX)
		return false;
	make_name(ret, again);
	return !strcmp(name, again);
}

/* Calls @p visit with the files whose names make sense. */
static void walk(int directory,
	void (*visit)(void *user, int directory, const char *name,
		const struct sonde_linux_places *places),
	void *user)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!stream) {
		sonde_linux_cache_close(&fd);
		return;
	}
	for (unsigned i = 0; i < ENTRIES_MAX && (entry = readdir(stream)); i++) {
		struct sonde_linux_places places;

		if (parse_name(entry->d_name, &places))
			visit(user, directory, entry->d_name, &places);
	}
	closedir(stream);
}

struct listing {
	struct sonde_linux_places *places;
	unsigned count;
};

static void list(void *user, int directory, const char *name,
	const struct sonde_linux_places *places)
{
	struct listing *listing = user;

	(void)directory;
	(void)name;
	if (listing->count < SONDE_LINUX_CACHE_FILES_MAX)
		listing->places[listing->count++] = *places;
}

unsigned sonde_linux_cache_list(
	int directory, struct sonde_linux_places ret[SONDE_LINUX_CACHE_FILES_MAX])
{
	struct listing listing = {.places = ret};

	walk(directory, list, &listing);
	return listing.count;
}

/* --- files ------------------------------------------------------------------------ */

bool sonde_linux_cache_read(int directory, const struct sonde_linux_places *name,
	struct sonde_linux_places *ret)
{
	CLEANUP(sonde_linux_cache_close) int fd = -1;
	char text[SONDE_LINUX_PLACES_TEXT_MAX], path[NAME_BYTES];
	struct sonde_linux_places places;
	ssize_t length;

	make_name(name, path);
	fd = openat(directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || !is_ours(fd, S_IFREG))
		return false;
	length = read(fd, text, sizeof(text));
	if (length < 0 || !sonde_linux_places_parse(text, (size_t)length, &places) ||
		places.note != name->note ||
		memcmp(places.build_id, name->build_id, sizeof(name->build_id)) != 0)
		return false;
	*ret = places;
	return true;
}

struct oldest {
	char name[NAME_BYTES];
	struct timespec time;
	unsigned count;
};

static void find_oldest(void *user, int directory, const char *name,
	const struct sonde_linux_places *places)
{
	struct oldest *oldest = user;
	struct stat status;

	(void)places;
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!oldest->count++ || status.st_mtim.tv_sec < oldest->time.tv_sec ||
		(status.st_mtim.tv_sec == oldest->time.tv_sec &&
			status.st_mtim.tv_nsec < oldest->time.tv_nsec)) {
		memcpy(oldest->name, name, strlen(name) + 1);
		oldest->time = status.st_mtim;
	}
}

/* As many as are listed. */
static void make_room(int directory)
{
	struct oldest oldest = {.count = 0};

	walk(directory, find_oldest, &oldest);
	if (oldest.count >= SONDE_LINUX_CACHE_FILES_MAX)
		unlinkat(directory, oldest.name, 0);
}

static bool write_file(
	int directory, const char *path, const struct sonde_linux_places *places)
{
	char text[SONDE_LINUX_PLACES_TEXT_MAX];
	size_t length = sonde_linux_places_format(places, text);
	int fd = openat(directory, path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, length) == (ssize_t)length;
	return !close(fd) && done;
}

bool sonde_linux_cache_write(int directory, const struct sonde_linux_places *places)
{
	char temporary[32], path[NAME_BYTES];

	if (directory < 0)
		return false;
	make_name(places, path);
	snprintf(temporary, sizeof(temporary), ".new-%ld", (long)getpid());
	/* One of a process that died, which had our number. */
	unlinkat(directory, temporary, 0);
	if (faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		make_room(directory);
	if (write_file(directory, temporary, places) &&
		!renameat(directory, temporary, directory, path))
		return true;
	unlinkat(directory, temporary, 0);
	return false;
}
