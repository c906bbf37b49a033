/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaching and detaching. A machine whose stub is named is connected to at once, which
 * stops it; one that a helper describes is watched, and connected to when something is to
 * be controlled for the first time.
 */
#include <string.h>

#include "notes.h"

/* --- leaving -------------------------------------------------------------------- */

/* Where something could not be undone, the guard may still be able to. */
static void close_stub(struct sonde_gdb_machine *machine, bool clean)
{
	if (!machine->stub_open)
		return;
	machine->target.journal = NULL;
	if (clean)
		sonde_gdb_stub_close(&machine->stub);
	else
		sonde_gdb_stub_abandon(&machine->stub);
	machine->stub_open = false;
}

static struct sonde_error *detach(struct sonde_target *target, enum sonde_state leave)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);
	struct sonde_error *error = NULL;

	error = sonde_gdb_chain_detach(machine);
	if (target->state == SONDE_STATE_STOPPED && machine->stub_open &&
		!machine->stub.connection.dead) {
		if (leave == SONDE_STATE_UNKNOWN)
			sonde_log(&target->sonde->log, SONDE_LOG_WARNING,
				"%s does not tell whether the guest ran before: it is "
				"left "
				"running",
				target->name);
		if (leave == SONDE_STATE_STOPPED) {
			error = sonde_error_first(
				error, sonde_gdb_note_leaving(&machine->stub, leave));
		} else {
			error = sonde_error_first(
				error, sonde_gdb_kgdb_prepare_detach(machine));
			if (target->state == SONDE_STATE_STOPPED)
				error = sonde_error_first(
					error, sonde_gdb_stub_detach(&machine->stub));
		}
	}
	if (machine->stub_open && !machine->stub_named)
		error = sonde_error_first(error, sonde_gdb_chain_disconnect(machine));
	close_stub(machine, !error && !target->unclean);
	return error;
}

static void rest(struct sonde_target *target)
{
	sonde_gdb_chain_state_changed(sonde_gdb_machine_of(target), SONDE_STATE_UNKNOWN);
}

static void destroy(struct sonde_target *target)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);

	sonde_gdb_chain_deinit(machine);
	sonde_gdb_machine_free_threads(machine);
	sonde_space_deinit(&machine->physical.space);
	for (size_t i = 0; i < machine->old_layout_count; i++)
		sonde_gdb_layout_deinit(&machine->old_layouts[i]);
	sonde_gdb_layout_deinit(&machine->layout);
	sonde_target_deinit(target);
	free(machine);
}

static const struct sonde_target_ops target_ops = {
	.detach = detach,
	.destroy = destroy,
	.rest = rest,
};

/* --- attaching ------------------------------------------------------------------ */

static void take_description(struct sonde_gdb_machine *machine,
	const struct sonde_helper_description *description)
{
	struct sonde_target *target = &machine->target;

	target->found = description->state;
	target->kind = description->kind;
	machine->memory_means = description->memory_means ?: "none";
	machine->ram_bytes = description->ram_bytes;
	machine->local_memory = description->memory_means &&
				strcmp(description->memory_means, "stub") != 0;
	if (description->architecture)
		target->arch = sonde_arch_find(description->architecture);
}

/* The stub is connected and stopped: learn what is there. */
static struct sonde_error *learn(struct sonde_gdb_machine *machine)
{
	struct sonde_helper_description description = {.state = SONDE_STATE_UNKNOWN};
	struct sonde_target *target = &machine->target;
	struct sonde_thread *const *threads;
	struct sonde_stop stop;
	size_t count;

	CHECK(sonde_gdb_chain_describe(machine, &description));
	take_description(machine, &description);
	/* A helper may know what the stub did not tell. */
	if (machine->stub.found == SONDE_STATE_UNKNOWN &&
		description.state != SONDE_STATE_UNKNOWN) {
		machine->stub.found = description.state;
		CHECK(sonde_gdb_note_stub(&machine->stub));
	}
	CHECK(sonde_gdb_machine_learn_registers(machine));
	CHECK(sonde_gdb_chain_list_registers(machine));
	if (!machine->physical.machine)
		sonde_gdb_machine_init_space(machine, &machine->physical, NULL);
	CHECK(sonde_target_threads(target, &threads, &count));
	if (machine->stub.is_kgdb)
		target->kind = "KGDB";
	CHECK(sonde_gdb_note_pc(machine));
	CHECK(sonde_gdb_machine_take_stop(machine, &machine->stub.first_stop, &stop));
	target->current = stop.thread;
	return NULL;
}

/* Connecting stops it, whatever it was doing. */
static struct sonde_error *connect_to(
	struct sonde_gdb_machine *machine, const char *address)
{
	struct sonde_target *target = &machine->target;

