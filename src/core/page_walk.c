/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One walker for all formats: what differs is in their tables (src/arch/paging.h).
 *
 * Long reads go page by page, but walk less than that: of the walk to the page before,
 * all tables are kept that the next page shares with it, so that a page costs one entry.
 * From one call to the next nothing is kept here: spaces keep the pages that they see,
 * and for the first sight of one there is a walk that does nothing but load.
 */
#include <inttypes.h>
#include <stdio.h>

#include "error.h"
#include "page_walk.h"
#include "space_page.h"

enum {
	/** Physical memory that is contiguous is read at once, up to this (bytes). */
	RUN_BYTES = 4 << 20,
	/** Of a table, where one entry is looked at after the other (bytes). */
	BLOCK_BYTES = 4096,
};

_Static_assert((int)SONDE_PAGE_LEVELS_MAX <= (int)SONDE_TRANSLATION_LEVELS_MAX,
	"a translation has room for all steps");

/** Entries that lie beside each other, read together. */
struct block {
	uint64_t address;
	/** 0: none were read. */
	size_t length;
	uint8_t bytes[BLOCK_BYTES];
};

/** The way to the page that was found last: the next one begins where the two part. */
struct trail {
	/** NULL: nothing was found yet. */
	const struct sonde_page_range *range;
	/** What was found last, and the level of its page. */
	uint64_t address;
	unsigned level;
	/** Of the page: its physical address, its size is 1 << shift. */
	uint64_t page;
	unsigned shift;
	/** By level; those between the range's top and @ref level are valid. */
	uint64_t tables[SONDE_PAGE_LEVELS_MAX];
	struct sonde_translation_step steps[SONDE_PAGE_LEVELS_MAX];
	/** One for each level; NULL: each entry is read by itself. */
	struct block *blocks;
};

/* --- faults ---------------------------------------------------------------------- */

static struct sonde_error *untranslated(uint64_t address)
{
	return sonde_error_fault(
		address, "the CPU translates no such address, so nothing is mapped");
}

static struct sonde_error *stopped(
	uint64_t address, const struct sonde_translation_step *step, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text),
		"the %s entry at 0x%" PRIx64 " %s (0x%" PRIx64 "), so nothing is mapped",
		step->name, step->entry_address, why, step->entry);
	return sonde_error_fault(address, text);
}

/* Memory ends, or has a hole: the address that is not there is the virtual one. */
static struct sonde_error *unreadable(uint64_t address,
	const struct sonde_translation_step *step, struct sonde_error *error)
{
	char text[160];

	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return sonde_error_while(error,
			"reading the %s entry at 0x%" PRIx64 " for 0x%" PRIx64,
			step->name, step->entry_address, address);
	sonde_error_destroy(error);
	snprintf(text, sizeof(text),
		"the %s entry at 0x%" PRIx64 " cannot be read, so nothing is mapped",
		step->name, step->entry_address);
	return sonde_error_fault(address, text);
}

/* --- one page -------------------------------------------------------------------- */

static bool is_in(const struct sonde_page_range *range, uint64_t address)
{
	uint64_t counted = address & ~range->ignored;

	return counted >= (range->first & ~range->ignored) &&
	       counted <= (range->last & ~range->ignored);
}

static const struct sonde_page_range *find_range(
	const struct sonde_page_regime *regime, uint64_t address)
{
	for (unsigned i = 0; i < regime->range_count; i++)
		if (is_in(&regime->ranges[i], address))
			return &regime->ranges[i];
	return NULL;
}

/* The first level at which the way to @p address is not the one that was gone last. */
static unsigned first_level(
	const struct trail *walk, const struct sonde_page_range *range, uint64_t address)
{
	const struct sonde_page_level *levels = range->format->levels;
	unsigned level = range->top;
	uint64_t difference;

	if (walk->range != range)
		return level;
	difference = (address ^ walk->address) & sonde_page_low_bits(range->bits);
	while (level < walk->level && !(difference >> levels[level].shift))
		level++;
	return level;
}

static uint64_t entry_in(const uint8_t *at, unsigned bytes)
{
	uint64_t entry = 0;

	if (bytes == sizeof(entry)) {
		memcpy(&entry, at, sizeof(entry));
		return le64toh(entry);
	}
	for (unsigned i = bytes; i > 0; i--)
		entry = entry << 8 | at[i - 1];
	return entry;
}

