/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "location.h"

#include <dwarf.h>
#include <inttypes.h>

#include "scalar_type.h"

enum {
	/** A frame base may ask for the CFA, which may ask for no other. */
	LEVELS_MAX = 3,
	VALUE_BYTES = 8,
};

/** What an expression has come to so far. */
struct machine {
	const struct sonde_location_context *context;
	const struct sonde_location_expression *expression;
	unsigned level;
	/** Shared by all levels. */
	unsigned *steps;
	uint64_t stack[SONDE_LOCATION_STACK_MAX];
	unsigned depth;
	/** The next operation. */
	size_t at;
	/** Of what has been described since the last piece. */
	bool is_register, is_value;
	/** Pieces so far, from the lowest on. */
	bool has_pieces, has_hole;
	unsigned piece_bytes;
	uint64_t pieces;
};

static struct sonde_error *bad(const char *why)
{
	return sonde_error_create(
		SONDE_ERROR_BAD_DATA, "its location in DWARF makes no sense: %s", why);
}

static struct sonde_error *unsupported(const char *why)
{
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "%s", why);
}

static struct sonde_error *push(struct machine *machine, uint64_t value)
{
	if (machine->depth == SONDE_LOCATION_STACK_MAX)
		return bad("the stack is full");
	machine->stack[machine->depth++] = value;
	return NULL;
}

static struct sonde_error *pop(struct machine *machine, uint64_t *ret)
{
	if (!machine->depth)
		return bad("the stack is empty");
	*ret = machine->stack[--machine->depth];
	return NULL;
}

/* --- operations ------------------------------------------------------------------- */

static struct sonde_error *run(struct machine *machine);

/* What another expression comes to: where a frame is. */
static struct sonde_error *evaluate_inner(struct machine *machine,
	const struct sonde_location_expression *expression, const char *what,
	uint64_t *ret)
{
	struct machine inner = {
		.context = machine->context,
		.expression = expression,
		.level = machine->level + 1,
		.steps = machine->steps,
	};

	if (!expression || !expression->count)
		return unsupported(what);
	if (inner.level == LEVELS_MAX)
		return bad("a frame is where itself is");
	CHECK(run(&inner));
	if (inner.has_pieces)
		return bad("a frame is in pieces");
	return pop(&inner, ret);
}

static struct sonde_error *push_frame_base(struct machine *machine, uint64_t offset)
{
	uint64_t base = 0;

	CHECK(evaluate_inner(machine, machine->context->frame_base,
		"where the function's frame is, is not known", &base));
	return push(machine, base + offset);
}

static struct sonde_error *push_frame(struct machine *machine)
{
	uint64_t frame = 0;

	CHECK(evaluate_inner(machine, machine->context->frame,
		"the file does not tell where the function's frame is (.debug_frame)",
		&frame));
	return push(machine, frame);
}

static struct sonde_error *push_register(
	struct machine *machine, uint64_t number, uint64_t offset)
{
	uint64_t value = 0;

	CHECK(machine->context->read_register(machine->context->user, number, &value));
	return push(machine, value + offset);
}

static struct sonde_error *read_memory(struct machine *machine,
	const struct sonde_location_operation *operation, uint64_t bytes)
{
	uint64_t address = 0, value = 0;

	if (!bytes || bytes > VALUE_BYTES)
		return bad("it reads integers of a strange size");
	CHECK(pop(machine, &address));
	CHECK(machine->context->read_memory(
		machine->context->user, address, (unsigned)bytes, &value));
	if (operation->type_is_signed)
		value = sonde_integer_extend(value, 8 * (unsigned)bytes, true);
	return push(machine, value);
}

/* The stack machine's words have the size of an address; those of types are shorter. */
static struct sonde_error *convert(
	struct machine *machine, const struct sonde_location_operation *operation)
{
	uint64_t value = 0;

	if (operation->type_bytes > VALUE_BYTES)
		return unsupported("it is computed by numbers of more than 64 bits");
	CHECK(pop(machine, &value));
	if (operation->type_bytes)
		value = sonde_integer_extend(value, 8 * (unsigned)operation->type_bytes,
			operation->type_is_signed);
	return push(machine, value);
}

static struct sonde_error *pick(struct machine *machine, uint64_t index)
{
	if (index >= machine->depth)
		return bad("the stack is not so deep");
	return push(machine, machine->stack[machine->depth - 1 - index]);
}

static struct sonde_error *swap(struct machine *machine)
{
	uint64_t first = 0, second = 0;

	CHECK(pop(machine, &first));
	CHECK(pop(machine, &second));
	CHECK(push(machine, first));
	return push(machine, second);
}

