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
	uint64_t hot, data, watch;
	unsigned cpus;
	bool stack;
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
/* Attaches and detaches by itself. */
void conformance_states(struct subject *subject);

/** The current thread. */
struct sonde_thread *conformance_thread(struct subject *subject);
/** As the current thread sees memory. */
struct sonde_space *conformance_memory_of(struct subject *subject);

#endif
