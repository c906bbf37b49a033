/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims on traps: what <sonde/breakpoint.h> promises. */
#include <inttypes.h>
#include <stdio.h>

#include "target.h"

enum {
	/** More than any stub keeps; a program that sets so many has lost its way. */
	TRAPS_MAX = 65536,
	/** Debug registers that one watchpoint may take. */
	PIECES_MAX = 4,
	/** Bytes that one of them watches. */
	PIECE_MAX = 8,
	/** Of what takes the debug registers. */
	LIST_TEXT = 256,
};

struct sonde_breakpoint {
	struct sonde_target *target;
	/** Several where the stub watches what was asked for only piece by piece. */
	struct sonde_trap *traps[PIECES_MAX];
	unsigned count;
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

/* NULL: *@p error says why. */
static struct sonde_trap *find_or_add(struct sonde_target *target,
	const struct sonde_trap_place *place, struct sonde_error **error)
{
	struct sonde_trap *trap;
	unsigned count = 0;

	for (trap = target->traps.first; trap; trap = trap->next, count++)
		if (trap->place.kind == place->kind &&
			trap->place.address == place->address &&
			trap->place.length == place->length)
			return trap;
	if (count >= TRAPS_MAX) {
		*error = sonde_error_create(
			SONDE_ERROR_INVALID, "there are %u already", count);
		return NULL;
	}
	trap = calloc(1, sizeof(*trap));
	if (!trap) {
		*error = sonde_error_no_memory();
		return NULL;
	}
	trap->place = *place;
	trap->next = target->traps.first;
	target->traps.first = trap;
	return trap;
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

/* --- what the stub refuses ---------------------------------------------------------- */

/* The bytes that one debug register can watch at @p address, of @p length. */
static uint64_t piece_at(uint64_t address, uint64_t length)
{
	uint64_t bytes = PIECE_MAX;

	while (bytes > length || address % bytes)
		bytes /= 2;
	return bytes;
}

static bool is_one_piece(const struct sonde_trap_place *place)
{
	return place->kind <= SONDE_BREAKPOINT_HARDWARE ||
	       piece_at(place->address, place->length) == place->length;
}

static void list_users(const struct sonde_target *target, char text[static LIST_TEXT])
{
	size_t used = 0;

	text[0] = '\0';
	for (struct sonde_trap *trap = target->traps.first; trap; trap = trap->next) {
		int length;

		if (!sonde_trap_takes_register(trap))
			continue;
		length = snprintf(text + used, LIST_TEXT - used, "%sa %s at 0x%" PRIx64,
			used ? ", " : "", kind_name(trap->place.kind),
			trap->place.address);
		used += (size_t)length;
		if (used >= LIST_TEXT)
			return;
	}
}

/* Why @p place, one of a debug register, was refused, as far as that can be known. */
static struct sonde_error *explain(const struct sonde_target *target,
	const struct sonde_trap_place *place, struct sonde_error *error)
{
	unsigned most = target->arch->debug_registers,
		 used = sonde_traps_in_registers(&target->traps);
	char users[LIST_TEXT];

	if (place->kind == SONDE_BREAKPOINT_SOFTWARE ||
		!sonde_error_is(error, SONDE_ERROR_PROTOCOL))
		return error;
	if (!most || used < most)
		return sonde_error_suggest(error,
			is_one_piece(place)
				? "the CPU may have no debug register left (x86: 4)"
				: "one debug register watches 1, 2, 4 or 8 bytes, "
				  "aligned to as many");
	sonde_error_destroy(error);
	list_users(target, users);
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_BUSY,
			"%u of %u debug registers are in use: %s", used, most, users),
		place->kind == SONDE_BREAKPOINT_HARDWARE
			? "remove one of these first, or set a software breakpoint"
			: "remove one of these first");
}

/* --- claims ---------------------------------------------------------------------------
 */

static struct sonde_error *claim(struct sonde_target *target,
	const struct sonde_trap_place *place, struct sonde_breakpoint *breakpoint)
{
	struct sonde_error *error = NULL;
	struct sonde_trap *trap = find_or_add(target, place, &error);

	if (!trap)
		return error;
	error = sonde_trap_insert(target, trap);
	if (error) {
		if (!trap->claims)
			drop(target, trap);
		return error;
	}
	trap->claims++;
	breakpoint->traps[breakpoint->count++] = trap;
	return NULL;
}

