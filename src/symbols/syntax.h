/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parser makes of an expression's text and the evaluator walks: a tree of
 * nodes. A tree owns its nodes through a list, so that a half-built one is freed
 * like a whole one.
 *
 * To add a kind of operand (a member, a call): a kind here, the syntax in parser.c,
 * its meaning in evaluate.c.
 */
#ifndef SONDE_SYMBOLS_SYNTAX_H
#define SONDE_SYMBOLS_SYNTAX_H

#include "error.h"
#include "lexer.h"
#include "scalar_type.h"
#include "type.h"

enum {
	/** Of text (bytes). */
	SONDE_SYNTAX_TEXT_MAX = 65536,
	/** How deep parentheses, prefixes and the arms of ?: may nest. */
	SONDE_SYNTAX_NESTING_MAX = 200,
	/** How tall a tree may be; 1 + 1 + 1.. grows by one each time. */
	SONDE_SYNTAX_HEIGHT_MAX = 1000,
	SONDE_SYNTAX_OPERANDS_MAX = 3,
};

enum sonde_syntax_kind {
	/** integer, type */
	SONDE_SYNTAX_INTEGER,
	/** text: what the literal stands for; it holds no NUL */
	SONDE_SYNTAX_STRING,
	/** text: without the dollar sign */
	SONDE_SYNTAX_REGISTER,
	/** text */
	SONDE_SYNTAX_NAME,
	/** operation, operands[0] */
	SONDE_SYNTAX_UNARY,
	/** operation, operands[0..1] */
	SONDE_SYNTAX_BINARY,
	/** operands[0] the pointer, operands[1] the index, or the other way round */
	SONDE_SYNTAX_INDEX,
	/** operands[0] the array, operands[1] where it begins (NULL: 0), [2] its end */
	SONDE_SYNTAX_SLICE,
	/** operation . or ->, operands[0], text: the member */
	SONDE_SYNTAX_MEMBER,
	/** text: the function; as many operands as there are arguments */
	SONDE_SYNTAX_CALL,
	/** operands[0] ? operands[1] : operands[2] */
	SONDE_SYNTAX_CONDITIONAL,
	/** operands[0], operands[1] a SONDE_SYNTAX_TYPE */
	SONDE_SYNTAX_CAST,
	/** operands[0], which may be a SONDE_SYNTAX_TYPE */
	SONDE_SYNTAX_SIZEOF,
	/** written, text: its name or tag; only where a type is expected */
	SONDE_SYNTAX_TYPE,
	/** operands[0] = operands[1]; only at the top */
	SONDE_SYNTAX_ASSIGN,
};

/** A type as it is written; what it is, is known where there are types. */
struct sonde_written_type {
	/** Made of C's words: @ref scalar; else by the node's text. */
	bool is_builtin;
	enum sonde_scalar scalar;
	/** Behind struct, union, enum, or none of them. */
	enum sonde_type_space space;
	unsigned pointers;
};

struct sonde_syntax {
	enum sonde_syntax_kind kind;
	/** The operator's token. */
	enum sonde_token_kind operation;
	/** Where it stands: the operator, or the first byte of an operand. */
	size_t offset;
	/** 1 more than that of the tallest operand. */
	unsigned height;
	/** Of an integer. */
	struct sonde_scalar_type type;
	uint64_t integer;
	struct sonde_written_type written;
	/** It stands in parentheses of its own. */
	bool grouped;
	struct sonde_syntax *operands[SONDE_SYNTAX_OPERANDS_MAX];
	/** The node that was made before this one. */
	struct sonde_syntax *next;
	/** Ends with a NUL byte. */
	char text[];
};

/** All nodes of an expression. */
struct sonde_syntax_tree {
	struct sonde_syntax *root;
	struct sonde_syntax *nodes;
};

void sonde_syntax_tree_deinit(struct sonde_syntax_tree *tree);

/** A zeroed node with room for @p text_length bytes and a NUL; it belongs to @p tree. */
SONDE_NODISCARD struct sonde_error *sonde_syntax_create(struct sonde_syntax_tree *tree,
	enum sonde_syntax_kind kind, size_t offset, size_t text_length,
	struct sonde_syntax **ret);

/** An error at @p offset of @p text: "column 5: " and the reason. */
struct sonde_error *sonde_syntax_error(const char *text, size_t offset,
	enum sonde_error_kind kind, const char *why_format, ...) PRINTF(4, 5) NEVER_NULL;

#if defined(__clang_analyzer__) && !defined(SONDE_SYNTAX_IMPLEMENTATION)
#define sonde_syntax_error(...) sonde_error_not_null(sonde_syntax_error(__VA_ARGS__))
#endif

#endif
