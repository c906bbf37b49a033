/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file goes with the kernel. The guest says what the names of files are made of,
 * its build-id and its release, so both are looked at before. Nothing is downloaded.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel.h"
#include "log.h"

#define DEBUG_DIRECTORY "/usr/lib/debug"

enum {
	PATH_BYTES = 4096,
};

/* Where elfutils' libdwfl, gdb and crash look for a kernel of a release. */
static const char *const by_release[] = {
	"boot/vmlinux-",
	"lib/modules/",
	"boot/System.map-",
};

void sonde_linux_symbol_files_forget(struct sonde_linux_symbol_files *files)
{
	if (files->file != files->named)
		sonde_symbol_file_close(files->file);
	files->file = NULL;
	sonde_error_destroy(files->refused);
	files->refused = NULL;
	free(files->extra);
	files->extra = NULL;
	files->extra_count = 0;
	files->state = SONDE_LINUX_FILE_UNKNOWN;
}

void sonde_linux_symbol_files_deinit(struct sonde_linux_symbol_files *files)
{
	sonde_linux_symbol_files_forget(files);
	sonde_symbol_file_close(files->named);
	free(files->directory);
}

/* --- candidates ------------------------------------------------------------------- */

/* It becomes a part of a path: no slash, no beginning with a dot. */
static bool is_sane_release(const char *release)
{
	return *release && *release != '.' &&
	       strspn(release, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789.-+_~") == strlen(release);
}

/* What is not there is passed over; what does not fit is logged. */
static struct sonde_error *try_path(struct sonde_linux *kernel, const char *path)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	struct sonde_symbol_file *file = NULL;
	struct sonde_error *error = sonde_symbol_file_open(path, &file);

	if (!error)
		error = sonde_linux_symbol_file_check(kernel, file);
	if (!error) {
		files->file = file;
		return NULL;
	}
	sonde_symbol_file_close(file);
	if (sonde_error_is(error, SONDE_ERROR_NO_MEMORY) ||
		sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	if (!sonde_error_is(error, SONDE_ERROR_NOT_FOUND))
		sonde_log(&kernel->target.sonde->log, SONDE_LOG_INFO, "%s: %s", path,
			sonde_error_why(error));
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *try_build_id(
	struct sonde_linux *kernel, const char *directory, const char *build_id)
{
	char path[PATH_BYTES];
	int length;

	if (!sonde_build_id_is_sane(build_id))
		return NULL;
	length = snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", directory,
		build_id, build_id + 2);
	return length < PATH_BYTES ? try_path(kernel, path) : NULL;
}

static struct sonde_error *try_release(struct sonde_linux *kernel, const char *directory)
{
	const char *release = kernel->banner.release;
	char path[PATH_BYTES];

	if (!is_sane_release(release))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(by_release) && !kernel->symbol_files.file;
		i++) {
		const char *begin = by_release[i];
		bool is_folder = begin[strlen(begin) - 1] == '/';
		int length = snprintf(path, sizeof(path), "%s/%s%s%s", directory, begin,
			release, is_folder ? "/vmlinux" : "");

		if (length < PATH_BYTES)
			CHECK(try_path(kernel, path));
	}
	return NULL;
}

/* --- choosing --------------------------------------------------------------------- */

static struct sonde_error *search_named(struct sonde_linux *kernel)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	struct sonde_kernel_info info = {.text = 0};

	CHECK(sonde_linux_identify(kernel, &info));
	CHECK(try_build_id(kernel, files->directory, info.build_id));
	if (!files->file)
		CHECK(try_release(kernel, files->directory));
	if (files->file)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_INVALID,
			"\"%s\" has nothing that fits the guest's kernel: its build-id "
			"is %s, its release %s",
			files->directory, *info.build_id ? info.build_id : "unknown",
			*kernel->banner.release ? kernel->banner.release : "unknown"),
		"it has to be laid out as " DEBUG_DIRECTORY ", or name the file; -v says "
		"what was refused");
}

