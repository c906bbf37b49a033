/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <expat.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <sonde/register.h>
#include "description.h"

enum {
	DEPTH_MAX = 8,
	NUMBER_MAX = 1 << 20,
};

/* One walk over target.xml and its includes. */
struct reader {
	const struct sonde_gdb_document_source *source;
	struct sonde_gdb_description *description;
	struct sonde_error *error;
	XML_Parser parser;
	unsigned depth;
	unsigned includes;
	size_t capacity;
	/** The next register without a number of its own has this one. */
	unsigned next_number;
	char feature[64];
	bool in_architecture;
	char architecture[64];
	size_t architecture_length;
};

static struct sonde_error *read_document(struct reader *reader, const char *name);

static void fail(struct reader *reader, struct sonde_error *error)
{
	reader->error = sonde_error_first(reader->error, error);
	XML_StopParser(reader->parser, XML_FALSE);
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; attributes[0]; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return NULL;
}

/* A decimal number of at most @p maximum; false for anything else. */
static bool parse_number(const char *text, unsigned maximum, unsigned *ret)
{
	unsigned long value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned long)(*text - '0');
		if (value > maximum)
			return false;
	}
	*ret = (unsigned)value;
	return true;
}

static struct sonde_error *copy(const char *text, char **ret)
{
	*ret = NULL;
	if (text && !(*ret = strdup(text)))
		return sonde_error_no_memory();
	return NULL;
}

static struct sonde_error *grow(struct reader *reader)
{
	struct sonde_gdb_description *description = reader->description;
	size_t capacity = reader->capacity ? 2 * reader->capacity : 64;
	void *registers;

	if (description->count == SONDE_GDB_REGISTERS_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"there are more than %d registers", SONDE_GDB_REGISTERS_MAX);
	if (description->count < reader->capacity)
		return NULL;
	registers = realloc(
		description->registers, capacity * sizeof(*description->registers));
	if (!registers)
		return sonde_error_no_memory();
	description->registers = registers;
	reader->capacity = capacity;
	return NULL;
}

static struct sonde_error *add_register(struct reader *reader, const char **attributes)
{
	const char *name = attribute(attributes, "name");
	const char *bits = attribute(attributes, "bitsize");
	const char *number = attribute(attributes, "regnum");
	struct sonde_gdb_described_register reg = {.number = reader->next_number};

	if (!name || !*name || !bits ||
		!parse_number(bits, SONDE_REGISTER_MAX_BYTES * 8, &reg.bits) || !reg.bits)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"register \"%.32s\" has no name or a bit size out of range",
			name ? name : "");
	if (number && !parse_number(number, NUMBER_MAX, &reg.number))
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"register \"%.32s\" has a number out of range", name);
	CHECK(grow(reader));
	CHECK(copy(name, &reg.name));
	/* It belongs to the description from here on, complete or not. */
	reader->description->registers[reader->description->count++] = reg;
	reader->next_number = reg.number + 1;
	struct sonde_gdb_described_register *kept =
		&reader->description->registers[reader->description->count - 1];
	CHECK(copy(attribute(attributes, "group"), &kept->group));
	CHECK(copy(attribute(attributes, "type"), &kept->type));
	return copy(reader->feature, &kept->feature);
}

static void enter_feature(struct reader *reader, const char **attributes)
{
	const char *name = attribute(attributes, "name");
	const char *dot = name ? strrchr(name, '.') : NULL;

	snprintf(reader->feature, sizeof(reader->feature), "%s",
		dot    ? dot + 1
		: name ? name
		       : "");
}

static struct sonde_error *include(struct reader *reader, const char **attributes)
{
	const char *name = attribute(attributes, "href");

	if (!name || !*name || strlen(name) > 128)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "an include names no document");
	if (++reader->includes > SONDE_GDB_INCLUDES_MAX || reader->depth >= DEPTH_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the includes of the target description never end");
	return read_document(reader, name);
}

static void XMLCALL start_element(void *user, const char *name, const char **attributes)
{
	struct reader *reader = user;
	struct sonde_error *error = NULL;

	if (!strcmp(name, "reg"))
		error = add_register(reader, attributes);
	else if (!strcmp(name, "feature"))
		enter_feature(reader, attributes);
	else if (!strcmp(name, "include") || !strcmp(name, "xi:include"))
		error = include(reader, attributes);
	else if (!strcmp(name, "architecture"))
		reader->in_architecture = true;
	if (error)
		fail(reader, error);
}

