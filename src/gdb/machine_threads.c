/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: of a machine, its CPUs. The list is fetched once an epoch at most, and
 * only when somebody wants it: a stop names its own thread.
 */
#include <string.h>

#include "machine.h"

static struct sonde_error *append(
	struct sonde_gdb_machine *machine, struct sonde_thread *thread)
{
	if (machine->thread_count == machine->thread_capacity) {
		size_t capacity =
			machine->thread_capacity ? 2 * machine->thread_capacity : 8;
		void *threads = realloc(
			machine->threads, capacity * sizeof(struct sonde_thread *));

		if (!threads)
			return sonde_error_no_memory();
		machine->threads = threads;
		machine->thread_capacity = capacity;
	}
	machine->threads[machine->thread_count++] = thread;
	return NULL;
}

static struct sonde_error *add_thread(struct sonde_gdb_machine *machine,
	const struct sonde_gdb_thread_id *id, struct sonde_thread **ret)
{
	struct sonde_gdb_thread *thread = calloc(1, sizeof(*thread));
	struct sonde_error *error;

	if (!thread)
		return sonde_error_no_memory();
	thread->thread.target = &machine->target;
	thread->thread.number = (unsigned)machine->thread_count;
	thread->thread.name = thread->name;
	thread->id = *id;
	sonde_gdb_thread_id_format(id, thread->name);
	sonde_gdb_machine_init_space(machine, &thread->space, &thread->thread);
	error = sonde_gdb_register_cache_init(&thread->cache, &machine->layout);
	if (!error)
		error = append(machine, &thread->thread);
	if (error) {
		sonde_gdb_register_cache_deinit(&thread->cache);
		free(thread);
		return error;
	}
	*ret = &thread->thread;
	return NULL;
}

struct sonde_error *sonde_gdb_machine_count_threads(
	struct sonde_gdb_machine *machine, unsigned count)
{
	struct sonde_gdb_thread_id unknown = {0};
	struct sonde_thread *thread;

	if (count > SONDE_GDB_THREADS_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "there are said to be %u CPUs", count);
	while (machine->thread_count < count) {
		CHECK(add_thread(machine, &unknown, &thread));
		sonde_gdb_thread_of(thread)->unmatched = true;
		machine->unmatched++;
	}
	return NULL;
}

/* QEMU numbers its threads from 1, in the order of its CPUs. */
static struct sonde_gdb_thread *find_unmatched(
	const struct sonde_gdb_machine *machine, const struct sonde_gdb_thread_id *id)
{
	struct sonde_gdb_thread *first = NULL;

	for (size_t i = 0; i < machine->thread_count; i++) {
		struct sonde_gdb_thread *thread =
			sonde_gdb_thread_of(machine->threads[i]);

		if (thread->unmatched && (int64_t)i + 1 == id->thread)
			return thread;
		if (thread->unmatched && !first)
			first = thread;
	}
	return first;
}

/* A CPU that was watched is one that the stub has; which registers, is known now. */
static struct sonde_error *match_thread(struct sonde_gdb_machine *machine,
	const struct sonde_gdb_thread_id *id, struct sonde_thread **ret)
{
	struct sonde_gdb_thread *thread = find_unmatched(machine, id);

	sonde_gdb_register_cache_deinit(&thread->cache);
	CHECK(sonde_gdb_register_cache_init(&thread->cache, &machine->layout));
	thread->id = *id;
	sonde_gdb_thread_id_format(id, thread->name);
	thread->unmatched = false;
	machine->unmatched--;
	*ret = &thread->thread;
	return NULL;
}

void sonde_gdb_machine_free_threads(struct sonde_gdb_machine *machine)
{
	for (size_t i = 0; i < machine->thread_count; i++) {
		struct sonde_gdb_thread *thread =
			sonde_gdb_thread_of(machine->threads[i]);

		sonde_space_deinit(&thread->space.space);

		sonde_gdb_register_cache_deinit(&thread->cache);
		free(thread);
	}
	free(machine->threads);
	machine->threads = NULL;
	machine->thread_count = machine->thread_capacity = 0;
}

struct sonde_error *sonde_gdb_machine_take_thread(struct sonde_gdb_machine *machine,
	const struct sonde_gdb_thread_id *id, struct sonde_thread **ret)
{
	for (size_t i = 0; i < machine->thread_count; i++) {
		struct sonde_gdb_thread *thread =
			sonde_gdb_thread_of(machine->threads[i]);

		if (!thread->thread.gone && !thread->unmatched &&
			sonde_gdb_thread_id_equal(&thread->id, id)) {
			*ret = &thread->thread;
			return NULL;
		}
	}
	if (machine->unmatched)
		return match_thread(machine, id, ret);
	if (machine->thread_count >= SONDE_GDB_THREADS_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the stub invents thread after thread");
	return add_thread(machine, id, ret);
}

static bool is_listed(
	const struct sonde_gdb_thread_ids *ids, const struct sonde_gdb_thread_id *id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (sonde_gdb_thread_id_equal(&ids->list[i], id))
			return true;
	return false;
}

static struct sonde_error *refresh(struct sonde_gdb_machine *machine)
{
	CLEANUP(sonde_gdb_thread_ids_deinit) struct sonde_gdb_thread_ids ids = {0};
	struct sonde_thread *thread;

	CHECK(sonde_gdb_stub_list_threads(&machine->stub, &ids));
	/* A stub without lists has the one thread that stopped, or one without a name. */
	if (!ids.count) {
		const struct sonde_gdb_stop_reply *stop = &machine->stub.first_stop;
		struct sonde_gdb_thread_id only = {0};

		if (machine->thread_count)
			return NULL;
		if (stop->has_thread)
			only = stop->thread;
		return sonde_gdb_machine_take_thread(machine, &only, &thread);
	}
	for (size_t i = 0; i < ids.count; i++)
		CHECK(sonde_gdb_machine_take_thread(machine, &ids.list[i], &thread));
	for (size_t i = 0; i < machine->thread_count; i++) {
		struct sonde_gdb_thread *own = sonde_gdb_thread_of(machine->threads[i]);

		if (own->unmatched || !is_listed(&ids, &own->id))
			own->thread.gone = true;
		own->unmatched = false;
	}
	machine->unmatched = 0;
	return NULL;
}

static struct sonde_error *list(
	struct sonde_target *target, struct sonde_thread *const **ret, size_t *count)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);

	if (machine->stub_open && target->state == SONDE_STATE_STOPPED &&
		(!machine->thread_count || machine->threads_epoch != target->epoch)) {
		CHECK(refresh(machine));
		machine->threads_epoch = target->epoch;
	}
	*ret = machine->threads;
	*count = machine->thread_count;
	return NULL;
}

const struct sonde_thread_facet sonde_gdb_thread_facet = {
	.list = list,
};
