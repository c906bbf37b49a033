/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A type's whole declaration, with offsets and sizes, as pahole prints it. */
#include <inttypes.h>
#include <string.h>

#include "buffer.h"
#include "type.h"

enum {
	DECLARATION_BYTES = 512,
	/** Members or enumerators of all levels together. */
	LINES_MAX = 1 << 15,
	/** Where the comments begin. */
	COMMENT_COLUMN = 56,
};

struct format {
	struct sonde_buffer out;
	unsigned depth_max;
	unsigned lines;
};

static struct sonde_error *format_members(struct format *format, struct sonde_type type,
	uint64_t bit_offset, unsigned depth);

static struct sonde_error *indent(struct format *format, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		CHECK(sonde_buffer_append_format(&format->out, "\t"));
	return NULL;
}

static struct sonde_error *count_line(struct format *format)
{
	if (++format->lines > LINES_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the type has more than %d members", LINES_MAX);
	return NULL;
}

/* The size of a member, or nothing where it has none: bit-fields say their bits. */
static struct sonde_error *format_place(struct format *format,
	const struct sonde_type_member *member, uint64_t bit_offset, int column)
{
	uint64_t offset = bit_offset + member->bit_offset, bytes = 0;

	CHECK(sonde_buffer_append_format(&format->out, "%*s/* ",
		column < COMMENT_COLUMN ? COMMENT_COLUMN - column : 1, ""));
	if (member->bit_size)
		return sonde_buffer_append_format(&format->out,
			"%5" PRIu64 ":%-2u %4u bits */\n", offset / 8,
			(unsigned)(offset % 8), member->bit_size);
	sonde_error_destroy(sonde_type_bytes(member->type, &bytes));
	return sonde_buffer_append_format(
		&format->out, "%5" PRIu64 "  %6" PRIu64 " */\n", offset / 8, bytes);
}

static const char *keyword_of(struct sonde_type type)
{
	return sonde_type_is(type, SONDE_TYPE_UNION) ? "union" : "struct";
}

static struct sonde_error *format_plain(struct format *format,
	const struct sonde_type_member *member, uint64_t bit_offset, unsigned depth)
{
	char text[DECLARATION_BYTES];
	int column;

	sonde_type_declare(member->type, member->name, text, sizeof(text));
	CHECK(sonde_buffer_append_format(&format->out, "%s", text));
	if (member->bit_size)
		CHECK(sonde_buffer_append_format(&format->out, ":%u", member->bit_size));
	CHECK(sonde_buffer_append_format(&format->out, ";"));
	column = (int)strlen(text) + 8 * (int)depth + (member->bit_size ? 3 : 1);
	return format_place(format, member, bit_offset, column);
}

/* A structure is shown whole if it has no name to be asked by, or by request. */
static struct sonde_error *is_shown_whole(const struct format *format,
	const struct sonde_type_member *member, unsigned depth, struct sonde_type *inner,
	bool *ret)
{
	bool has_name = *sonde_type_tag(member->type);

	CHECK(sonde_type_resolve(member->type, inner));
	*ret = (sonde_type_is(*inner, SONDE_TYPE_STRUCT) ||
		       sonde_type_is(*inner, SONDE_TYPE_UNION)) &&
	       (depth <= format->depth_max || !has_name) &&
	       depth < SONDE_TYPE_NESTING_MAX;
	return NULL;
}

static struct sonde_error *format_member(struct format *format,
	const struct sonde_type_member *member, uint64_t bit_offset, unsigned depth)
{
	struct sonde_type inner;
	const char *tag;
	bool whole;
	int column;

	CHECK(count_line(format));
	CHECK(indent(format, depth));
	CHECK(is_shown_whole(format, member, depth, &inner, &whole));
	if (!whole)
		return format_plain(format, member, bit_offset, depth);
	tag = sonde_type_tag(inner);
	CHECK(sonde_buffer_append_format(
		&format->out, "%s%s%s {\n", keyword_of(inner), *tag ? " " : "", tag));
	CHECK(format_members(format, inner, bit_offset + member->bit_offset, depth + 1));
	CHECK(indent(format, depth));
	CHECK(sonde_buffer_append_format(
		&format->out, "}%s%s;", *member->name ? " " : "", member->name));
	column = (int)strlen(member->name) + (*member->name ? 3 : 2) + 8 * (int)depth;
	return format_place(format, member, bit_offset, column);
}

static struct sonde_error *format_members(struct format *format, struct sonde_type type,
	uint64_t bit_offset, unsigned depth)
{
	uint64_t count = sonde_type_count(type);

	for (uint64_t i = 0; i < count; i++) {
		struct sonde_type_member member;

		CHECK(sonde_type_member(type, i, &member));
		CHECK(format_member(format, &member, bit_offset, depth));
	}
	return NULL;
}

static struct sonde_error *format_compound(struct format *format, struct sonde_type type)
{
	uint64_t bytes = 0;

