/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members, and slices of arrays. What is done to a list is done to its elements. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "evaluate.h"

enum {
	/** Of a member's path in an argument. */
	PATH_BYTES = 256,
	/** Of elements in a slice. */
	SLICE_MAX = 1 << 24,
};

struct sonde_evaluator_block {
	struct sonde_evaluator_block *next;
	struct sonde_operand operands[];
};

struct sonde_error *sonde_evaluate_allocate(
	const struct sonde_evaluator *evaluator, size_t count, struct sonde_operand **ret)
{
	struct sonde_evaluator_memory *memory = evaluator->memory;
	struct sonde_evaluator_block *block;
	size_t bytes = sizeof(*block) + count * sizeof(block->operands[0]);

	if (count > SONDE_EVALUATE_ELEMENTS_MAX ||
		bytes > SONDE_EVALUATE_BYTES_MAX - memory->bytes)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the lists are too long to be kept");
	block = malloc(bytes);
	if (!block)
		return sonde_error_no_memory();
	block->next = memory->blocks;
	memory->blocks = block;
	memory->bytes += bytes;
	*ret = block->operands;
	return NULL;
}

void sonde_evaluator_memory_deinit(struct sonde_evaluator_memory *memory)
{
	while (memory->blocks) {
		struct sonde_evaluator_block *block = memory->blocks;

		memory->blocks = block->next;
		free(block);
	}
}

static struct sonde_error *wrong_operator(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_type type)
{
	bool arrow = node->operation == SONDE_TOKEN_ARROW;
	char name[SONDE_TYPE_NAME_BYTES];

	sonde_type_declare(type, "", name, sizeof(name));
	return sonde_error_suggest(
		sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			arrow ? "%s is no pointer" : "%s is a pointer", name),
		"did you mean '%s%s'?", arrow ? "." : "->", node->text);
}

/* Of one structure, @p whole, which is what stands before the dot. */
static struct sonde_error *member_of(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *whole,
	struct sonde_operand *ret)
{
	struct sonde_type_member member;

	CHECK(sonde_evaluate_at(evaluator, node,
		sonde_type_find_member(whole->type, node->text, &member)));
	*ret = (struct sonde_operand){
		.type = member.type,
		.address = whole->address + member.bit_offset / 8,
		.has_address = true,
		.bit_offset = (unsigned)(member.bit_offset % 8),
		.bit_size = member.bit_size,
	};
	return NULL;
}

static struct sonde_error *member_of_one(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *left,
	struct sonde_operand *ret)
{
	struct sonde_operand operand = *left, whole;
	struct sonde_type type;
	bool is_pointer;

	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_type_resolve(operand.type, &type)));
	is_pointer = sonde_type_is(type, SONDE_TYPE_POINTER) ||
		     sonde_type_is(type, SONDE_TYPE_ARRAY);
	if (is_pointer != (node->operation == SONDE_TOKEN_ARROW) && !operand.untyped &&
		!operand.per_cpu && !operand.literal)
		return wrong_operator(evaluator, node, operand.type);
	CHECK(sonde_evaluate_load(evaluator, node->operands[0], &operand));
	if (!is_pointer)
		return member_of(evaluator, node, &operand, ret);
	CHECK(sonde_evaluate_dereference(evaluator, node, &operand, &whole));
	return member_of(evaluator, node, &whole, ret);
}

static struct sonde_error *member_of_all(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *list,
	struct sonde_operand *ret)
{
	struct sonde_evaluator types = *evaluator;
	struct sonde_operand element = {.type = list->type, .has_address = true};
	struct sonde_operand *elements = NULL;

	/* Its type is known also where there is no element. */
	types.types_only = true;
	CHECK(member_of_one(&types, node, &element, &element));
	CHECK(sonde_evaluate_at(evaluator, node,
		sonde_evaluate_allocate(evaluator, list->element_count, &elements)));
	for (size_t i = 0; elements && i < list->element_count; i++)
		CHECK(member_of_one(evaluator, node, &list->elements[i], &elements[i]));
	*ret = (struct sonde_operand){
		.type = element.type,
		.is_list = true,
		.elements = elements,
		.element_count = list->element_count,
	};
	return NULL;
}

