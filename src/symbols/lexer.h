/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cuts the text of an expression into tokens, C's own and $register. A token is a
 * span of the text; literal.h says what the spans of literals stand for.
 */
#ifndef SONDE_SYMBOLS_LEXER_H
#define SONDE_SYMBOLS_LEXER_H

#include "error.h"

enum sonde_token_kind {
	SONDE_TOKEN_END,
	SONDE_TOKEN_INTEGER,
	SONDE_TOKEN_CHARACTER,
	SONDE_TOKEN_STRING,
	SONDE_TOKEN_REGISTER,
	SONDE_TOKEN_NAME,
	SONDE_TOKEN_PAREN_OPEN,
	SONDE_TOKEN_PAREN_CLOSE,
	SONDE_TOKEN_BRACKET_OPEN,
	SONDE_TOKEN_BRACKET_CLOSE,
	SONDE_TOKEN_QUESTION,
	SONDE_TOKEN_COLON,
	SONDE_TOKEN_COMMA,
	SONDE_TOKEN_DOT,
	SONDE_TOKEN_ARROW,
	SONDE_TOKEN_NOT,
	SONDE_TOKEN_COMPLEMENT,
	SONDE_TOKEN_STAR,
	SONDE_TOKEN_SLASH,
	SONDE_TOKEN_PERCENT,
	SONDE_TOKEN_PLUS,
	SONDE_TOKEN_MINUS,
	SONDE_TOKEN_SHIFT_LEFT,
	SONDE_TOKEN_SHIFT_RIGHT,
	SONDE_TOKEN_LESS,
	SONDE_TOKEN_LESS_EQUAL,
	SONDE_TOKEN_GREATER,
	SONDE_TOKEN_GREATER_EQUAL,
	SONDE_TOKEN_EQUAL,
	SONDE_TOKEN_NOT_EQUAL,
	SONDE_TOKEN_AND,
	SONDE_TOKEN_XOR,
	SONDE_TOKEN_OR,
	SONDE_TOKEN_LOGICAL_AND,
	SONDE_TOKEN_LOGICAL_OR,
	/** =, += and their like. */
	SONDE_TOKEN_ASSIGN,
	/** ++ and --. */
	SONDE_TOKEN_INCREMENT,
};

struct sonde_token {
	enum sonde_token_kind kind;
	size_t offset;
	size_t length;
};

struct sonde_lexer {
	/** Ends with a NUL byte, which is not counted. */
	const char *text;
	size_t length;
	size_t position;
};

/** The next token, SONDE_TOKEN_END again and again at the end. */
SONDE_NODISCARD struct sonde_error *sonde_lexer_next(
	struct sonde_lexer *lexer, struct sonde_token *ret);

/** How an operator is written. Never freed. */
const char *sonde_token_spelling(enum sonde_token_kind kind);

#endif
