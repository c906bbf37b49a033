/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C's operators on integers and pointers (C11 6.5). All is computed with 64 bits
 * without a sign, where overflow is defined, and then converted to the type of the
 * result: what C leaves undefined wraps. A shift or a division that has no result
 * is an error instead, except where only the type is wanted.
 */
#include <inttypes.h>

#include "evaluate.h"

/* An operand, by what arithmetic makes of its type. */
struct number {
	struct sonde_type type;
	/** Without typedefs; a pointer's is void *. */
	struct sonde_scalar_type scalar;
	bool is_pointer;
	uint64_t integer;
};

static struct sonde_operand value_of(const struct sonde_evaluator *evaluator,
	struct sonde_scalar_type scalar, uint64_t integer)
{
	return sonde_evaluate_integer(evaluator, scalar.scalar,
		sonde_scalar_type_convert(scalar, evaluator->address_bits, integer));
}

static struct sonde_operand pointer_of(
	const struct sonde_evaluator *evaluator, struct sonde_type type, uint64_t integer)
{
	return (struct sonde_operand){
		.type = type,
		.integer = sonde_integer_extend(integer, evaluator->address_bits, false),
	};
}

static struct sonde_error *number_of_type(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_type type, struct number *ret)
{
	struct sonde_value_class class;
	char name[SONDE_TYPE_NAME_BYTES];

	CHECK(sonde_evaluate_at(evaluator, node, sonde_value_classify(type, &class)));
	if (!class.is_scalar) {
		sonde_type_declare(type, "", name, sizeof(name));
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"%s is neither a number nor a pointer", name);
	}
	ret->type = type;
	ret->scalar = class.scalar;
	ret->is_pointer = class.kind == SONDE_TYPE_POINTER;
	return NULL;
}

static struct sonde_error *number_of(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand,
	struct number *ret)
{
	CHECK(number_of_type(evaluator, node, operand->type, ret));
	/* All values of a narrow bit-field fit into an int (C11 6.3.1.1). */
	if (operand->bit_size && operand->bit_size < 32)
		ret->scalar = sonde_scalar_type(SONDE_SCALAR_INT);
	ret->integer = operand->integer;
	return NULL;
}

struct sonde_error *sonde_arithmetic_convert(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_type type,
	const struct sonde_operand *operand, struct sonde_operand *ret)
{
	struct number to, from;

	CHECK(number_of_type(evaluator, node, type, &to));
	CHECK(number_of(evaluator, node, operand, &from));
	*ret = (struct sonde_operand){
		.type = type,
		.integer = sonde_scalar_type_convert(
			to.scalar, evaluator->address_bits, from.integer),
	};
	return NULL;
}

static struct sonde_operand truth(const struct sonde_evaluator *evaluator, bool is_true)
{
	return sonde_evaluate_integer(evaluator, SONDE_SCALAR_INT, is_true);
}

static struct sonde_error *cannot_combine(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct number *left,
	const struct number *right)
{
	char left_name[SONDE_TYPE_NAME_BYTES], right_name[SONDE_TYPE_NAME_BYTES];

	sonde_type_declare(left->type, "", left_name, sizeof(left_name));
	sonde_type_declare(right->type, "", right_name, sizeof(right_name));
	return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
		"'%s' cannot combine %s and %s", sonde_token_spelling(node->operation),
		left_name, right_name);
}

struct sonde_error *sonde_arithmetic_unary(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand,
	struct sonde_operand *ret)
{
	struct number number;
	uint64_t integer;

	CHECK(number_of(evaluator, node, operand, &number));
	integer = number.integer;
	if (node->operation == SONDE_TOKEN_NOT) {
		*ret = truth(evaluator, !integer);
		return NULL;
	}
	if (number.is_pointer)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"'%s' cannot be applied to a pointer",
			sonde_token_spelling(node->operation));
	if (node->operation == SONDE_TOKEN_MINUS)
		integer = 0 - integer;
	else if (node->operation == SONDE_TOKEN_COMPLEMENT)
		integer = ~integer;
	*ret = value_of(evaluator, sonde_scalar_type_promote(number.scalar), integer);
	return NULL;
}

/* As gcc has it, void has a size of 1 here, and so have functions. */
static struct sonde_error *element_bytes(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_type pointer, uint64_t *ret)
{
	struct sonde_type element;

