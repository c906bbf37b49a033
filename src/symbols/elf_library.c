/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf_library.h"

#include <pthread.h>

#include "library.h"
#include "macros.h"

#define LIBRARY "libelf.so.1"

static const struct sonde_library_function functions[] = {
	{"elf_version", offsetof(struct sonde_elf_library, version)},
	{"elf_begin", offsetof(struct sonde_elf_library, begin)},
	{"elf_memory", offsetof(struct sonde_elf_library, begin_in_memory)},
	{"elf_end", offsetof(struct sonde_elf_library, end)},
	{"elf_errno", offsetof(struct sonde_elf_library, last_error)},
	{"elf_errmsg", offsetof(struct sonde_elf_library, describe)},
	{"elf_kind", offsetof(struct sonde_elf_library, kind)},
	{"elf_nextscn", offsetof(struct sonde_elf_library, next_section)},
	{"elf_getscn", offsetof(struct sonde_elf_library, section)},
	{"elf_getshdrstrndx", offsetof(struct sonde_elf_library, names_index)},
	{"elf_strptr", offsetof(struct sonde_elf_library, string)},
	{"elf_getdata", offsetof(struct sonde_elf_library, data)},
	{"elf_rawdata", offsetof(struct sonde_elf_library, raw_data)},
	{"gelf_getehdr", offsetof(struct sonde_elf_library, header)},
	{"gelf_getshdr", offsetof(struct sonde_elf_library, section_header)},
	{"gelf_getsym", offsetof(struct sonde_elf_library, symbol)},
	{"gelf_getnote", offsetof(struct sonde_elf_library, note)},
};

/* Written once and the same for all users of the library; it stays loaded. */
static struct sonde_elf_library library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void load(void)
{
	const char *missing;

	if (sonde_library_load(
		    LIBRARY, functions, ARRAY_SIZE(functions), &library, &missing))
		library.available = library.version(EV_CURRENT) != EV_NONE;
}

struct sonde_error *sonde_elf_library_load(const struct sonde_elf_library **ret)
{
	pthread_once(&library_once, load);
	if (!library.available)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   LIBRARY " cannot be loaded"),
			"install elfutils' libelf; on Debian: apt install libelf1");
	*ret = &library;
	return NULL;
}
