/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether an instruction begins somewhere tells the function before it, decoded from its
 * beginning. */
#include <inttypes.h>

#include "instruction.h"
#include "kernel.h"
#include "report.h"

enum {
	/** Of a function (bytes); in the middle of a longer one any address is taken. */
	FUNCTION_MAX = 16 * 1024,
	/** No architecture has a longer instruction. */
	INSTRUCTION_BYTES = 16,
};

/* The instruction that @p address is in; @p address itself where that cannot be told. */
static uint64_t find_beginning(struct sonde_target *target, struct sonde_thread *thread,
	const struct sonde_symbol *symbol, uint64_t address)
{
	size_t before = (size_t)(address - symbol->address), last = 0, at = 0;
	uint8_t code[FUNCTION_MAX + INSTRUCTION_BYTES];
	struct sonde_instruction instruction;
	struct sonde_space *space;
	struct sonde_error *error = sonde_target_virtual(target, thread, &space);

	if (!error)
		error = sonde_space_read(
			space, symbol->address, code, before + INSTRUCTION_BYTES);
	while (!error && at < before) {
		error = sonde_disassemble(target, thread, symbol->address + at, code + at,
			before + INSTRUCTION_BYTES - at, &instruction);
		last = at;
		at += !error && instruction.length ? instruction.length : 1;
	}
	if (!error && at > before)
		return symbol->address + last;
	sonde_error_destroy(error);
	return address;
}

static int check(struct cli *cli, struct sonde_thread *thread, uint64_t address)
{
	struct sonde_symbol symbol;
	struct sonde_error *error = sonde_symbol_at(cli->target, address, &symbol);
	uint64_t beginning;

	if (error || address - symbol.address >= FUNCTION_MAX) {
		sonde_error_destroy(error);
		return CLI_DONE;
	}
	beginning = find_beginning(cli->target, thread, &symbol, address);
	if (beginning == address)
		return CLI_DONE;
	return cli_fail(cli, SONDE_ERROR_INVALID, "that is within an instruction",
		"'disasm SYMBOL N' shows where instructions begin; an address as a "
		"number is "
		"taken as it is",
		"the one that 0x%" PRIx64 " is in begins at %s+0x%" PRIx64, address,
		symbol.name, beginning - symbol.address);
}

int cli_find_instruction(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret)
{
	int status = cli_find_place(cli, text, thread, ret);

	if (status != CLI_DONE || !cli_is_symbol(text))
		return status;
	return check(cli, thread, *ret);
}