/* False: the entry has to be read by itself, also to hear why it cannot be read. */
static bool read_in_block(struct sonde_space *physical, struct block *block,
	unsigned bytes, struct sonde_translation_step *step)
{
	uint64_t first = step->entry_address & ~(uint64_t)(BLOCK_BYTES - 1);
	size_t offset = (size_t)(step->entry_address - first);

	if (physical->big_endian)
		return false;
	if (!block->length || block->address != first) {
		struct sonde_error *error = sonde_space_read(
			physical, first, block->bytes, sizeof(block->bytes));

		block->length = error ? 0 : sizeof(block->bytes);
		block->address = first;
		sonde_error_destroy(error);
	}
	if (bytes > block->length - offset || !block->length)
		return false;
	step->entry = entry_in(block->bytes + offset, bytes);
	return true;
}

static struct sonde_error *read_entry(struct sonde_space *physical,
	const struct sonde_page_range *range, const struct trail *walk,
	struct sonde_translation_step *step, uint64_t address)
{
	unsigned bytes = range->format->entry_bytes;
	struct sonde_error *error;

	if (sonde_space_peek(physical, step->entry_address, bytes, &step->entry))
		return NULL;
	if (walk->blocks &&
		read_in_block(physical, &walk->blocks[walk->level], bytes, step))
		return NULL;
	error = sonde_space_read_integer(
		physical, step->entry_address, bytes, &step->entry);
	return error ? unreadable(address, step, error) : NULL;
}

/* Why an entry leads nowhere. */
static const char *why_not(
	const struct sonde_page_range *range, const struct sonde_translation_step *step)
{
	return step->entry & range->format->present ? "has reserved bits set"
						    : "is not present";
}

static uint64_t address_in(
	const struct sonde_page_format *format, uint64_t entry, uint64_t high)
{
	return (entry & format->address) << format->address_shift |
	       (entry & high) << format->high_shift;
}

/* The entry of @p level is that of a page: which one. NULL, or why it is none. */
static const char *take_page(const struct sonde_page_format *format, unsigned level,
	uint64_t address, struct trail *walk)
{
	const struct sonde_page_level *at = &format->levels[level];
	const struct sonde_translation_step *step = &walk->steps[level];

	if (step->entry & at->leaf_reserved)
		return "has reserved bits set";
	walk->page = address_in(format, step->entry, at->leaf_high);
	walk->shift = at->shift;
	if (step->entry & at->group) {
		walk->shift += 4;
		if ((walk->page >> at->shift & 15) != 8)
			return "has reserved bits set";
	}
	/* What is below its size are flags, or nothing. */
	walk->page &= ~sonde_page_low_bits(walk->shift);
	walk->address = address;
	walk->level = level;
	return NULL;
}

/*
 * Fills in @p walk, which may be of another address. Where nothing is mapped *@p why says
 * what is wrong with the last entry, or is "" where no tables are; then, and after an
 * error, which is of an entry that cannot be read, the walk's range is NULL.
 */
static struct sonde_error *try_page(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, struct trail *walk,
	const char **why)
{
	const struct sonde_page_range *range = walk->range && is_in(walk->range, address)
						       ? walk->range
						       : find_range(regime, address);
	const struct sonde_page_format *format;
	uint64_t translated;
	unsigned level;

	*why = "";
	if (!range)
		return NULL;
	format = range->format;
	translated = address & sonde_page_low_bits(range->bits);
	level = first_level(walk, range, address);
	walk->range = NULL;
	walk->tables[range->top] = range->root;
	for (;; level++) {
		const struct sonde_page_level *at = &format->levels[level];
		struct sonde_translation_step *step = &walk->steps[level];
		uint64_t index = translated >> at->shift & ((1u << at->bits) - 1);
		unsigned char kind;

		walk->level = level;
		step->name = at->name;
		step->entry_address = walk->tables[level] + index * format->entry_bytes;
		CHECK(read_entry(physical, range, walk, step, address));
		*why = why_not(range, step);
		if (!(step->entry & format->present) || step->entry & range->reserved)
			return NULL;
		*why = "is of a reserved kind";
		kind = at->kinds[step->entry >> format->kind_shift & format->kind_mask];
		if (kind == SONDE_PAGE_LEAF)
			break;
		if (kind != SONDE_PAGE_TABLE || level + 1 == format->level_count)
			return NULL;
		walk->tables[level + 1] = address_in(format, step->entry, at->table_high);
	}
	*why = take_page(format, level, address, walk);
	if (!*why)
		walk->range = range;
	return NULL;
}

/* The same, and where nothing is mapped is an error. */
static struct sonde_error *find_page(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, struct trail *walk)
{
	const char *why;

	CHECK(try_page(physical, regime, address, walk, &why));
	if (!why)
		return NULL;
	return *why ? stopped(address, &walk->steps[walk->level], why)
		    : untranslated(address);
}

static uint64_t physical_of(const struct trail *walk, uint64_t address)
{
	return walk->page + (address & sonde_page_low_bits(walk->shift));
}

