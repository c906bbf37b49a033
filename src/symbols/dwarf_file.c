/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dwarf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct sonde_error *sonde_dwarf_fail(const struct sonde_dwarf *dwarf)
{
	const char *why = dwarf->library->describe(dwarf->library->last_error());

	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "its DWARF is broken: libdw: %s", why ?: "unknown");
}

struct sonde_error *sonde_dwarf_check(
	const struct sonde_dwarf *dwarf, struct sonde_error *error)
{
	if (!dwarf->broken)
		return error;
	sonde_error_destroy(error);
	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"the file with DWARF became shorter while it was read");
}

/* --- opening ---------------------------------------------------------------------- */

/*
 * A page of zeros lies behind it: a text that has no end in a broken file ends there.
 * Nothing is read before somebody looks at it.
 */
static struct sonde_error *map(struct sonde_dwarf *dwarf, int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct stat status;
	void *image;

	CHECK(sonde_guarded_copy_prepare());
	if (fstat(fd, &status) < 0)
		return sonde_error_system(errno);
	if (status.st_size <= 0)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "the file is empty");
	dwarf->image_bytes = (size_t)status.st_size;
	dwarf->room = (dwarf->image_bytes + page - 1) / page * page + page;
	image = mmap(NULL, dwarf->room, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (image == MAP_FAILED)
		return sonde_error_no_memory();
	dwarf->image = image;
	if (mmap(image, dwarf->image_bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
		MAP_FAILED)
		return sonde_error_system(errno);
	return NULL;
}

static struct sonde_error *begin_elf(struct sonde_dwarf *dwarf)
{
	const struct sonde_elf_library *library = dwarf->elf_library;

	dwarf->elf = dwarf->image
			     ? library->begin_in_memory(dwarf->image, dwarf->image_bytes)
			     : library->begin(dwarf->fd, ELF_C_READ, NULL);
	if (!dwarf->elf || library->kind(dwarf->elf) != ELF_K_ELF)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "it is no ELF file");
	return NULL;
}

/* How long .debug_info is, and what the machine's words are like. */
static struct sonde_error *measure(struct sonde_dwarf *dwarf)
{
	const struct sonde_elf_library *library = dwarf->elf_library;
	size_t names;
	Elf_Scn *section = NULL;
	GElf_Ehdr header;

	if (!library->header(dwarf->elf, &header) ||
		library->names_index(dwarf->elf, &names) != 0)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "its ELF is broken");
	dwarf->types.pointer_bytes = header.e_ident[EI_CLASS] == ELFCLASS32 ? 4 : 8;
	dwarf->types.big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
	while (!dwarf->info_bytes &&
		(section = library->next_section(dwarf->elf, section))) {
		GElf_Shdr shdr;
		const char *name;
		Elf_Data *data;

		if (!library->section_header(section, &shdr) ||
			shdr.sh_type == SHT_NOBITS)
			continue;
		name = library->string(dwarf->elf, names, shdr.sh_name);
		if (!name || strcmp(name, ".debug_info") != 0)
			continue;
		/* libdw has unpacked it by now, if it was packed. */
		data = library->data(section, NULL);
		if (data && data->d_size < UINT32_MAX)
			dwarf->info_bytes = (uint32_t)data->d_size;
	}
	if (dwarf->info_bytes)
		return NULL;
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
		"its .debug_info is empty, or larger than 4 GiB");
}

static struct sonde_error *begin_dwarf(struct sonde_dwarf *dwarf)
{
	CHECK(begin_elf(dwarf));
	dwarf->dwarf = dwarf->library->begin(dwarf->elf, DWARF_C_READ, NULL);
	if (!dwarf->dwarf)
		return sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"it has no DWARF (CONFIG_DEBUG_INFO): libdw: %s",
			dwarf->library->describe(dwarf->library->last_error())
				?: "unknown");
	CHECK(measure(dwarf));
	dwarf->types.ops = &sonde_dwarf_types_ops;
	/* dwarf_types.c makes several records of an entry. */
	dwarf->types.count = UINT32_MAX;
	return NULL;
}

static struct sonde_error *open_file(struct sonde_dwarf *dwarf, int fd, bool mapped)
{
	struct sonde_error *error;

