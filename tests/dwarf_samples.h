/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples that are compiled for the tests of DWARF: dwarf_sample*.c, each with
 * another version of it. */
#ifndef SONDE_TESTS_DWARF_SAMPLES_H
#define SONDE_TESTS_DWARF_SAMPLES_H

#include "dwarf_info.h"
#include "symbol_file.h"

enum {
	DWARF_SAMPLES = 6,
/** The compiler of the tests has compiled the samples. */
#ifdef __clang__
	DWARF_SAMPLES_BY_CLANG = true,
#else
	DWARF_SAMPLES_BY_CLANG = false,
#endif
};

struct dwarf_sample {
	const char *name;
	bool is_optimized;
	/** Open while a test looks at it. */
	struct sonde_symbol_file *file;
	struct sonde_dwarf *dwarf;
};

/** Opens number @p index, below DWARF_SAMPLES; the caller closes @p ret. */
void dwarf_sample_open(unsigned index, struct dwarf_sample *ret);
void dwarf_sample_close(struct dwarf_sample *sample);

/** All of its file. The caller frees. */
char *dwarf_sample_read(unsigned index, size_t *length);

/** A file with these bytes, which has no name. The caller closes it. */
int dwarf_sample_copy(const char *bytes, size_t length);

/** Where its file is. The caller frees. */
char *dwarf_sample_path(unsigned index);

/** Where the symbol @p name was linked to. */
uint64_t dwarf_sample_address(const struct dwarf_sample *sample, const char *name);

/** The number of the line in @p file of tests that ends with the comment. */
unsigned dwarf_sample_line(const char *file, const char *comment);

#endif
