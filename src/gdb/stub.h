/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of the stub at the other end: what it offers, what it is, how it
 * was found. All of it is learned by asking, in the order that the strictest of
 * them wants (gdbserver: a thread before any qXfer).
 */
#ifndef SONDE_GDB_STUB_H
#define SONDE_GDB_STUB_H

#include <sonde/control.h>
#include "connection.h"
#include "stop_reply.h"

enum sonde_gdb_offer {
	SONDE_GDB_OFFER_UNKNOWN,
	SONDE_GDB_OFFER_YES,
	SONDE_GDB_OFFER_NO,
};

struct sonde_gdb_stub {
	struct sonde_gdb_connection connection;
	/** It answers QEMU's own queries. */
	bool is_qemu;
	/**
	 * It is a QEMU that runs one program (qemu-user): it reads nothing while the
	 * program runs, and takes nothing but '+' for an acknowledgement.
	 */
	bool is_user_mode;
	/**
	 * It speaks for a board behind a debug probe (OpenOCD): connecting halts that, D
	 * does not let it run, and X is answered before it is done.
	 */
	bool is_probe;
	/** It does not: no byte can harm it as it harms a QEMU that runs. */
	bool is_other;
	/** Its threads are tasks and, first, CPUs: see machine_kgdb.c. */
	bool is_kgdb;
	/** Steps with a trap at the PC execute what is there (QEMU, but for KVM). */
	bool steps_ignore_traps;
	/**
	 * QEMU runs the guest by KVM: then software breakpoints are in the guest's
	 * memory, a step from any breakpoint meets it again, and p and P mean the
	 * registers of an earlier stop until g was sent (QEMU fetches them from the
	 * kernel for that, and for m, alone: gdbstub/gdbstub.c, cpu_synchronize_state()).
	 */
	bool has_kvm;
	/** Several requests may be under way. */
	unsigned in_flight;
	bool offers_features;
	bool offers_binary_read;
	/** vCont's actions that it takes; all false: only c and s. */
	bool vcont_continue, vcont_step;
	enum sonde_gdb_offer read_one_register;
	enum sonde_gdb_offer write_one_register;
	enum sonde_gdb_offer binary_write;
	/** Z0..Z4. */
	enum sonde_gdb_offer traps[5];
	/** How much data one request for memory may carry (bytes). */
	size_t read_chunk;
	size_t payload_max;
	/** RUNNING, STOPPED, or UNKNOWN where it does not show. */
	enum sonde_state found;
	/** The thread that Hg selected last, if that is known. */
	bool has_selected;
	struct sonde_gdb_thread_id selected;
	/** What `?` said. */
	struct sonde_gdb_stop_reply first_stop;
	struct sonde_buffer first_stop_text;
	/** QEMU: m and M take physical addresses now; how that was before us. */
	bool physical_mode;
	bool found_physical_mode;
	/**
	 * QEMU: the bits that single steps used before us (qqemu.sstep), those that hold
	 * everything else back as far as it offers that, and those that it uses now.
	 */
	uint64_t found_step_bits, quiet_step_bits, step_bits;
	/** QEMU: the CPU of Hc and of the last stop, whose steps a stop ends. */
	bool has_controlled;
	struct sonde_gdb_thread_id controlled;
	/** Where the journal lists what puts these two back. */
	unsigned physical_mode_slot;
	unsigned step_bits_slot;
	/** An interrupt was sent while the stub was about to stop anyway. */
	bool interrupt_owed;
};

/** Connects and asks; on failure everything is closed again. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_open(
	struct sonde_gdb_stub *stub, struct sonde *sonde, const char *address);

/** Closes without a word: the stub stays as it is. */
void sonde_gdb_stub_close(struct sonde_gdb_stub *stub);

/** Closes, and leaves to the guard what is still to undo. */
void sonde_gdb_stub_abandon(struct sonde_gdb_stub *stub);

/** Says goodbye so that the target runs on; the connection is of no use afterwards. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_detach(struct sonde_gdb_stub *stub);

/** Puts the modes back that a stub keeps beyond a connection. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_restore_modes(
	struct sonde_gdb_stub *stub);

/** Makes m, M, g, G, p and P mean @p thread; queued in front of what follows. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_select(
	struct sonde_gdb_stub *stub, const struct sonde_gdb_thread_id *thread);

/** QEMU: makes m and M mean physical addresses, or virtual ones again. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_set_physical(
	struct sonde_gdb_stub *stub, bool physical);

/** The threads there are: of a kernel, the CPUs and not the tasks. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_list_threads(
	struct sonde_gdb_stub *stub, struct sonde_gdb_thread_ids *ret);

/** A document of the target description; the caller frees @p ret. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_fetch_document(
	struct sonde_gdb_stub *stub, const char *name, char **ret, size_t *length);

/** Runs a monitor command. The caller frees @p ret. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_monitor(
	struct sonde_gdb_stub *stub, const char *command, char **ret);

/* stub_memory.c: of the selected thread, or physical. */

/** All of it, or a fault with the first address and everything before it read. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_read_memory(
	struct sonde_gdb_stub *stub, uint64_t address, void *buffer, size_t length);
SONDE_NODISCARD struct sonde_error *sonde_gdb_stub_write_memory(
	struct sonde_gdb_stub *stub, uint64_t address, const void *data, size_t length);

#endif
