/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Line tables are decoded by libdw, a unit at a time. For a line, units that are called
 * as its file come first; only where there are none, as for headers, all are decoded, and
 * forgotten again: a kernel's tables have millions of rows.
 */
#include "dwarf_lines.h"

#include <string.h>

#include "dwarf_file.h"

enum {
	/** Units whose decoded tables are kept at a time, where all are decoded. */
	BATCH = 32,
};

/* Without "./", too. */
const char *sonde_dwarf_shorten(
	struct sonde_dwarf *dwarf, Dwarf_Die *unit, const char *path)
{
	const char *directory = sonde_dwarf_text(dwarf, unit, DW_AT_comp_dir);
	size_t length;

	length = directory ? strlen(directory) : 0;
	if (length && !strncmp(path, directory, length) && path[length] == '/')
		path += length + 1;
	while (!strncmp(path, "./", 2))
		path += 2;
	return path;
}

struct row {
	uint64_t address;
	const char *path;
	unsigned line;
	bool is_statement, is_end;
};

static bool read_row(
	struct sonde_dwarf *dwarf, Dwarf_Lines *lines, size_t index, struct row *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_Line *line = library->line(lines, index);
	Dwarf_Addr address;
	int number;

	if (!line || library->line_address(line, &address) != 0 ||
		library->line_number(line, &number) != 0 ||
		library->line_is_statement(line, &ret->is_statement) != 0 ||
		library->line_is_end(line, &ret->is_end) != 0)
		return false;
	ret->address = address;
	ret->line = number > 0 ? (unsigned)number : 0;
	ret->path = library->line_file(line, NULL, NULL) ?: "";
	return true;
}

/* --- by address ------------------------------------------------------------------- */

/*
 * The row that an address belongs to: of several at one address the last, as addr2line
 * takes it, since those before it have no instruction.
 */
