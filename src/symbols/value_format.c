/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values as C writes them. What a hostile guest can make long is bounded: depth,
 * elements, bytes of texts, and the number of parts in all.
 */
#include <inttypes.h>
#include <string.h>

#include "buffer.h"
#include "value.h"

enum {
	ELEMENTS = 200,
	TEXT_BYTES = 200,
	DEPTH_MAX = 16,
	/** Of all structures and arrays together. */
	PARTS_MAX = 20000,
	SYMBOL_BYTES = 256,
};

struct format {
	struct sonde_buffer out;
	struct sonde_value_format how;
	unsigned parts;
};

static struct sonde_error *format_value(
	struct format *format, const struct sonde_value *value, unsigned depth);

static struct sonde_error *put(struct format *format, const char *text)
{
	return sonde_buffer_append_format(&format->out, "%s", text);
}

static struct sonde_error *put_line(struct format *format, unsigned depth)
{
	CHECK(put(format, "\n"));
	for (unsigned i = 0; i < depth; i++)
		CHECK(put(format, "\t"));
	return NULL;
}

/* As C escapes it; bytes beyond ASCII are for whoever prints to judge. */
static struct sonde_error *put_byte(struct format *format, uint8_t byte, char quote)
{
	static const char letters[] = "\n\t\r\a\b\f\v\\";
	static const char names[] = "ntrabfv\\";
	const char *found = byte ? strchr(letters, byte) : NULL;

	if (found)
		return sonde_buffer_append_format(
			&format->out, "\\%c", names[found - letters]);
	if (byte == (uint8_t)quote)
		return sonde_buffer_append_format(&format->out, "\\%c", quote);
	if (byte < ' ' || byte > '~')
		return sonde_buffer_append_format(&format->out, "\\%03o", byte);
	return sonde_buffer_append_format(&format->out, "%c", byte);
}

static struct sonde_error *put_text(struct format *format, const char *text, bool cut)
{
	CHECK(put(format, "\""));
	for (; *text; text++)
		CHECK(put_byte(format, (uint8_t)*text, '"'));
	return put(format, cut ? "\".." : "\"");
}

/* What cannot be shown, in its place; memory that is missing is a fact of the guest. */
static struct sonde_error *put_error(struct format *format, struct sonde_error *error)
{
	struct sonde_error *failed;

	if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED) ||
		sonde_error_is(error, SONDE_ERROR_NO_MEMORY))
		return error;
	failed = sonde_buffer_append_format(&format->out, "<%s>", sonde_error_why(error));
	sonde_error_destroy(error);
	return failed;
}

static struct sonde_error *format_integer(
	struct format *format, const struct sonde_value *value)
{
	CHECK(sonde_buffer_append_format(&format->out,
		value->is_signed ? "%" PRId64 : "%" PRIu64, value->integer));
	if (value->bit_size || !sonde_value_is_char(value->type) ||
		value->integer - ' ' > '~' - ' ')
		return NULL;
	CHECK(put(format, " '"));
	CHECK(put_byte(format, (uint8_t)value->integer, '\''));
	return put(format, "'");
}

static struct sonde_error *format_enumeration(
	struct format *format, const struct sonde_value *value)
{
	const char *name = NULL;

	CHECK(sonde_value_enumerator(value, &name));
	return name ? put(format, name) : format_integer(format, value);
}

static struct sonde_error *put_address(struct format *format, uint64_t address)
{
	char name[SYMBOL_BYTES] = "";

	CHECK(sonde_buffer_append_format(&format->out, "0x%" PRIx64, address));
	if (!address || !format->how.name_address)
		return NULL;
	format->how.name_address(format->how.context, address, name, sizeof(name));
	if (!*name)
		return NULL;
	return sonde_buffer_append_format(&format->out, " <%s>", name);
}

/* u8 and its like are numbers. */
static bool is_letter(struct sonde_type type)
{
	struct sonde_error *error = sonde_type_resolve(type, &type);

	sonde_error_destroy(error);
	return !error && sonde_value_is_char(type) &&
	       !strcmp(sonde_type_tag(type), "char");
}

/* Behind a char * there may be anything but text: then the address is all. */
static struct sonde_error *format_pointer(
	struct format *format, const struct sonde_value *value, struct sonde_type type)
{
	struct sonde_error *error;
	struct sonde_type target;
	char *text = NULL;

	CHECK(sonde_type_target(type, &target));
	CHECK(put_address(format, value->integer));
	if (!value->integer || !is_letter(target))
		return NULL;
	error = sonde_value_string(value, format->how.text, &text);
	if (error) {
		sonde_error_destroy(error);
		return NULL;
	}
	error = put(format, " ");
	if (!error)
		error = put_text(format, text, false);
	free(text);
	return error;
}

static struct sonde_error *count_part(struct format *format, bool *ret_more)
{
	*ret_more = ++format->parts <= PARTS_MAX;
	return *ret_more ? NULL : put(format, "..");
}

