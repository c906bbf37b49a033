/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <json-c/json.h>
#include <string.h>

#include "qmp_transport.h"

enum {
	/** As much of an error of QEMU is kept. */
	DESCRIPTION_MAX = 500,
	/** As much of a message is logged. */
	LOGGED_MAX = 300,
};

void sonde_qmp_log(
	const struct sonde *sonde, const char *direction, const char *text, size_t length)
{
	char line[LOGGED_MAX + 1];
	size_t used = 0;

	if (!sonde_log_wants(&sonde->log, SONDE_LOG_DEBUG))
		return;
	for (; used < length && used < LOGGED_MAX && text[used] != '\n'; used++)
		line[used] = isprint((unsigned char)text[used]) ? text[used] : '.';
	line[used] = '\0';
	sonde_log(&sonde->log, SONDE_LOG_DEBUG, "%s qmp %s", direction, line);
}

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

/* What the answer in @p message is; it is used up. */
static struct sonde_error *take_answer(
	struct sonde_qmp_message *message, struct json_object **ret)
{
	struct sonde_error *error = NULL;

	if (message->kind == SONDE_QMP_ERROR)
		error = error_of_qemu(message);
	else if (ret)
		*ret = json_object_get(message->content);
	sonde_qmp_message_deinit(message);
	return error;
}

static struct sonde_error *execute(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, struct json_object **ret)
{
	struct sonde_qmp_message message;

	CHECK(qmp->transport->ask(qmp, command, arguments, &message));
	return take_answer(&message, ret);
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
	return qmp->transport->can_hand_over(qmp);
}

static struct sonde_error *hand_over(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, int fd, struct json_object **ret)
{
	struct sonde_qmp_message message;

	CHECK(qmp->transport->hand_over(qmp, command, arguments, fd, &message));
	return take_answer(&message, ret);
}

struct sonde_error *sonde_qmp_hand_over(struct sonde_qmp *qmp, const char *command,
	struct json_object *arguments, int fd, struct json_object **ret)
{
	struct sonde_error *error = hand_over(qmp, command, arguments, fd, ret);

	json_object_put(arguments);
	return sonde_error_while(error, "asking the monitor for %s", command);
}

struct json_object *sonde_qmp_monitor_arguments(unsigned cpu, const char *command)
{
	struct json_object *arguments = json_object_new_object();

	if (!arguments)
		return NULL;
	json_object_object_add(
		arguments, "command-line", json_object_new_string(command));
	json_object_object_add(arguments, "cpu-index", json_object_new_int64(cpu));
	return arguments;
}

struct sonde_error *sonde_qmp_monitor_text(
	const struct sonde_qmp_message *message, char **ret)
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

struct sonde_error *sonde_qmp_monitor(struct sonde_qmp *qmp, unsigned cpu,
	const char *const *commands, size_t count, char **texts)
{
	char **got = calloc(count ? count : 1, sizeof(*got));
	struct sonde_error *error;

	if (!got)
		return sonde_error_no_memory();
	error = qmp->transport->ask_monitor(qmp, cpu, commands, count, got);
	for (size_t i = 0; i < count; i++) {
		if (error)
			free(got[i]);
		else
			texts[i] = got[i];
	}
	free(got);
	return sonde_error_while(error, "asking the human monitor");
}

struct sonde_error *sonde_qmp_poll(struct sonde_qmp *qmp)
{
	return qmp->transport->poll(qmp);
}

void sonde_qmp_close(struct sonde_qmp *qmp)
{
	if (qmp)
		qmp->transport->close(qmp);
}
