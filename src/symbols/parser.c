/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recursive descent through C's expressions (C11 6.5) without the operators that
 * change something. Names are not looked up here: that is the evaluator's part.
 * A parenthesis is a cast if its first word can begin a type's name.
 */
#include <string.h>

#include "literal.h"
#include "parser.h"
#include "parser_state.h"

static struct sonde_error *parse_conditional(
	struct sonde_parser *parser, struct sonde_syntax **ret);
static struct sonde_error *parse_unary(
	struct sonde_parser *parser, struct sonde_syntax **ret);

static struct sonde_error *parse_integer(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	const char *text = parser->lexer.text;
	struct sonde_syntax *node;

	CHECK(sonde_parser_create(parser, SONDE_SYNTAX_INTEGER, &parser->token, &node));
	if (parser->token.kind == SONDE_TOKEN_INTEGER) {
		CHECK(sonde_literal_integer(
			text, &parser->token, &node->type, &node->integer));
	} else {
		CHECK(sonde_literal_character(text, &parser->token, &node->integer));
		node->type = sonde_scalar_type(SONDE_SCALAR_INT);
	}
	CHECK(sonde_parser_advance(parser));
	*ret = node;
	return NULL;
}

static struct sonde_error *parse_string(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	const struct sonde_token *token = &parser->token;
	struct sonde_syntax *node;

	CHECK(sonde_syntax_create(
		&parser->tree, SONDE_SYNTAX_STRING, token->offset, token->length, &node));
	CHECK(sonde_literal_string(parser->lexer.text, token, node->text));
	CHECK(sonde_parser_advance(parser));
	*ret = node;
	return NULL;
}

/* A name, or behind a dollar sign that of a register. */
static struct sonde_error *parse_name(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	const struct sonde_token *token = &parser->token;
	bool is_register = token->kind == SONDE_TOKEN_REGISTER;
	size_t length = token->length - is_register;
	struct sonde_syntax *node;

	CHECK(sonde_syntax_create(&parser->tree,
		is_register ? SONDE_SYNTAX_REGISTER : SONDE_SYNTAX_NAME, token->offset,
		length, &node));
	memcpy(node->text, sonde_parser_text(parser) + is_register, length);
	CHECK(sonde_parser_advance(parser));
	*ret = node;
	return NULL;
}

static struct sonde_error *parse_primary(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	switch (parser->token.kind) {
	case SONDE_TOKEN_INTEGER:
	case SONDE_TOKEN_CHARACTER:
		return parse_integer(parser, ret);
	case SONDE_TOKEN_STRING:
		return parse_string(parser, ret);
	case SONDE_TOKEN_NAME:
		if (sonde_parser_at_type(parser))
			return sonde_parser_unexpected(parser, "an operand");
		return parse_name(parser, ret);
	case SONDE_TOKEN_REGISTER:
		return parse_name(parser, ret);
	default:
		return sonde_parser_unexpected(parser, "an operand");
	}
}

/* What follows @p operand: any number of [index]. */
static struct sonde_error *parse_postfix(struct sonde_parser *parser,
	struct sonde_syntax *operand, struct sonde_syntax **ret)
{
	while (parser->token.kind == SONDE_TOKEN_BRACKET_OPEN) {
		struct sonde_syntax *node, *index;

		CHECK(sonde_parser_create(
			parser, SONDE_SYNTAX_INDEX, &parser->token, &node));
		CHECK(sonde_parser_advance(parser));
		CHECK(parse_conditional(parser, &index));
		CHECK(sonde_parser_expect(parser, SONDE_TOKEN_BRACKET_CLOSE, "']'"));
		CHECK(sonde_parser_adopt(parser, node, 0, operand));
		CHECK(sonde_parser_adopt(parser, node, 1, index));
		operand = node;
	}
	if (parser->token.kind == SONDE_TOKEN_PAREN_OPEN)
		return sonde_parser_refuse(parser, SONDE_ERROR_INVALID,
			"an expression cannot change anything, nor call a function");
	*ret = operand;
	return NULL;
}

/* Behind '(' where no type stands. */
static struct sonde_error *parse_group(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_syntax *node;

	CHECK(parse_conditional(parser, &node));
	CHECK(sonde_parser_expect(parser, SONDE_TOKEN_PAREN_CLOSE, "')'"));
	return parse_postfix(parser, node, ret);
}

/* What a prefix (an operator, a cast, sizeof), @p node, applies to. */
static struct sonde_error *parse_prefixed(
	struct sonde_parser *parser, struct sonde_syntax *node, struct sonde_syntax **ret)
{
	struct sonde_syntax *operand = NULL;

	CHECK(sonde_parser_nest(parser));
	CHECK(parse_unary(parser, &operand));
	parser->nesting--;
	CHECK(sonde_parser_adopt(parser, node, 0, operand));
	*ret = node;
	return NULL;
}

static struct sonde_error *parse_sizeof(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_syntax *node, *operand = NULL;

	CHECK(sonde_parser_create(parser, SONDE_SYNTAX_SIZEOF, &parser->token, &node));
	CHECK(sonde_parser_advance(parser));
	if (parser->token.kind != SONDE_TOKEN_PAREN_OPEN)
		return parse_prefixed(parser, node, ret);
	CHECK(sonde_parser_advance(parser));
	if (sonde_parser_at_type(parser)) {
		node->kind = SONDE_SYNTAX_SIZEOF_TYPE;
		CHECK(sonde_parser_type(parser, &node->type));
	} else {
		CHECK(parse_group(parser, &operand));
		CHECK(sonde_parser_adopt(parser, node, 0, operand));
	}
	*ret = node;
	return NULL;
}

