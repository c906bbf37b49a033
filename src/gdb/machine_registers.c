/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Registers through the stub. One register alone is fetched by p, which is the
 * least there is to send; the second one in the same epoch brings all of g. Writes
 * go by P: a whole G would cut the registers of a 64-bit CPU that is running 32-bit
 * code, since QEMU then shows them masked.
 */
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "machine.h"

enum {
	/** The longest g that is taken (bytes). */
	G_MAX = 1 << 16,
};

struct sonde_gdb_register_cache *sonde_gdb_machine_cache(struct sonde_thread *thread)
{
	struct sonde_gdb_thread *own = sonde_gdb_thread_of(thread);

	if (own->cache.epoch != thread->target->epoch) {
		sonde_gdb_register_cache_clear(
			&own->cache, &sonde_gdb_machine_of(thread->target)->layout);
		own->cache.epoch = thread->target->epoch;
	}
	return &own->cache;
}

static struct sonde_error *select_thread(struct sonde_thread *thread)
{
	return sonde_gdb_stub_select(&sonde_gdb_machine_of(thread->target)->stub,
		&sonde_gdb_thread_of(thread)->id);
}

/* --- reading -------------------------------------------------------------------- */

static struct sonde_error *fetch_all(struct sonde_thread *thread)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	struct sonde_gdb_register_cache *cache = sonde_gdb_machine_cache(thread);
	struct sonde_gdb_reply reply;

	CHECK(select_thread(thread));
	CHECK(sonde_gdb_ask(&machine->stub.connection, &reply, "g"));
	if (!reply.length || reply.length % 2 || sonde_gdb_reply_is_error(&reply))
		return sonde_gdb_unexpected(&reply);
	machine->layout.g_bytes = reply.length / 2;
	cache->synchronized = 1 + thread->target->epoch;
	return sonde_gdb_register_cache_put_all(
		cache, &machine->layout, reply.data, reply.length);
}

/* By p; *@p known is false where the stub has no p. */
static struct sonde_error *fetch_one(
	struct sonde_thread *thread, size_t index, bool *known)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	struct sonde_gdb_register_cache *cache = sonde_gdb_machine_cache(thread);
	struct sonde_gdb_stub *stub = &machine->stub;
	struct sonde_gdb_reply reply;

	*known = stub->read_one_register != SONDE_GDB_OFFER_NO;
	if (!*known)
		return NULL;
	CHECK(select_thread(thread));
	CHECK(sonde_gdb_ask(
		&stub->connection, &reply, "p%x", machine->layout.slots[index].number));
	if (!reply.length) {
		stub->read_one_register = SONDE_GDB_OFFER_NO;
		*known = false;
		return NULL;
	}
	stub->read_one_register = SONDE_GDB_OFFER_YES;
	if (sonde_gdb_reply_is_error(&reply))
		cache->states[index] = SONDE_GDB_REGISTER_UNAVAILABLE;
	else if (!sonde_gdb_register_cache_put(
			 cache, &machine->layout, index, reply.data, reply.length))
		return sonde_gdb_unexpected(&reply);
	cache->singles++;
	return NULL;
}

/* See struct sonde_gdb_stub: before p and P. */
static struct sonde_error *synchronize(struct sonde_thread *thread)
{
	if (!sonde_gdb_machine_of(thread->target)->stub.has_kvm ||
		sonde_gdb_machine_cache(thread)->synchronized ==
			1 + thread->target->epoch)
		return NULL;
	return fetch_all(thread);
}

static bool is_in_g(const struct sonde_gdb_machine *machine, size_t index)
{
	const struct sonde_gdb_slot *slot = &machine->layout.slots[index];

	/* As long as no g was seen, any register may be in it. */
	return !machine->layout.g_bytes ||
	       slot->offset + slot->bytes <= machine->layout.g_bytes;
}

