/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Breakpoints and watchpoints. Users that ask for the same place share one trap;
 * it is taken out when the last of them removes it. All are gone after a detach.
 */
#ifndef SONDE_BREAKPOINT_H
#define SONDE_BREAKPOINT_H

#include <sonde/control.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sonde_breakpoint_kind {
	SONDE_BREAKPOINT_SOFTWARE,
	SONDE_BREAKPOINT_HARDWARE,
	SONDE_BREAKPOINT_WATCH_WRITE,
	SONDE_BREAKPOINT_WATCH_READ,
	SONDE_BREAKPOINT_WATCH_ACCESS,
};

/** One user's claim on a trap. */
struct sonde_breakpoint;

/**
 * Sets a trap at @p address; the target must be stopped. @p length is the number
 * of bytes that a watchpoint covers; breakpoints ignore it. SONDE_ERROR_BUSY: all debug
 * registers of the CPU are in use; the error says by what.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_breakpoint_create(
	struct sonde_target *target, enum sonde_breakpoint_kind kind, uint64_t address,
	uint64_t length, struct sonde_breakpoint **ret);

/**
 * Gives the claim up; the target must be stopped. NULL is allowed. The claim is
 * gone whatever is returned; an error says that the trap could not be removed.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_breakpoint_destroy(
	struct sonde_breakpoint *breakpoint);

SONDE_PUBLIC uint64_t sonde_breakpoint_address(const struct sonde_breakpoint *breakpoint);

/** Whether @p stop was caused by this one. */
SONDE_PUBLIC bool sonde_breakpoint_caused(
	const struct sonde_breakpoint *breakpoint, const struct sonde_stop *stop);

#ifdef __cplusplus
}
#endif

#endif
