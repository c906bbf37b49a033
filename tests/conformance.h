/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SONDE_TESTS_CONFORMANCE_H
#define SONDE_TESTS_CONFORMANCE_H

#include <sonde/sonde.h>
#include "tap.h"

struct subject {
	struct tap tap;
	struct sonde *sonde;
	const char *specification;
	/** NULL between two attachments. */
	struct sonde_target *target;
	/** 0: not given. */
	uint64_t hot, data, watch, hole;
	unsigned cpus;
	bool stack;
	/** Those of the machine under the stub stop nothing. */
	bool no_debug_registers;
	/** See the head of conformance.c. */
	bool once, zeros, drops, switches;
	/** Found out when it was asked to go back. */
	bool no_record;
	/** While one CPU is stepped, the others run. */
	bool unfrozen;
	/** Debug registers can be set, and their hits get lost. */
	bool deaf_debug_registers;
};

/* Each runs its checks on subject->target, which is stopped before and after. */
void conformance_describe(struct subject *subject);
void conformance_memory(struct subject *subject);
void conformance_control(struct subject *subject);
void conformance_breakpoints(struct subject *subject);
void conformance_reverse(struct subject *subject);
/* Attaches and detaches by itself. */
void conformance_states(struct subject *subject);

/** Skips where the target cannot set one of this kind. */
struct sonde_breakpoint *conformance_set(struct subject *subject,
	enum sonde_breakpoint_kind kind, uint64_t address, uint64_t length);
/** Resumes, and returns the next stop. */
struct sonde_stop conformance_run(struct subject *subject);

/** The current thread. */
struct sonde_thread *conformance_thread(struct subject *subject);
/** As the current thread sees memory. */
struct sonde_space *conformance_memory_of(struct subject *subject);

#endif
