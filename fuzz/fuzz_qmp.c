/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a monitor sends. The first byte says in how large pieces it comes; read at once it
 * must be the same messages.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "qmp_greeting.h"
#include "qmp_parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read of it. */
struct summary {
	unsigned messages[SONDE_QMP_OTHER + 1];
	uint64_t ids;
	bool is_broken;
};

static void look_at(const struct sonde_qmp_message *message, struct summary *summary)
{
	if (!json_object_is_type(message->object, json_type_object))
		abort();
	if (message->kind == SONDE_QMP_EVENT && !message->event)
		abort();
	summary->messages[message->kind]++;
	summary->ids += message->id;
}

/* A message is at its end with the last byte, so each piece is looked at. */
static void read_piece(struct sonde_qmp_parser *parser, struct summary *summary)
{
	struct sonde_qmp_message message;

	for (;;) {
		struct sonde_error *error = sonde_qmp_parser_next(parser, &message);

		if (error) {
			const char *rest;
			size_t length;

			sonde_error_destroy(error);
			rest = sonde_qmp_parser_rest(parser, &length);
			sonde_error_destroy(sonde_qmp_stranger(rest, length));
			summary->is_broken = true;
			return;
		}
		if (message.kind == SONDE_QMP_NONE)
			return;
		look_at(&message, summary);
		sonde_qmp_message_deinit(&message);
	}
}

static struct summary read_all(const uint8_t *data, size_t size, size_t piece)
{
	struct sonde_qmp_parser parser = {0};
	struct summary summary = {0};

	while (size && !summary.is_broken) {
		size_t length = size < piece ? size : piece, room;
		uint8_t *place;

		sonde_error_destroy(
			sonde_qmp_parser_room(&parser, length, &place, &room));
		if (room < length)
			abort();
		memcpy(place, data, length);
		sonde_qmp_parser_commit(&parser, length);
		read_piece(&parser, &summary);
		data += length;
		size -= length;
	}
	sonde_qmp_parser_deinit(&parser);
	return summary;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct summary in_pieces, at_once;

	if (!size)
		return 0;
	in_pieces = read_all(data + 1, size - 1, data[0] % 64 + 1);
	at_once = read_all(data + 1, size - 1, size);
	if (memcmp(in_pieces.messages, at_once.messages, sizeof(at_once.messages)) != 0 ||
		in_pieces.ids != at_once.ids || in_pieces.is_broken != at_once.is_broken)
		abort();
	return 0;
}
