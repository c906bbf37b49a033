/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdw, of elfutils: loaded when DWARF is first read, as libelf is (elf_library.h), and
 * can be left out of an installation. It reads files that the user names.
 */
#ifndef SONDE_SYMBOLS_DWARF_LIBRARY_H
#define SONDE_SYMBOLS_DWARF_LIBRARY_H

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "error.h"

/** What is used of it; members are called as its functions. */
struct sonde_dwarf_library {
	__typeof__(&dwarf_begin_elf) begin;
	__typeof__(&dwarf_end) end;
	__typeof__(&dwarf_errno) last_error;
	__typeof__(&dwarf_errmsg) describe;
	__typeof__(&dwarf_get_units) next_unit;
	__typeof__(&dwarf_nextcu) next_header;
	__typeof__(&dwarf_addrdie) unit_at;
	__typeof__(&dwarf_haspc) has_address;
	__typeof__(&dwarf_offdie) die_at;
	__typeof__(&dwarf_dieoffset) offset;
	__typeof__(&dwarf_child) child;
	__typeof__(&dwarf_siblingof) sibling;
	__typeof__(&dwarf_tag) tag;
	__typeof__(&dwarf_diename) name;
	__typeof__(&dwarf_attr) attribute;
	__typeof__(&dwarf_attr_integrate) attribute_integrated;
	__typeof__(&dwarf_hasattr) has_attribute;
	__typeof__(&dwarf_whatform) form;
	__typeof__(&dwarf_formudata) unsigned_data;
	__typeof__(&dwarf_formsdata) signed_data;
	__typeof__(&dwarf_formref_die) reference;
	__typeof__(&dwarf_formflag) flag;
	__typeof__(&dwarf_formblock) block;
	__typeof__(&dwarf_formaddr) address;
	__typeof__(&dwarf_formstring) string;
	__typeof__(&dwarf_ranges) ranges;
	__typeof__(&dwarf_getscopes) scopes;
	__typeof__(&dwarf_getscopes_die) scopes_around;
	__typeof__(&dwarf_getlocation_addr) location;
	__typeof__(&dwarf_getlocation) whole_location;
	__typeof__(&dwarf_getlocation_attr) location_attribute;
	__typeof__(&dwarf_getlocation_die) location_die;
	__typeof__(&dwarf_getlocation_implicit_value) location_constant;
	__typeof__(&dwarf_getcfi) frames;
	__typeof__(&dwarf_getcfi_elf) loaded_frames;
	__typeof__(&dwarf_cfi_end) end_frames;
	__typeof__(&dwarf_cfi_addrframe) frame_at;
	__typeof__(&dwarf_frame_cfa) frame_address;
	__typeof__(&dwarf_getsrcfiles) files;
	__typeof__(&dwarf_filesrc) file;
	__typeof__(&dwarf_getsrclines) lines;
	__typeof__(&dwarf_onesrcline) line;
	__typeof__(&dwarf_lineaddr) line_address;
	__typeof__(&dwarf_lineno) line_number;
	__typeof__(&dwarf_linesrc) line_file;
	__typeof__(&dwarf_linebeginstatement) line_is_statement;
	__typeof__(&dwarf_lineendsequence) line_is_end;
	/** All of the above were found. */
	bool available;
};

/** Never freed. SONDE_ERROR_UNSUPPORTED: it is not installed; the hint says how. */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_library_load(
	const struct sonde_dwarf_library **ret);

#endif
