/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where functions return to. Such a breakpoint is shared by all calls from there, and it
 * stays when the last of them has returned, since the next call needs it again: setting
 * and removing it would be two packets a call. It goes when it is met for nothing, when
 * there are too many, and when a probe of returns goes.
 */
#include "probe.h"

enum {
	/** Places without a call under way that are kept. */
	PLACES_MAX = 256,
	/** After so many calls ended tasks are looked for again. */
	SWEEP_CALLS = 1024,
};

/* --- registers ---------------------------------------------------------------------- */

static struct sonde_error *find_register(
	struct sonde_thread *thread, const char *name, const struct sonde_register **ret)
{
	*ret = sonde_thread_find_register(thread, name);
	if (*ret)
		return NULL;
	return sonde_error_create(
		SONDE_ERROR_UNSUPPORTED, "the target has no register '%s'", name);
}

struct sonde_error *sonde_probe_read_register(
	struct sonde_thread *thread, const char *name, uint64_t *ret)
{
	const struct sonde_register *reg;
	struct sonde_register_value value;

	CHECK(find_register(thread, name, &reg));
	CHECK(sonde_thread_read_register(thread, reg, &value));
	if (!value.available)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the target does not tell what register '%s' holds", name);
	*ret = sonde_register_value_integer(&value);
	return NULL;
}

struct sonde_error *sonde_probe_calls(
	const struct sonde_probes *probes, const struct sonde_arch_calls **ret)
{
	const struct sonde_arch *arch = sonde_target_base(probes->target)->arch;

	*ret = arch->calls;
	if (*ret)
		return NULL;
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
		"how functions are called on %s is not known", arch->name);
}

struct sonde_error *sonde_probe_read_task(
	struct sonde_probes *probes, struct sonde_thread *thread, uint64_t *ret)
{
	struct sonde_target *level = sonde_target_with_tasks(probes->target);
	struct sonde_error *error;

	*ret = 0;
	if (!level || probes->no_tasks)
		return NULL;
	error = level->tasks->current(level, thread, ret);
	/* A level without a kernel knows no more than the machine does. */
	if (!probes->has_tasks && (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) ||
					  sonde_error_is(error, SONDE_ERROR_NOT_FOUND))) {
		sonde_error_destroy(error);
		probes->no_tasks = true;
		return NULL;
	}
	probes->has_tasks = probes->has_tasks || !error;
	return error;
}

/* --- the address to return to ------------------------------------------------------- */

struct sonde_error *sonde_probe_read_return_address(struct sonde_probes *probes,
	const struct sonde_arch_calls *calls, struct sonde_thread *thread, uint64_t sp,
	uint64_t *ret)
{
	struct sonde_space *space;

	if (calls->link)
		return sonde_probe_read_register(thread, calls->link, ret);
	CHECK(sonde_target_virtual(probes->target, thread, &space));
	return sonde_space_read_integer(
		space, sp, sonde_target_address_bits(probes->target) / 8, ret);
}

struct changes {
	struct sonde_register_change list[SONDE_CHANGES_MAX];
	size_t count;
};

static struct sonde_error *add_change(struct changes *changes,
	struct sonde_thread *thread, const char *name, uint64_t integer)
{
	struct sonde_register_change *change = &changes->list[changes->count];

	CHECK(find_register(thread, name, &change->reg));
	sonde_register_value_set_integer(&change->value, integer, change->reg->bits);
	changes->count++;
	return NULL;
}

/* As the instruction that returns would leave them. */
static struct sonde_error *add_way_back(const struct sonde_probe_hit *hit,
	const struct sonde_arch_calls *calls, struct changes *changes)
{
	struct sonde_thread *thread = hit->thread;
	uint64_t sp, address, bits;

	CHECK(sonde_probe_read_register(thread, "sp", &sp));
	CHECK(sonde_probe_read_return_address(hit->probes, calls, thread, sp, &address));
	if (calls->branch_register) {
		CHECK(sonde_probe_read_register(thread, calls->branch_register, &bits));
		if (bits & calls->branch_bits)
			CHECK(add_change(changes, thread, calls->branch_register,
				bits & ~calls->branch_bits));
	}
	if (calls->return_pops)
		CHECK(add_change(changes, thread, "sp", sp + calls->return_pops));
	return add_change(changes, thread, "pc", address);
}

struct sonde_error *sonde_probe_make_return(const struct sonde_probe_hit *hit)
{
	const struct sonde_arch_calls *calls;
	struct changes changes = {.count = 0};

	CHECK(sonde_probe_calls(hit->probes, &calls));
	CHECK(add_change(&changes, hit->thread, calls->result, hit->result));
	if (!hit->has_returned)
		CHECK(add_way_back(hit, calls, &changes));
	return sonde_thread_write_together(hit->thread, changes.list, changes.count);
}

/* --- places --------------------------------------------------------------------------
 */

static struct sonde_error *drop_place(
	struct sonde_probes *probes, struct sonde_probe_place *place)
{
	struct sonde_probe_place **at = &probes->return_places;

	while (*at != place)
		at = &(*at)->next_return;
	*at = place->next_return;
	probes->return_place_count--;
	place->is_return = false;
	return sonde_probe_place_put(probes, place);
}