static struct sonde_error *give_up(struct sonde_target *target, struct sonde_trap *trap)
{
	struct sonde_error *error = NULL;

	if (--trap->claims)
		return NULL;
	if (trap->inserted)
		error = sonde_target_check_stopped(target);
	if (!error)
		error = sonde_trap_remove(target, trap);
	error = sonde_error_while(error, "removing a %s at 0x%" PRIx64,
		kind_name(trap->place.kind), trap->place.address);
	/* One that could not be removed stays known: detaching tries again. */
	if (!trap->inserted)
		drop(target, trap);
	return error;
}

static struct sonde_error *give_all_up(struct sonde_breakpoint *breakpoint)
{
	struct sonde_error *error = NULL;

	while (breakpoint->count)
		error = sonde_error_first(
			error, give_up(breakpoint->target,
				       breakpoint->traps[--breakpoint->count]));
	return error;
}

static unsigned count_pieces(const struct sonde_trap_place *place)
{
	uint64_t address = place->address, left = place->length;
	unsigned count = 0;

	while (left && count <= PIECES_MAX) {
		uint64_t length = piece_at(address, left);

		address += length;
		left -= length;
		count++;
	}
	return count;
}

/* Watches by several debug registers what one cannot watch. */
static struct sonde_error *claim_pieces(struct sonde_target *target,
	const struct sonde_trap_place *place, struct sonde_breakpoint *breakpoint)
{
	struct sonde_trap_place piece = *place;
	uint64_t left = place->length;
	struct sonde_error *error = NULL;

	if (count_pieces(place) > PIECES_MAX)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"%" PRIu64
				" bytes there are more than %d debug registers "
				"watch",
				place->length, PIECES_MAX),
			"each has 1, 2, 4 or 8 bytes, aligned to as many");
	for (; left && !error; piece.address += piece.length, left -= piece.length) {
		piece.length = piece_at(piece.address, left);
		error = claim(target, &piece, breakpoint);
		if (error)
			error = explain(target, &piece, error);
	}
	if (error)
		sonde_error_destroy(give_all_up(breakpoint));
	return error;
}

static struct sonde_error *claim_all(struct sonde_target *target,
	const struct sonde_trap_place *place, struct sonde_breakpoint *breakpoint)
{
	struct sonde_error *error;

	CHECK(sonde_target_check_stopped(target));
	CHECK(sonde_target_take_control(target));
	breakpoint->target = target;
	error = claim(target, place, breakpoint);
	if (!sonde_error_is(error, SONDE_ERROR_PROTOCOL) || is_one_piece(place) ||
		!target->arch->debug_registers)
		return error ? explain(target, place, error) : NULL;
	sonde_error_destroy(error);
	return claim_pieces(target, place, breakpoint);
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
	error = claim_all(target, &place, breakpoint);
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
	struct sonde_error *error;

	if (!breakpoint)
		return NULL;
	error = give_all_up(breakpoint);
	free(breakpoint);
	return error;
}

uint64_t sonde_breakpoint_address(const struct sonde_breakpoint *breakpoint)
{
	return breakpoint->traps[0]->place.address;
}

static bool caused(const struct sonde_trap_place *place, const struct sonde_stop *stop)
{
	switch (stop->reason) {
	case SONDE_STOP_BREAKPOINT:
		return place->kind <= SONDE_BREAKPOINT_HARDWARE && stop->pc_known &&
		       stop->pc == place->address;
	case SONDE_STOP_WATCHPOINT:
		return place->kind >= SONDE_BREAKPOINT_WATCH_WRITE &&
		       stop->address - place->address < place->length;
	default:
		return false;
	}
}

bool sonde_breakpoint_caused(
	const struct sonde_breakpoint *breakpoint, const struct sonde_stop *stop)
{
	for (unsigned i = 0; i < breakpoint->count; i++)
		if (caused(&breakpoint->traps[i]->place, stop))
			return true;
	return false;
}
