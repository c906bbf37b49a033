/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much of a process is in RAM (mm_struct.rss_stat): four counts of pages, of files,
 * of its own, in swap, shared. To 6.1 they are integers, then per-CPU counters: one
 * number, and what each CPU has not added to it yet.
 */
#include <endian.h>
#include <string.h>

#include "kernel.h"
#include "task_list.h"

enum {
	KINDS = 4,
	/** MM_SWAPENTS: of those the pages are not in RAM. */
	SWAPPED = 2,
	/** CPUs whose parts are added. Of more the sum is a little out of date. */
	CPUS_MAX = 64,
	/** The counters of one process are made together, and lie together (bytes). */
	SPAN_MAX = 64,
};

static struct sonde_error *read_symbol(struct sonde_linux_task_reader *reader,
	const char *name, unsigned bytes, uint64_t *ret, bool *found)
{
	struct sonde_symbol symbol;

	CHECK(sonde_linux_own_look_up(reader->kernel, name, &symbol, found));
	if (!*found)
		return NULL;
	*ret = symbol.address;
	return bytes ? sonde_space_read_integer(reader->space, symbol.address, bytes, ret)
		     : NULL;
}

/* Once a list. Without them, there are no CPUs whose parts are known. */
static struct sonde_error *find_cpus(struct sonde_linux_task_reader *reader)
{
	uint64_t count, offsets;
	bool found;

	if (reader->cpu_offsets)
		return NULL;
	reader->cpu_offsets = calloc(CPUS_MAX, sizeof(*reader->cpu_offsets));
	if (!reader->cpu_offsets)
		return sonde_error_no_memory();
	CHECK(read_symbol(reader, "nr_cpu_ids", 4, &count, &found));
	if (found)
		CHECK(read_symbol(reader, "__per_cpu_offset", 0, &offsets, &found));
	if (!found)
		return NULL;
	if (count > CPUS_MAX)
		count = CPUS_MAX;
	for (uint64_t i = 0; i < count; i++)
		CHECK(sonde_space_read_integer(
			reader->space, offsets + 8 * i, 8, &reader->cpu_offsets[i]));
	reader->cpu_count = (unsigned)count;
	return NULL;
}

static uint64_t pointer_at(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, 8);
	return le64toh(value);
}

/* Counts may be below 0 for a moment. */
static uint64_t at_least_nothing(uint64_t count)
{
	return count >> 63 ? 0 : count;
}

/* An array of atomic_long_t. */
static void add_plain(const uint8_t *counts, uint64_t *ret)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (i != SWAPPED)
			*ret += at_least_nothing(pointer_at(counts + (size_t)8 * i));
}

/* What the CPUs have of the counters at @p places, each a s32 of every CPU. */
static struct sonde_error *add_parts(
	struct sonde_linux_task_reader *reader, const uint64_t *places, uint64_t *counts)
{
	uint64_t first = places[0], last = places[0];
	uint8_t copy[SPAN_MAX];

	for (unsigned i = 1; i < KINDS; i++) {
		first = places[i] < first ? places[i] : first;
		last = places[i] > last ? places[i] : last;
	}
	if (last - first > SPAN_MAX - 4)
		return NULL;
	CHECK(find_cpus(reader));
	for (unsigned cpu = 0; cpu < reader->cpu_count; cpu++) {
		CHECK(sonde_space_read(reader->space, reader->cpu_offsets[cpu] + first,
			copy, last - first + 4));
		for (unsigned i = 0; i < KINDS; i++) {
			uint32_t part;

			memcpy(&part, copy + (places[i] - first), 4);
			counts[i] += (uint64_t)(int32_t)le32toh(part);
		}
	}
	return NULL;
}

static struct sonde_error *add_counters(
	struct sonde_linux_task_reader *reader, const uint8_t *counters, uint64_t *ret)
{
	const struct sonde_linux_counter_fields *fields = &reader->layout->counter;
	uint64_t places[KINDS];
	uint64_t counts[KINDS];

	for (unsigned i = 0; i < KINDS; i++) {
		const uint8_t *counter = counters + i * fields->whole.bytes;

		counts[i] = sonde_record_integer(&fields->count, counter);
		places[i] = sonde_record_integer(&fields->counters, counter);
	}
	CHECK(add_parts(reader, places, counts));
	for (unsigned i = 0; i < KINDS; i++)
		if (i != SWAPPED)
			*ret += at_least_nothing(counts[i]);
	return NULL;
}

struct sonde_error *sonde_linux_task_resident(struct sonde_linux_task_reader *reader,
	const uint8_t *copy, uint64_t *ret, bool *known)
{
	const struct sonde_field *field = &reader->layout->mm.resident;
	const struct sonde_linux_counter_fields *counter = &reader->layout->counter;
	uint64_t pages = 0;

	*known = field->present && field->bytes >= (uint64_t)8 * KINDS;
	if (!*known)
		return NULL;
	copy += field->offset;
	/* Four plain counts are 32 bytes. */
	if (field->bytes < 2 * (uint64_t)8 * KINDS) {
		add_plain(copy, &pages);
	} else {
		*known = counter->whole.present && counter->count.present &&
			 counter->counters.present &&
			 counter->whole.bytes * KINDS <= field->bytes;
		if (*known)
			CHECK(add_counters(reader, copy, &pages));
	}
	*ret = pages * reader->page_bytes;
	return NULL;
}
