/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C's operators on integers and pointers (C11 6.5). All is computed with 64 bits
 * without a sign, where overflow is defined, and then converted to the type of the
 * result: what C leaves undefined wraps. A shift or a division that has no result
 * is an error instead, except where only the type is wanted.
 */
#include <inttypes.h>

#include "evaluate.h"

static struct sonde_operand value_of(const struct sonde_evaluator *evaluator,
	struct sonde_scalar_type type, uint64_t integer)
{
	return (struct sonde_operand){
		.type = type,
		.integer =
			sonde_scalar_type_convert(type, evaluator->address_bits, integer),
	};
}

struct sonde_operand sonde_arithmetic_convert(const struct sonde_evaluator *evaluator,
	struct sonde_scalar_type type, const struct sonde_operand *operand)
{
	return value_of(evaluator, type, operand->integer);
}

static struct sonde_operand truth(bool is_true)
{
	return (struct sonde_operand){
		.type = sonde_scalar_type(SONDE_SCALAR_INT),
		.integer = is_true,
	};
}

static struct sonde_error *cannot_combine(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_scalar_type left,
	struct sonde_scalar_type right)
{
	char left_name[SONDE_SCALAR_NAME_BYTES], right_name[SONDE_SCALAR_NAME_BYTES];

	sonde_scalar_type_name(left, left_name);
	sonde_scalar_type_name(right, right_name);
	return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
		"'%s' cannot combine %s and %s", sonde_token_spelling(node->operation),
		left_name, right_name);
}

struct sonde_error *sonde_arithmetic_unary(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand,
	struct sonde_operand *ret)
{
	struct sonde_scalar_type type = sonde_scalar_type_promote(operand->type);
	uint64_t integer = operand->integer;

	if (node->operation == SONDE_TOKEN_NOT) {
		*ret = truth(!integer);
		return NULL;
	}
	if (type.pointers)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"'%s' cannot be applied to a pointer",
			sonde_token_spelling(node->operation));
	if (node->operation == SONDE_TOKEN_MINUS)
		integer = 0 - integer;
	else if (node->operation == SONDE_TOKEN_COMPLEMENT)
		integer = ~integer;
	*ret = value_of(evaluator, type, integer);
	return NULL;
}

static struct sonde_operand offset_pointer(const struct sonde_evaluator *evaluator,
	const struct sonde_operand *pointer, uint64_t elements)
{
	uint64_t bytes = sonde_scalar_type_bytes(
		sonde_scalar_type_pointee(pointer->type), evaluator->address_bits);

	return value_of(evaluator, pointer->type, pointer->integer + elements * bytes);
}

struct sonde_error *sonde_arithmetic_add(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *left,
	const struct sonde_operand *right, struct sonde_operand *ret)
{
	if (left->type.pointers && right->type.pointers)
		return cannot_combine(evaluator, node, left->type, right->type);
	if (left->type.pointers)
		*ret = offset_pointer(evaluator, left, right->integer);
	else if (right->type.pointers)
		*ret = offset_pointer(evaluator, right, left->integer);
	else
		*ret = value_of(evaluator,
			sonde_scalar_type_common(left->type, right->type),
			left->integer + right->integer);
	return NULL;
}

static bool same_type(struct sonde_scalar_type a, struct sonde_scalar_type b)
{
	return a.scalar == b.scalar && a.pointers == b.pointers;
}

/* From a pointer: an integer, or another pointer to elements of its type. */
static struct sonde_error *subtract(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *left,
	const struct sonde_operand *right, struct sonde_operand *ret)
{
	if (left->type.pointers && !right->type.pointers) {
		*ret = offset_pointer(evaluator, left, 0 - right->integer);
		return NULL;
	}
	if (!same_type(left->type, right->type))
		return cannot_combine(evaluator, node, left->type, right->type);

	int64_t bytes = sonde_scalar_type_bytes(
		sonde_scalar_type_pointee(left->type), evaluator->address_bits);
	int64_t distance = (int64_t)sonde_integer_extend(
		left->integer - right->integer, evaluator->address_bits, true);
	*ret = value_of(evaluator, sonde_scalar_type(SONDE_SCALAR_LONG),
		(uint64_t)(distance / bytes));
	return NULL;
}

