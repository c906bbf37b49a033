/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a tree stands for on a target: evaluate.c walks the tree, evaluate_*.c know what
 * types, members, calls and the target mean, arithmetic.c computes.
 */
#ifndef SONDE_SYMBOLS_EVALUATE_H
#define SONDE_SYMBOLS_EVALUATE_H

#include <sonde/expression.h>

#include "scope.h"
#include "syntax.h"
#include "value.h"

enum {
	/** Elements of a list. */
	SONDE_EVALUATE_ELEMENTS_MAX = 1 << 16,
	/** Of memory for lists, in one evaluation. */
	SONDE_EVALUATE_BYTES_MAX = 64 << 20,
};

struct sonde_evaluator_block;

/** What lists are kept in, until all is evaluated. */
struct sonde_evaluator_memory {
	struct sonde_evaluator_block *blocks;
	size_t bytes;
};

struct sonde_evaluator {
	/** What the tree was made of, for errors. */
	const char *text;
	/** NULL: there are no registers, no memory, no names. */
	struct sonde_target *target;
	/** NULL: the one that stopped last. */
	struct sonde_thread *thread;
	/** NULL: the machine level, which knows no names. */
	struct sonde_scope *scope;
	/** 1..64. */
	unsigned address_bits;
	struct sonde_evaluator_memory *memory;
	/**
	 * C does not execute this part: behind sizeof, and where && || ?: take the
	 * other way. Types and names are checked, nothing is read, no value is known.
	 */
	bool types_only;
};

struct sonde_operand {
	struct sonde_type type;
	/** Converted to the type; not known yet for what lies in memory. */
	uint64_t integer;
	/** Where it lies in memory, if has_address. */
	uint64_t address;
	bool has_address;
	/** It lies in memory, and nobody knows its type: that is void. */
	bool untyped;
	/** There is one for each CPU; it can only be named, in per_cpu(). */
	bool per_cpu;
	/** It stands for elements, which are of the type. */
	bool is_list;
	/** Of a bit-field; bit_size 0: it is none. */
	unsigned bit_offset, bit_size;
	/** A string literal, which has no type and value but this; else NULL. */
	const struct sonde_syntax *literal;
	/** Of a list. They live as long as the evaluator's memory. */
	struct sonde_operand *elements;
	size_t element_count;
};

/** Evaluates @p node; what lies in memory is not read yet. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** Evaluates @p node to an integer or a pointer, reading memory if need be. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_value(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/**
 * Makes an integer or a pointer of @p operand, which is what @p node stands for: an
 * array becomes a pointer to its first element, a function one to itself.
 */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_load(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *operand);

/** What a pointer, a value, points to. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_dereference(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	const struct sonde_operand *pointer, struct sonde_operand *ret);

/** What a register holds, an unsigned integer of its width. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_register(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** What a name stands for: 'cpu', and what the scope knows. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_name(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** What lies at the operand's address, for @p node: a simple type's value. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_memory(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	const struct sonde_operand *operand, uint64_t *ret);

/** Whether the string at @p address, for @p node, is the @p expected one. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_string(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	uint64_t address, const char *expected, bool *ret);

/** The memory that addresses are of. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_space(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_space **ret);

/** The thread that things are of; there is a target. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_thread(
	const struct sonde_evaluator *evaluator, struct sonde_thread **ret);

/** The type that a SONDE_SYNTAX_TYPE is, or a name that is no variable's. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_type(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_type *ret);

/** The type called @p name, where the scope knows one. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_look_up(
	const struct sonde_evaluator *evaluator, enum sonde_type_space space,
	const char *name, bool *found, struct sonde_type *ret);

/** Whether @p node, a name, is that of a type. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_is_type(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	bool *ret, struct sonde_type *ret_type);

SONDE_NODISCARD struct sonde_error *sonde_evaluate_cast(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

SONDE_NODISCARD struct sonde_error *sonde_evaluate_sizeof(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

SONDE_NODISCARD struct sonde_error *sonde_evaluate_member(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

SONDE_NODISCARD struct sonde_error *sonde_evaluate_slice(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

SONDE_NODISCARD struct sonde_error *sonde_evaluate_call(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** list() and its like: @p found false: it is none of these. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_list(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	bool *found, struct sonde_operand *ret);

SONDE_NODISCARD struct sonde_error *sonde_evaluate_assign(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_operand *ret);

/** The member that argument @p argument names, for @p type. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_path(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *argument,
	struct sonde_type type, struct sonde_type_member *ret);

/** Room for elements, which lives until all is evaluated. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_allocate(
	const struct sonde_evaluator *evaluator, size_t count,
	struct sonde_operand **ret);

void sonde_evaluator_memory_deinit(struct sonde_evaluator_memory *memory);

/** The operand as others see it, who are told what it is. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_export(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	const struct sonde_operand *operand, struct sonde_value *ret);

struct sonde_operand sonde_evaluate_import(const struct sonde_value *value);

/** C's own type @p scalar on this target. */
struct sonde_type sonde_evaluate_builtin(
	const struct sonde_evaluator *evaluator, enum sonde_scalar scalar);

/** An integer of C's own type. */
struct sonde_operand sonde_evaluate_integer(const struct sonde_evaluator *evaluator,
	enum sonde_scalar scalar, uint64_t integer);

/** An error at @p node. Never NULL. */
#define sonde_evaluate_error(evaluator, node, ...) \
	sonde_syntax_error((evaluator)->text, (node)->offset, __VA_ARGS__)

/** Puts the place of @p node in front of @p error, which may be NULL. */
SONDE_NODISCARD struct sonde_error *sonde_evaluate_at(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_error *error);

/** @p operand as a value of @p type, without an address. */
SONDE_NODISCARD struct sonde_error *sonde_arithmetic_convert(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_type type, const struct sonde_operand *operand,
	struct sonde_operand *ret);

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
SONDE_NODISCARD struct sonde_error *sonde_arithmetic_arms(
	const struct sonde_evaluator *evaluator, const struct sonde_syntax *node,
	struct sonde_type yes, struct sonde_type no, struct sonde_type *ret);

#endif