struct sonde_error *sonde_probe_drop_idle_places(struct sonde_probes *probes)
{
	struct sonde_probe_place *place = probes->return_places, *next;
	struct sonde_error *error = NULL;

	for (; place; place = next) {
		next = place->next_return;
		if (!place->pending)
			error = sonde_error_first(error, drop_place(probes, place));
	}
	return error;
}

static struct sonde_error *get_place(
	struct sonde_probe_link *link, uint64_t address, struct sonde_probe_place **ret)
{
	struct sonde_probes *probes = link->probe->probes;
	struct sonde_probe_place *place;

	if (probes->return_place_count >= PLACES_MAX)
		CHECK(sonde_probe_drop_idle_places(probes));
	CHECK(sonde_probe_place_get(probes, link->place->kind, address, 0, &place));
	if (!place->is_return) {
		place->is_return = true;
		place->next_return = probes->return_places;
		probes->return_places = place;
		probes->return_place_count++;
	}
	*ret = place;
	return NULL;
}

/* --- calls ---------------------------------------------------------------------------
 */

struct sweep {
	struct sonde_target *level;
	/** The last one that was asked for, and the answer. */
	uint64_t task;
	bool gone;
};

static struct sonde_error *is_gone(void *user, const struct sonde_return *call, bool *ret)
{
	struct sweep *sweep = user;
	char name[SONDE_TASK_NAME_BYTES];
	struct sonde_error *error;
	bool there = false;
	uint64_t pid;

	if (call->task != sweep->task) {
		error = sweep->level->tasks->describe(
			sweep->level, call->task, &pid, name);
		if (!error)
			error = sweep->level->tasks->is_there(
				sweep->level, call->task, pid, &there);
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		sonde_error_destroy(error);
		sweep->task = call->task;
		sweep->gone = !there;
	}
	*ret = sweep->gone;
	return NULL;
}

/* The table is full: of tasks that have ended nothing will return. */
static struct sonde_error *make_room(struct sonde_probes *probes)
{
	struct sweep sweep = {.level = sonde_target_with_tasks(probes->target)};

	if (!sonde_returns_is_full(&probes->returns) || !sweep.level ||
		probes->returns.last_age - probes->last_sweep < SWEEP_CALLS)
		return NULL;
	probes->last_sweep = probes->returns.last_age;
	return sonde_returns_sweep(&probes->returns, is_gone, &sweep);
}

static struct sonde_error *read_arguments(const struct sonde_arch_calls *calls,
	struct sonde_thread *thread, struct sonde_return *call)
{
	if (!calls->arguments)
		return NULL;
	for (size_t i = 0; i < SONDE_RETURN_ARGUMENTS && calls->arguments[i]; i++)
		CHECK(sonde_probe_read_register(
			thread, calls->arguments[i], &call->arguments[i]));
	return NULL;
}

static struct sonde_error *read_started(
	struct sonde_probes *probes, uint64_t task, uint64_t *ret)
{
	struct sonde_target *level = sonde_target_with_tasks(probes->target);

	*ret = 0;
	if (!task || !level || !level->tasks->started)
		return NULL;
	return level->tasks->started(level, task, ret);
}

struct sonde_error *sonde_probe_note_call(
	struct sonde_probe_link *link, struct sonde_thread *thread)
{
	struct sonde_probes *probes = link->probe->probes;
	struct sonde_return call = {.link = link};
	const struct sonde_arch_calls *calls;
	struct sonde_probe_place *place;

	CHECK(sonde_probe_calls(probes, &calls));
	CHECK(sonde_probe_read_register(thread, "sp", &call.sp));
	CHECK(sonde_probe_read_return_address(
		probes, calls, thread, call.sp, &call.address));
	CHECK(sonde_probe_read_task(probes, thread, &call.task));
	CHECK(read_started(probes, call.task, &call.started));
	CHECK(read_arguments(calls, thread, &call));
	CHECK(make_room(probes));
	CHECK(get_place(link, call.address, &place));
	call.pending = &place->pending;
	return sonde_returns_add(&probes->returns, &call);
}

struct sonde_error *sonde_probe_take_return(struct sonde_probes *probes,
	const struct sonde_probe_place *place, struct sonde_thread *thread, bool *found,
	struct sonde_return *ret)
{
	const struct sonde_arch_calls *calls;
	uint64_t sp, task, started;

	*found = false;
	CHECK(sonde_probe_calls(probes, &calls));
	CHECK(sonde_probe_read_register(thread, "sp", &sp));
	CHECK(sonde_probe_read_task(probes, thread, &task));
	CHECK(read_started(probes, task, &started));
	/* Of a task that has ended, and whose place this one has, nothing returns. */
	do
		*found = sonde_returns_take(&probes->returns, task,
			sp - calls->return_pops, place->address, ret);
	while (*found && ret->started != started);
	return NULL;
}

struct sonde_error *sonde_probe_drop_unmet_place(
	struct sonde_probes *probes, struct sonde_probe_place *place)
{
	return place->pending || place->links ? NULL : drop_place(probes, place);
}
