/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "target.h"

static bool executes(enum sonde_breakpoint_kind kind)
{
	return kind == SONDE_BREAKPOINT_SOFTWARE || kind == SONDE_BREAKPOINT_HARDWARE;
}

struct sonde_trap *sonde_traps_at(const struct sonde_traps *traps, uint64_t address)
{
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next)
		if (trap->inserted && executes(trap->place.kind) &&
			trap->place.address == address)
			return trap;
	return NULL;
}

struct sonde_trap *sonde_traps_watching(const struct sonde_traps *traps, uint64_t address)
{
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next)
		if (trap->inserted && !executes(trap->place.kind) &&
			address - trap->place.address < trap->place.length)
			return trap;
	return NULL;
}

const struct sonde_gone_trap *sonde_traps_gone(
	const struct sonde_traps *traps, uint64_t address)
{
	for (unsigned i = 0; i < traps->gone_count; i++)
		if (traps->gone[i].address == address)
			return &traps->gone[i];
	return NULL;
}

static void remember_gone(struct sonde_traps *traps, const struct sonde_trap *trap)
{
	if (!executes(trap->place.kind) || sonde_traps_gone(traps, trap->place.address))
		return;
	traps->gone[traps->gone_next] = (struct sonde_gone_trap){
		.address = trap->place.address, .written = trap->written};
	traps->gone_next = (traps->gone_next + 1) % SONDE_TRAPS_GONE;
	if (traps->gone_count < SONDE_TRAPS_GONE)
		traps->gone_count++;
}

/* --- traps that are instructions in memory -------------------------------------------
 */

static bool is_in_memory(const struct sonde_trap *trap, const struct sonde_space *space)
{
	if (!trap->inserted)
		return false;
	return space->physical ? trap->shown && trap->physical_known
			       : trap->shown || trap->written;
}

bool sonde_traps_matter(const struct sonde_traps *traps, const struct sonde_space *space)
{
	return !space->physical || traps->shown_count;
}

/* What a trap and a range of a space have in common. */
struct overlap {
	/** 0: nothing. */
	unsigned bytes;
	unsigned in_trap;
	size_t in_range;
};

static struct overlap find_overlap(const struct sonde_trap *trap,
	const struct sonde_space *space, uint64_t address, size_t length)
{
	unsigned bytes = is_in_memory(trap, space) ? trap->written_bytes : 0;
	uint64_t start = space->physical ? trap->physical : trap->place.address;

	for (unsigned i = 0; i < bytes; i++) {
		uint64_t offset = start + i - address;

		if (offset < length)
			return (struct overlap){
				.bytes = length - offset < bytes - i
						 ? (unsigned)(length - offset)
						 : bytes - i,
				.in_trap = i,
				.in_range = (size_t)offset,
			};
	}
	return (struct overlap){.bytes = 0};
}

void sonde_traps_hide(const struct sonde_traps *traps, const struct sonde_space *space,
	uint64_t address, uint8_t *data, size_t length)
{
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next) {
		struct overlap found = find_overlap(trap, space, address, length);

		if (found.bytes)
			memcpy(data + found.in_range, trap->original + found.in_trap,
				found.bytes);
	}
}

/* What memory must hold for @p trap to stay in it. */
static const uint8_t *instruction_of(const struct sonde_target *target)
{
	return target->arch->breakpoint;
}

/* @p data, with the traps' instruction where traps are. The caller frees *@p copy. */
static struct sonde_error *keep_traps(const struct sonde_target *target,
	const struct sonde_space *space, const struct sonde_write *write, uint8_t **copy)
{
	*copy = malloc(write->length);
	if (!*copy)
		return sonde_error_no_memory();
	memcpy(*copy, write->data, write->length);
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next) {
		struct overlap found =
			find_overlap(trap, space, write->address, write->length);

		if (found.bytes)
			memcpy(*copy + found.in_range,
				instruction_of(target) + found.in_trap, found.bytes);
	}
	return NULL;
}

static void change_originals(const struct sonde_traps *traps,
	const struct sonde_space *space, const struct sonde_write *write)
{
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next) {
		struct overlap found =
			find_overlap(trap, space, write->address, write->length);

		if (found.bytes)
			memcpy(trap->original + found.in_trap,
				(const uint8_t *)write->data + found.in_range,
				found.bytes);
	}
}

