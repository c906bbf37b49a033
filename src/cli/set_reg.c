/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of up to 64 bits are expressions; wider ones can be written in full, as a
 * hex literal with more digits than an expression takes.
 */
#include <string.h>

#include "number.h"
#include "options.h"
#include "registers.h"
#include "report.h"
#include "session.h"
#include "table.h"

enum {
	/** What an expression's integer has. */
	INTEGER_DIGITS = 16,
};

/* The digits of a literal that is too long for an expression, or NULL. */
static const char *long_literal(const char *text)
{
	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
		return NULL;
	text += 2;
	if (strlen(text) <= INTEGER_DIGITS ||
		text[strspn(text, "0123456789abcdefABCDEF")])
		return NULL;
	return text;
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	const char *value = arguments->operands[1];

	return long_literal(value) ? CLI_DONE : cli_check_expression(cli, value);
}

static int too_wide(struct cli *cli, const char *text, const struct sonde_register *reg)
{
	return cli_fail(cli, SONDE_ERROR_INVALID, text, NULL,
		"does not fit into the %u bits of register '%s'", reg->bits, reg->name);
}

/* Two digits a byte, the last byte first. */
static int take_literal(struct cli *cli, const char *text,
	const struct sonde_register *reg, struct sonde_register_value *value)
{
	const char *digits = long_literal(text);
	size_t length;

	while (*digits == '0')
		digits++;
	length = strlen(digits);
	if ((length + 1) / 2 > (reg->bits + 7) / 8)
		return too_wide(cli, text, reg);
	for (size_t i = 0; i < length; i += 2) {
		char pair[3] = {'0', digits[length - i - 1], '\0'};
		size_t taken = 0;

		if (i + 1 < length)
			pair[0] = digits[length - i - 2];
		cli_parse_hex(pair, value->bytes + i / 2, 1, &taken);
	}
	if (reg->bits % 8 && value->bytes[reg->bits / 8] >> reg->bits % 8)
		return too_wide(cli, text, reg);
	return CLI_DONE;
}

static bool fits(const struct sonde_value *value, unsigned bits)
{
	if (value->is_signed && (int64_t)value->integer < 0)
		return bits <= 64 && !(~value->integer >> (bits - 1));
	return bits >= 64 || !(value->integer >> bits);
}

static int take_expression(struct cli *cli, const char *text, struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret)
{
	struct sonde_value value;
	uint64_t integer;

	CLI_TRY(cli, cli_evaluate(cli, text, thread, &value));
	if (!fits(&value, reg->bits))
		return too_wide(cli, text, reg);
	integer = value.integer;
	if (reg->bits < 64)
		integer &= (UINT64_C(1) << reg->bits) - 1;
	sonde_register_value_set_integer(ret, integer, reg->bits);
	return CLI_DONE;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_register_value value = {.available = true};
	const char *text = arguments->operands[1];
	const struct sonde_register *reg;
	struct sonde_thread *thread;
	int status;

	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	status = cli_find_register(cli, thread, arguments->operands[0], &reg);
	if (status != CLI_DONE)
		return status;
	value.bits = reg->bits;
	status = long_literal(text) ? take_literal(cli, text, reg, &value)
				    : take_expression(cli, text, thread, reg, &value);
	if (status == CLI_DONE)
		CLI_TRY(cli, sonde_thread_write_register(thread, reg, &value));
	return status;
}

static const struct cli_option options[] = {
	{"--cpu", "N", "of this CPU [the one that stopped last]", .number = true},
	{NULL},
};

const struct cli_command cli_command_set_reg = {
	.name = "set-reg",
	.operands = "NAME VALUE",
	.operands_min = 2,
	.operands_max = 2,
	.summary = "write a register",
	.example = "rax '$rbx + 0x10'",
	.options = options,
	.use = CLI_USES_STOPPED_TARGET,
	.completes_registers = true,
	.check = check,
	.run = run,
};
