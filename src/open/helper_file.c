/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Helpers in shared objects: finding, judging and loading them.
 *
 * A file is judged under the name that all symbolic links lead to. Every directory
 * on the way there is judged with it, so nobody but root and the user can put something
 * else in its place between the look at it and dlopen(). That takes an ordinary name,
 * where a descriptor in /proc/self/fd would do as well, so that debuggers find the
 * helper's source and $ORIGIN works in it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context.h"

/* The name that SONDE_HELPER_EXPORT defines. */
#define EXPORTED "sonde_helper_exported"

/* --- judging -------------------------------------------------------------------- */

/* Access control lists count, too: what they grant at most shows as the group's. */
static struct sonde_error *check_owner(const char *path, const struct stat *status)
{
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_PERMISSION,
				"%s belongs to user %u, who could change it", path,
				(unsigned)status->st_uid),
			"a helper runs with your rights, so it must be yours or root's, "
			"and so must the directories above it");
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_PERMISSION,
						   "%s can be changed by others", path),
			"a helper runs with your rights: chmod go-w '%s'", path);
	return NULL;
}

static struct sonde_error *check_file(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return sonde_error_system(errno);
	if (!S_ISREG(status.st_mode))
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "it is no file");
	return check_owner(path, &status);
}

static struct sonde_error *check_directory(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return sonde_error_while(sonde_error_system(errno), "%s", path);
	/* Where it is set, one renames and removes nothing but one's own. */
	if (status.st_mode & S_ISVTX)
		status.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
	return check_owner(path, &status);
}

/* Those above @p path, up to the root or to @p trusted, which may be NULL. */
static struct sonde_error *check_directories(const char *path, const char *trusted)
{
	CLEANUP(cleanup_free) char *above = strdup(path);
	char *slash;

	if (!above)
		return sonde_error_no_memory();
	while ((slash = strrchr(above, '/'))) {
		*slash = '\0';
		if (trusted && !strcmp(above, trusted))
			return NULL;
		CHECK(check_directory(*above ? above : "/"));
	}
	return NULL;
}

/* --- finding -------------------------------------------------------------------- */

/* Where this library is: whoever can write there needs no helper. */
static struct sonde_error *find_library_directory(char **ret)
{
	CLEANUP(cleanup_free) char *library = NULL;
	Dl_info info;
	char *slash;

	if (!dladdr(EXPORTED, &info) || !info.dli_fname)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the library does not know where it is");
	library = realpath(info.dli_fname, NULL);
	if (!library)
		return sonde_error_while(
			sonde_error_system(errno), "looking for %s", info.dli_fname);
	slash = strrchr(library, '/');
	*ret = strndup(library, (size_t)(slash - library));
	return *ret ? NULL : sonde_error_no_memory();
}

static struct sonde_error *resolve(const char *path, char **ret)
{
	*ret = realpath(path, NULL);
	if (*ret)
		return NULL;
	if (errno == ENOENT || errno == ENOTDIR)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there is no file %s", path);
	return sonde_error_system(errno);
}

static struct sonde_error *find_by_path(const char *name, char **ret)
{
	CLEANUP(cleanup_free) char *path = NULL;

	CHECK(resolve(name, &path));
	CHECK(check_directories(path, NULL));
	CHECK(check_file(path));
	*ret = path;
	path = NULL;
	return NULL;
}

static struct sonde_error *find_installed(const char *name, char **ret)
{
	CLEANUP(cleanup_free) char *library = NULL, *wanted = NULL, *path = NULL;

	CHECK(find_library_directory(&library));
	if (asprintf(&wanted, "%s/sonde/helpers/%s.so", library, name) < 0) {
		wanted = NULL;
		return sonde_error_no_memory();
	}
	CHECK(sonde_error_suggest(resolve(wanted, &path),
		"that is where helpers are installed; to load a file that is elsewhere, "
		"write its path with a slash: ./%s",
		name));
	CHECK(check_directories(path, library));
	CHECK(check_file(path));
	*ret = path;
	path = NULL;
	return NULL;
}

/* --- loading -------------------------------------------------------------------- */

static void unload(void *object)
{
	dlclose(object);
}

static struct sonde_error *find_descriptor(
	void *object, const struct sonde_helper_descriptor **ret)
{
	*ret = dlsym(object, EXPORTED);
	if (*ret)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_BAD_DATA,
			"it is no helper: it does not export " EXPORTED),
		"a helper defines that with SONDE_HELPER_EXPORT, see sonde-helper(7)");
}

static struct sonde_error *load(
	struct sonde *sonde, const char *path, const char *options)
{
	const struct sonde_helper_descriptor *descriptor;
	struct sonde_added_helper added;
	struct sonde_error *error;
	/* What it lacks shows now, not in the middle of its work. */
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!object) {
		const char *why = dlerror();

		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "%s", why ? why : "it cannot be loaded");
	}
	error = find_descriptor(object, &descriptor);
	if (!error)
		error = sonde_added_helper_init(&added, descriptor, options);
	if (error) {
		unload(object);
		return error;
	}
	added.object = object;
	added.unload = unload;
	return sonde_context_add_helper(sonde, &added);
}

static struct sonde_error *find_and_load(
	struct sonde *sonde, const char *name, const char *options)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (!*name)
		return sonde_error_create(SONDE_ERROR_INVALID, "it has no name");
	CHECK(strchr(name, '/') ? find_by_path(name, &path)
				: find_installed(name, &path));
	return load(sonde, path, options);
}

struct sonde_error *sonde_load_helper(struct sonde *sonde, const char *specification)
{
	const char *comma = strchrnul(specification, ',');
	CLEANUP(cleanup_free)
	char *name = strndup(specification, (size_t)(comma - specification));

	if (!name)
		return sonde_error_no_memory();
	return sonde_error_while(find_and_load(sonde, name, *comma ? comma + 1 : NULL),
		"loading helper \"%s\"", name);
}
