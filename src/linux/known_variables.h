/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types of the kernel's variables. BTF has those of per-CPU variables only; what is
 * below is declared so in the kernel's headers, since 5.10 at the latest.
 */
#ifndef SONDE_LINUX_KNOWN_VARIABLES_H
#define SONDE_LINUX_KNOWN_VARIABLES_H

/** The type as sonde_types_find() takes it; NULL: it is not known. Never freed. */
const char *sonde_linux_known_variable(const char *name);

#endif
