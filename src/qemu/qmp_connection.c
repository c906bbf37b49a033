/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <string.h>

#include "clock.h"
#include "qmp_connection.h"
#include "qmp_socket.h"

enum {
	RECEIVE_BYTES = 1 << 16,
	/** So many reads sonde_qmp_poll() makes: a flood of events must not hold us. */
	POLLS_MAX = 16,
};

struct sonde_error *sonde_qmp_check_alive(const struct sonde_qmp_connection *connection)
{
	if (!connection->dead)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_IO, "%s", connection->dead),
		"connect to the monitor anew");
}

/* Hands @p error on; what cannot be gone on after is remembered. */
static struct sonde_error *note(
	struct sonde_qmp_connection *connection, struct sonde_error *error)
{
	if (sonde_error_is(error, SONDE_ERROR_IO) && !connection->dead)
		connection->dead = "QEMU has closed the connection, or has ended";
	if (sonde_error_is(error, SONDE_ERROR_PROTOCOL) && !connection->dead)
		connection->dead = "the monitor is not understood any more";
	return error;
}

/* --- out -------------------------------------------------------------------------- */

struct sonde_error *sonde_qmp_queue(struct sonde_qmp_connection *connection,
	const char *command, struct json_object *arguments)
{
	struct json_object *request = json_object_new_object();
	struct sonde_error *error;
	const char *text;
	size_t length;

	if (!request)
		return sonde_error_no_memory();
	json_object_object_add(request, "execute", json_object_new_string(command));
	if (arguments)
		json_object_object_add(request, "arguments", json_object_get(arguments));
	json_object_object_add(
		request, "id", json_object_new_int64((int64_t)(connection->id + 1)));
	text = json_object_to_json_string_length(
		request, JSON_C_TO_STRING_PLAIN, &length);
	error = text ? sonde_buffer_reserve(&connection->out, length + 1)
		     : sonde_error_no_memory();
	if (!error) {
		memcpy(connection->out.data + connection->out.length, text, length);
		connection->out.data[connection->out.length + length] = '\n';
		connection->out.length += length + 1;
		connection->id++;
		connection->outstanding++;
		sonde_qmp_log(connection->qmp.sonde, "->", text, length);
	}
	json_object_put(request);
	return error;
}

struct sonde_error *sonde_qmp_flush(
	struct sonde_qmp_connection *connection, int64_t deadline)
{
	struct sonde_error *error;
	size_t sent;

	/* Half a request must not stay: nothing can follow it. */
	connection->qmp.sonde->uninterruptible++;
	error = note(connection,
		sonde_qmp_socket_send(connection->qmp.sonde, connection->fd, deadline,
			connection->out.data, connection->out.length, &sent));
	connection->qmp.sonde->uninterruptible--;
	connection->out.length = 0;
	if (error && !connection->dead)
		connection->dead = "QEMU does not read what it is sent";
	if (error)
		connection->qmp.meanwhile = NULL;
	sonde_qmp_use_time(&connection->qmp);
	return error;
}

/* --- in --------------------------------------------------------------------------- */

struct sonde_error *sonde_qmp_fill(
	struct sonde_qmp_connection *connection, int64_t deadline)
{
	uint8_t *room;
	size_t size, got;

	/* Here, since bytes without end, or replies to nothing, are no answer either. */
	if (sonde_deadline_left(deadline) == 0)
		return sonde_error_create(SONDE_ERROR_TIMEOUT,
			"QEMU did not answer within %u ms",
			connection->qmp.sonde->timeout_ms);
	CHECK(sonde_qmp_parser_room(&connection->parser, RECEIVE_BYTES, &room, &size));
	CHECK(note(connection, sonde_qmp_socket_receive(connection->qmp.sonde,
				       connection->fd, deadline, room, size, &got)));
	sonde_qmp_parser_commit(&connection->parser, got);
	return NULL;
}

/* The next message that has come; events are told of and passed over. */
static struct sonde_error *next_ready(
	struct sonde_qmp_connection *connection, struct sonde_qmp_message *ret)
{
	for (;;) {
		struct sonde_qmp_message message;
		size_t length;
		const char *text = sonde_qmp_parser_rest(&connection->parser, &length);

		CHECK(note(connection,
			sonde_qmp_parser_next(&connection->parser, &message)));
		if (message.kind != SONDE_QMP_NONE)
			sonde_qmp_log(connection->qmp.sonde, "<-", text, length);
		if (message.kind != SONDE_QMP_EVENT) {
			*ret = message;
			return NULL;
		}
		if (connection->listener.event)
			connection->listener.event(connection->listener.user,
				message.event, message.content);
		sonde_qmp_message_deinit(&message);
	}
}

struct sonde_error *sonde_qmp_next(struct sonde_qmp_connection *connection,
	int64_t deadline, struct sonde_qmp_message *ret)
{
	for (;;) {
		struct sonde_qmp_message message;

		CHECK(next_ready(connection, &message));
		if (message.kind != SONDE_QMP_NONE) {
			*ret = message;
			return NULL;
		}
		CHECK(sonde_qmp_fill(connection, deadline));
	}
}

static void note_reply(
	struct sonde_qmp_connection *connection, const struct sonde_qmp_message *message)
{
	if (message->id && message->id <= connection->id && connection->outstanding)
		connection->outstanding--;
}

struct sonde_error *sonde_qmp_receive_reply(struct sonde_qmp_connection *connection,
	uint64_t first, size_t count, int64_t deadline, size_t *ret_index,
	struct sonde_qmp_message *ret)
{
	for (;;) {
		struct sonde_qmp_message message;
		bool wanted, unnumbered;

		CHECK(sonde_qmp_next(connection, deadline, &message));
		note_reply(connection, &message);
		unnumbered = message.kind == SONDE_QMP_ERROR && !message.id;
		wanted = message.id >= first && message.id - first < count;
		if (wanted || unnumbered) {
			*ret_index = unnumbered ? 0 : (size_t)(message.id - first);
			*ret = message;
			return NULL;
		}
		sonde_qmp_message_deinit(&message);
	}
}

struct sonde_error *sonde_qmp_make_place(
	struct sonde_qmp_connection *connection, int64_t deadline)
{
	while (connection->outstanding >= SONDE_QMP_OUTSTANDING_MAX) {
		struct sonde_qmp_message message;

		CHECK(sonde_qmp_next(connection, deadline, &message));
		note_reply(connection, &message);
		sonde_qmp_message_deinit(&message);
	}
	return NULL;
}

/* Takes what has been read already. */
static struct sonde_error *drain(struct sonde_qmp_connection *connection)
{
	bool more = true;

	while (more) {
		struct sonde_qmp_message message;

		CHECK(next_ready(connection, &message));
		more = message.kind != SONDE_QMP_NONE;
		note_reply(connection, &message);
		sonde_qmp_message_deinit(&message);
	}
	return NULL;
}

struct sonde_error *sonde_qmp_take_events(struct sonde_qmp_connection *connection)
{
	CHECK(sonde_qmp_check_alive(connection));
	CHECK(drain(connection));
	for (unsigned i = 0; i < POLLS_MAX; i++) {
		uint8_t *room;
		size_t size, got;

		CHECK(sonde_qmp_parser_room(
			&connection->parser, RECEIVE_BYTES, &room, &size));
		CHECK(note(connection,
			sonde_qmp_socket_receive_now(connection->fd, room, size, &got)));
		if (!got)
			break;
		sonde_qmp_parser_commit(&connection->parser, got);
		CHECK(drain(connection));
	}
	return NULL;
}
