/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dwarf_file.h"
#include "guarded_copy.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void sonde_dwarf_enter(struct sonde_dwarf *dwarf)
{
	sonde_guard_begin(dwarf->image, dwarf->room);
}

void sonde_dwarf_leave(struct sonde_dwarf *dwarf)
{
	if (!sonde_guard_end())
		dwarf->broken = true;
}

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

/* Room for the whole file, of which nothing is there yet. */
static struct sonde_error *reserve(struct sonde_dwarf *dwarf, int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct stat status;
	void *image;

	if (fstat(fd, &status) < 0)
		return sonde_error_system(errno);
	if (status.st_size <= 0)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "the file is empty");
	dwarf->image_bytes = (size_t)status.st_size;
	dwarf->room = (dwarf->image_bytes + page - 1) / page * page + page;
	image = mmap(NULL, dwarf->room, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (image == MAP_FAILED)
		return sonde_error_no_memory();
	dwarf->image = image;
	return NULL;
}

/*
 * A page of zeros lies behind it: a text that has no end in a broken file ends there.
 * Nothing is read before somebody looks at it. libelf changes headers of sections that it
 * has unpacked: in our copy.
 */
static struct sonde_error *map(struct sonde_dwarf *dwarf, int fd)
{
	CHECK(sonde_guarded_copy_prepare());
	CHECK(reserve(dwarf, fd));
	if (mmap(dwarf->image, dwarf->image_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		return sonde_error_system(errno);
	return NULL;
}

/* What lies outside of the file, a broken one, stays zero. */
static struct sonde_error *read_part(
	struct sonde_dwarf *dwarf, int fd, uint64_t offset, uint64_t bytes)
{
	if (offset > dwarf->image_bytes || bytes > dwarf->image_bytes - offset)
		return NULL;
	while (bytes) {
		ssize_t done = pread(
			fd, (char *)dwarf->image + offset, (size_t)bytes, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return sonde_error_system(errno);
		if (!done)
			return NULL;
		offset += (uint64_t)done;
		bytes -= (uint64_t)done;
	}
	return NULL;
}

static bool is_needed(const char *name)
{
	static const char *const beginnings[] = {
		".debug_", ".eh_frame", ".shstrtab", ".strtab"};

	for (size_t i = 0; name && i < ARRAY_SIZE(beginnings); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

static struct sonde_error *read_sections(struct sonde_dwarf *dwarf, int fd, Elf *elf)
{
	const struct sonde_elf_library *library = dwarf->elf_library;
	Elf_Scn *section = NULL;
	GElf_Ehdr header;
	size_t names;

	if (!library->header(elf, &header) || library->names_index(elf, &names) != 0)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "its ELF is broken");
	CHECK(read_part(dwarf, fd, 0, header.e_ehsize));
	/* More of them than fit into the header are in the first one. */
	CHECK(read_part(dwarf, fd, header.e_shoff,
		(header.e_shnum ?: UINT16_MAX) * (uint64_t)header.e_shentsize));
	while ((section = library->next_section(elf, section))) {
		GElf_Shdr shdr;

		if (library->section_header(section, &shdr) &&
			shdr.sh_type != SHT_NOBITS &&
			is_needed(library->string(elf, names, shdr.sh_name)))
			CHECK(read_part(dwarf, fd, shdr.sh_offset, shdr.sh_size));
	}
	return NULL;
}

/* The sections with DWARF alone: of a kernel's file that is less than half. */
static struct sonde_error *read_all(struct sonde_dwarf *dwarf, int fd)
{
	const struct sonde_elf_library *library = dwarf->elf_library;
	struct sonde_error *error;
	Elf *elf;

	CHECK(reserve(dwarf, fd));
	elf = library->begin(fd, ELF_C_READ, NULL);
	if (!elf || library->kind(elf) != ELF_K_ELF)
		error = sonde_error_create(SONDE_ERROR_BAD_DATA, "it is no ELF file");
	else
		error = read_sections(dwarf, fd, elf);
	if (elf)
		library->end(elf);
	return error;
}

static struct sonde_error *begin_elf(struct sonde_dwarf *dwarf)
{
	const struct sonde_elf_library *library = dwarf->elf_library;

	dwarf->elf = library->begin_in_memory(dwarf->image, dwarf->image_bytes);
	if (!dwarf->elf || library->kind(dwarf->elf) != ELF_K_ELF)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "it is no ELF file");
	return NULL;
}

/* libdw has unpacked it by now, if it was packed. */
static void take_section(struct sonde_dwarf *dwarf, const char *name, Elf_Scn *section)
{
	static const char *const names[SONDE_DWARF_TEXTS] = {
		".debug_info", ".debug_str", ".debug_line_str"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		Elf_Data *data;

		if (strcmp(name, names[i]) != 0 || dwarf->texts[i].data)
			continue;
		data = dwarf->elf_library->data(section, NULL);
		if (data && data->d_buf)
			dwarf->texts[i] =
				(struct sonde_dwarf_section){data->d_buf, data->d_size};
	}
}

/* How long .debug_info is, where texts are, and what the machine's words are like. */
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
	while ((section = library->next_section(dwarf->elf, section))) {
		GElf_Shdr shdr;
		const char *name = NULL;

		if (library->section_header(section, &shdr) && shdr.sh_type != SHT_NOBITS)
			name = library->string(dwarf->elf, names, shdr.sh_name);
		if (name)
			take_section(dwarf, name, section);
	}
	if (dwarf->texts[0].bytes < UINT32_MAX)
		dwarf->info_bytes = (uint32_t)dwarf->texts[0].bytes;
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
	CHECK(mapped ? map(dwarf, fd) : read_all(dwarf, fd));
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
	if (dwarf->loaded_frames)
		dwarf->library->end_frames(dwarf->loaded_frames);
	if (dwarf->dwarf)
		dwarf->library->end(dwarf->dwarf);
	if (dwarf->elf)
		dwarf->elf_library->end(dwarf->elf);
	sonde_dwarf_leave(dwarf);
	if (dwarf->image)
		munmap(dwarf->image, dwarf->room);
	free(dwarf->index.slots);
	free(dwarf->units.ranges);
	sonde_dwarf_scope_destroy(dwarf->scope);
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

/* Where the last text of a section has no end, it is none. */
static const char *check_end(const struct sonde_dwarf *dwarf, const char *text)
{
	for (size_t i = 0; text && i < ARRAY_SIZE(dwarf->texts); i++) {
		const struct sonde_dwarf_section *section = &dwarf->texts[i];
		size_t place = (uintptr_t)text - (uintptr_t)section->data;

		if (section->data && (uintptr_t)text >= (uintptr_t)section->data &&
			place < section->bytes)
			return memchr(text, '\0', section->bytes - place) ? text : NULL;
	}
	return text;
}

const char *sonde_dwarf_name(const struct sonde_dwarf *dwarf, Dwarf_Die *die)
{
	return check_end(dwarf, dwarf->library->name(die));
}

const char *sonde_dwarf_text(
	const struct sonde_dwarf *dwarf, Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute found;

	if (!dwarf->library->attribute(die, attribute, &found))
		return NULL;
	return check_end(dwarf, dwarf->library->string(&found));
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

bool sonde_dwarf_indexed_address(const struct sonde_dwarf *dwarf,
	Dwarf_Attribute *location, const Dwarf_Op *operation, uint64_t *ret)
{
	Dwarf_Attribute attribute;
	Dwarf_Addr address;

	if (dwarf->library->location_attribute(location, operation, &attribute) != 0 ||
		dwarf->library->address(&attribute, &address) != 0)
		return false;
	*ret = address;
	return true;
}
