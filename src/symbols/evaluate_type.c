/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types in expressions: what their names mean, casts, sizeof. */
#include <string.h>

#include "evaluate.h"

struct sonde_type sonde_evaluate_builtin(
	const struct sonde_evaluator *evaluator, enum sonde_scalar scalar)
{
	return (struct sonde_type){
		.types = sonde_types_builtin(evaluator->address_bits > 32 ? 8 : 4),
		.id = scalar,
	};
}

struct sonde_operand sonde_evaluate_integer(const struct sonde_evaluator *evaluator,
	enum sonde_scalar scalar, uint64_t integer)
{
	return (struct sonde_operand){
		.type = sonde_evaluate_builtin(evaluator, scalar),
		.integer = integer,
	};
}

/* A fault says where by itself. */
struct sonde_error *sonde_evaluate_at(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_error *error)
{
	struct sonde_error *placed;

	if (!error || sonde_error_is(error, SONDE_ERROR_FAULT) ||
		sonde_error_is(error, SONDE_ERROR_NO_MEMORY))
		return error;
	placed = sonde_evaluate_error(evaluator, node, sonde_error_kind(error), "%s%s%s",
		sonde_error_what(error), *sonde_error_what(error) ? ": " : "",
		sonde_error_why(error));
	if (sonde_error_hint(error))
		placed = sonde_error_suggest(placed, "%s", sonde_error_hint(error));
	sonde_error_destroy(error);
	return placed;
}

struct sonde_error *sonde_evaluate_look_up(const struct sonde_evaluator *evaluator,
	enum sonde_type_space space, const char *name, bool *found,
	struct sonde_type *ret)
{
	struct sonde_scope *scope = evaluator->scope;

	*found = false;
	if (!scope)
		return NULL;
	if (scope->ops->type)
		return scope->ops->type(scope, space, name, found, ret);
	if (!scope->types)
		return NULL;
	return sonde_types_look_up(scope->types, space, name, strlen(name), found, ret);
}

static struct sonde_error *no_type(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node)
{
	static const char *const words[] = {
		[SONDE_TYPE_NAMES] = "",
		[SONDE_TYPE_STRUCTS] = "struct ",
		[SONDE_TYPE_UNIONS] = "union ",
		[SONDE_TYPE_ENUMS] = "enum ",
	};
	const char *word = words[node->written.space];
	struct sonde_scope *scope = evaluator->scope;
	struct sonde_error *error = sonde_evaluate_error(evaluator, node,
		SONDE_ERROR_NOT_FOUND, "no type is called '%s%s' at the %s level", word,
		node->text, scope ? scope->level : "machine");
	struct sonde_error *named = NULL;
	char name[SONDE_TYPE_NAME_BYTES];
	struct sonde_type type;

	if (scope && scope->types && strlen(node->text) + 10 < sizeof(name)) {
		strcpy(name, word);
		strcat(name, node->text);
		named = sonde_types_find(scope->types, name, &type);
	}
	if (named && sonde_error_hint(named))
		error = sonde_error_suggest(error, "%s", sonde_error_hint(named));
	sonde_error_destroy(named);
	return sonde_error_suggest(error,
		scope ? "'type' shows what types there are"
		      : "the machine knows C's built-in types and u8, s32, uint64_t and "
			"their like");
}

struct sonde_error *sonde_evaluate_is_type(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, bool *ret, struct sonde_type *ret_type)
{
	return sonde_evaluate_look_up(
		evaluator, SONDE_TYPE_NAMES, node->text, ret, ret_type);
}

struct sonde_error *sonde_evaluate_type(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_type *ret)
{
	struct sonde_type type;
	bool found = true;

	if (node->kind != SONDE_SYNTAX_TYPE && node->kind != SONDE_SYNTAX_NAME)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"the name of a type is needed here");
	if (node->written.is_builtin)
		type = sonde_evaluate_builtin(evaluator, node->written.scalar);
	else
		CHECK(sonde_evaluate_at(evaluator, node,
			sonde_evaluate_look_up(evaluator, node->written.space, node->text,
				&found, &type)));
	if (!found)
		return no_type(evaluator, node);
	for (unsigned i = 0; i < node->written.pointers; i++)
		CHECK(sonde_evaluate_at(
			evaluator, node, sonde_type_pointer_to(type, &type)));
	*ret = type;
	return NULL;
}

struct sonde_error *sonde_evaluate_cast(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	char name[SONDE_TYPE_NAME_BYTES];
	struct sonde_value_class class;
	struct sonde_operand operand;
	struct sonde_type type;

	CHECK(sonde_evaluate(evaluator, node->operands[0], &operand));
	CHECK(sonde_evaluate_type(evaluator, node->operands[1], &type));
	CHECK(sonde_evaluate_at(evaluator, node, sonde_value_classify(type, &class)));
	if (class.kind == SONDE_TYPE_VOID)
		return sonde_evaluate_error(
			evaluator, node, SONDE_ERROR_INVALID, "void has no values");
	/* What it really is, of something that nobody knows the type of. */
	if (operand.untyped && !operand.per_cpu) {
		operand.type = type;
		operand.untyped = false;
		*ret = operand;
		return NULL;
	}
	if (!class.is_scalar) {
		sonde_type_declare(type, "", name, sizeof(name));
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
				"nothing can be cast to %s", name),
			"a pointer to it can be cast: *(%s *)&..", name);
	}
	CHECK(sonde_evaluate_load(evaluator, node->operands[0], &operand));
	return sonde_arithmetic_convert(evaluator, node, type, &operand, ret);
}

/* What sizeof applies to: a type, or an expression, of which a name may be either. */
static struct sonde_error *find_type(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_operand operand = {.literal = NULL};
	struct sonde_error *error;
	bool is_type = false;

	if (node->kind == SONDE_SYNTAX_TYPE) {
		CHECK(sonde_evaluate_type(evaluator, node, &operand.type));
		*ret = operand;
		return NULL;
	}
	error = sonde_evaluate(evaluator, node, &operand);
	if (node->kind == SONDE_SYNTAX_NAME &&
		sonde_error_is(error, SONDE_ERROR_NOT_FOUND)) {
		struct sonde_error *failed =
			sonde_evaluate_is_type(evaluator, node, &is_type, &operand.type);

		error = sonde_error_first(error, failed);
	}
	if (error && is_type) {
		struct sonde_type type = operand.type;

		sonde_error_destroy(error);
		operand = (struct sonde_operand){.type = type};
		error = NULL;
	}
	CHECK(error);
	*ret = operand;
	return NULL;
}

struct sonde_error *sonde_evaluate_sizeof(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_evaluator types = *evaluator;
	struct sonde_operand operand;
	struct sonde_type resolved;
	uint64_t bytes = 1;

	types.types_only = true;
	CHECK(find_type(&types, node->operands[0], &operand));
	if (operand.bit_size)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			"a bit-field has no size in bytes");
	CHECK(sonde_evaluate_at(
		evaluator, node, sonde_type_resolve(operand.type, &resolved)));
	if (operand.literal)
		bytes = strlen(operand.literal->text) + 1;
	else if (operand.untyped)
		/* Not that of void. */
		return sonde_evaluate_load(&types, node->operands[0], &operand);
	else if (!sonde_type_is(resolved, SONDE_TYPE_VOID))
		CHECK(sonde_evaluate_at(
			evaluator, node, sonde_type_bytes(operand.type, &bytes)));
	*ret = sonde_evaluate_integer(evaluator, SONDE_SCALAR_UNSIGNED_LONG, bytes);
	return NULL;
}
