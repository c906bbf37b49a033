/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "lexer.h"
#include "syntax.h"

/* Where one is the start of another, the longer one comes first. */
static const struct {
	const char *spelling;
	enum sonde_token_kind kind;
} punctuators[] = {
	{"<<=", SONDE_TOKEN_ASSIGN},
	{">>=", SONDE_TOKEN_ASSIGN},
	{"<<", SONDE_TOKEN_SHIFT_LEFT},
	{">>", SONDE_TOKEN_SHIFT_RIGHT},
	{"<=", SONDE_TOKEN_LESS_EQUAL},
	{">=", SONDE_TOKEN_GREATER_EQUAL},
	{"==", SONDE_TOKEN_EQUAL},
	{"!=", SONDE_TOKEN_NOT_EQUAL},
	{"&&", SONDE_TOKEN_LOGICAL_AND},
	{"||", SONDE_TOKEN_LOGICAL_OR},
	{"++", SONDE_TOKEN_INCREMENT},
	{"--", SONDE_TOKEN_INCREMENT},
	{"->", SONDE_TOKEN_ARROW},
	{"+=", SONDE_TOKEN_ASSIGN},
	{"-=", SONDE_TOKEN_ASSIGN},
	{"*=", SONDE_TOKEN_ASSIGN},
	{"/=", SONDE_TOKEN_ASSIGN},
	{"%=", SONDE_TOKEN_ASSIGN},
	{"&=", SONDE_TOKEN_ASSIGN},
	{"^=", SONDE_TOKEN_ASSIGN},
	{"|=", SONDE_TOKEN_ASSIGN},
	{"(", SONDE_TOKEN_PAREN_OPEN},
	{")", SONDE_TOKEN_PAREN_CLOSE},
	{"[", SONDE_TOKEN_BRACKET_OPEN},
	{"]", SONDE_TOKEN_BRACKET_CLOSE},
	{"?", SONDE_TOKEN_QUESTION},
	{":", SONDE_TOKEN_COLON},
	{",", SONDE_TOKEN_COMMA},
	{".", SONDE_TOKEN_DOT},
	{"!", SONDE_TOKEN_NOT},
	{"~", SONDE_TOKEN_COMPLEMENT},
	{"*", SONDE_TOKEN_STAR},
	{"/", SONDE_TOKEN_SLASH},
	{"%", SONDE_TOKEN_PERCENT},
	{"+", SONDE_TOKEN_PLUS},
	{"-", SONDE_TOKEN_MINUS},
	{"<", SONDE_TOKEN_LESS},
	{">", SONDE_TOKEN_GREATER},
	{"&", SONDE_TOKEN_AND},
	{"^", SONDE_TOKEN_XOR},
	{"|", SONDE_TOKEN_OR},
	{"=", SONDE_TOKEN_ASSIGN},
};

const char *sonde_token_spelling(enum sonde_token_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(punctuators); i++) {
		if (punctuators[i].kind == kind)
			return punctuators[i].spelling;
	}
	return "?";
}

/* Not <ctype.h>, whose answers depend on the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       is_digit(c);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t name_end(const char *text, size_t position)
{
	while (is_name(text[position]))
		position++;
	return position;
}

/* Takes what looks like a number as one, so that 1.5 and 12ab are seen whole. */
static size_t number_end(const char *text, size_t position)
{
	while (is_name(text[position]) || text[position] == '.')
		position++;
	return position;
}

static struct sonde_error *cut_quoted(
	const struct sonde_lexer *lexer, struct sonde_token *token)
{
	const char *text = lexer->text;
	char quote = text[token->offset];
	size_t end = token->offset + 1;

	while (end < lexer->length && text[end] != quote)
		end += text[end] == '\\' ? 2 : 1;
	if (end >= lexer->length)
		return sonde_syntax_error(text, token->offset, SONDE_ERROR_INVALID,
			"the %s that begins here has no end",
			quote == '"' ? "string" : "character");
	token->length = end + 1 - token->offset;
	return NULL;
}

static struct sonde_error *cut_punctuator(
	const struct sonde_lexer *lexer, struct sonde_token *token)
{
	const char *text = lexer->text + token->offset;

	for (size_t i = 0; i < ARRAY_SIZE(punctuators); i++) {
		size_t length = strlen(punctuators[i].spelling);

		if (strncmp(text, punctuators[i].spelling, length) != 0)
			continue;
		token->kind = punctuators[i].kind;
		token->length = length;
		return NULL;
	}
	if (*text > ' ' && *text < 0x7f)
		return sonde_syntax_error(lexer->text, token->offset, SONDE_ERROR_INVALID,
			"'%c' has no meaning in an expression", *text);
	return sonde_syntax_error(lexer->text, token->offset, SONDE_ERROR_INVALID,
		"byte 0x%02x has no meaning in an expression", (uint8_t)*text);
}

static struct sonde_error *cut_register(
	const struct sonde_lexer *lexer, struct sonde_token *token)
{
	size_t end = name_end(lexer->text, token->offset + 1);

	token->kind = SONDE_TOKEN_REGISTER;
	token->length = end - token->offset;
	if (token->length > 1)
		return NULL;
	return sonde_syntax_error(lexer->text, token->offset, SONDE_ERROR_INVALID,
		"expected the name of a register behind '$'");
}

struct sonde_error *sonde_lexer_next(struct sonde_lexer *lexer, struct sonde_token *ret)
{
	const char *text = lexer->text;
	struct sonde_token token = {0};

	while (is_space(text[lexer->position]))
		lexer->position++;
	token.offset = lexer->position;

	char first = text[token.offset];
	if (!first) {
		token.kind = SONDE_TOKEN_END;
	} else if (is_digit(first)) {
		token.kind = SONDE_TOKEN_INTEGER;
		token.length = number_end(text, token.offset) - token.offset;
	} else if (is_name(first)) {
		token.kind = SONDE_TOKEN_NAME;
		token.length = name_end(text, token.offset) - token.offset;
	} else if (first == '$') {
		CHECK(cut_register(lexer, &token));
	} else if (first == '"' || first == '\'') {
		token.kind = first == '"' ? SONDE_TOKEN_STRING : SONDE_TOKEN_CHARACTER;
		CHECK(cut_quoted(lexer, &token));
	} else {
		CHECK(cut_punctuator(lexer, &token));
	}
	lexer->position += token.length;
	*ret = token;
	return NULL;
}