static struct sonde_error *format_part(struct format *format,
	const struct sonde_value *whole, uint64_t index, unsigned depth)
{
	struct sonde_value part;
	struct sonde_error *error = sonde_value_part(whole, index, &part);

	return error ? put_error(format, error) : format_value(format, &part, depth);
}

static struct sonde_error *format_members(struct format *format,
	const struct sonde_value *value, struct sonde_type type, unsigned depth)
{
	uint64_t count = sonde_type_count(type);
	bool more = true;

	CHECK(put(format, "{"));
	for (uint64_t i = 0; i < count && more; i++) {
		struct sonde_type_member member;

		CHECK(put_line(format, depth + 1));
		CHECK(count_part(format, &more));
		if (!more)
			break;
		CHECK(sonde_type_member(type, i, &member));
		if (*member.name)
			CHECK(sonde_buffer_append_format(
				&format->out, ".%s = ", member.name));
		CHECK(format_part(format, value, i, depth + 1));
		CHECK(put(format, ","));
	}
	if (count)
		CHECK(put_line(format, depth));
	return put(format, "}");
}

static struct sonde_error *format_compound(struct format *format,
	const struct sonde_value *value, struct sonde_type type, unsigned depth)
{
	/* Anonymous ones belong to what is around them. */
	if (depth > format->how.depth && *sonde_type_tag(value->type))
		return put(format, "{...}");
	if (depth > DEPTH_MAX)
		return put(format, "{...}");
	return format_members(format, value, type, depth);
}

static struct sonde_error *format_elements(struct format *format,
	const struct sonde_value *value, struct sonde_type type, unsigned depth)
{
	uint64_t count = sonde_type_count(type);
	bool more = true;

	CHECK(put(format, "{"));
	for (uint64_t i = 0; i < count && more; i++) {
		if (i)
			CHECK(put(format, ", "));
		if (i == format->how.elements) {
			CHECK(put(format, ".."));
			break;
		}
		CHECK(count_part(format, &more));
		if (more)
			CHECK(format_part(format, value, i, depth));
	}
	return put(format, "}");
}

static struct sonde_error *format_array(struct format *format,
	const struct sonde_value *value, struct sonde_type type, unsigned depth)
{
	struct sonde_error *error;
	struct sonde_type element;
	char *text = NULL;

	CHECK(sonde_type_target(type, &element));
	if (!is_letter(element))
		return format_elements(format, value, type, depth);
	error = sonde_value_string(value, format->how.text, &text);
	if (error)
		return put_error(format, error);
	error = put_text(format, text,
		strlen(text) == format->how.text &&
			sonde_type_count(type) > format->how.text);
	free(text);
	return error;
}

static struct sonde_error *format_float(
	struct format *format, const struct sonde_value *value)
{
	struct sonde_error *error;
	uint64_t bits = 0;
	double wide;
	float narrow;

	if (!value->space || (value->bytes != 4 && value->bytes != 8))
		return put(format, "<a number that cannot be shown>");
	error = sonde_space_read_integer(
		value->space, value->address, (unsigned)value->bytes, &bits);
	if (error)
		return put_error(format, error);
	memcpy(&wide, &bits, sizeof(wide));
	memcpy(&narrow, &bits, sizeof(narrow));
	return sonde_buffer_append_format(
		&format->out, "%g", value->bytes == 4 ? (double)narrow : wide);
}

static struct sonde_error *format_value(
	struct format *format, const struct sonde_value *value, unsigned depth)
{
	struct sonde_type type;
	struct sonde_value_class class;
	struct sonde_error *error;

	CHECK(sonde_type_resolve(value->type, &type));
	if (sonde_type_is(type, SONDE_TYPE_FLOAT))
		return format_float(format, value);
	error = sonde_value_classify(type, &class);
	if (error)
		return put_error(format, error);
	switch (class.kind) {
	case SONDE_TYPE_BOOL:
		if (value->integer > 1)
			return format_integer(format, value);
		return put(format, value->integer ? "true" : "false");
	case SONDE_TYPE_INTEGER:
		return format_integer(format, value);
	case SONDE_TYPE_ENUM:
		return format_enumeration(format, value);
	case SONDE_TYPE_POINTER:
		return format_pointer(format, value, type);
	case SONDE_TYPE_ARRAY:
		return format_array(format, value, type, depth);
	case SONDE_TYPE_STRUCT:
	case SONDE_TYPE_UNION:
		return format_compound(format, value, type, depth);
	default:
		return put_address(format, value->integer);
	}
}

struct sonde_error *sonde_value_format(
	const struct sonde_value *value, const struct sonde_value_format *how, char **ret)
{
	struct format format = {.how = {.size = sizeof(format.how)}};
	struct sonde_error *error;
	size_t size = how ? how->size : 0;

	if (size > sizeof(format.how))
		size = sizeof(format.how);
	if (how)
		memcpy(&format.how, how, size);
	if (!format.how.elements)
		format.how.elements = ELEMENTS;
	if (!format.how.text)
		format.how.text = TEXT_BYTES;
	error = format_value(&format, value, 0);
	if (error) {
		sonde_buffer_deinit(&format.out);
		return error;
	}
	*ret = (char *)format.out.data;
	return NULL;
}
