/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public face: text in, value out; parser.c and evaluate.c do the work. */
#include <sonde/expression.h>
#include <stdio.h>
#include <string.h>

#include "evaluate.h"
#include "parser.h"

struct sonde_expression {
	struct sonde_syntax_tree tree;
	char text[];
};

enum {
	/** How much of an expression an error repeats. */
	SHOWN_MAX = 60,
};

static struct sonde_error *while_at(
	struct sonde_error *error, const char *verb, const char *text)
{
	return sonde_error_while(error, "%s '%.*s%s'", verb, SHOWN_MAX, text,
		strlen(text) > SHOWN_MAX ? ".." : "");
}

struct sonde_error *sonde_expression_create(
	const char *text, struct sonde_expression **ret)
{
	size_t length = strnlen(text, SONDE_SYNTAX_TEXT_MAX + 1);
	struct sonde_expression *expression;
	struct sonde_error *error;

	if (length > SONDE_SYNTAX_TEXT_MAX)
		return while_at(sonde_error_create(SONDE_ERROR_INVALID,
					"column %d: the expression is too long",
					SONDE_SYNTAX_TEXT_MAX + 1),
			"parsing", text);
	expression = calloc(1, sizeof(*expression) + length + 1);
	if (!expression)
		return sonde_error_no_memory();
	memcpy(expression->text, text, length);
	error = sonde_parse(expression->text, length, &expression->tree);
	if (error) {
		free(expression);
		return while_at(error, "parsing", text);
	}
	*ret = expression;
	return NULL;
}

void sonde_expression_destroy(struct sonde_expression *expression)
{
	if (!expression)
		return;
	sonde_syntax_tree_deinit(&expression->tree);
	free(expression);
}

static unsigned address_bits_of(const struct sonde_target *target)
{
	unsigned bits = target ? sonde_target_address_bits(target) : 64;

	return bits && bits < 64 ? bits : 64;
}

struct sonde_error *sonde_expression_evaluate(const struct sonde_expression *expression,
	struct sonde_target *target, struct sonde_thread *thread, struct sonde_value *ret)
{
	struct sonde_evaluator evaluator = {
		.text = expression->text,
		.target = target,
		.thread = thread,
		.address_bits = address_bits_of(target),
	};
	struct sonde_operand operand;

	CHECK(while_at(sonde_evaluate_value(&evaluator, expression->tree.root, &operand),
		"evaluating", expression->text));
	*ret = (struct sonde_value){
		.integer = operand.integer,
		.address = operand.address,
		.has_address = operand.has_address,
		.is_signed = sonde_scalar_type_is_signed(operand.type),
		.bytes = sonde_scalar_type_bytes(operand.type, evaluator.address_bits),
	};
	_Static_assert(sizeof(ret->type) >= SONDE_SCALAR_NAME_BYTES, "type");
	sonde_scalar_type_name(operand.type, ret->type);
	return NULL;
}
