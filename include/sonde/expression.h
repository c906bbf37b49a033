/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C expressions over what a target holds: integers, registers ($rdi), names (cpu,
 * init_task), memory (*(unsigned int *)($rsp + 8)), members and elements, all
 * operators that leave nothing changed. Arithmetic is C's on a 64-bit machine:
 * operands are promoted to int, long, unsigned long. Beyond C there are
 *
 *	a[2:5]                          elements 2, 3 and 4 of an array, or behind a
 *pointer container_of(p, struct T, m)    what p, a pointer to its member m, lies in
 *	offsetof(struct T, m)
 *	per_cpu(variable, cpu)          a CPU's own
 *	list(&head, struct T, m)        what hangs on a struct list_head, by the member m
 *	hlist(&head, struct T, m)       the same of a struct hlist_head
 *	rbtree(&root, struct T, m)      the same of a struct rb_root or rb_root_cached,
 *sorted
 *
 * and functions that the target's level has. What is done to a list is done to each of
 * its elements.
 */
#ifndef SONDE_EXPRESSION_H
#define SONDE_EXPRESSION_H

#include <sonde/target.h>
#include <sonde/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_expression;

/** Parses without looking at any target. An error names the column. Caller destroys. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_expression_create(
	const char *text, struct sonde_expression **ret);

/** The same of an expression that may be an assignment, PLACE = VALUE. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_expression_create_assignment(
	const char *text, struct sonde_expression **ret);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_expression_destroy(struct sonde_expression *expression);

/**
 * Evaluates on @p thread, which must be stopped; a NULL @p target allows only
 * expressions that use neither registers nor memory nor names. An assignment is done.
 * SONDE_ERROR_INVALID for a list, whose values are several.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_expression_evaluate(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_value *ret);

/**
 * The same with all values of a list, which may be none; @p ret_list says whether it
 * is one. The caller frees @p ret.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_expression_evaluate_all(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, bool *ret_list, struct sonde_value **ret,
	size_t *count);

#ifdef __cplusplus
}
#endif

#endif
