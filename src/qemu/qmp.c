/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
	/** As much of an error of QEMU is kept. */
	DESCRIPTION_MAX = 500,
};

/* --- connecting ------------------------------------------------------------------- */

/* It does not speak JSON. What it says is waited for, as far as it comes at once. */
static struct sonde_error *meet_stranger(struct sonde_qmp *qmp)
{
	int64_t deadline = sonde_deadline_in(STRANGER_MS);
	struct sonde_error *error = NULL;
	const char *text;
	size_t length;

	for (;;) {
		text = sonde_qmp_parser_rest(&qmp->parser, &length);
		if (error || length >= STRANGER_MAX || memchr(text, '\n', length))
			break;
		error = sonde_qmp_fill(qmp, deadline);
	}
	if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	sonde_error_destroy(error);
	return sonde_qmp_stranger(text, length);
}

/* Why there was no greeting, in the words of who connects. */
static struct sonde_error *explain(struct sonde_qmp *qmp, struct sonde_error *error)
{
	enum sonde_error_kind kind = sonde_error_kind(error);

	if (kind != SONDE_ERROR_PROTOCOL && kind != SONDE_ERROR_TIMEOUT &&
		kind != SONDE_ERROR_IO)
		return error;
	sonde_error_destroy(error);
	if (kind == SONDE_ERROR_PROTOCOL)
		return meet_stranger(qmp);
	return sonde_qmp_silence(
		kind == SONDE_ERROR_TIMEOUT ? qmp->sonde->timeout_ms : 0);
}

static struct sonde_error *greet(struct sonde_qmp *qmp)
{
	int64_t deadline = sonde_deadline_in(qmp->sonde->timeout_ms);
	struct sonde_qmp_message message;
	struct sonde_error *error = sonde_qmp_next(qmp, deadline, &message);
	const char *text;

	if (error)
		return explain(qmp, error);
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
	struct sonde_qmp *qmp = calloc(1, sizeof(*qmp));
	struct sonde_error *error;

	if (!qmp)
		return sonde_error_no_memory();
	qmp->sonde = sonde;
	qmp->fd = -1;
	if (listener)
		qmp->listener = *listener;
	error = sonde_qmp_socket_open(sonde, address, &qmp->fd);
	if (!error)
		error = greet(qmp);
	/* It goes out with the first command, which would not be taken without it. */
	if (!error)
		error = sonde_qmp_queue(qmp, "qmp_capabilities", NULL);
	if (error) {
		sonde_qmp_close(qmp);
		return sonde_error_while(
			error, "connecting to the monitor at \"%s\"", address);
	}
	*ret = qmp;
	return NULL;
}

void sonde_qmp_close(struct sonde_qmp *qmp)
{
	if (!qmp)
		return;
	if (qmp->fd >= 0)
		close(qmp->fd);
	sonde_qmp_parser_deinit(&qmp->parser);
	sonde_buffer_deinit(&qmp->out);
	free(qmp);
}

/* --- commands --------------------------------------------------------------------- */

static struct sonde_error *error_of_qemu(const struct sonde_qmp_message *message)
{
	struct json_object *class = NULL, *description = NULL;
	const char *text = NULL;

	if (json_object_is_type(message->content, json_type_object)) {
		class = json_object_object_get(message->content, "class");
		description = json_object_object_get(message->content, "desc");
	}
	if (json_object_is_type(description, json_type_string))
		text = json_object_get_string(description);
	return sonde_error_create(
		json_object_is_type(class, json_type_string) &&
				!strcmp(json_object_get_string(class), "CommandNotFound")
			? SONDE_ERROR_UNSUPPORTED
			: SONDE_ERROR_PROTOCOL,
		"QEMU says: %.*s", DESCRIPTION_MAX,
		text ? text : "an error without words");
}

static struct sonde_error *execute(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, struct json_object **ret)
{
	int64_t deadline = sonde_deadline_in(qmp->sonde->timeout_ms);
	struct sonde_qmp_message message;
	struct sonde_error *error = NULL;
	size_t index;

	CHECK(sonde_qmp_check_alive(qmp));
	CHECK(sonde_qmp_make_place(qmp, deadline));
	CHECK(sonde_qmp_queue(qmp, command, arguments));
	CHECK(sonde_qmp_flush(qmp, deadline));
	CHECK(sonde_qmp_receive_reply(qmp, qmp->id, 1, deadline, &index, &message));
	if (message.kind == SONDE_QMP_ERROR)
		error = error_of_qemu(&message);
	else if (ret)
		*ret = json_object_get(message.content);
	sonde_qmp_message_deinit(&message);
	return error;
}

