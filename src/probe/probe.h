/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of probes know of each other. A place is an address with a breakpoint; a
 * link ties a probe to a place, many to many:
 *
 *	probe.c     probes come and go
 *	resolve.c   from a user's words to addresses
 *	inside.c    to instructions of a kind within a function
 *	call_site.c to where a function is called from
 *	pending.c   places that are not there yet
 *	place.c     breakpoints, and who wants them
 *	loop.c      the target runs, stops are taken to the hits that they are
 *	hit.c       what a handler may ask and say
 *	feed.c      probes of probes; filter.c whose hits
 *	returns.c   calls that are under way; return_place.c where they return to
 *	walk.c      instructions and functions, as one task executes them
 *	argument.c  a function's arguments and its result; condition.c names for
 *expressions
 */
#ifndef SONDE_PROBE_PROBE_H
#define SONDE_PROBE_PROBE_H

#include <sonde/argument.h>
#include <sonde/change.h>
#include <sonde/place.h>
#include <sonde/symbol.h>
#include <sonde/type.h>

#include "returns.h"
#include "target.h"

enum {
	SONDE_PROBE_BUCKETS = 256,
	/** Addresses of one probe. */
	SONDE_PROBE_PLACES_MAX = 16384,
	/** Of a function that is looked through for instructions (bytes). */
	SONDE_PROBE_FUNCTION_MAX = 1 << 20,
	/** Of watched memory that is compared (bytes). */
	SONDE_PROBE_WATCHED_MAX = 64 * 1024,
};

struct sonde_probe_place {
	struct sonde_probe_place *next;
	struct sonde_probe_place *next_return;
	enum sonde_breakpoint_kind kind;
	uint64_t address, length;
	struct sonde_breakpoint *breakpoint;
	/** Who wants to know; in the order in which they came. */
	struct sonde_probe_link *links;
	/** Functions return here; so many calls will. */
	bool is_return;
	unsigned pending;
};

/** A place that is not there yet. */
struct sonde_awaited {
	struct sonde_awaited *next;
	char text[];
};

/** What an instruction is to a function whose name is known. */
enum sonde_probe_role {
	SONDE_PROBE_AT_NONE,
	/** Its first one. */
	SONDE_PROBE_AT_ENTRY,
	/** One of its own, by which it returns. */
	SONDE_PROBE_AT_RETURN,
	/** One of another's, that calls it. */
	SONDE_PROBE_AT_CALL,
};

struct sonde_probe_link {
	struct sonde_probe *probe;
	struct sonde_probe_place *place;
	/** Of the same place, and of the same probe. */
	struct sonde_probe_link *next, *sibling;
	/** The function's name; "" with SONDE_PROBE_AT_NONE. */
	enum sonde_probe_role role;
	char *function;
	/** A function's; looked for when it is needed first. */
	bool type_looked, has_type;
	struct sonde_type type;
};

struct sonde_probe {
	struct sonde_probes *probes;
	struct sonde_probe *next;
	/** What it is hit with, instead of at a place; and what is hit with it, in the
	 * order in which they came. */
	struct sonde_probe *source, *fed, *next_fed;
	enum sonde_probe_kind kind;
	/** As in its options. */
	unsigned instructions;
	bool all;
	bool hardware;
	struct sonde_expression *condition;
	struct sonde_filter filter;
	char *filter_comm;
	uint64_t count, hits;
	sonde_probe_handler *handler;
	void *user;
	struct sonde_probe_link *links;
	size_t link_count;
	struct sonde_error *fault;
	/** It may wait for its place, and what for. */
	bool pending;
	struct sonde_awaited *awaited;
	/** Younger than hits that began before. */
	uint64_t born;
	/** Its handler, or that of another one at the same place, is being called. */
	unsigned busy;
	/** It is out of the target. */
	bool removed;
	/** Its user is done with it: it is freed when it is not busy. */
	bool destroyed;
	/** Of watched memory: what was there. */
	uint64_t watched_address, watched_length;
	uint8_t *before, *now;
	bool before_known, now_known;
	/** What its place has said. */
	bool watched_typed;
	struct sonde_type watched_type;
	/** Spaces with these in their places; NULL: nobody has asked. */
	struct sonde_probe_copy *copies[2];
};

/** Steps that are to be done. */
struct sonde_probe_steps {
	struct sonde_thread *thread;
	uint64_t left;
	sonde_probe_handler *handler;
	void *user;
};

struct sonde_probes {
	struct sonde_target *target;
	/** Those that are in the target, and those that are out already. */
	struct sonde_probe *first, *spent;
	struct sonde_probe_place *places[SONDE_PROBE_BUCKETS];
	/** Those that functions return to. */
	struct sonde_probe_place *return_places;
	size_t return_place_count;
	struct sonde_returns returns;
	uint64_t last_sweep;
	/** What the level knows of tasks, once it was asked. */
	bool has_tasks, no_tasks;
	/** What sees that symbols have come; NULL: nobody waits. */
	struct sonde_probe *news;
	/** Counts stops. */
	uint64_t generation;
	bool back;
	/** A stop that came with a pause. */
	bool has_kept;
	struct sonde_stop kept;
	struct sonde_probe_steps steps;
	/** In a handler. */
	bool dispatching;
};