/* --- all of a walk ---------------------------------------------------------------- */

static struct sonde_page_rights rights_of(const struct trail *walk)
{
	const struct sonde_page_range *range = walk->range;
	struct sonde_page_entries entries = {
		.all = UINT64_MAX,
		.leaf = walk->steps[walk->level].entry,
		.flags = range->flags,
	};
	unsigned level = range->top;

	if (level < range->format->rights_level)
		level = range->format->rights_level;
	for (; level < walk->level; level++) {
		uint64_t entry = walk->steps[level].entry & ~range->rights_ignored;

		entries.all &= entry;
		entries.any |= entry;
	}
	return range->format->rights(&entries);
}

struct sonde_error *sonde_page_walk(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address,
	struct sonde_translation *ret)
{
	struct sonde_page_rights rights;
	struct trail walk = {.range = NULL};

	if (!regime->range_count) {
		*ret = (struct sonde_translation){
			.virtual_address = address, .physical_address = address};
		return NULL;
	}
	CHECK(find_page(physical, regime, address, &walk));
	rights = rights_of(&walk);
	*ret = (struct sonde_translation){
		.virtual_address = address,
		.physical_address = physical_of(&walk, address),
		.page_bytes = UINT64_C(1) << walk.shift,
		.writable = rights.writable,
		.executable = rights.executable,
		.user = rights.user,
		.permissions_known = true,
		.step_count = walk.level - walk.range->top + 1,
	};
	for (unsigned i = 0; i < ret->step_count; i++)
		ret->steps[i] = walk.steps[walk.range->top + i];
	return NULL;
}

/* --- what is mapped --------------------------------------------------------------- */

/*
 * As find_page(), but *@p mapped and no error where nothing is; then the way that was
 * gone is kept, as far as it went.
 */
static struct sonde_error *probe_page(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, struct trail *walk,
	bool *mapped)
{
	const struct sonde_page_range *range = find_range(regime, address);
	const char *why = NULL;
	struct sonde_error *error = try_page(physical, regime, address, walk, &why);

	*mapped = !error && !why;
	if (*mapped || (error && !sonde_error_is(error, SONDE_ERROR_FAULT)))
		return error;
	sonde_error_destroy(error);
	walk->range = range;
	walk->address = address;
	return NULL;
}

/* The last address that has the same fate as @p address. */
static uint64_t last_like(const struct trail *walk,
	const struct sonde_page_regime *regime, uint64_t address)
{
	uint64_t last = UINT64_MAX;
	unsigned shift;

	if (walk->range) {
		shift = walk->range->format->levels[walk->level].shift;
		return address | sonde_page_low_bits(shift);
	}
	/* Up to the next range, whichever that is. */
	for (unsigned i = 0; i < regime->range_count; i++)
		if (regime->ranges[i].first > address &&
			regime->ranges[i].first - 1 < last)
			last = regime->ranges[i].first - 1;
	return last;
}

/* What is at hand already; false: it would have to be read. */
static bool see_entry(struct sonde_space *physical, const struct block *block,
	uint64_t address, unsigned bytes, uint64_t *ret)
{
	uint64_t offset = address - block->address;

	if (!block->length || offset > block->length - bytes)
		return sonde_space_peek(physical, address, bytes, ret);
	*ret = entry_in(block->bytes + offset, bytes);
	return true;
}

/* Whether @p next maps the page behind that of @p entry, with the same flags. */
static bool is_next(const struct sonde_page_format *format,
	const struct sonde_page_level *level, uint64_t entry, uint64_t next)
{
	return !((entry ^ next) & ~format->address) &&
	       address_in(format, next, level->leaf_high) ==
		       address_in(format, entry, level->leaf_high) +
			       (UINT64_C(1) << level->shift);
}

/*
 * How many of the entries behind that of @p walk, in the same table, say the same of the
 * addresses that follow: nothing at all, or the next page with the same flags. None is
 * read for that, and at most @p most are looked at.
 */
static unsigned count_alike(struct sonde_space *physical, const struct trail *walk,
	bool mapped, unsigned most)
{
	const struct sonde_page_format *format = walk->range->format;
	const struct sonde_page_level *level = &format->levels[walk->level];
	const struct sonde_translation_step *step = &walk->steps[walk->level];
	uint64_t entry = step->entry, next, address = step->entry_address;
	unsigned last = (1u << level->bits) - 1, count;
	unsigned left = last - (unsigned)(walk->address >> level->shift & last);

	if (physical->big_endian || (entry & (mapped ? level->group : format->present)))
		return 0;
	for (count = 0; count < left && count < most; count++) {
		address += format->entry_bytes;
		if (!see_entry(physical, &walk->blocks[walk->level], address,
			    format->entry_bytes, &next) ||
			(mapped ? !is_next(format, level, entry, next)
				: next & format->present))
			break;
		entry = next;
	}
	return count;
}

