/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walking through code as the task that a thread runs, however often it is preempted,
 * sleeps and goes to other CPUs meanwhile. Everybody runs while a called function is
 * executed; a single instruction is executed with the others frozen. Probes that are met
 * on the way are hit as ever.
 *
 * Each function returns when the task has arrived, with @p ret->state
 * SONDE_PROBES_STAYED and the thread that runs it in @p ret->stop, and @p arrived true;
 * or when a probe's handler wanted to stay, or something else stopped the target. Errors
 * are those of sonde_probes_run().
 */
#ifndef SONDE_WALK_H
#define SONDE_WALK_H

#include <sonde/probe.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One instruction; a call with all that it calls. */
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