/* Marks those that the stub has written where @p write goes to. */
static bool find_shown_under(struct sonde_traps *traps, const struct sonde_space *space,
	const struct sonde_write *write)
{
	bool any = false;

	if (!traps->shown_count)
		return false;
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next) {
		trap->lifted =
			trap->shown &&
			find_overlap(trap, space, write->address, write->length).bytes;
		any = any || trap->lifted;
	}
	return any;
}

/*
 * The stub will put back what it found there: so its traps are taken out and set again on
 * what was written.
 */
static struct sonde_error *write_under_shown(struct sonde_target *target,
	struct sonde_space *space, const struct sonde_write *write)
{
	struct sonde_error *error = NULL;

	if (target->state != SONDE_STATE_STOPPED)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_RUNNING,
				"a breakpoint is there, which KVM has in memory"),
			"pause the target first");
	target->sonde->uninterruptible++;
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		if (trap->lifted)
			error = sonde_error_first(error, sonde_trap_remove(target, trap));
	if (!error)
		error = space->ops->write(space, write);
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		if (trap->lifted)
			error = sonde_error_first(error, sonde_trap_insert(target, trap));
	target->sonde->uninterruptible--;
	return error;
}

struct sonde_error *sonde_traps_write_around(struct sonde_traps *traps,
	struct sonde_space *space, const struct sonde_write *write)
{
	struct sonde_target *target = CONTAINER_OF(traps, struct sonde_target, traps);
	CLEANUP(cleanup_free) uint8_t *copy = NULL;
	struct sonde_write around = *write;

	if (find_shown_under(traps, space, write))
		return write_under_shown(target, space, write);
	CHECK(keep_traps(target, space, write, &copy));
	around.data = copy;
	CHECK(space->ops->write(space, &around));
	change_originals(traps, space, write);
	return NULL;
}

/* --- into the target, and out of it --------------------------------------------------
 */

/* NULL: *@p error says why. */
static struct sonde_space *trap_space(
	struct sonde_target *target, struct sonde_error **error)
{
	struct sonde_space *space = NULL;

	if (target->arch->breakpoint_bytes && target->current)
		*error = sonde_target_virtual(target, target->current, &space);
	else
		*error = sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the stub sets no breakpoints, and none can be written on %s",
			target->arch->name);
	return *error ? NULL : space;
}

static struct sonde_error *list_managed(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_journal_trap entry = {
		.address = trap->place.address,
		.length = trap->place.length,
		.kind = trap->by_register ? SONDE_BREAKPOINT_HARDWARE : trap->place.kind,
	};

	return sonde_journal_arm(target->journal, SONDE_JOURNAL_TRAP, &entry,
		sizeof(entry), &trap->journal_slot);
}

static struct sonde_error *list_written(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_journal_bytes entry = {
		.address = trap->place.address,
		.length = (uint8_t)trap->written_bytes,
	};

	memcpy(entry.original, trap->original, trap->written_bytes);
	memcpy(entry.written, instruction_of(target), trap->written_bytes);
	snprintf(entry.thread, sizeof(entry.thread), "%s", target->current->name);
	return sonde_journal_arm(target->journal, SONDE_JOURNAL_BYTES, &entry,
		sizeof(entry), &trap->journal_slot);
}

void sonde_trap_forget(struct sonde_target *target, struct sonde_trap *trap)
{
	sonde_journal_disarm(target->journal, &trap->journal_slot);
}

static struct sonde_error *write_code(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	const struct sonde_write write = {
		.address = address, .data = data, .length = length, .may_be_code = true};

	return space->ops->write(space, &write);
}

/* The stub sets no breakpoints: replace the instruction ourselves. */
static struct sonde_error *write_trap(
	struct sonde_target *target, struct sonde_trap *trap)
{
	unsigned bytes = target->arch->breakpoint_bytes;
	struct sonde_error *error = NULL;
	struct sonde_space *space = trap_space(target, &error);

	if (!space)
		return error;
	CHECK(sonde_space_read(space, trap->place.address, trap->original, bytes));
	trap->written_bytes = bytes;
	/* It may be listed as one that the stub would manage. */
	sonde_trap_forget(target, trap);
	CHECK(list_written(target, trap));
	CHECK(write_code(space, trap->place.address, instruction_of(target), bytes));
	trap->written = true;
	return NULL;
}

static struct sonde_error *unwrite_trap(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_error *error = NULL;
	struct sonde_space *space = trap_space(target, &error);

	if (!space)
		return error;
	CHECK(write_code(
		space, trap->place.address, trap->original, trap->written_bytes));
	trap->written = false;
	return NULL;
}

