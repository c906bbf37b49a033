/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf_builder.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
	NOTES = 3,
	BTF,
	SYMBOLS,
	STRINGS,
	NAMES,
	SECTIONS,
};

static const char names[] = "\0.text\0.data\0.notes\0.BTF\0.symtab\0.strtab\0.shstrtab";

struct output {
	uint8_t *bytes;
	size_t length;
	Elf64_Shdr sections[SECTIONS];
};

static size_t append(struct output *output, const void *data, size_t length)
{
	size_t at = output->length;

	if (length > ELF_BUILDER_MAX - at)
		abort();
	if (length)
		memcpy(output->bytes + at, data, length);
	output->length += length;
	return at;
}

static uint32_t name_of(unsigned section)
{
	const char *name = names;

	while (section--)
		name += strlen(name) + 1;
	return (uint32_t)(name - names);
}

static Elf64_Shdr *begin(struct output *output, unsigned section, uint32_t type)
{
	Elf64_Shdr *header = &output->sections[section];

	while (output->length % 8)
		append(output, "", 1);
	*header = (Elf64_Shdr){.sh_name = name_of(section),
		.sh_type = type,
		.sh_offset = output->length,
		.sh_addralign = 1};
	return header;
}

static void end(struct output *output, unsigned section)
{
	Elf64_Shdr *header = &output->sections[section];

	header->sh_size = output->length - header->sh_offset;
}

static void put_notes(struct output *output, const struct elf_builder *builder)
{
	Elf64_Nhdr note = {4, (uint32_t)builder->build_id_bytes, NT_GNU_BUILD_ID};

	begin(output, NOTES, SHT_NOTE)->sh_addralign = 4;
	if (builder->build_id_bytes) {
		append(output, &note, sizeof(note));
		append(output, "GNU", 4);
		append(output, builder->build_id, builder->build_id_bytes);
		while (output->length % 4)
			append(output, "", 1);
	}
	end(output, NOTES);
}

/* Without symbols they are what a stripped file has: nothing. */
static void put_symbols(struct output *output, const struct elf_builder *builder)
{
	Elf64_Shdr *header =
		begin(output, SYMBOLS, builder->symbol_count ? SHT_SYMTAB : SHT_NULL);
	Elf64_Sym none = {0};
	uint32_t name = 1;

	header->sh_entsize = sizeof(Elf64_Sym);
	header->sh_link = STRINGS;
	header->sh_info = 1;
	append(output, &none, sizeof(none));
	for (size_t i = 0; i < builder->symbol_count; i++) {
		const struct elf_builder_symbol *from = &builder->symbols[i];
		Elf64_Sym symbol = {.st_name = name,
			.st_info = from->info,
			.st_shndx = from->section,
			.st_value = from->value};

		append(output, &symbol, sizeof(symbol));
		name += (uint32_t)strlen(from->name) + 1;
	}
	end(output, SYMBOLS);
	begin(output, STRINGS, SHT_STRTAB);
	append(output, "", 1);
	for (size_t i = 0; i < builder->symbol_count; i++)
		append(output, builder->symbols[i].name,
			strlen(builder->symbols[i].name) + 1);
	end(output, STRINGS);
}

size_t elf_build(const struct elf_builder *builder, uint8_t *ret)
{
	struct output output = {.bytes = ret};
	Elf64_Ehdr header = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = builder->machine,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SECTIONS,
		.e_shstrndx = NAMES};

	append(&output, &header, sizeof(header));
	begin(&output, ELF_BUILDER_CODE, SHT_PROGBITS)->sh_flags =
		SHF_ALLOC | SHF_EXECINSTR;
	begin(&output, ELF_BUILDER_DATA, SHT_PROGBITS)->sh_flags = SHF_ALLOC | SHF_WRITE;
	put_notes(&output, builder);
	begin(&output, BTF, builder->btf_bytes ? SHT_PROGBITS : SHT_NULL);
	append(&output, builder->btf, builder->btf_bytes);
	end(&output, BTF);
	put_symbols(&output, builder);
	begin(&output, NAMES, SHT_STRTAB);
	append(&output, names, sizeof(names));
	end(&output, NAMES);
	while (output.length % 8)
		append(&output, "", 1);
	header.e_shoff = output.length;
	append(&output, output.sections, sizeof(output.sections));
	memcpy(ret, &header, sizeof(header));
	return output.length;
}
