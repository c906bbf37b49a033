/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probes: what shall happen when a target comes to a place. A probe has places, a
 * condition, a count and a handler; many probes share one breakpoint, and one loop runs
 * the target and calls the handlers:
 *
 *	sonde_probes_create(target, &probes);
 *	sonde_probe_create(probes, &(struct sonde_probe_options){
 *		.size = sizeof(struct sonde_probe_options), .kind = SONDE_PROBE_ENTRY,
 *		.place = "do_sys_openat2", .handler = opened}, &probe);
 *	sonde_probes_run(probes, -1, &end);
 *	sonde_probes_destroy(probes);
 *
 * A handler is called with the target stopped. It may read and write registers and
 * memory, create and destroy probes (its own included), and say by sonde_probe_hit_*()
 * how to go on; without a word the target runs on.
 */
#ifndef SONDE_PROBE_H
#define SONDE_PROBE_H

#include <sonde/breakpoint.h>
#include <sonde/expression.h>
#include <sonde/filter.h>
#include <sonde/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The probes of one target, and the loop that runs it. */
struct sonde_probes;
struct sonde_probe;
/** A moment at which a probe's place was met; it is over when the handler returns. */
struct sonde_probe_hit;

enum sonde_probe_kind {
	/** An instruction. */
	SONDE_PROBE_INSTRUCTION,
	/** The first instruction of a function, whose arguments are there. */
	SONDE_PROBE_ENTRY,
	/**
	 * Where a function has returned to. Calls are told apart by the task and its
	 * stack pointer, however they nest, and whichever CPU they return on. At the
	 * machine level nobody knows tasks: there stacks have to be at addresses of their
	 * own, as a kernel's are.
	 */
	SONDE_PROBE_RETURN,
	/** Memory that is written, read, or either. */
	SONDE_PROBE_WATCH_WRITE,
	SONDE_PROBE_WATCH_READ,
	SONDE_PROBE_WATCH_ACCESS,
	/** Instructions of some kinds within a function: <sonde/place.h>. */
	SONDE_PROBE_INSIDE,
	/** Every instruction that calls a function by its address: <sonde/place.h>. */
	SONDE_PROBE_CALL_SITES,
};

/** An error ends the loop, which hands it on. */
typedef struct sonde_error *sonde_probe_handler(struct sonde_probe_hit *hit, void *user);

struct sonde_probe_options {
	/** sizeof(struct sonde_probe_options). */
	size_t size;
	enum sonde_probe_kind kind;
	/**
	 * "symbol", "symbol+0x10", "file.c:12" (each address where that line begins), or
	 * a C expression: of watched memory one that lies somewhere, or an address; else
	 * an address. NULL: @ref address is meant.
	 */
	const char *place;
	uint64_t address;
	/** Of watched memory, in bytes; 0: as many as what @ref place is has, or as an
	 * address has. */
	uint64_t length;
	/** By a debug register of the CPU; watched memory always is. */
	bool hardware;
	/**
	 * A symbol that is not there yet is waited for: that of a module of the kernel's
	 * that is to be loaded. SONDE_ERROR_UNSUPPORTED: nobody knows when it comes.
	 */
	bool pending;
	/** Of several symbols with the same name all are meant; else it is an error. */
	bool all;
	/** Of SONDE_PROBE_INSIDE: SONDE_INSIDE_CALLS and others, together. */
	unsigned instructions;
	/**
	 * A C expression; NULL: always. It may use arguments by their names at the entry
	 * and at the return of a function, there also its 'result'. Where it meets memory
	 * that cannot be read it is taken as false: see sonde_probe_fault().
	 */
	const char *condition;
	/** After so many hits the probe is out of the target; 0: it stays. */
	uint64_t count;
	/** NULL: hits are only counted. */
	sonde_probe_handler *handler;
	void *user;
	/** Hit whenever this one is, instead of at a place: what is said of one above is
	 * not looked at. See <sonde/filter.h>. NULL: none. */
	struct sonde_probe *source;
	/** Whose hits; NULL: whoever it is. */
	const struct sonde_filter *filter;
};

/* --- all probes of a target --------------------------------------------------------- */

/** Nothing is stopped by it. @p target must outlive @p ret. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_create(
	struct sonde_target *target, struct sonde_probes **ret);

/**
 * Takes all probes out and frees them; a target that runs is stopped for that and left
 * stopped. All is freed whatever is returned. Not from a handler. NULL is allowed.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_destroy(
	struct sonde_probes *probes);

enum sonde_probes_state {
	/** The target runs: wait for input at the descriptor. */
	SONDE_PROBES_RUNNING,
	/** A handler said sonde_probe_hit_stay(); the target is stopped. */
	SONDE_PROBES_STAYED,
	/** The last probe is gone; the target is stopped. */
	SONDE_PROBES_NONE_LEFT,
	/** It stopped, or ended, for a reason that is no probe's. */
	SONDE_PROBES_OTHER_STOP,
	/** Of those in <sonde/walk.h>: the task comes to its end instead. */
	SONDE_PROBES_TASK_ENDED,
};

