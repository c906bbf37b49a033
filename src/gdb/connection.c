/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "clock.h"
#define SONDE_GDB_CONNECTION_IMPLEMENTATION
#include "connection.h"
#include "hex.h"

enum {
	RECEIVE_BYTES = 1 << 16,
	ATTEMPTS = 3,
	/** So many receives are made before the clock is looked at. */
	FILLS_UNCHECKED = 8,
	/** On a line that loses bytes: how long to wait for an acknowledgement. */
	RESEND_MS = 1000,
	/** After an answer that did not come: quiet for so long counts as lined up. */
	QUIET_MS = 200,
	/**
	 * Before a BREAK, since QEMU lets one overtake the bytes that it reads with it.
	 * And before the 'g': a UART tells that a BREAK came, not which byte it was, so
	 * the kernel must have read the one before the other arrives.
	 */
	BREAK_GAP_MS = 100,
	/** More replies than this are never dropped in search of the right one. */
	STALE_MAX = 256,
};

struct sonde_error *sonde_gdb_connection_open(
	struct sonde_gdb_connection *connection, struct sonde *sonde, const char *address)
{
	memset(connection, 0, sizeof(*connection));
	connection->transport.fd = -1;
	connection->acks = true;
	connection->rules.read_limit = 198;
	CHECK(sonde_gdb_transport_open(sonde, address, &connection->transport));
	connection->note_arrival =
		connection->transport.guard && connection->transport.is_socket;
	return NULL;
}

static void free_buffers(struct sonde_gdb_connection *connection)
{
	sonde_gdb_framer_deinit(&connection->framer);
	sonde_buffer_deinit(&connection->out);
	sonde_buffer_deinit(&connection->last);
	sonde_buffer_deinit(&connection->unsolicited);
	sonde_buffer_deinit(&connection->marker);
	sonde_buffer_deinit(&connection->marker_reply);
}

void sonde_gdb_connection_close(struct sonde_gdb_connection *connection)
{
	if (!connection->transport.sonde)
		return;
	sonde_gdb_transport_close(&connection->transport);
	free_buffers(connection);
}

void sonde_gdb_connection_abandon(struct sonde_gdb_connection *connection)
{
	sonde_gdb_transport_abandon(&connection->transport);
	free_buffers(connection);
}

static void log_bytes(const struct sonde_gdb_connection *connection,
	const char *direction, const void *data, size_t length)
{
	const struct sonde_log *log = &connection->transport.sonde->log;
	const unsigned char *bytes = data;
	char text[300];
	size_t used = 0;

	if (!sonde_log_wants(log, SONDE_LOG_DEBUG))
		return;
	for (size_t i = 0; i < length && used < sizeof(text) - 8; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			isprint(bytes[i]) ? "%c" : "\\x%02x", bytes[i]);
	text[used] = '\0';
	sonde_log(log, SONDE_LOG_DEBUG, "%s %s (%zu bytes)", direction, text, length);
}

/* --- out ------------------------------------------------------------------------ */

/* Sends everything; what arrives meanwhile is taken in, so that nobody gets stuck. */
static struct sonde_error *send_all(
	struct sonde_gdb_connection *connection, const uint8_t *data, size_t length)
{
	struct sonde_gdb_transport *transport = &connection->transport;
	int64_t deadline = SONDE_DEADLINE_NEVER;

	while (length) {
		struct sonde_error *error;
		size_t sent;
		short events;

		CHECK(sonde_gdb_transport_send(transport, data, length, &sent));
		data += sent;
		length -= sent;
		if (!length)
			break;
		if (deadline == SONDE_DEADLINE_NEVER)
			deadline = sonde_deadline_in(transport->sonde->timeout_ms);
		/* Half a packet must not stay: an interrupt waits for the rest. */
		transport->sonde->uninterruptible++;
		error = sonde_gdb_transport_poll(
			transport, POLLIN | POLLOUT, deadline, &events);
		transport->sonde->uninterruptible--;
		if (error)
			return error;
		if (events & POLLIN) {
			uint8_t *room;
			size_t size, got;

			CHECK(sonde_gdb_framer_room(
				&connection->framer, RECEIVE_BYTES, &room, &size));
			CHECK(sonde_gdb_transport_receive(transport,
				SONDE_GDB_WAIT_BRIEFLY, deadline, room, size, &got));
			sonde_gdb_framer_commit(&connection->framer, got);
		}
	}
	return NULL;
}

