/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims on traps: what <sonde/breakpoint.h> promises. */
#include <inttypes.h>

#include "target.h"

struct sonde_breakpoint {
	struct sonde_target *target;
	struct sonde_trap *trap;
};

enum {
	/** More than any stub keeps; a program that sets so many has lost its way. */
	TRAPS_MAX = 65536,
};

static const char *kind_name(enum sonde_breakpoint_kind kind)
{
	static const char *const names[] = {
		[SONDE_BREAKPOINT_SOFTWARE] = "software breakpoint",
		[SONDE_BREAKPOINT_HARDWARE] = "hardware breakpoint",
		[SONDE_BREAKPOINT_WATCH_WRITE] = "write watchpoint",
		[SONDE_BREAKPOINT_WATCH_READ] = "read watchpoint",
		[SONDE_BREAKPOINT_WATCH_ACCESS] = "access watchpoint",
	};

	return (unsigned)kind < ARRAY_SIZE(names) ? names[kind] : NULL;
}

static struct sonde_error *find_or_add(struct sonde_target *target,
	const struct sonde_trap_place *place, struct sonde_trap **ret)
{
	struct sonde_trap *trap;
	unsigned count = 0;

	for (trap = target->traps.first; trap; trap = trap->next, count++)
		if (trap->place.kind == place->kind &&
			trap->place.address == place->address &&
			trap->place.length == place->length) {
			*ret = trap;
			return NULL;
		}
	if (count >= TRAPS_MAX)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "there are %u already", count);
	trap = calloc(1, sizeof(*trap));
	if (!trap)
		return sonde_error_no_memory();
	trap->place = *place;
	trap->next = target->traps.first;
	target->traps.first = trap;
	*ret = trap;
	return NULL;
}

static void drop(struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_trap **link = &target->traps.first;

	while (*link != trap)
		link = &(*link)->next;
	*link = trap->next;
	sonde_trap_forget(target, trap);
	free(trap);
}

static struct sonde_error *claim(struct sonde_target *target,
	const struct sonde_trap_place *place, struct sonde_breakpoint *breakpoint)
{
	struct sonde_error *error;
	struct sonde_trap *trap;

	CHECK(sonde_target_check_stopped(target));
	CHECK(sonde_target_take_control(target));
	CHECK(find_or_add(target, place, &trap));
	error = sonde_trap_insert(target, trap);
	if (error) {
		if (!trap->claims)
			drop(target, trap);
		return error;
	}
	trap->claims++;
	breakpoint->target = target;
	breakpoint->trap = trap;
	return NULL;
}

struct sonde_error *sonde_breakpoint_create(struct sonde_target *target,
	enum sonde_breakpoint_kind kind, uint64_t address, uint64_t length,
	struct sonde_breakpoint **ret)
{
	struct sonde_trap_place place = {
		.kind = kind, .address = address, .length = length};
	struct sonde_breakpoint *breakpoint;
	struct sonde_error *error;

	target = sonde_target_base(target);
	if (!kind_name(kind))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "no such kind of breakpoint");
	if (!target->control)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "%s cannot be controlled", target->name);
	if (kind == SONDE_BREAKPOINT_SOFTWARE || kind == SONDE_BREAKPOINT_HARDWARE)
		place.length = target->arch->breakpoint_kind;
	else if (!length || address + length - 1 < address)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a watchpoint cannot cover %" PRIu64 " bytes at 0x%" PRIx64,
			length, address);
	breakpoint = calloc(1, sizeof(*breakpoint));
	if (!breakpoint)
		return sonde_error_no_memory();
	error = claim(target, &place, breakpoint);
	if (error) {
		free(breakpoint);
		return sonde_error_while(
			error, "setting a %s at 0x%" PRIx64, kind_name(kind), address);
	}
	*ret = breakpoint;
	return NULL;
}

struct sonde_error *sonde_breakpoint_destroy(struct sonde_breakpoint *breakpoint)
{
	struct sonde_error *error = NULL;
	struct sonde_trap *trap;

	if (!breakpoint)
		return NULL;
	trap = breakpoint->trap;
	if (--trap->claims == 0) {
		if (trap->inserted)
			error = sonde_target_check_stopped(breakpoint->target);
		if (!error)
			error = sonde_trap_remove(breakpoint->target, trap);
		error = sonde_error_while(error, "removing a %s at 0x%" PRIx64,
			kind_name(trap->place.kind), trap->place.address);
		/* One that could not be removed stays known: detaching tries again. */
		if (!trap->inserted)
			drop(breakpoint->target, trap);
	}
	free(breakpoint);
	return error;
}

uint64_t sonde_breakpoint_address(const struct sonde_breakpoint *breakpoint)
{
	return breakpoint->trap->place.address;
}

bool sonde_breakpoint_caused(
	const struct sonde_breakpoint *breakpoint, const struct sonde_stop *stop)
{
	const struct sonde_trap_place *place = &breakpoint->trap->place;

	switch (stop->reason) {
	case SONDE_STOP_BREAKPOINT:
		return (place->kind == SONDE_BREAKPOINT_SOFTWARE ||
			       place->kind == SONDE_BREAKPOINT_HARDWARE) &&
		       stop->pc_known && stop->pc == place->address;
	case SONDE_STOP_WATCHPOINT:
		return place->kind >= SONDE_BREAKPOINT_WATCH_WRITE &&
		       stop->address - place->address < place->length;
	default:
		return false;
	}
}