struct sonde_probes_end {
	enum sonde_probes_state state;
	/** The last one that was seen, but for SONDE_PROBES_RUNNING. */
	struct sonde_stop stop;
};

/**
 * Runs the target and calls handlers until something ends that. @p timeout_ms below 0:
 * for ever. SONDE_ERROR_TIMEOUT and SONDE_ERROR_INTERRUPTED leave the target running; an
 * error of a handler leaves it stopped.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_run(
	struct sonde_probes *probes, int timeout_ms, struct sonde_probes_end *ret);

/**
 * The same in steps, for programs with a loop of their own: lets the target run, or
 * takes the stop that is there, calls its handlers and lets it run on; then returns. To
 * be called once to begin, and then whenever sonde_probes_descriptor() is readable.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_dispatch(
	struct sonde_probes *probes, struct sonde_probes_end *ret);

/** Readable when sonde_probes_dispatch() has something to do, and now and then when it
 * has not: it says SONDE_PROBES_RUNNING then. -1: nothing tells. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_descriptor(
	struct sonde_probes *probes, int *ret);

/**
 * Stops the target. A hit that came first is not lost: the next sonde_probes_run() or
 * sonde_probes_dispatch() begins with it, and @p ret_hit is true.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_pause(
	struct sonde_probes *probes, bool *ret_hit);

/**
 * Whether the loop runs a target backwards that can (sonde_target_reverse_resume()). Not
 * with probes of returns.
 */
SONDE_PUBLIC void sonde_probes_go_back(struct sonde_probes *probes, bool back);

/**
 * Calls whose return was given up, since more were under way than are kept (4096): their
 * probes of returns have missed them.
 */
SONDE_PUBLIC uint64_t sonde_probes_lost(const struct sonde_probes *probes);

/* --- one probe -------------------------------------------------------------------------
 */

/**
 * Puts a probe into the target. One that runs is stopped meanwhile. The probe belongs to
 * @p probes; sonde_probe_destroy() may be called before that is destroyed.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_create(
	struct sonde_probes *probes, const struct sonde_probe_options *options,
	struct sonde_probe **ret);

/** Takes it out, as sonde_probe_create() puts it in. It is gone whatever is returned. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_destroy(
	struct sonde_probe *probe);

/** One more place of the probe's kind; arguments as in the options. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_add_place(
	struct sonde_probe *probe, const char *place, uint64_t address);

/** How many addresses it has: of a SONDE_PROBE_INSIDE one for each instruction. */
SONDE_PUBLIC size_t sonde_probe_place_count(const struct sonde_probe *probe);

/** Hits whose condition was true. */
SONDE_PUBLIC uint64_t sonde_probe_hits(const struct sonde_probe *probe);

/** The first fault that the condition has met; NULL: none. Lives as long as @p probe. */
SONDE_PUBLIC const struct sonde_error *sonde_probe_fault(const struct sonde_probe *probe);

/* --- a hit -----------------------------------------------------------------------------
 */

/** NULL in a handler of steps. */
SONDE_PUBLIC struct sonde_probe *sonde_probe_hit_probe(const struct sonde_probe_hit *hit);

/** Who is there. */
SONDE_PUBLIC struct sonde_thread *sonde_probe_hit_thread(
	const struct sonde_probe_hit *hit);

/** The stop that it came with. */
SONDE_PUBLIC const struct sonde_stop *sonde_probe_hit_stop(
	const struct sonde_probe_hit *hit);

/** The place that was met; at a return the function's; of memory what was touched. */
SONDE_PUBLIC uint64_t sonde_probe_hit_address(const struct sonde_probe_hit *hit);

struct sonde_probe_task {
	/** Tells tasks apart that are there at the same time. */
	uint64_t id;
	/** As the initial namespace has it. */
	uint64_t pid;
	/** The guest's bytes. */
	char comm[64];
};

/** The task that is there. SONDE_ERROR_UNSUPPORTED: the machine level knows none. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_task(
	struct sonde_probe_hit *hit, struct sonde_probe_task *ret);

/* --- how to go on ----------------------------------------------------------------------
 */

/** The loop ends with this hit; the target stays stopped. */
SONDE_PUBLIC void sonde_probe_hit_stay(struct sonde_probe_hit *hit);

/**
 * At the entry of a function: it is not executed, its caller gets @p result at once. At
 * its return: @p result takes the place of what it returned. Done when all handlers of
 * this place have been called. Elsewhere SONDE_ERROR_INVALID.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_return(
	struct sonde_probe_hit *hit, uint64_t result);

/**
 * Executes @p count instructions of this thread, the others frozen, and calls @p handler
 * after each. Other probes that are met on the way have their hits first. When something
 * else stops the thread, the handler is called with that stop and stepping ends. Takes
 * the place of steps that an earlier handler asked for and that are not done yet.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_step(
	struct sonde_probe_hit *hit, uint64_t count, sonde_probe_handler *handler,
	void *user);

#ifdef __cplusplus
}
#endif

#endif
