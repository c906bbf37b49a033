/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Code is read a little ahead of what is decoded. Where memory ends, what is there
 * is decoded, and the fault is an error only when instructions are still wanted.
 */
#include <string.h>

#include "kernel.h"
#include "line.h"
#include "memory.h"
#include "number.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "session.h"
#include "table.h"

enum {
	DEFAULT_COUNT = 10,
	BUFFER_BYTES = 256,
	/** No architecture has a longer instruction. */
	INSTRUCTION_BYTES = 16,
};

struct code {
	struct sonde_space *space;
	struct sonde_thread *thread;
	/** Of the first byte in @ref bytes. */
	uint64_t address;
	uint8_t bytes[BUFFER_BYTES];
	size_t length;
	/** Why there is no more behind it, or NULL. */
	struct sonde_error *end;
};

static const struct cli_column columns[] = {
	{"address", 18},
	{"data", 20},
	{"text", 40},
	{"symbol", 24, .optional = true},
	CLI_LINE_COLUMNS,
	{NULL},
};

/* Makes sure that a whole instruction is there, if memory goes on that far. */
static void refill(struct code *code)
{
	uint64_t next = code->address + code->length;
	size_t room = BUFFER_BYTES - code->length;

	if (code->length >= INSTRUCTION_BYTES || code->end)
		return;
	code->end = sonde_space_read(code->space, next, code->bytes + code->length, room);
	if (code->end)
		room = cli_bytes_before(code->end, next, room);
	code->length += room;
}

static struct sonde_error *decode(
	struct cli *cli, struct code *code, struct sonde_instruction *ret)
{
	struct sonde_error *error;

	refill(code);
	if (code->length) {
		error = sonde_disassemble(cli->target, code->thread, code->address,
			code->bytes, code->length, ret);
		if (!error || !code->end ||
			sonde_error_kind(error) != SONDE_ERROR_BAD_DATA)
			return error;
		/* It is cut short: by what, is the reason to tell. */
		sonde_error_destroy(error);
	}
	error = code->end;
	code->end = NULL;
	return error;
}

static void advance(struct code *code, size_t bytes)
{
	if (bytes > code->length)
		bytes = code->length;
	code->address += bytes;
	code->length -= bytes;
	memmove(code->bytes, code->bytes + bytes, code->length);
}

static int list(struct cli *cli, struct code *code, uint64_t count)
{
	struct sonde_error *error = NULL;
	struct cli_output output;
	bool more = true;
	int status;

	cli_output_begin(&output, cli, CLI_STREAM, columns);
	for (uint64_t i = 0; i < count && more; i++) {
		struct sonde_instruction instruction = {0};

		error = decode(cli, code, &instruction);
		if (error)
			break;
		cli_put_hex(&output, instruction.address);
		cli_put_data(&output, instruction.bytes, instruction.length);
		cli_put_text(&output, instruction.text);
		cli_put_symbol(&output, instruction.address);
		cli_put_line(&output, instruction.address);
		more = cli_output_row(&output);
		advance(code, instruction.length ?: 1);
	}
	status = cli_output_end(&output);
	return error ? cli_report(cli, error) : status;
}

static const char *place_of(const struct cli_arguments *arguments)
{
	return arguments->operand_count ? arguments->operands[0] : "$pc";
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	uint64_t count;

	if (arguments->operand_count > 1 &&
		!cli_parse_number(arguments->operands[1], &count))
		return cli_usage(cli, arguments->command, "'%s' is no number",
			arguments->operands[1]);
	return cli_check_place(cli, place_of(arguments));
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct code code = {NULL};
	uint64_t count = DEFAULT_COUNT;
	int status;

	if (arguments->operand_count > 1)
		cli_parse_number(arguments->operands[1], &count);
	CLI_TRY(cli, cli_find_thread(cli, arguments, &code.thread));
	status = cli_find_memory(
		cli, arguments, place_of(arguments), &code.space, &code.address);
	if (status != CLI_DONE)
		return status;
	status = list(cli, &code, count);
	sonde_error_destroy(code.end);
	return status;
}

static const struct cli_option options[] = {
	{"--cpu", "N", "as this CPU sees memory [the one that stopped last]",
		.number = true},
	{NULL},
};

const struct cli_command cli_command_disasm = {
	.name = "disasm",
	.operands = "[ADDR|SYMBOL [N]]",
	.operands_max = 2,
	.summary = "disassemble N instructions [10] from ADDR on [where the CPU is]",
	.example = "'$rip' 20",
	.options = options,
	.completes_symbols = true,
	.use = CLI_OBSERVES_TARGET,
	.check = check,
	.run = run,
};
