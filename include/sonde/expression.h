/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C expressions over what a stopped target holds: integers, registers ($rdi),
 * names (cpu), memory (*(unsigned int *)($rsp + 8)), all operators that leave
 * nothing changed. Arithmetic is C's on a 64-bit machine: operands are promoted
 * to int, long, unsigned long.
 */
#ifndef SONDE_EXPRESSION_H
#define SONDE_EXPRESSION_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_expression;

struct sonde_value {
	/** Sign- or zero-extended from the type. */
	uint64_t integer;
	/** Where it lies in memory, if has_address. */
	uint64_t address;
	bool has_address;
	bool is_signed;
	/** Size of the type. */
	unsigned bytes;
	/** Such as "unsigned long" or "char *". */
	char type[64];
};

/** Parses without looking at any target. An error names the column. Caller destroys. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_expression_create(
	const char *text, struct sonde_expression **ret);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_expression_destroy(struct sonde_expression *expression);

/**
 * Evaluates on @p thread, which must be stopped; a NULL @p target allows only
 * expressions that use neither registers nor memory nor names.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_expression_evaluate(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_value *ret);

#ifdef __cplusplus
}
#endif

#endif
