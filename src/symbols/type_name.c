/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations as C writes them, from the inside to the outside: what is declared
 * gets its stars and qualifiers to the left, its dimensions and parameters to the
 * right, and at last the type's name in front. The text has a fixed size, so hostile
 * types cannot make it grow.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "type.h"

enum {
	/** Of a declaration before it is cut to the size that the caller has. */
	TEXT_BYTES = 1024,
	/** Functions that take functions that take functions.. */
	FUNCTIONS_MAX = 3,
	PARAMETERS_MAX = 32,
};

struct text {
	char bytes[TEXT_BYTES];
	/** It did not fit. */
	bool is_cut;
};

static void prepend(struct text *text, const char *part)
{
	size_t length = strlen(part), old = strlen(text->bytes);

	if (length + old + 1 > sizeof(text->bytes)) {
		text->is_cut = true;
		return;
	}
	memmove(text->bytes + length, text->bytes, old + 1);
	memcpy(text->bytes, part, length);
}

static void append(struct text *text, const char *format, ...) PRINTF(2, 3);

static void append(struct text *text, const char *format, ...)
{
	size_t old = strlen(text->bytes);
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(
		text->bytes + old, sizeof(text->bytes) - old, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(text->bytes) - old)
		text->is_cut = true;
}

/* "long unsigned int", as compilers write it, becomes "unsigned long". */
static const char *common_name(const char *name)
{
	struct sonde_scalar_words words = {0};
	struct sonde_type_record record;
	enum sonde_scalar scalar;

	for (const char *word = name; *word; word += strspn(word, " ")) {
		size_t length = strcspn(word, " ");

		if (!sonde_scalar_words_know(word, length) ||
			!sonde_scalar_words_add(&words, word, length))
			return name;
		word += length;
	}
	if (!sonde_scalar_words_type(&words, &scalar) || !strchr(name, ' '))
		return name;
	sonde_type_describe(
		(struct sonde_type){sonde_types_builtin(8), scalar, 0, 0}, &record);
	return record.name;
}

static void prepend_name(struct text *text, const struct sonde_type_record *record)
{
	const char *name = record->name;

	/* "int x", "char [16]", "char *", but "int". */
	if (*text->bytes)
		prepend(text, " ");
	if (record->kind == SONDE_TYPE_VOID)
		name = "void";
	else if (record->kind == SONDE_TYPE_INTEGER)
		name = common_name(name);
	prepend(text, *name ? name : "{..}");
	if (record->kind == SONDE_TYPE_STRUCT ||
		(record->kind == SONDE_TYPE_INCOMPLETE && !record->is_union))
		prepend(text, "struct ");
	else if (record->kind == SONDE_TYPE_UNION ||
		 record->kind == SONDE_TYPE_INCOMPLETE)
		prepend(text, "union ");
	else if (record->kind == SONDE_TYPE_ENUM)
		prepend(text, "enum ");
}

static void declare(struct sonde_type type, struct text *text, unsigned functions);

static void append_parameters(
	struct sonde_type function, struct text *text, unsigned functions)
{
	uint64_t count = sonde_type_count(function);

	append(text, "(");
	for (uint64_t i = 0; i < count && !text->is_cut; i++) {
		struct sonde_type_parameter parameter;
		struct text inner = {.is_cut = false};
		struct sonde_error *error = sonde_type_parameter(function, i, &parameter);

		if (error || i == PARAMETERS_MAX) {
			sonde_error_destroy(error);
			append(text, "..");
			break;
		}
		append(&inner, "%s", parameter.name);
		declare(parameter.type, &inner, functions + 1);
		append(text, "%s%s", i ? ", " : "", inner.bytes);
	}
	if (sonde_type_is_variadic(function))
		append(text, "%s...", count ? ", " : "");
	else if (!count)
		append(text, "void");
	append(text, ")");
}

/* What is right of a star binds tighter than the star. */
static void parenthesize(struct text *text, bool *is_pointer)
{
	if (*is_pointer) {
		prepend(text, "(");
		append(text, ")");
	}
	*is_pointer = false;
}

/* Met on the way in, and written in front of what they qualify. */
struct qualifiers {
	bool is_const, is_volatile;
};

/* In front of a star's operand they need a space behind, in front of nothing none. */
static void prepend_qualifiers(struct text *text, struct qualifiers *qualifiers)
{
	if (qualifiers->is_volatile)
		prepend(text, *text->bytes ? "volatile " : "volatile");
	if (qualifiers->is_const)
		prepend(text, *text->bytes ? "const " : "const");
	*qualifiers = (struct qualifiers){false, false};
}

/* One step from what is declared to its type's name; true: that has been reached. */
static bool wrap(struct sonde_type type, struct text *text, unsigned functions,
	struct qualifiers *qualifiers, bool *is_pointer)
{
	struct sonde_type_record record;

	switch (sonde_type_kind(type)) {
	case SONDE_TYPE_POINTER:
		prepend_qualifiers(text, qualifiers);
		prepend(text, "*");
		*is_pointer = true;
		return false;
	case SONDE_TYPE_ARRAY:
		parenthesize(text, is_pointer);
		append(text, "[%" PRIu64 "]", sonde_type_count(type));
		return false;
	case SONDE_TYPE_FUNCTION:
		parenthesize(text, is_pointer);
		if (functions < FUNCTIONS_MAX)
			append_parameters(type, text, functions);
		else
			append(text, "(..)");
		return false;
	case SONDE_TYPE_CONST:
		qualifiers->is_const = true;
		return false;
	case SONDE_TYPE_VOLATILE:
		qualifiers->is_volatile = true;
		return false;
	case SONDE_TYPE_RESTRICT:
		return false;
	default:
		sonde_type_describe(type, &record);
		/* A tag for compilers: what matters is behind it. */
		if (record.kind == SONDE_TYPE_TYPEDEF && !*record.name)
			return false;
		prepend_name(text, &record);
		prepend_qualifiers(text, qualifiers);
		return true;
	}
}

static void declare(struct sonde_type type, struct text *text, unsigned functions)
{
	struct qualifiers qualifiers = {false, false};
	bool is_pointer = false;

	for (unsigned i = 0; i < SONDE_TYPE_CHAIN_MAX && !text->is_cut; i++) {
		struct sonde_error *error;

		if (wrap(type, text, functions, &qualifiers, &is_pointer))
			return;
		error = sonde_type_target(type, &type);
		if (error) {
			sonde_error_destroy(error);
			break;
		}
	}
	text->is_cut = true;
}

void sonde_type_declare(struct sonde_type type, const char *name, char *ret, size_t bytes)
{
	struct text text = {.is_cut = false};
	size_t length;

	append(&text, "%s", name);
	declare(type, &text, 0);
	length = strlen(text.bytes);
	if (length + 1 > bytes || text.is_cut) {
		static const char dots[] = "..";
		size_t room = bytes - sizeof(dots);

		if (length > room)
			length = room;
		memcpy(ret, text.bytes, length);
		memcpy(ret + length, dots, sizeof(dots));
		return;
	}
	memcpy(ret, text.bytes, length + 1);
}

struct sonde_error *sonde_type_name(struct sonde_type type, char **ret)
{
	char text[TEXT_BYTES];
	char *copy;

	sonde_type_declare(type, "", text, sizeof(text));
	copy = strdup(text);
	if (!copy)
		return sonde_error_no_memory();
	*ret = copy;
	return NULL;
}