/* By release first: asking for the build-id may take a scan of all memory. */
static struct sonde_error *search_usual(struct sonde_linux *kernel)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	struct sonde_kernel_info info = {.text = 0};
	struct stat status;

	CHECK(try_release(kernel, DEBUG_DIRECTORY));
	if (!files->file)
		CHECK(try_release(kernel, ""));
	if (files->file || stat(DEBUG_DIRECTORY "/.build-id", &status) < 0)
		return NULL;
	CHECK(sonde_linux_identify(kernel, &info));
	return try_build_id(kernel, DEBUG_DIRECTORY, info.build_id);
}

static struct sonde_error *use_named(struct sonde_linux *kernel)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;

	CHECK(sonde_linux_symbol_file_check(kernel, files->named));
	files->file = files->named;
	return NULL;
}

/* CONFIG_KALLSYMS_ALL: data have symbols, too. */
static struct sonde_error *has_all_symbols(struct sonde_linux *kernel, bool *ret)
{
	struct sonde_symbol symbol;

	return sonde_linux_own_in_memory(kernel, "linux_banner", &symbol, ret);
}

static bool is_about_the_file(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_INVALID) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA);
}

static struct sonde_error *settle(struct sonde_linux *kernel)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	struct sonde_error *error = files->named       ? use_named(kernel)
				    : files->directory ? search_named(kernel)
						       : search_usual(kernel);

	if (error && !is_about_the_file(error))
		return error;
	files->refused = error;
	files->state = SONDE_LINUX_FILE_SETTLED;
	return NULL;
}

struct sonde_error *sonde_linux_symbol_file_find(
	struct sonde_linux *kernel, bool for_types, struct sonde_symbol_file **ret)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	bool wanted = files->named || files->directory || for_types;
	bool complete;

	if (!wanted && files->state == SONDE_LINUX_FILE_UNKNOWN) {
		CHECK(has_all_symbols(kernel, &complete));
		if (complete)
			files->state = SONDE_LINUX_FILE_UNNEEDED;
		wanted = !complete;
	}
	if (wanted && files->state != SONDE_LINUX_FILE_SETTLED)
		CHECK(settle(kernel));
	if (files->refused)
		return sonde_linux_repeat(files->refused);
	*ret = files->file;
	return NULL;
}

/* --- addresses -------------------------------------------------------------------- */

uint64_t sonde_linux_symbol_file_linked(
	const struct sonde_linux *kernel, uint64_t address)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	uint64_t linked = address - files->slide;

	return linked >= files->first && linked <= files->last ? linked : address;
}

bool sonde_linux_symbol_file_covers(const struct sonde_linux *kernel, uint64_t address)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	uint64_t linked = address - files->slide;

	return !files->last || (linked >= files->first && linked <= files->last);
}

uint64_t sonde_linux_symbol_file_moved(const struct sonde_linux *kernel, uint64_t linked)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;

	return linked >= files->first && linked <= files->last ? linked + files->slide
							       : linked;
}

/* --- by name ---------------------------------------------------------------------- */

struct sonde_error *sonde_kernel_use_symbols(
	struct sonde_target *target, const char *path)
{
	struct sonde_linux *kernel = sonde_linux_below(target);
	struct sonde_linux_symbol_files *files;
	struct sonde_symbol_file *named = NULL;
	char *directory = NULL;
	struct stat status;

	if (!kernel)
		return sonde_error_suggest(
			sonde_error_while(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						  "symbols are the kernel level's, this "
						  "is the machine level"),
				"using symbols of \"%s\"", path),
			"--level kernel looks for a kernel");
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		directory = strdup(path);
		if (!directory)
			return sonde_error_no_memory();
	} else {
		CHECK(sonde_symbol_file_open(path, &named));
	}
	files = &kernel->symbol_files;
	sonde_linux_symbol_files_deinit(files);
	/* What came from another file. */
	sonde_linux_types_forget(&kernel->types);
	files->named = named;
	files->directory = directory;
	return NULL;
}
