/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "qmp_parser.h"

void sonde_qmp_parser_deinit(struct sonde_qmp_parser *parser)
{
	sonde_buffer_deinit(&parser->input);
	if (parser->tokener)
		json_tokener_free(parser->tokener);
	*parser = (struct sonde_qmp_parser){0};
}

void sonde_qmp_message_deinit(struct sonde_qmp_message *message)
{
	json_object_put(message->object);
	*message = (struct sonde_qmp_message){0};
}

struct sonde_error *sonde_qmp_parser_room(
	struct sonde_qmp_parser *parser, size_t minimum, uint8_t **ret, size_t *room)
{
	struct sonde_buffer *input = &parser->input;

	/* Only when it is needed, so that many short messages are not moved about. */
	if (parser->position && (parser->position == input->length ||
					input->capacity - input->length < minimum)) {
		sonde_buffer_consume(input, parser->position);
		parser->scanned -= parser->position;
		parser->position = 0;
	}
	CHECK(sonde_buffer_reserve(input, minimum));
	*ret = input->data + input->length;
	*room = input->capacity - input->length;
	return NULL;
}

void sonde_qmp_parser_commit(struct sonde_qmp_parser *parser, size_t length)
{
	parser->input.length += length;
}

const char *sonde_qmp_parser_rest(const struct sonde_qmp_parser *parser, size_t *length)
{
	*length = parser->input.length - parser->position;
	return *length ? (const char *)parser->input.data + parser->position : "";
}

/* --- where a message ends -------------------------------------------------------- */

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* To the first byte of a message; false if there is none yet. */
static bool skip_spaces(struct sonde_qmp_parser *parser)
{
	const struct sonde_buffer *input = &parser->input;

	while (parser->position < input->length &&
		is_space(input->data[parser->position]))
		parser->position++;
	parser->scanned = parser->position;
	return parser->position < input->length;
}

/* Takes in one byte outside of strings. */
static struct sonde_error *scan_structure(struct sonde_qmp_parser *parser, uint8_t byte)
{
	switch (byte) {
	case '"':
		parser->in_string = true;
		break;
	case '{':
	case '[':
		parser->depth++;
		parser->values++;
		break;
	case '}':
	case ']':
		parser->depth--;
		break;
	case ',':
		parser->values++;
		break;
	default:
		break;
	}
	if (parser->depth > SONDE_QMP_DEPTH_MAX)
		return sonde_error_create(SONDE_ERROR_PROTOCOL,
			"a message of the monitor is nested too deeply");
	if (parser->values > SONDE_QMP_VALUES_MAX)
		return sonde_error_create(SONDE_ERROR_PROTOCOL,
			"a message of the monitor has too many values");
	return NULL;
}

static void scan_string(struct sonde_qmp_parser *parser, uint8_t byte)
{
	if (parser->escaped)
		parser->escaped = false;
	else if (byte == '\\')
		parser->escaped = true;
	else if (byte == '"')
		parser->in_string = false;
}

/* Goes on where it stopped; *@p whole says whether the message has ended. */
static struct sonde_error *scan(struct sonde_qmp_parser *parser, bool *whole)
{
	const struct sonde_buffer *input = &parser->input;

	*whole = false;
	while (parser->scanned < input->length && !*whole) {
		uint8_t byte = input->data[parser->scanned++];

		if (parser->in_string) {
			scan_string(parser, byte);
			continue;
		}
		CHECK(scan_structure(parser, byte));
		*whole = !parser->depth;
	}
	if (parser->scanned - parser->position > SONDE_QMP_MESSAGE_MAX)
		return sonde_error_create(
			SONDE_ERROR_PROTOCOL, "a message of the monitor is too long");
	return NULL;
}

/* --- what it says ---------------------------------------------------------------- */

static void read_id(struct sonde_qmp_message *message)
{
	struct json_object *id = json_object_object_get(message->object, "id");

	if (json_object_is_type(id, json_type_int) && json_object_get_int64(id) > 0)
		message->id = (uint64_t)json_object_get_int64(id);
}

static void classify(struct sonde_qmp_message *message)
{
	struct json_object *object = message->object, *member;

	message->kind = SONDE_QMP_OTHER;
	if (json_object_object_get_ex(object, "return", &message->content)) {
		message->kind = SONDE_QMP_RETURN;
		read_id(message);
	} else if (json_object_object_get_ex(object, "error", &message->content)) {
		message->kind = SONDE_QMP_ERROR;
		read_id(message);
	} else if (json_object_object_get_ex(object, "event", &member) &&
		   json_object_is_type(member, json_type_string)) {
		message->kind = SONDE_QMP_EVENT;
		message->event = json_object_get_string(member);
		message->content = json_object_object_get(object, "data");
	} else if (json_object_object_get_ex(object, "QMP", &message->content) &&
		   json_object_is_type(message->content, json_type_object)) {
		message->kind = SONDE_QMP_GREETING;
	}
}

static struct sonde_error *parse(
	struct sonde_qmp_parser *parser, struct json_object **ret)
{
	const char *text = (const char *)parser->input.data + parser->position;
	size_t length = parser->scanned - parser->position;
	struct json_object *object;

	if (!parser->tokener)
		parser->tokener = json_tokener_new_ex(SONDE_QMP_DEPTH_MAX + 1);
	if (!parser->tokener)
		return sonde_error_no_memory();
	json_tokener_reset(parser->tokener);
	object = json_tokener_parse_ex(parser->tokener, text, (int)length);
	if (!object)
		return sonde_error_create(SONDE_ERROR_PROTOCOL,
			"the monitor's JSON is broken: %s",
			json_tokener_error_desc(json_tokener_get_error(parser->tokener)));
	*ret = object;
	return NULL;
}

struct sonde_error *sonde_qmp_parser_next(
	struct sonde_qmp_parser *parser, struct sonde_qmp_message *ret)
{
	struct sonde_qmp_message message = {.kind = SONDE_QMP_NONE};
	bool whole;

	if (!parser->depth && !skip_spaces(parser)) {
		*ret = message;
		return NULL;
	}
	if (!parser->depth && parser->input.data[parser->position] != '{')
		return sonde_error_create(
			SONDE_ERROR_PROTOCOL, "the monitor does not speak JSON");
	CHECK(scan(parser, &whole));
	if (whole) {
		CHECK(parse(parser, &message.object));
		classify(&message);
		parser->position = parser->scanned;
		parser->values = 0;
	}
	*ret = message;
	return NULL;
}
