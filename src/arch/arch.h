/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known of a CPU architecture: data, no I/O. To port sonde to another
 * one, write a file beside this one that fills in a struct sonde_arch, and name it
 * in arch.c. Each member says what it is for and what leaving it out costs.
 */
#ifndef SONDE_ARCH_ARCH_H
#define SONDE_ARCH_ARCH_H

#include <sonde/disassemble.h>
#include <sonde/register.h>
#include "flow.h"
#include "paging.h"

/** One register of the layout that GDB uses for stubs without a target description. */
struct sonde_arch_register {
	const char *name;
	unsigned bits;
	/** "general", "system", "float", "vector". */
	const char *group;
};

/** Reads one register by name for the functions below; false if there is none. */
struct sonde_arch_reader {
	bool (*read)(void *user, const char *name, uint64_t *ret);
	void *user;
};

/**
 * How functions are called, as far as a debugger that stops at their first instruction
 * has to know: where integers and pointers are, and the way back.
 */
struct sonde_arch_calls {
	/** Registers of the first arguments, in order; ends with NULL. NULL itself: where
	 * arguments are depends on how a function was compiled. */
	const char *const *arguments;
	/** From the stack pointer at the entry to the arguments that found no register
	 * (bytes); each takes 8. */
	unsigned stack_arguments;
	/** A structure of more than 16 bytes is a pointer to it, in a register; else it
	 * lies among the arguments on the stack. */
	bool large_by_reference;
	/** Of two words for which one register is left, the second lies on the stack. */
	bool splits;
	/** Where the result is. */
	const char *result;
	/** The register with the address to return to; NULL: it lies where the stack
	 * pointer points. */
	const char *link;
	/** How much higher the stack pointer is after the return (bytes). */
	unsigned return_pops;
	/**
	 * What the CPU remembers of the branch that led to the entry: who is sent back
	 * from there has not executed what would have cleared these bits. NULL: nothing.
	 */
	const char *branch_register;
	uint64_t branch_bits;
	/** First words of instructions that call, of those that return, and of those
	 * that jump, as capstone writes them; "b.*" stands for all that begin so. They
	 * end with NULL. */
	const char *const *call_words;
	const char *const *return_words;
	const char *const *jump_words;
	/** The same of those that ask the kernel for something, or are errors on purpose,
	 * and of those by which it goes back from a trap. */
	const char *const *trap_words;
	const char *const *trap_return_words;
	/**
	 * Whether code that ends with these bytes ends with a call: then what is behind
	 * it is likely to be returned to. Optional: without it, anything is.
	 */
	bool (*ends_with_call)(const uint8_t *code, size_t length);
};

struct sonde_arch {
	/** As users and JSON see it. */
	const char *name;
	/** What <architecture> of a target description may say; ends with NULL. */
	const char *const *description_names;
	/** Width of an address: 32 or 64. */
	unsigned address_bits;
	bool big_endian;
	/** The smallest page: reads of strings do not cross it blindly (bytes). */
	unsigned page_bytes;

	/** Names of the program counter and the stack pointer in target descriptions. */
	const char *pc;
	const char *sp;

	/**
	 * The order of the `g` packet where no description says otherwise
	 * (gdb/regformats, gdb's built-in features). Sorted as in the packet.
	 */
	const struct sonde_arch_register *registers;
	unsigned register_count;
	/**
	 * Lengths of `g` (bytes) that are a prefix of the above, as stubs without a
	 * description send them; ends with 0. They tell the architectures apart.
	 */
	const unsigned *g_lengths;

	/**
	 * The instruction that we write where the stub manages no breakpoints.
	 * breakpoint_bytes 0: software breakpoints need the stub.
	 */
	uint8_t breakpoint[4];
	unsigned breakpoint_bytes;
	/** How far the PC is past the breakpoint when the raw trap is reported. */
	unsigned breakpoint_pc_offset;
	/** The `kind` of Z0/Z1 packets. */
	unsigned breakpoint_kind;
	/**
	 * How many debug registers a CPU has, each for one breakpoint or for 1, 2, 4 or 8
	 * watched bytes that are aligned; 0: that differs. Without it, what has found
	 * none is explained in general words.
	 */
	unsigned debug_registers;

	/**
	 * A watchpoint stops the CPU before the access, with the PC on the instruction:
	 * it must be stepped, or it stops there for ever. (GDB:
	 * have_nonsteppable_watchpoint.)
	 */
	bool watchpoint_stops_before;

	/** Capstone's architecture; -1: not known to capstone 4. */
	int capstone_arch;
	/** Capstone's mode, from system registers where they matter (x86's code width).
	 */
	int (*capstone_mode)(const struct sonde_arch_reader *reader);

	/**
	 * What DWARF's numbers of registers mean (the ABI's table), from 0 on; NULL: so
	 * many of @ref registers, in their order. A count of 0 costs variables of
	 * functions.
	 */
	const char *const *dwarf_registers;
	unsigned dwarf_register_count;

	/**
	 * What the CPU translates addresses with; false: the registers do not tell, as
	 * where those with the tables' addresses cannot be read. Optional.
	 */
	bool (*read_regime)(
		const struct sonde_arch_reader *reader, struct sonde_page_regime *ret);

	/** Optional: without it probes know neither arguments nor returns. */
	const struct sonde_arch_calls *calls;

	/**
	 * How many bytes the instruction at the start of @p code has, if it does nothing
	 * but move the program counter past it, whatever the CPU's state; else 0.
	 * Optional: without it each breakpoint is passed by a step.
	 */
	unsigned (*no_op)(const uint8_t *code, size_t length);

	/** All instructions have so many bytes, and are aligned to them; 0: they have
	 * not.
	 */
	unsigned instruction_bytes;

	/**
	 * What the instruction at the start of @p code is; false: it is cut short.
	 * Optional: for what capstone does not know.
	 */
	bool (*decode)(uint64_t address, const uint8_t *code, size_t length,
		struct sonde_flow *ret);

	/**
	 * The offset of the first bytes in @p code, not before @p from, that are a direct
	 * call of @p target, if an instruction begins there; @p length: there are none.
	 * Optional: without it nobody knows from where a function is called.
	 */
	size_t (*find_call)(uint64_t address, const uint8_t *code, size_t length,
		size_t from, uint64_t target);

	/**
	 * Whether the instruction at the start of @p code, at @p pc, does nothing but
	 * move the program counter to @p ret, whatever the CPU's state. Optional, as
	 * @ref no_op.
	 */
	bool (*jump)(uint64_t pc, const uint8_t *code, size_t length, uint64_t *ret);

	/** Group for a register that a description gives no group, or NULL. Optional. */
	const char *(*group_of)(const char *register_name);
};

extern const struct sonde_arch sonde_arch_x86_64;
extern const struct sonde_arch sonde_arch_i386;
extern const struct sonde_arch sonde_arch_aarch64;
extern const struct sonde_arch sonde_arch_riscv64;

/** By our own name or one of the description's; NULL if none fits. */
const struct sonde_arch *sonde_arch_find(const char *name);

/** By the length of a `g` reply in bytes; NULL if none fits. */
const struct sonde_arch *sonde_arch_find_by_g_length(size_t bytes);

/**
 * Decodes one instruction; see sonde_disassemble(). @p mode is what
 * arch->capstone_mode said.
 */
SONDE_NODISCARD struct sonde_error *sonde_arch_disassemble(const struct sonde_arch *arch,
	int mode, uint64_t address, const uint8_t *code, size_t length,
	struct sonde_instruction *ret);

#endif
