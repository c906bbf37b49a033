/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define SONDE_PARSER_STATE_IMPLEMENTATION
#include <stdio.h>
#include <string.h>

#include "parser_state.h"

enum {
	/** How much of a token an error repeats. */
	SHOWN_MAX = 40,
};

struct sonde_error *sonde_parser_advance(struct sonde_parser *parser)
{
	return sonde_lexer_next(&parser->lexer, &parser->token);
}

const char *sonde_parser_text(const struct sonde_parser *parser)
{
	return parser->lexer.text + parser->token.offset;
}

bool sonde_parser_at_word(const struct sonde_parser *parser, const char *word)
{
	return parser->token.kind == SONDE_TOKEN_NAME &&
	       parser->token.length == strlen(word) &&
	       !memcmp(sonde_parser_text(parser), word, parser->token.length);
}

struct sonde_error *sonde_parser_refuse(
	const struct sonde_parser *parser, enum sonde_error_kind kind, const char *why)
{
	return sonde_syntax_error(
		parser->lexer.text, parser->token.offset, kind, "%s", why);
}

static struct sonde_error *refuse_change(const struct sonde_parser *parser)
{
	return sonde_parser_refuse(
		parser, SONDE_ERROR_INVALID, "an expression cannot change anything");
}

static struct sonde_error *not_expected(
	const struct sonde_parser *parser, const char *expected, const char *found)
{
	return sonde_syntax_error(parser->lexer.text, parser->token.offset,
		SONDE_ERROR_INVALID, "expected %s, found %s", expected, found);
}

/* What C would allow here, and we do not, is called by its name. */
struct sonde_error *sonde_parser_unexpected(
	const struct sonde_parser *parser, const char *expected)
{
	const struct sonde_token *token = &parser->token;
	char found[SHOWN_MAX + sizeof("''")];

	switch (token->kind) {
	case SONDE_TOKEN_ASSIGN:
		return sonde_error_suggest(refuse_change(parser), "'==' compares");
	case SONDE_TOKEN_INCREMENT:
		return refuse_change(parser);
	case SONDE_TOKEN_COMMA:
		return sonde_parser_refuse(parser, SONDE_ERROR_INVALID,
			"the comma operator is not supported");
	case SONDE_TOKEN_END:
		return not_expected(parser, expected, "the end");
	case SONDE_TOKEN_STRING:
		return not_expected(parser, expected, "a string");
	case SONDE_TOKEN_CHARACTER:
		return not_expected(parser, expected, "a character");
	default:
		snprintf(found, sizeof(found), "'%.*s'",
			token->length < SHOWN_MAX ? (int)token->length : SHOWN_MAX,
			sonde_parser_text(parser));
		return not_expected(parser, expected, found);
	}
}

struct sonde_error *sonde_parser_expect(
	struct sonde_parser *parser, enum sonde_token_kind kind, const char *expected)
{
	if (parser->token.kind != kind)
		return sonde_parser_unexpected(parser, expected);
	return sonde_parser_advance(parser);
}

struct sonde_error *sonde_parser_nest(struct sonde_parser *parser)
{
	if (++parser->nesting > SONDE_SYNTAX_NESTING_MAX)
		return sonde_parser_refuse(
			parser, SONDE_ERROR_INVALID, "the expression is nested too deep");
	return NULL;
}

struct sonde_error *sonde_parser_create(struct sonde_parser *parser,
	enum sonde_syntax_kind kind, const struct sonde_token *token,
	struct sonde_syntax **ret)
{
	struct sonde_syntax *node;

	CHECK(sonde_syntax_create(&parser->tree, kind, token->offset, 0, &node));
	node->operation = token->kind;
	*ret = node;
	return NULL;
}

struct sonde_error *sonde_parser_adopt(struct sonde_parser *parser,
	struct sonde_syntax *node, unsigned index, struct sonde_syntax *operand)
{
	node->operands[index] = operand;
	if (operand->height >= node->height)
		node->height = operand->height + 1;
	if (node->height > SONDE_SYNTAX_HEIGHT_MAX)
		return sonde_syntax_error(parser->lexer.text, node->offset,
			SONDE_ERROR_INVALID, "the expression has too many operators");
	return NULL;
}