/* A cast, or an expression in parentheses. */
static struct sonde_error *parse_parenthesis(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_token token = parser->token;
	struct sonde_syntax *node;

	CHECK(sonde_parser_advance(parser));
	if (!sonde_parser_at_type(parser))
		return parse_group(parser, ret);
	CHECK(sonde_parser_create(parser, SONDE_SYNTAX_CAST, &token, &node));
	CHECK(sonde_parser_type(parser, &node->type));
	return parse_prefixed(parser, node, ret);
}

static struct sonde_error *parse_unary(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_syntax *node = NULL;

	switch (parser->token.kind) {
	case SONDE_TOKEN_PAREN_OPEN:
		return parse_parenthesis(parser, ret);
	case SONDE_TOKEN_PLUS:
	case SONDE_TOKEN_MINUS:
	case SONDE_TOKEN_NOT:
	case SONDE_TOKEN_COMPLEMENT:
	case SONDE_TOKEN_STAR:
	case SONDE_TOKEN_AND:
		CHECK(sonde_parser_create(
			parser, SONDE_SYNTAX_UNARY, &parser->token, &node));
		CHECK(sonde_parser_advance(parser));
		return parse_prefixed(parser, node, ret);
	default:
		if (sonde_parser_at_word(parser, "sizeof"))
			return parse_sizeof(parser, ret);
		CHECK(parse_primary(parser, &node));
		return parse_postfix(parser, node, ret);
	}
}

/* How tight a binary operator binds; 0: it is none. */
static unsigned precedence_of(enum sonde_token_kind kind)
{
	static const unsigned char precedences[] = {
		[SONDE_TOKEN_LOGICAL_OR] = 1,
		[SONDE_TOKEN_LOGICAL_AND] = 2,
		[SONDE_TOKEN_OR] = 3,
		[SONDE_TOKEN_XOR] = 4,
		[SONDE_TOKEN_AND] = 5,
		[SONDE_TOKEN_EQUAL] = 6,
		[SONDE_TOKEN_NOT_EQUAL] = 6,
		[SONDE_TOKEN_LESS] = 7,
		[SONDE_TOKEN_LESS_EQUAL] = 7,
		[SONDE_TOKEN_GREATER] = 7,
		[SONDE_TOKEN_GREATER_EQUAL] = 7,
		[SONDE_TOKEN_SHIFT_LEFT] = 8,
		[SONDE_TOKEN_SHIFT_RIGHT] = 8,
		[SONDE_TOKEN_PLUS] = 9,
		[SONDE_TOKEN_MINUS] = 9,
		[SONDE_TOKEN_STAR] = 10,
		[SONDE_TOKEN_SLASH] = 10,
		[SONDE_TOKEN_PERCENT] = 10,
	};

	return (size_t)kind < ARRAY_SIZE(precedences) ? precedences[kind] : 0;
}

/* Operators that bind tighter than @p outer; it recurses once a precedence at most. */
static struct sonde_error *parse_binary(
	struct sonde_parser *parser, unsigned outer, struct sonde_syntax **ret)
{
	struct sonde_syntax *left, *right, *node;

	CHECK(parse_unary(parser, &left));
	for (;;) {
		unsigned precedence = precedence_of(parser->token.kind);

		if (precedence <= outer)
			break;
		CHECK(sonde_parser_create(
			parser, SONDE_SYNTAX_BINARY, &parser->token, &node));
		CHECK(sonde_parser_advance(parser));
		CHECK(parse_binary(parser, precedence, &right));
		CHECK(sonde_parser_adopt(parser, node, 0, left));
		CHECK(sonde_parser_adopt(parser, node, 1, right));
		left = node;
	}
	*ret = left;
	return NULL;
}

static struct sonde_error *parse_conditional(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_syntax *result, *yes, *no, *node;

	CHECK(sonde_parser_nest(parser));
	CHECK(parse_binary(parser, 0, &result));
	if (parser->token.kind == SONDE_TOKEN_QUESTION) {
		CHECK(sonde_parser_create(
			parser, SONDE_SYNTAX_CONDITIONAL, &parser->token, &node));
		CHECK(sonde_parser_advance(parser));
		CHECK(parse_conditional(parser, &yes));
		CHECK(sonde_parser_expect(parser, SONDE_TOKEN_COLON, "':'"));
		CHECK(parse_conditional(parser, &no));
		CHECK(sonde_parser_adopt(parser, node, 0, result));
		CHECK(sonde_parser_adopt(parser, node, 1, yes));
		CHECK(sonde_parser_adopt(parser, node, 2, no));
		result = node;
	}
	parser->nesting--;
	*ret = result;
	return NULL;
}

static struct sonde_error *parse_all(struct sonde_parser *parser)
{
	CHECK(sonde_parser_advance(parser));
	CHECK(parse_conditional(parser, &parser->tree.root));
	if (parser->token.kind != SONDE_TOKEN_END)
		return sonde_parser_unexpected(parser, "an operator or the end");
	return NULL;
}

struct sonde_error *sonde_parse(
	const char *text, size_t length, struct sonde_syntax_tree *ret)
{
	struct sonde_parser parser = {.lexer = {.text = text, .length = length}};
	struct sonde_error *error = parse_all(&parser);

	if (error) {
		sonde_syntax_tree_deinit(&parser.tree);
		return error;
	}
	*ret = parser.tree;
	return NULL;
}
