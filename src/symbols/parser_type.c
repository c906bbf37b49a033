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

/* There are no symbols at this level, hence no types but C's own. */
static struct sonde_error *refuse_structure(struct sonde_parser *parser)
{
	struct sonde_token tag = parser->token;
	const char *text = parser->lexer.text;

	CHECK(sonde_parser_advance(parser));
	if (parser->token.kind != SONDE_TOKEN_NAME)
		return sonde_parser_unexpected(parser, "the name of a type");
	return sonde_error_suggest(
		sonde_syntax_error(text, tag.offset, SONDE_ERROR_NOT_FOUND,
			"no type is called '%.*s %.*s' at the machine level",
			(int)tag.length, text + tag.offset, (int)parser->token.length,
			sonde_parser_text(parser)),
		"the machine knows C's built-in types and u8, s32, uint64_t and their "
		"like");
}

static struct sonde_error *parse_scalar(
	struct sonde_parser *parser, enum sonde_scalar *ret)
{
	struct sonde_scalar_words words = {0};
	size_t start = parser->token.offset;
	bool fits = true;

	while (sonde_parser_at_type(parser)) {
		if (at_structure(parser))
			return refuse_structure(parser);
		if (at_floating(parser))
			return sonde_parser_refuse(parser, SONDE_ERROR_UNSUPPORTED,
				"floating point is not supported");
		if (at_scalar_word(parser))
			fits = fits &&
			       sonde_scalar_words_add(&words, sonde_parser_text(parser),
				       parser->token.length);
		CHECK(sonde_parser_advance(parser));
	}
	if (!fits || !sonde_scalar_words_type(&words, ret))
		return sonde_syntax_error(parser->lexer.text, start, SONDE_ERROR_INVALID,
			"these words do not name a type");
	return NULL;
}

struct sonde_error *sonde_parser_type(
	struct sonde_parser *parser, struct sonde_scalar_type *ret)
{
	struct sonde_scalar_type type = {0};

	CHECK(parse_scalar(parser, &type.scalar));
	while (parser->token.kind == SONDE_TOKEN_STAR || at_qualifier(parser)) {
		if (parser->token.kind == SONDE_TOKEN_STAR)
			type.pointers++;
		if (type.pointers > SONDE_SCALAR_POINTERS_MAX)
			return sonde_parser_refuse(parser, SONDE_ERROR_INVALID,
				"the type is a pointer to too many pointers");
		CHECK(sonde_parser_advance(parser));
	}
	CHECK(sonde_parser_expect(parser, SONDE_TOKEN_PAREN_CLOSE, "')'"));
	*ret = type;
	return NULL;
}
