/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes small ELF files as a kernel's are, for x86_64: a code section, a data section, a
 * build-id, symbols, BTF. */
#ifndef SONDE_TESTS_ELF_BUILDER_H
#define SONDE_TESTS_ELF_BUILDER_H

#include <stddef.h>
#include <stdint.h>

struct elf_builder_symbol {
	const char *name;
	uint64_t value;
	/** As ELF64_ST_INFO() makes it. */
	unsigned char info;
	/** ELF_BUILDER_CODE, ELF_BUILDER_DATA, SHN_ABS, SHN_UNDEF. */
	uint16_t section;
};

enum {
	ELF_BUILDER_CODE = 1,
	ELF_BUILDER_DATA = 2,
	ELF_BUILDER_MAX = 65536,
};

struct elf_builder {
	uint16_t machine;
	/** 0: none. */
	size_t build_id_bytes;
	const uint8_t *build_id;
	/** 0: stripped. */
	size_t symbol_count;
	const struct elf_builder_symbol *symbols;
	/** 0: none. */
	size_t btf_bytes;
	const void *btf;
};

/** The length; @p ret has room for ELF_BUILDER_MAX bytes. */
size_t elf_build(const struct elf_builder *builder, uint8_t *ret);

#endif
