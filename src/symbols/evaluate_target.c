/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the target is asked for: registers, names, memory. */
#include <inttypes.h>
#include <string.h>

#include "evaluate.h"
#include "type_bits.h"

static struct sonde_error *need_target(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const char *what)
{
	if (evaluator->target)
		return NULL;
	return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
		"without a target there is no %s", what);
}

struct sonde_error *sonde_evaluate_thread(
	const struct sonde_evaluator *evaluator, struct sonde_thread **ret)
{
	if (!evaluator->thread)
		return sonde_target_current_thread(evaluator->target, ret);
	*ret = evaluator->thread;
	return NULL;
}

static enum sonde_scalar type_of_register(const struct sonde_register *reg)
{
	if (reg->bits <= 8)
		return SONDE_SCALAR_UNSIGNED_CHAR;
	if (reg->bits <= 16)
		return SONDE_SCALAR_UNSIGNED_SHORT;
	if (reg->bits <= 32)
		return SONDE_SCALAR_UNSIGNED_INT;
	return SONDE_SCALAR_UNSIGNED_LONG;
}

/* @p reg is what was found by the name, or NULL. */
static struct sonde_error *check_register(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_register *reg)
{
	if (!reg)
		return sonde_error_suggest(
			sonde_evaluate_error(evaluator, node, SONDE_ERROR_NOT_FOUND,
				"no register is called '%s'", node->text),
			"'regs' lists the registers");
	if (reg->bits > 64)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_UNSUPPORTED,
			"register '%s' has %u bits, a value has no more than 64",
			node->text, reg->bits);
	return NULL;
}

static struct sonde_error *read_register(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_thread *thread,
	const struct sonde_register *reg, uint64_t *ret)
{
	struct sonde_register_value value;

	CHECK(sonde_error_while(sonde_thread_read_register(thread, reg, &value),
		"reading register '%s'", node->text));
	if (!value.available)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_UNSUPPORTED,
			"the target does not tell what register '%s' holds", node->text);
	*ret = sonde_register_value_integer(&value);
	return NULL;
}

struct sonde_error *sonde_evaluate_register(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	const struct sonde_register *reg;
	struct sonde_scalar_type type;
	struct sonde_thread *thread;
	uint64_t integer = 0;

	CHECK(need_target(evaluator, node, "register"));
	CHECK(sonde_evaluate_thread(evaluator, &thread));
	reg = sonde_thread_find_register(thread, node->text);
	CHECK(check_register(evaluator, node, reg));
	if (!evaluator->types_only)
		CHECK(read_register(evaluator, node, thread, reg, &integer));
	type = sonde_scalar_type(type_of_register(reg));
	*ret = sonde_evaluate_integer(evaluator, type.scalar,
		sonde_scalar_type_convert(type, evaluator->address_bits, integer));
	return NULL;
}

static struct sonde_error *evaluate_cpu(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_thread *thread;

	CHECK(need_target(evaluator, node, "CPU"));
	CHECK(sonde_evaluate_thread(evaluator, &thread));
	*ret = sonde_evaluate_integer(
		evaluator, SONDE_SCALAR_UNSIGNED_INT, sonde_thread_number(thread));
	return NULL;
}

static const char known_hint[] = "the machine knows 'cpu' and registers such as $pc";

static struct sonde_error *refuse_task(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node)
{
	return sonde_error_suggest(
		sonde_evaluate_error(evaluator, node, SONDE_ERROR_NOT_FOUND,
			"'%s' needs the kernel level, this is the machine level",
			node->text),
		"%s", known_hint);
}

/* A type, a register without its dollar sign, or a name that is close. */
static struct sonde_error *suggest_name(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_error *error)
{
	struct sonde_closest closest = {
		.wanted = node->text, .length = strlen(node->text)};
	struct sonde_scope *scope = evaluator->scope;
	struct sonde_type type;
	bool is_type = false;

	if (evaluator->thread &&
		sonde_thread_find_register(evaluator->thread, node->text))
		return sonde_error_suggest(
			error, "the register is written $%s", node->text);
	sonde_error_destroy(sonde_evaluate_is_type(evaluator, node, &is_type, &type));
	if (is_type)
		return sonde_error_suggest(
			error, "'%s' is a type, and no variable", node->text);
	if (!scope)
		return sonde_error_suggest(error, "%s", known_hint);
	if (scope->ops->suggest)
		scope->ops->suggest(scope, &closest);
	if (closest.name)
		return sonde_error_suggest(error, "did you mean '%s'?", closest.name);
	return sonde_error_suggest(error, "'symbol' looks for names");
}