/* Lets the stub set @p trap, or take it out. */
static struct sonde_error *set_managed(
	struct sonde_target *target, struct sonde_trap *trap, bool insert)
{
	struct sonde_trap_place place = trap->place;

	if (trap->by_register)
		place.kind = SONDE_BREAKPOINT_HARDWARE;
	if (insert)
		CHECK(list_managed(target, trap));
	return target->control->set_trap(target, &place, insert);
}

/* What the stub is about to replace, and where that is. */
static struct sonde_error *read_original(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_translation translation;
	struct sonde_error *error = NULL;
	struct sonde_space *space = trap_space(target, &error);

	if (!space)
		return error;
	CHECK(sonde_space_read(space, trap->place.address, trap->original,
		target->arch->breakpoint_bytes));
	trap->written_bytes = target->arch->breakpoint_bytes;
	if (trap->physical_known || !target->memory->translate)
		return NULL;
	error = target->memory->translate(
		target, target->current, trap->place.address, &translation);
	trap->physical_known = !error;
	if (!error)
		trap->physical = translation.physical_address;
	sonde_error_destroy(error);
	return NULL;
}

/*
 * KVM writes by the page tables of the CPU that stopped last. In user mode it may have
 * nothing of the kernel mapped: then a debug register does the same.
 */
static struct sonde_error *insert_by_register(
	struct sonde_target *target, struct sonde_trap *trap, struct sonde_error *refusal)
{
	struct sonde_error *error;

	if (!sonde_error_is(refusal, SONDE_ERROR_FAULT) &&
		!sonde_error_is(refusal, SONDE_ERROR_PROTOCOL))
		return refusal;
	trap->by_register = true;
	error = set_managed(target, trap, true);
	if (error) {
		trap->by_register = false;
		sonde_error_destroy(error);
		return sonde_error_suggest(refusal,
			"the CPU has nothing mapped there to write to, and no debug "
			"register was to be had in its place");
	}
	sonde_log(&target->sonde->log, SONDE_LOG_INFO,
		"the breakpoint at 0x%" PRIx64
		" takes a debug register: the CPU has nothing mapped there",
		trap->place.address);
	sonde_error_destroy(refusal);
	return NULL;
}

static struct sonde_error *insert_shown(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_error *error = read_original(target, trap);

	if (!error)
		error = set_managed(target, trap, true);
	if (error)
		return insert_by_register(target, trap, error);
	trap->shown = true;
	target->traps.shown_count++;
	return NULL;
}

static struct sonde_error *insert_managed(
	struct sonde_target *target, struct sonde_trap *trap)
{
	bool shows = trap->place.kind == SONDE_BREAKPOINT_SOFTWARE &&
		     target->control->traps_show && target->control->traps_show(target);

	trap->by_register = false;
	return shows ? insert_shown(target, trap) : set_managed(target, trap, true);
}

struct sonde_error *sonde_trap_insert(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_error *error;

	if (trap->inserted)
		return NULL;
	error = target->control->set_trap
			? insert_managed(target, trap)
			: sonde_error_create(SONDE_ERROR_UNSUPPORTED, "no traps");
	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) &&
		trap->place.kind == SONDE_BREAKPOINT_SOFTWARE) {
		sonde_error_destroy(error);
		error = write_trap(target, trap);
	}
	if (!error)
		trap->inserted = true;
	return error;
}

struct sonde_error *sonde_trap_remove(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_error *error;

	if (!trap->inserted)
		return NULL;
	remember_gone(&target->traps, trap);
	error = trap->written ? unwrite_trap(target, trap)
			      : set_managed(target, trap, false);
	if (error)
		return error;
	target->traps.shown_count -= trap->shown;
	trap->shown = false;
	trap->inserted = false;
	return NULL;
}

bool sonde_trap_takes_register(const struct sonde_trap *trap)
{
	return trap->inserted &&
	       (trap->by_register || trap->place.kind != SONDE_BREAKPOINT_SOFTWARE);
}

unsigned sonde_traps_in_registers(const struct sonde_traps *traps)
{
	unsigned count = 0;

	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next)
		count += sonde_trap_takes_register(trap);
	return count;
}

struct sonde_error *sonde_traps_remove_all(struct sonde_target *target)
{
	struct sonde_error *first = NULL;

	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next)
		first = sonde_error_first(first, sonde_trap_remove(target, trap));
	return first;
}

void sonde_traps_deinit(struct sonde_traps *traps)
{
	while (traps->first) {
		struct sonde_trap *trap = traps->first;

		traps->first = trap->next;
		free(trap);
	}
}