struct sonde_probe_hit {
	struct sonde_probes *probes;
	const struct sonde_stop *stop;
	struct sonde_thread *thread;
	struct sonde_probe *probe;
	/** Of the probe that has the place, which feeds @ref probe or is it; NULL: of
	 * steps. */
	struct sonde_probe_link *link;
	/** At a return. */
	const struct sonde_return *call;
	uint64_t address;
	bool stays;
	/** A handler wants it, with this result; from where there is no more to do. */
	bool returns, has_returned;
	uint64_t result;
};

/* --- places ------------------------------------------------------------------------- */

/** The place of @p kind at @p address, which is made, and set, where there is none. */
SONDE_NODISCARD struct sonde_error *sonde_probe_place_get(struct sonde_probes *probes,
	enum sonde_breakpoint_kind kind, uint64_t address, uint64_t length,
	struct sonde_probe_place **ret);

/** Takes the breakpoint out and frees @p place, if nobody wants it. */
SONDE_NODISCARD struct sonde_error *sonde_probe_place_put(
	struct sonde_probes *probes, struct sonde_probe_place *place);

/** From the first (@p place NULL) to the next one that @p stop came to; NULL: no more. */
struct sonde_probe_place *sonde_probe_place_next(struct sonde_probes *probes,
	struct sonde_probe_place *place, const struct sonde_stop *stop);

/** Where probes are asked to be. */
struct sonde_probe_question {
	struct sonde_target *target;
	enum sonde_probe_kind kind;
	unsigned instructions;
	bool all;
	/** NULL: @ref address. */
	const char *text;
	uint64_t address;
};

struct sonde_probe_found {
	uint64_t address;
	enum sonde_probe_role role;
	/** Owned; NULL: "". */
	char *function;
};

/** Addresses, in the order in which they were found; at most SONDE_PROBE_PLACES_MAX. */
struct sonde_probe_findings {
	struct sonde_probe_found *list;
	size_t count, capacity;
};

SONDE_NODISCARD struct sonde_error *sonde_probe_found_add(
	struct sonde_probe_findings *findings, uint64_t address,
	enum sonde_probe_role role, const char *function);
void sonde_probe_findings_deinit(struct sonde_probe_findings *findings);

/** Adds each address that is meant. Nothing of @p question is kept. */
SONDE_NODISCARD struct sonde_error *sonde_probe_resolve(
	const struct sonde_probe_question *question, struct sonde_probe_findings *ret);

/** That an instruction begins at @p symbol and @p offset, as far as that can be told. */
SONDE_NODISCARD struct sonde_error *sonde_probe_check_beginning(
	struct sonde_target *target, const struct sonde_symbol *symbol, uint64_t offset);

/** Adds the instructions of the kinds asked for within the function at @p address. */
SONDE_NODISCARD struct sonde_error *sonde_probe_find_inside(
	const struct sonde_probe_question *question, uint64_t address,
	struct sonde_probe_findings *ret);

/** Adds those that call the function at @p address. */
SONDE_NODISCARD struct sonde_error *sonde_probe_find_call_sites(
	struct sonde_target *target, uint64_t address, struct sonde_probe_findings *ret);

/** The name of the function that begins at @p address; "": nobody knows one. */
SONDE_NODISCARD struct sonde_error *sonde_probe_name_function(struct sonde_target *target,
	uint64_t address, char name[SONDE_SYMBOL_NAME_BYTES]);

/** Whether @p text is FILE:LINE. */
bool sonde_probe_is_line(const char *text);

/** Where watched memory is, and how much of it if @p length is 0. */
SONDE_NODISCARD struct sonde_error *sonde_probe_resolve_watched(
	struct sonde_probe *probe, const char *text, uint64_t *address, uint64_t *length);

/* --- places that are not there yet ----------------------------------------------------
 */

/** Whether @p error says so, and @p probe is to wait. */
bool sonde_probe_may_wait(const struct sonde_probe *probe, const char *text,
	const struct sonde_error *error);

/** Waits for @p text. */
SONDE_NODISCARD struct sonde_error *sonde_probe_await(
	struct sonde_probe *probe, const char *text);

/** Takes out what sees that symbols have come, if nobody waits. */
SONDE_NODISCARD struct sonde_error *sonde_probe_stop_waiting(struct sonde_probes *probes);

/** It waits for nothing any more. */
void sonde_probe_forget_awaited(struct sonde_probe *probe);

/* --- returns ------------------------------------------------------------------------ */

/** A function with a probe of its returns is called. */
SONDE_NODISCARD struct sonde_error *sonde_probe_note_call(
	struct sonde_probe_link *link, struct sonde_thread *thread);