	CHECK(sonde_type_resolve(pointer, &element));
	CHECK(sonde_type_target(element, &element));
	CHECK(sonde_evaluate_at(evaluator, node, sonde_type_resolve(element, &element)));
	if (sonde_type_is(element, SONDE_TYPE_VOID) ||
		sonde_type_is(element, SONDE_TYPE_FUNCTION)) {
		*ret = 1;
		return NULL;
	}
	return sonde_evaluate_at(evaluator, node, sonde_type_bytes(element, ret));
}

static struct sonde_error *offset_pointer(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct number *pointer, uint64_t elements,
	struct sonde_operand *ret)
{
	uint64_t bytes;

	CHECK(element_bytes(evaluator, node, pointer->type, &bytes));
	*ret = pointer_of(evaluator, pointer->type, pointer->integer + elements * bytes);
	return NULL;
}

static struct sonde_error *add(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct number *left,
	const struct number *right, struct sonde_operand *ret)
{
	if (left->is_pointer && right->is_pointer)
		return cannot_combine(evaluator, node, left, right);
	if (left->is_pointer)
		return offset_pointer(evaluator, node, left, right->integer, ret);
	if (right->is_pointer)
		return offset_pointer(evaluator, node, right, left->integer, ret);
	*ret = value_of(evaluator, sonde_scalar_type_common(left->scalar, right->scalar),
		left->integer + right->integer);
	return NULL;
}

struct sonde_error *sonde_arithmetic_add(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *left,
	const struct sonde_operand *right, struct sonde_operand *ret)
{
	struct number a, b;

	CHECK(number_of(evaluator, node, left, &a));
	CHECK(number_of(evaluator, node, right, &b));
	return add(evaluator, node, &a, &b, ret);
}

/* From a pointer: an integer, or another pointer to elements of its type. */
static struct sonde_error *subtract(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct number *left,
	const struct number *right, struct sonde_operand *ret)
{
	int64_t distance;
	uint64_t bytes;

	if (left->is_pointer && !right->is_pointer)
		return offset_pointer(evaluator, node, left, 0 - right->integer, ret);
	if (!left->is_pointer || !sonde_type_same(left->type, right->type))
		return cannot_combine(evaluator, node, left, right);
	CHECK(element_bytes(evaluator, node, left->type, &bytes));
	if (!bytes)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"the pointers point to elements without a size");
	distance = (int64_t)sonde_integer_extend(
		left->integer - right->integer, evaluator->address_bits, true);
	*ret = sonde_evaluate_integer(
		evaluator, SONDE_SCALAR_LONG, (uint64_t)(distance / (int64_t)bytes));
	return NULL;
}

/* Pointers compare as addresses, with integers as well. */
static struct sonde_operand compare(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct number *left,
	const struct number *right)
{
	struct sonde_scalar_type type;

	if (left->is_pointer || right->is_pointer)
		type = left->is_pointer ? left->scalar : right->scalar;
	else
		type = sonde_scalar_type_common(left->scalar, right->scalar);

	unsigned bits = evaluator->address_bits;
	uint64_t a = sonde_scalar_type_convert(type, bits, left->integer);
	uint64_t b = sonde_scalar_type_convert(type, bits, right->integer);
	bool less = sonde_scalar_type_is_signed(type) ? (int64_t)a < (int64_t)b : a < b;

	switch (node->operation) {
	case SONDE_TOKEN_EQUAL:
		return truth(evaluator, a == b);
	case SONDE_TOKEN_NOT_EQUAL:
		return truth(evaluator, a != b);
	case SONDE_TOKEN_LESS:
		return truth(evaluator, less);
	case SONDE_TOKEN_LESS_EQUAL:
		return truth(evaluator, less || a == b);
	case SONDE_TOKEN_GREATER:
		return truth(evaluator, !less && a != b);
	default:
		return truth(evaluator, !less);
	}
}

/* The result has the type of the left operand alone. */
static struct sonde_error *shift(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct number *left,
	const struct number *right, struct sonde_operand *ret)
{
	struct sonde_scalar_type type = sonde_scalar_type_promote(left->scalar);
	unsigned bits = 8 * sonde_scalar_type_bytes(type, evaluator->address_bits);
	uint64_t count = right->integer;
	uint64_t integer = left->integer;

	if (count >= bits && evaluator->types_only)
		count = 0;
	if (count >= bits && sonde_scalar_type_is_signed(right->scalar))
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"%u bits cannot be shifted by %" PRId64, bits, (int64_t)count);
	if (count >= bits)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"%u bits cannot be shifted by %" PRIu64, bits, count);
	if (node->operation == SONDE_TOKEN_SHIFT_LEFT)
		integer <<= count;
	else if (sonde_scalar_type_is_signed(type))
		integer = (uint64_t)((int64_t)integer >> count);
	else
		integer >>= count;
	*ret = value_of(evaluator, type, integer);
	return NULL;
}

