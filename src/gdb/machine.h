/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine behind a stub: a base target whose facets speak the protocol, or ask
 * a helper. Its parts stand beside this file: machine.c attaches and detaches,
 * machine_memory.c, machine_threads.c, machine_registers.c, machine_control.c are its
 * facets, machine_kgdb.c is what KGDB does its own way, chain.c asks the helpers,
 * builtin.c is the last of them.
 */
#ifndef SONDE_GDB_MACHINE_H
#define SONDE_GDB_MACHINE_H

#include "layout.h"
#include "page_plan.h"
#include "stub.h"
#include "target.h"

/** Memory as one thread sees it, or physical memory. */
struct sonde_gdb_space {
	struct sonde_space space;
	struct sonde_gdb_machine *machine;
	/** NULL: physical. */
	struct sonde_thread *thread;
	/** What the thread translates addresses with, and 1 + the target's epoch in which
	 * its registers told that. */
	struct sonde_page_tables tables;
	uint64_t tables_epoch;
};

struct sonde_gdb_thread {
	struct sonde_thread thread;
	struct sonde_gdb_thread_id id;
	char name[SONDE_GDB_THREAD_ID_TEXT];
	struct sonde_gdb_space space;
	struct sonde_gdb_register_cache cache;
	/** Known from a helper alone: @ref id is none. */
	bool unmatched;
};

struct sonde_helper_host {
	struct sonde_gdb_machine *machine;
	const struct sonde_added_helper *added;
};

/** One link of the chain. */
struct sonde_gdb_link {
	struct sonde_helper_host host;
	struct sonde_helper *helper;
	/** What it has and the stub has not, as it described them. */
	const struct sonde_register *registers;
	size_t register_count;
	bool attached;
};

struct sonde_gdb_machine {
	struct sonde_target target;
	struct sonde_gdb_stub stub;
	bool stub_open;
	/** The user did: without it there is nothing. */
	bool stub_named;
	struct sonde_gdb_layout layout;
	/** Those from before a stub was connected: their registers stay valid. */
	struct sonde_gdb_layout old_layouts[2];
	size_t old_layout_count;
	struct sonde_gdb_space physical;
	/** Pointers, so that the threads stay where they are. */
	struct sonde_thread **threads;
	size_t thread_count;
	size_t thread_capacity;
	/** So many are known from a helper, and the stub has not named them yet. */
	size_t unmatched;
	/** The epoch in which the list of threads was fetched. */
	uint64_t threads_epoch;
	/** What was resumed last, for an answer that has to be passed over. */
	struct sonde_resume_plan plan;
	/** KGDB: the CPU that stopped; NULL before the first stop. */
	struct sonde_thread *stopped;
	/** KGDB: when it ran last, software traps were in it. */
	bool hits_kept;
	bool interrupt_sent;
	/** An interrupt that came too late is still under way to us. */
	bool interrupt_stray;
	/** A helper of this target alone; descriptor NULL: none. Owned. */
	struct sonde_added_helper own_helper;
	struct sonde_gdb_link chain[SONDE_HELPERS_MAX + 2];
	size_t chain_length;
	const char *memory_means;
	/** A helper reaches physical memory without the stub. */
	bool local_memory;
	/** 0: unknown. */
	uint64_t ram_bytes;
};

static inline struct sonde_gdb_machine *sonde_gdb_machine_of(
	const struct sonde_target *target)
{
	return CONTAINER_OF(target, struct sonde_gdb_machine, target);
}

static inline struct sonde_gdb_thread *sonde_gdb_thread_of(struct sonde_thread *thread)
{
	return CONTAINER_OF(thread, struct sonde_gdb_thread, thread);
}

/** The driver that opens "gdb:" specifications. */
extern const struct sonde_driver sonde_gdb_driver;

/** The helper at the end of every chain. */
extern const struct sonde_helper_descriptor sonde_gdb_builtin_helper;

/**
 * Opens the machine called @p name that @p descriptor's helper knows, with @p options for
 * it ("A=1,B", NULL: none). It is not connected to as long as nothing is controlled.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_open_helped(struct sonde *sonde,
	const char *name, const struct sonde_helper_descriptor *descriptor,
	const char *options, struct sonde_target **ret);

/** Connects to the stub, which stops the machine; nothing to do where it is connected. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_machine_connect(
	struct sonde_gdb_machine *machine);

/* --- facets --------------------------------------------------------------------- */

