/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The helper at the end of every chain: it asks the stub itself. Memory by m and M,
 * physical memory by QEMU's PhyMemMode where the stub has it, registers by g and p.
 */
#include "machine.h"

struct builtin {
	struct sonde_helper helper;
	struct sonde_gdb_machine *machine;
};

static struct builtin *builtin_of(struct sonde_helper *helper)
{
	return CONTAINER_OF(helper, struct builtin, helper);
}

static struct sonde_error *builtin_describe(
	struct sonde_helper *helper, struct sonde_helper_description *ret)
{
	const struct sonde_gdb_stub *stub = &builtin_of(helper)->machine->stub;

	if (!builtin_of(helper)->machine->stub_open)
		return NULL;
	ret->kind = stub->is_qemu ? "QEMU" : "GDB stub";
	ret->state = stub->found;
	ret->memory_means = "stub";
	return NULL;
}

static struct sonde_error *builtin_registers(struct sonde_helper *helper,
	const struct sonde_register_request *request, bool *handled)
{
	*handled = true;
	return sonde_gdb_machine_stub_register(builtin_of(helper)->machine, request);
}

static struct sonde_error *builtin_memory(struct sonde_helper *helper,
	const struct sonde_memory_request *request, bool *handled)
{
	*handled = true;
	return sonde_gdb_machine_stub_memory(builtin_of(helper)->machine, request);
}

static struct sonde_error *builtin_detach(struct sonde_helper *helper)
{
	struct sonde_gdb_machine *machine = builtin_of(helper)->machine;

	if (!machine->stub_open || machine->stub.connection.dead ||
		machine->target.state != SONDE_STATE_STOPPED)
		return NULL;
	return sonde_gdb_stub_restore_modes(&machine->stub);
}

static const struct sonde_helper_ops builtin_ops = {
	.detach = builtin_detach,
	.describe = builtin_describe,
	.registers = builtin_registers,
	.memory = builtin_memory,
};

static struct sonde_error *builtin_create(
	struct sonde_helper_host *host, struct sonde_helper **ret)
{
	struct builtin *builtin = calloc(1, sizeof(*builtin));

	if (!builtin)
		return sonde_error_no_memory();
	builtin->helper.ops = &builtin_ops;
	builtin->machine = host->machine;
	*ret = &builtin->helper;
	return NULL;
}

static void builtin_destroy(struct sonde_helper *helper)
{
	free(builtin_of(helper));
}

const struct sonde_helper_descriptor sonde_gdb_builtin_helper = {
	.abi = SONDE_HELPER_ABI,
	.size = sizeof(struct sonde_helper_descriptor),
	.name = "builtin",
	.create = builtin_create,
	.destroy = builtin_destroy,
};
