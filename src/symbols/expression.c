/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public face: text in, values out; parser.c and evaluate.c do the work. */
#include <sonde/expression.h>
#include <stdio.h>
#include <string.h>

#include "evaluate.h"
#include "parser.h"
#include "type_facet.h"

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

static struct sonde_error *create(
	const char *text, bool assignments, struct sonde_expression **ret)
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
	error = sonde_parse(expression->text, length, assignments, &expression->tree);
	if (error) {
		free(expression);
		return while_at(error, "parsing", text);
	}
	*ret = expression;
	return NULL;
}

struct sonde_error *sonde_expression_create(
	const char *text, struct sonde_expression **ret)
{
	return create(text, false, ret);
}

struct sonde_error *sonde_expression_create_assignment(
	const char *text, struct sonde_expression **ret)
{
	return create(text, true, ret);
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

struct sonde_operand sonde_evaluate_import(const struct sonde_value *value)
{
	return (struct sonde_operand){
		.type = value->type,
		.integer = value->integer,
		.address = value->address,
		.has_address = value->has_address,
		.bit_offset = value->bit_offset,
		.bit_size = value->bit_size,
	};
}

/* A simple type's value was read. */
struct sonde_error *sonde_evaluate_export(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand,
	struct sonde_value *ret)
{
	struct sonde_value value = {
		.type = operand->type,
		.integer = operand->integer,
		.address = operand->address,
		.has_address = operand->has_address,
		.bit_offset = operand->bit_offset,
		.bit_size = operand->bit_size,
	};
	struct sonde_value_class class;

	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_value_classify(operand->type, &class)));
	if (!class.is_scalar)
		value.integer = operand->address;
	value.is_signed = class.is_scalar && sonde_scalar_type_is_signed(class.scalar);
	/* Functions, what is incomplete, and what nobody knows the type of. */
	sonde_error_destroy(sonde_type_bytes(operand->type, &value.bytes));
	if (evaluator->target)
		CHECK(sonde_evaluate_space(evaluator, node, &value.space));
	*ret = value;
	return NULL;
}

/* What stays what it is: read where it is simple, and else left where it lies. */
static struct sonde_error *settle(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand,
	struct sonde_value *ret)
{
	struct sonde_operand settled = *operand;
	struct sonde_error *error;
	struct sonde_type type;
	bool whole;

	error = sonde_type_resolve(operand->type, &type);
	whole = !error && operand->has_address && !operand->is_list &&
		!operand->per_cpu &&
		(operand->untyped || sonde_type_is(type, SONDE_TYPE_ARRAY) ||
			sonde_type_is(type, SONDE_TYPE_FUNCTION));
	CHECK(sonde_evaluate_at(evaluator, node, error));
	if (!whole)
		CHECK(sonde_evaluate_load(evaluator, node, &settled));
	return sonde_evaluate_export(evaluator, node, &settled, ret);
}

static struct sonde_error *settle_all(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand,
	bool *ret_list, struct sonde_value **ret, size_t *count)
{
	size_t elements = operand->is_list ? operand->element_count : 1;
	struct sonde_value *values = calloc(elements ? elements : 1, sizeof(*values));
	struct sonde_error *error = NULL;

	if (!values)
		return sonde_error_no_memory();
	for (size_t i = 0; i < elements && !error; i++)
		error = settle(evaluator, node,
			operand->is_list ? &operand->elements[i] : operand, &values[i]);
	if (error) {
		free(values);
		return error;
	}
	*ret_list = operand->is_list;
	*ret = values;
	*count = elements;
	return NULL;
}

/* @p scope NULL: that of the target. */
static struct sonde_error *evaluate(const struct sonde_expression *expression,
	struct sonde_target *target, struct sonde_thread *thread,
	struct sonde_scope *scope, bool *ret_list, struct sonde_value **ret,
	size_t *count)
{
	struct sonde_evaluator_memory memory = {NULL, 0};
	struct sonde_evaluator evaluator = {
		.text = expression->text,
		.target = target,
		.thread = thread,
		.scope = scope,
		.address_bits = address_bits_of(target),
		.memory = &memory,
	};
	const struct sonde_syntax *root = expression->tree.root;
	struct sonde_operand operand;
	struct sonde_error *error = NULL;

	if (target && !scope)
		error = sonde_target_scope(target, &evaluator.scope);
	if (!error)
		error = sonde_evaluate(&evaluator, root, &operand);
	if (!error)
		error = settle_all(&evaluator, root, &operand, ret_list, ret, count);
	sonde_evaluator_memory_deinit(&memory);
	return while_at(error, "evaluating", expression->text);
}

struct sonde_error *sonde_expression_evaluate_all_in(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_scope *scope, bool *ret_list,
	struct sonde_value **ret, size_t *count)
{
	return evaluate(expression, target, thread, scope, ret_list, ret, count);
}

struct sonde_error *sonde_expression_evaluate_all(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, bool *ret_list, struct sonde_value **ret,
	size_t *count)
{
	return evaluate(expression, target, thread, NULL, ret_list, ret, count);
}

struct sonde_error *sonde_expression_evaluate_in(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_scope *scope, struct sonde_value *ret)
{
	struct sonde_value *values;
	bool is_list;
	size_t count;

	CHECK(evaluate(expression, target, thread, scope, &is_list, &values, &count));
	if (!is_list)
		*ret = values[0];
	free(values);
	if (!is_list)
		return NULL;
	return while_at(
		sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"column 1: this is a list of %zu elements, and no "
				"single value",
				count),
			"[0] is its first element"),
		"evaluating", expression->text);
}

struct sonde_error *sonde_expression_evaluate(const struct sonde_expression *expression,
	struct sonde_target *target, struct sonde_thread *thread, struct sonde_value *ret)
{
	return sonde_expression_evaluate_in(expression, target, thread, NULL, ret);
}
