/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the parser share: a place in the text, how to complain there,
 * and the tree that grows.
 */
#ifndef SONDE_SYMBOLS_PARSER_STATE_H
#define SONDE_SYMBOLS_PARSER_STATE_H

#include "syntax.h"

struct sonde_parser {
	struct sonde_lexer lexer;
	/** The token to be looked at next. */
	struct sonde_token token;
	/** How many recursions are under way. */
	unsigned nesting;
	struct sonde_syntax_tree tree;
};

/** On to the next token. */
SONDE_NODISCARD struct sonde_error *sonde_parser_advance(struct sonde_parser *parser);

/** Where the token begins; it does not end with a NUL byte. */
const char *sonde_parser_text(const struct sonde_parser *parser);

bool sonde_parser_at_word(const struct sonde_parser *parser, const char *word);

/** An error at the token. */
struct sonde_error *sonde_parser_refuse(const struct sonde_parser *parser,
	enum sonde_error_kind kind, const char *why) NEVER_NULL;

/** The token is not what was @p expected. */
struct sonde_error *sonde_parser_unexpected(
	const struct sonde_parser *parser, const char *expected) NEVER_NULL;

#if defined(__clang_analyzer__) && !defined(SONDE_PARSER_STATE_IMPLEMENTATION)
#define sonde_parser_refuse(...) sonde_error_not_null(sonde_parser_refuse(__VA_ARGS__))
#define sonde_parser_unexpected(...) \
	sonde_error_not_null(sonde_parser_unexpected(__VA_ARGS__))
#endif

/** Advances over a token of @p kind; errors call it what is @p expected. */
SONDE_NODISCARD struct sonde_error *sonde_parser_expect(
	struct sonde_parser *parser, enum sonde_token_kind kind, const char *expected);

/**
 * One level deeper, or an error. Every way to recurse passes here, and lowers
 * parser->nesting on its way back; a failure ends the parser and needs not.
 */
SONDE_NODISCARD struct sonde_error *sonde_parser_nest(struct sonde_parser *parser);

/** A node for the operator or operand @p token. */
SONDE_NODISCARD struct sonde_error *sonde_parser_create(struct sonde_parser *parser,
	enum sonde_syntax_kind kind, const struct sonde_token *token,
	struct sonde_syntax **ret);

/** Makes @p operand number @p index of @p node, unless the tree becomes too tall. */
SONDE_NODISCARD struct sonde_error *sonde_parser_adopt(struct sonde_parser *parser,
	struct sonde_syntax *node, unsigned index, struct sonde_syntax *operand);

/** Whether the token can begin the name of a type. */
bool sonde_parser_at_type(const struct sonde_parser *parser);

/**
 * Whether the token begins the name of a type behind a parenthesis, where an expression
 * may stand as well: C's words, or a name that nothing but a type makes sense of.
 */
SONDE_NODISCARD struct sonde_error *sonde_parser_at_cast(
	struct sonde_parser *parser, bool *ret);

/** Parses the name of a type: a SONDE_SYNTAX_TYPE. */
SONDE_NODISCARD struct sonde_error *sonde_parser_type(
	struct sonde_parser *parser, struct sonde_syntax **ret);

#endif
