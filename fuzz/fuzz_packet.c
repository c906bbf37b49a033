/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes from a stub, in pieces of the size that the first one tells; then the same
 * bytes as a payload, which must come back as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void push(struct sonde_gdb_framer *framer, const uint8_t *data, size_t size)
{
	uint8_t *room;
	size_t length;

	if (sonde_gdb_framer_room(framer, size, &room, &length))
		abort();
	if (length < size)
		abort();
	if (size)
		memcpy(room, data, size);
	sonde_gdb_framer_commit(framer, size);
}

/* Every byte of each frame is looked at; how many there are is bounded. */
static void drain(struct sonde_gdb_framer *framer, size_t bytes)
{
	volatile unsigned sum = 0;

	(void)sum;

	for (size_t frames = 0;; frames++) {
		struct sonde_gdb_frame frame;
		struct sonde_error *error = sonde_gdb_framer_next(framer, &frame);

		if (error || frame.kind == SONDE_GDB_FRAME_NONE) {
			sonde_error_destroy(error);
			return;
		}
		for (size_t i = 0; i < frame.length; i++)
			sum = sum + (uint8_t)frame.data[i];
		if (frames > bytes)
			abort();
	}
}

static void check_round_trip(const uint8_t *data, size_t size)
{
	struct sonde_gdb_framer framer = {0};
	struct sonde_buffer wire = {0};
	struct sonde_gdb_frame frame;

	if (sonde_gdb_packet_encode(&wire, data, size))
		abort();
	push(&framer, wire.data, wire.length);
	if (sonde_gdb_framer_next(&framer, &frame))
		abort();
	if (frame.kind != SONDE_GDB_FRAME_PACKET || frame.length != size)
		abort();
	if (size && memcmp(frame.data, data, size))
		abort();
	sonde_buffer_deinit(&wire);
	sonde_gdb_framer_deinit(&framer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_gdb_framer framer = {0};
	size_t piece;

	if (!size)
		return 0;
	piece = data[0] ? data[0] : size;
	data++;
	size--;
	for (size_t at = 0; at < size; at += piece) {
		push(&framer, data + at, size - at < piece ? size - at : piece);
		drain(&framer, size);
	}
	sonde_gdb_framer_deinit(&framer);
	check_round_trip(data, size);
	return 0;
}