struct sonde_error *sonde_gdb_queue(
	struct sonde_gdb_connection *connection, const void *payload, size_t length)
{
	size_t start;

	if (connection->dead)
		return sonde_error_create(
			SONDE_ERROR_IO, "the connection to the stub is lost");
	CHECK(sonde_gdb_rules_check(&connection->rules, payload, length));
	if (connection->ack_owed)
		CHECK(sonde_buffer_append(&connection->out, "+", 1));
	/* Requests that follow each other acknowledge what comes in between. */
	connection->ack_owed = connection->acks;
	start = connection->out.length;
	CHECK(sonde_gdb_packet_encode(&connection->out, payload, length));
	connection->last.length = 0;
	CHECK(sonde_buffer_append(&connection->last, connection->out.data + start,
		connection->out.length - start));
	sonde_gdb_rules_note(&connection->rules, payload, length);
	connection->packets_sent++;
	log_bytes(connection, "->", payload, length);
	return NULL;
}

struct sonde_error *sonde_gdb_flush(struct sonde_gdb_connection *connection)
{
	struct sonde_error *error =
		send_all(connection, connection->out.data, connection->out.length);

	connection->out.length = 0;
	connection->acknowledged = false;
	connection->resent = false;
	connection->ack_owed = false;
	if (sonde_error_is(error, SONDE_ERROR_IO))
		connection->dead = true;
	return error;
}

static struct sonde_error *resend(struct sonde_gdb_connection *connection)
{
	log_bytes(connection, "=>", connection->last.data, connection->last.length);
	return send_all(connection, connection->last.data, connection->last.length);
}

static struct sonde_error *send_break_g(struct sonde_gdb_connection *connection)
{
	/* Telnet's "interpret as command" and BREAK. */
	static const uint8_t telnet_break[] = {255, 243};

	sonde_log(&connection->transport.sonde->log, SONDE_LOG_DEBUG, "-> BREAK, g");
	poll(NULL, 0, BREAK_GAP_MS);
	if (connection->transport.telnet)
		CHECK(send_all(connection, telnet_break, sizeof(telnet_break)));
	else if (tcsendbreak(connection->transport.fd, 0) < 0)
		return sonde_error_while(sonde_error_system(errno), "sending a BREAK");
	poll(NULL, 0, BREAK_GAP_MS);
	return send_all(connection, (const uint8_t *)"g", 1);
}

struct sonde_error *sonde_gdb_send_break(struct sonde_gdb_connection *connection)
{
	static const uint8_t interrupt = 3;

	if (connection->dead)
		return sonde_error_create(
			SONDE_ERROR_IO, "the connection to the stub is lost");
	if (connection->transport.break_g)
		return send_break_g(connection);
	sonde_log(&connection->transport.sonde->log, SONDE_LOG_DEBUG, "-> interrupt");
	return send_all(connection, &interrupt, 1);
}

/* --- in ------------------------------------------------------------------------- */

/*
 * QEMU says "T02" when connecting has stopped a running guest. Looks at what has come
 * without taking it; *@p size becomes how much may be taken.
 */
static struct sonde_error *look_at_arrival(struct sonde_gdb_connection *connection,
	int64_t deadline, uint8_t *room, size_t *size)
{
	struct sonde_journal *journal = sonde_guard_journal(connection->transport.guard);
	struct sonde_journal_facts *facts = sonde_journal_facts(journal);

	CHECK(sonde_gdb_transport_peek(
		&connection->transport, deadline, room, *size, size));
	if (!facts || !memmem(room, *size, "$T02", 4))
		return NULL;
	connection->note_arrival = false;
	facts->leave = SONDE_JOURNAL_STATE_RUNNING;
	return sonde_journal_write_facts(journal);
}

/* Takes in what has come, @p most bytes of it. */
static struct sonde_error *take(struct sonde_gdb_connection *connection,
	enum sonde_gdb_patience patience, int64_t deadline, size_t most)
{
	struct sonde_error *error = NULL;
	uint8_t *room;
	size_t size, got = 0;

