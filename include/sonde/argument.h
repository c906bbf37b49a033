/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a function was called with, and what it returns: at a hit of a probe. */
#ifndef SONDE_ARGUMENT_H
#define SONDE_ARGUMENT_H

#include <sonde/probe.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * How many arguments the function takes, at whose entry or return this is.
 * SONDE_ERROR_UNSUPPORTED: its type is not known, or this is neither.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_argument_count(
	struct sonde_probe_hit *hit, uint64_t *ret);

/**
 * An argument, from 0, and what the function calls it, "" for nothing. At a return: what
 * it was at the entry, where a register held it. SONDE_ERROR_UNSUPPORTED: a structure in
 * registers, a floating-point number.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_argument(
	struct sonde_probe_hit *hit, uint64_t index, const char **ret_name,
	struct sonde_value *ret);

/**
 * What the function has returned. SONDE_ERROR_INVALID: this is no return, or it
 * returns nothing. Without a type it is an unsigned long.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_result(
	struct sonde_probe_hit *hit, struct sonde_value *ret);

/** As sonde_expression_evaluate(), with the names that a condition knows. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_evaluate(
	struct sonde_probe_hit *hit, const struct sonde_expression *expression,
	struct sonde_value *ret);

/**
 * As sonde_expression_evaluate_all(); where @p thread stands at the first instruction of
 * a function, with the names of its arguments.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_evaluate_standing(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, bool *ret_list, struct sonde_value **ret,
	size_t *count);

#ifdef __cplusplus
}
#endif

#endif
