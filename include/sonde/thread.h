/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thread is what a target schedules: a virtual CPU of a machine, a thread of a
 * program behind gdbserver. A thread is borrowed and lives as long as its target;
 * one that has ended stays valid but reports that it is gone.
 */
#ifndef SONDE_THREAD_H
#define SONDE_THREAD_H

#include <sonde/register.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_thread;

/** The number that users see: CPUs and threads count from 0. */
SONDE_PUBLIC unsigned sonde_thread_number(const struct sonde_thread *thread);

/** What the protocol calls it, such as "1" or "p1.1". Lives as long as @p thread. */
SONDE_PUBLIC const char *sonde_thread_name(const struct sonde_thread *thread);

/**
 * The register called @p name, or NULL. "pc" and "sp" work on every architecture.
 * Lives as long as the target.
 */
SONDE_PUBLIC const struct sonde_register *sonde_thread_find_register(
	const struct sonde_thread *thread, const char *name);

/** The machine must be stopped, or observable (sonde_target_is_observable()). */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_thread_read_register(
	struct sonde_thread *thread, const struct sonde_register *reg,
	struct sonde_register_value *ret);

/**
 * Why sonde_thread_read_register() finds @p reg unavailable, in a few words; NULL: it is
 * available, or nobody knows. Lives as long as the target.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_thread_explain_register(
	struct sonde_thread *thread, const struct sonde_register *reg, const char **ret);

/** The machine must be stopped. Writes all of the register's bits. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_thread_write_register(
	struct sonde_thread *thread, const struct sonde_register *reg,
	const struct sonde_register_value *value);

/** The program counter. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_thread_read_pc(
	struct sonde_thread *thread, uint64_t *ret);

#ifdef __cplusplus
}
#endif

#endif