/** The call that returns at @p place by @p thread, taken out of the table. */
SONDE_NODISCARD struct sonde_error *sonde_probe_take_return(struct sonde_probes *probes,
	const struct sonde_probe_place *place, struct sonde_thread *thread, bool *found,
	struct sonde_return *ret);

/** @p place was met by nobody who returns: it goes, unless calls are under way. */
SONDE_NODISCARD struct sonde_error *sonde_probe_drop_unmet_place(
	struct sonde_probes *probes, struct sonde_probe_place *place);

/** All places to which no call is to return. */
SONDE_NODISCARD struct sonde_error *sonde_probe_drop_idle_places(
	struct sonde_probes *probes);

/** Where a function returns to, at whose first instruction @p thread is. */
SONDE_NODISCARD struct sonde_error *sonde_probe_read_return_address(
	struct sonde_probes *probes, const struct sonde_arch_calls *calls,
	struct sonde_thread *thread, uint64_t sp, uint64_t *ret);

/** Does what sonde_probe_hit_return() has asked for. */
SONDE_NODISCARD struct sonde_error *sonde_probe_make_return(
	const struct sonde_probe_hit *hit);

/** What @p thread runs; 0 where nobody knows tasks. */
SONDE_NODISCARD struct sonde_error *sonde_probe_read_task(
	struct sonde_probes *probes, struct sonde_thread *thread, uint64_t *ret);

/* --- hits --------------------------------------------------------------------------- */

/** Whether the probe's condition is true. */
SONDE_NODISCARD struct sonde_error *sonde_probe_condition_is_met(
	struct sonde_probe_hit *hit, bool *ret);

/** Whether @p thread is who the probe's filter asks for. */
SONDE_NODISCARD struct sonde_error *sonde_probe_filter_is_met(
	const struct sonde_probe *probe, struct sonde_thread *thread, bool *ret);

/** Whether what @p thread calls may be met by that filter when it returns. */
SONDE_NODISCARD struct sonde_error *sonde_probe_may_return_to(
	const struct sonde_probe *probe, struct sonde_thread *thread, bool *ret);

/** An argument by its name, or 'result'; @p found false: it is neither. */
SONDE_NODISCARD struct sonde_error *sonde_probe_find_named(struct sonde_probe_hit *hit,
	const char *name, bool *found, struct sonde_value *ret);

/** What a register of 64 bits or less holds. */
SONDE_NODISCARD struct sonde_error *sonde_probe_read_register(
	struct sonde_thread *thread, const char *name, uint64_t *ret);

/** How functions are called; SONDE_ERROR_UNSUPPORTED where that is not known. */
SONDE_NODISCARD struct sonde_error *sonde_probe_calls(
	const struct sonde_probes *probes, const struct sonde_arch_calls **ret);

/* --- probes ------------------------------------------------------------------------- */

/** Takes @p probe out, whose user has it still. */
SONDE_NODISCARD struct sonde_error *sonde_probe_remove(struct sonde_probe *probe);

/** Puts it in at one more place, as sonde_probe_add_place(), at a stop. */
SONDE_NODISCARD struct sonde_error *sonde_probe_put_at(
	struct sonde_probe *probe, const char *place, uint64_t address);

/** Whether they can be meant at all. */
SONDE_NODISCARD struct sonde_error *sonde_probe_check_options(
	const struct sonde_probe_options *options);

/** What sonde_probe_hit_change_values() has made. */
void sonde_probe_free_copies(struct sonde_probe *probe);

/** Copies it. */
SONDE_NODISCARD struct sonde_error *sonde_probe_set_filter(
	struct sonde_probe *probe, const struct sonde_filter *filter);

/** From now on @p source, which has to be in, feeds @p probe. */
SONDE_NODISCARD struct sonde_error *sonde_probe_feed(
	struct sonde_probe *probe, struct sonde_probe *source);
void sonde_probe_stop_feeding(struct sonde_probe *probe);

/**
 * What is hit behind @p probe, @p source itself at first, when @p source is: each before
 * what it feeds. NULL: that was the last one.
 */
struct sonde_probe *sonde_probe_next_fed(
	const struct sonde_probe *source, const struct sonde_probe *probe);

/** One that @p source feeds, over others, and that feeds none; @p source: there is none.
 */
struct sonde_probe *sonde_probe_last_fed(struct sonde_probe *source);

/** Something is done with it. */
void sonde_probe_release(struct sonde_probe *probe);

/** Reads what is watched; what was there before becomes @ref before. */
SONDE_NODISCARD struct sonde_error *sonde_probe_look_at_watched(
	struct sonde_probe *probe, struct sonde_thread *thread);

static inline bool sonde_probe_is_watch(const struct sonde_probe *probe)
{
	return probe->kind >= SONDE_PROBE_WATCH_WRITE &&
	       probe->kind <= SONDE_PROBE_WATCH_ACCESS;
}

#endif
