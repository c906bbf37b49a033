/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From bytes to the messages of QMP, whatever reads they come in. Each is one JSON object
 * (QEMU's docs/interop/qmp-spec.txt, 2.1 and 2.4); where one ends is found by counting
 * brackets, not lines, since a monitor with pretty=on spreads one over many.
 *
 * The sender is not trusted: length, depth and the number of values are bounded before
 * anything is made of a message. UTF-8 is not looked at: a guest's output may be
 * anything.
 */
#ifndef SONDE_QEMU_QMP_PARSER_H
#define SONDE_QEMU_QMP_PARSER_H

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>

#include "buffer.h"

enum {
	/** The longest message (bytes). */
	SONDE_QMP_MESSAGE_MAX = 16 << 20,
	/** The deepest nesting. QEMU's own messages stay below 10, but for
	   `query-qmp-schema`. */
	SONDE_QMP_DEPTH_MAX = 64,
	/** The most values in a message; each may cost some hundred bytes of memory. */
	SONDE_QMP_VALUES_MAX = 1 << 17,
};

/** A zeroed one is empty. */
struct sonde_qmp_parser {
	struct sonde_buffer input;
	/** Where the message begins that is being read, and what was looked at of it. */
	size_t position;
	size_t scanned;
	unsigned depth;
	size_t values;
	bool in_string;
	bool escaped;
	struct json_tokener *tokener;
};

enum sonde_qmp_kind {
	/** More bytes are needed. */
	SONDE_QMP_NONE,
	SONDE_QMP_GREETING,
	SONDE_QMP_EVENT,
	SONDE_QMP_RETURN,
	SONDE_QMP_ERROR,
	/** An object of no kind that is known. */
	SONDE_QMP_OTHER,
};

struct sonde_qmp_message {
	enum sonde_qmp_kind kind;
	/** All of it, owned; NULL for SONDE_QMP_NONE. */
	struct json_object *object;
	/** Of a reply; 0: it has none that is ours. */
	uint64_t id;
	/** Borrowed: what "return", "error" or an event's "data" holds. May be NULL. */
	struct json_object *content;
	/** Borrowed: an event's name. */
	const char *event;
};

void sonde_qmp_parser_deinit(struct sonde_qmp_parser *parser);
void sonde_qmp_message_deinit(struct sonde_qmp_message *message);

/** Where at least @p minimum bytes may be written; then commit those that were. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_parser_room(
	struct sonde_qmp_parser *parser, size_t minimum, uint8_t **ret, size_t *room);
void sonde_qmp_parser_commit(struct sonde_qmp_parser *parser, size_t length);

/**
 * The next message. SONDE_ERROR_PROTOCOL for what is no JSON object or exceeds a bound:
 * nothing that follows can be understood then.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_parser_next(
	struct sonde_qmp_parser *parser, struct sonde_qmp_message *ret);

/**
 * What has come and was not taken. Borrowed until the parser is used again, no NUL at
 * its end.
 */
const char *sonde_qmp_parser_rest(const struct sonde_qmp_parser *parser, size_t *length);

#endif