static struct sonde_error *rotate(struct machine *machine)
{
	uint64_t first = 0, second = 0, third = 0;

	CHECK(pop(machine, &first));
	CHECK(pop(machine, &second));
	CHECK(pop(machine, &third));
	CHECK(push(machine, first));
	CHECK(push(machine, third));
	return push(machine, second);
}

static struct sonde_error *compute_unary(struct machine *machine, uint8_t code)
{
	uint64_t value = 0;

	CHECK(pop(machine, &value));
	if (code == DW_OP_not)
		value = ~value;
	else if (code == DW_OP_neg || (int64_t)value < 0)
		value = -value;
	return push(machine, value);
}

static uint64_t shift_right_signed(uint64_t value, uint64_t bits)
{
	return (uint64_t)((int64_t)value >> (bits < 63 ? bits : 63));
}

/* INT64_MIN / -1 does not fit. */
static uint64_t divide(uint64_t left, uint64_t right)
{
	return right == UINT64_MAX ? -left : (uint64_t)((int64_t)left / (int64_t)right);
}

static struct sonde_error *compute(struct machine *machine, uint8_t code)
{
	uint64_t left = 0, right = 0, value;

	CHECK(pop(machine, &right));
	CHECK(pop(machine, &left));
	if ((code == DW_OP_div || code == DW_OP_mod) && !right)
		return bad("it divides by 0");
	switch (code) {
	case DW_OP_and:
		value = left & right;
		break;
	case DW_OP_div:
		value = divide(left, right);
		break;
	case DW_OP_minus:
		value = left - right;
		break;
	case DW_OP_mod:
		value = left % right;
		break;
	case DW_OP_mul:
		value = left * right;
		break;
	case DW_OP_or:
		value = left | right;
		break;
	case DW_OP_plus:
		value = left + right;
		break;
	case DW_OP_shl:
		value = right < 64 ? left << right : 0;
		break;
	case DW_OP_shr:
		value = right < 64 ? left >> right : 0;
		break;
	case DW_OP_shra:
		value = shift_right_signed(left, right);
		break;
	case DW_OP_xor:
		value = left ^ right;
		break;
	case DW_OP_eq:
		value = left == right;
		break;
	case DW_OP_ne:
		value = left != right;
		break;
	case DW_OP_ge:
		value = (int64_t)left >= (int64_t)right;
		break;
	case DW_OP_gt:
		value = (int64_t)left > (int64_t)right;
		break;
	case DW_OP_le:
		value = (int64_t)left <= (int64_t)right;
		break;
	default:
		value = (int64_t)left < (int64_t)right;
		break;
	}
	return push(machine, value);
}

/* The operand counts from behind the branch, which has 3 bytes. */
static struct sonde_error *branch(
	struct machine *machine, const struct sonde_location_operation *operation)
{
	const struct sonde_location_expression *expression = machine->expression;
	uint64_t target = operation->offset + 3 + operation->number;

	for (size_t i = 0; i < expression->count; i++) {
		if (expression->operations[i].offset == target) {
			machine->at = i;
			return NULL;
		}
	}
	return bad("it branches to nowhere");
}

static struct sonde_error *branch_if(
	struct machine *machine, const struct sonde_location_operation *operation)
{
	uint64_t condition = 0;

	CHECK(pop(machine, &condition));
	return condition ? branch(machine, operation) : NULL;
}

/* --- pieces ----------------------------------------------------------------------- */

static struct sonde_error *add_piece(struct machine *machine, uint64_t bytes)
{
	uint64_t value = 0;

	machine->has_pieces = true;
	if (!bytes || bytes > VALUE_BYTES - machine->piece_bytes)
		return unsupported("it is spread over several registers");
	if (!machine->depth) {
		machine->has_hole = true;
	} else {
		CHECK(pop(machine, &value));
		if (!machine->is_register && !machine->is_value)
			CHECK(machine->context->read_memory(
				machine->context->user, value, (unsigned)bytes, &value));
		value = sonde_integer_extend(value, 8 * (unsigned)bytes, false);
		machine->pieces |= value << 8 * machine->piece_bytes;
	}
	machine->piece_bytes += (unsigned)bytes;
	machine->is_register = machine->is_value = false;
	return NULL;
}

static struct sonde_error *implicit_value(
	struct machine *machine, const struct sonde_location_operation *operation)
{
	if (operation->number > VALUE_BYTES)
		return unsupported("it is a constant of more than 8 bytes");
	machine->is_value = true;
	return push(machine, operation->number2);
}

/* --- all of them ------------------------------------------------------------------ */

