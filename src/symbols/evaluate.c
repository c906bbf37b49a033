/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks the tree. Both arms of ?: and the right sides of && and || are always
 * visited, for their types and to find mistakes in conditions before they matter;
 * the part that C would skip is visited with types_only and reads nothing.
 *
 * The depth of the recursion is bounded by SONDE_SYNTAX_HEIGHT_MAX.
 */
#include <string.h>

#include "evaluate.h"

static struct sonde_evaluator skipping(
	const struct sonde_evaluator *evaluator, bool skipped)
{
	struct sonde_evaluator result = *evaluator;

	result.types_only = evaluator->types_only || skipped;
	return result;
}

static struct sonde_operand of_type(struct sonde_scalar_type type)
{
	return (struct sonde_operand){.type = type};
}

/* Makes a value of @p operand, which is what @p node stands for. */
static struct sonde_error *load(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *operand)
{
	if (operand->literal)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"a string can only be compared, by == and !=");
	if (operand->has_address && !evaluator->types_only)
		return sonde_evaluate_memory(evaluator, node, operand->address,
			operand->type, &operand->integer);
	return NULL;
}

struct sonde_error *sonde_evaluate_value(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand;

	CHECK(sonde_evaluate(evaluator, node, &operand));
	CHECK(load(evaluator, node, &operand));
	*ret = operand;
	return NULL;
}

static struct sonde_error *dereference(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *pointer,
	struct sonde_operand *ret)
{
	char type[SONDE_SCALAR_NAME_BYTES];

	sonde_scalar_type_name(pointer->type, type);
	if (!pointer->type.pointers)
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"%s is no pointer", type),
			"say what it points to: *(unsigned long *)ADDRESS");
	if (sonde_scalar_type_is_void(sonde_scalar_type_pointee(pointer->type)))
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"what a void * points to has no type"),
			"say what it points to: *(unsigned long *)ADDRESS");
	*ret = of_type(sonde_scalar_type_pointee(pointer->type));
	ret->address = pointer->integer;
	ret->has_address = true;
	return NULL;
}

static struct sonde_error *address_of(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand;

	CHECK(sonde_evaluate(evaluator, node->operands[0], &operand));
	if (!operand.has_address)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"'&' needs something that lies in memory");
	*ret = of_type(sonde_scalar_type_pointer_to(operand.type));
	ret->integer = operand.address;
	return NULL;
}

static struct sonde_error *evaluate_unary(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand;

	if (node->operation == SONDE_TOKEN_AND)
		return address_of(evaluator, node, ret);
	CHECK(sonde_evaluate_value(evaluator, node->operands[0], &operand));
	if (node->operation == SONDE_TOKEN_STAR)
		return dereference(evaluator, node, &operand, ret);
	return sonde_arithmetic_unary(evaluator, node, &operand, ret);
}

static struct sonde_error *evaluate_index(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand left, right, pointer;

	CHECK(sonde_evaluate_value(evaluator, node->operands[0], &left));
	CHECK(sonde_evaluate_value(evaluator, node->operands[1], &right));
	CHECK(sonde_arithmetic_add(evaluator, node, &left, &right, &pointer));
	return dereference(evaluator, node, &pointer, ret);
}

static struct sonde_error *evaluate_logical(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	bool is_or = node->operation == SONDE_TOKEN_LOGICAL_OR;
	struct sonde_operand left, right;
	struct sonde_evaluator rest;

	CHECK(sonde_evaluate_value(evaluator, node->operands[0], &left));
	rest = skipping(evaluator, (left.integer != 0) == is_or);
	CHECK(sonde_evaluate_value(&rest, node->operands[1], &right));
	*ret = of_type(sonde_scalar_type(SONDE_SCALAR_INT));
	ret->integer = rest.types_only ? is_or : right.integer != 0;
	return NULL;
}

static bool is_byte_pointer(const struct sonde_operand *operand)
{
	struct sonde_scalar_type type = operand->type;

	return !operand->literal && type.pointers == 1 &&
	       type.scalar != SONDE_SCALAR_VOID &&
	       sonde_scalar_type_bytes(sonde_scalar_type(type.scalar), 64) == 1;
}

/* One side is @p literal, the other, @p pointer, what @p node stands for. */
static struct sonde_error *compare_string(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *pointer,
	const struct sonde_operand *literal, bool *ret)
{
	bool same = false;

	if (!is_byte_pointer(pointer))
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"a string can only be compared with a char *");
	CHECK(load(evaluator, node, pointer));
	if (!evaluator->types_only)
		CHECK(sonde_evaluate_string(evaluator, node, pointer->integer,
			literal->literal->text, &same));
	*ret = same;
	return NULL;
}

