/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Active probing: probes at the functions that every task and every module passes. Which
 * function it is depends on the kernel's age, and is known by its name:
 *
 *	wake_up_new_task(task)			kernel/sched/core.c; every task but the
 *						idle ones, in the lists by then
 *	__set_task_comm(task, name, exec)	fs/exec.c; exec since 3.16
 *	cgroup_release(task)			kernel/cgroup/cgroup.c; release_task()
 *calls it for each task, while it may be entered once for two: a thread and its leader
 *	do_init_module(module), free_module(module)	kernel/module/main.c
 */
#include <sonde/follow.h>
#include <string.h>

#include "census.h"
#include "kernel.h"
#include "options.h"
#include "space_search.h"

enum {
	PLACES = 5,
	/** What a name of a module has at most (MODULE_NAME_LEN), and a NUL. */
	MODULE_BYTES = SONDE_SYMBOL_MODULE_BYTES,
};

struct sonde_follower {
	struct sonde_linux *kernel;
	struct sonde_probes *probes;
	struct sonde_linux_census census;
	struct sonde_probe *places[PLACES];
	unsigned subjects;
	/** The third argument says whether a program is executed. */
	bool knows_exec;
	/** Whether the level's modules count on it. */
	bool is_counted;
	/** Of struct task_struct, and of struct module. */
	struct sonde_field comm, name;
	sonde_follow_handler *handler;
	void *user;
	/** The one that handlers are called for. */
	struct sonde_probe_hit *hit;
};

/* --- events ------------------------------------------------------------------------- */

static struct sonde_error *tell(
	struct sonde_follower *follower, struct sonde_follow_event event)
{
	event.hit = follower->hit;
	/* Of what the list itself contradicts nobody is told. */
	return follower->handler && follower->hit
		       ? follower->handler(&event, follower->user)
		       : NULL;
}

static struct sonde_error *tell_end(void *user, const struct sonde_followed_task *task)
{
	return tell(user,
		(struct sonde_follow_event){.kind = SONDE_FOLLOW_ENDED, .task = task});
}

static struct sonde_error *read_argument(
	const struct sonde_follower *follower, unsigned index, uint64_t *ret)
{
	const struct sonde_arch_calls *calls = follower->kernel->target.arch->calls;
	struct sonde_thread *thread = sonde_probe_hit_thread(follower->hit);
	const struct sonde_register *reg =
		sonde_thread_find_register(thread, calls->arguments[index]);
	struct sonde_register_value value = {.available = false};

	if (reg)
		CHECK(sonde_thread_read_register(thread, reg, &value));
	if (!value.available)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the target does not tell what register '%s' holds",
			calls->arguments[index]);
	*ret = sonde_register_value_integer(&value);
	return NULL;
}

/* What is the same at each: who is meant. */
static struct sonde_error *begin(
	struct sonde_follower *follower, struct sonde_probe_hit *hit, uint64_t *ret)
{
	follower->hit = hit;
	CHECK(sonde_linux_find(follower->kernel));
	CHECK(sonde_linux_census_settle(&follower->census));
	return read_argument(follower, 0, ret);
}

static struct sonde_error *started(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_follow_event event = {.kind = SONDE_FOLLOW_STARTED};
	struct sonde_follower *follower = user;
	uint64_t task;
	bool is_new;

	CHECK(begin(follower, hit, &task));
	CHECK(sonde_error_while(
		sonde_linux_census_born(&follower->census, task, &is_new, &event.task),
		"reading a task that starts"));
	return is_new ? tell(follower, event) : NULL;
}

/* As much of it as the task keeps. */
static struct sonde_error *read_name(const struct sonde_follower *follower,
	const struct sonde_field *field, uint64_t address, char *ret, size_t size)
{
	size_t length = field->bytes - 1 < size - 1 ? (size_t)field->bytes - 1 : size - 1;
	size_t got;

	memset(ret, 0, size);
	CHECK(sonde_space_read_part(
		&follower->kernel->space.space, address, ret, length, &got));
	memset(ret + strnlen(ret, got), 0, size - strnlen(ret, got));
	return NULL;
}

static struct sonde_error *renamed(struct sonde_probe_hit *hit, void *user)
{
	char comm[SONDE_TASK_COMM_BYTES], old[SONDE_TASK_COMM_BYTES] = "";
	struct sonde_follow_event event = {.kind = SONDE_FOLLOW_RENAMED, .old_comm = old};
	const struct sonde_followed_task *before;
	struct sonde_follower *follower = user;
	uint64_t task, name, exec = 0;

