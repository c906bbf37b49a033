/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a handler may ask, and say. */
#include <string.h>

#include "probe.h"

struct sonde_probe *sonde_probe_hit_probe(const struct sonde_probe_hit *hit)
{
	return hit->probe;
}

struct sonde_thread *sonde_probe_hit_thread(const struct sonde_probe_hit *hit)
{
	return hit->thread;
}

const struct sonde_stop *sonde_probe_hit_stop(const struct sonde_probe_hit *hit)
{
	return hit->stop;
}

uint64_t sonde_probe_hit_address(const struct sonde_probe_hit *hit)
{
	return hit->address;
}

struct sonde_error *sonde_probe_hit_task(
	struct sonde_probe_hit *hit, struct sonde_probe_task *ret)
{
	struct sonde_target *level = sonde_target_with_tasks(hit->probes->target);
	struct sonde_probe_task task = {.id = 0};
	char name[SONDE_TASK_NAME_BYTES];

	if (!level)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "tasks are the kernel level's, this "
						   "is the machine level"),
			"--level kernel looks for a kernel");
	CHECK(level->tasks->current(level, hit->thread, &task.id));
	CHECK(level->tasks->describe(level, task.id, &task.pid, name));
	memcpy(task.comm, name, sizeof(name));
	*ret = task;
	return NULL;
}

struct sonde_error *sonde_probe_hit_change(
	struct sonde_probe_hit *hit, struct sonde_probe_change *ret)
{
	const struct sonde_probe *probe = hit->link ? hit->link->probe : NULL;

	if (!probe || !sonde_probe_is_watch(probe))
		return sonde_error_create(
			SONDE_ERROR_INVALID, "no memory is watched here");
	*ret = (struct sonde_probe_change){
		.address = probe->watched_address,
		.length = (size_t)probe->watched_length,
		.before = probe->before_known ? probe->before : NULL,
		.now = probe->now_known ? probe->now : NULL,
	};
	return NULL;
}

void sonde_probe_hit_stay(struct sonde_probe_hit *hit)
{
	hit->stays = true;
}

/* Without symbols nobody knows whether this is the beginning of a function, but who says
 * that it is one is believed. */
static bool may_return(const struct sonde_probe_hit *hit)
{
	if (!hit->link)
		return false;
	switch (hit->link->probe->kind) {
	case SONDE_PROBE_ENTRY:
	case SONDE_PROBE_RETURN:
		return true;
	case SONDE_PROBE_INSTRUCTION:
		return hit->link->role == SONDE_PROBE_AT_ENTRY;
	case SONDE_PROBE_INSIDE:
		return hit->link->role == SONDE_PROBE_AT_RETURN;
	default:
		return false;
	}
}

struct sonde_error *sonde_probe_hit_return(struct sonde_probe_hit *hit, uint64_t result)
{
	const struct sonde_arch_calls *calls;

	CHECK(sonde_probe_calls(hit->probes, &calls));
	if (!may_return(hit))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"only from its first instruction a function "
			"can be returned from");
	hit->returns = true;
	hit->has_returned = hit->call || hit->link->role == SONDE_PROBE_AT_RETURN;
	hit->result = result;
	return NULL;
}

struct sonde_error *sonde_probe_hit_step(struct sonde_probe_hit *hit, uint64_t count,
	sonde_probe_handler *handler, void *user)
{
	hit->probes->steps = (struct sonde_probe_steps){
		.thread = hit->thread, .left = count, .handler = handler, .user = user};
	return NULL;
}
