/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A recursive descent through C's expressions (C11 6.5); of the operators that change
 * something there is one assignment, at the top, where it is asked for. Names are not
 * looked up here: that is the evaluator's part. A parenthesis is a cast if its first
 * word can begin a type's name, or if nothing else makes sense of it.
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

/* A node that has the token as its text, and stands at @p offset. */
static struct sonde_error *create_named(struct sonde_parser *parser,
	enum sonde_syntax_kind kind, size_t offset, struct sonde_syntax **ret)
{
	CHECK(sonde_syntax_create(
		&parser->tree, kind, offset, parser->token.length, ret));
	memcpy((*ret)->text, sonde_parser_text(parser), parser->token.length);
	return sonde_parser_advance(parser);
}

/* .name and ->name */
static struct sonde_error *parse_member(struct sonde_parser *parser,
	struct sonde_syntax *operand, struct sonde_syntax **ret)
{
	enum sonde_token_kind operation = parser->token.kind;
	struct sonde_syntax *node;

	CHECK(sonde_parser_advance(parser));
	if (parser->token.kind != SONDE_TOKEN_NAME)
		return sonde_parser_unexpected(parser, "the name of a member");
	CHECK(create_named(parser, SONDE_SYNTAX_MEMBER, parser->token.offset, &node));
	node->operation = operation;
	CHECK(sonde_parser_adopt(parser, node, 0, operand));
	*ret = node;
	return NULL;
}

/* What stands behind the colon of [first:end]; both may be left out. */
static struct sonde_error *parse_slice(struct sonde_parser *parser,
	struct sonde_syntax *node, struct sonde_syntax *first)
{
	struct sonde_syntax *end;

	node->kind = SONDE_SYNTAX_SLICE;
	CHECK(sonde_parser_advance(parser));
	if (first)
		CHECK(sonde_parser_adopt(parser, node, 1, first));
	if (parser->token.kind == SONDE_TOKEN_BRACKET_CLOSE)
		return NULL;
	CHECK(parse_conditional(parser, &end));
	return sonde_parser_adopt(parser, node, 2, end);
}

/* [index] and [first:end] */
static struct sonde_error *parse_index(struct sonde_parser *parser,
	struct sonde_syntax *operand, struct sonde_syntax **ret)
{
	struct sonde_syntax *node, *index = NULL;

	CHECK(sonde_parser_create(parser, SONDE_SYNTAX_INDEX, &parser->token, &node));
	CHECK(sonde_parser_advance(parser));
	if (parser->token.kind != SONDE_TOKEN_COLON)
		CHECK(parse_conditional(parser, &index));
	CHECK(sonde_parser_adopt(parser, node, 0, operand));
	if (parser->token.kind == SONDE_TOKEN_COLON)
		CHECK(parse_slice(parser, node, index));
	else
		CHECK(sonde_parser_adopt(parser, node, 1, index));
	CHECK(sonde_parser_expect(parser, SONDE_TOKEN_BRACKET_CLOSE, "']'"));
	*ret = node;
	return NULL;
}

/* A type, where its first word is one of C's; else a name may turn out to be one. */
static struct sonde_error *parse_argument(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	if (sonde_parser_at_type(parser))
		return sonde_parser_type(parser, ret);
	return parse_conditional(parser, ret);
}

/* Behind the name of a function, at its parenthesis. */
static struct sonde_error *parse_call(struct sonde_parser *parser,
	const struct sonde_syntax *function, struct sonde_syntax **ret)
{
	size_t length = strlen(function->text);
	struct sonde_syntax *node, *argument;
	unsigned count = 0;

	CHECK(sonde_syntax_create(
		&parser->tree, SONDE_SYNTAX_CALL, function->offset, length, &node));
	memcpy(node->text, function->text, length);
	CHECK(sonde_parser_advance(parser));
	while (parser->token.kind != SONDE_TOKEN_PAREN_CLOSE) {
		if (count)
			CHECK(sonde_parser_expect(
				parser, SONDE_TOKEN_COMMA, "',' or ')'"));
		if (count == SONDE_SYNTAX_OPERANDS_MAX)
			return sonde_parser_refuse(parser, SONDE_ERROR_INVALID,
				"no function has so many arguments");
		CHECK(parse_argument(parser, &argument));
		CHECK(sonde_parser_adopt(parser, node, count++, argument));
	}
	*ret = node;
	return sonde_parser_advance(parser);
}

