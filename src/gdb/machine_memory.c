/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory of the machine. Where a helper reaches physical memory by other means than the
 * stub, virtual memory is made of that by walking the CPU's page tables: that is faster
 * than the stub by far, and nothing has to stop. Where the registers that tell the tables
 * cannot be had, a helper may still translate, page by page. The stub comes last.
 *
 * Writes go the same ways. Which pages may be code, their tables tell; of physical
 * memory anything may be. Where the CPU is emulated a helper leaves code to the stub,
 * which tells the emulator.
 */
#include <inttypes.h>
#include <string.h>

#include "machine.h"
#include "page_cache.h"
#include "page_walk.h"
#include "page_write.h"
#include "space_page.h"

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

/* --- physical ------------------------------------------------------------------- */

static struct sonde_error *ask_to_read(
	struct sonde_gdb_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_memory_request request = request_of(space, address, length);

	request.ret = buffer;
	return sonde_gdb_chain_memory(space->machine, &request);
}

static struct sonde_error *ask_to_write(
	struct sonde_gdb_space *space, const struct sonde_write *write)
{
	struct sonde_memory_request request =
		request_of(space, write->address, write->length);

	request.data = write->data;
	request.must_be_noticed = write->may_be_code;
	request.only_check = write->only_check;
	return sonde_gdb_chain_memory(space->machine, &request);
}

static struct sonde_error *read_physical(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	CHECK(sonde_target_check_readable(&space_of(space)->machine->target));
	return ask_to_read(space_of(space), address, buffer, length);
}

static struct sonde_error *look_physical(
	struct sonde_space *space, uint64_t address, struct sonde_window *ret)
{
	struct sonde_gdb_space *own = space_of(space);
	struct sonde_memory_request request = request_of(own, address, 1);
	struct sonde_memory_window window = {0};

	*ret = (struct sonde_window){.address = address};
	if (!own->machine->local_memory)
		return NULL;
	CHECK(sonde_target_check_readable(&own->machine->target));
	request.window = &window;
	CHECK(sonde_gdb_chain_memory(own->machine, &request));
	if (window.host && window.broken)
		*ret = (struct sonde_window){
			.address = address - window.before,
			.length = window.length,
			.host = window.host,
			.present = window.present,
			.present_first = window.present_first,
			.broken = window.broken,
		};
	return NULL;
}

/* --- virtual -------------------------------------------------------------------- */

/* What registers tell ends with the epoch; that memory was written does not change it. */
static struct sonde_error *find_regime(struct sonde_gdb_space *space)
{
	const struct sonde_target *target = &space->machine->target;
	struct sonde_page_tables *tables = &space->tables;

	if (space->tables_epoch == 1 + target->epoch) {
		tables->age = 1 + target->memory_epoch;
		return NULL;
	}
	tables->age = space->tables_epoch = 0;
	CHECK(sonde_target_check_readable(&space->machine->target));
	CHECK(sonde_thread_read_regime(space->thread, &tables->regime));
	tables->physical = &space->machine->physical.space;
	sonde_page_tables_plan(tables);
	space->tables_epoch = 1 + target->epoch;
	tables->age = 1 + target->memory_epoch;
	return NULL;
}

/* The end of what the page at @p address surely has: pages may be larger. */
static size_t rest_of_page(
	const struct sonde_space *space, uint64_t address, size_t length)
{
	size_t rest = space->page_bytes - (size_t)(address & (space->page_bytes - 1));

	return rest < length ? rest : length;
}

/* By whoever translates without telling the tables; *@p handled: there is somebody. */
static struct sonde_error *read_translated(struct sonde_gdb_space *space,
	uint64_t address, uint8_t *buffer, size_t length, bool *handled)
{
	struct sonde_gdb_machine *machine = space->machine;

	*handled = true;
	while (length) {
		size_t part = rest_of_page(&space->space, address, length);
		uint64_t physical = 0;
		struct sonde_error *error;

		CHECK(sonde_gdb_chain_translate(
			machine, space->thread, address, &physical, handled));
		if (!*handled)
			return NULL;
		error = sonde_space_read(
			&machine->physical.space, physical, buffer, part);
		if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
			uint64_t done = sonde_error_address(error) - physical;

			sonde_error_destroy(error);
			return sonde_error_fault(address + done,
				"the page is mapped, and there is no RAM behind it");
		}
		CHECK(error);
		address += part;
		buffer += part;
		length -= part;
	}
	return NULL;
}

static struct sonde_error *read_virtual(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_gdb_space *own = space_of(space);
	struct sonde_gdb_machine *machine = own->machine;
	struct sonde_error *error;
	bool handled;

	if (!machine->local_memory)
		return ask_to_read(own, address, buffer, length);
	error = find_regime(own);
	if (!error)
		return sonde_page_cache_read(space, &machine->physical.space,
			&own->tables.regime, address, buffer, length);
	if (!sonde_error_is(error, SONDE_ERROR_UNSUPPORTED))
		return error;
	error = sonde_error_first(
		read_translated(own, address, buffer, length, &handled), error);
	if (handled) {
		/* Why the registers do not tell does not matter any more. */
		if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
			sonde_error_destroy(error);
			return NULL;
		}
		return error;
	}
	if (!machine->stub_open || machine->target.state != SONDE_STATE_STOPPED)
		return error;
	sonde_error_destroy(error);
	return ask_to_read(own, address, buffer, length);
}

static struct sonde_error *look_virtual(
	struct sonde_space *space, uint64_t address, struct sonde_window *ret)
{
	struct sonde_gdb_space *own = space_of(space);

