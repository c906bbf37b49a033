/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the target is asked for: registers, names, memory. */
#include <inttypes.h>
#include <string.h>

#include "evaluate.h"

static struct sonde_error *need_target(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const char *what)
{
	if (evaluator->target)
		return NULL;
	return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
		"without a target there is no %s", what);
}

static struct sonde_error *find_thread(
	const struct sonde_evaluator *evaluator, struct sonde_thread **ret)
{
	if (!evaluator->thread)
		return sonde_target_current_thread(evaluator->target, ret);
	*ret = evaluator->thread;
	return NULL;
}

static struct sonde_scalar_type type_of_register(const struct sonde_register *reg)
{
	if (reg->bits <= 8)
		return sonde_scalar_type(SONDE_SCALAR_UNSIGNED_CHAR);
	if (reg->bits <= 16)
		return sonde_scalar_type(SONDE_SCALAR_UNSIGNED_SHORT);
	if (reg->bits <= 32)
		return sonde_scalar_type(SONDE_SCALAR_UNSIGNED_INT);
	return sonde_scalar_type(SONDE_SCALAR_UNSIGNED_LONG);
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
	struct sonde_operand operand = {0};
	struct sonde_thread *thread;

	CHECK(need_target(evaluator, node, "register"));
	CHECK(find_thread(evaluator, &thread));
	reg = sonde_thread_find_register(thread, node->text);
	CHECK(check_register(evaluator, node, reg));
	if (!evaluator->types_only)
		CHECK(read_register(evaluator, node, thread, reg, &operand.integer));
	operand.type = type_of_register(reg);
	*ret = sonde_arithmetic_convert(evaluator, operand.type, &operand);
	return NULL;
}

static struct sonde_error *evaluate_cpu(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	struct sonde_thread *thread;

	CHECK(need_target(evaluator, node, "CPU"));
	CHECK(find_thread(evaluator, &thread));
	*ret = (struct sonde_operand){
		.type = sonde_scalar_type(SONDE_SCALAR_UNSIGNED_INT),
		.integer = sonde_thread_number(thread),
	};
	return NULL;
}

static const char known_hint[] = "the machine knows 'cpu' and registers such as $pc";

static struct sonde_error *refuse_task(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	(void)ret;
	return sonde_error_suggest(
		sonde_evaluate_error(evaluator, node, SONDE_ERROR_NOT_FOUND,
			"'%s' needs the kernel level, this is the machine level",
			node->text),
		"%s", known_hint);
}

static struct sonde_error *refuse_name(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node)
{
	struct sonde_error *error =
		sonde_evaluate_error(evaluator, node, SONDE_ERROR_NOT_FOUND,
			"no symbol is called '%s' at the machine level", node->text);

	if (evaluator->thread &&
		sonde_thread_find_register(evaluator->thread, node->text))
		return sonde_error_suggest(
			error, "the register is written $%s", node->text);
	return sonde_error_suggest(error, "%s", known_hint);
}

struct sonde_error *sonde_evaluate_name(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_operand *ret)
{
	static const struct {
		const char *name;
		struct sonde_error *(*evaluate)(const struct sonde_evaluator *,
			const struct sonde_syntax *, struct sonde_operand *);
	} names[] = {
		{"cpu", evaluate_cpu},
		{"pid", refuse_task},
		{"comm", refuse_task},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(node->text, names[i].name))
			return names[i].evaluate(evaluator, node, ret);
	}
	return refuse_name(evaluator, node);
}

static struct sonde_error *find_memory(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, struct sonde_space **ret)
{
	CHECK(need_target(evaluator, node, "memory"));
	return sonde_target_virtual(evaluator->target, evaluator->thread, ret);
}

struct sonde_error *sonde_evaluate_memory(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, uint64_t address, struct sonde_scalar_type type,
	uint64_t *ret)
{
	unsigned bytes = sonde_scalar_type_bytes(type, evaluator->address_bits);
	char pointer[SONDE_SCALAR_NAME_BYTES];
	struct sonde_space *space;
	uint64_t integer;

	CHECK(find_memory(evaluator, node, &space));
	sonde_scalar_type_name(sonde_scalar_type_pointer_to(type), pointer);
	CHECK(sonde_error_while(sonde_space_read_integer(space, address, bytes, &integer),
		"reading *(%s)0x%" PRIx64, pointer, address));
	*ret = sonde_scalar_type_convert(type, evaluator->address_bits, integer);
	return NULL;
}

struct sonde_error *sonde_evaluate_string(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, uint64_t address, const char *expected,
	bool *ret)
{
	struct sonde_space *space;
	struct sonde_error *error;
	char *text;

	CHECK(find_memory(evaluator, node, &space));
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
