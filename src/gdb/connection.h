/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests and replies over a transport: acknowledgements, resends, timeouts,
 * several requests in flight.
 *
 * Acknowledgements ride in front of the next packet and are never sent on their
 * own: on TCP a lone one costs 40 ms, and to a QEMU that runs again it would be a
 * stray byte, which stops the guest. On an unreliable line, a packet that is not
 * acknowledged within a second is sent again, three times.
 */
#ifndef SONDE_GDB_CONNECTION_H
#define SONDE_GDB_CONNECTION_H

#include "packet.h"
#include "rules.h"
#include "transport.h"

struct sonde_gdb_connection {
	struct sonde_gdb_transport transport;
	struct sonde_gdb_framer framer;
	struct sonde_gdb_rules rules;
	/** Encoded packets that wait to be sent. */
	struct sonde_buffer out;
	/** The last packet as it was sent, for the stub that did not get it. */
	struct sonde_buffer last;
	/** Packets are acknowledged, in both directions. */
	bool acks;
	/** What came last has not been acknowledged yet. */
	bool ack_owed;
	/**
	 * The stub waits for an acknowledgement of what the target prints while it
	 * runs. False for QEMU, which any byte would stop.
	 */
	bool acks_output;
	/** The stub has acknowledged what we sent last. */
	bool acknowledged;
	/** What we sent last was sent again, and may be answered as often. */
	bool resent;
	/** Several requests are under way: nobody knows which of them a '-' means. */
	bool several;
	/** Nothing more can be said: it hung up. */
	bool dead;
	/** Replies that nobody waited for to the end: they are dropped first. */
	unsigned stale;
	/** A reply may still come, or never: the stream is lined up again first. */
	bool unsure;
	/** How often that was done: replies taken before may be other requests'. */
	unsigned lined_up;
	/**
	 * That connecting has stopped a running target is noted in the journal before it
	 * is taken from the socket, where the guard would find it.
	 */
	bool note_arrival;
	/** A stop reply that came when another reply was expected, or empty. */
	struct sonde_buffer unsolicited;
	/**
	 * What can be sent to find the place in the stream again, and how its reply
	 * begins.
	 */
	struct sonde_buffer marker, marker_reply;
	/** For tests and the bench. */
	uint64_t packets_sent;
	uint64_t packets_received;
};

/** Borrowed from the connection until it is used again. NUL-terminated copies are not
 * made. */
struct sonde_gdb_reply {
	const char *data;
	size_t length;
};

SONDE_NODISCARD struct sonde_error *sonde_gdb_connection_open(
	struct sonde_gdb_connection *connection, struct sonde *sonde,
	const char *address);
/** A zeroed connection is allowed. */
void sonde_gdb_connection_close(struct sonde_gdb_connection *connection);
/** The same, but that the guard undoes what is still to undo. */
void sonde_gdb_connection_abandon(struct sonde_gdb_connection *connection);

/** Sends one packet and returns its reply. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_exchange(
	struct sonde_gdb_connection *connection, const void *payload, size_t length,
	struct sonde_gdb_reply *ret);

/** The same, for text. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_ask(struct sonde_gdb_connection *connection,
	struct sonde_gdb_reply *ret, const char *format, ...) PRINTF(3, 4);

/** Lines the stream up after replies that did not come or were not waited for. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_settle(
	struct sonde_gdb_connection *connection);

/* For several requests in flight: settle, queue them, flush, receive as
 * many replies. */

/** Checks against the rules, encodes and keeps back. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_queue(
	struct sonde_gdb_connection *connection, const void *payload, size_t length);
SONDE_NODISCARD struct sonde_error *sonde_gdb_flush(
	struct sonde_gdb_connection *connection);
/** The reply to the oldest request. SONDE_ERROR_BAD_DATA: it arrived broken. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_receive(
	struct sonde_gdb_connection *connection, struct sonde_gdb_reply *ret);
/** Says that @p count replies are still to come and nobody will wait for them. */
void sonde_gdb_abandon(struct sonde_gdb_connection *connection, unsigned count);

/**
 * Waits for the stop reply of a target that runs. @p timeout_ms below 0: for ever.
 * Console output goes to the log.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_receive_stop(
	struct sonde_gdb_connection *connection, int timeout_ms,
	struct sonde_gdb_reply *ret);

/**
 * Waits, like sonde_gdb_receive_stop(), until a stop reply is there, and leaves it there.
 * *@p ret is false where something else has come, or where it cannot be seen from here.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_expect_stop(
	struct sonde_gdb_connection *connection, int timeout_ms, bool *ret);

/**
 * Sends the interrupt byte, the only thing a running stub may be sent; where the address
 * asks for it, a BREAK and a 'g', which the kernel's console takes for a call of KGDB.
 * Either may get lost there: who waits for the stop sends them again.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_send_break(
	struct sonde_gdb_connection *connection);

/**
 * Acknowledges what came last, at once: a stub that waits for it keeps its target
 * stopped. Does nothing for QEMU, which may run.
 */
SONDE_NODISCARD struct sonde_error *sonde_gdb_acknowledge(
	struct sonde_gdb_connection *connection);

static inline bool sonde_gdb_reply_is(
	const struct sonde_gdb_reply *reply, const char *text)
{
	return reply->length == __builtin_strlen(text) &&
	       !__builtin_memcmp(reply->data, text, reply->length);
}

/** No packet has ever come, but something else has: whoever is there is no stub. */
bool sonde_gdb_is_no_stub(const struct sonde_gdb_connection *connection);

/** "Enn", or "E.text". */
bool sonde_gdb_reply_is_error(const struct sonde_gdb_reply *reply);

/** A protocol error that quotes @p reply. */
struct sonde_error *sonde_gdb_unexpected(const struct sonde_gdb_reply *reply) NEVER_NULL;

#if defined(__clang_analyzer__) && !defined(SONDE_GDB_CONNECTION_IMPLEMENTATION)
#define sonde_gdb_unexpected(reply) sonde_error_not_null(sonde_gdb_unexpected(reply))
#endif

#endif