static struct sonde_error *compare_strings(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *left,
	struct sonde_operand *right, struct sonde_operand *ret)
{
	bool same = false;

	if (right->literal)
		CHECK(compare_string(evaluator, node->operands[0], left, right, &same));
	else
		CHECK(compare_string(evaluator, node->operands[1], right, left, &same));
	*ret = of_type(sonde_scalar_type(SONDE_SCALAR_INT));
	ret->integer = same == (node->operation == SONDE_TOKEN_EQUAL);
	return NULL;
}

static struct sonde_error *evaluate_binary(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand left, right;
	bool equality = node->operation == SONDE_TOKEN_EQUAL ||
			node->operation == SONDE_TOKEN_NOT_EQUAL;

	if (node->operation == SONDE_TOKEN_LOGICAL_AND ||
		node->operation == SONDE_TOKEN_LOGICAL_OR)
		return evaluate_logical(evaluator, node, ret);
	CHECK(sonde_evaluate(evaluator, node->operands[0], &left));
	CHECK(sonde_evaluate(evaluator, node->operands[1], &right));
	if (equality && (left.literal || right.literal))
		return compare_strings(evaluator, node, &left, &right, ret);
	CHECK(load(evaluator, node->operands[0], &left));
	CHECK(load(evaluator, node->operands[1], &right));
	return sonde_arithmetic_binary(evaluator, node, &left, &right, ret);
}

static struct sonde_error *evaluate_conditional(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand condition, yes, no;
	struct sonde_evaluator arm;

	CHECK(sonde_evaluate_value(evaluator, node->operands[0], &condition));
	arm = skipping(evaluator, !condition.integer);
	CHECK(sonde_evaluate_value(&arm, node->operands[1], &yes));
	arm = skipping(evaluator, condition.integer);
	CHECK(sonde_evaluate_value(&arm, node->operands[2], &no));
	*ret = sonde_arithmetic_convert(evaluator,
		sonde_arithmetic_arms(yes.type, no.type), condition.integer ? &yes : &no);
	return NULL;
}

static struct sonde_error *evaluate_cast(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand;

	CHECK(sonde_evaluate_value(evaluator, node->operands[0], &operand));
	if (sonde_scalar_type_is_void(node->type))
		return sonde_evaluate_error(
			evaluator, node, SONDE_ERROR_INVALID, "void has no values");
	*ret = sonde_arithmetic_convert(evaluator, node->type, &operand);
	return NULL;
}

static struct sonde_error *evaluate_sizeof(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_evaluator types = skipping(evaluator, true);
	struct sonde_operand operand = of_type(node->type);

	if (node->kind == SONDE_SYNTAX_SIZEOF)
		CHECK(sonde_evaluate(&types, node->operands[0], &operand));
	*ret = of_type(sonde_scalar_type(SONDE_SCALAR_UNSIGNED_LONG));
	if (operand.literal)
		ret->integer = strlen(operand.literal->text) + 1;
	else
		ret->integer =
			sonde_scalar_type_bytes(operand.type, evaluator->address_bits);
	return NULL;
}

static struct sonde_error *evaluate_literal(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	(void)evaluator;
	*ret = of_type(node->type);
	ret->integer = node->integer;
	if (node->kind == SONDE_SYNTAX_STRING)
		ret->literal = node;
	return NULL;
}

struct sonde_error *sonde_evaluate(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	static struct sonde_error *(*const kinds[])(const struct sonde_evaluator *,
		const struct sonde_syntax *, struct sonde_operand *) = {
		[SONDE_SYNTAX_INTEGER] = evaluate_literal,
		[SONDE_SYNTAX_STRING] = evaluate_literal,
		[SONDE_SYNTAX_REGISTER] = sonde_evaluate_register,
		[SONDE_SYNTAX_NAME] = sonde_evaluate_name,
		[SONDE_SYNTAX_UNARY] = evaluate_unary,
		[SONDE_SYNTAX_BINARY] = evaluate_binary,
		[SONDE_SYNTAX_INDEX] = evaluate_index,
		[SONDE_SYNTAX_CONDITIONAL] = evaluate_conditional,
		[SONDE_SYNTAX_CAST] = evaluate_cast,
		[SONDE_SYNTAX_SIZEOF_TYPE] = evaluate_sizeof,
		[SONDE_SYNTAX_SIZEOF] = evaluate_sizeof,
	};

	return kinds[node->kind](evaluator, node, ret);
}
