/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a tree stands for on a target: evaluate.c walks the tree, evaluate_target.c
 * asks the target, arithmetic.c computes.
 */
#ifndef SONDE_SYMBOLS_EVALUATE_H
#define SONDE_SYMBOLS_EVALUATE_H

#include <sonde/target.h>

#include "syntax.h"

struct sonde_evaluator {
	/** What the tree was made of, for errors. */
	const char *text;
	/** NULL: there are no registers, no memory, no names. */
	struct sonde_target *target;
	/** NULL: the one that stopped last. */
	struct sonde_thread *thread;
	/** 1..64. */
	unsigned address_bits;
	/**
	 * C does not execute this part: behind sizeof, and where && || ?: take the
	 * other way. Types and names are checked, nothing is read, no value is known.
	 */
	bool types_only;
};

struct sonde_operand {
	struct sonde_scalar_type type;
	/** Converted to the type; not known yet for what lies in memory. */
	uint64_t integer;
	/** Where it lies in memory, if has_address. */
	uint64_t address;
	bool has_address;
	/** A string literal, which has no type and value but this; else NULL. */
	const struct sonde_syntax *literal;
};

/** Evaluates @p node; what lies in memory is not read yet. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** Evaluates @p node to an integer or a pointer, reading memory if need be. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_value(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** What a register holds, an unsigned integer of its width. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_register(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** What a name stands for: at the machine level, there is but 'cpu'. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_name(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** What lies at @p address, for @p node. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_memory(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	uint64_t address, struct sonde_scalar_type type, uint64_t *ret);

/** Whether the string at @p address, for @p node, is the @p expected one. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_string(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	uint64_t address, const char *expected, bool *ret);

/** An error at @p node. Never NULL. */
#define sonde_evaluate_error(evaluator, node, ...) \
	sonde_syntax_error((evaluator)->text, (node)->offset, __VA_ARGS__)

/** @p operand as a value of @p type, without an address. */
struct sonde_operand sonde_arithmetic_convert(const struct sonde_evaluator *evaluator,
	struct sonde_scalar_type type, const struct sonde_operand *operand);

/** One of + - ~ !, which @p node is, on a value. */
SONDE_NODISCARD struct sonde_error *sonde_arithmetic_unary(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	const struct sonde_operand *operand, struct sonde_operand *ret);

/** A binary operator but && and ||, which @p node is, on values. */
SONDE_NODISCARD struct sonde_error *sonde_arithmetic_binary(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	const struct sonde_operand *left, const struct sonde_operand *right,
	struct sonde_operand *ret);

/** Pointer plus integer, in either order: @p node may be an index, too. */
SONDE_NODISCARD struct sonde_error *sonde_arithmetic_add(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	const struct sonde_operand *left, const struct sonde_operand *right,
	struct sonde_operand *ret);

/** The type that both arms of ?: convert to. */
struct sonde_scalar_type sonde_arithmetic_arms(
	struct sonde_scalar_type yes, struct sonde_scalar_type no);

#endif
