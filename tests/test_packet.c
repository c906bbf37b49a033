/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Framing: every way a packet can be written, cut, broken or buried in noise. */
#include "wire_check.h"

#include <stdio.h>

#include "hex.h"
#include "packet.h"

/* What came out of a framer, one line a frame: "$payload", "%payload", "+", "-", "!". */
struct seen {
	char text[8192];
	size_t length;
};

static void note(struct seen *seen, const struct sonde_gdb_frame *frame)
{
	static const char marks[] = {
		[SONDE_GDB_FRAME_ACK] = '+',
		[SONDE_GDB_FRAME_NAK] = '-',
		[SONDE_GDB_FRAME_PACKET] = '$',
		[SONDE_GDB_FRAME_NOTIFICATION] = '%',
		[SONDE_GDB_FRAME_CORRUPT] = '!',
	};
	bool has_payload = frame->kind == SONDE_GDB_FRAME_PACKET ||
			   frame->kind == SONDE_GDB_FRAME_NOTIFICATION;

	assert_true(seen->length + frame->length + 3 < sizeof(seen->text));
	seen->text[seen->length++] = marks[frame->kind];
	if (has_payload && frame->length) {
		memcpy(seen->text + seen->length, frame->data, frame->length);
		seen->length += frame->length;
	}
	seen->text[seen->length++] = '\n';
	seen->text[seen->length] = '\0';
}

static void push(struct sonde_gdb_framer *framer, const void *data, size_t length)
{
	uint8_t *room;
	size_t size;

	if (!length)
		return;
	check(sonde_gdb_framer_room(framer, length, &room, &size));
	assert_true(size >= length);
	memcpy(room, data, length);
	sonde_gdb_framer_commit(framer, length);
}

static void drain(struct sonde_gdb_framer *framer, struct seen *seen)
{
	struct sonde_gdb_frame frame;

	for (;;) {
		check(sonde_gdb_framer_next(framer, &frame));
		if (frame.kind == SONDE_GDB_FRAME_NONE)
			return;
		note(seen, &frame);
	}
}

/* Whole, a byte at a time, and cut in two at every place: always the same. */
static void check_frames(const char *wire, size_t length, const char *expected)
{
	for (size_t cut = 0; cut <= length + 1; cut++) {
		struct sonde_gdb_framer framer = {0};
		struct seen seen = {0};

		if (cut == length + 1) {
			for (size_t i = 0; i < length; i++) {
				push(&framer, wire + i, 1);
				drain(&framer, &seen);
			}
		} else {
			push(&framer, wire, cut);
			drain(&framer, &seen);
			push(&framer, wire + cut, length - cut);
			drain(&framer, &seen);
		}
		seen.text[seen.length] = '\0';
		assert_string_equal(seen.text, expected);
		sonde_gdb_framer_deinit(&framer);
	}
}

#define FRAMES(wire, expected) check_frames(wire, sizeof(wire) - 1, expected)

/* Appends @p payload as a stub would write it, without any escaping. */
static size_t frame_raw(char *to, char mark, const char *payload, size_t length)
{
	unsigned sum = 0;

	to[0] = mark;
	memcpy(to + 1, payload, length);
	for (size_t i = 0; i < length; i++)
		sum += (uint8_t)payload[i];
	sprintf(to + 1 + length, "#%02x", sum & 0xff);
	return length + 4;
}

static void check_expands(const char *payload, size_t length, const char *expected)
{
	char wire[512], line[512];
	size_t size = frame_raw(wire, '$', payload, length);

	snprintf(line, sizeof(line), "%s\n", expected);
	check_frames(wire, size, line);
}

#define EXPANDS(payload, expected) check_expands(payload, sizeof(payload) - 1, expected)

static void test_plain(void **state)
{
	(void)state;
	FRAMES("$OK#9a", "$OK\n");
	FRAMES("+$OK#9a", "+\n$OK\n");
	FRAMES("$#00", "$\n");
	FRAMES("+-+", "+\n-\n+\n");
	FRAMES("$OK#9A", "$OK\n");
	FRAMES("$OK#9a$E14#aa+", "$OK\n$E14\n+\n");
	FRAMES("", "");
}

static void test_notification(void **state)
{
	(void)state;
	FRAMES("%Stop:T05#99$OK#9a", "%Stop:T05\n$OK\n");
}

/* A notification is never asked for again, so a broken one is no broken packet. */
static void test_broken_notification(void **state)
{
	(void)state;
	FRAMES("%Stop:T05#ff$OK#9a", "%\n$OK\n");
}

static void test_escapes(void **state)
{
	(void)state;
	EXPANDS("}\x03", "$#");
	EXPANDS("a}\x04z", "$a$z");
	EXPANDS("}]", "$}");
	EXPANDS("}\x0a", "$*");
	EXPANDS("}\x0a*!", "$*****");
}

