/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking the helpers in turn; what passing on means, <sonde/helper.h> says. */
#include <string.h>

#include "machine.h"

static const struct sonde_added_helper builtin = {
	.descriptor = &sonde_gdb_builtin_helper,
};

static struct sonde_error *add_link(
	struct sonde_gdb_machine *machine, const struct sonde_added_helper *added)
{
	struct sonde_gdb_link *link = &machine->chain[machine->chain_length];
	struct sonde_error *error;

	link->host = (struct sonde_helper_host){.machine = machine, .added = added};
	error = added->descriptor->create(&link->host, &link->helper);
	if (!error) {
		machine->chain_length++;
		if (link->helper->ops->attach)
			error = link->helper->ops->attach(link->helper);
	}
	if (!error)
		link->attached = true;
	return sonde_error_while(
		error, "starting helper \"%s\"", added->descriptor->name);
}

struct sonde_error *sonde_gdb_chain_init(struct sonde_gdb_machine *machine)
{
	const struct sonde *sonde = machine->target.sonde;

	for (size_t i = 0; i < sonde->helper_count; i++)
		CHECK(add_link(machine, &sonde->helpers[i]));
	if (machine->own_helper.descriptor)
		CHECK(add_link(machine, &machine->own_helper));
	return add_link(machine, &builtin);
}

struct sonde_error *sonde_gdb_chain_detach(struct sonde_gdb_machine *machine)
{
	struct sonde_error *first = NULL;

	for (size_t i = 0; i < machine->chain_length; i++) {
		struct sonde_gdb_link *link = &machine->chain[i];

		if (link->attached && link->helper->ops->detach)
			first = sonde_error_first(
				first, link->helper->ops->detach(link->helper));
		link->attached = false;
	}
	return first;
}

void sonde_gdb_chain_deinit(struct sonde_gdb_machine *machine)
{
	while (machine->chain_length) {
		struct sonde_gdb_link *link = &machine->chain[--machine->chain_length];

		link->host.added->descriptor->destroy(link->helper);
	}
	sonde_added_helper_deinit(&machine->own_helper);
}

struct sonde_error *sonde_gdb_chain_describe(
	struct sonde_gdb_machine *machine, struct sonde_helper_description *ret)
{
	for (size_t i = 0; i < machine->chain_length; i++) {
		struct sonde_helper *helper = machine->chain[i].helper;
		struct sonde_helper_description own = {.state = SONDE_STATE_UNKNOWN};

		if (!helper->ops->describe)
			continue;
		CHECK(helper->ops->describe(helper, &own));
		if (!ret->architecture)
			ret->architecture = own.architecture;
		if (!ret->kind)
			ret->kind = own.kind;
		if (!ret->cpus)
			ret->cpus = own.cpus;
		if (ret->state == SONDE_STATE_UNKNOWN)
			ret->state = own.state;
		if (!ret->memory_means)
			ret->memory_means = own.memory_means;
		if (!ret->ram_bytes)
			ret->ram_bytes = own.ram_bytes;
		machine->chain[i].registers = own.registers;
		machine->chain[i].register_count = own.register_count;
	}
	return NULL;
}

struct sonde_error *sonde_gdb_chain_list_registers(struct sonde_gdb_machine *machine)
{
	for (size_t i = 0; i < machine->chain_length; i++) {
		const struct sonde_gdb_link *link = &machine->chain[i];

		CHECK(sonde_error_while(sonde_gdb_layout_list(&machine->layout,
						link->registers, link->register_count),
			"listing the registers of helper \"%s\"",
			link->host.added->descriptor->name));
	}
	return NULL;
}

struct sonde_error *sonde_gdb_chain_connect(
	struct sonde_gdb_machine *machine, const char **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < machine->chain_length; i++) {
		struct sonde_helper *helper = machine->chain[i].helper;
		bool handled = false;

		if (helper->ops->connect)
			CHECK(helper->ops->connect(helper, ret, &handled));
		if (handled)
			break;
	}
	return NULL;
}

struct sonde_error *sonde_gdb_chain_disconnect(struct sonde_gdb_machine *machine)
{
	struct sonde_error *first = NULL;

	for (size_t i = 0; i < machine->chain_length; i++) {
		struct sonde_helper *helper = machine->chain[i].helper;
		bool handled = false;

		if (helper->ops->connect)
			first = sonde_error_first(
				first, helper->ops->connect(helper, NULL, &handled));
	}
	return first;
}