/* @p b is not 0. By -1 apart: the smallest number has no counterpart. */
static uint64_t divide(uint64_t a, uint64_t b, bool is_signed, bool want_remainder)
{
	if (!is_signed)
		return want_remainder ? a % b : a / b;
	if (b == UINT64_MAX)
		return want_remainder ? 0 : 0 - a;
	return (uint64_t)(want_remainder ? (int64_t)a % (int64_t)b
					 : (int64_t)a / (int64_t)b);
}

static uint64_t compute(
	enum sonde_token_kind operation, uint64_t a, uint64_t b, bool is_signed)
{
	switch (operation) {
	case SONDE_TOKEN_MINUS:
		return a - b;
	case SONDE_TOKEN_STAR:
		return a * b;
	case SONDE_TOKEN_SLASH:
		return divide(a, b, is_signed, false);
	case SONDE_TOKEN_PERCENT:
		return divide(a, b, is_signed, true);
	case SONDE_TOKEN_AND:
		return a & b;
	case SONDE_TOKEN_XOR:
		return a ^ b;
	default:
		return a | b;
	}
}

static struct sonde_error *combine(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct number *left,
	const struct number *right, struct sonde_operand *ret)
{
	struct sonde_scalar_type type =
		sonde_scalar_type_common(left->scalar, right->scalar);
	unsigned bits = evaluator->address_bits;
	uint64_t a = sonde_scalar_type_convert(type, bits, left->integer);
	uint64_t b = sonde_scalar_type_convert(type, bits, right->integer);
	bool divides = node->operation == SONDE_TOKEN_SLASH ||
		       node->operation == SONDE_TOKEN_PERCENT;

	if (divides && !b && !evaluator->types_only)
		return sonde_evaluate_error(
			evaluator, node, SONDE_ERROR_INVALID, "division by zero");
	if (divides && !b)
		b = 1;
	*ret = value_of(evaluator, type,
		compute(node->operation, a, b, sonde_scalar_type_is_signed(type)));
	return NULL;
}

struct sonde_error *sonde_arithmetic_binary(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *left,
	const struct sonde_operand *right, struct sonde_operand *ret)
{
	struct number a, b;
	bool pointers;

	CHECK(number_of(evaluator, node, left, &a));
	CHECK(number_of(evaluator, node, right, &b));
	pointers = a.is_pointer || b.is_pointer;
	switch (node->operation) {
	case SONDE_TOKEN_EQUAL:
	case SONDE_TOKEN_NOT_EQUAL:
	case SONDE_TOKEN_LESS:
	case SONDE_TOKEN_LESS_EQUAL:
	case SONDE_TOKEN_GREATER:
	case SONDE_TOKEN_GREATER_EQUAL:
		*ret = compare(evaluator, node, &a, &b);
		return NULL;
	case SONDE_TOKEN_PLUS:
		return add(evaluator, node, &a, &b, ret);
	case SONDE_TOKEN_MINUS:
		if (pointers)
			return subtract(evaluator, node, &a, &b, ret);
		return combine(evaluator, node, &a, &b, ret);
	default:
		break;
	}
	if (pointers)
		return cannot_combine(evaluator, node, &a, &b);
	if (node->operation == SONDE_TOKEN_SHIFT_LEFT ||
		node->operation == SONDE_TOKEN_SHIFT_RIGHT)
		return shift(evaluator, node, &a, &b, ret);
	return combine(evaluator, node, &a, &b, ret);
}

struct sonde_error *sonde_arithmetic_arms(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_type yes, struct sonde_type no,
	struct sonde_type *ret)
{
	struct number a, b;
	struct sonde_scalar_type common;

	CHECK(number_of_type(evaluator, node, yes, &a));
	CHECK(number_of_type(evaluator, node, no, &b));
	if (!a.is_pointer && !b.is_pointer) {
		common = sonde_scalar_type_common(a.scalar, b.scalar);
		*ret = sonde_evaluate_builtin(evaluator, common.scalar);
		return NULL;
	}
	if (!a.is_pointer || !b.is_pointer)
		*ret = a.is_pointer ? yes : no;
	else if (sonde_type_same(yes, no))
		*ret = yes;
	else
		return sonde_type_pointer_to(
			sonde_evaluate_builtin(evaluator, SONDE_SCALAR_VOID), ret);
	return NULL;
}