	CHECK(sonde_gdb_framer_room(&connection->framer, RECEIVE_BYTES, &room, &size));
	if (size > most)
		size = most;
	if (connection->note_arrival)
		error = look_at_arrival(connection, deadline, room, &size);
	if (!error)
		error = sonde_gdb_transport_receive(
			&connection->transport, patience, deadline, room, size, &got);
	if (sonde_error_is(error, SONDE_ERROR_IO))
		connection->dead = true;
	if (error)
		return error;
	sonde_gdb_framer_commit(&connection->framer, got);
	return NULL;
}

static struct sonde_error *fill(struct sonde_gdb_connection *connection,
	enum sonde_gdb_patience patience, int64_t deadline)
{
	return take(connection, patience, deadline, SIZE_MAX);
}

static bool is_stop_reply(const struct sonde_gdb_frame *frame)
{
	if (frame->length < 3 || sonde_hex_digit(frame->data[1]) < 0 ||
		sonde_hex_digit(frame->data[2]) < 0)
		return false;
	return frame->data[0] == 'T' || (frame->data[0] == 'S' && frame->length == 3);
}

/* "Ohex": what the target prints. "OK" is none. "O" says that somebody is alive. */
static bool is_output(const struct sonde_gdb_frame *frame)
{
	if (frame->length == 1)
		return frame->data[0] == 'O';
	return frame->length >= 3 && frame->length % 2 == 1 && frame->data[0] == 'O' &&
	       sonde_hex_digit(frame->data[1]) >= 0;
}

bool sonde_gdb_is_no_stub(const struct sonde_gdb_connection *connection)
{
	/* Telnet has words of its own, and on a console there is text. */
	return connection->framer.noise_length && !connection->packets_received &&
	       !connection->transport.telnet && !connection->transport.break_g;
}

/* Says so; NULL if it may be one. */
static struct sonde_error *no_stub(const struct sonde_gdb_connection *connection)
{
	const struct sonde_gdb_framer *framer = &connection->framer;
	size_t kept = framer->noise_length < sizeof(framer->noise)
			      ? framer->noise_length
			      : sizeof(framer->noise);
	char text[SONDE_GDB_NOISE_KEPT + 1];

	if (!sonde_gdb_is_no_stub(connection))
		return NULL;
	for (size_t i = 0; i < kept; i++)
		text[i] =
			isprint((unsigned char)framer->noise[i]) ? framer->noise[i] : '.';
	text[kept] = '\0';
	return sonde_error_create(
		SONDE_ERROR_PROTOCOL, "this is not a GDB stub: it says \"%s\"", text);
}

static struct sonde_error *timed_out(const struct sonde_gdb_connection *connection)
{
	struct sonde_error *error = no_stub(connection);

	if (error)
		return error;
	return sonde_error_create(SONDE_ERROR_TIMEOUT,
		"the stub did not answer within %u ms",
		connection->transport.sonde->timeout_ms);
}

/*
 * A packet that nobody has sent as one. On a terminal that echoes, it is what we sent
 * ourselves; and a kernel prints "$3#33" when it tells how KGDB is left for KDB.
 */
static bool is_text(const struct sonde_gdb_connection *connection,
	const struct sonde_gdb_frame *frame)
{
	const struct sonde_buffer *last = &connection->last;

	if (frame->length == 1 && frame->data[0] == '3')
		return true;
	return !connection->transport.reliable && frame->length &&
	       frame->length + 4 == last->length &&
	       !memcmp(frame->data, last->data + 1, frame->length);
}

/*
 * The next packet of any kind. A broken one is asked for again, at most ATTEMPTS
 * times; that works for a single request, where "the last packet" is unambiguous.
 */
static struct sonde_error *next_packet(struct sonde_gdb_connection *connection,
	enum sonde_gdb_patience patience, int64_t deadline, struct sonde_gdb_frame *ret)
{
	unsigned broken = 0, rejected = 0, fills = 0;

