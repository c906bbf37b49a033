/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf_file.h"

#include <ctype.h>
#include <string.h>

#include "btf.h"
#include "elf_library.h"

struct sonde_elf_file {
	const struct sonde_elf_library *library;
	Elf *elf;
	size_t names_index;
	const char *architecture;
};

static struct sonde_error *fail(const struct sonde_elf_library *library)
{
	const char *why = library->describe(library->last_error());

	return sonde_error_create(SONDE_ERROR_BAD_DATA, "libelf: %s", why ?: "unknown");
}

/* --- opening ---------------------------------------------------------------------- */

static const char *name_of(unsigned machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_386:
		return "i386";
	case EM_AARCH64:
		return "aarch64";
	case EM_RISCV:
		return "riscv64";
	default:
		return "";
	}
}

static struct sonde_error *open_elf(struct sonde_elf_file *file, int fd)
{
	const struct sonde_elf_library *library = file->library;
	GElf_Ehdr header;

	file->elf = library->begin(fd, ELF_C_READ, NULL);
	if (!file->elf)
		return fail(library);
	if (library->kind(file->elf) != ELF_K_ELF)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "it is no ELF file");
	if (!library->header(file->elf, &header) ||
		library->names_index(file->elf, &file->names_index) != 0)
		return fail(library);
	file->architecture = name_of(header.e_machine);
	return NULL;
}

struct sonde_error *sonde_elf_file_open(int fd, struct sonde_elf_file **ret)
{
	const struct sonde_elf_library *library;
	struct sonde_elf_file *file;
	struct sonde_error *error;

	CHECK(sonde_elf_library_load(&library));
	file = calloc(1, sizeof(*file));
	if (!file)
		return sonde_error_no_memory();
	file->library = library;
	error = open_elf(file, fd);
	if (error) {
		sonde_elf_file_close(file);
		return error;
	}
	*ret = file;
	return NULL;
}

void sonde_elf_file_close(struct sonde_elf_file *file)
{
	if (!file)
		return;
	if (file->elf)
		file->library->end(file->elf);
	free(file);
}

const char *sonde_elf_file_architecture(const struct sonde_elf_file *file)
{
	return file->architecture;
}

/* --- sections --------------------------------------------------------------------- */

/* The next one of this type that has content and, unless NULL, this name. NULL: none. */
static Elf_Scn *next_section(struct sonde_elf_file *file, Elf_Scn *section, unsigned type,
	const char *name, GElf_Shdr *ret)
{
	const struct sonde_elf_library *library = file->library;

	while ((section = library->next_section(file->elf, section))) {
		const char *its_name;

		if (!library->section_header(section, ret) || ret->sh_type != type)
			continue;
		if (!name)
			return section;
		its_name = library->string(file->elf, file->names_index, ret->sh_name);
		if (its_name && !strcmp(its_name, name))
			return section;
	}
	return NULL;
}

struct sonde_error *sonde_elf_file_build_id(
	struct sonde_elf_file *file, char ret[SONDE_BUILD_ID_BYTES])
{
	const struct sonde_elf_library *library = file->library;
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	ret[0] = '\0';
	while ((section = next_section(file, section, SHT_NOTE, NULL, &header))) {
		Elf_Data *data = library->data(section, NULL);
		size_t at = 0, name, text;
		GElf_Nhdr note;

		if (!data)
			return fail(library);
		while ((at = library->note(data, at, &note, &name, &text)) > 0)
			if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
				!memcmp((char *)data->d_buf + name, "GNU", 4)) {
				sonde_build_id_write(
					(char *)data->d_buf + text, note.n_descsz, ret);
				return NULL;
			}
	}
	return NULL;
}

/* --- symbols ---------------------------------------------------------------------- */