/* Whether the page of @p walk at @p address goes on with @p run. */
static bool goes_on(
	const struct sonde_page_run *run, const struct trail *walk, uint64_t address)
{
	return physical_of(walk, address) - run->physical == address - run->address &&
	       rights_of(walk).executable == run->executable;
}

struct sonde_error *sonde_page_find_run(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t first, uint64_t last,
	unsigned *work, struct sonde_page_run *ret, bool *found)
{
	struct block blocks[SONDE_PAGE_LEVELS_MAX] = {{.length = 0}};
	struct trail walk = {.range = NULL, .blocks = blocks};
	uint64_t address = first, end;

	*ret = (struct sonde_page_run){.address = 0};
	for (*found = false; *work; address = end + 1) {
		bool mapped;

		--*work;
		CHECK(probe_page(physical, regime, address, &walk, &mapped));
		end = last_like(&walk, regime, address);
		if (walk.range) {
			unsigned alike = count_alike(physical, &walk, mapped, *work);

			*work -= alike;
			end += (uint64_t)alike
			       << walk.range->format->levels[walk.level].shift;
		}
		end = end < last ? end : last;
		if (*found && (!mapped || !goes_on(ret, &walk, address)))
			return NULL;
		if (mapped && !*found)
			*ret = (struct sonde_page_run){
				.address = address,
				.physical = physical_of(&walk, address),
				.executable = rights_of(&walk).executable,
			};
		*found = *found || mapped;
		if (*found)
			ret->last = end;
		if (end == last)
			return NULL;
	}
	return NULL;
}

/* --- the space behind it ---------------------------------------------------------- */

/* Physical memory that is contiguous, and why it ends if that is an error. */
struct run {
	uint64_t physical;
	size_t length;
	struct sonde_error *end;
};

/* From @p address to the end of its page, and at most @p length. */
static size_t within_page(const struct trail *walk, uint64_t address, size_t length)
{
	uint64_t behind = ~address & sonde_page_low_bits(walk->shift);

	return length && behind < length - 1 ? (size_t)behind + 1 : length;
}

/* The walk may have been made by the run before, which ended here. */
static struct sonde_error *find_again(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, struct trail *walk)
{
	if (walk->range && !((address ^ walk->address) >> walk->shift))
		return NULL;
	return find_page(physical, regime, address, walk);
}

static struct sonde_error *find_run(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, size_t length,
	struct trail *walk, struct run *ret)
{
	CHECK(find_again(physical, regime, address, walk));
	ret->physical = physical_of(walk, address);
	ret->length = within_page(walk, address, length);
	ret->end = NULL;
	while (ret->length < length && ret->length < RUN_BYTES) {
		uint64_t next = address + ret->length;

		ret->end = find_page(physical, regime, next, walk);
		if (ret->end || physical_of(walk, next) != ret->physical + ret->length)
			break;
		ret->length += within_page(walk, next, length - ret->length);
	}
	return NULL;
}

struct sonde_error *sonde_page_fault(
	struct sonde_error *error, uint64_t physical, size_t length, uint64_t address)
{
	uint64_t offset;
	char text[96];

	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	offset = sonde_error_address(error) - physical;
	sonde_error_destroy(error);
	if (offset >= length)
		offset = 0;
	snprintf(text, sizeof(text),
		"no memory is at physical address 0x%" PRIx64 ", which is mapped",
		physical + offset);
	return sonde_error_fault(address + offset, text);
}

static struct sonde_error *read_run(struct sonde_space *physical, const struct run *run,
	uint64_t address, uint8_t *buffer)
{
	struct sonde_error *error =
		sonde_space_read(physical, run->physical, buffer, run->length);

	return sonde_error_first(
		sonde_page_fault(error, run->physical, run->length, address), run->end);
}

struct sonde_error *sonde_page_read(struct sonde_space *physical,
	const struct sonde_page_regime *regime, uint64_t address, void *buffer,
	size_t length)
{
	struct trail walk = {.range = NULL};
	uint8_t *to = buffer;
	struct run run;

	if (length && length - 1 > UINT64_MAX - address)
		return sonde_error_fault(
			address, "the range goes past the end of the address space");
	if (!regime->range_count) {
		run = (struct run){.physical = address, .length = length};
		return length ? read_run(physical, &run, address, to) : NULL;
	}
	for (size_t done = 0; done < length; done += run.length) {
		CHECK(find_run(
			physical, regime, address + done, length - done, &walk, &run));
		CHECK(read_run(physical, &run, address + done, to + done));
	}
	return NULL;
}