static void XMLCALL end_element(void *user, const char *name)
{
	struct reader *reader = user;

	if (!strcmp(name, "architecture"))
		reader->in_architecture = false;
}

static void XMLCALL characters(void *user, const char *text, int length)
{
	struct reader *reader = user;

	for (int i = 0; reader->in_architecture && i < length; i++)
		if (!strchr(" \t\r\n", text[i]) &&
			reader->architecture_length < sizeof(reader->architecture) - 1)
			reader->architecture[reader->architecture_length++] = text[i];
}

/* Entities of a document's own have no use here, and multiply. */
static void XMLCALL entity(void *user, const char *name, int is_parameter,
	const char *value, int length, const char *base, const char *system_id,
	const char *public_id, const char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)length, (void)base;
	(void)system_id, (void)public_id, (void)notation;
	fail(user, sonde_error_create(
			   SONDE_ERROR_BAD_DATA, "it declares entities of its own"));
}

static struct sonde_error *parse_document(
	struct reader *reader, const char *text, size_t length)
{
	XML_Parser outer = reader->parser;
	enum XML_Status status;

	reader->parser = XML_ParserCreate(NULL);
	if (!reader->parser) {
		reader->parser = outer;
		return sonde_error_no_memory();
	}
	XML_SetUserData(reader->parser, reader);
	XML_SetElementHandler(reader->parser, start_element, end_element);
	XML_SetCharacterDataHandler(reader->parser, characters);
	XML_SetEntityDeclHandler(reader->parser, entity);
	status = XML_Parse(reader->parser, text, (int)length, XML_TRUE);
	if (status != XML_STATUS_OK && !reader->error)
		reader->error = sonde_error_create(SONDE_ERROR_BAD_DATA, "line %lu: %s",
			XML_GetCurrentLineNumber(reader->parser),
			XML_ErrorString(XML_GetErrorCode(reader->parser)));
	XML_ParserFree(reader->parser);
	reader->parser = outer;

	struct sonde_error *error = reader->error;

	reader->error = NULL;
	return error;
}

static struct sonde_error *read_document(struct reader *reader, const char *name)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct sonde_error *error;
	size_t length;

	error = reader->source->fetch(reader->source->user, name, &text, &length);
	if (!error && length > SONDE_GDB_DOCUMENT_MAX)
		error = sonde_error_create(SONDE_ERROR_BAD_DATA, "it is too long");
	if (!error) {
		reader->depth++;
		error = parse_document(reader, text, length);
		reader->depth--;
	}
	return sonde_error_while(error, "reading %.64s of the target description", name);
}

static int by_number(const void *a, const void *b)
{
	const struct sonde_gdb_described_register *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

struct sonde_error *sonde_gdb_description_read(
	const struct sonde_gdb_document_source *source, struct sonde_gdb_description *ret)
{
	struct sonde_gdb_description description = {0};
	struct reader reader = {.source = source, .description = &description};
	struct sonde_error *error = read_document(&reader, "target.xml");

	if (!error && reader.architecture_length)
		error = copy(reader.architecture, &description.architecture);
	if (!error && description.count)
		qsort(description.registers, description.count,
			sizeof(*description.registers), by_number);
	for (size_t i = 1; !error && i < description.count; i++)
		if (description.registers[i].number ==
			description.registers[i - 1].number)
			error = sonde_error_create(SONDE_ERROR_BAD_DATA,
				"registers \"%.32s\" and \"%.32s\" have the same number",
				description.registers[i - 1].name,
				description.registers[i].name);
	if (error) {
		sonde_gdb_description_deinit(&description);
		return error;
	}
	*ret = description;
	return NULL;
}

void sonde_gdb_description_deinit(struct sonde_gdb_description *description)
{
	for (size_t i = 0; i < description->count; i++) {
		free(description->registers[i].name);
		free(description->registers[i].group);
		free(description->registers[i].type);
		free(description->registers[i].feature);
	}
	free(description->registers);
	free(description->architecture);
	*description = (struct sonde_gdb_description){0};
}
