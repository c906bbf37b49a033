/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Registers as the monitor's `info registers` prints them, by name: QEMU's
 * target/i386/cpu-dump.c, target/arm/cpu.c, target/riscv/cpu.c. Those that a stub of QEMU
 * has are called as there, and are as wide.
 *
 * QEMU does not stop a CPU to print it. Under TCG, what is printed of one that runs may
 * be of different moments: within a SYSCALL, say, with the CPL of user mode and the CS of
 * the kernel.
 */
#ifndef SONDE_QEMU_MONITOR_REGISTERS_H
#define SONDE_QEMU_MONITOR_REGISTERS_H

#include <sonde/register.h>
#include "error.h"

/** One register that the monitor may tell. */
struct sonde_qemu_register {
	/** As GDB's descriptions call it, where they have it; else as the manuals do. */
	const char *name;
	unsigned bits;
	/** "general", "system", "float", "vector". */
	const char *group;
	/**
	 * NULL: the monitor tells it, if the CPU's mode and extensions have it. Else why
	 * it does not, for users; it is never available then.
	 */
	const char *why_not;
};

/** All that are known of @p architecture ("x86_64", "i386", "aarch64", "riscv64"); *count
 * 0: none. */
const struct sonde_qemu_register *sonde_qemu_registers_of(
	const char *architecture, size_t *count);

/**
 * Parses what was printed for one CPU (a "CPU#0" header may be there or not). @p values
 * has one for each of sonde_qemu_registers_of(); those that were not printed are not
 * available. SONDE_ERROR_BAD_DATA where nothing was recognized at all.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_registers_parse(
	const char *architecture, const char *text, struct sonde_register_value *values);

#endif
