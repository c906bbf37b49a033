/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a target is made of. Each level fills in the facets that it has; one that it has
 * not is NULL, and then it is that of the level below, if there is one. Registers,
 * threads and control are the base target's, and so are all that goes with them: state,
 * epoch, traps, journal.
 */
#ifndef SONDE_CORE_TARGET_H
#define SONDE_CORE_TARGET_H

#include <sonde/breakpoint.h>
#include <sonde/translate.h>
#include "arch.h"
#include "error.h"
#include "context.h"
#include "journal.h"
#include "space.h"
#include "symbol.h"
#include "task_facet.h"
#include "trap.h"
#include "type_facet.h"

struct sonde_thread {
	struct sonde_target *target;
	unsigned number;
	/** Owned by the maker of the thread. */
	const char *name;
	/** It has ended; the structure stays. */
	bool gone;
	/**
	 * A stop at reported_pc was reported and the thread has not moved since; such
	 * threads are chained from the target.
	 */
	bool reported;
	uint64_t reported_pc;
	struct sonde_thread *next_reported;
};

struct sonde_memory_facet {
	/** Mandatory. @p thread is never NULL. Borrowed until the target closes. */
	struct sonde_error *(*virtual_space)(struct sonde_target *target,
		struct sonde_thread *thread, struct sonde_space **ret);
	/** Optional. Borrowed until the target closes. */
	struct sonde_error *(*physical_space)(
		struct sonde_target *target, struct sonde_space **ret);
	/** Optional. As sonde_target_translate(); @p thread is never NULL. */
	struct sonde_error *(*translate)(struct sonde_target *target,
		struct sonde_thread *thread, uint64_t address,
		struct sonde_translation *ret);
	/** Mandatory. A word for users; never freed. */
	const char *(*means)(const struct sonde_target *target);
	/** Optional. In bytes; 0: unknown. */
	uint64_t (*ram_bytes)(const struct sonde_target *target);
};

enum {
	/** Registers that are changed together. */
	SONDE_CHANGES_MAX = 4,
};

struct sonde_register_change {
	const struct sonde_register *reg;
	struct sonde_register_value value;
};

struct sonde_register_facet {
	/** Mandatory. An array that does not change until the target closes. */
	void (*list)(const struct sonde_target *target, const struct sonde_register **ret,
		size_t *count);
	/**
	 * Mandatory. The target is stopped, or observable. *@p why may be set where the
	 * value is not available; it lives as long as the target.
	 */
	struct sonde_error *(*read)(struct sonde_thread *thread,
		const struct sonde_register *reg, struct sonde_register_value *ret,
		const char **why);
	/** Optional. The target is stopped; the value has the register's width. */
	struct sonde_error *(*write)(struct sonde_thread *thread,
		const struct sonde_register *reg,
		const struct sonde_register_value *value);
	/**
	 * Optional. Lists in the journal, in one entry, what gives @p thread's registers
	 * the values of @p changes, at most SONDE_CHANGES_MAX: those that they have.
	 */
	struct sonde_error *(*arm)(struct sonde_thread *thread,
		const struct sonde_register_change *changes, size_t count,
		unsigned *slot);
};

struct sonde_thread_facet {
	/** Mandatory. The array lives until the target runs. */
	struct sonde_error *(*list)(struct sonde_target *target,
		struct sonde_thread *const **ret, size_t *count);
};

/** Who moves when the target resumes. */
struct sonde_resume_plan {
	/** NULL: everybody runs. */
	struct sonde_thread *step;
	/** With @ref step: whether the others run meanwhile. */
	bool others_run;
	/** What was executed is undone; SONDE_ERROR_UNSUPPORTED without a record. */
	bool backwards;
};

