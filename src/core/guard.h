/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guard of one control connection, as this process sees it: another process, which
 * has the same socket and the same journal, and acts when this one is dead. As long as it
 * is not, nothing goes through the guard.
 *
 * Every function allows a NULL guard, of a program that has refused one, and does
 * nothing.
 */
#ifndef SONDE_CORE_GUARD_H
#define SONDE_CORE_GUARD_H

#include <sys/socket.h>

#include "context.h"
#include "journal.h"

struct sonde_guard;

/** What a guard has to know of the stub that is about to be connected to. */
struct sonde_guard_stub {
	/** Which it is: "unix:/run/vm.sock", "tcp:127.0.0.1:1234". At most 255 bytes. */
	const char *key;
	/** What tells it from one that is at the same place later, or "". */
	const char *identity;
	/** Not connected yet; stays the caller's. -1: none. */
	int fd;
	/** Where it will be connected to; length 0: that cannot be done a second time. */
	const struct sockaddr *address;
	socklen_t address_length;
};

/**
 * Makes sure that the target can be let go whatever happens, and returns when that is so;
 * then the caller connects. Undoes first what a process that died left at the same stub.
 * SONDE_ERROR_BUSY where a living one has it. *@p ret is NULL where the program wants no
 * guard.
 */
SONDE_NODISCARD struct sonde_error *sonde_guard_create(struct sonde *sonde,
	const struct sonde_guard_stub *stub, struct sonde_guard **ret);

/**
 * All is undone, or nothing was done: the journal goes, and the guard with its hold on
 * the connection, before this returns. The socket may be closed before or after.
 */
void sonde_guard_destroy(struct sonde_guard *guard);

/**
 * Something is left to be undone, and cannot be by this process: the guard does it, as if
 * this process had died. Its own descriptor of the socket must be closed, unused, after.
 */
void sonde_guard_abandon(struct sonde_guard *guard);

/** Borrowed. */
struct sonde_journal *sonde_guard_journal(struct sonde_guard *guard);

/** Readable when the guard has died; -1: there is none. */
int sonde_guard_descriptor(const struct sonde_guard *guard);

/** Starts another one if the guard has died, which somebody must have wanted. */
SONDE_NODISCARD struct sonde_error *sonde_guard_check(struct sonde_guard *guard);

#endif