static void test_all_escaped_bytes(void **state)
{
	char payload[512], wire[600];
	struct sonde_gdb_framer framer = {0};
	struct sonde_gdb_frame frame;

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		payload[2 * i] = '}';
		payload[2 * i + 1] = (char)(i ^ 0x20);
	}
	/* '#' as the escaped character would end the packet, so no stub writes that. */
	payload[2 * ('#' ^ 0x20) + 1] = 'q';
	payload[2 * ('$' ^ 0x20) + 1] = 'q';
	push(&framer, wire, frame_raw(wire, '$', payload, sizeof(payload)));
	check(sonde_gdb_framer_next(&framer, &frame));
	assert_int_equal(frame.kind, SONDE_GDB_FRAME_PACKET);
	assert_int_equal(frame.length, 256);
	for (unsigned i = 0; i < 256; i++)
		if (i != ('#' ^ 0x20) && i != ('$' ^ 0x20))
			assert_int_equal((uint8_t)frame.data[i], i);
	sonde_gdb_framer_deinit(&framer);
}

static void test_runs(void **state)
{
	(void)state;
	EXPANDS("0* ", "$0000");
	EXPANDS("x0*\"", "$x000000");
	EXPANDS("a*!b*!", "$aaaaabbbbb");
	EXPANDS("0*!*!", "$000000000");
	EXPANDS("m1* 2", "$m11112");
}

static void test_longest_run(void **state)
{
	char expected[120] = "$", wire[16];
	size_t length = frame_raw(wire, '$', "7*~", 3);

	(void)state;
	memset(expected + 1, '7', 98);
	strcpy(expected + 99, "\n");
	check_frames(wire, length, expected);
}

/* What no stub may send: nothing to repeat, nothing behind the mark, bad counts. */
static void test_bad_runs_and_escapes(void **state)
{
	(void)state;
	EXPANDS("* ", "!");
	EXPANDS("*", "!");
	EXPANDS("a*", "!");
	EXPANDS("a*\x1f", "!");
	EXPANDS("a*\x1c", "!");
	EXPANDS("a*\x7f", "!");
	EXPANDS("a*\xff", "!");
	EXPANDS("a}", "!");
	EXPANDS("}", "!");
}

static void test_checksums(void **state)
{
	(void)state;
	FRAMES("$OK#9b", "!\n");
	FRAMES("$OK#00$OK#9a", "!\n$OK\n");
	FRAMES("$OK#zz$OK#9a", "!\n$OK\n");
	FRAMES("$OK#9", "");
}

/* A packet whose checksum was cut off must not take the next packet's start along. */
static void test_cut_checksum(void **state)
{
	(void)state;
	FRAMES("$OK#$E14#aa", "!\n$E14\n");
	FRAMES("$OK#9$E14#aa", "!\n$E14\n");
}

static void test_packet_inside(void **state)
{
	(void)state;
	FRAMES("$m12$OK#9a", "$OK\n");
	FRAMES("$$$OK#9a", "$OK\n");
	FRAMES("% of $OK#9a", "$OK\n");
}

static void test_noise(void **state)
{
	struct sonde_gdb_framer framer = {0};
	struct seen seen = {0};

	(void)state;
	FRAMES("login: \r\n$OK#9a", "$OK\n");
	FRAMES("\x01\x02\xff$OK#9a\n\n$E01#a6 bye", "$OK\n$E01\n");
	FRAMES("###$OK#9a", "$OK\n");
	push(&framer, "SSH", 3);
	drain(&framer, &seen);
	assert_int_equal(framer.noise_length, 3);
	assert_memory_equal(framer.noise, "SSH", 3);
	for (unsigned i = 0; i < 100; i++)
		push(&framer, "0123456789", 10);
	drain(&framer, &seen);
	assert_int_equal(framer.noise_length, 1003);
	assert_memory_equal(framer.noise, "SSH0123", 7);
	assert_int_equal(seen.length, 0);
	sonde_gdb_framer_deinit(&framer);
}

static void fill_with(struct sonde_gdb_framer *framer, char byte, size_t length)
{
	uint8_t *room;
	size_t size;

	check(sonde_gdb_framer_room(framer, length, &room, &size));
	memset(room, byte, length);
	sonde_gdb_framer_commit(framer, length);
}

static void test_longest_packet(void **state)
{
	struct sonde_gdb_framer framer = {0};
	struct sonde_gdb_frame frame;
	uint8_t sum = (uint8_t)(SONDE_GDB_PACKET_MAX * (unsigned)'0');
	char digits[2];

	(void)state;
	push(&framer, "$", 1);
	fill_with(&framer, '0', SONDE_GDB_PACKET_MAX);
	check(sonde_gdb_framer_next(&framer, &frame));
	assert_int_equal(frame.kind, SONDE_GDB_FRAME_NONE);
	sonde_hex_encode(&sum, 1, digits);
	push(&framer, "#", 1);
	push(&framer, digits, 2);
	check(sonde_gdb_framer_next(&framer, &frame));
	assert_int_equal(frame.kind, SONDE_GDB_FRAME_PACKET);
	assert_int_equal(frame.length, SONDE_GDB_PACKET_MAX);
	sonde_gdb_framer_deinit(&framer);
}

