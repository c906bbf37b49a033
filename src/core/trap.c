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

/*
 * The overlap of a written trap with [address, address + length): the offset into
 * both and how many bytes, 0 for none.
 */
static unsigned overlap(const struct sonde_trap *trap, uint64_t address, size_t length,
	unsigned *in_trap, size_t *in_range)
{
	unsigned bytes = trap->inserted && trap->written ? trap->written_bytes : 0;

	for (unsigned i = 0; i < bytes; i++) {
		uint64_t offset = trap->place.address + i - address;

		if (offset < length) {
			*in_trap = i;
			*in_range = (size_t)offset;
			return length - offset < bytes - i ? (unsigned)(length - offset)
							   : bytes - i;
		}
	}
	return 0;
}

void sonde_traps_hide(
	const struct sonde_traps *traps, uint64_t address, uint8_t *data, size_t length)
{
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next) {
		unsigned in_trap;
		size_t in_range;
		unsigned bytes = overlap(trap, address, length, &in_trap, &in_range);

		if (bytes)
			memcpy(data + in_range, trap->original + in_trap, bytes);
	}
}

/* What memory must hold for @p trap to stay in it. */
static const uint8_t *instruction_of(const struct sonde_target *target)
{
	return target->arch->breakpoint;
}

/* @p data, with the traps' instruction where traps are. The caller frees *@p copy. */
static struct sonde_error *keep_traps(
	const struct sonde_traps *traps, const struct sonde_write *write, uint8_t **copy)
{
	const struct sonde_target *target =
		CONTAINER_OF(traps, const struct sonde_target, traps);

	*copy = malloc(write->length);
	if (!*copy)
		return sonde_error_no_memory();
	memcpy(*copy, write->data, write->length);
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next) {
		unsigned in_trap;
		size_t in_range;
		unsigned bytes =
			overlap(trap, write->address, write->length, &in_trap, &in_range);

		if (bytes)
			memcpy(*copy + in_range, instruction_of(target) + in_trap, bytes);
	}
	return NULL;
}

static void change_originals(
	const struct sonde_traps *traps, const struct sonde_write *write)
{
	for (struct sonde_trap *trap = traps->first; trap; trap = trap->next) {
		unsigned in_trap;
		size_t in_range;
		unsigned bytes =
			overlap(trap, write->address, write->length, &in_trap, &in_range);

		if (bytes)
			memcpy(trap->original + in_trap,
				(const uint8_t *)write->data + in_range, bytes);
	}
}

struct sonde_error *sonde_traps_write_around(const struct sonde_traps *traps,
	struct sonde_space *space, const struct sonde_write *write)
{
	CLEANUP(cleanup_free) uint8_t *copy = NULL;
	struct sonde_write around = *write;

	if (traps->first) {
		CHECK(keep_traps(traps, write, &copy));
		around.data = copy;
	}
	CHECK(space->ops->write(space, &around));
	change_originals(traps, write);
	return NULL;
}

static struct sonde_error *trap_space(
	struct sonde_target *target, struct sonde_space **ret)
{
	if (!target->arch->breakpoint_bytes || !target->current)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the stub sets no breakpoints, and none can be written on %s",
			target->arch->name);
	return sonde_target_virtual(target, target->current, ret);
}

static struct sonde_error *list_managed(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_journal_trap entry = {
		.address = trap->place.address,
		.length = trap->place.length,
		.kind = trap->place.kind,
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
	struct sonde_space *space;

	CHECK(trap_space(target, &space));
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
	struct sonde_space *space;

	CHECK(trap_space(target, &space));
	CHECK(write_code(
		space, trap->place.address, trap->original, trap->written_bytes));
	trap->written = false;
	return NULL;
}

struct sonde_error *sonde_trap_insert(
	struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_error *error;

	if (trap->inserted)
		return NULL;
	if (target->control->set_trap) {
		CHECK(list_managed(target, trap));
		error = target->control->set_trap(target, &trap->place, true);
	} else {
		error = sonde_error_create(SONDE_ERROR_UNSUPPORTED, "no traps");
	}
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
			      : target->control->set_trap(target, &trap->place, false);
	if (!error)
		trap->inserted = false;
	return error;
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