/* The letter that nm(1) has for it. */
static char kind_of(struct sonde_elf_file *file, const GElf_Sym *symbol)
{
	Elf_Scn *section;
	GElf_Shdr header;
	char kind = 'A';

	if (GELF_ST_BIND(symbol->st_info) == STB_WEAK)
		return GELF_ST_TYPE(symbol->st_info) == STT_OBJECT ? 'V' : 'W';
	if (symbol->st_shndx < SHN_LORESERVE) {
		section = file->library->section(file->elf, symbol->st_shndx);
		if (!section || !file->library->section_header(section, &header))
			kind = 'N';
		else if (header.sh_flags & SHF_EXECINSTR)
			kind = 'T';
		else if (header.sh_type == SHT_NOBITS && header.sh_flags & SHF_WRITE)
			kind = 'B';
		else if (header.sh_flags & SHF_WRITE)
			kind = 'D';
		else
			kind = 'R';
	}
	return GELF_ST_BIND(symbol->st_info) == STB_LOCAL
		       ? (char)tolower((unsigned char)kind)
		       : kind;
}

/* Those that the kernel leaves out of System.map, too (scripts/mksysmap). */
static bool is_noise(const char *name)
{
	static const char *const beginnings[] = {
		"$", ".L", "__crc_", "__kstrtab_", "__kstrtabns_"};

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return true;
	return !*name || strlen(name) >= SONDE_SYMBOL_NAME_BYTES;
}

static bool is_wanted(const GElf_Sym *symbol)
{
	unsigned type = GELF_ST_TYPE(symbol->st_info);

	/* Constants of assembler files. */
	if (symbol->st_shndx == SHN_ABS && GELF_ST_BIND(symbol->st_info) == STB_LOCAL)
		return false;
	return symbol->st_shndx != SHN_UNDEF && type != STT_FILE && type != STT_SECTION;
}

static struct sonde_error *add_symbols(struct sonde_elf_file *file, Elf_Scn *section,
	const GElf_Shdr *header, struct sonde_symbol_table *table)
{
	const struct sonde_elf_library *library = file->library;
	Elf_Data *data = library->data(section, NULL);
	GElf_Sym symbol;

	if (!data)
		return fail(library);
	for (int i = 1; library->symbol(data, i, &symbol); i++) {
		const char *name;

		if (!is_wanted(&symbol))
			continue;
		name = library->string(file->elf, header->sh_link, symbol.st_name);
		if (!name)
			return fail(library);
		if (!is_noise(name))
			CHECK(sonde_symbol_table_add(table, symbol.st_value,
				kind_of(file, &symbol), name, strlen(name)));
	}
	return NULL;
}

struct sonde_error *sonde_elf_file_symbols(
	struct sonde_elf_file *file, struct sonde_symbol_table **ret)
{
	struct sonde_symbol_table *table;
	struct sonde_error *error;
	Elf_Scn *section;
	GElf_Shdr header;

	*ret = NULL;
	section = next_section(file, NULL, SHT_SYMTAB, NULL, &header);
	if (!section)
		return NULL;
	CHECK(sonde_symbol_table_create(&table));
	error = add_symbols(file, section, &header, table);
	if (!error && sonde_symbol_table_count(table)) {
		error = sonde_symbol_table_finish(table);
		*ret = table;
		table = error ? table : NULL;
	}
	sonde_symbol_table_destroy(table);
	return error;
}

/* --- types ------------------------------------------------------------------------ */

bool sonde_elf_file_has_types(struct sonde_elf_file *file)
{
	GElf_Shdr header;

	return next_section(file, NULL, SHT_PROGBITS, ".BTF", &header) != NULL;
}

struct sonde_error *sonde_elf_file_types(
	struct sonde_elf_file *file, unsigned pointer_bytes, struct sonde_types **ret)
{
	GElf_Shdr header;
	Elf_Scn *section;
	Elf_Data *data;

	*ret = NULL;
	section = next_section(file, NULL, SHT_PROGBITS, ".BTF", &header);
	if (!section)
		return NULL;
	if (header.sh_size > SONDE_BTF_BYTES_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "its section .BTF is too large");
	data = file->library->raw_data(section, NULL);
	if (!data || !data->d_buf)
		return fail(file->library);
	return sonde_btf_create(data->d_buf, data->d_size, NULL, pointer_bytes, ret);
}

bool sonde_elf_file_has_dwarf(struct sonde_elf_file *file)
{
	GElf_Shdr header;

	return next_section(file, NULL, SHT_PROGBITS, ".debug_info", &header) != NULL;
}
