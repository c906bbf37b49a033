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

/* What has no value of its own says why. */
static struct sonde_error *check_usable(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand)
{
	if (operand->literal)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"a string can only be compared, by == and !=");
	if (operand->is_list)
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"this is a list of %zu elements, and no single value",
				operand->element_count),
			"[0] is its first element");
	if (operand->per_cpu)
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"each CPU has its own '%s'", node->text),
			"per_cpu(%s, 0) is that of CPU 0", node->text);
	if (operand->untyped)
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"the type of '%s' is not known", node->text),
			"say what it is: (unsigned long)%s; or --symbols FILE, if its "
			"vmlinux has DWARF",
			node->text);
	return NULL;
}

struct sonde_error *sonde_evaluate_load(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *operand)
{
	struct sonde_value_class class;
	struct sonde_type type;

	CHECK(check_usable(evaluator, node, operand));
	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_value_classify(operand->type, &class)));
	if (class.kind == SONDE_TYPE_ARRAY || class.kind == SONDE_TYPE_FUNCTION) {
		type = operand->type;
		if (class.kind == SONDE_TYPE_ARRAY)
			CHECK(sonde_type_target(class.type, &type));
		CHECK(sonde_evaluate_at(
			evaluator, node, sonde_type_pointer_to(type, &type)));
		*operand =
			(struct sonde_operand){.type = type, .integer = operand->address};
		return NULL;
	}
	if (!operand->has_address || !class.is_scalar || evaluator->types_only)
		return NULL;
	return sonde_evaluate_memory(evaluator, node, operand, &operand->integer);
}

struct sonde_error *sonde_evaluate_value(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand;

	CHECK(sonde_evaluate(evaluator, node, &operand));
	CHECK(sonde_evaluate_load(evaluator, node, &operand));
	*ret = operand;
	return NULL;
}

/* A value that is used as a condition is a number or a pointer. */
static struct sonde_error *evaluate_truth(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, uint64_t *ret)
{
	struct sonde_operand operand;

	CHECK(sonde_evaluate_value(evaluator, node, &operand));
	CHECK(sonde_arithmetic_convert(
		evaluator, node, operand.type, &operand, &operand));
	*ret = operand.integer;
	return NULL;
}

struct sonde_error *sonde_evaluate_dereference(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *pointer,
	struct sonde_operand *ret)
{
	static const char hint[] = "say what it points to: *(unsigned long *)ADDRESS";
	char name[SONDE_TYPE_NAME_BYTES];
	struct sonde_type type, resolved;

	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_type_resolve(pointer->type, &type)));
	if (!sonde_type_is(type, SONDE_TYPE_POINTER)) {
		sonde_type_declare(pointer->type, "", name, sizeof(name));
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"%s is no pointer", name),
			hint);
	}
	CHECK(sonde_evaluate_at(evaluator, node, sonde_type_target(type, &type)));
	CHECK(sonde_evaluate_at(evaluator, node, sonde_type_resolve(type, &resolved)));
	if (sonde_type_is(resolved, SONDE_TYPE_VOID))
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"what a void * points to has no type"),
			hint);
	*ret = (struct sonde_operand){
		.type = type, .address = pointer->integer, .has_address = true};
	return NULL;
}

static struct sonde_error *address_of(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand;
	struct sonde_type type;

	CHECK(sonde_evaluate(evaluator, node->operands[0], &operand));
	if (operand.is_list || operand.per_cpu)
		return check_usable(evaluator, node->operands[0], &operand);
	if (!operand.has_address)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"'&' needs something that lies in memory");
	if (operand.bit_size)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"a bit-field has no address");
	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_type_pointer_to(operand.type, &type)));
	*ret = (struct sonde_operand){.type = type, .integer = operand.address};
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
		return sonde_evaluate_dereference(evaluator, node, &operand, ret);
	return sonde_arithmetic_unary(evaluator, node, &operand, ret);
}

/* The elements of a list are counted, as those of an array. */
static struct sonde_error *pick(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *list,
	struct sonde_operand *ret)
{
	struct sonde_operand index;

	CHECK(sonde_evaluate_value(evaluator, node->operands[1], &index));
	CHECK(sonde_arithmetic_convert(evaluator, node->operands[1],
		sonde_evaluate_builtin(evaluator, SONDE_SCALAR_UNSIGNED_LONG), &index,
		&index));
	if (evaluator->types_only) {
		*ret = (struct sonde_operand){.type = list->type, .has_address = true};
		return NULL;
	}
	if (index.integer >= list->element_count)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_NOT_FOUND,
			"the list has %zu elements", list->element_count);
	*ret = list->elements[index.integer];
	return NULL;
}

