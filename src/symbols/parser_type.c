/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of types, in casts and behind sizeof. */
#include <string.h>

#include "parser_state.h"

static bool at_qualifier(const struct sonde_parser *parser)
{
	return sonde_parser_at_word(parser, "const") ||
	       sonde_parser_at_word(parser, "volatile");
}

static bool at_structure(const struct sonde_parser *parser)
{
	return sonde_parser_at_word(parser, "struct") ||
	       sonde_parser_at_word(parser, "union") ||
	       sonde_parser_at_word(parser, "enum");
}

static bool at_floating(const struct sonde_parser *parser)
{
	return sonde_parser_at_word(parser, "float") ||
	       sonde_parser_at_word(parser, "double");
}

static bool at_scalar_word(const struct sonde_parser *parser)
{
	return parser->token.kind == SONDE_TOKEN_NAME &&
	       sonde_scalar_words_know(sonde_parser_text(parser), parser->token.length);
}

bool sonde_parser_at_type(const struct sonde_parser *parser)
{
	return at_scalar_word(parser) || at_qualifier(parser) || at_structure(parser) ||
	       at_floating(parser);
}

static struct sonde_error *create_named(struct sonde_parser *parser, size_t offset,
	enum sonde_type_space space, struct sonde_syntax **ret)
{
	struct sonde_syntax *node;

	if (parser->token.kind != SONDE_TOKEN_NAME)
		return sonde_parser_unexpected(parser, "the name of a type");
	CHECK(sonde_syntax_create(
		&parser->tree, SONDE_SYNTAX_TYPE, offset, parser->token.length, &node));
	memcpy(node->text, sonde_parser_text(parser), parser->token.length);
	node->written.space = space;
	*ret = node;
	return sonde_parser_advance(parser);
}

static struct sonde_error *parse_structure(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	enum sonde_type_space space = SONDE_TYPE_ENUMS;
	size_t offset = parser->token.offset;

	if (sonde_parser_at_word(parser, "struct"))
		space = SONDE_TYPE_STRUCTS;
	else if (sonde_parser_at_word(parser, "union"))
		space = SONDE_TYPE_UNIONS;
	CHECK(sonde_parser_advance(parser));
	return create_named(parser, offset, space, ret);
}

static struct sonde_error *parse_words(
	struct sonde_parser *parser, size_t start, struct sonde_syntax **ret)
{
	struct sonde_scalar_words words = {0};
	struct sonde_syntax *node;
	enum sonde_scalar scalar;
	bool fits = true;

	while (at_scalar_word(parser) || at_qualifier(parser)) {
		if (at_scalar_word(parser))
			fits = fits &&
			       sonde_scalar_words_add(&words, sonde_parser_text(parser),
				       parser->token.length);
		CHECK(sonde_parser_advance(parser));
	}
	if (!fits || at_structure(parser) || !sonde_scalar_words_type(&words, &scalar))
		return sonde_syntax_error(parser->lexer.text, start, SONDE_ERROR_INVALID,
			"these words do not name a type");
	CHECK(sonde_syntax_create(&parser->tree, SONDE_SYNTAX_TYPE, start, 0, &node));
	node->written.is_builtin = true;
	node->written.scalar = scalar;
	*ret = node;
	return NULL;
}

/* Without its stars. */
static struct sonde_error *parse_base(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	size_t start = parser->token.offset;

	while (at_qualifier(parser))
		CHECK(sonde_parser_advance(parser));
	if (at_structure(parser))
		return parse_structure(parser, ret);
	if (at_floating(parser))
		return sonde_parser_refuse(parser, SONDE_ERROR_UNSUPPORTED,
			"floating point is not supported");
	if (parser->token.kind == SONDE_TOKEN_NAME && !at_scalar_word(parser))
		return create_named(parser, parser->token.offset, SONDE_TYPE_NAMES, ret);
	return parse_words(parser, start, ret);
}

struct sonde_error *sonde_parser_type(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_syntax *node;

	CHECK(parse_base(parser, &node));
	while (parser->token.kind == SONDE_TOKEN_STAR || at_qualifier(parser)) {
		if (parser->token.kind == SONDE_TOKEN_STAR)
			node->written.pointers++;
		if (node->written.pointers > SONDE_SCALAR_POINTERS_MAX)
			return sonde_parser_refuse(parser, SONDE_ERROR_INVALID,
				"the type is a pointer to too many pointers");
		CHECK(sonde_parser_advance(parser));
	}
	*ret = node;
	return NULL;
}

/* What an operand can begin with, where an operator could not stand. */
static bool begins_operand(enum sonde_token_kind kind)
{
	switch (kind) {
	case SONDE_TOKEN_INTEGER:
	case SONDE_TOKEN_CHARACTER:
	case SONDE_TOKEN_STRING:
	case SONDE_TOKEN_REGISTER:
	case SONDE_TOKEN_NAME:
	case SONDE_TOKEN_PAREN_OPEN:
	case SONDE_TOKEN_NOT:
	case SONDE_TOKEN_COMPLEMENT:
		return true;
	default:
		return false;
	}
}

/*
 * (name *) can only be a type, and so can (name) with an operand behind it. (name) - 1
 * is a difference: whoever means a type writes (name)(-1).
 */
struct sonde_error *sonde_parser_at_cast(struct sonde_parser *parser, bool *ret)
{
	struct sonde_lexer ahead = parser->lexer;
	struct sonde_token token;
	bool stars = false;

	*ret = sonde_parser_at_type(parser);
	if (*ret || parser->token.kind != SONDE_TOKEN_NAME ||
		sonde_parser_at_word(parser, "sizeof"))
		return NULL;
	CHECK(sonde_lexer_next(&ahead, &token));
	while (token.kind == SONDE_TOKEN_STAR) {
		stars = true;
		CHECK(sonde_lexer_next(&ahead, &token));
	}
	if (token.kind != SONDE_TOKEN_PAREN_CLOSE)
		return NULL;
	CHECK(sonde_lexer_next(&ahead, &token));
	*ret = stars || begins_operand(token.kind);
	return NULL;
}
