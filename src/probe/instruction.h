/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The instruction that a thread is about to execute, as far as whoever walks along has to
 * know. */
#ifndef SONDE_PROBE_INSTRUCTION_H
#define SONDE_PROBE_INSTRUCTION_H

#include "probe.h"

/**
 * What @p thread executes next, at @p pc. Errors are those of sonde_disassemble() and of
 * reading, but for faults: what cannot be read has length 0, and executing it is one.
 */
SONDE_NODISCARD struct sonde_error *sonde_probe_read_instruction(
	const struct sonde_probes *probes, struct sonde_thread *thread, uint64_t pc,
	struct sonde_flow *ret);

/**
 * Whether who executed @p flow, and is at @p pc now, was taken away from it: by a trap
 * that it asked for, a fault, or an interrupt. Of what leads elsewhere itself nobody
 * knows: false.
 */
bool sonde_probe_instruction_was_left(const struct sonde_flow *flow, uint64_t pc);

/** Whether it calls what is too near for a function. */
bool sonde_probe_instruction_calls_near(const struct sonde_flow *flow);

#endif