static struct sonde_error *search(struct sonde_dwarf *dwarf, Dwarf_Die *unit,
	uint64_t address, bool *found, struct row *ret)
{
	Dwarf_Lines *lines;
	size_t count, low = 0, high;
	struct row row;

	if (dwarf->library->lines(unit, &lines, &count) != 0)
		return sonde_dwarf_fail(dwarf);
	high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (!read_row(dwarf, lines, middle, &row))
			return sonde_dwarf_fail(dwarf);
		if (row.address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*found = low && read_row(dwarf, lines, low - 1, ret) && !ret->is_end && ret->line;
	return NULL;
}

struct sonde_error *sonde_dwarf_row_at(struct sonde_dwarf *dwarf, uint64_t address,
	bool *found, struct sonde_dwarf_line *ret)
{
	struct row row = {.path = ""};
	Dwarf_Die unit;

	CHECK(sonde_dwarf_unit_at(dwarf, address, found, &unit));
	if (!*found)
		return NULL;
	CHECK(search(dwarf, &unit, address, found, &row));
	if (*found)
		*ret = (struct sonde_dwarf_line){
			sonde_name_store_keep(&dwarf->names,
				sonde_dwarf_shorten(dwarf, &unit, row.path)),
			row.line};
	return NULL;
}

struct sonde_error *sonde_dwarf_line_at(struct sonde_dwarf *dwarf, uint64_t address,
	bool *found, struct sonde_dwarf_line *ret)
{
	struct sonde_error *error;

	*found = false;
	CHECK(sonde_dwarf_check(dwarf, NULL));
	sonde_dwarf_enter(dwarf);
	error = sonde_dwarf_row_at(dwarf, address, found, ret);
	sonde_dwarf_leave(dwarf);
	return sonde_dwarf_check(dwarf, error);
}

/* --- by line ---------------------------------------------------------------------- */

struct wanted {
	const char *file;
	unsigned line;
	/** The path of the file that matches; NULL: none did so far. */
	const char *path;
	/** Another one that matches, too. */
	const char *other;
	/** The best line so far; 0: none. */
	unsigned best;
	uint64_t *addresses;
	size_t count;
};

/* Whether @p path ends with @p file, whole parts of it. */
static bool ends_with(const char *path, const char *file)
{
	size_t length = strlen(path), wanted = strlen(file);

	return wanted && length >= wanted && !strcmp(path + length - wanted, file) &&
	       (length == wanted || path[length - wanted - 1] == '/' || *file == '/');
}

static struct sonde_error *add_place(struct wanted *wanted, const struct row *row)
{
	if (wanted->best != row->line)
		wanted->count = 0;
	wanted->best = row->line;
	if (wanted->count == SONDE_DWARF_PLACES_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"line %u of \"%s\" is at more than %d places", row->line,
			wanted->path, SONDE_DWARF_PLACES_MAX);
	if (!wanted->addresses) {
		wanted->addresses =
			calloc(SONDE_DWARF_PLACES_MAX, sizeof(*wanted->addresses));
		if (!wanted->addresses)
			return sonde_error_no_memory();
	}
	for (size_t i = 0; i < wanted->count; i++)
		if (wanted->addresses[i] == row->address)
			return NULL;
	wanted->addresses[wanted->count++] = row->address;
	return NULL;
}

/* Remembers of each unit whether the last path was wanted: paths repeat. */
struct path_memory {
	const char *path;
	bool matches;
};

static bool matches(struct sonde_dwarf *dwarf, Dwarf_Die *unit, struct wanted *wanted,
	struct path_memory *memory, const char *path)
{
	const char *kept;

	if (memory->path == path)
		return memory->matches;
	memory->path = path;
	memory->matches = ends_with(path, wanted->file);
	if (!memory->matches)
		return false;
	kept = sonde_name_store_keep(
		&dwarf->names, sonde_dwarf_shorten(dwarf, unit, path));
	if (!wanted->path)
		wanted->path = kept;
	else if (wanted->path != kept)
		wanted->other = kept;
	return true;
}

static struct sonde_error *look_at(
	struct sonde_dwarf *dwarf, Dwarf_Die *unit, struct wanted *wanted)
{
	struct path_memory memory = {.path = NULL};
	struct row row, before = {.path = NULL};
	Dwarf_Lines *lines;
	size_t count;

	/* A unit without code has no lines. */
	if (dwarf->library->lines(unit, &lines, &count) != 0)
		return NULL;
	for (size_t i = 0; i < count; i++, before = row) {
		if (!read_row(dwarf, lines, i, &row))
			return sonde_dwarf_fail(dwarf);
		if (row.is_end || !row.is_statement || !row.address ||
			!matches(dwarf, unit, wanted, &memory, row.path))
			continue;
		if (row.line < wanted->line || (wanted->best && row.line > wanted->best))
			continue;
		if (before.path == row.path && before.line == row.line && !before.is_end)
			continue;
		CHECK(add_place(wanted, &row));
	}
	return NULL;
}

/* Those that are compiled from this file itself. */
static struct sonde_error *look_at_own(struct sonde_dwarf *dwarf, struct wanted *wanted)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	int result;

	while ((result = dwarf->library->next_unit(
			dwarf->dwarf, unit, &unit, NULL, NULL, &die, NULL)) == 0) {
		const char *name = sonde_dwarf_name(dwarf, &die);

		CHECK(sonde_dwarf_check(dwarf, NULL));
		if (name && ends_with(name, wanted->file))
			CHECK(look_at(dwarf, &die, wanted));
	}
	return result < 0 ? sonde_dwarf_fail(dwarf) : NULL;
}

/* In a session of libdw that is ended after some units, with all that it decoded. */
static struct sonde_error *look_at_batch(
	struct sonde_dwarf *dwarf, Dwarf_Off *position, struct wanted *wanted, bool *more)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf *session = library->begin(dwarf->elf, DWARF_C_READ, NULL);
	struct sonde_error *error = NULL;

	if (!session)
		return sonde_dwarf_fail(dwarf);
	for (unsigned i = 0; i < BATCH && *more && !error; i++) {
		Dwarf_Off offset = *position, abbreviations;
		size_t header_bytes;
		Dwarf_Die die;

		*more = library->next_header(session, offset, position, &header_bytes,
				&abbreviations, NULL, NULL) == 0;
		if (*more && library->die_at(session, offset + header_bytes, &die))
			error = look_at(dwarf, &die, wanted);
		error = sonde_dwarf_check(dwarf, error);
	}
	library->end(session);
	return error;
}

