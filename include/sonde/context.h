/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root of everything: a context holds the log callback, the options and the
 * registry of drivers and helpers. There are no globals.
 *
 * Threads: a context, and all that was made from it, belongs to one thread at a
 * time; different contexts are independent. sonde_interrupt() is the exception:
 * it may be called from any thread and from a signal handler.
 */
#ifndef SONDE_CONTEXT_H
#define SONDE_CONTEXT_H

#include <sonde/error.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde;

enum sonde_log_level {
	SONDE_LOG_WARNING,
	SONDE_LOG_INFO,
	/** What the target prints on its console through the stub, line by line. */
	SONDE_LOG_CONSOLE,
	/** Each packet in and out. */
	SONDE_LOG_DEBUG,
};

/**
 * Whether a process of its own outlives this one and lets a guest go when this one dies
 * (sonde-guard(8)). It is started before a target is connected to, is not a child of the
 * program, and does nothing as long as the program lives.
 */
enum sonde_guard_policy {
	/** A target is not connected to without a guard. */
	SONDE_GUARD_REQUIRED,
	/**
	 * No guard: a guest that is stopped when the program dies stays stopped, and
	 * breakpoints stay in it. The program owns that risk.
	 */
	SONDE_GUARD_REFUSED,
};

struct sonde_options {
	/** sizeof(struct sonde_options), so that the structure can grow. */
	size_t size;
	/** Called with one line without a newline; NULL: nothing is logged. */
	void (*log)(void *user, enum sonde_log_level level, const char *message);
	void *log_user;
	/** The least important level that is handed to @ref log. */
	enum sonde_log_level log_level;
	/** How long to wait for an answer, in milliseconds; 0: 5000. */
	unsigned timeout_ms;
	enum sonde_guard_policy guard;
	/** The guard's executable; NULL: the one that was installed with the library. */
	const char *guard_program;
	/**
	 * Guest RAM in files is read by pread() and not mapped, for programs that cannot
	 * have a handler for SIGBUS of this library. Slower for small reads.
	 */
	bool no_mapping;
};

/** @p options may be NULL. The caller destroys @p ret after all targets made from it. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_create(
	const struct sonde_options *options, struct sonde **ret);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_destroy(struct sonde *sonde);

/**
 * Makes the operation that is under way, or the next one that waits, end with
 * SONDE_ERROR_INTERRUPTED. Detaching is not interrupted. Async-signal-safe.
 */
SONDE_PUBLIC void sonde_interrupt(struct sonde *sonde);

/** Forgets an interrupt that no operation has consumed yet. */
SONDE_PUBLIC void sonde_interrupt_clear(struct sonde *sonde);

/** The library's version, such as "0.1.0". Never freed. */
SONDE_PUBLIC const char *sonde_version(void);

#ifdef __cplusplus
}
#endif

#endif
