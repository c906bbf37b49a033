/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The byte stream, or the datagrams, between us and a stub: TCP, UDP, a Unix
 * socket, a serial line or telnet to one, the standard input and output of a child
 * process.
 */
#ifndef SONDE_GDB_TRANSPORT_H
#define SONDE_GDB_TRANSPORT_H

#include <sys/types.h>

#include "guard.h"
#include "error.h"

struct sonde_gdb_transport {
	struct sonde *sonde;
	int fd;
	bool is_socket;
	/** Nothing gets lost on the way: packets need not be sent twice. */
	bool reliable;
	/** It speaks telnet, which has a BREAK: every other byte sent must be ASCII. */
	bool telnet;
	/** A BREAK and a 'g' stop the target (KGDB), in place of the interrupt byte. */
	bool break_g;
	/** When it was connected to (sonde_clock_ns()), which may stop what is there. */
	uint64_t since;
	/** The process that we started, or 0. */
	pid_t child;
	/** Who holds the connection, too; NULL: nobody. */
	struct sonde_guard *guard;
};

/**
 * Connects to @p address: HOST:PORT, tcp:HOST:PORT, udp:HOST:PORT, /PATH,
 * unix:PATH, serial:DEVICE,BAUD[,break-g], telnet:HOST:PORT[,break-g],
 * telnet:/PATH[,break-g] or exec:COMMAND. A stub on this machine that somebody else is
 * connected to is not touched: SONDE_ERROR_BUSY.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_transport_open(
	struct sonde *sonde, const char *address, struct sonde_gdb_transport *ret);

/** Closes, and dismisses the guard: nothing is left to undo. A child process is ended. */
void sonde_gdb_transport_close(struct sonde_gdb_transport *transport);

/** Closes, and leaves to the guard what is still to undo. */
void sonde_gdb_transport_abandon(struct sonde_gdb_transport *transport);

/** Sends what fits at once; *@p ret may be 0. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_transport_send(
	struct sonde_gdb_transport *transport, const void *data, size_t length,
	size_t *ret);

enum sonde_gdb_patience {
	/** An answer is under way: one system call when it comes soon. */
	SONDE_GDB_WAIT_BRIEFLY,
	/** It may take for ever: an interrupt is noticed at once. */
	SONDE_GDB_WAIT_LONG,
};

/**
 * Receives at least one byte. SONDE_ERROR_TIMEOUT after @p deadline,
 * SONDE_ERROR_INTERRUPTED, SONDE_ERROR_IO when the other side has hung up.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_transport_receive(
	struct sonde_gdb_transport *transport, enum sonde_gdb_patience patience,
	int64_t deadline, void *buffer, size_t room, size_t *ret);

/** The same, of a socket, without taking it. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_transport_peek(
	struct sonde_gdb_transport *transport, int64_t deadline, void *buffer,
	size_t room, size_t *ret);

/** Waits until something can be sent or received. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_transport_poll(
	struct sonde_gdb_transport *transport, short events, int64_t deadline,
	short *ret);

#endif