	for (;;) {
		struct sonde_gdb_frame frame;

		CHECK(sonde_gdb_framer_next(&connection->framer, &frame));
		switch (frame.kind) {
		case SONDE_GDB_FRAME_NONE:
			/* Bytes without end are no answer either. */
			if (++fills % FILLS_UNCHECKED == 0 &&
				sonde_deadline_left(deadline) == 0)
				return sonde_error_create(SONDE_ERROR_TIMEOUT,
					"the stub did not answer in time");
			CHECK(fill(connection, patience, deadline));
			break;
		case SONDE_GDB_FRAME_ACK:
			connection->acknowledged = true;
			break;
		case SONDE_GDB_FRAME_NAK:
			/* Behind an acknowledgement, it is text of a shared console. */
			if (!connection->acks || connection->acknowledged)
				break;
			if (connection->several || ++rejected > ATTEMPTS)
				return sonde_error_create(SONDE_ERROR_PROTOCOL,
					"the stub rejects every packet");
			CHECK(resend(connection));
			break;
		case SONDE_GDB_FRAME_NOTIFICATION:
			log_bytes(connection, "<%", frame.data, frame.length);
			break;
		case SONDE_GDB_FRAME_CORRUPT:
			log_bytes(connection, "<!", frame.data, frame.length);
			/* QEMU sends nothing while it runs: a '-' finds it stopped. */
			if (!connection->acks || connection->several ||
				connection->rules.detached || ++broken > ATTEMPTS)
				return sonde_error_create(SONDE_ERROR_BAD_DATA,
					"the stub's packets arrive broken");
			CHECK(send_all(connection, (const uint8_t *)"-", 1));
			break;
		case SONDE_GDB_FRAME_PACKET:
			if (is_text(connection, &frame))
				break;
			log_bytes(connection, "<-", frame.data, frame.length);
			connection->packets_received++;
			connection->ack_owed = connection->acks;
			*ret = frame;
			return NULL;
		}
	}
}

/* The same; on a line that loses bytes, what is not acknowledged is sent again. */
static struct sonde_error *next_packet_resending(struct sonde_gdb_connection *connection,
	int64_t deadline, struct sonde_gdb_frame *ret)
{
	for (unsigned i = 0; !connection->transport.reliable && i < ATTEMPTS; i++) {
		int64_t slice = sonde_deadline_in(RESEND_MS);
		struct sonde_error *error = next_packet(connection,
			SONDE_GDB_WAIT_BRIEFLY, slice < deadline ? slice : deadline, ret);

		if (!sonde_error_is(error, SONDE_ERROR_TIMEOUT))
			return error;
		sonde_error_destroy(error);
		if (sonde_deadline_left(deadline) == 0)
			break;
		if (!connection->acknowledged) {
			CHECK(resend(connection));
			connection->resent = true;
		}
	}
	return next_packet(connection, SONDE_GDB_WAIT_BRIEFLY, deadline, ret);
}

static void log_output(const struct sonde_gdb_connection *connection,
	const struct sonde_gdb_frame *frame)
{
	size_t length = (frame->length - 1) / 2;
	char text[512];

	if (length > sizeof(text) - 1)
		length = sizeof(text) - 1;
	if (!length || !sonde_hex_decode(frame->data + 1, length, (uint8_t *)text))
		return;
	while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	text[length] = '\0';
	sonde_log(&connection->transport.sonde->log, SONDE_LOG_CONSOLE, "%s", text);
}

struct sonde_error *sonde_gdb_acknowledge(struct sonde_gdb_connection *connection)
{
	size_t sent;

	if (!connection->ack_owed || !connection->acks_output)
		return NULL;
	CHECK(sonde_gdb_transport_send(&connection->transport, "+", 1, &sent));
	connection->ack_owed = !sent;
	return NULL;
}

static struct sonde_error *take_output(
	struct sonde_gdb_connection *connection, const struct sonde_gdb_frame *frame)
{
	log_output(connection, frame);
	return sonde_gdb_acknowledge(connection);
}

static bool sent_last(const struct sonde_gdb_connection *connection, const char *payload)
{
	size_t length = strlen(payload);

	return connection->last.length > length &&
	       !memcmp(connection->last.data + 1, payload, length);
}

struct sonde_error *sonde_gdb_receive(
	struct sonde_gdb_connection *connection, struct sonde_gdb_reply *ret)
{
	bool wants_stop = sent_last(connection, "?");
	bool wants_output = sent_last(connection, "qRcmd,");
	int64_t deadline = sonde_deadline_in(connection->transport.sonde->timeout_ms);