struct sonde_control_facet {
	/**
	 * Optional. Makes sure that what is only watched can be controlled; it is stopped
	 * afterwards. Nothing to do where that was done before.
	 */
	struct sonde_error *(*take)(struct sonde_target *target);
	/** Mandatory. Exactly what @p plan says; no thought for breakpoints. */
	struct sonde_error *(*resume)(
		struct sonde_target *target, const struct sonde_resume_plan *plan);
	/** Mandatory. Asks for a stop, does not wait for it. */
	struct sonde_error *(*interrupt)(struct sonde_target *target);
	/**
	 * Mandatory. The next stop as the driver sees it: reason, thread, signal,
	 * watch address; SONDE_STOP_BREAKPOINT only where the stub says so.
	 * SONDE_ERROR_TIMEOUT and _INTERRUPTED leave the target running.
	 */
	struct sonde_error *(*wait)(
		struct sonde_target *target, int timeout_ms, struct sonde_stop *ret);
	/**
	 * Optional. Sets or removes a trap by the target's own means.
	 * SONDE_ERROR_UNSUPPORTED where it cannot: a software breakpoint is
	 * then written by the core.
	 */
	struct sonde_error *(*set_trap)(struct sonde_target *target,
		const struct sonde_trap_place *place, bool insert);
	/** Optional. What to poll for a stop of a running target. */
	int (*descriptor)(struct sonde_target *target);
	/** Optional. A step from a place with a trap executes the instruction there. */
	bool (*step_ignores_traps)(const struct sonde_target *target);
	/**
	 * Optional. It stops for a trap only because of what we have set or asked for:
	 * QEMU's machines, which keep a guest's own traps from their stub.
	 */
	bool (*traps_are_ours)(const struct sonde_target *target);
	/**
	 * Optional. Whether software breakpoints that set_trap has set are instructions
	 * in memory, which whoever reads it meets: KVM's.
	 */
	bool (*traps_show)(const struct sonde_target *target);
};

struct sonde_target_ops {
	/**
	 * Mandatory for base targets, and called of no others. Leaves the state
	 * @p leave; the traps are out. Called once.
	 */
	struct sonde_error *(*detach)(
		struct sonde_target *target, enum sonde_state leave);
	/** Mandatory. Frees everything but the level below, the structure itself
	 * included. */
	void (*destroy)(struct sonde_target *target);
	/** Optional. As sonde_target_rest(). */
	void (*rest)(struct sonde_target *target);
};

enum {
	SONDE_REGISTER_HINTS = 64,
};

struct sonde_target {
	struct sonde *sonde;
	const struct sonde_target_ops *ops;
	/** Owned. */
	char *name;
	/** Never freed. */
	const char *kind;
	const struct sonde_arch *arch;

	const struct sonde_memory_facet *memory;
	const struct sonde_register_facet *registers;
	const struct sonde_thread_facet *threads;
	const struct sonde_control_facet *control;
	/** Of levels above the machine. */
	const struct sonde_type_facet *types;
	const struct sonde_symbol_facet *symbols;
	const struct sonde_line_facet *lines;
	const struct sonde_task_facet *tasks;

	/** The level that this one stands on; NULL: none, it is a base target. Owned. */
	struct sonde_target *below;

	/* All that follows is used of base targets alone. */
	enum sonde_state state;
	enum sonde_state found;
	enum sonde_state leave;
	bool detached;
	/** It can be read while it runs. */
	bool observable;
	/** It is not under our control, so a detach has nothing to let go. */
	bool watched;
	/** Grows at each resume: what was read before is not believed after. */
	uint64_t epoch;
	/** Grows with it, and when memory was written, which may be a page table. */
	uint64_t memory_epoch;
	/** The program counter, once it was looked for; forget it when the list changes.
	 */
	const struct sonde_register *pc;
	/** Where registers were found by their names lately, to be looked at first. */
	unsigned register_hints[SONDE_REGISTER_HINTS];
	/** What would undo what is done to it; NULL: nobody would. Borrowed. */
	struct sonde_journal *journal;
	/** Since when it stands because of us (sonde_clock_ns()); 0: it does not. And for
	 * how long it did, in all stops before (nanoseconds). */
	uint64_t stands_since, stood;
	/** Traps could not be taken out. */
	bool unclean;
	/** Who stopped last. */
	struct sonde_thread *current;
	struct sonde_thread *reported;
	/** It was resumed backwards last. */
	bool backwards;
	/** Since it was resumed. */
	bool interrupt_asked;
	/** A stop may be told when the target runs again already: its driver says so. */
	bool stops_late;
	/** It was resumed last for more than a step. */
	bool ran_freely;
	/** The last step could not be made without: its driver says so. */
	bool interrupts_let_in;
	struct sonde_traps traps;
	/** The last stop was for a trap of ours in the upper half, a kernel's. */
	bool at_own_trap;
	/** What a CPU translated with that came to such a trap, and when it was asked. */
	struct sonde_page_regime code_regime;
	uint64_t code_regime_asked;
	/** Stops in a row that nothing explains, and that were passed over. */
	unsigned unexplained;
	/** A stop that came while the core was busy with something else. */
	bool has_pending;
	struct sonde_stop pending;
};