static struct sonde_error *evaluate_index(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand left, right, pointer;

	CHECK(sonde_evaluate(evaluator, node->operands[0], &left));
	if (left.is_list)
		return pick(evaluator, node, &left, ret);
	CHECK(sonde_evaluate_load(evaluator, node->operands[0], &left));
	CHECK(sonde_evaluate_value(evaluator, node->operands[1], &right));
	CHECK(sonde_arithmetic_add(evaluator, node, &left, &right, &pointer));
	return sonde_evaluate_dereference(evaluator, node, &pointer, ret);
}

static struct sonde_error *evaluate_logical(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	bool is_or = node->operation == SONDE_TOKEN_LOGICAL_OR;
	struct sonde_evaluator rest;
	uint64_t left, right;

	CHECK(evaluate_truth(evaluator, node->operands[0], &left));
	rest = skipping(evaluator, (left != 0) == is_or);
	CHECK(evaluate_truth(&rest, node->operands[1], &right));
	*ret = sonde_evaluate_integer(
		evaluator, SONDE_SCALAR_INT, rest.types_only ? is_or : right != 0);
	return NULL;
}

static bool is_byte_pointer(const struct sonde_operand *operand)
{
	struct sonde_error *error;
	struct sonde_type type;
	bool is_pointer;

	if (operand->literal || operand->is_list)
		return false;
	error = sonde_type_resolve(operand->type, &type);
	is_pointer = !error && (sonde_type_is(type, SONDE_TYPE_POINTER) ||
				       sonde_type_is(type, SONDE_TYPE_ARRAY));
	if (is_pointer)
		error = sonde_type_target(type, &type);
	sonde_error_destroy(error);
	return !error && is_pointer && sonde_value_is_char(type);
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
	CHECK(sonde_evaluate_load(evaluator, node, pointer));
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
	*ret = sonde_evaluate_integer(evaluator, SONDE_SCALAR_INT,
		same == (node->operation == SONDE_TOKEN_EQUAL));
	return NULL;
}

/* (name) - 1 could have been meant as a cast, and is none. */
static struct sonde_error *explain_cast(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_error *error)
{
	const struct sonde_syntax *left = node->operands[0];
	struct sonde_type type;
	bool is_type = false;

	if (sonde_error_is(error, SONDE_ERROR_NOT_FOUND) && left->grouped &&
		left->kind == SONDE_SYNTAX_NAME)
		sonde_error_destroy(
			sonde_evaluate_is_type(evaluator, left, &is_type, &type));
	if (!is_type)
		return error;
	sonde_error_destroy(error);
	return sonde_error_suggest(
		sonde_evaluate_error(evaluator, left, SONDE_ERROR_INVALID,
			"'%s' is a type, which '%s' cannot combine", left->text,
			sonde_token_spelling(node->operation)),
		"a cast is written (%s)(..)", left->text);
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
	CHECK(explain_cast(
		evaluator, node, sonde_evaluate(evaluator, node->operands[0], &left)));
	CHECK(sonde_evaluate(evaluator, node->operands[1], &right));
	if (equality && (left.literal || right.literal))
		return compare_strings(evaluator, node, &left, &right, ret);
	CHECK(sonde_evaluate_load(evaluator, node->operands[0], &left));
	CHECK(sonde_evaluate_load(evaluator, node->operands[1], &right));
	return sonde_arithmetic_binary(evaluator, node, &left, &right, ret);
}

static struct sonde_error *evaluate_conditional(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand yes, no;
	struct sonde_evaluator arm;
	struct sonde_type type;
	uint64_t condition;

	CHECK(evaluate_truth(evaluator, node->operands[0], &condition));
	arm = skipping(evaluator, !condition);
	CHECK(sonde_evaluate_value(&arm, node->operands[1], &yes));
	arm = skipping(evaluator, condition);
	CHECK(sonde_evaluate_value(&arm, node->operands[2], &no));
	CHECK(sonde_arithmetic_arms(evaluator, node, yes.type, no.type, &type));
	return sonde_arithmetic_convert(
		evaluator, node, type, condition ? &yes : &no, ret);
}

static struct sonde_error *evaluate_literal(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	*ret = sonde_evaluate_integer(evaluator, node->type.scalar, node->integer);
	if (node->kind == SONDE_SYNTAX_STRING)
		ret->literal = node;
	return NULL;
}

static struct sonde_error *refuse_type(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	(void)ret;
	return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
		"a type stands where a value is needed");
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
		[SONDE_SYNTAX_SLICE] = sonde_evaluate_slice,
		[SONDE_SYNTAX_MEMBER] = sonde_evaluate_member,
		[SONDE_SYNTAX_CALL] = sonde_evaluate_call,
		[SONDE_SYNTAX_CONDITIONAL] = evaluate_conditional,
		[SONDE_SYNTAX_CAST] = sonde_evaluate_cast,
		[SONDE_SYNTAX_SIZEOF] = sonde_evaluate_sizeof,
		[SONDE_SYNTAX_TYPE] = refuse_type,
		[SONDE_SYNTAX_ASSIGN] = sonde_evaluate_assign,
	};

	return kinds[node->kind](evaluator, node, ret);
}
