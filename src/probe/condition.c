/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names in expressions at a hit: those of the function, before those of the level. */
#include <string.h>

#include "probe.h"
#include "scope.h"

struct hit_scope {
	struct sonde_scope scope;
	/** The level's; never NULL. */
	struct sonde_scope *base;
	struct sonde_probe_hit *hit;
	/** Whether it is a function's first instruction has to be seen, for a name. */
	bool unseen;
};

static struct hit_scope *own(struct sonde_scope *scope)
{
	return CONTAINER_OF(scope, struct hit_scope, scope);
}

/* Without symbols there are no functions, and no error. */
static struct sonde_error *see_function(struct hit_scope *self)
{
	struct sonde_probe_hit *hit = self->hit;
	struct sonde_error *error;
	struct sonde_symbol symbol;
	uint64_t pc;

	self->unseen = false;
	CHECK(sonde_thread_read_pc(hit->thread, &pc));
	error = sonde_symbol_at(hit->probes->target, pc, &symbol);
	if (!error && symbol.address == pc) {
		hit->link->function = strdup(symbol.name);
		return hit->link->function ? NULL : sonde_error_no_memory();
	}
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *find_variable(struct sonde_scope *scope,
	struct sonde_thread *thread, const char *name, bool *found,
	struct sonde_variable *ret)
{
	struct sonde_scope *base = own(scope)->base;
	struct sonde_value value;

	if (own(scope)->unseen)
		CHECK(see_function(own(scope)));
	CHECK(sonde_probe_find_named(own(scope)->hit, name, found, &value));
	if (*found) {
		*ret = (struct sonde_variable){
			.address = value.has_address ? value.address : value.integer,
			.type = value.type,
			.is_value = !value.has_address,
		};
		return NULL;
	}
	return base->ops->variable ? base->ops->variable(base, thread, name, found, ret)
				   : NULL;
}

static struct sonde_error *find_type(struct sonde_scope *scope,
	enum sonde_type_space space, const char *name, bool *found,
	struct sonde_type *ret)
{
	struct sonde_scope *base = own(scope)->base;

	if (base->ops->type)
		return base->ops->type(base, space, name, found, ret);
	if (base->types)
		return sonde_types_look_up(
			base->types, space, name, strlen(name), found, ret);
	return NULL;
}

static struct sonde_error *find_enumerator(struct sonde_scope *scope, const char *name,
	bool *found, struct sonde_type *ret_type, uint64_t *ret)
{
	struct sonde_scope *base = own(scope)->base;

	if (base->ops->enumerator)
		return base->ops->enumerator(base, name, found, ret_type, ret);
	if (base->types)
		return sonde_types_find_enumerator(
			base->types, name, found, ret_type, ret);
	return NULL;
}

static struct sonde_error *call(struct sonde_scope *scope, const char *name,
	const struct sonde_value *arguments, size_t count, bool types_only, bool *found,
	struct sonde_value *ret)
{
	struct sonde_scope *base = own(scope)->base;

	return base->ops->call ? base->ops->call(base, name, arguments, count, types_only,
					 found, ret)
			       : NULL;
}

static struct sonde_error *find_per_cpu(
	struct sonde_scope *scope, uint64_t address, uint64_t cpu, uint64_t *ret)
{
	struct sonde_scope *base = own(scope)->base;

	if (base->ops->per_cpu)
		return base->ops->per_cpu(base, address, cpu, ret);
	return sonde_error_create(
		SONDE_ERROR_UNSUPPORTED, "this level has no variables of each CPU");
}

static void suggest(struct sonde_scope *scope, struct sonde_closest *closest)
{
	struct hit_scope *self = own(scope);
	struct sonde_value value;
	const char *name;

	for (uint64_t i = 0; self->hit->link; i++) {
		struct sonde_error *error =
			sonde_probe_hit_argument(self->hit, i, &name, &value);
		bool more = !error;

		sonde_error_destroy(error);
		if (!more)
			break;
		sonde_closest_offer(closest, name);
	}
	if (self->base->ops->suggest)
		self->base->ops->suggest(self->base, closest);
}

static const struct sonde_scope_ops scope_ops = {
	.variable = find_variable,
	.type = find_type,
	.enumerator = find_enumerator,
	.call = call,
	.per_cpu = find_per_cpu,
	.suggest = suggest,
};

struct sonde_error *sonde_probe_hit_evaluate(struct sonde_probe_hit *hit,
	const struct sonde_expression *expression, struct sonde_value *ret)
{
	struct sonde_target *target = hit->probes->target;
	struct hit_scope scope = {.hit = hit};

	CHECK(sonde_target_scope(target, &scope.base));
	if (!scope.base)
		return sonde_expression_evaluate(expression, target, hit->thread, ret);
	scope.scope = (struct sonde_scope){.ops = &scope_ops,
		.level = scope.base->level,
		.types = scope.base->types};
	return sonde_expression_evaluate_in(
		expression, target, hit->thread, &scope.scope, ret);
}

/* It is as if a probe were at whatever the thread stands at. */
struct sonde_error *sonde_probe_evaluate_standing(
	const struct sonde_expression *expression, struct sonde_target *target,
	struct sonde_thread *thread, bool *ret_list, struct sonde_value **ret,
	size_t *count)
{
	struct sonde_probes probes = {.target = target};
	struct sonde_probe probe = {.probes = &probes};
	struct sonde_probe_link link = {.probe = &probe};
	struct sonde_probe_hit hit = {
		.probes = &probes, .thread = thread, .probe = &probe, .link = &link};
	struct hit_scope scope = {.hit = &hit, .unseen = true};
	struct sonde_error *error;

	CHECK(sonde_target_scope(target, &scope.base));
	if (!scope.base || sonde_target_state(target) != SONDE_STATE_STOPPED)
		return sonde_expression_evaluate_all(
			expression, target, thread, ret_list, ret, count);
	scope.scope = (struct sonde_scope){.ops = &scope_ops,
		.level = scope.base->level,
		.types = scope.base->types};
	error = sonde_expression_evaluate_all_in(
		expression, target, thread, &scope.scope, ret_list, ret, count);
	free(link.function);
	return error;
}

/* At other hits the pointer may be good. */
struct sonde_error *sonde_probe_condition_is_met(struct sonde_probe_hit *hit, bool *ret)
{
	struct sonde_probe *probe = hit->probe;
	struct sonde_value value = {.integer = 1};
	struct sonde_error *error = NULL;

	if (probe->condition)
		error = sonde_probe_hit_evaluate(hit, probe->condition, &value);
	if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	*ret = !error && value.integer;
	if (!probe->fault)
		probe->fault = error;
	else
		sonde_error_destroy(error);
	return NULL;
}