static struct sonde_error *fetch(struct sonde_thread *thread, size_t index)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	struct sonde_gdb_register_cache *cache = sonde_gdb_machine_cache(thread);
	bool known;

	if (cache->states[index] != SONDE_GDB_REGISTER_UNKNOWN)
		return NULL;
	if ((cache->singles || machine->stub.has_kvm) && !cache->has_g &&
		is_in_g(machine, index))
		CHECK(fetch_all(thread));
	CHECK(synchronize(thread));
	if (cache->states[index] != SONDE_GDB_REGISTER_UNKNOWN)
		return NULL;
	CHECK(fetch_one(thread, index, &known));
	if (!known && !cache->has_g)
		CHECK(fetch_all(thread));
	if (cache->states[index] == SONDE_GDB_REGISTER_UNKNOWN)
		cache->states[index] = SONDE_GDB_REGISTER_UNAVAILABLE;
	return NULL;
}

static void reorder(
	const struct sonde_arch *arch, const uint8_t *from, uint8_t *to, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = from[arch->big_endian ? bytes - 1 - i : i];
}

static struct sonde_error *read_from_stub(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret)
{
	const struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	const struct sonde_gdb_slot *slot = &machine->layout.slots[reg->index];
	const struct sonde_gdb_register_cache *cache;

	CHECK(fetch(thread, reg->index));
	cache = sonde_gdb_machine_cache(thread);
	memset(ret, 0, sizeof(*ret));
	ret->bits = reg->bits;
	ret->available = cache->states[reg->index] == SONDE_GDB_REGISTER_VALID;
	if (ret->available)
		reorder(machine->target.arch, cache->bytes + slot->offset, ret->bytes,
			slot->bytes);
	return NULL;
}

/* --- writing -------------------------------------------------------------------- */

/* By P; *@p known is false where the stub has no P. */
static struct sonde_error *write_one(
	struct sonde_thread *thread, size_t index, const uint8_t *bytes, bool *known)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	const struct sonde_gdb_slot *slot = &machine->layout.slots[index];
	char request[2 * SONDE_REGISTER_MAX_BYTES + 16];
	struct sonde_gdb_stub *stub = &machine->stub;
	struct sonde_gdb_reply reply;
	int length = snprintf(request, sizeof(request), "P%x=", slot->number);

	*known = stub->write_one_register != SONDE_GDB_OFFER_NO;
	if (!*known)
		return NULL;
	sonde_hex_encode(bytes, slot->bytes, request + length);
	length += 2 * (int)slot->bytes;
	CHECK(sonde_gdb_exchange(&stub->connection, request, (size_t)length, &reply));
	*known = reply.length != 0;
	if (!*known) {
		stub->write_one_register = SONDE_GDB_OFFER_NO;
		return NULL;
	}
	stub->write_one_register = SONDE_GDB_OFFER_YES;
	return sonde_gdb_reply_is(&reply, "OK") ? NULL : sonde_gdb_unexpected(&reply);
}

/* By G, for stubs that have no P: everything as it was, but for this one. */
static struct sonde_error *write_all(
	struct sonde_thread *thread, size_t index, const uint8_t *bytes)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	const struct sonde_gdb_slot *slot = &machine->layout.slots[index];
	CLEANUP(cleanup_free) char *request = NULL;
	struct sonde_gdb_reply reply;

	if (machine->stub.is_qemu)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "this QEMU writes no single register");
	CHECK(sonde_gdb_ask(&machine->stub.connection, &reply, "g"));
	if (!reply.length || reply.length % 2 || sonde_gdb_reply_is_error(&reply))
		return sonde_gdb_unexpected(&reply);
	if (2 * (slot->offset + slot->bytes) > reply.length || reply.length > 2 * G_MAX)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the stub does not write this register");
	request = malloc(reply.length + 1);
	if (!request)
		return sonde_error_no_memory();
	size_t length = reply.length + 1;

	request[0] = 'G';
	memcpy(request + 1, reply.data, reply.length);
	sonde_hex_encode(bytes, slot->bytes, request + 1 + 2 * slot->offset);
	CHECK(sonde_gdb_exchange(&machine->stub.connection, request, length, &reply));
	return sonde_gdb_reply_is(&reply, "OK") ? NULL : sonde_gdb_unexpected(&reply);
}