static struct sonde_error *refuse_name(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node)
{
	static const char *const tasks[] = {"pid", "comm"};

	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++) {
		if (!strcmp(node->text, tasks[i]) && !evaluator->scope)
			return refuse_task(evaluator, node);
	}
	return suggest_name(evaluator, node,
		sonde_evaluate_error(evaluator, node, SONDE_ERROR_NOT_FOUND,
			"no symbol is called '%s' at the %s level", node->text,
			evaluator->scope ? evaluator->scope->level : "machine"));
}

static struct sonde_error *find_variable(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, bool *found, struct sonde_operand *ret)
{
	struct sonde_scope *scope = evaluator->scope;
	struct sonde_variable variable = {.address = 0};
	struct sonde_thread *thread;

	if (!scope->ops->variable || !evaluator->target)
		return NULL;
	CHECK(sonde_evaluate_thread(evaluator, &thread));
	CHECK(sonde_evaluate_at(evaluator, node,
		scope->ops->variable(scope, thread, node->text, found, &variable)));
	if (!*found)
		return NULL;
	*ret = (struct sonde_operand){
		.type = variable.type,
		.integer = variable.is_value ? variable.address : 0,
		.address = variable.address,
		.has_address = !variable.is_value,
		.per_cpu = variable.per_cpu,
		.untyped = !variable.type.types,
	};
	if (ret->untyped)
		ret->type = sonde_evaluate_builtin(evaluator, SONDE_SCALAR_VOID);
	return NULL;
}

static struct sonde_error *find_enumerator(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, bool *found, struct sonde_operand *ret)
{
	struct sonde_scope *scope = evaluator->scope;
	struct sonde_type type;
	uint64_t value;

	if (scope->ops->enumerator)
		CHECK(scope->ops->enumerator(scope, node->text, found, &type, &value));
	else if (scope->types)
		CHECK(sonde_types_find_enumerator(
			scope->types, node->text, found, &type, &value));
	if (*found)
		*ret = (struct sonde_operand){.type = type, .integer = value};
	return NULL;
}

struct sonde_error *sonde_evaluate_name(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	bool found = false;

	if (!strcmp(node->text, "cpu"))
		return evaluate_cpu(evaluator, node, ret);
	if (evaluator->scope)
		CHECK(find_variable(evaluator, node, &found, ret));
	if (evaluator->scope && !found)
		CHECK(find_enumerator(evaluator, node, &found, ret));
	return found ? NULL : refuse_name(evaluator, node);
}

struct sonde_error *sonde_evaluate_space(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_space **ret)
{
	CHECK(need_target(evaluator, node, "memory"));
	return sonde_target_virtual(evaluator->target, evaluator->thread, ret);
}

struct sonde_error *sonde_evaluate_memory(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct sonde_operand *operand,
	uint64_t *ret)
{
	char name[SONDE_TYPE_NAME_BYTES];
	struct sonde_value_class class;
	struct sonde_space *space;
	struct sonde_error *error;
	struct sonde_bits bits;
	uint64_t bytes, integer;

	CHECK(sonde_evaluate_space(evaluator, node, &space));
	CHECK(sonde_value_classify(operand->type, &class));
	CHECK(sonde_type_bytes(operand->type, &bytes));
	bits = (struct sonde_bits){
		.offset = operand->bit_offset,
		.size = operand->bit_size,
		.is_signed = sonde_scalar_type_is_signed(class.scalar),
		.big_endian = operand->type.types->big_endian,
	};
	if (bits.size)
		error = sonde_bits_read(&bits, space, operand->address, &integer);
	else
		error = sonde_space_read_integer(
			space, operand->address, (unsigned)bytes, &integer);
	if (error) {
		sonde_type_declare(operand->type, "*", name, sizeof(name));
		return sonde_error_while(
			error, "reading *(%s)0x%" PRIx64, name, operand->address);
	}
	*ret = bits.size ? integer
			 : sonde_scalar_type_convert(
				   class.scalar, evaluator->address_bits, integer);
	return NULL;
}

struct sonde_error *sonde_evaluate_string(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, uint64_t address, const char *expected,
	bool *ret)
{
	struct sonde_space *space;
	struct sonde_error *error;
	char *text;

	CHECK(sonde_evaluate_space(evaluator, node, &space));
	error = sonde_space_read_string(space, address, strlen(expected) + 1, &text);
	if (sonde_error_is(error, SONDE_ERROR_BAD_DATA)) {
		/* There is no NUL where the expected text has its own. */
		sonde_error_destroy(error);
		*ret = false;
		return NULL;
	}
	CHECK(error);
	*ret = !strcmp(text, expected);
	free(text);
	return NULL;
}