/* What follows @p operand: any number of [index], .member, ->member, and a call. */
static struct sonde_error *parse_postfix(struct sonde_parser *parser,
	struct sonde_syntax *operand, struct sonde_syntax **ret)
{
	for (;;) {
		switch (parser->token.kind) {
		case SONDE_TOKEN_BRACKET_OPEN:
			CHECK(parse_index(parser, operand, &operand));
			break;
		case SONDE_TOKEN_DOT:
		case SONDE_TOKEN_ARROW:
			CHECK(parse_member(parser, operand, &operand));
			break;
		case SONDE_TOKEN_PAREN_OPEN:
			if (operand->kind != SONDE_SYNTAX_NAME || operand->grouped)
				return sonde_parser_refuse(parser, SONDE_ERROR_INVALID,
					"only what has a name can be called");
			CHECK(parse_call(parser, operand, &operand));
			break;
		default:
			*ret = operand;
			return NULL;
		}
	}
}

/* Behind '(' where no type stands. */
static struct sonde_error *parse_group(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_syntax *node;

	CHECK(parse_conditional(parser, &node));
	CHECK(sonde_parser_expect(parser, SONDE_TOKEN_PAREN_CLOSE, "')'"));
	node->grouped = true;
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

/* A type and the parenthesis behind it, operand @p index of @p node. */
static struct sonde_error *parse_enclosed_type(
	struct sonde_parser *parser, struct sonde_syntax *node, unsigned index)
{
	struct sonde_syntax *type;

	CHECK(sonde_parser_type(parser, &type));
	CHECK(sonde_parser_expect(parser, SONDE_TOKEN_PAREN_CLOSE, "')'"));
	return sonde_parser_adopt(parser, node, index, type);
}

static struct sonde_error *parse_sizeof(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_syntax *node, *operand = NULL;
	bool is_type = false;

	CHECK(sonde_parser_create(parser, SONDE_SYNTAX_SIZEOF, &parser->token, &node));
	CHECK(sonde_parser_advance(parser));
	*ret = node;
	if (parser->token.kind != SONDE_TOKEN_PAREN_OPEN)
		return parse_prefixed(parser, node, ret);
	CHECK(sonde_parser_advance(parser));
	CHECK(sonde_parser_at_cast(parser, &is_type));
	if (is_type)
		return parse_enclosed_type(parser, node, 0);
	CHECK(parse_group(parser, &operand));
	return sonde_parser_adopt(parser, node, 0, operand);
}

/* A cast, or an expression in parentheses. */
static struct sonde_error *parse_parenthesis(
	struct sonde_parser *parser, struct sonde_syntax **ret)
{
	struct sonde_token token = parser->token;
	struct sonde_syntax *node;
	bool is_type = false;

	CHECK(sonde_parser_advance(parser));
	CHECK(sonde_parser_at_cast(parser, &is_type));
	if (!is_type)
		return parse_group(parser, ret);
	CHECK(sonde_parser_create(parser, SONDE_SYNTAX_CAST, &token, &node));
	CHECK(parse_enclosed_type(parser, node, 1));
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

/* PLACE = VALUE. The token is =, or one of its like. */
static struct sonde_error *parse_assignment(struct sonde_parser *parser)
{
	struct sonde_syntax *node, *value;

	if (parser->token.length != 1)
		return sonde_parser_refuse(parser, SONDE_ERROR_INVALID,
			"of the assignments only '=' is supported");
	CHECK(sonde_parser_create(parser, SONDE_SYNTAX_ASSIGN, &parser->token, &node));
	CHECK(sonde_parser_advance(parser));
	CHECK(parse_conditional(parser, &value));
	CHECK(sonde_parser_adopt(parser, node, 0, parser->tree.root));
	CHECK(sonde_parser_adopt(parser, node, 1, value));
	parser->tree.root = node;
	return NULL;
}

static struct sonde_error *parse_all(struct sonde_parser *parser, bool assignments)
{
	CHECK(sonde_parser_advance(parser));
	CHECK(parse_conditional(parser, &parser->tree.root));
	if (assignments && parser->token.kind == SONDE_TOKEN_ASSIGN)
		CHECK(parse_assignment(parser));
	if (parser->token.kind != SONDE_TOKEN_END)
		return sonde_parser_unexpected(parser, "an operator or the end");
	return NULL;
}

struct sonde_error *sonde_parse(
	const char *text, size_t length, bool assignments, struct sonde_syntax_tree *ret)
{
	struct sonde_parser parser = {.lexer = {.text = text, .length = length}};
	struct sonde_error *error = parse_all(&parser, assignments);

	if (error) {
		sonde_syntax_tree_deinit(&parser.tree);
		return error;
	}
	*ret = parser.tree;
	return NULL;
}