static struct sonde_error *write_to_stub(struct sonde_thread *thread,
	const struct sonde_register *reg, const struct sonde_register_value *value)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	unsigned bytes = machine->layout.slots[reg->index].bytes;
	uint8_t ordered[SONDE_REGISTER_MAX_BYTES];
	bool known;

	CHECK(sonde_gdb_kgdb_check_stopped(machine, thread));
	CHECK(synchronize(thread));
	CHECK(select_thread(thread));
	reorder(machine->target.arch, value->bytes, ordered, bytes);
	/* One register may change what others read as. */
	sonde_gdb_register_cache_clear(
		&sonde_gdb_thread_of(thread)->cache, &machine->layout);
	CHECK(write_one(thread, reg->index, ordered, &known));
	return known ? NULL : write_all(thread, reg->index, ordered);
}

/* A helper listed it and passes on now: its value is not known. */
static struct sonde_error *answer_for_helper(const struct sonde_register_request *request)
{
	if (request->value)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the stub does not have this register");
	memset(request->ret, 0, sizeof(*request->ret));
	request->ret->bits = request->reg->bits;
	return NULL;
}

struct sonde_error *sonde_gdb_machine_stub_register(
	struct sonde_gdb_machine *machine, const struct sonde_register_request *request)
{
	if (request->reg->index >= machine->layout.count)
		return answer_for_helper(request);
	if (!machine->stub_open)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the stub is not connected");
	if (request->value)
		return write_to_stub(request->thread, request->reg, request->value);
	return read_from_stub(request->thread, request->reg, request->ret);
}

/* --- the facet ------------------------------------------------------------------ */

static void list(const struct sonde_target *target, const struct sonde_register **ret,
	size_t *count)
{
	const struct sonde_gdb_machine *machine = sonde_gdb_machine_of(target);

	*ret = machine->layout.registers;
	*count = machine->layout.listed;
}

/* Whoever looked a register up before the stub was connected finds it by its name now. */
static const struct sonde_register *current_register(
	const struct sonde_gdb_machine *machine, const struct sonde_register *reg)
{
	const struct sonde_gdb_layout *layout = &machine->layout;

	if (reg->index < layout->listed && reg == &layout->registers[reg->index])
		return reg;
	for (size_t i = 0; i < machine->old_layout_count; i++) {
		const struct sonde_gdb_layout *old = &machine->old_layouts[i];

		if (reg->index < old->listed && reg == &old->registers[reg->index])
			return sonde_target_find_register(&machine->target, reg->name)
				       ?: reg;
	}
	return reg;
}

static struct sonde_error *read_register(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret,
	const char **why)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	struct sonde_register_request request = {.thread = thread,
		.reg = current_register(machine, reg),
		.ret = ret,
		.why = why};

	return sonde_gdb_chain_registers(machine, &request);
}

static struct sonde_error *write_register(struct sonde_thread *thread,
	const struct sonde_register *reg, const struct sonde_register_value *value)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	struct sonde_register_request request = {.thread = thread, .value = value};

	CHECK(sonde_gdb_machine_connect(machine));
	request.reg = current_register(machine, reg);
	if (request.reg->bits != value->bits)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"the stub has another width for it: %u bits", request.reg->bits);
	return sonde_gdb_chain_registers(machine, &request);
}

