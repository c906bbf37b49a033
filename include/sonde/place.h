/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Places of probes that are instructions in functions: those of a kind within one, and
 * those that call one; and to find places without putting a probe there.
 */
#ifndef SONDE_PLACE_H
#define SONDE_PLACE_H

#include <sonde/probe.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Kinds of instructions within a function, bits of sonde_probe_options.instructions. The
 * function is the bytes from its symbol to the next one: what the compiler has moved
 * elsewhere ("name.cold") has a symbol of its own. Decoded by capstone, but for riscv64;
 * SONDE_ERROR_UNSUPPORTED without it.
 */
enum sonde_inside {
	/**
	 * What calls, whether by an address or by a register or memory: CALL; BL and BLR;
	 * JAL and JALR that write ra or t0. "call __x86_indirect_thunk_rax", by which a
	 * kernel calls what a register holds, is one.
	 */
	SONDE_INSIDE_CALLS = 1 << 0,
	/**
	 * What returns: RET, and a jump to a thunk that does ("jmp __x86_return_thunk",
	 * where Linux mitigates RETBleed). The result is in its register already:
	 * sonde_probe_hit_result(), 'result' in conditions. No IRET, no ERET.
	 */
	SONDE_INSIDE_RETURNS = 1 << 1,
	/**
	 * Jumps to the first instruction of another function, which then returns in place
	 * of this one. Those by a register or memory cannot be told from other jumps.
	 */
	SONDE_INSIDE_TAIL_CALLS = 1 << 2,
	/** All other jumps, with a condition or without. */
	SONDE_INSIDE_JUMPS = 1 << 3,
};

/*
 * SONDE_PROBE_CALL_SITES: the place is a function, and its probe is at each direct call
 * of it, in the kernel and in the modules that are loaded: CALL with 32 bits, BL, JAL and
 * AUIPC with JALR. All code is searched; that an instruction begins there is proved by
 * decoding the function around it, where instructions have various lengths. At a hit the
 * arguments are those of the function that is about to be called, by their names, too.
 * Not found are calls by pointers, jumps (tail calls), and what has been inlined.
 */

/**
 * Where a probe with @p options would be: nothing is put there, and the target may run.
 * Of the options size, kind, place, address, all and instructions count; not of memory.
 * At most 16384; the caller frees @p ret, which is ascending.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_find_places(
	struct sonde_target *target, const struct sonde_probe_options *options,
	uint64_t **ret, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