	CHECK(begin(follower, hit, &task));
	CHECK(read_argument(follower, 1, &name));
	if (follower->knows_exec)
		CHECK(read_argument(follower, 2, &exec));
	CHECK(read_name(follower, &follower->comm, name, comm, sizeof(comm)));
	before = sonde_linux_census_at(&follower->census, task);
	if (before)
		memcpy(old, before->comm, sizeof(old));
	CHECK(sonde_error_while(
		sonde_linux_census_renamed(&follower->census, task, comm, &event.task),
		"reading a task that is renamed"));
	if (!event.task)
		return NULL;
	/* Its type is bool: what is above one byte is nobody's. */
	if (exec & 0xff)
		event.kind = SONDE_FOLLOW_EXECUTED;
	return tell(follower, event);
}

static struct sonde_error *ended(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_follower *follower = user;
	uint64_t task;

	CHECK(begin(follower, hit, &task));
	return sonde_linux_census_ended(&follower->census, task);
}

static struct sonde_error *tell_module(struct sonde_follower *follower,
	struct sonde_probe_hit *hit, enum sonde_follow_kind kind)
{
	struct sonde_follow_event event = {.kind = kind};
	char name[MODULE_BYTES];

	CHECK(begin(follower, hit, &event.structure));
	sonde_linux_modules_have_changed(&follower->kernel->modules);
	CHECK(sonde_error_while(
		read_name(follower, &follower->name,
			event.structure + follower->name.offset, name, sizeof(name)),
		"reading the name of a module"));
	event.module = name;
	return tell(follower, event);
}

static struct sonde_error *loaded(struct sonde_probe_hit *hit, void *user)
{
	return tell_module(user, hit, SONDE_FOLLOW_MODULE_LOADED);
}

static struct sonde_error *unloaded(struct sonde_probe_hit *hit, void *user)
{
	return tell_module(user, hit, SONDE_FOLLOW_MODULE_UNLOADED);
}

/* --- places ------------------------------------------------------------------------- */

static const struct place {
	unsigned subject;
	/** By these names, the first one that there is. */
	const char *names[3];
	sonde_probe_handler *handler;
} places[PLACES] = {
	{SONDE_FOLLOW_TASKS, {"wake_up_new_task"}, started},
	{SONDE_FOLLOW_TASKS, {"__set_task_comm", "set_task_comm"}, renamed},
	{SONDE_FOLLOW_TASKS, {"cgroup_release", "cgroup_task_release", "release_task"},
		ended},
	{SONDE_FOLLOW_MODULES, {"do_init_module"}, loaded},
	{SONDE_FOLLOW_MODULES, {"free_module"}, unloaded},
};

/* NULL as *@p ret: the kernel has none of them. */
static struct sonde_error *find_place(struct sonde_linux *kernel,
	const struct place *place, struct sonde_symbol *symbol, const char **ret)
{
	bool found = false;

	*ret = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(place->names) && place->names[i]; i++) {
		CHECK(sonde_linux_own_look_up(kernel, place->names[i], symbol, &found));
		if (found) {
			*ret = place->names[i];
			break;
		}
	}
	return NULL;
}

/* Of what is asked for, or of all: what this kernel has the functions of. */
static struct sonde_error *choose(struct sonde_follower *follower, unsigned wanted)
{
	struct sonde_symbol symbol;
	const char *name;

	if (wanted & ~(unsigned)(SONDE_FOLLOW_TASKS | SONDE_FOLLOW_MODULES))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "there are no such subjects to follow");
	follower->subjects = wanted ?: SONDE_FOLLOW_TASKS | SONDE_FOLLOW_MODULES;
	for (size_t i = 0; i < PLACES; i++) {
		CHECK(find_place(follower->kernel, &places[i], &symbol, &name));
		if (name)
			continue;
		follower->subjects &= ~places[i].subject;
		if (wanted & places[i].subject || !follower->subjects)
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"the kernel has no function '%s'", places[i].names[0]);
	}
	return NULL;
}

static struct sonde_error *put_in(struct sonde_follower *follower)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct sonde_probe_options options = {.size = sizeof(options),
			.kind = SONDE_PROBE_INSTRUCTION,
			.handler = places[i].handler,
			.user = follower};
		struct sonde_symbol symbol = {.address = 0};
		const char *name;

		if (!(places[i].subject & follower->subjects))
			continue;
		CHECK(find_place(follower->kernel, &places[i], &symbol, &name));
		options.address = symbol.address;
		CHECK(sonde_probe_create(
			follower->probes, &options, &follower->places[i]));
		if (places[i].handler == renamed)
			follower->knows_exec = name == places[i].names[0];
		if (places[i].handler == ended)
			follower->census.leaders_end_unseen = name == places[i].names[2];
	}
	return NULL;
}

static struct sonde_error *take_out(struct sonde_follower *follower)
{
	struct sonde_error *error = NULL;

	for (size_t i = 0; i < PLACES; i++) {
		error = sonde_error_first(
			error, sonde_probe_destroy(follower->places[i]));
		follower->places[i] = NULL;
	}
	return error;
}

