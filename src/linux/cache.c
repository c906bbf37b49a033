/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which build it is, and what is known of it. */
#include <inttypes.h>
#include <string.h>

#include "cache.h"
#include "cache_files.h"
#include "hex.h"
#include "kernel.h"
#include "log.h"
#include "space_search.h"

enum {
	/** Of a note: its header, its name, the build-id (bytes). */
	HEADER_BYTES = 16,
	NOTE_BYTES = HEADER_BYTES + SONDE_LINUX_BUILD_ID_BYTES,
	/** Between __start_notes and the build-id (bytes). */
	NOTES_MAX = 4096,
	/** Of programs that the kernel maps for others, such as the vDSO. */
	OTHER_NOTES_MAX = 16,
};

/* Lengths of name and descriptor, NT_GNU_BUILD_ID, and the name (elf.h). */
static const uint8_t note_header[HEADER_BYTES] = {
	4, 0, 0, 0, SONDE_LINUX_BUILD_ID_BYTES, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0};

static const struct sonde_log *log_of(const struct sonde_linux *kernel)
{
	return &kernel->target.sonde->log;
}

/* Whether the note of @p places is in the image. */
static struct sonde_error *is_of_build(
	struct sonde_linux *kernel, const struct sonde_linux_places *places, bool *ret)
{
	uint8_t note[NOTE_BYTES];
	size_t got;

	*ret = false;
	if (places->note > kernel->image.last - kernel->image.first)
		return NULL;
	CHECK(sonde_space_read_part(&kernel->image_space.space,
		kernel->image.first + places->note, note, sizeof(note), &got));
	*ret = got == sizeof(note) && !memcmp(note, note_header, HEADER_BYTES) &&
	       !memcmp(note + HEADER_BYTES, places->build_id, SONDE_LINUX_BUILD_ID_BYTES);
	return NULL;
}

/* Without page tables nobody knows where the image begins. */
static bool has_places(const struct sonde_linux *kernel)
{
	return kernel->image.regime.range_count && !kernel->image_space.space.big_endian;
}

struct sonde_error *sonde_linux_cache_load(struct sonde_linux *kernel)
{
	struct sonde_linux_places names[SONDE_LINUX_CACHE_FILES_MAX];
	CLEANUP(sonde_linux_cache_close) int directory = -1;
	char id[2 * SONDE_LINUX_BUILD_ID_BYTES + 1] = "";
	unsigned count;

	kernel->places = kernel->cached = (struct sonde_linux_places){.note = 0};
	if (!has_places(kernel))
		return NULL;
	directory = sonde_linux_cache_open(false);
	if (directory < 0)
		return NULL;
	count = sonde_linux_cache_list(directory, names);
	for (unsigned i = 0; i < count; i++) {
		bool same;

		CHECK(is_of_build(kernel, &names[i], &same));
		if (!same)
			continue;
		kernel->places = names[i];
		sonde_hex_encode(names[i].build_id, sizeof(names[i].build_id), id);
		if (sonde_linux_cache_read(directory, &names[i], &kernel->cached)) {
			kernel->places = kernel->cached;
			sonde_log(log_of(kernel), SONDE_LOG_INFO,
				"the kernel was seen before: build %s", id);
			return NULL;
		}
		sonde_log(log_of(kernel), SONDE_LOG_INFO,
			"the cache of build %s cannot be used", id);
	}
	return NULL;
}

/* --- writing ---------------------------------------------------------------------- */

/* From @p first to @p last; the last one of at most @p count, 0: there is none. */
static struct sonde_error *search_note(struct sonde_linux *kernel, uint64_t first,
	uint64_t last, unsigned count, uint64_t *ret)
{
	struct sonde_space *space = &kernel->image_space.space;
	bool found = true;

	*ret = 0;
	for (unsigned i = 0; i < count && first <= last; i++) {
		CHECK(sonde_space_search(
			space, first, last, note_header, HEADER_BYTES, &first, &found));
		if (!found)
			return NULL;
		*ret = first++;
	}
	return NULL;
}

static bool is_at_hand(struct sonde_linux *kernel)
{
	const char *means = sonde_target_memory_means(sonde_target_base(&kernel->target));

	return !strcmp(means, "mmap") || !strcmp(means, "process");
}

/* Where no symbol tells, it is the last one: vDSOs come before the kernel's own. */
static struct sonde_error *find_note(struct sonde_linux *kernel, uint64_t *ret)
{
	const struct sonde_linux_image *image = &kernel->image;
	struct sonde_symbol symbol;
	bool found = false;

	*ret = 0;
	CHECK(sonde_linux_own_in_memory(kernel, "__start_notes", &symbol, &found));
	if (found)
		return search_note(
			kernel, symbol.address, symbol.address + NOTES_MAX - 1, 1, ret);
	return is_at_hand(kernel) ? search_note(kernel, image->code_end, image->last,
					    OTHER_NOTES_MAX, ret)
				  : NULL;
}

static struct sonde_error *know_build(struct sonde_linux *kernel)
{
	struct sonde_linux_places *places = &kernel->places;
	uint64_t note;
	size_t got;

	if (places->note)
		return NULL;
	CHECK(find_note(kernel, &note));
	if (note <= kernel->image.first || note > kernel->image.last)
		return NULL;
	CHECK(sonde_space_read_part(&kernel->image_space.space, note + HEADER_BYTES,
		places->build_id, sizeof(places->build_id), &got));
	if (got == sizeof(places->build_id))
		places->note = note - kernel->image.first;
	return NULL;
}

/* Without one there is a search next time, as there was this time. */
static struct sonde_error *try_to_know_build(struct sonde_linux *kernel)
{
	struct sonde_error *error = know_build(kernel);

	if (!sonde_error_is(error, SONDE_ERROR_NOT_FOUND) &&
		!sonde_error_is(error, SONDE_ERROR_BAD_DATA) &&
		!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_log(log_of(kernel), SONDE_LOG_INFO, "looking for the build-id: %s",
		sonde_error_why(error));
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_linux_cache_store(struct sonde_linux *kernel)
{
	CLEANUP(sonde_linux_cache_close) int directory = -1;
	struct sonde_linux_places *places = &kernel->places;
	const struct sonde_kallsyms_place *symbols;

	if (!has_places(kernel) || !kernel->symbols)
		return NULL;
	symbols = sonde_kallsyms_place(kernel->symbols);
	places->digits = symbols->digits - kernel->image.first;
	places->markers = symbols->markers - kernel->image.first;
	if (sonde_linux_places_same(places, &kernel->cached))
		return NULL;
	directory = sonde_linux_cache_open(true);
	if (directory >= 0)
		CHECK(try_to_know_build(kernel));
	sonde_log(log_of(kernel), SONDE_LOG_INFO,
		places->note && sonde_linux_cache_write(directory, places)
			? "what was found of the kernel is in the cache"
			: "what was found of the kernel cannot be put into the cache");
	/* Not again before more is known, whether that worked or not. */
	kernel->cached = *places;
	return NULL;
}