	CHECK(sonde_type_bytes(type, &bytes));
	CHECK(format_members(format, type, 0, 1));
	return sonde_buffer_append_format(&format->out,
		"}; /* %" PRIu64 " bytes, %" PRIu64 " members */\n", bytes,
		sonde_type_count(type));
}

static struct sonde_error *format_enumerators(
	struct format *format, struct sonde_type type)
{
	bool is_signed = sonde_type_is_signed(type);
	uint64_t bytes = 0, count = sonde_type_count(type);

	CHECK(sonde_type_bytes(type, &bytes));
	for (uint64_t i = 0; i < count; i++) {
		struct sonde_type_enumerator enumerator;

		CHECK(count_line(format));
		CHECK(sonde_type_enumerator(type, i, &enumerator));
		CHECK(sonde_buffer_append_format(&format->out,
			is_signed ? "\t%s = %" PRId64 ",\n" : "\t%s = %" PRIu64 ",\n",
			enumerator.name, enumerator.value));
	}
	return sonde_buffer_append_format(
		&format->out, "}; /* %" PRIu64 " bytes */\n", bytes);
}

/* A typedef or a function, in a line. */
static struct sonde_error *format_line(struct format *format, struct sonde_type type)
{
	const char *word = "", *name = "";
	char text[DECLARATION_BYTES];
	struct sonde_error *error;
	uint64_t bytes = 0;

	error = sonde_type_bytes(type, &bytes);
	sonde_error_destroy(error);
	if (sonde_type_is(type, SONDE_TYPE_TYPEDEF)) {
		word = "typedef ";
		name = sonde_type_tag(type);
		CHECK(sonde_type_target(type, &type));
	}
	sonde_type_declare(type, name, text, sizeof(text));
	CHECK(sonde_buffer_append_format(&format->out, "%s%s;", word, text));
	if (!bytes)
		return sonde_buffer_append_format(&format->out, "\n");
	return sonde_buffer_append_format(
		&format->out, " /* %" PRIu64 " bytes */\n", bytes);
}

static struct sonde_error *format_all(struct format *format, struct sonde_type type)
{
	char text[DECLARATION_BYTES];
	enum sonde_type_kind kind = sonde_type_kind(type);

	if (kind != SONDE_TYPE_STRUCT && kind != SONDE_TYPE_UNION &&
		kind != SONDE_TYPE_ENUM)
		return format_line(format, type);
	sonde_type_declare(type, "", text, sizeof(text));
	CHECK(sonde_buffer_append_format(&format->out, "%s {\n", text));
	if (kind == SONDE_TYPE_ENUM)
		return format_enumerators(format, type);
	return format_compound(format, type);
}

struct sonde_error *sonde_type_format(struct sonde_type type, unsigned depth, char **ret)
{
	struct format format = {.depth_max = depth};
	struct sonde_error *error = format_all(&format, type);

	if (error) {
		sonde_buffer_deinit(&format.out);
		return error;
	}
	*ret = (char *)format.out.data;
	return NULL;
}
