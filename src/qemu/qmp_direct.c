/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The usual way: a socket of QEMU's monitor, whose only client we are. */
#include <json-c/json.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "qmp_connection.h"
#include "qmp_greeting.h"
#include "qmp_socket.h"

enum {
	/** How long to wait for the rest of what a stranger says (ms), and how much. */
	STRANGER_MS = 200,
	STRANGER_MAX = 300,
};

static struct sonde_qmp_connection *own(struct sonde_qmp *qmp)
{
	return CONTAINER_OF(qmp, struct sonde_qmp_connection, qmp);
}

/* --- commands --------------------------------------------------------------------- */

static struct sonde_error *ask(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, struct sonde_qmp_message *ret)
{
	struct sonde_qmp_connection *connection = own(qmp);
	int64_t deadline = sonde_deadline_in(qmp->sonde->timeout_ms);
	size_t index;

	CHECK(sonde_qmp_check_alive(connection));
	CHECK(sonde_qmp_make_place(connection, deadline));
	CHECK(sonde_qmp_queue(connection, command, arguments));
	CHECK(sonde_qmp_flush(connection, deadline));
	return sonde_qmp_receive_reply(
		connection, connection->id, 1, deadline, &index, ret);
}

static struct sonde_error *queue_monitor(
	struct sonde_qmp_connection *connection, unsigned cpu, const char *command)
{
	struct json_object *arguments = sonde_qmp_monitor_arguments(cpu, command);
	struct sonde_error *error;

	if (!arguments)
		return sonde_error_no_memory();
	error = sonde_qmp_queue(connection, "human-monitor-command", arguments);
	json_object_put(arguments);
	return error;
}

/* The texts are owned by the caller, also on failure. */
static struct sonde_error *ask_monitor(struct sonde_qmp *qmp, unsigned cpu,
	const char *const *commands, size_t count, char **texts)
{
	struct sonde_qmp_connection *connection = own(qmp);
	int64_t deadline = sonde_deadline_in(qmp->sonde->timeout_ms);
	size_t sent = 0, answered = 0;
	uint64_t first;

	CHECK(sonde_qmp_check_alive(connection));
	CHECK(sonde_qmp_make_place(connection, deadline));
	first = connection->id + 1;
	while (answered < count) {
		struct sonde_qmp_message message;
		struct sonde_error *error;
		size_t index;
		bool is_new;

		while (sent < count &&
			connection->outstanding < SONDE_QMP_OUTSTANDING_MAX)
			CHECK(queue_monitor(connection, cpu, commands[sent++]));
		if (connection->out.length)
			CHECK(sonde_qmp_flush(connection, deadline));
		CHECK(sonde_qmp_receive_reply(
			connection, first, sent, deadline, &index, &message));
		is_new = !texts[index];
		error = sonde_qmp_monitor_text(&message, &texts[index]);
		sonde_qmp_message_deinit(&message);
		if (error)
			return sonde_error_while(
				error, "running \"%s\"", commands[index]);
		answered += is_new;
		/* Each command may take its time, an answer given twice may not. */
		if (is_new)
			deadline = sonde_deadline_in(qmp->sonde->timeout_ms);
	}
	return NULL;
}

static bool can_hand_over(const struct sonde_qmp *qmp)
{
	const struct sonde_qmp_connection *connection =
		CONTAINER_OF(qmp, const struct sonde_qmp_connection, qmp);
	int domain;

	return getsockopt(connection->fd, SOL_SOCKET, SO_DOMAIN, &domain,
		       &(socklen_t){sizeof(domain)}) == 0 &&
	       domain == AF_UNIX;
}

/* With a byte that means nothing, in front of the request that takes it. */
static struct sonde_error *send_descriptor(
	const struct sonde_qmp_connection *connection, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char blank = ' ';
	struct iovec iov = {.iov_base = &blank, .iov_len = 1};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *one = CMSG_FIRSTHDR(&header);

	one->cmsg_level = SOL_SOCKET;
	one->cmsg_type = SCM_RIGHTS;
	one->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(one), &fd, sizeof(int));
	if (sendmsg(connection->fd, &header, MSG_NOSIGNAL) == 1)
		return NULL;
	return sonde_error_while(sonde_error_system(errno), "handing the monitor a file");
}

