/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "target.h"

struct sonde_error *sonde_target_init(
	struct sonde_target *target, struct sonde *sonde, const char *name)
{
	target->sonde = sonde;
	target->name = strdup(name);
	target->state = SONDE_STATE_UNKNOWN;
	target->found = SONDE_STATE_UNKNOWN;
	target->leave = SONDE_STATE_UNKNOWN;
	return target->name ? NULL : sonde_error_no_memory();
}

void sonde_target_deinit(struct sonde_target *target)
{
	sonde_traps_deinit(&target->traps);
	free(target->name);
}

const char *sonde_target_name(const struct sonde_target *target)
{
	return target->name;
}

const char *sonde_target_kind(const struct sonde_target *target)
{
	return target->kind;
}

const char *sonde_target_architecture(const struct sonde_target *target)
{
	return sonde_target_base(target)->arch->name;
}

unsigned sonde_target_address_bits(const struct sonde_target *target)
{
	return sonde_target_base(target)->arch->address_bits;
}

const char *sonde_target_memory_means(const struct sonde_target *target)
{
	target = sonde_target_with_memory(target);
	return target->memory ? target->memory->means(target) : "none";
}

static struct sonde_error *absent(const struct sonde_target *target, const char *what)
{
	return sonde_error_create(
		SONDE_ERROR_UNSUPPORTED, "%s has no %s", target->name, what);
}

struct sonde_error *sonde_target_check_stopped(const struct sonde_target *target)
{
	switch (target->state) {
	case SONDE_STATE_STOPPED:
		return target->detached
			       ? sonde_error_create(SONDE_ERROR_INVALID, "it is detached")
			       : NULL;
	case SONDE_STATE_ENDED:
		return sonde_error_create(SONDE_ERROR_NOT_FOUND, "the target has ended");
	default:
		return sonde_error_create(SONDE_ERROR_RUNNING, "the target is running");
	}
}

struct sonde_error *sonde_target_check_readable(const struct sonde_target *target)
{
	if (target->observable && !target->detached && target->state != SONDE_STATE_ENDED)
		return NULL;
	return sonde_target_check_stopped(target);
}

bool sonde_target_is_observable(const struct sonde_target *target)
{
	return sonde_target_base(target)->observable;
}

uint64_t sonde_target_ram_bytes(const struct sonde_target *target)
{
	target = sonde_target_with_memory(target);
	return target->memory && target->memory->ram_bytes
		       ? target->memory->ram_bytes(target)
		       : 0;
}

void sonde_target_rest(struct sonde_target *target)
{
	struct sonde_target *base = sonde_target_base(target);

	if (base->state != SONDE_STATE_STOPPED)
		sonde_target_next_epoch(base);
	for (; target && !base->detached; target = target->below)
		if (target->ops->rest)
			target->ops->rest(target);
}

struct sonde_error *sonde_target_virtual(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	target = sonde_target_with_memory(target);
	if (!target->memory)
		return absent(target, "memory");
	if (!thread)
		CHECK(sonde_target_current_thread(target, &thread));
	return target->memory->virtual_space(target, thread, ret);
}

struct sonde_error *sonde_target_physical(
	struct sonde_target *target, struct sonde_space **ret)
{
	target = sonde_target_with_memory(target);
	if (!target->memory || !target->memory->physical_space)
		return absent(target, "physical memory");
	return target->memory->physical_space(target, ret);
}

struct sonde_error *sonde_target_threads(
	struct sonde_target *target, struct sonde_thread *const **ret, size_t *count)
{
	target = sonde_target_base(target);
	if (!target->threads)
		return absent(target, "threads");
	return target->threads->list(target, ret, count);
}

struct sonde_error *sonde_target_find_thread(
	struct sonde_target *target, unsigned number, struct sonde_thread **ret)
{
	struct sonde_thread *const *threads;
	size_t count;

	CHECK(sonde_target_threads(target, &threads, &count));
	for (size_t i = 0; i < count; i++) {
		if (threads[i]->number == number && !threads[i]->gone) {
			*ret = threads[i];
			return NULL;
		}
	}
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_NOT_FOUND, "there is no CPU %u", number),
		"CPUs are counted from 0; this target has %zu", count);
}

struct sonde_error *sonde_target_current_thread(
	struct sonde_target *target, struct sonde_thread **ret)
{
	target = sonde_target_base(target);
	if (target->current && !target->current->gone) {
		*ret = target->current;
		return NULL;
	}
	return sonde_target_find_thread(target, 0, ret);
}

struct sonde_error *sonde_target_registers(
	struct sonde_target *target, const struct sonde_register **ret, size_t *count)
{
	target = sonde_target_base(target);
	if (!target->registers)
		return absent(target, "registers");
	target->registers->list(target, ret, count);
	return NULL;
}

static bool detach_needs_stop(const struct sonde_target *target)
{
	return target->state == SONDE_STATE_RUNNING && target->control &&
	       !target->watched;
}

static struct sonde_error *take_traps_out(struct sonde_target *target)
{
	struct sonde_error *error = NULL;
	struct sonde_stop stop;

	if (target->control && detach_needs_stop(target))
		error = sonde_target_pause(target, &stop);
	/* Also where the pause failed after the stop: the guest is about to run on. */
	if (target->state == SONDE_STATE_STOPPED && target->control && !target->watched)
		error = sonde_error_first(error, sonde_traps_remove_all(target));
	return error;
}

struct sonde_error *sonde_target_detach(struct sonde_target *target)
{
	enum sonde_state leave;
	struct sonde_error *error;

	target = sonde_target_base(target);
	leave = target->leave;
	if (target->detached)
		return NULL;
	if (leave == SONDE_STATE_UNKNOWN)
		leave = target->found;
	target->sonde->uninterruptible++;
	error = take_traps_out(target);
	target->unclean = error != NULL;
	error = sonde_error_first(error, target->ops->detach(target, leave));
	target->sonde->uninterruptible--;
	target->detached = true;
	return sonde_error_while(error, "detaching from %s", target->name);
}

void sonde_target_close(struct sonde_target *target)
{
	struct sonde_error *error;

	if (!target)
		return;
	error = sonde_target_detach(target);
	if (error)
		sonde_log(&target->sonde->log, SONDE_LOG_WARNING, "%s: %s",
			sonde_error_what(error), sonde_error_why(error));
	sonde_error_destroy(error);
	while (target) {
		struct sonde_target *below = target->below;

		target->ops->destroy(target);
		target = below;
	}
}

enum sonde_state sonde_target_state(const struct sonde_target *target)
{
	return sonde_target_base(target)->state;
}

enum sonde_state sonde_target_found_state(const struct sonde_target *target)
{
	return sonde_target_base(target)->found;
}

void sonde_target_leave(struct sonde_target *target, enum sonde_state state)
{
	sonde_target_base(target)->leave = state;
}
