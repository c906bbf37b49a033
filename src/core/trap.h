/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of traps that are in the target. Breakpoints are claims on them: the
 * first claim inserts a trap, the last one to go removes it, so that two users of
 * one address never take each other's away, and the target never sees the same
 * trap twice (QEMU would then need it removed twice).
 */
#ifndef SONDE_CORE_TRAP_H
#define SONDE_CORE_TRAP_H

#include <sonde/breakpoint.h>
#include <sonde/space.h>

struct sonde_write;

/** What makes two traps the same. */
struct sonde_trap_place {
	enum sonde_breakpoint_kind kind;
	uint64_t address;
	/** Bytes a watchpoint covers; for breakpoints the architecture's `kind`. */
	uint64_t length;
};

struct sonde_trap {
	struct sonde_trap *next;
	struct sonde_trap_place place;
	unsigned claims;
	/** It is in the target now. */
	bool inserted;
	/** It is an instruction that we wrote, not one that the stub manages. */
	bool written;
	/** It is one that the stub wrote, and that whoever reads memory meets (KVM). */
	bool shown;
	/** A software breakpoint for which the stub took a debug register. */
	bool by_register;
	/** Of an instruction of either kind: what is there without it. */
	uint8_t original[4];
	unsigned written_bytes;
	/** Out for a moment, while something is written under it. */
	bool lifted;
	/** Where one that is shown lies. */
	bool physical_known;
	uint64_t physical;
	/** Where the journal lists what takes it out. */
	unsigned journal_slot;
	/** Where its instruction was, when that was looked at by what a CPU told. */
	bool code_known;
	uint64_t code;
};

enum {
	SONDE_TRAPS_GONE = 16,
};

/** One that threads executed until it was taken out. */
struct sonde_gone_trap {
	uint64_t address;
	/** It was an instruction of ours. */
	bool written;
};

struct sonde_traps {
	struct sonde_trap *first;
	/** Those that are in the target and shown in its memory. */
	unsigned shown_count;
	/** The last ones that were taken out, in a ring: their hits may come late. */
	struct sonde_gone_trap gone[SONDE_TRAPS_GONE];
	unsigned gone_count, gone_next;
};

/** The trap that executing @p address runs into, or NULL. */
struct sonde_trap *sonde_traps_at(const struct sonde_traps *traps, uint64_t address);

/** One that was at @p address and has been taken out lately, or NULL. */
const struct sonde_gone_trap *sonde_traps_gone(
	const struct sonde_traps *traps, uint64_t address);

/** The trap that an access to @p address by @p kind runs into, or NULL. */
struct sonde_trap *sonde_traps_watching(
	const struct sonde_traps *traps, uint64_t address);

/** Whether reads of @p space may meet instructions that are traps of @p traps. */
bool sonde_traps_matter(const struct sonde_traps *traps, const struct sonde_space *space);

/** Puts the original bytes of traps into what was read of @p space at @p address. */
void sonde_traps_hide(const struct sonde_traps *traps, const struct sonde_space *space,
	uint64_t address, uint8_t *data, size_t length);

/** Writes memory, keeping traps in place and their originals up to date. */
SONDE_NODISCARD struct sonde_error *sonde_traps_write_around(struct sonde_traps *traps,
	struct sonde_space *space, const struct sonde_write *write);

/** Whether @p trap takes a debug register now, and how many do. */
bool sonde_trap_takes_register(const struct sonde_trap *trap);
unsigned sonde_traps_in_registers(const struct sonde_traps *traps);

/** Puts @p trap into the target, or takes it out; nothing to do where it is so already.
 */
SONDE_NODISCARD struct sonde_error *sonde_trap_insert(
	struct sonde_target *target, struct sonde_trap *trap);
SONDE_NODISCARD struct sonde_error *sonde_trap_remove(
	struct sonde_target *target, struct sonde_trap *trap);

/** Nobody claims it any more and it is out: nothing is left to undo. */
void sonde_trap_forget(struct sonde_target *target, struct sonde_trap *trap);

/** Takes all traps out, goes on after failures and returns the first of them. */
SONDE_NODISCARD struct sonde_error *sonde_traps_remove_all(struct sonde_target *target);

/** Frees the table; claims that are left know nothing of it any more. */
void sonde_traps_deinit(struct sonde_traps *traps);

#endif
