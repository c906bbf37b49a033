/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What looks like a call: what is built in, and functions that the level has. */
#include <inttypes.h>
#include <string.h>

#include "evaluate.h"

static unsigned count_arguments(const struct sonde_syntax *node)
{
	unsigned count = 0;

	while (count < SONDE_SYNTAX_OPERANDS_MAX && node->operands[count])
		count++;
	return count;
}

/* container_of(pointer, type, member) */
static struct sonde_error *container_of(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_type_member member;
	struct sonde_operand pointer;
	struct sonde_type type;

	CHECK(sonde_evaluate_value(evaluator, node->operands[0], &pointer));
	CHECK(sonde_arithmetic_convert(evaluator, node->operands[0],
		sonde_evaluate_builtin(evaluator, SONDE_SCALAR_UNSIGNED_LONG), &pointer,
		&pointer));
	CHECK(sonde_evaluate_type(evaluator, node->operands[1], &type));
	CHECK(sonde_evaluate_path(evaluator, node->operands[2], type, &member));
	CHECK(sonde_evaluate_at(evaluator, node, sonde_type_pointer_to(type, &type)));
	*ret = (struct sonde_operand){
		.type = type,
		.integer = sonde_integer_extend(pointer.integer - member.bit_offset / 8,
			evaluator->address_bits, false),
	};
	return NULL;
}

/* offsetof(type, member) */
static struct sonde_error *offset_of(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_type_member member;
	struct sonde_type type;

	CHECK(sonde_evaluate_type(evaluator, node->operands[0], &type));
	CHECK(sonde_evaluate_path(evaluator, node->operands[1], type, &member));
	*ret = sonde_evaluate_integer(
		evaluator, SONDE_SCALAR_UNSIGNED_LONG, member.bit_offset / 8);
	return NULL;
}

/* per_cpu(variable, cpu): the variable, or, as in the kernel, a pointer to one. */
static struct sonde_error *per_cpu(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	const struct sonde_syntax *name = node->operands[0];
	struct sonde_scope *scope = evaluator->scope;
	struct sonde_operand variable, cpu;

	if (!scope || !scope->ops->per_cpu)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_UNSUPPORTED,
			"at the %s level there are no variables of each CPU",
			scope ? scope->level : "machine");
	CHECK(sonde_evaluate(evaluator, name, &variable));
	CHECK(sonde_evaluate_value(evaluator, node->operands[1], &cpu));
	CHECK(sonde_arithmetic_convert(evaluator, node->operands[1],
		sonde_evaluate_builtin(evaluator, SONDE_SCALAR_UNSIGNED_LONG), &cpu,
		&cpu));
	if (!variable.per_cpu) {
		CHECK(sonde_evaluate_load(evaluator, name, &variable));
		CHECK(sonde_evaluate_dereference(evaluator, name, &variable, &variable));
	}
	variable.per_cpu = false;
	if (!evaluator->types_only)
		CHECK(sonde_evaluate_at(evaluator, node,
			scope->ops->per_cpu(scope, variable.address, cpu.integer,
				&variable.address)));
	*ret = variable;
	return NULL;
}

static struct sonde_error *no_function(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node)
{
	return sonde_error_suggest(
		sonde_evaluate_error(evaluator, node, SONDE_ERROR_NOT_FOUND,
			"no function is called '%s' at the %s level", node->text,
			evaluator->scope ? evaluator->scope->level : "machine"),
		"functions of the guest cannot be called; there are container_of(), "
		"offsetof(), per_cpu(), list(), hlist(), rbtree(), xarray() and maple()");
}

/* A function of the level. */
static struct sonde_error *call(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_value arguments[SONDE_SYNTAX_OPERANDS_MAX] = {0}, value = {0};
	unsigned count = count_arguments(node);
	struct sonde_scope *scope = evaluator->scope;
	bool found = false;

	if (!scope || !scope->ops->call || !evaluator->target)
		return no_function(evaluator, node);
	for (unsigned i = 0; i < count; i++) {
		struct sonde_operand operand;

		CHECK(sonde_evaluate_value(evaluator, node->operands[i], &operand));
		CHECK(sonde_evaluate_export(
			evaluator, node->operands[i], &operand, &arguments[i]));
	}
	CHECK(sonde_evaluate_at(evaluator, node,
		scope->ops->call(scope, node->text, arguments, count,
			evaluator->types_only, &found, &value)));
	if (!found)
		return no_function(evaluator, node);
	*ret = sonde_evaluate_import(&value);
	return NULL;
}

struct sonde_error *sonde_evaluate_call(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	static const struct {
		const char *name;
		unsigned arguments;
		struct sonde_error *(*evaluate)(const struct sonde_evaluator *,
			const struct sonde_syntax *, struct sonde_operand *);
	} functions[] = {
		{"container_of", 3, container_of},
		{"offsetof", 2, offset_of},
		{"per_cpu", 2, per_cpu},
	};
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (strcmp(node->text, functions[i].name) != 0)
			continue;
		if (count_arguments(node) != functions[i].arguments)
			return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"%s() takes %u arguments", node->text,
				functions[i].arguments);
		return functions[i].evaluate(evaluator, node, ret);
	}
	CHECK(sonde_evaluate_list(evaluator, node, &found, ret));
	return found ? NULL : call(evaluator, node, ret);
}