	for (;;) {
		struct sonde_gdb_frame frame;
		struct sonde_error *error =
			next_packet_resending(connection, deadline, &frame);

		if (sonde_error_is(error, SONDE_ERROR_TIMEOUT)) {
			sonde_error_destroy(error);
			connection->unsure = true;
			return timed_out(connection);
		}
		if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
			connection->stale++;
		if (error)
			return sonde_error_is(error, SONDE_ERROR_IO)
				       ? sonde_error_first(no_stub(connection), error)
				       : error;
		if (!wants_output && is_output(&frame)) {
			CHECK(take_output(connection, &frame));
			continue;
		}
		if (!wants_stop && is_stop_reply(&frame)) {
			/* QEMU 7.2 tells unasked that connecting has paused it. */
			connection->unsolicited.length = 0;
			CHECK(sonde_buffer_append(
				&connection->unsolicited, frame.data, frame.length));
			continue;
		}
		/* More of it follows only when this is acknowledged. */
		if (wants_output && is_output(&frame))
			CHECK(sonde_gdb_acknowledge(connection));
		connection->acknowledged = true;
		/* It was slow, perhaps, and nothing was lost. */
		if (connection->resent)
			connection->unsure = true;
		ret->data = frame.data;
		ret->length = frame.length;
		return NULL;
	}
}

void sonde_gdb_abandon(struct sonde_gdb_connection *connection, unsigned count)
{
	connection->stale += count;
}

/* --- finding the place in the stream again -------------------------------------- */

static struct sonde_error *drop_stale(struct sonde_gdb_connection *connection)
{
	while (connection->stale) {
		struct sonde_gdb_reply reply;
		unsigned left = connection->stale - 1;
		struct sonde_error *error;

		if (left >= STALE_MAX)
			return sonde_error_create(
				SONDE_ERROR_PROTOCOL, "too many replies are missing");
		connection->stale = 0;
		error = sonde_gdb_receive(connection, &reply);
		connection->stale += left;
		if (sonde_error_is(error, SONDE_ERROR_TIMEOUT))
			connection->stale = 0;
		if (error && !connection->unsure &&
			!sonde_error_is(error, SONDE_ERROR_BAD_DATA))
			return error;
		sonde_error_destroy(error);
	}
	return NULL;
}

static struct sonde_error *drop_until_quiet(struct sonde_gdb_connection *connection)
{
	for (unsigned i = 0; i < STALE_MAX; i++) {
		struct sonde_gdb_frame frame;
		struct sonde_error *error = next_packet(connection,
			SONDE_GDB_WAIT_BRIEFLY, sonde_deadline_in(QUIET_MS), &frame);

		if (sonde_error_is(error, SONDE_ERROR_TIMEOUT)) {
			sonde_error_destroy(error);
			return NULL;
		}
		if (error)
			return error;
	}
	return sonde_error_create(SONDE_ERROR_PROTOCOL, "the stub does not fall silent");
}

/*
 * After a packet that was not answered: a late answer must not be taken for the
 * next one's. What the stub says of itself is unmistakable: ask for that, and drop
 * everything before it.
 */
static struct sonde_error *line_up(struct sonde_gdb_connection *connection)
{
	const struct sonde_buffer *marker = &connection->marker;
	const struct sonde_buffer *expected = &connection->marker_reply;

	connection->unsure = false;
	connection->lined_up++;
	CHECK(drop_until_quiet(connection));
	if (!marker->length)
		return NULL;
	CHECK(sonde_gdb_queue(connection, marker->data, marker->length));
	CHECK(sonde_gdb_flush(connection));
	for (unsigned i = 0; i < STALE_MAX; i++) {
		struct sonde_gdb_reply reply = {.data = ""};

		CHECK(sonde_gdb_receive(connection, &reply));
		if (reply.length >= expected->length &&
			!memcmp(reply.data, expected->data, expected->length))
			return NULL;
	}
	return sonde_error_create(
		SONDE_ERROR_PROTOCOL, "the stub's answers do not fit its questions");
}

struct sonde_error *sonde_gdb_settle(struct sonde_gdb_connection *connection)
{
	if (connection->stale)
		CHECK(drop_stale(connection));
	connection->several = false;
	return connection->unsure ? line_up(connection) : NULL;
}

