/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a place in code: the functions that are inlined there, one in the
 * other, and their variables, with how to find them. Addresses are those that the file
 * was linked to.
 */
#ifndef SONDE_SYMBOLS_DWARF_SCOPE_H
#define SONDE_SYMBOLS_DWARF_SCOPE_H

#include "dwarf_lines.h"
#include "location.h"

struct sonde_dwarf_frame {
	/** Lives as long as the DWARF, as all names here. */
	const char *function;
	/** Where in it the place is: of all but the innermost, where that was called. Its
	 * file is "" where that is not known. */
	struct sonde_dwarf_line line;
};

struct sonde_dwarf_variable {
	const char *name;
	struct sonde_type type;
	bool is_parameter;
	/** Which frame it belongs to. */
	size_t frame;
	/** It has a value that never changes, and no location. */
	bool is_constant;
	uint64_t constant;
	struct sonde_location_expression location;
};

struct sonde_dwarf_scope {
	uint64_t address;
	/** From the innermost inlined function to the one that has code of its own. */
	struct sonde_dwarf_frame *frames;
	size_t frame_count;
	/** Those of inner blocks come first. */
	struct sonde_dwarf_variable *variables;
	size_t variable_count;
	/** As struct sonde_location_context has them. */
	struct sonde_location_expression frame_base, frame;
};

/**
 * *@p ret is NULL where no function has code at @p address; else it belongs to @p dwarf,
 * and lives until the next call.
 */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_scope_at(struct sonde_dwarf *dwarf,
	uint64_t address, const struct sonde_dwarf_scope **ret);

#endif