/** What was read of it is not believed any more. */
static inline void sonde_target_next_epoch(struct sonde_target *target)
{
	target->epoch++;
	target->memory_epoch++;
}

/**
 * Whether what a CPU told at @p asked (sonde_clock_ns()) of the kernel that it runs is
 * true still: it stands at a trap of ours, at an address of that kernel's, and since then
 * there was no time to start another one. Else the CPU has to be asked again: a packet.
 */
bool sonde_target_runs_the_same(const struct sonde_target *target, uint64_t asked);

/**
 * The target at the bottom: whose registers, threads and control those of all levels are.
 */
static inline struct sonde_target *sonde_target_base(const struct sonde_target *target)
{
	while (target->below)
		target = target->below;
	return (struct sonde_target *)target;
}

/** @p target, or the first level below it with memory of its own. */
static inline struct sonde_target *sonde_target_with_memory(
	const struct sonde_target *target)
{
	while (!target->memory && target->below)
		target = target->below;
	return (struct sonde_target *)target;
}

/** Fills in what all targets have; the maker then sets the facets. */
SONDE_NODISCARD struct sonde_error *sonde_target_init(
	struct sonde_target *target, struct sonde *sonde, const char *name);

/** Called by the maker's destroy. */
void sonde_target_deinit(struct sonde_target *target);

/** The register called @p name, aliases "pc" and "sp" included; NULL: none. */
const struct sonde_register *sonde_target_find_register(
	const struct sonde_target *target, const char *name);

/**
 * Writes registers that have no meaning one without the other: on failure none of them is
 * changed, and if the process is killed in the middle of it, the guard puts back what was
 * written.
 */
SONDE_NODISCARD struct sonde_error *sonde_thread_write_together(
	struct sonde_thread *thread, const struct sonde_register_change *changes,
	size_t count);

/**
 * What @p thread would execute at @p address. Errors are those of sonde_disassemble() and
 * of reading, but for faults: what cannot be read has length 0, and executing it is one.
 */
SONDE_NODISCARD struct sonde_error *sonde_thread_read_flow(
	struct sonde_thread *thread, uint64_t address, struct sonde_flow *ret);

/** Calls @p visit for each instruction of @p code, which lies at @p address, as the CPU
 * that stopped last would execute it; see sonde_arch_walk(). */
SONDE_NODISCARD struct sonde_error *sonde_target_walk_code(struct sonde_target *target,
	uint64_t address, const uint8_t *code, size_t length, sonde_flow_visitor *visit,
	void *user);

/** Fails unless the target is stopped. */
SONDE_NODISCARD struct sonde_error *sonde_target_check_stopped(
	const struct sonde_target *target);

/** Makes sure that the target can be controlled: what was only watched is stopped. */
SONDE_NODISCARD struct sonde_error *sonde_target_take_control(
	struct sonde_target *target);

/** Fails unless the target is stopped, or can be read while it runs. */
SONDE_NODISCARD struct sonde_error *sonde_target_check_readable(
	const struct sonde_target *target);

/**
 * What @p thread translates addresses with, by its registers.
 * SONDE_ERROR_UNSUPPORTED where they do not tell.
 */
SONDE_NODISCARD struct sonde_error *sonde_thread_read_regime(
	struct sonde_thread *thread, struct sonde_page_regime *ret);

#endif
