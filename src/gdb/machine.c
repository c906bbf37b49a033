/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attaching, detaching, and memory. */
#include <string.h>

#include "notes.h"
#include "page_walk.h"

/* --- memory --------------------------------------------------------------------- */

static struct sonde_gdb_space *space_of(struct sonde_space *space)
{
	return CONTAINER_OF(space, struct sonde_gdb_space, space);
}

static struct sonde_memory_request request_of(
	const struct sonde_gdb_space *space, uint64_t address, size_t length)
{
	return (struct sonde_memory_request){
		.physical = !space->thread,
		.thread = space->thread,
		.address = address,
		.length = length,
	};
}

static struct sonde_error *read_space(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_gdb_space *own = space_of(space);
	struct sonde_memory_request request = request_of(own, address, length);

	request.ret = buffer;
	return sonde_gdb_chain_memory(own->machine, &request);
}

static struct sonde_error *write_space(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	struct sonde_gdb_space *own = space_of(space);
	struct sonde_memory_request request = request_of(own, address, length);

	request.data = data;
	return sonde_gdb_chain_memory(own->machine, &request);
}

static const struct sonde_space_ops space_ops = {
	.read = read_space,
	.write = write_space,
};

void sonde_gdb_machine_init_space(struct sonde_gdb_machine *machine,
	struct sonde_gdb_space *space, struct sonde_thread *thread)
{
	const struct sonde_arch *arch = machine->target.arch;

	space->machine = machine;
	space->thread = thread;
	space->space = (struct sonde_space){
		.ops = &space_ops,
		.name = thread ? "virtual" : "physical",
		.page_bytes = arch->page_bytes,
		.limit = thread && arch->address_bits < 64
				 ? (UINT64_C(1) << arch->address_bits) - 1
				 : UINT64_MAX,
		.big_endian = arch->big_endian,
		.per_thread = thread != NULL,
		.traps = thread ? &machine->target.traps : NULL,
	};
}

struct sonde_error *sonde_gdb_machine_stub_memory(
	struct sonde_gdb_machine *machine, const struct sonde_memory_request *request)
{
	struct sonde_gdb_stub *stub = &machine->stub;

	if (!machine->stub_open)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the stub is not connected");
	CHECK(sonde_target_check_stopped(&machine->target));
	CHECK(sonde_gdb_stub_set_physical(stub, request->physical));
	if (!request->physical)
		CHECK(sonde_gdb_stub_select(
			stub, &sonde_gdb_thread_of(request->thread)->id));
	if (request->data)
		return sonde_gdb_stub_write_memory(
			stub, request->address, request->data, request->length);
	return sonde_gdb_stub_read_memory(
		stub, request->address, request->ret, request->length);
}

static struct sonde_error *virtual_space(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	(void)target;
	*ret = &sonde_gdb_thread_of(thread)->space.space;
	return NULL;
}

static struct sonde_error *physical_space(
	struct sonde_target *target, struct sonde_space **ret)
{
	*ret = &sonde_gdb_machine_of(target)->physical.space;
	return NULL;
}

/* A helper knows the address alone; without one the tables are walked here. */
static struct sonde_error *translate(struct sonde_target *target,
	struct sonde_thread *thread, uint64_t address, struct sonde_translation *ret)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);
	struct sonde_page_regime regime;
	uint64_t physical = 0;
	bool handled;

	CHECK(sonde_target_check_stopped(target));
	CHECK(sonde_gdb_chain_translate(machine, thread, address, &physical, &handled));
	if (handled) {
		*ret = (struct sonde_translation){
			.virtual_address = address, .physical_address = physical};
		return NULL;
	}
	CHECK(sonde_thread_read_regime(thread, &regime));
	return sonde_page_walk(&machine->physical.space, &regime, address, ret);
}

static const char *memory_means(const struct sonde_target *target)
{
	return sonde_gdb_machine_of(target)->memory_means;
}

