/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running, stopping, stepping, and why the machine stopped.
 *
 * A target is stopped after sonde_open() where the driver has to stop it to look
 * at all (every gdb: target). sonde_target_detach() leaves it in the state that
 * it was found in, unless sonde_target_leave() said otherwise.
 */
#ifndef SONDE_CONTROL_H
#define SONDE_CONTROL_H

#include <sonde/thread.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_target;
struct sonde_breakpoint;

enum sonde_state {
	SONDE_STATE_STOPPED,
	SONDE_STATE_RUNNING,
	/** The program has ended, or the machine is gone. */
	SONDE_STATE_ENDED,
	/** As found: nothing the stub says tells. */
	SONDE_STATE_UNKNOWN,
};

enum sonde_stop_reason {
	/** We, or somebody else, asked for it. */
	SONDE_STOP_INTERRUPT,
	SONDE_STOP_STEP,
	SONDE_STOP_BREAKPOINT,
	SONDE_STOP_WATCHPOINT,
	/** A signal or trap that is none of ours. */
	SONDE_STOP_SIGNAL,
	SONDE_STOP_EXITED,
	SONDE_STOP_KILLED,
	/** Of a target that is replayed from a record: there is no more of it this way.
	 */
	SONDE_STOP_RECORD_END,
};

enum sonde_watch_kind {
	SONDE_WATCH_WRITE,
	SONDE_WATCH_READ,
	SONDE_WATCH_ACCESS,
};

struct sonde_stop {
	enum sonde_stop_reason reason;
	/** Who stopped; NULL after an exit. */
	struct sonde_thread *thread;
	/** The protocol's signal number (GDB's numbering), or the exit status. */
	unsigned signal;
	/** SONDE_STOP_WATCHPOINT: the data address that was touched, and how. */
	uint64_t address;
	enum sonde_watch_kind watch_kind;
	/** The program counter, where the reason needed it; see pc_known. */
	uint64_t pc;
	bool pc_known;
};

/** As it is now. */
SONDE_PUBLIC enum sonde_state sonde_target_state(const struct sonde_target *target);

/**
 * For how long it has been standing because of us, since it was attached to, all stops
 * together (nanoseconds): from when each was asked for, or the stub was connected to.
 */
SONDE_PUBLIC uint64_t sonde_target_stood(const struct sonde_target *target);

/** As it was before we attached. */
SONDE_PUBLIC enum sonde_state sonde_target_found_state(const struct sonde_target *target);

/**
 * Lets everything run. A thread whose stop at a breakpoint was reported executes
 * the instruction there first, with the others frozen so that none of them slips
 * past it.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_resume(
	struct sonde_target *target);

/** Asks a running target to stop; sonde_target_wait() says when it has. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_interrupt(
	struct sonde_target *target);

/**
 * Waits for the next stop of a running target. @p timeout_ms below 0: for ever.
 * SONDE_ERROR_TIMEOUT and SONDE_ERROR_INTERRUPTED leave it running.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_wait(
	struct sonde_target *target, int timeout_ms, struct sonde_stop *ret);

/** Interrupts and waits; nothing to do for a target that is stopped. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_pause(
	struct sonde_target *target, struct sonde_stop *ret);

/**
 * One instruction of @p thread: the others stay frozen, or run meanwhile with
 * @p others_run. Breakpoints at its program counter do not stop it. A stub without
 * vCont decides itself what the others do.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_step(
	struct sonde_target *target, struct sonde_thread *thread, bool others_run,
	struct sonde_stop *ret);

/**
 * Undoes one instruction of @p thread. Only for targets that keep a record of what they
 * executed (QEMU in replay mode), else SONDE_ERROR_UNSUPPORTED; SONDE_ERROR_NOT_FOUND
 * where the record begins. QEMU undoes the machine's last instruction, whichever CPU
 * executed it: @p ret has that one. How long it takes depends on how far away the
 * snapshot is from which the record is replayed, so no timeout ends it: an interrupt
 * does.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_reverse_step(
	struct sonde_target *target, struct sonde_thread *thread, struct sonde_stop *ret);

/**
 * Lets everything run backwards, until sonde_target_wait() says that a breakpoint or
 * watchpoint was met that was passed before, or that the record begins here
 * (SONDE_STOP_RECORD_END). Otherwise as sonde_target_reverse_step(). Breakpoints that
 * the stub does not manage itself cannot be met: SONDE_ERROR_UNSUPPORTED while there are
 * any. QEMU looks from the instruction before the last one backwards: a breakpoint at the
 * very last one is not met.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_reverse_resume(
	struct sonde_target *target);

/**
 * Whether sonde_target_wait() would find something to read at once: for programs
 * with an event loop. @p ret is the descriptor to poll for input, or -1.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_descriptor(
	struct sonde_target *target, int *ret);

/** What detaching shall leave behind, in place of the state found. */
SONDE_PUBLIC void sonde_target_leave(struct sonde_target *target, enum sonde_state state);

#ifdef __cplusplus
}
#endif

#endif
