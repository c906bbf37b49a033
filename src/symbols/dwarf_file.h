/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the reader of DWARF know of each other. The file is mapped, and
 * others may cut it short: whatever calls libdw does so between sonde_dwarf_enter() and
 * sonde_dwarf_leave(), which do not nest, and reads no target's memory in between.
 */
#ifndef SONDE_SYMBOLS_DWARF_FILE_H
#define SONDE_SYMBOLS_DWARF_FILE_H

#include "dwarf_info.h"
#include "dwarf_library.h"
#include "elf_library.h"
#include "name_store.h"

enum {
	/** Records that are remembered; a power of two. */
	SONDE_DWARF_RECORDS = 1024,
	/** Sections that have texts: .debug_info, .debug_str, .debug_line_str. */
	SONDE_DWARF_TEXTS = 3,
	/** Places in lists of members that are remembered; a power of two. */
	SONDE_DWARF_PLACES = 64,
};

/** Names of what has been looked at; open addressing. */
struct sonde_dwarf_index {
	struct sonde_dwarf_slot *slots;
	/** One less than the number of slots; 0: there are none yet. */
	uint32_t mask;
	uint32_t count;
	/** The last unit that was looked at; NULL: none was. */
	Dwarf_CU *unit;
	bool complete;
};

/** Code of a unit, from @ref first to before @ref end. */
struct sonde_dwarf_range {
	uint64_t first, end;
	/** The unit's first entry. */
	uint32_t unit;
};

struct sonde_dwarf_units {
	/** Ascending, once they are listed; owned. */
	struct sonde_dwarf_range *ranges;
	size_t count, room;
	bool is_listed;
};

/** What an entry was found to be. */
struct sonde_dwarf_record {
	/** 0: nothing is remembered. */
	uint32_t id;
	struct sonde_type_record record;
};

/** The entry of a part, so that the next one need not be counted to. */
struct sonde_dwarf_place {
	uint32_t id;
	uint64_t index;
	Dwarf_Die die;
};

struct sonde_dwarf {
	/** First, so that types lead here. */
	struct sonde_types types;
	const struct sonde_elf_library *elf_library;
	const struct sonde_dwarf_library *library;
	/** The file, mapped or read, and a page of zeros behind it. */
	void *image;
	size_t image_bytes, room;
	Elf *elf;
	Dwarf *dwarf;
	/** Of .debug_info, in bytes. */
	uint32_t info_bytes;
	/** Those that texts are in. */
	struct sonde_dwarf_section {
		const char *data;
		size_t bytes;
	} texts[SONDE_DWARF_TEXTS];
	/** The file has been cut short. */
	bool broken;
	const struct sonde_types *preferred;
	struct sonde_dwarf_index index;
	struct sonde_dwarf_units units;
	/** Of what is loaded; NULL: not asked for yet, or there is none. */
	Dwarf_CFI *loaded_frames;
	/** The last one that was asked for; owned. */
	struct sonde_dwarf_scope *scope;
	/** Those that were handed out: the file may be cut short later. */
	struct sonde_name_store names;
	/** Where each id may be remembered; owned. */
	struct sonde_dwarf_record *records;
	struct sonde_dwarf_place *places;
};

/** From here to sonde_dwarf_leave() libdw may be called. */
void sonde_dwarf_enter(struct sonde_dwarf *dwarf);
void sonde_dwarf_leave(struct sonde_dwarf *dwarf);

/** What is remembered while somebody looks is nothing that anybody sees. */
static inline struct sonde_dwarf *sonde_dwarf_of(const struct sonde_types *types)
{
	return (struct sonde_dwarf *)types;
}

/** Why libdw failed last. Never NULL. */
struct sonde_error *sonde_dwarf_fail(const struct sonde_dwarf *dwarf) NEVER_NULL;

/** Returns @p error, or that the file has been cut short. */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_check(
	const struct sonde_dwarf *dwarf, struct sonde_error *error);

/** The record of @p die; 0: it is not in .debug_info. */
uint32_t sonde_dwarf_id(const struct sonde_dwarf *dwarf, Dwarf_Die *die);

/** False: there is none at @p offset of .debug_info. */
bool sonde_dwarf_die(const struct sonde_dwarf *dwarf, uint64_t offset, Dwarf_Die *ret);

/** What an attribute of @p die or its origin refers to. */
bool sonde_dwarf_reference(const struct sonde_dwarf *dwarf, Dwarf_Die *die,
	unsigned attribute, Dwarf_Die *ret);

/** Its name, or that of its origin; NULL: it has none. */
const char *sonde_dwarf_name(const struct sonde_dwarf *dwarf, Dwarf_Die *die);

/** The text of an attribute; NULL: it is none. */
const char *sonde_dwarf_text(
	const struct sonde_dwarf *dwarf, Dwarf_Die *die, unsigned attribute);

/** Whether @p die has the flag. */
bool sonde_dwarf_flag(const struct sonde_dwarf *dwarf, Dwarf_Die *die, unsigned name);

/** The number of an attribute of @p die; false: it has none. */
bool sonde_dwarf_number(const struct sonde_dwarf *dwarf, Dwarf_Die *die,
	unsigned attribute, uint64_t *ret);

/** The first entry of the unit whose code is at @p address. Has to be entered. */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_unit_at(
	struct sonde_dwarf *dwarf, uint64_t address, bool *found, Dwarf_Die *ret);

/** As sonde_dwarf_line_at(). Has to be entered. */
struct sonde_dwarf_line;
SONDE_NODISCARD struct sonde_error *sonde_dwarf_row_at(struct sonde_dwarf *dwarf,
	uint64_t address, bool *found, struct sonde_dwarf_line *ret);

/** @p path without the directory that @p unit was compiled in: a part of it. */
const char *sonde_dwarf_shorten(
	struct sonde_dwarf *dwarf, Dwarf_Die *unit, const char *path);

struct sonde_dwarf_scope;
/** NULL is allowed. */
void sonde_dwarf_scope_destroy(struct sonde_dwarf_scope *scope);

/** The address that @p operation, one with an index of .debug_addr, stands for. */
bool sonde_dwarf_indexed_address(const struct sonde_dwarf *dwarf,
	Dwarf_Attribute *location, const Dwarf_Op *operation, uint64_t *ret);

/** The table of functions in dwarf_types.c. */
extern const struct sonde_types_ops sonde_dwarf_types_ops;

/** Where enumerators are looked for in the index. */
#define SONDE_DWARF_ENUMERATORS SONDE_TYPE_NOWHERE

/**
 * The offset of what is called @p name, 0: there is none. Units are looked at until one
 * has it. Has to be entered.
 */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_index_find(struct sonde_dwarf *dwarf,
	enum sonde_type_space space, const char *name, size_t length, uint32_t *ret);

/** The same of a variable, as sonde_dwarf_find_variable(). */
SONDE_NODISCARD struct sonde_error *sonde_dwarf_index_find_variable(
	struct sonde_dwarf *dwarf, const char *name, uint64_t address, bool is_global,
	uint32_t *ret);

/** Calls @p visit with the offset of everything that has been found so far. */
void sonde_dwarf_index_visit(const struct sonde_dwarf *dwarf,
	void (*visit)(const struct sonde_dwarf *dwarf, uint32_t offset, void *context),
	void *context);

#endif