const struct sonde_memory_facet sonde_gdb_memory_facet = {
	.virtual_space = virtual_space,
	.physical_space = physical_space,
	.translate = translate,
	.means = memory_means,
};

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
	close_stub(machine, !error && !target->unclean);
	return error;
}

static void destroy(struct sonde_target *target)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);

	sonde_gdb_chain_deinit(machine);
	sonde_gdb_machine_free_threads(machine);
	sonde_gdb_layout_deinit(&machine->layout);
	sonde_target_deinit(target);
	free(machine);
}

static const struct sonde_target_ops target_ops = {
	.detach = detach,
	.destroy = destroy,
};

/* --- attaching ------------------------------------------------------------------ */

/* The stub is connected and stopped: learn what is there. */
static struct sonde_error *learn(struct sonde_gdb_machine *machine)
{
	struct sonde_helper_description description = {.state = SONDE_STATE_UNKNOWN};
	struct sonde_target *target = &machine->target;
	struct sonde_thread *const *threads;
	struct sonde_stop stop;
	size_t count;

	CHECK(sonde_gdb_chain_describe(machine, &description));
	target->found = description.state;
	target->kind = description.kind;
	machine->memory_means = description.memory_means;
	if (description.architecture)
		target->arch = sonde_arch_find(description.architecture);
	CHECK(sonde_gdb_machine_learn_registers(machine));
	CHECK(sonde_gdb_chain_list_registers(machine));
	sonde_gdb_machine_init_space(machine, &machine->physical, NULL);
	CHECK(sonde_target_threads(target, &threads, &count));
	if (machine->stub.is_kgdb)
		target->kind = "KGDB";
	CHECK(sonde_gdb_note_pc(machine));
	CHECK(sonde_gdb_machine_take_stop(machine, &machine->stub.first_stop, &stop));
	target->current = stop.thread;
	return NULL;
}

static struct sonde_error *attach(struct sonde_gdb_machine *machine, const char *address)
{
	struct sonde_target *target = &machine->target;

	CHECK(sonde_gdb_chain_init(machine));
	if (!address)
		CHECK(sonde_gdb_chain_connect(machine, &address));
	if (!address)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "there is no stub");
	CHECK(sonde_gdb_stub_open(&machine->stub, target->sonde, address));
	machine->stub_open = true;
	target->journal = sonde_guard_journal(machine->stub.connection.transport.guard);
	target->state = SONDE_STATE_STOPPED;
	target->found = machine->stub.found;
	if (machine->stub.first_stop.reason == SONDE_STOP_EXITED ||
		machine->stub.first_stop.reason == SONDE_STOP_KILLED) {
		target->state = SONDE_STATE_ENDED;
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the program behind the stub has ended");
	}
	return learn(machine);
}

static struct sonde_error *open_machine(
	struct sonde *sonde, const char *address, struct sonde_target **ret)
{
	struct sonde_gdb_machine *machine = calloc(1, sizeof(*machine));
	CLEANUP(cleanup_free) char *name = NULL;
	struct sonde_error *error;

	if (!machine)
		return sonde_error_no_memory();
	machine->target.ops = &target_ops;
	machine->target.memory = &sonde_gdb_memory_facet;
	machine->target.registers = &sonde_gdb_register_facet;
	machine->target.threads = &sonde_gdb_thread_facet;
	machine->target.control = &sonde_gdb_control_facet;
	machine->memory_means = "none";
	name = malloc(strlen(address) + 5);
	if (!name) {
		free(machine);
		return sonde_error_no_memory();
	}
	strcpy(name, "gdb:");
	strcat(name, address);
	error = sonde_target_init(&machine->target, sonde, name);
	if (!error)
		error = attach(machine, address);
	if (error) {
		/* Detaches first, where that makes sense. */
		sonde_target_close(&machine->target);
		return sonde_error_while(error, "attaching to %s", address);
	}
	*ret = &machine->target;
	return NULL;
}

const struct sonde_driver sonde_gdb_driver = {
	.name = "gdb",
	.open = open_machine,
};
