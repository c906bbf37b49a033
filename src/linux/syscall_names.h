/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which system call has which number: for each architecture, what is known beforehand. */
#ifndef SONDE_LINUX_SYSCALL_NAMES_H
#define SONDE_LINUX_SYSCALL_NAMES_H

#include "arch.h"
#include "error.h"

/** A number that an architecture has otherwise than the table says. */
struct sonde_linux_syscall_exception {
	uint64_t number;
	const char *name;
};

struct sonde_linux_syscall_names {
	const struct sonde_arch *arch;
	/** Of the symbols of functions that are in the table. */
	const char *prefix;
	/** By number; NULL: none is known. */
	const char *const *names;
	size_t count;
	const struct sonde_linux_syscall_exception *exceptions;
	size_t exception_count;
	/** The function that kernels call which do without the table; NULL: none do. */
	const char *dispatcher;
};

/** NULL: nothing is known of @p arch. */
const struct sonde_linux_syscall_names *sonde_linux_syscall_names(
	const struct sonde_arch *arch);

/** What the function is called behind its prefix; "ni_syscall": there is none; NULL:
 * unknown. */
const char *sonde_linux_syscall_function(
	const struct sonde_linux_syscall_names *names, uint64_t number);

/** What programs call it: so many bytes at *@p ret; 0: unknown. */
size_t sonde_linux_syscall_name(
	const struct sonde_linux_syscall_names *names, uint64_t number, const char **ret);

#endif
