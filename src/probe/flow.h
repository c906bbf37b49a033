/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an instruction leads, as far as whoever walks along it has to know. */
#ifndef SONDE_PROBE_FLOW_H
#define SONDE_PROBE_FLOW_H

#include "probe.h"

enum sonde_flow_kind {
	/** To the next one. */
	SONDE_FLOW_ON,
	SONDE_FLOW_JUMP,
	SONDE_FLOW_CALL,
	SONDE_FLOW_RETURN,
	/** Into a handler of traps, which was asked for; and back. */
	SONDE_FLOW_TRAP,
	SONDE_FLOW_TRAP_RETURN,
};

struct sonde_flow {
	enum sonde_flow_kind kind;
	uint64_t address;
	/** 0: there is nothing that can be read, and executing it is a fault. */
	unsigned length;
	/** Executing it once is a part of it: x86's string instructions. */
	bool repeats;
	/** Of a call: it leads no further than is too near for a function. */
	bool near;
};

/**
 * What @p thread executes next, at @p pc. Errors are those of sonde_disassemble() and of
 * reading, but for faults.
 */
SONDE_NODISCARD struct sonde_error *sonde_flow_read(const struct sonde_probes *probes,
	const struct sonde_arch_calls *calls, struct sonde_thread *thread, uint64_t pc,
	struct sonde_flow *ret);

/**
 * Whether who executed @p flow, and is at @p pc now, was taken away from it: by a trap
 * that it asked for, a fault, or an interrupt. Of what leads elsewhere itself nobody
 * knows: false.
 */
bool sonde_flow_was_left(const struct sonde_flow *flow, uint64_t pc);

#endif