static struct sonde_error *look_at_all(struct sonde_dwarf *dwarf, struct wanted *wanted)
{
	Dwarf_Off position = 0;

	for (bool more = true; more;)
		CHECK(look_at_batch(dwarf, &position, wanted, &more));
	return NULL;
}

static struct sonde_error *judge(const struct wanted *wanted)
{
	if (!wanted->path)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_NOT_FOUND,
				"no file of the kernel's with code is called \"%s\"",
				wanted->file),
			"its path may be left out, or cut at a slash: fs/exec.c");
	if (wanted->other)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"several files are called so, such as \"%s\" and \"%s\"",
				wanted->path, wanted->other),
			"say more of the path");
	if (!wanted->count)
		return sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"\"%s\" has no code from line %u on", wanted->path, wanted->line);
	return NULL;
}

/* The function, or the inlined copy of one, that @p address is in; 0: in none. */
static struct sonde_error *find_function(
	struct sonde_dwarf *dwarf, uint64_t address, uint32_t *ret)
{
	const struct sonde_dwarf_library *library = dwarf->library;
	Dwarf_Die unit, *scopes = NULL;
	bool found;
	int count;

	*ret = 0;
	CHECK(sonde_dwarf_unit_at(dwarf, address, &found, &unit));
	if (!found)
		return NULL;
	count = library->scopes(&unit, address, &scopes);
	for (int i = 0; i < count && !*ret; i++) {
		int tag = library->tag(&scopes[i]);

		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			*ret = sonde_dwarf_id(dwarf, &scopes[i]);
	}
	free(scopes);
	return NULL;
}

/* A line's code may be in many pieces: of each function's copy the first counts. */
static struct sonde_error *keep_first(struct sonde_dwarf *dwarf, struct wanted *wanted)
{
	CLEANUP(cleanup_free)
	uint32_t *functions = calloc(wanted->count + 1, sizeof(*functions));
	size_t kept = 0;

	if (!functions)
		return sonde_error_no_memory();
	for (size_t i = 0; i < wanted->count; i++) {
		size_t k = 0;

		CHECK(find_function(dwarf, wanted->addresses[i], &functions[kept]));
		while (functions[k] != functions[kept])
			k++;
		if (k == kept || !functions[kept])
			wanted->addresses[kept++] = wanted->addresses[i];
	}
	wanted->count = kept;
	return NULL;
}

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static struct sonde_error *find_places(struct sonde_dwarf *dwarf, struct wanted *wanted)
{
	CHECK(look_at_own(dwarf, wanted));
	if (!wanted->path)
		CHECK(look_at_all(dwarf, wanted));
	CHECK(judge(wanted));
	qsort(wanted->addresses, wanted->count, sizeof(*wanted->addresses), compare);
	return keep_first(dwarf, wanted);
}

struct sonde_error *sonde_dwarf_find_line(struct sonde_dwarf *dwarf, const char *file,
	unsigned line, struct sonde_dwarf_places *ret)
{
	struct wanted wanted = {.file = file, .line = line};
	struct sonde_error *error;

	CHECK(sonde_dwarf_check(dwarf, NULL));
	sonde_dwarf_enter(dwarf);
	error = find_places(dwarf, &wanted);
	sonde_dwarf_leave(dwarf);
	error = sonde_dwarf_check(dwarf, error);
	if (error) {
		free(wanted.addresses);
		return error;
	}
	*ret = (struct sonde_dwarf_places){
		.line = {wanted.path, wanted.best},
		.addresses = wanted.addresses,
		.count = wanted.count,
	};
	return NULL;
}