	CHECK(sonde_gdb_stub_open(&machine->stub, target->sonde, address));
	machine->stub_open = true;
	target->watched = false;
	target->journal = sonde_guard_journal(machine->stub.connection.transport.guard);
	target->state = SONDE_STATE_STOPPED;
	target->found = machine->stub.found;
	if (target->found == SONDE_STATE_RUNNING)
		target->stands_since = machine->stub.connection.transport.since;
	if (machine->stub.first_stop.reason == SONDE_STOP_EXITED ||
		machine->stub.first_stop.reason == SONDE_STOP_KILLED) {
		target->state = SONDE_STATE_ENDED;
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the program behind the stub has ended");
	}
	return learn(machine);
}

/* What the registers were called stays valid for whoever remembers it. */
static struct sonde_error *retire_layout(struct sonde_gdb_machine *machine)
{
	if (machine->old_layout_count == ARRAY_SIZE(machine->old_layouts))
		return sonde_error_create(
			SONDE_ERROR_PROTOCOL, "the stub was connected to too often");
	machine->old_layouts[machine->old_layout_count++] = machine->layout;
	memset(&machine->layout, 0, sizeof(machine->layout));
	return NULL;
}

struct sonde_error *sonde_gdb_machine_connect(struct sonde_gdb_machine *machine)
{
	struct sonde_target *target = &machine->target;
	const char *address;
	struct sonde_error *error;

	if (machine->stub_open)
		return NULL;
	CHECK(sonde_gdb_chain_connect(machine, &address));
	if (!address)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "there is no stub to control it with"),
			"start QEMU with -gdb unix:PATH,server=on,wait=off, or with a "
			"QMP "
			"socket, through which sonde starts one");
	error = retire_layout(machine);
	target->pc = NULL;
	sonde_target_next_epoch(target);
	if (!error)
		error = connect_to(machine, address);
	if (error && !machine->stub_open)
		error = sonde_error_first(error, sonde_gdb_chain_disconnect(machine));
	return sonde_error_while(error, "connecting to the stub at %s", address);
}

/* Without a stub: what the helpers know. */
static struct sonde_error *watch(struct sonde_gdb_machine *machine)
{
	struct sonde_helper_description description = {.state = SONDE_STATE_UNKNOWN};
	struct sonde_target *target = &machine->target;

	CHECK(sonde_gdb_chain_describe(machine, &description));
	take_description(machine, &description);
	target->state = target->found;
	if (!target->arch)
		return NULL;
	target->observable = target->watched = true;
	CHECK(sonde_gdb_chain_list_registers(machine));
	sonde_gdb_machine_init_space(machine, &machine->physical, NULL);
	return sonde_gdb_machine_count_threads(
		machine, description.cpus ? description.cpus : 1);
}

static struct sonde_error *attach(struct sonde_gdb_machine *machine, const char *address)
{
	CHECK(sonde_gdb_chain_init(machine));
	if (address)
		return connect_to(machine, address);
	CHECK(watch(machine));
	/* Nobody knows anything but where the stub is. */
	return machine->target.arch ? NULL : sonde_gdb_machine_connect(machine);
}

static struct sonde_error *create(struct sonde *sonde, const char *name,
	const char *address, const struct sonde_added_helper *own,
	struct sonde_target **ret)
{
	struct sonde_gdb_machine *machine = calloc(1, sizeof(*machine));
	struct sonde_error *error;

	if (!machine)
		return sonde_error_no_memory();
	machine->target.ops = &target_ops;
	machine->target.memory = &sonde_gdb_memory_facet;
	machine->target.registers = &sonde_gdb_register_facet;
	machine->target.threads = &sonde_gdb_thread_facet;
	machine->target.control = &sonde_gdb_control_facet;
	machine->memory_means = "none";
	machine->stub_named = address != NULL;
	if (own)
		machine->own_helper = *own;
	error = sonde_target_init(&machine->target, sonde, name);
	if (!error)
		error = attach(machine, address);
	if (error) {
		/* Detaches first, where that makes sense. */
		sonde_target_close(&machine->target);
		return error;
	}
	*ret = &machine->target;
	return NULL;
}

struct sonde_error *sonde_gdb_open_helped(struct sonde *sonde, const char *name,
	const struct sonde_helper_descriptor *descriptor, const char *options,
	struct sonde_target **ret)
{
	struct sonde_added_helper added;
	struct sonde_error *error = sonde_added_helper_init(&added, descriptor, options);

	if (!error)
		error = create(sonde, name, NULL, &added, ret);
	return sonde_error_while(error, "attaching to %s", name);
}

static struct sonde_error *open_machine(
	struct sonde *sonde, const char *address, struct sonde_target **ret)
{
	CLEANUP(cleanup_free) char *name = malloc(strlen(address) + 5);
	struct sonde_error *error;

	if (!name)
		return sonde_error_no_memory();
	strcpy(name, "gdb:");
	strcat(name, address);
	error = create(sonde, name, address, NULL, ret);
	return sonde_error_while(error, "attaching to %s", address);
}

const struct sonde_driver sonde_gdb_driver = {
	.name = "gdb",
	.open = open_machine,
};
