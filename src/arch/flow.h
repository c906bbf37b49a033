/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instructions as far as they lead elsewhere: calls, returns, jumps, traps. */
#ifndef SONDE_ARCH_FLOW_H
#define SONDE_ARCH_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct sonde_arch;

enum sonde_flow_kind {
	/** To the next instruction. */
	SONDE_FLOW_ON,
	SONDE_FLOW_CALL,
	SONDE_FLOW_RETURN,
	/** With a condition or without. */
	SONDE_FLOW_JUMP,
	/** Into a handler of traps, which is asked for; and back. */
	SONDE_FLOW_TRAP,
	SONDE_FLOW_TRAP_RETURN,
};

struct sonde_flow {
	uint64_t address;
	unsigned length;
	enum sonde_flow_kind kind;
	/** To where a call or a jump leads, unless a register or memory says it. */
	bool has_target;
	uint64_t target;
	/** Executing it once is a part of it: x86's string instructions. */
	bool repeats;
};

typedef struct sonde_error *sonde_flow_visitor(void *user, const struct sonde_flow *flow);

/**
 * Calls @p visit for each instruction of @p code, in order; it ends with the first one
 * that is cut short. An error of the visitor's is handed on. @p mode is what
 * arch->capstone_mode said. SONDE_ERROR_UNSUPPORTED as sonde_arch_disassemble(), where
 * the architecture does not decode by itself (arch->decode).
 */
SONDE_NODISCARD struct sonde_error *sonde_arch_walk(const struct sonde_arch *arch,
	int mode, uint64_t address, const uint8_t *code, size_t length,
	sonde_flow_visitor *visit, void *user);

/** What kind of instruction is disassembled as @p text, by the words of arch->calls. */
void sonde_flow_classify(
	const struct sonde_arch *arch, const char *text, struct sonde_flow *flow);

#endif
