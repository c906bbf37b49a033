/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of a Linux kernel's system calls, each entry held against the function that
 * it should lead to. x86_64, aarch64 and riscv64; the table of 64-bit programs.
 */
#ifndef SONDE_SYSCALL_H
#define SONDE_SYSCALL_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_syscalls;

struct sonde_syscall {
	unsigned number;
	/** As programs call it: "uname"; of one that is not known, what the function is
	 * called; NULL: neither is known. */
	const char *name;
	/** Where the entry is. */
	uint64_t entry;
	/** What is in it; what it belongs to, and how far it is from its beginning. NULL:
	 * to nothing. The guest's bytes, as are the next. */
	uint64_t address;
	const char *symbol;
	uint64_t offset;
	/** Whose that is; NULL: the kernel's own, or nobody's. */
	const char *module;
	/** What it should belong to: "__x64_sys_newuname"; NULL: nobody knows. */
	const char *expected;
	/**
	 * It leads to the beginning of that function: or of the one that says that there
	 * is no such call, if the kernel has not the function. Of a number that is not
	 * known: to the beginning of some system call's. And where the kernel does not go
	 * by the table, @ref dispatched.
	 */
	bool ok;
	/** Where the kernel goes by a function instead of the table: whether that is
	 * known to branch to it, or not to. */
	bool dispatched_known, dispatched;
};

/**
 * Reads the table; the caller closes @p ret. SONDE_ERROR_NOT_FOUND: nobody knows where it
 * is; SONDE_ERROR_UNSUPPORTED: there is no kernel level, it has no symbols, or the
 * architecture is another one.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_syscalls_open(
	struct sonde_target *target, struct sonde_syscalls **ret);

/** The next one, by number; NULL: there are no more. Lives as long as @p syscalls. */
SONDE_PUBLIC const struct sonde_syscall *sonde_syscalls_next(
	struct sonde_syscalls *syscalls);

/** Why not all entries are there; NULL: they are. */
SONDE_PUBLIC const char *sonde_syscalls_incomplete(const struct sonde_syscalls *syscalls);

/**
 * The function that this kernel calls instead of going by the table, which it keeps for
 * tracing (x86_64, since 6.9 and in updates of older ones); NULL: it goes by the table.
 * What is written into the table has no effect then but on tracing.
 */
SONDE_PUBLIC const char *sonde_syscalls_dispatcher(const struct sonde_syscalls *syscalls);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_syscalls_close(struct sonde_syscalls *syscalls);

#ifdef __cplusplus
}
#endif

#endif
