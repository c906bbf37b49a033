/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "socket.h"

/* Words of ours and the guest's alike: escaped. */
static void add_text(struct json_object *object, const char *name, const char *text)
{
	char *escaped = text ? cli_escape(text, strlen(text), true) : NULL;

	json_object_object_add(
		object, name, escaped ? json_object_new_string(escaped) : NULL);
	free(escaped);
}

static struct json_object *make_object(const struct sonde_socket *socket)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	add_text(object, "protocol", socket->protocol);
	add_text(object, "type", socket->type);
	add_text(object, "state", socket->state);
	add_text(object, "local", socket->local);
	add_text(object, "remote", socket->remote);
	json_object_object_add(object, "network",
		socket->network ? json_object_new_uint64(socket->network) : NULL);
	return object;
}

static char *make_text(const struct sonde_socket *socket)
{
	const char *words[] = {socket->protocol, socket->state,
		/* So that the other one is not taken for it. */
		socket->local || !socket->remote ? socket->local : "-", socket->remote};
	char *text = NULL, *escaped;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i])
			fprintf(stream, "%s%s", i ? " " : "", words[i]);
	fclose(stream);
	escaped = text ? cli_escape(text, strlen(text), true) : NULL;
	free(text);
	return escaped;
}

void cli_put_socket(struct cli_output *output, const struct sonde_socket *socket)
{
	char *text;

	if (!socket) {
		cli_put_null(output);
		return;
	}
	if (output->cli->json) {
		cli_put_json(output, make_object(socket), NULL);
		return;
	}
	text = make_text(socket);
	cli_put_json(output, NULL, text);
	free(text);
}
