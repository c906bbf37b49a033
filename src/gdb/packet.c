/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "hex.h"
#include "packet.h"

void sonde_gdb_framer_deinit(struct sonde_gdb_framer *framer)
{
	sonde_buffer_deinit(&framer->input);
	sonde_buffer_deinit(&framer->expanded);
}

struct sonde_error *sonde_gdb_framer_room(
	struct sonde_gdb_framer *framer, size_t minimum, uint8_t **ret, size_t *room)
{
	struct sonde_buffer *input = &framer->input;

	if (framer->position == input->length) {
		input->length = 0;
		framer->position = framer->scanned = 0;
	} else if (input->capacity - input->length < minimum && framer->position) {
		sonde_buffer_consume(input, framer->position);
		framer->scanned = framer->scanned > framer->position
					  ? framer->scanned - framer->position
					  : 0;
		framer->position = 0;
	}
	CHECK(sonde_buffer_reserve(input, minimum));
	*ret = input->data + input->length;
	*room = input->capacity - input->length;
	return NULL;
}

void sonde_gdb_framer_commit(struct sonde_gdb_framer *framer, size_t length)
{
	framer->input.length += length;
}

static void keep_noise(struct sonde_gdb_framer *framer, uint8_t byte)
{
	if (framer->noise_length < sizeof(framer->noise))
		framer->noise[framer->noise_length] = (char)byte;
	framer->noise_length++;
}

/* Skips to something that starts a frame; false if there is nothing. */
static bool find_start(struct sonde_gdb_framer *framer)
{
	const struct sonde_buffer *input = &framer->input;

	for (; framer->position < input->length; framer->position++) {
		uint8_t byte = input->data[framer->position];

		if (byte == '$' || byte == '%' || byte == '+' || byte == '-')
			return true;
		keep_noise(framer, byte);
	}
	return false;
}

static uint8_t sum_of(const uint8_t *data, size_t length)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += data[i];
	return sum;
}

static bool is_plain(const uint8_t *data, size_t length)
{
	return !memchr(data, '}', length) && !memchr(data, '*', length);
}

/* Undoes escapes and runs; false for what no stub may send. */
static struct sonde_error *expand(
	struct sonde_buffer *out, const uint8_t *data, size_t length, bool *corrupt)
{
	out->length = 0;
	*corrupt = true;
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = data[i];

		if (byte == '*') {
			int times = i + 1 < length ? data[i + 1] - 29 : 0;

			if (times < 3 || times > 97 || !out->length)
				return NULL;
			CHECK(sonde_buffer_reserve(out, (size_t)times));
			memset(out->data + out->length, out->data[out->length - 1],
				(size_t)times);
			out->length += (size_t)times;
			i++;
		} else {
			if (byte == '}') {
				if (++i == length)
					return NULL;
				byte = data[i] ^ 0x20;
			}
			CHECK(sonde_buffer_append(out, &byte, 1));
		}
		if (out->length > SONDE_GDB_PACKET_MAX)
			return NULL;
	}
	*corrupt = false;
	return NULL;
}

/* [start, end) is a packet's payload on the wire, with two digits behind '#'. */
static struct sonde_error *take_packet(struct sonde_gdb_framer *framer, size_t start,
	size_t end, struct sonde_gdb_frame *ret)
{
	const uint8_t *data = framer->input.data + start;
	size_t length = end - start;
	bool corrupt = false;
	uint8_t expected;

	ret->data = (const char *)data;
	ret->length = length;
	if (!sonde_hex_decode((const char *)framer->input.data + end + 1, 1, &expected) ||
		expected != sum_of(data, length)) {
		corrupt = true;
	} else if (!is_plain(data, length)) {
		CHECK(expand(&framer->expanded, data, length, &corrupt));
		ret->data = (const char *)framer->expanded.data;
		ret->length = framer->expanded.length;
	}
	ret->kind =
		data[-1] == '$' ? SONDE_GDB_FRAME_PACKET : SONDE_GDB_FRAME_NOTIFICATION;
	if (corrupt && ret->kind == SONDE_GDB_FRAME_PACKET)
		ret->kind = SONDE_GDB_FRAME_CORRUPT;
	else if (corrupt)
		ret->length = 0;
	return NULL;
}

struct sonde_error *sonde_gdb_framer_next(
	struct sonde_gdb_framer *framer, struct sonde_gdb_frame *ret)
{
	const struct sonde_buffer *input = &framer->input;
	const uint8_t *hash, *restart;
	size_t start, end;

	*ret = (struct sonde_gdb_frame){.kind = SONDE_GDB_FRAME_NONE};
	if (!find_start(framer))
		return NULL;
	start = framer->position + 1;
	if (input->data[start - 1] == '+' || input->data[start - 1] == '-') {
		ret->kind = input->data[start - 1] == '+' ? SONDE_GDB_FRAME_ACK
							  : SONDE_GDB_FRAME_NAK;
		framer->position = start;
		return NULL;
	}
	if (framer->scanned < start)
		framer->scanned = start;
	hash = memchr(
		input->data + framer->scanned, '#', input->length - framer->scanned);
	end = hash ? (size_t)(hash - input->data) : input->length;
	if (end - start > SONDE_GDB_PACKET_MAX) {
		framer->position = framer->scanned = end;
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"a packet is longer than %d bytes", SONDE_GDB_PACKET_MAX);
	}
	framer->scanned = end;
	if (!hash || end + 3 > input->length)
		return NULL;
	restart = memrchr(input->data + start, '$', end - start);
	if (restart)
		start = (size_t)(restart - input->data) + 1;
	framer->position = end + 3;
	/* What stands where a checksum was cut off may be the next packet's start. */
	restart = memchr(input->data + end + 1, '$', 2);
	if (restart)
		framer->position = (size_t)(restart - input->data);
	framer->scanned = framer->position;
	return take_packet(framer, start, end, ret);
}

/* The bytes that mean something else on the wire. */
static const bool escaped[256] = {['$'] = true, ['#'] = true, ['}'] = true, ['*'] = true};

struct sonde_error *sonde_gdb_packet_encode(
	struct sonde_buffer *out, const void *payload, size_t length)
{
	const uint8_t *data = payload;
	uint8_t sum = 0;
	uint8_t *to;

	CHECK(sonde_buffer_reserve(out, 2 * length + 4));
	to = out->data + out->length;
	*to++ = '$';
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = data[i];

		if (escaped[byte]) {
			*to++ = '}';
			sum += '}';
			byte ^= 0x20;
		}
		*to++ = byte;
		sum += byte;
	}
	*to++ = '#';
	sonde_hex_encode(&sum, 1, (char *)to);
	out->length = (size_t)(to + 2 - out->data);
	return NULL;
}