struct sonde_error *sonde_qmp_execute(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, struct json_object **ret)
{
	struct sonde_error *error = execute(qmp, command, arguments, ret);

	json_object_put(arguments);
	return sonde_error_while(error, "asking the monitor for %s", command);
}

void sonde_qmp_meanwhile(struct sonde_qmp *qmp, void (*work)(void *user), void *user)
{
	qmp->meanwhile = work;
	qmp->meanwhile_user = user;
}

bool sonde_qmp_can_hand_over(const struct sonde_qmp *qmp)
{
	int domain;

	return getsockopt(qmp->fd, SOL_SOCKET, SO_DOMAIN, &domain,
		       &(socklen_t){sizeof(domain)}) == 0 &&
	       domain == AF_UNIX;
}

/* With a byte that means nothing, in front of the request that takes it. */
static struct sonde_error *send_descriptor(const struct sonde_qmp *qmp, int fd)
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
	if (sendmsg(qmp->fd, &header, MSG_NOSIGNAL) == 1)
		return NULL;
	return sonde_error_while(sonde_error_system(errno), "handing the monitor a file");
}

struct sonde_error *sonde_qmp_hand_over(
	struct sonde_qmp *qmp, int fd, struct json_object **ret)
{
	CHECK(sonde_qmp_check_alive(qmp));
	CHECK(send_descriptor(qmp, fd));
	return sonde_qmp_execute(qmp, "add-fd", NULL, ret);
}

static struct sonde_error *queue_monitor(
	struct sonde_qmp *qmp, unsigned cpu, const char *command)
{
	struct json_object *arguments = json_object_new_object();
	struct sonde_error *error;

	if (!arguments)
		return sonde_error_no_memory();
	json_object_object_add(
		arguments, "command-line", json_object_new_string(command));
	json_object_object_add(arguments, "cpu-index", json_object_new_int64(cpu));
	error = sonde_qmp_queue(qmp, "human-monitor-command", arguments);
	json_object_put(arguments);
	return error;
}

/* What @p message returned, as a string that the caller frees. */
static struct sonde_error *text_of(const struct sonde_qmp_message *message, char **ret)
{
	char *text;

	if (message->kind == SONDE_QMP_ERROR)
		return error_of_qemu(message);
	if (!json_object_is_type(message->content, json_type_string))
		return sonde_error_create(
			SONDE_ERROR_PROTOCOL, "the human monitor's answer is no text");
	text = strdup(json_object_get_string(message->content));
	if (!text)
		return sonde_error_no_memory();
	free(*ret);
	*ret = text;
	return NULL;
}

/* The texts are owned by the caller, also on failure. */
static struct sonde_error *run_monitor(struct sonde_qmp *qmp, unsigned cpu,
	const char *const *commands, size_t count, char **texts)
{
	int64_t deadline = sonde_deadline_in(qmp->sonde->timeout_ms);
	size_t sent = 0, answered = 0;
	uint64_t first;

	CHECK(sonde_qmp_check_alive(qmp));
	CHECK(sonde_qmp_make_place(qmp, deadline));
	first = qmp->id + 1;
	while (answered < count) {
		struct sonde_qmp_message message;
		struct sonde_error *error;
		size_t index;
		bool is_new;

		while (sent < count && qmp->outstanding < SONDE_QMP_OUTSTANDING_MAX)
			CHECK(queue_monitor(qmp, cpu, commands[sent++]));
		if (qmp->out.length)
			CHECK(sonde_qmp_flush(qmp, deadline));
		CHECK(sonde_qmp_receive_reply(
			qmp, first, sent, deadline, &index, &message));
		is_new = !texts[index];
		error = text_of(&message, &texts[index]);
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

struct sonde_error *sonde_qmp_monitor(struct sonde_qmp *qmp, unsigned cpu,
	const char *const *commands, size_t count, char **texts)
{
	char **got = calloc(count ? count : 1, sizeof(*got));
	struct sonde_error *error;

	if (!got)
		return sonde_error_no_memory();
	error = run_monitor(qmp, cpu, commands, count, got);
	for (size_t i = 0; i < count; i++) {
		if (error)
			free(got[i]);
		else
			texts[i] = got[i];
	}
	free(got);
	return sonde_error_while(error, "asking the human monitor");
}