/* Refused before its end is seen; what follows is found again. */
static void test_too_long(void **state)
{
	struct sonde_gdb_framer framer = {0};
	struct sonde_gdb_frame frame;

	(void)state;
	push(&framer, "$", 1);
	fill_with(&framer, '0', SONDE_GDB_PACKET_MAX + 1);
	check_fails(sonde_gdb_framer_next(&framer, &frame), SONDE_ERROR_BAD_DATA);
	push(&framer, "00#00$OK#9a", 11);
	check(sonde_gdb_framer_next(&framer, &frame));
	assert_int_equal(frame.kind, SONDE_GDB_FRAME_PACKET);
	assert_int_equal(frame.length, 2);
	sonde_gdb_framer_deinit(&framer);
}

/* A few bytes on the wire must not become gigabytes. */
static void test_runs_are_bounded(void **state)
{
	struct sonde_gdb_framer framer = {0};
	struct sonde_gdb_frame frame;
	size_t runs = SONDE_GDB_PACKET_MAX / 97 + 1;
	unsigned sum = '0';
	uint8_t byte;
	char digits[2];

	(void)state;
	push(&framer, "$0", 2);
	for (size_t i = 0; i < runs; i++) {
		push(&framer, "*~", 2);
		sum += '*' + '~';
	}
	byte = (uint8_t)sum;
	sonde_hex_encode(&byte, 1, digits);
	push(&framer, "#", 1);
	push(&framer, digits, 2);
	check(sonde_gdb_framer_next(&framer, &frame));
	assert_int_equal(frame.kind, SONDE_GDB_FRAME_CORRUPT);
	sonde_gdb_framer_deinit(&framer);
}

/* Many packets, pushed in odd pieces: the buffer is reused, not grown for ever. */
static void test_long_stream(void **state)
{
	struct sonde_gdb_framer framer = {0};
	struct sonde_gdb_frame frame;
	unsigned packets = 0;
	char wire[64];
	size_t length = frame_raw(wire, '$', "0123456789abcdef", 16);

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		size_t cut = i % length;

		push(&framer, wire, cut);
		check(sonde_gdb_framer_next(&framer, &frame));
		assert_int_equal(frame.kind, SONDE_GDB_FRAME_NONE);
		push(&framer, wire + cut, length - cut);
		check(sonde_gdb_framer_next(&framer, &frame));
		assert_int_equal(frame.kind, SONDE_GDB_FRAME_PACKET);
		assert_memory_equal(frame.data, "0123456789abcdef", 16);
		packets++;
	}
	assert_int_equal(packets, 20000);
	assert_true(framer.input.capacity <= 4096);
	sonde_gdb_framer_deinit(&framer);
}

/* --- encoding ------------------------------------------------------------------- */

static void check_encoded(const char *payload, size_t length, const char *expected)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer out = {0};

	check(sonde_gdb_packet_encode(&out, payload, length));
	assert_int_equal(out.length, strlen(expected));
	assert_memory_equal(out.data, expected, out.length);
}

static void test_encode(void **state)
{
	(void)state;
	check_encoded("", 0, "$#00");
	check_encoded("OK", 2, "$OK#9a");
	check_encoded("?", 1, "$?#3f");
	check_encoded("$", 1, "$}\x04#81");
	check_encoded("#", 1, "$}\x03#80");
	check_encoded("}", 1, "$}]#da");
	check_encoded("*", 1, "$}\x0a#87");
}

static void test_encode_appends(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer out = {0};

	(void)state;
	check(sonde_buffer_append(&out, "+", 1));
	check(sonde_gdb_packet_encode(&out, "g", 1));
	check(sonde_gdb_packet_encode(&out, "?", 1));
	assert_int_equal(out.length, 11);
	assert_memory_equal(out.data, "+$g#67$?#3f", 11);
}

static void test_round_trip_of_every_byte(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer out = {0};
	struct sonde_gdb_framer framer = {0};
	struct sonde_gdb_frame frame;
	uint8_t payload[512];

	(void)state;
	for (unsigned i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i < 256 ? i : 511 - i);
	check(sonde_gdb_packet_encode(&out, payload, sizeof(payload)));
	assert_null(memchr(out.data + 1, '$', out.length - 1));
	push(&framer, out.data, out.length);
	check(sonde_gdb_framer_next(&framer, &frame));
	assert_int_equal(frame.kind, SONDE_GDB_FRAME_PACKET);
	assert_int_equal(frame.length, sizeof(payload));
	assert_memory_equal(frame.data, payload, sizeof(payload));
	sonde_gdb_framer_deinit(&framer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_notification),
		cmocka_unit_test(test_broken_notification),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_all_escaped_bytes),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_longest_run),
		cmocka_unit_test(test_bad_runs_and_escapes),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_cut_checksum),
		cmocka_unit_test(test_packet_inside),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_longest_packet),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_runs_are_bounded),
		cmocka_unit_test(test_long_stream),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_appends),
		cmocka_unit_test(test_round_trip_of_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