/* --- life --------------------------------------------------------------------------- */

static struct sonde_error *find_fields(struct sonde_follower *follower)
{
	static const struct sonde_field_wish comm = {"struct task_struct", "comm"},
					     name = {"struct module", "name"};
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&follower->kernel->types, &types));
	if (follower->subjects & SONDE_FOLLOW_TASKS)
		CHECK(sonde_fields_resolve(types, &comm, 1, &follower->comm));
	if (follower->subjects & SONDE_FOLLOW_MODULES)
		CHECK(sonde_fields_resolve(types, &name, 1, &follower->name));
	if ((follower->comm.present && !follower->comm.bytes) ||
		(follower->name.present && !follower->name.bytes))
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the kernel's names have no length");
	return NULL;
}

/* The target stands. */
static struct sonde_error *settle_in(struct sonde_follower *follower, unsigned wanted)
{
	CHECK(sonde_linux_find(follower->kernel));
	if (!follower->kernel->target.arch->calls)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"how functions are called on %s is not known",
			follower->kernel->target.arch->name);
	CHECK(choose(follower, wanted));
	CHECK(find_fields(follower));
	CHECK(put_in(follower));
	if (follower->subjects & SONDE_FOLLOW_TASKS)
		CHECK(sonde_linux_census_scan(&follower->census));
	follower->is_counted = (follower->subjects & SONDE_FOLLOW_MODULES) != 0;
	if (follower->is_counted)
		follower->kernel->modules.followers++;
	return NULL;
}

/* *@p goes_on: it ran, and is to run on. */
static struct sonde_error *hold(struct sonde_follower *follower, bool *goes_on)
{
	struct sonde_target *target = &follower->kernel->target;
	bool hit = false;

	*goes_on = sonde_target_state(target) == SONDE_STATE_RUNNING;
	if (*goes_on)
		CHECK(sonde_probes_pause(follower->probes, &hit));
	/* What came meanwhile is the loop's first. */
	*goes_on = *goes_on && !hit;
	return NULL;
}

static struct sonde_error *create(struct sonde_follower *follower, unsigned wanted)
{
	struct sonde_target *target = &follower->kernel->target;
	struct sonde_error *error;
	bool goes_on;

	CHECK(hold(follower, &goes_on));
	error = settle_in(follower, wanted);
	if (error)
		sonde_error_destroy(take_out(follower));
	if (goes_on)
		error = sonde_error_first(error, sonde_target_resume(target));
	return error;
}

struct sonde_error *sonde_follower_create(struct sonde_target *target,
	struct sonde_probes *probes, const struct sonde_follower_options *options,
	struct sonde_follower **ret)
{
	struct sonde_follower_options given = {.size = sizeof(given)};
	struct sonde_linux *kernel = sonde_linux_below(target);
	struct sonde_follower *follower;
	struct sonde_error *error;

	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	if (!kernel)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the machine level has neither tasks nor modules");
	follower = calloc(1, sizeof(*follower));
	if (!follower)
		return sonde_error_no_memory();
	follower->kernel = follower->census.kernel = kernel;
	follower->probes = probes;
	follower->handler = given.handler;
	follower->user = given.user;
	follower->census.ended = tell_end;
	follower->census.user = follower;
	error = create(follower, given.subjects);
	if (error) {
		sonde_error_destroy(sonde_follower_destroy(follower));
		return sonde_error_while(error, "following the kernel's tasks");
	}
	*ret = follower;
	return NULL;
}

struct sonde_error *sonde_follower_destroy(struct sonde_follower *follower)
{
	struct sonde_error *error;

	if (!follower)
		return NULL;
	error = take_out(follower);
	if (follower->is_counted && follower->kernel->modules.followers)
		follower->kernel->modules.followers--;
	sonde_linux_census_deinit(&follower->census);
	free(follower);
	return error;
}

unsigned sonde_follower_subjects(const struct sonde_follower *follower)
{
	return follower->subjects;
}

const struct sonde_followed_task *sonde_follower_next(
	const struct sonde_follower *follower, const struct sonde_followed_task *task)
{
	return sonde_linux_census_next(&follower->census, task);
}

const struct sonde_followed_task *sonde_follower_find(
	const struct sonde_follower *follower, uint32_t pid)
{
	return sonde_linux_census_find(&follower->census, pid);
}

const char *sonde_follow_kind_name(enum sonde_follow_kind kind)
{
	static const char *const names[] = {
		[SONDE_FOLLOW_STARTED] = "start",
		[SONDE_FOLLOW_EXECUTED] = "exec",
		[SONDE_FOLLOW_RENAMED] = "rename",
		[SONDE_FOLLOW_ENDED] = "end",
		[SONDE_FOLLOW_MODULE_LOADED] = "load",
		[SONDE_FOLLOW_MODULE_UNLOADED] = "unload",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : NULL;
}
