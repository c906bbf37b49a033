/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A line of a view is "  FIRST-LAST (prio N, KIND): NAME", then " @OFFSET" unless that is
 * 0, then one " KVM" for each address space of the view that KVM has it in. A name may
 * hold anything, so it is read from both ends.
 */
#include <string.h>

#include "hex.h"
#include "memory_map.h"

enum {
	OFFSET_DIGITS = 16,
};

/** A line, without its end. */
struct line {
	const char *start, *end;
};

/** One line of a view. */
struct row {
	uint64_t first, last, offset;
	struct line kind, name;
};

/* Moves *@p text behind the line; false at the end. */
static bool next_line(const char **text, struct line *ret)
{
	if (!**text)
		return false;
	ret->start = *text;
	ret->end = *text + strcspn(*text, "\n");
	*text = ret->end + (*ret->end == '\n');
	while (ret->end > ret->start && (ret->end[-1] == '\r' || ret->end[-1] == ' '))
		ret->end--;
	return true;
}

static bool begins(const struct line *line, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(line->end - line->start) >= length &&
	       !memcmp(line->start, word, length);
}

static bool ends(const struct line *line, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(line->end - line->start) >= length &&
	       !memcmp(line->end - length, word, length);
}

static bool is(const struct line *line, const char *word)
{
	return begins(line, word) && ends(line, word) &&
	       strlen(word) == (size_t)(line->end - line->start);
}

/* Skips @p word; false if it is not there. */
static bool skip(struct line *line, const char *word)
{
	if (!begins(line, word))
		return false;
	line->start += strlen(word);
	return true;
}

/* --- which view ------------------------------------------------------------------- */

/* How well an address space, of which @p line tells, fits; 0: not at all. */
static unsigned rank_of(const struct line *line)
{
	if (begins(line, " AS \"memory\","))
		return 3;
	if (begins(line, " AS \"cpu-memory-0\","))
		return 2;
	/* Somebody else's, of all that there is. */
	return begins(line, " AS \"") && ends(line, "\", root: system");
}

static bool is_row(const struct line *line)
{
	return begins(line, "  ") && line->end - line->start > 2 &&
	       sonde_hex_digit(line->start[2]) >= 0;
}

/* Where the first row of the view that fits best is, or NULL. */
static const char *find_view(const char *text)
{
	unsigned rank = 0, best = 0;
	const char *found = NULL, *position = text;
	struct line line;

	while (next_line(&text, &line)) {
		if (begins(&line, "FlatView #"))
			rank = 0;
		else if (rank_of(&line) > rank)
			rank = rank_of(&line);
		else if (is_row(&line) && rank > best) {
			best = rank;
			found = position;
		}
		position = text;
	}
	return found;
}

/* --- what is in it ---------------------------------------------------------------- */

static bool parse_offset(struct line *name, uint64_t *ret)
{
	const char *digits;

	*ret = 0;
	while (ends(name, " KVM"))
		name->end -= strlen(" KVM");
	if (name->end - name->start < OFFSET_DIGITS + 2)
		return true;
	digits = name->end - OFFSET_DIGITS;
	if (digits[-1] != '@' || digits[-2] != ' ')
		return true;
	for (const char *p = digits; p < name->end; p++)
		if (sonde_hex_digit(*p) < 0)
			return true;
	if (!sonde_hex_parse(&digits, name->end, ret))
		return false;
	name->end -= OFFSET_DIGITS + 2;
	return true;
}

static bool parse_row(struct line line, struct row *ret)
{
	const char *stop;

	if (!skip(&line, "  ") || !sonde_hex_parse(&line.start, line.end, &ret->first) ||
		!skip(&line, "-") ||
		!sonde_hex_parse(&line.start, line.end, &ret->last) ||
		!skip(&line, " (prio "))
		return false;
	if (line.start < line.end && *line.start == '-')
		line.start++;
	while (line.start < line.end && *line.start >= '0' && *line.start <= '9')
		line.start++;
	if (!skip(&line, ", "))
		return false;
	stop = memchr(line.start, ')', (size_t)(line.end - line.start));
	if (!stop)
		return false;
	ret->kind = (struct line){line.start, stop};
	line.start = stop;
	/* An empty name has lost its space with the line's end. */
	if (!skip(&line, "): ") && !(skip(&line, "):") && line.start == line.end))
		return false;
	ret->name = line;
	return parse_offset(&ret->name, &ret->offset);
}

