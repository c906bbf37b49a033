/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dwarf_info.h"
#include "elf_file.h"
#include "error.h"
#include "system_map.h"

static struct sonde_error *open_regular(const char *path, int *ret, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? sonde_error_create(
					 SONDE_ERROR_NOT_FOUND, "there is no such file")
			       : sonde_error_system(errno);
	*ret = fd;
	if (fstat(fd, &status) < 0)
		return sonde_error_system(errno);
	if (!S_ISREG(status.st_mode))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "it is not a regular file");
	*size = (size_t)status.st_size;
	return NULL;
}

/* Fewer bytes where the file is shorter. */
static struct sonde_error *read_beginning(int fd, char *buffer, size_t size, size_t *ret)
{
	*ret = 0;
	while (*ret < size) {
		ssize_t bytes = pread(fd, buffer + *ret, size - *ret, (off_t)*ret);

		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes < 0)
			return sonde_error_system(errno);
		if (!bytes)
			return NULL;
		*ret += (size_t)bytes;
	}
	return NULL;
}

static struct sonde_error *read_elf(struct sonde_symbol_file *file)
{
	CHECK(sonde_elf_file_open(file->fd, &file->elf));
	file->architecture = sonde_elf_file_architecture(file->elf);
	CHECK(sonde_elf_file_build_id(file->elf, file->build_id));
	return sonde_elf_file_symbols(file->elf, &file->symbols);
}

static struct sonde_error *read_map(struct sonde_symbol_file *file, size_t size)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t length;

	if (size > SONDE_SYSTEM_MAP_BYTES_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"it is no ELF file, and too large for a System.map");
	/* Files of /proc say that they have no bytes. */
	if (!size)
		size = SONDE_SYSTEM_MAP_BYTES_MAX;
	text = malloc(size);
	if (!text)
		return sonde_error_no_memory();
	CHECK(read_beginning(file->fd, text, size, &length));
	return sonde_system_map_parse(text, length, &file->symbols);
}

static struct sonde_error *read_file(struct sonde_symbol_file *file)
{
	char magic[4];
	size_t size = 0, length;

	CHECK(open_regular(file->path, &file->fd, &size));
	CHECK(read_beginning(file->fd, magic, sizeof(magic), &length));
	if (length == sizeof(magic) && !memcmp(magic, "\177ELF", sizeof(magic)))
		return read_elf(file);
	return read_map(file, size);
}

struct sonde_error *sonde_symbol_file_open(
	const char *path, struct sonde_symbol_file **ret)
{
	struct sonde_symbol_file *file = calloc(1, sizeof(*file));
	struct sonde_error *error = NULL;

	if (!file)
		return sonde_error_no_memory();
	file->fd = -1;
	file->architecture = "";
	file->path = strdup(path);
	error = file->path ? read_file(file) : sonde_error_no_memory();
	if (error) {
		sonde_symbol_file_close(file);
		return sonde_error_while(error, "reading symbols of \"%s\"", path);
	}
	*ret = file;
	return NULL;
}

void sonde_symbol_file_close(struct sonde_symbol_file *file)
{
	if (!file)
		return;
	sonde_elf_file_close(file->elf);
	sonde_symbol_table_destroy(file->symbols);
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file);
}

bool sonde_symbol_file_has_types(struct sonde_symbol_file *file)
{
	return file->elf && sonde_elf_file_has_types(file->elf);
}

struct sonde_error *sonde_symbol_file_types(
	struct sonde_symbol_file *file, unsigned pointer_bytes, struct sonde_types **ret)
{
	*ret = NULL;
	if (!file->elf)
		return NULL;
	return sonde_error_while(sonde_elf_file_types(file->elf, pointer_bytes, ret),
		"reading types of \"%s\"", file->path);
}

struct sonde_error *sonde_symbol_file_dwarf(
	struct sonde_symbol_file *file, bool mapped, struct sonde_dwarf **ret)
{
	*ret = NULL;
	if (!file->elf || !sonde_elf_file_has_dwarf(file->elf))
		return NULL;
	return sonde_error_while(sonde_dwarf_open(file->fd, mapped, ret),
		"reading DWARF of \"%s\"", file->path);
}