/* Pointers compare as addresses, with integers as well. */
static struct sonde_operand compare(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *left,
	const struct sonde_operand *right)
{
	struct sonde_scalar_type type;

	if (left->type.pointers || right->type.pointers)
		type = left->type.pointers ? left->type : right->type;
	else
		type = sonde_scalar_type_common(left->type, right->type);

	uint64_t a = value_of(evaluator, type, left->integer).integer;
	uint64_t b = value_of(evaluator, type, right->integer).integer;
	bool less = sonde_scalar_type_is_signed(type) ? (int64_t)a < (int64_t)b : a < b;

	switch (node->operation) {
	case SONDE_TOKEN_EQUAL:
		return truth(a == b);
	case SONDE_TOKEN_NOT_EQUAL:
		return truth(a != b);
	case SONDE_TOKEN_LESS:
		return truth(less);
	case SONDE_TOKEN_LESS_EQUAL:
		return truth(less || a == b);
	case SONDE_TOKEN_GREATER:
		return truth(!less && a != b);
	default:
		return truth(!less);
	}
}

/* The result has the type of the left operand alone. */
static struct sonde_error *shift(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *left,
	const struct sonde_operand *right, struct sonde_operand *ret)
{
	struct sonde_scalar_type type = sonde_scalar_type_promote(left->type);
	unsigned bits = 8 * sonde_scalar_type_bytes(type, evaluator->address_bits);
	uint64_t count = right->integer;
	uint64_t integer = left->integer;

	if (count >= bits && evaluator->types_only)
		count = 0;
	if (count >= bits && sonde_scalar_type_is_signed(right->type))
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
	const struct sonde_syntax *node, const struct sonde_operand *left,
	const struct sonde_operand *right, struct sonde_operand *ret)
{
	struct sonde_scalar_type type = sonde_scalar_type_common(left->type, right->type);
	uint64_t a = value_of(evaluator, type, left->integer).integer;
	uint64_t b = value_of(evaluator, type, right->integer).integer;
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
	bool pointers = left->type.pointers || right->type.pointers;

	switch (node->operation) {
	case SONDE_TOKEN_EQUAL:
	case SONDE_TOKEN_NOT_EQUAL:
	case SONDE_TOKEN_LESS:
	case SONDE_TOKEN_LESS_EQUAL:
	case SONDE_TOKEN_GREATER:
	case SONDE_TOKEN_GREATER_EQUAL:
		*ret = compare(evaluator, node, left, right);
		return NULL;
	case SONDE_TOKEN_PLUS:
		return sonde_arithmetic_add(evaluator, node, left, right, ret);
	case SONDE_TOKEN_MINUS:
		if (pointers)
			return subtract(evaluator, node, left, right, ret);
		return combine(evaluator, node, left, right, ret);
	default:
		break;
	}
	if (pointers)
		return cannot_combine(evaluator, node, left->type, right->type);
	if (node->operation == SONDE_TOKEN_SHIFT_LEFT ||
		node->operation == SONDE_TOKEN_SHIFT_RIGHT)
		return shift(evaluator, node, left, right, ret);
	return combine(evaluator, node, left, right, ret);
}

struct sonde_scalar_type sonde_arithmetic_arms(
	struct sonde_scalar_type yes, struct sonde_scalar_type no)
{
	if (!yes.pointers && !no.pointers)
		return sonde_scalar_type_common(yes, no);
	if (!yes.pointers || !no.pointers)
		return yes.pointers ? yes : no;
	if (same_type(yes, no))
		return yes;
	return sonde_scalar_type_pointer_to(sonde_scalar_type(SONDE_SCALAR_VOID));
}
