/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Framing of the GDB remote protocol: bytes to packets and back, no I/O.
 * Source: "Debugging with GDB", appendix E "GDB Remote Serial Protocol", Overview.
 *
 *   $payload#cc   a packet; cc is the sum of the raw payload bytes, modulo 256
 *   %payload#cc   a notification: never acknowledged
 *   + -           the last packet arrived well, or did not
 *   }x            x ^ 0x20: an escaped byte
 *   x*n           x, and again n - 29 times (run-length, in replies only)
 *
 * Ambiguities, and what is done here: text outside of packets (a console that
 * shares the line) is skipped and counted; a '$' inside of a packet begins a new
 * one, since the old one was cut off; a run at the start of a packet repeats
 * nothing and makes the packet corrupt, like an escape at its end.
 */
#ifndef SONDE_GDB_PACKET_H
#define SONDE_GDB_PACKET_H

#include "buffer.h"

enum {
	/** The longest packet that is taken, on the wire and after expansion (bytes). */
	SONDE_GDB_PACKET_MAX = 1 << 20,
	/** As much of the text outside of packets is kept for error messages (bytes). */
	SONDE_GDB_NOISE_KEPT = 40,
};

enum sonde_gdb_frame_kind {
	/** More bytes are needed. */
	SONDE_GDB_FRAME_NONE,
	SONDE_GDB_FRAME_ACK,
	SONDE_GDB_FRAME_NAK,
	SONDE_GDB_FRAME_PACKET,
	/** Empty if it arrived broken: nobody sends it again. */
	SONDE_GDB_FRAME_NOTIFICATION,
	/** A packet whose checksum, escapes or runs are wrong. */
	SONDE_GDB_FRAME_CORRUPT,
};

struct sonde_gdb_frame {
	enum sonde_gdb_frame_kind kind;
	/** Unescaped; valid until the framer is used again. Not NUL-terminated. */
	const char *data;
	size_t length;
};

/** A zeroed structure is ready for use. */
struct sonde_gdb_framer {
	struct sonde_buffer input;
	/** Everything before has been handed out. */
	size_t position;
	/** No end of packet before this place: where to go on looking. */
	size_t scanned;
	struct sonde_buffer expanded;
	size_t noise_length;
	char noise[SONDE_GDB_NOISE_KEPT];
};

void sonde_gdb_framer_deinit(struct sonde_gdb_framer *framer);

/** Where to put bytes that arrive, at least @p minimum of them; tell _commit how many. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_framer_room(
	struct sonde_gdb_framer *framer, size_t minimum, uint8_t **ret, size_t *room);
void sonde_gdb_framer_commit(struct sonde_gdb_framer *framer, size_t length);

/** The next frame; SONDE_ERROR_BAD_DATA for a packet that is too long. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_framer_next(
	struct sonde_gdb_framer *framer, struct sonde_gdb_frame *ret);

/** Appends "$payload#cc" to @p out, escaped as binary data needs it. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_packet_encode(
	struct sonde_buffer *out, const void *payload, size_t length);

#endif