extern const struct sonde_thread_facet sonde_gdb_thread_facet;
extern const struct sonde_register_facet sonde_gdb_register_facet;
extern const struct sonde_control_facet sonde_gdb_control_facet;
extern const struct sonde_memory_facet sonde_gdb_memory_facet;

void sonde_gdb_machine_init_space(struct sonde_gdb_machine *machine,
	struct sonde_gdb_space *space, struct sonde_thread *thread);

/** The thread with this id, which is added if it is new. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_machine_take_thread(
	struct sonde_gdb_machine *machine, const struct sonde_gdb_thread_id *id,
	struct sonde_thread **ret);
/** CPUs 0 to @p count - 1, of which nothing else is known yet. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_machine_count_threads(
	struct sonde_gdb_machine *machine, unsigned count);
void sonde_gdb_machine_free_threads(struct sonde_gdb_machine *machine);

/** Makes the thread's cache belong to this epoch. */
struct sonde_gdb_register_cache *sonde_gdb_machine_cache(struct sonde_thread *thread);

/** Learns architecture and registers; the stub is connected, nothing else is known. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_machine_learn_registers(
	struct sonde_gdb_machine *machine);

/** Turns a stop reply into a stop, and keeps the registers that came along. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_machine_take_stop(
	struct sonde_gdb_machine *machine, const struct sonde_gdb_stop_reply *reply,
	struct sonde_stop *ret);

/* --- KGDB ----------------------------------------------------------------------- */

/** The CPU that stopped; its registers are known then. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_kgdb_find_stopped(
	struct sonde_gdb_machine *machine, const struct sonde_gdb_stop_reply *stop,
	struct sonde_thread **ret);

/** Completes @p stop, which is of a CPU that ran: why it stopped, and its PC. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_kgdb_explain(
	struct sonde_gdb_machine *machine, struct sonde_stop *stop);

/** SONDE_ERROR_UNSUPPORTED where KGDB cannot step or change @p thread. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_kgdb_check_stopped(
	const struct sonde_gdb_machine *machine, const struct sonde_thread *thread);

/** Whether a CPU may run into a trap while another one's stop is told: it keeps that. */
bool sonde_gdb_kgdb_keeps_hits(const struct sonde_gdb_machine *machine);

/**
 * To be called before a detach. While one CPU's stop is told, others may stand in the
 * same breakpoint, or have been called by a BREAK that came late. KGDB passes over a
 * breakpoint that is removed, but with the detach it forgets which those were: such a CPU
 * would stop the kernel again, with nobody there to let it go. So it is let run before.
 * Afterwards the target is stopped; or running, if there is no way to stop it, and then
 * it needs no detach.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_kgdb_prepare_detach(
	struct sonde_gdb_machine *machine);

/* --- the stub's own answers, for the builtin helper ------------------------------ */

SONDE_NODISCARD struct sonde_error *sonde_gdb_machine_stub_register(
	struct sonde_gdb_machine *machine, const struct sonde_register_request *request);
SONDE_NODISCARD struct sonde_error *sonde_gdb_machine_stub_memory(
	struct sonde_gdb_machine *machine, const struct sonde_memory_request *request);

/* --- the chain ------------------------------------------------------------------ */

/** Creates and attaches all helpers, the builtin one last. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_init(
	struct sonde_gdb_machine *machine);
/** Detaches all of them, goes on after failures, returns the first. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_detach(
	struct sonde_gdb_machine *machine);
void sonde_gdb_chain_deinit(struct sonde_gdb_machine *machine);

SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_describe(
	struct sonde_gdb_machine *machine, struct sonde_helper_description *ret);
/** Lists the registers that were described, behind those of the stub. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_list_registers(
	struct sonde_gdb_machine *machine);
/** *@p ret is NULL where no helper knows a stub. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_connect(
	struct sonde_gdb_machine *machine, const char **ret);
/** We have said goodbye: what helpers did to make the stub reachable is undone. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_disconnect(
	struct sonde_gdb_machine *machine);
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_registers(
	struct sonde_gdb_machine *machine, const struct sonde_register_request *request);
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_memory(
	struct sonde_gdb_machine *machine, const struct sonde_memory_request *request);
/** *@p handled stays false where no helper knows. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_chain_translate(
	struct sonde_gdb_machine *machine, struct sonde_thread *thread, uint64_t address,
	uint64_t *ret, bool *handled);
void sonde_gdb_chain_state_changed(
	struct sonde_gdb_machine *machine, enum sonde_state state);

#endif