struct sonde_error *sonde_gdb_exchange(struct sonde_gdb_connection *connection,
	const void *payload, size_t length, struct sonde_gdb_reply *ret)
{
	CHECK(sonde_gdb_settle(connection));
	CHECK(sonde_gdb_queue(connection, payload, length));
	CHECK(sonde_gdb_flush(connection));
	return sonde_gdb_receive(connection, ret);
}

struct sonde_error *sonde_gdb_ask(struct sonde_gdb_connection *connection,
	struct sonde_gdb_reply *ret, const char *format, ...)
{
	char payload[512];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(payload, sizeof(payload), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(payload))
		return sonde_error_create(SONDE_ERROR_INVALID, "a packet is too long");
	return sonde_gdb_exchange(connection, payload, (size_t)length, ret);
}

/*
 * Where packets are sent again, so are replies: KGDB takes everything but an
 * acknowledgement for a request to do so, a BREAK included.
 */
static bool is_old_reply(const struct sonde_gdb_connection *connection,
	const struct sonde_gdb_frame *frame)
{
	return !connection->transport.reliable && frame->length &&
	       !memchr("STWXEF", frame->data[0], 6);
}

struct sonde_error *sonde_gdb_expect_stop(
	struct sonde_gdb_connection *connection, int timeout_ms, bool *ret)
{
	int64_t deadline = sonde_deadline_in(timeout_ms);
	char text[256];

	*ret = false;
	if (!connection->transport.is_socket)
		return NULL;
	for (;;) {
		const char *packet;
		size_t seen;

		CHECK(sonde_gdb_transport_peek(
			&connection->transport, deadline, text, sizeof(text), &seen));
		packet = memchr(text, '$', seen);
		/* Acknowledgements, and what is printed: no stop is taken with that. */
		if (!packet)
			CHECK(take(connection, SONDE_GDB_WAIT_BRIEFLY, deadline, seen));
		else if (packet + 1 == text + seen)
			poll(NULL, 0, 1);
		else
			*ret = packet[1] == 'T' || packet[1] == 'S';
		if (packet && packet + 1 < text + seen)
			return NULL;
	}
}

struct sonde_error *sonde_gdb_receive_stop(struct sonde_gdb_connection *connection,
	int timeout_ms, struct sonde_gdb_reply *ret)
{
	int64_t deadline = sonde_deadline_in(timeout_ms);

	for (;;) {
		struct sonde_gdb_frame frame;

		CHECK(next_packet(connection, SONDE_GDB_WAIT_LONG, deadline, &frame));
		if (is_output(&frame)) {
			log_output(connection, &frame);
			if (connection->ack_owed && connection->acks_output)
				CHECK(send_all(connection, (const uint8_t *)"+", 1));
			connection->ack_owed = false;
			continue;
		}
		if (is_old_reply(connection, &frame)) {
			connection->ack_owed = false;
			continue;
		}
		connection->acknowledged = true;
		connection->rules.running = false;
		if (frame.length && frame.data[0] == 'F') {
			/* A system call for the host: refuse it, and let it go on. */
			CHECK(sonde_gdb_queue(connection, "F-1,58", 6));
			CHECK(sonde_gdb_flush(connection));
			connection->rules.running = true;
			continue;
		}
		ret->data = frame.data;
		ret->length = frame.length;
		return NULL;
	}
}

bool sonde_gdb_reply_is_error(const struct sonde_gdb_reply *reply)
{
	if (reply->length >= 2 && reply->data[0] == 'E' && reply->data[1] == '.')
		return true;
	return reply->length == 3 && reply->data[0] == 'E' &&
	       sonde_hex_digit(reply->data[1]) >= 0 &&
	       sonde_hex_digit(reply->data[2]) >= 0;
}

struct sonde_error *sonde_gdb_unexpected(const struct sonde_gdb_reply *reply)
{
	char text[41];
	size_t length =
		reply->length < sizeof(text) - 1 ? reply->length : sizeof(text) - 1;

	if (!reply->length)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the stub does not know this request");
	for (size_t i = 0; i < length; i++)
		text[i] = isprint((unsigned char)reply->data[i]) ? reply->data[i] : '.';
	text[length] = '\0';
	return sonde_error_create(SONDE_ERROR_PROTOCOL, "the stub answered \"%s\"", text);
}
