/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking through code as the task that a thread runs, however often it is preempted,
 * sleeps and goes to other CPUs meanwhile. Everybody runs while a called function is
 * executed, or while the task has no CPU; a single instruction is executed with the
 * others frozen. Probes that are met on the way are hit as ever.
 *
 * Each function returns when the task has arrived, with @p ret->state
 * SONDE_PROBES_STAYED and the thread that runs it in @p ret->stop, and @p arrived true;
 * when the task comes to its end, which is SONDE_PROBES_TASK_ENDED: then
 * @p ret->stop.thread runs it for the last time; or when a probe's handler wanted to
 * stay, or something else stopped the target. Errors are those of sonde_probes_run().
 */
#ifndef SONDE_WALK_H
#define SONDE_WALK_H

#include <sonde/probe.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One instruction. A fault, and a trap that it asks for, lead to the first instruction of
 * the kernel's handler; of x86's string instructions it is one round. One that gives the
 * CPU to another task ends when the task goes on behind it, on whatever CPU.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_step(
	struct sonde_probes *probes, struct sonde_thread *thread,
	struct sonde_probes_end *ret, bool *arrived);

/**
 * One instruction with all that belongs to it: what a call calls, the handler of a fault
 * or of a trap that it asks for, up to where that lets it go on, all rounds of a string
 * instruction.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_next(
	struct sonde_probes *probes, struct sonde_thread *thread,
	struct sonde_probes_end *ret, bool *arrived);

/**
 * Until the function that is being executed has returned. From its first instruction that
 * is one run; from its middle, where nobody knows yet where it returns to, instruction by
 * instruction up to its end.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_finish(
	struct sonde_probes *probes, struct sonde_thread *thread,
	struct sonde_probes_end *ret, bool *arrived);

/** Until the task comes to @p address; one that is there goes on first. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probes_reach(
	struct sonde_probes *probes, struct sonde_thread *thread, uint64_t address,
	struct sonde_probes_end *ret, bool *arrived);

#ifdef __cplusplus
}
#endif

#endif