struct sonde_error *sonde_evaluate_member(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand left;

	CHECK(sonde_evaluate(evaluator, node->operands[0], &left));
	if (left.is_list)
		return member_of_all(evaluator, node, &left, ret);
	return member_of_one(evaluator, node, &left, ret);
}

/* NULL stands for @p otherwise. */
static struct sonde_error *evaluate_bound(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, uint64_t otherwise, int64_t *ret)
{
	struct sonde_operand bound;

	*ret = (int64_t)otherwise;
	if (!node)
		return NULL;
	CHECK(sonde_evaluate_value(evaluator, node, &bound));
	CHECK(sonde_arithmetic_convert(evaluator, node,
		sonde_evaluate_builtin(evaluator, SONDE_SCALAR_LONG), &bound, &bound));
	*ret = (int64_t)bound.integer;
	return NULL;
}

struct sonde_error *sonde_evaluate_slice(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand, first;
	uint64_t count = 0;
	struct sonde_type type;
	int64_t begin, end;

	CHECK(sonde_evaluate(evaluator, node->operands[0], &operand));
	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_type_resolve(operand.type, &type)));
	if (operand.is_list)
		count = operand.element_count;
	else if (sonde_type_is(type, SONDE_TYPE_ARRAY))
		count = sonde_type_count(type);
	else if (!node->operands[2])
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"only the end of an array can be left out");
	CHECK(evaluate_bound(evaluator, node->operands[1], 0, &begin));
	CHECK(evaluate_bound(evaluator, node->operands[2], count, &end));
	if (evaluator->types_only && operand.is_list) {
		*ret = operand;
		return NULL;
	}
	/* A bound that is not known yet. */
	if (evaluator->types_only && begin >= end) {
		begin = 0;
		end = 1;
	}
	if (begin >= end || (uint64_t)end - (uint64_t)begin > SLICE_MAX)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"from %" PRId64 " to %" PRId64
			" there are no elements, or too many",
			begin, end);
	if (operand.is_list) {
		if (begin < 0 || (uint64_t)end > count)
			return sonde_evaluate_error(evaluator, node,
				SONDE_ERROR_NOT_FOUND,
				"the list has %" PRIu64 " elements", count);
		operand.elements += begin;
		operand.element_count = (size_t)(end - begin);
		*ret = operand;
		return NULL;
	}
	CHECK(sonde_evaluate_load(evaluator, node->operands[0], &operand));
	first = sonde_evaluate_integer(evaluator, SONDE_SCALAR_LONG, (uint64_t)begin);
	CHECK(sonde_arithmetic_add(evaluator, node, &operand, &first, &first));
	CHECK(sonde_evaluate_dereference(evaluator, node, &first, ret));
	if (ret->type.count)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"a part of a part of an array is too much");
	ret->type.count = (uint64_t)(end - begin);
	return NULL;
}

/* Writes "a.b" from its end; false: it is no path, or too long. */
static bool write_path(const struct sonde_syntax *node, char *buffer, size_t *position)
{
	for (;;) {
		size_t length = strlen(node->text);

		if ((node->kind != SONDE_SYNTAX_NAME &&
			    (node->kind != SONDE_SYNTAX_MEMBER ||
				    node->operation != SONDE_TOKEN_DOT)) ||
			length + 1 > *position)
			return false;
		*position -= length;
		memcpy(buffer + *position, node->text, length);
		if (node->kind == SONDE_SYNTAX_NAME)
			return true;
		buffer[--*position] = '.';
		node = node->operands[0];
	}
}

struct sonde_error *sonde_evaluate_path(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *argument, struct sonde_type type,
	struct sonde_type_member *ret)
{
	char path[PATH_BYTES] = "";
	size_t position = sizeof(path) - 1;

	if (!write_path(argument, path, &position))
		return sonde_evaluate_error(evaluator, argument, SONDE_ERROR_INVALID,
			"the name of a member is needed here");
	CHECK(sonde_evaluate_at(
		evaluator, argument, sonde_type_find_member(type, path + position, ret)));
	if (ret->bit_size)
		return sonde_evaluate_error(evaluator, argument, SONDE_ERROR_INVALID,
			"a bit-field has no offset in bytes");
	return NULL;
}
