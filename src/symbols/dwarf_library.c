/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dwarf_library.h"

#include <pthread.h>

#include "library.h"
#include "macros.h"

#define LIBRARY "libdw.so.1"

static const struct sonde_library_function functions[] = {
	{"dwarf_begin_elf", offsetof(struct sonde_dwarf_library, begin)},
	{"dwarf_end", offsetof(struct sonde_dwarf_library, end)},
	{"dwarf_errno", offsetof(struct sonde_dwarf_library, last_error)},
	{"dwarf_errmsg", offsetof(struct sonde_dwarf_library, describe)},
	{"dwarf_get_units", offsetof(struct sonde_dwarf_library, next_unit)},
	{"dwarf_nextcu", offsetof(struct sonde_dwarf_library, next_header)},
	{"dwarf_addrdie", offsetof(struct sonde_dwarf_library, unit_at)},
	{"dwarf_haspc", offsetof(struct sonde_dwarf_library, has_address)},
	{"dwarf_offdie", offsetof(struct sonde_dwarf_library, die_at)},
	{"dwarf_dieoffset", offsetof(struct sonde_dwarf_library, offset)},
	{"dwarf_child", offsetof(struct sonde_dwarf_library, child)},
	{"dwarf_siblingof", offsetof(struct sonde_dwarf_library, sibling)},
	{"dwarf_tag", offsetof(struct sonde_dwarf_library, tag)},
	{"dwarf_diename", offsetof(struct sonde_dwarf_library, name)},
	{"dwarf_attr", offsetof(struct sonde_dwarf_library, attribute)},
	{"dwarf_attr_integrate",
		offsetof(struct sonde_dwarf_library, attribute_integrated)},
	{"dwarf_hasattr", offsetof(struct sonde_dwarf_library, has_attribute)},
	{"dwarf_whatform", offsetof(struct sonde_dwarf_library, form)},
	{"dwarf_formudata", offsetof(struct sonde_dwarf_library, unsigned_data)},
	{"dwarf_formsdata", offsetof(struct sonde_dwarf_library, signed_data)},
	{"dwarf_formref_die", offsetof(struct sonde_dwarf_library, reference)},
	{"dwarf_formflag", offsetof(struct sonde_dwarf_library, flag)},
	{"dwarf_formblock", offsetof(struct sonde_dwarf_library, block)},
	{"dwarf_formaddr", offsetof(struct sonde_dwarf_library, address)},
	{"dwarf_formstring", offsetof(struct sonde_dwarf_library, string)},
	{"dwarf_ranges", offsetof(struct sonde_dwarf_library, ranges)},
	{"dwarf_getscopes", offsetof(struct sonde_dwarf_library, scopes)},
	{"dwarf_getscopes_die", offsetof(struct sonde_dwarf_library, scopes_around)},
	{"dwarf_getlocation_addr", offsetof(struct sonde_dwarf_library, location)},
	{"dwarf_getlocation", offsetof(struct sonde_dwarf_library, whole_location)},
	{"dwarf_getlocation_attr",
		offsetof(struct sonde_dwarf_library, location_attribute)},
	{"dwarf_getlocation_die", offsetof(struct sonde_dwarf_library, location_die)},
	{"dwarf_getlocation_implicit_value",
		offsetof(struct sonde_dwarf_library, location_constant)},
	{"dwarf_getcfi", offsetof(struct sonde_dwarf_library, frames)},
	{"dwarf_getcfi_elf", offsetof(struct sonde_dwarf_library, loaded_frames)},
	{"dwarf_cfi_end", offsetof(struct sonde_dwarf_library, end_frames)},
	{"dwarf_cfi_addrframe", offsetof(struct sonde_dwarf_library, frame_at)},
	{"dwarf_frame_cfa", offsetof(struct sonde_dwarf_library, frame_address)},
	{"dwarf_getsrcfiles", offsetof(struct sonde_dwarf_library, files)},
	{"dwarf_filesrc", offsetof(struct sonde_dwarf_library, file)},
	{"dwarf_getsrclines", offsetof(struct sonde_dwarf_library, lines)},
	{"dwarf_onesrcline", offsetof(struct sonde_dwarf_library, line)},
	{"dwarf_lineaddr", offsetof(struct sonde_dwarf_library, line_address)},
	{"dwarf_lineno", offsetof(struct sonde_dwarf_library, line_number)},
	{"dwarf_linesrc", offsetof(struct sonde_dwarf_library, line_file)},
	{"dwarf_linebeginstatement",
		offsetof(struct sonde_dwarf_library, line_is_statement)},
	{"dwarf_lineendsequence", offsetof(struct sonde_dwarf_library, line_is_end)},
};

/* Written once and the same for all users of the library; it stays loaded. */
static struct sonde_dwarf_library library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void load(void)
{
	const char *missing;

	if (sonde_library_load(
		    LIBRARY, functions, ARRAY_SIZE(functions), &library, &missing))
		library.available = true;
}

struct sonde_error *sonde_dwarf_library_load(const struct sonde_dwarf_library **ret)
{
	pthread_once(&library_once, load);
	if (!library.available)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   LIBRARY " cannot be loaded"),
			"install elfutils' libdw; on Debian: apt install libdw1");
	*ret = &library;
	return NULL;
}