struct sonde_error *sonde_gdb_chain_registers(
	struct sonde_gdb_machine *machine, const struct sonde_register_request *request)
{
	for (size_t i = 0; i < machine->chain_length; i++) {
		struct sonde_helper *helper = machine->chain[i].helper;
		bool handled = false;

		if (helper->ops->registers)
			CHECK(helper->ops->registers(helper, request, &handled));
		if (handled)
			return NULL;
	}
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "nobody can do this");
}

struct sonde_error *sonde_gdb_chain_memory(
	struct sonde_gdb_machine *machine, const struct sonde_memory_request *request)
{
	for (size_t i = 0; i < machine->chain_length; i++) {
		struct sonde_helper *helper = machine->chain[i].helper;
		bool handled = false;

		if (helper->ops->memory)
			CHECK(helper->ops->memory(helper, request, &handled));
		if (handled)
			return NULL;
	}
	return sonde_error_create(
		SONDE_ERROR_UNSUPPORTED, "neither the stub nor a helper can do this");
}

struct sonde_error *sonde_gdb_chain_translate(struct sonde_gdb_machine *machine,
	struct sonde_thread *thread, uint64_t address, uint64_t *ret, bool *handled)
{
	*handled = false;
	for (size_t i = 0; i < machine->chain_length && !*handled; i++) {
		struct sonde_helper *helper = machine->chain[i].helper;

		if (helper->ops->translate)
			CHECK(helper->ops->translate(
				helper, thread, address, ret, handled));
	}
	return NULL;
}

void sonde_gdb_chain_state_changed(
	struct sonde_gdb_machine *machine, enum sonde_state state)
{
	for (size_t i = 0; i < machine->chain_length; i++) {
		struct sonde_helper *helper = machine->chain[i].helper;

		if (helper->ops->state_changed)
			helper->ops->state_changed(helper, state);
	}
}

/* --- what helpers may ask of the driver ------------------------------------------ */

const char *sonde_helper_option(const struct sonde_helper_host *host, const char *name)
{
	return sonde_added_helper_option(host->added, name);
}

struct sonde *sonde_helper_context(const struct sonde_helper_host *host)
{
	return host->machine->target.sonde;
}

struct sonde_target *sonde_helper_target(const struct sonde_helper_host *host)
{
	return &host->machine->target;
}

bool sonde_helper_stub_has(
	const struct sonde_helper_host *host, const struct sonde_register *reg)
{
	const struct sonde_gdb_machine *machine = host->machine;

	return machine->stub_open && machine->target.state == SONDE_STATE_STOPPED &&
	       reg->index < machine->layout.count;
}

void sonde_helper_notice_state(struct sonde_helper_host *host, enum sonde_state state)
{
	struct sonde_target *target = &host->machine->target;

	sonde_target_next_epoch(target);
	/* What a connected stub says of it counts more. */
	if (!host->machine->stub_open)
		target->state = state;
}

static struct sonde_error *check_stub(const struct sonde_gdb_machine *machine)
{
	if (!machine->stub_open)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the stub is not connected");
	return NULL;
}

struct sonde_error *sonde_helper_exchange(struct sonde_helper_host *host,
	const void *packet, size_t length, char **ret, size_t *ret_length)
{
	struct sonde_gdb_reply reply;
	const char *text = packet;
	char *copy;

	CHECK(check_stub(host->machine));
	/* What the driver keeps account of goes through the driver's own functions. */
	if (length && memchr("cCsSvDbkRZzQ", text[0], 12))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a helper does not run the target, set traps or switch modes");
	CHECK(sonde_gdb_exchange(
		&host->machine->stub.connection, packet, length, &reply));
	/* It may have selected another thread. */
	host->machine->stub.has_selected = false;
	copy = malloc(reply.length + 1);
	if (!copy)
		return sonde_error_no_memory();
	memcpy(copy, reply.data, reply.length);
	copy[reply.length] = '\0';
	*ret = copy;
	*ret_length = reply.length;
	return NULL;
}

struct sonde_error *sonde_helper_monitor(
	struct sonde_helper_host *host, const char *command, char **ret)
{
	CHECK(check_stub(host->machine));
	return sonde_gdb_stub_monitor(&host->machine->stub, command, ret);
}