static struct sonde_error *hand_over(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, int fd, struct sonde_qmp_message *ret)
{
	CHECK(sonde_qmp_check_alive(own(qmp)));
	CHECK(send_descriptor(own(qmp), fd));
	return ask(qmp, command, arguments, ret);
}

static struct sonde_error *take_events(struct sonde_qmp *qmp)
{
	return sonde_qmp_take_events(own(qmp));
}

static void close_socket(struct sonde_qmp *qmp)
{
	struct sonde_qmp_connection *connection = own(qmp);

	if (connection->fd >= 0)
		close(connection->fd);
	sonde_qmp_parser_deinit(&connection->parser);
	sonde_buffer_deinit(&connection->out);
	free(connection);
}

static const struct sonde_qmp_transport direct = {
	.ask = ask,
	.ask_monitor = ask_monitor,
	.can_hand_over = can_hand_over,
	.hand_over = hand_over,
	.poll = take_events,
	.close = close_socket,
};

/* --- connecting ------------------------------------------------------------------- */

/* It does not speak JSON. What it says is waited for, as far as it comes at once. */
static struct sonde_error *meet_stranger(struct sonde_qmp_connection *connection)
{
	int64_t deadline = sonde_deadline_in(STRANGER_MS);
	struct sonde_error *error = NULL;
	const char *text;
	size_t length;

	for (;;) {
		text = sonde_qmp_parser_rest(&connection->parser, &length);
		if (error || length >= STRANGER_MAX || memchr(text, '\n', length))
			break;
		error = sonde_qmp_fill(connection, deadline);
	}
	if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	sonde_error_destroy(error);
	return sonde_qmp_stranger(text, length);
}

/* Why there was no greeting, in the words of who connects. */
static struct sonde_error *explain(
	struct sonde_qmp_connection *connection, struct sonde_error *error)
{
	enum sonde_error_kind kind = sonde_error_kind(error);

	if (kind != SONDE_ERROR_PROTOCOL && kind != SONDE_ERROR_TIMEOUT &&
		kind != SONDE_ERROR_IO)
		return error;
	sonde_error_destroy(error);
	if (kind == SONDE_ERROR_PROTOCOL)
		return meet_stranger(connection);
	return sonde_qmp_silence(
		kind == SONDE_ERROR_TIMEOUT ? connection->qmp.sonde->timeout_ms : 0);
}

static struct sonde_error *greet(struct sonde_qmp_connection *connection)
{
	int64_t deadline = sonde_deadline_in(connection->qmp.sonde->timeout_ms);
	struct sonde_qmp_message message;
	struct sonde_error *error = sonde_qmp_next(connection, deadline, &message);
	const char *text;

	if (error)
		return explain(connection, error);
	if (message.kind != SONDE_QMP_GREETING) {
		text = json_object_to_json_string(message.object);
		error = sonde_qmp_stranger(text ? text : "", text ? strlen(text) : 0);
	}
	sonde_qmp_message_deinit(&message);
	return error;
}

struct sonde_error *sonde_qmp_connect(struct sonde *sonde, const char *address,
	const struct sonde_qmp_listener *listener, struct sonde_qmp **ret)
{
	struct sonde_qmp_connection *connection = calloc(1, sizeof(*connection));
	struct sonde_error *error;

	if (!connection)
		return sonde_error_no_memory();
	connection->qmp.transport = &direct;
	connection->qmp.sonde = sonde;
	connection->fd = -1;
	if (listener)
		connection->listener = *listener;
	error = sonde_qmp_socket_open(sonde, address, &connection->fd);
	if (!error)
		error = greet(connection);
	/* It goes out with the first command, which would not be taken without it. */
	if (!error)
		error = sonde_qmp_queue(connection, "qmp_capabilities", NULL);
	if (error) {
		close_socket(&connection->qmp);
		return sonde_error_while(
			error, "connecting to the monitor at \"%s\"", address);
	}
	*ret = &connection->qmp;
	return NULL;
}