	CHECK(sonde_elf_library_load(&dwarf->elf_library));
	CHECK(sonde_dwarf_library_load(&dwarf->library));
	dwarf->records = calloc(SONDE_DWARF_RECORDS, sizeof(*dwarf->records));
	dwarf->places = calloc(SONDE_DWARF_PLACES, sizeof(*dwarf->places));
	if (!dwarf->records || !dwarf->places)
		return sonde_error_no_memory();
	if (mapped) {
		CHECK(map(dwarf, fd));
	} else {
		dwarf->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (dwarf->fd < 0)
			return sonde_error_system(errno);
	}
	sonde_dwarf_enter(dwarf);
	error = begin_dwarf(dwarf);
	sonde_dwarf_leave(dwarf);
	return sonde_dwarf_check(dwarf, error);
}

struct sonde_error *sonde_dwarf_open(int fd, bool mapped, struct sonde_dwarf **ret)
{
	struct sonde_dwarf *dwarf = calloc(1, sizeof(*dwarf));
	struct sonde_error *error;

	if (!dwarf)
		return sonde_error_no_memory();
	dwarf->fd = -1;
	error = open_file(dwarf, fd, mapped);
	if (error) {
		sonde_dwarf_destroy(dwarf);
		return error;
	}
	*ret = dwarf;
	return NULL;
}

void sonde_dwarf_destroy(struct sonde_dwarf *dwarf)
{
	if (!dwarf)
		return;
	sonde_dwarf_enter(dwarf);
	if (dwarf->dwarf)
		dwarf->library->end(dwarf->dwarf);
	if (dwarf->elf)
		dwarf->elf_library->end(dwarf->elf);
	sonde_dwarf_leave(dwarf);
	if (dwarf->image)
		munmap(dwarf->image, dwarf->room);
	if (dwarf->fd >= 0)
		close(dwarf->fd);
	free(dwarf->index.slots);
	free(dwarf->units.ranges);
	sonde_name_store_deinit(&dwarf->names);
	free(dwarf->records);
	free(dwarf->places);
	free(dwarf);
}

const struct sonde_types *sonde_dwarf_types(const struct sonde_dwarf *dwarf)
{
	return &dwarf->types;
}

void sonde_dwarf_prefer(struct sonde_dwarf *dwarf, const struct sonde_types *types)
{
	dwarf->preferred = types;
}

/* --- entries ---------------------------------------------------------------------- */

bool sonde_dwarf_die(const struct sonde_dwarf *dwarf, uint64_t offset, Dwarf_Die *ret)
{
	memset(ret, 0, sizeof(*ret));
	return offset && offset < dwarf->info_bytes &&
	       dwarf->library->die_at(dwarf->dwarf, offset, ret);
}

uint32_t sonde_dwarf_id(const struct sonde_dwarf *dwarf, Dwarf_Die *die)
{
	Dwarf_Off offset = dwarf->library->offset(die);
	Dwarf_Die same;

	/* Type units of version 4 have a section of their own. */
	if (!sonde_dwarf_die(dwarf, offset, &same) || same.addr != die->addr)
		return 0;
	return (uint32_t)offset;
}

bool sonde_dwarf_reference(const struct sonde_dwarf *dwarf, Dwarf_Die *die,
	unsigned attribute, Dwarf_Die *ret)
{
	Dwarf_Attribute found;

	return dwarf->library->attribute_integrated(die, attribute, &found) &&
	       dwarf->library->reference(&found, ret);
}

bool sonde_dwarf_flag(const struct sonde_dwarf *dwarf, Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	bool value = false;

	return dwarf->library->attribute(die, name, &attribute) &&
	       dwarf->library->flag(&attribute, &value) == 0 && value;
}

bool sonde_dwarf_number(const struct sonde_dwarf *dwarf, Dwarf_Die *die,
	unsigned attribute, uint64_t *ret)
{
	Dwarf_Attribute found;
	Dwarf_Word word;

	if (!dwarf->library->attribute(die, attribute, &found) ||
		dwarf->library->unsigned_data(&found, &word) != 0)
		return false;
	*ret = word;
	return true;
}