static struct sonde_error *refuse(const struct sonde_location_operation *operation)
{
	switch (operation->code) {
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
	case DW_OP_GNU_parameter_ref:
		return unsupported("it is no longer there: only the caller had it");
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return unsupported("it is a pointer to what was optimized out");
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address:
		return unsupported("each thread has its own");
	default:
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"its location in DWARF has operation 0x%x, which is not known",
			operation->code);
	}
}

static struct sonde_error *execute_stack(
	struct machine *machine, const struct sonde_location_operation *operation)
{
	const struct sonde_location_context *context = machine->context;
	uint64_t value;

	switch (operation->code) {
	case DW_OP_addr:
		return push(machine, context->move(context->user, operation->number));
	case DW_OP_const1u ... DW_OP_consts:
		return push(machine, operation->number);
	case DW_OP_dup:
		return pick(machine, 0);
	case DW_OP_drop:
		return pop(machine, &value);
	case DW_OP_over:
		return pick(machine, 1);
	case DW_OP_pick:
		return pick(machine, operation->number);
	case DW_OP_swap:
		return swap(machine);
	case DW_OP_rot:
		return rotate(machine);
	case DW_OP_deref:
		return read_memory(machine, operation, operation->type_bytes);
	case DW_OP_deref_size:
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type:
		return read_memory(machine, operation, operation->number);
	case DW_OP_convert:
	case DW_OP_GNU_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret:
		return convert(machine, operation);
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type:
		CHECK(push_register(machine, operation->number, 0));
		return convert(machine, operation);
	default:
		return refuse(operation);
	}
}

static struct sonde_error *execute(
	struct machine *machine, const struct sonde_location_operation *operation)
{
	uint8_t code = operation->code;

	switch (code) {
	case DW_OP_lit0 ... DW_OP_lit31:
		return push(machine, code - DW_OP_lit0);
	case DW_OP_reg0 ... DW_OP_reg31:
		machine->is_register = true;
		return push_register(machine, code - DW_OP_reg0, 0);
	case DW_OP_regx:
		machine->is_register = true;
		return push_register(machine, operation->number, 0);
	case DW_OP_breg0 ... DW_OP_breg31:
		return push_register(machine, code - DW_OP_breg0, operation->number);
	case DW_OP_bregx:
		return push_register(machine, operation->number, operation->number2);
	case DW_OP_fbreg:
		return push_frame_base(machine, operation->number);
	case DW_OP_call_frame_cfa:
		return push_frame(machine);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
		return compute_unary(machine, code);
	case DW_OP_plus_uconst:
		CHECK(push(machine, operation->number));
		return compute(machine, DW_OP_plus);
	case DW_OP_and:
	case DW_OP_div ... DW_OP_mul:
	case DW_OP_or ... DW_OP_plus:
	case DW_OP_shl ... DW_OP_xor:
	case DW_OP_eq ... DW_OP_ne:
		return compute(machine, code);
	case DW_OP_skip:
		return branch(machine, operation);
	case DW_OP_bra:
		return branch_if(machine, operation);
	case DW_OP_piece:
		return add_piece(machine, operation->number);
	case DW_OP_stack_value:
		machine->is_value = true;
		return NULL;
	case DW_OP_implicit_value:
		return implicit_value(machine, operation);
	case DW_OP_nop:
		return NULL;
	default:
		return execute_stack(machine, operation);
	}
}

static struct sonde_error *run(struct machine *machine)
{
	const struct sonde_location_expression *expression = machine->expression;

	while (machine->at < expression->count) {
		const struct sonde_location_operation *operation =
			&expression->operations[machine->at++];

		if (++*machine->steps > SONDE_LOCATION_STEPS_MAX)
			return bad("it does not end");
		CHECK(execute(machine, operation));
	}
	return NULL;
}

struct sonde_error *sonde_location_evaluate(
	const struct sonde_location_expression *expression,
	const struct sonde_location_context *context, struct sonde_location *ret)
{
	unsigned steps = 0;
	struct machine machine = {
		.context = context, .expression = expression, .steps = &steps};
	uint64_t top = 0;

	*ret = (struct sonde_location){.kind = SONDE_LOCATION_NOWHERE};
	if (!expression->count)
		return NULL;
	CHECK(run(&machine));
	if (machine.has_pieces) {
		if (machine.has_hole)
			return NULL;
		*ret = (struct sonde_location){
			.kind = SONDE_LOCATION_VALUE, .value = machine.pieces};
		return NULL;
	}
	CHECK(pop(&machine, &top));
	if (machine.is_register || machine.is_value)
		*ret = (struct sonde_location){
			.kind = SONDE_LOCATION_VALUE, .value = top};
	else
		*ret = (struct sonde_location){
			.kind = SONDE_LOCATION_MEMORY, .address = top};
	return NULL;
}
