/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * By the hands of libvirt. It negotiated when it started QEMU, numbers requests itself,
 * and keeps events: one command follows the other, and nothing is heard in between.
 */
#include <json-c/json.h>
#include <string.h>

#include "clock.h"
#include "libvirt_domain.h"
#include "qmp_transport.h"

struct by_libvirt {
	struct sonde_qmp qmp;
	struct sonde_libvirt_domain *domain;
};

static struct by_libvirt *own(struct sonde_qmp *qmp)
{
	return CONTAINER_OF(qmp, struct by_libvirt, qmp);
}

/* Bounded, as what comes over a socket is. */
static struct sonde_error *parse(
	struct sonde_qmp_parser *parser, const char *text, struct sonde_qmp_message *ret)
{
	size_t length = strlen(text), size;
	uint8_t *room;

	if (length > SONDE_QMP_MESSAGE_MAX)
		return sonde_error_create(SONDE_ERROR_PROTOCOL, "the answer is too long");
	CHECK(sonde_qmp_parser_room(parser, length + 1, &room, &size));
	memcpy(room, text, length);
	sonde_qmp_parser_commit(parser, length);
	CHECK(sonde_qmp_parser_next(parser, ret));
	if (ret->kind == SONDE_QMP_RETURN || ret->kind == SONDE_QMP_ERROR)
		return NULL;
	sonde_qmp_message_deinit(ret);
	return sonde_error_create(SONDE_ERROR_PROTOCOL,
		"what libvirt has handed on is no answer of QEMU's");
}

static struct sonde_error *exchange(struct by_libvirt *way, struct json_object *request,
	int fd, struct sonde_qmp_message *ret)
{
	const char *text =
		json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	struct sonde *sonde = way->qmp.sonde;
	int64_t deadline = sonde_deadline_in(sonde->timeout_ms);
	CLEANUP(cleanup_free) char *answer = NULL;
	CLEANUP(sonde_qmp_parser_deinit) struct sonde_qmp_parser parser = {0};

	if (!text)
		return sonde_error_no_memory();
	CHECK(sonde_libvirt_domain_send(way->domain, text, fd, deadline));
	sonde_qmp_log(sonde, "->", text, strlen(text));
	sonde_qmp_use_time(&way->qmp);
	CHECK(sonde_libvirt_domain_receive(way->domain, deadline, &answer));
	sonde_qmp_log(sonde, "<-", answer, strlen(answer));
	return parse(&parser, answer, ret);
}

static struct sonde_error *say(struct by_libvirt *way, const char *command,
	struct json_object *arguments, int fd, struct sonde_qmp_message *ret)
{
	struct json_object *request = json_object_new_object();
	struct sonde_error *error;

	if (!request)
		return sonde_error_no_memory();
	json_object_object_add(request, "execute", json_object_new_string(command));
	if (arguments)
		json_object_object_add(request, "arguments", json_object_get(arguments));
	error = exchange(way, request, fd, ret);
	json_object_put(request);
	return error;
}

static struct sonde_error *ask(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, struct sonde_qmp_message *ret)
{
	return say(own(qmp), command, arguments, -1, ret);
}

static struct sonde_error *ask_one(
	struct by_libvirt *way, unsigned cpu, const char *command, char **text)
{
	struct json_object *arguments = sonde_qmp_monitor_arguments(cpu, command);
	struct sonde_qmp_message message;
	struct sonde_error *error;

	if (!arguments)
		return sonde_error_no_memory();
	error = say(way, "human-monitor-command", arguments, -1, &message);
	json_object_put(arguments);
	if (error)
		return error;
	error = sonde_qmp_monitor_text(&message, text);
	sonde_qmp_message_deinit(&message);
	return error;
}

static struct sonde_error *ask_monitor(struct sonde_qmp *qmp, unsigned cpu,
	const char *const *commands, size_t count, char **texts)
{
	for (size_t i = 0; i < count; i++)
		CHECK(sonde_error_while(ask_one(own(qmp), cpu, commands[i], &texts[i]),
			"running \"%s\"", commands[i]));
	return NULL;
}

static bool can_hand_over(const struct sonde_qmp *qmp)
{
	return sonde_libvirt_domain_can_hand_over(
		CONTAINER_OF(qmp, const struct by_libvirt, qmp)->domain);
}

static struct sonde_error *hand_over(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, int fd, struct sonde_qmp_message *ret)
{
	return say(own(qmp), command, arguments, fd, ret);
}

/* libvirt hands events to whoever runs an event loop for it. */
static struct sonde_error *take_events(struct sonde_qmp *qmp)
{
	(void)qmp;
	return NULL;
}

static void close_domain(struct sonde_qmp *qmp)
{
	struct by_libvirt *way = own(qmp);

	sonde_libvirt_domain_close(way->domain);
	free(way);
}

static const struct sonde_qmp_transport by_libvirt = {
	.ask = ask,
	.ask_monitor = ask_monitor,
	.can_hand_over = can_hand_over,
	.hand_over = hand_over,
	.poll = take_events,
	.close = close_domain,
};

struct sonde_error *sonde_qmp_connect_libvirt(struct sonde *sonde,
	const struct sonde_libvirt_place *place, struct sonde_qmp **ret)
{
	struct by_libvirt *way = calloc(1, sizeof(*way));
	struct sonde_error *error;

	if (!way)
		return sonde_error_no_memory();
	way->qmp.transport = &by_libvirt;
	way->qmp.sonde = sonde;
	error = sonde_libvirt_domain_open(sonde, place, &way->domain);
	if (error) {
		free(way);
		return sonde_error_while(error,
			"reaching the monitor of \"%s\" through libvirt", place->domain);
	}
	*ret = &way->qmp;
	return NULL;
}