/* Whether it can be read like RAM, and what of it must not be written. */
static bool is_memory(struct line kind, bool *read_only)
{
	skip(&kind, "nv-");
	*read_only = is(&kind, "rom") || is(&kind, "romd");
	return *read_only || is(&kind, "ram");
}

static bool continues(
	const struct sonde_qemu_range *before, const struct row *row, bool read_only)
{
	size_t length = (size_t)(row->name.end - row->name.start);

	return before->last + 1 == row->first && before->read_only == read_only &&
	       before->offset + (before->last - before->first) + 1 == row->offset &&
	       strlen(before->region) == length &&
	       !memcmp(before->region, row->name.start, length);
}

static struct sonde_error *add(
	struct sonde_qemu_memory_map *map, const struct row *row, bool read_only)
{
	struct sonde_qemu_range *ranges = map->ranges, *range;
	char *region;

	if (map->count && continues(&ranges[map->count - 1], row, read_only)) {
		ranges[map->count - 1].last = row->last;
		return NULL;
	}
	if (map->count == SONDE_QEMU_RANGES_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"QEMU's memory map has more than %d ranges",
			SONDE_QEMU_RANGES_MAX);
	/* Whenever the count is a power of two. */
	if (!(map->count & (map->count - 1))) {
		ranges = realloc(
			ranges, (map->count ? map->count * 2 : 1) * sizeof(*ranges));
		if (!ranges)
			return sonde_error_no_memory();
		map->ranges = ranges;
	}
	region = strndup(row->name.start, (size_t)(row->name.end - row->name.start));
	if (!region)
		return sonde_error_no_memory();
	range = &ranges[map->count++];
	*range = (struct sonde_qemu_range){
		.first = row->first,
		.last = row->last,
		.offset = row->offset,
		.read_only = read_only,
		.region = region,
	};
	return NULL;
}

static struct sonde_error *bad_row(const struct line *line)
{
	size_t length = (size_t)(line->end - line->start);

	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"QEMU's memory map has a line that cannot be: \"%.*s\"",
		(int)(length < 100 ? length : 100), line->start);
}

static struct sonde_error *parse_view(const char *text, struct sonde_qemu_memory_map *map)
{
	bool any = false, read_only;
	uint64_t before = 0;
	struct line line;
	struct row row;

	while (next_line(&text, &line) && is_row(&line)) {
		if (!parse_row(line, &row) || row.last < row.first ||
			row.last - row.first > UINT64_MAX - row.offset ||
			(any && row.first <= before))
			return bad_row(&line);
		before = row.last;
		any = true;
		if (is_memory(row.kind, &read_only))
			CHECK(add(map, &row, read_only));
	}
	return NULL;
}

struct sonde_error *sonde_qemu_memory_map_parse(
	const char *text, struct sonde_qemu_memory_map *ret)
{
	struct sonde_qemu_memory_map map = {0};
	const char *view = find_view(text);
	struct sonde_error *error;

	if (!view)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"QEMU's monitor shows no map of the system's memory");
	error = parse_view(view, &map);
	if (error)
		sonde_qemu_memory_map_deinit(&map);
	else
		*ret = map;
	return error;
}

void sonde_qemu_memory_map_deinit(struct sonde_qemu_memory_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->ranges[i].region);
	free(map->ranges);
	*map = (struct sonde_qemu_memory_map){0};
}

const struct sonde_qemu_range *sonde_qemu_memory_map_find(
	const struct sonde_qemu_memory_map *map, uint64_t address)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct sonde_qemu_range *range = &map->ranges[middle];

		if (address < range->first)
			high = middle;
		else if (address > range->last)
			low = middle + 1;
		else
			return range;
	}
	return NULL;
}

uint64_t sonde_qemu_memory_map_ram_bytes(const struct sonde_qemu_memory_map *map)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < map->count; i++)
		if (!map->ranges[i].read_only)
			sum += map->ranges[i].last - map->ranges[i].first + 1;
	return sum;
}