/* Where single registers cannot be written, nothing is listed. */
static struct sonde_error *arm(struct sonde_thread *thread,
	const struct sonde_register_change *changes, size_t count, unsigned *slot)
{
	struct sonde_gdb_machine *machine = sonde_gdb_machine_of(thread->target);
	struct sonde_journal_packet packet = {.text = ""};
	size_t length = 0;

	if (machine->stub.has_kvm)
		length = (size_t)sprintf(packet.text, "g");
	if (machine->stub.write_one_register == SONDE_GDB_OFFER_NO)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct sonde_register *reg =
			current_register(machine, changes[i].reg);
		const struct sonde_gdb_slot *place = &machine->layout.slots[reg->index];
		uint8_t ordered[SONDE_REGISTER_MAX_BYTES];

		if (reg->index >= machine->layout.count ||
			length + 2 * place->bytes + 16 > sizeof(packet.text))
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"register '%s' cannot be put back by the guard",
				reg->name);
		reorder(machine->target.arch, changes[i].value.bytes, ordered,
			place->bytes);
		length += (size_t)sprintf(packet.text + length,
			"%sP%x=", length ? "\n" : "", place->number);
		sonde_hex_encode(ordered, place->bytes, packet.text + length);
		length += 2 * place->bytes;
	}
	sonde_gdb_thread_id_format(&sonde_gdb_thread_of(thread)->id, packet.thread);
	return sonde_journal_arm(thread->target->journal, SONDE_JOURNAL_PACKET, &packet,
		sizeof(packet), slot);
}

const struct sonde_register_facet sonde_gdb_register_facet = {
	.list = list,
	.read = read_register,
	.write = write_register,
	.arm = arm,
};

/* --- learning ------------------------------------------------------------------- */

static struct sonde_error *fetch_document(
	void *user, const char *name, char **ret, size_t *length)
{
	return sonde_gdb_stub_fetch_document(user, name, ret, length);
}

static struct sonde_error *length_of_g(struct sonde_gdb_stub *stub, size_t *ret)
{
	struct sonde_gdb_reply reply;

	CHECK(sonde_gdb_ask(&stub->connection, &reply, "g"));
	if (!reply.length || reply.length % 2 || sonde_gdb_reply_is_error(&reply))
		return sonde_gdb_unexpected(&reply);
	*ret = reply.length / 2;
	return NULL;
}

/* No description: the length of g tells the architecture. */
static struct sonde_error *learn_from_g(struct sonde_gdb_machine *machine)
{
	size_t bytes;

	CHECK(length_of_g(&machine->stub, &bytes));
	if (!machine->target.arch)
		machine->target.arch = sonde_arch_find_by_g_length(bytes);
	if (!machine->target.arch)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "the stub describes no registers, and "
						   "no known architecture "
						   "has %zu bytes of them",
						   bytes),
			"x86_64, i386, aarch64 and riscv64 are known");
	return sonde_gdb_layout_from_arch(machine->target.arch, bytes, &machine->layout);
}

static struct sonde_error *learn_from_description(
	struct sonde_gdb_machine *machine, struct sonde_gdb_description *description)
{
	size_t bytes;

	if (description->architecture) {
		machine->target.arch = sonde_arch_find(description->architecture);
		if (!machine->target.arch)
			return sonde_error_suggest(
				sonde_error_create(SONDE_ERROR_UNSUPPORTED,
					"the architecture \"%s\" is not known",
					description->architecture),
				"x86_64, i386, aarch64 and riscv64 are known");
	}
	if (!machine->target.arch) {
		CHECK(length_of_g(&machine->stub, &bytes));
		machine->target.arch = sonde_arch_find_by_g_length(bytes);
	}
	if (!machine->target.arch)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the stub's description names no architecture");
	return sonde_gdb_layout_from_description(
		machine->target.arch, description, &machine->layout);
}

struct sonde_error *sonde_gdb_machine_learn_registers(struct sonde_gdb_machine *machine)
{
	struct sonde_gdb_document_source source = {
		.fetch = fetch_document, .user = &machine->stub};
	struct sonde_gdb_description description = {0};
	struct sonde_error *error;

	if (!machine->stub.offers_features)
		return learn_from_g(machine);
	CHECK(sonde_gdb_description_read(&source, &description));
	if (description.count) {
		error = learn_from_description(machine, &description);
	} else {
		/* It names the architecture and nothing else. */
		if (description.architecture)
			machine->target.arch = sonde_arch_find(description.architecture);
		error = learn_from_g(machine);
	}
	sonde_gdb_description_deinit(&description);
	return error;
}
