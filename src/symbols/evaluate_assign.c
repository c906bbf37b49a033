/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PLACE = VALUE: what is written is converted to the type of the place, as in C. */
#include <inttypes.h>
#include <string.h>

#include "evaluate.h"

/* A string fills an array of char, with its NUL, and the rest with more of them. */
static struct sonde_error *assign_string(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *place,
	const char *text, struct sonde_operand *ret)
{
	struct sonde_type type, element;
	struct sonde_space *space;
	struct sonde_error *error;
	uint64_t bytes;
	char *filled;

	CHECK(sonde_type_resolve(place->type, &type));
	if (!sonde_type_is(type, SONDE_TYPE_ARRAY) || !place->has_address)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"a string can only be written to an array of char");
	CHECK(sonde_type_target(type, &element));
	bytes = sonde_type_count(type);
	if (!sonde_value_is_char(element) || strlen(text) + 1 > bytes ||
		bytes > SONDE_SYNTAX_TEXT_MAX)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"the array has %" PRIu64
			" elements, which are no bytes or too few for the string",
			bytes);
	CHECK(sonde_evaluate_space(evaluator, node, &space));
	filled = calloc(1, bytes);
	if (!filled)
		return sonde_error_no_memory();
	memcpy(filled, text, strlen(text));
	error = sonde_space_write(space, place->address, filled, bytes);
	free(filled);
	CHECK(error);
	*ret = *place;
	return NULL;
}

struct sonde_error *sonde_evaluate_assign(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand place, operand;
	struct sonde_value_class class;
	struct sonde_value value;

	CHECK(sonde_evaluate(evaluator, node->operands[0], &place));
	CHECK(sonde_evaluate(evaluator, node->operands[1], &operand));
	if (operand.literal && !place.is_list && !place.untyped && !place.per_cpu)
		return assign_string(evaluator, node, &place, operand.literal->text, ret);
	CHECK(sonde_evaluate_load(evaluator, node->operands[1], &operand));
	if (place.is_list || place.untyped || place.per_cpu || place.literal)
		return sonde_evaluate_load(evaluator, node->operands[0], &place);
	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_value_classify(place.type, &class)));
	if (!place.has_address || !class.is_scalar)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			place.has_address
				? "structures and arrays are written member by member"
				: "what stands before '=' does not lie in memory");
	CHECK(sonde_arithmetic_convert(evaluator, node, place.type, &operand, &operand));
	/* It is read as well: where that fails, nothing is written. */
	CHECK(sonde_evaluate_load(evaluator, node->operands[0], &place));
	CHECK(sonde_evaluate_export(evaluator, node, &place, &value));
	CHECK(sonde_value_write(&value, operand.integer));
	place.integer = value.integer;
	*ret = place;
	return NULL;
}