	if (!own->machine->local_memory) {
		*ret = (struct sonde_window){.address = address};
		return NULL;
	}
	CHECK(find_regime(own));
	return sonde_page_cache_look(
		space, &own->machine->physical.space, &own->tables.regime, address, ret);
}

/* --- writing -------------------------------------------------------------------- */

static struct sonde_error *write_physical(
	struct sonde_space *space, const struct sonde_write *write)
{
	CHECK(sonde_target_check_readable(&space_of(space)->machine->target));
	return ask_to_write(space_of(space), write);
}

static struct sonde_error *write_virtual(
	struct sonde_space *space, const struct sonde_write *write)
{
	struct sonde_gdb_space *own = space_of(space);
	struct sonde_gdb_machine *machine = own->machine;
	struct sonde_error *error;

	if (!machine->local_memory)
		return ask_to_write(own, write);
	error = find_regime(own);
	if (!error)
		error = sonde_page_write(
			&machine->physical.space, &own->tables.regime, write);
	if (!sonde_error_is(error, SONDE_ERROR_UNSUPPORTED))
		return error;
	/* Registers do not tell the tables, or it is a ROM. */
	sonde_error_destroy(error);
	return ask_to_write(own, write);
}

static const struct sonde_space_ops physical_ops = {
	.read = read_physical,
	.look = look_physical,
	.write = write_physical,
};

static const struct sonde_space_ops virtual_ops = {
	.read = read_virtual,
	.look = look_virtual,
	.write = write_virtual,
};

/* -------------------------------------------------------------------------------- */

void sonde_gdb_machine_init_space(struct sonde_gdb_machine *machine,
	struct sonde_gdb_space *space, struct sonde_thread *thread)
{
	const struct sonde_arch *arch = machine->target.arch;

	space->machine = machine;
	space->thread = thread;
	space->space = (struct sonde_space){
		.ops = thread ? &virtual_ops : &physical_ops,
		.name = thread ? "virtual" : "physical",
		.page_bytes = arch->page_bytes,
		.limit = thread && arch->address_bits < 64
				 ? (UINT64_C(1) << arch->address_bits) - 1
				 : UINT64_MAX,
		.big_endian = arch->big_endian,
		.per_thread = thread != NULL,
		.traps = &machine->target.traps,
		.physical = !thread,
		.epoch = &machine->target.memory_epoch,
		.tables = thread ? &space->tables : NULL,
	};
}

/* --- by the stub ------------------------------------------------------------------ */

static bool is_in_one_page(const struct sonde_gdb_machine *machine,
	const struct sonde_memory_request *request)
{
	uint64_t last = request->address + request->length - 1;

	return (request->address ^ last) < machine->target.arch->page_bytes;
}

/* A stub may take some pages and refuse the next: what cannot be read is not tried. */
static struct sonde_error *check_pages(
	struct sonde_gdb_machine *machine, const struct sonde_memory_request *request)
{
	CLEANUP(cleanup_free) uint8_t *bytes = NULL;

	if (is_in_one_page(machine, request))
		return NULL;
	bytes = malloc(request->length);
	return bytes ? sonde_gdb_stub_read_memory(
			       &machine->stub, request->address, bytes, request->length)
		     : sonde_error_no_memory();
}

static struct sonde_error *write_by_stub(
	struct sonde_gdb_machine *machine, const struct sonde_memory_request *request)
{
	struct sonde_error *error;
	uint64_t done;

	CHECK(check_pages(machine, request));
	error = sonde_gdb_stub_write_memory(
		&machine->stub, request->address, request->data, request->length);
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	done = sonde_error_address(error) - request->address;
	return done ? sonde_error_suggest(error,
			      "the first %" PRIu64 " of %zu bytes have been written",
			      done, request->length)
		    : error;
}

struct sonde_error *sonde_gdb_machine_stub_memory(
	struct sonde_gdb_machine *machine, const struct sonde_memory_request *request)
{
	struct sonde_gdb_stub *stub = &machine->stub;

	/* Nothing is changed without control. */
	if (request->data) {
		CHECK(sonde_target_check_stopped(&machine->target));
		CHECK(sonde_gdb_machine_connect(machine));
	}
	if (!machine->stub_open)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the stub is not connected");
	if (request->window || request->only_check)
		return NULL;
	CHECK(sonde_target_check_stopped(&machine->target));
	CHECK(sonde_gdb_stub_set_physical(stub, request->physical));
	if (!request->physical)
		CHECK(sonde_gdb_stub_select(
			stub, &sonde_gdb_thread_of(request->thread)->id));
	if (request->data)
		return write_by_stub(machine, request);
	return sonde_gdb_stub_read_memory(
		stub, request->address, request->ret, request->length);
}

/* --- the facet ------------------------------------------------------------------ */

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
	struct sonde_gdb_space *space = &sonde_gdb_thread_of(thread)->space;
	uint64_t physical = 0;
	bool handled;

	CHECK(sonde_target_check_readable(target));
	CHECK(sonde_gdb_chain_translate(machine, thread, address, &physical, &handled));
	if (handled) {
		*ret = (struct sonde_translation){
			.virtual_address = address, .physical_address = physical};
		return NULL;
	}
	CHECK(find_regime(space));
	return sonde_page_walk(
		&machine->physical.space, &space->tables.regime, address, ret);
}

static const char *memory_means(const struct sonde_target *target)
{
	return sonde_gdb_machine_of(target)->memory_means;
}

static uint64_t ram_bytes(const struct sonde_target *target)
{
	return sonde_gdb_machine_of(target)->ram_bytes;
}

const struct sonde_memory_facet sonde_gdb_memory_facet = {
	.virtual_space = virtual_space,
	.physical_space = physical_space,
	.translate = translate,
	.means = memory_means,
	.ram_bytes = ram_bytes,
};
