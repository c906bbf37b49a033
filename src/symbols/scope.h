/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What names in an expression mean at a level: the level fills in a table of functions,
 * and hands it out in its facet of types (core/target.h). Whatever is optional and
 * absent is not found.
 *
 * Each function looks for a name; where there is none it leaves @p found false, which is
 * no error.
 */
#ifndef SONDE_SYMBOLS_SCOPE_H
#define SONDE_SYMBOLS_SCOPE_H

#include <sonde/expression.h>
#include <sonde/type.h>

#include "closest.h"
#include "type.h"

struct sonde_scope;

/** Where a variable or a function lies. */
struct sonde_variable {
	uint64_t address;
	/** Without types: what it is, is not known. */
	struct sonde_type type;
	/** There is one for each CPU, and @ref address is an offset or a template's. */
	bool per_cpu;
	/** It lies nowhere: @ref address is a value of the type. */
	bool is_value;
};

struct sonde_scope_ops {
	/** Optional. @p thread is never NULL. */
	struct sonde_error *(*variable)(struct sonde_scope *scope,
		struct sonde_thread *thread, const char *name, bool *found,
		struct sonde_variable *ret);
	/** Optional. Absent, sonde_types_look_up() in the scope's types is asked. */
	struct sonde_error *(*type)(struct sonde_scope *scope,
		enum sonde_type_space space, const char *name, bool *found,
		struct sonde_type *ret);
	/** Optional. As @ref type, by sonde_types_find_enumerator(). */
	struct sonde_error *(*enumerator)(struct sonde_scope *scope, const char *name,
		bool *found, struct sonde_type *ret_type, uint64_t *ret);
	/**
	 * Optional. Calls a function that the level has registered, such as task(431).
	 * What it returns may lie in memory. With @p types_only it is not executed:
	 * only the type of @p ret counts, and arguments have no values.
	 */
	struct sonde_error *(*call)(struct sonde_scope *scope, const char *name,
		const struct sonde_value *arguments, size_t count, bool types_only,
		bool *found, struct sonde_value *ret);
	/** Optional. Where the variable at @p address of a CPU lies. */
	struct sonde_error *(*per_cpu)(
		struct sonde_scope *scope, uint64_t address, uint64_t cpu, uint64_t *ret);
	/** Optional. Offers the names of variables to @p closest. */
	void (*suggest)(struct sonde_scope *scope, struct sonde_closest *closest);
};

struct sonde_scope {
	const struct sonde_scope_ops *ops;
	/** The level's, for errors: "kernel". Never freed. */
	const char *level;
	/** NULL: there are none. Borrowed. */
	const struct sonde_types *types;
};

/** As sonde_expression_evaluate(), with the names that @p scope knows. */
SONDE_NODISCARD struct sonde_error *sonde_expression_evaluate_in(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_scope *scope, struct sonde_value *ret);

/** As sonde_expression_evaluate_all(), with the names that @p scope knows. */
SONDE_NODISCARD struct sonde_error *sonde_expression_evaluate_all_in(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_scope *scope, bool *ret_list,
	struct sonde_value **ret, size_t *count);

#endif
