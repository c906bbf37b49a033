/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "report.h"

bool cli_parse_number(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long long value;

	if (!*digits ||
		digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")])
		return false;
	errno = 0;
	value = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno)
		return false;
	*ret = value;
	return true;
}

static int hex_digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

bool cli_parse_hex(const char *text, uint8_t *bytes, size_t capacity, size_t *length)
{
	for (;;) {
		int high, low;

		while (*text == ' ' || *text == '\t' || *text == '\n')
			text++;
		if (!*text)
			return true;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0 || *length == capacity)
			return false;
		bytes[(*length)++] = (uint8_t)(high << 4 | low);
		text += 2;
	}
}

int cli_check_expression(struct cli *cli, const char *text)
{
	struct sonde_expression *expression;
	struct sonde_error *error = sonde_expression_create(text, &expression);

	if (error)
		return cli_report_usage(cli, error);
	sonde_expression_destroy(expression);
	return CLI_DONE;
}

struct sonde_error *cli_evaluate(struct cli *cli, const char *text,
	struct sonde_thread *thread, struct sonde_value *ret)
{
	struct sonde_expression *expression;
	struct sonde_error *error;

	error = sonde_expression_create(text, &expression);
	if (error)
		return error;
	error = sonde_expression_evaluate(expression, cli->target, thread, ret);
	sonde_expression_destroy(expression);
	return error;
}

/* @p text without its suffix, which says by what the value is shifted. Caller frees. */
static char *split_suffix(const char *text, unsigned *shift)
{
	static const char suffixes[] = "KMG";
	size_t length = strlen(text);
	const char *suffix = length > 1 ? strchr(suffixes, text[length - 1]) : NULL;

	*shift = 0;
	if (suffix && (hex_digit(text[length - 2]) >= 0 || text[length - 2] == ')')) {
		*shift = 10 * (unsigned)(suffix - suffixes + 1);
		length--;
	}
	return strndup(text, length);
}

int cli_check_length(struct cli *cli, const char *text)
{
	unsigned shift;
	char *number = split_suffix(text, &shift);
	int status;

	if (!number)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	status = cli_check_expression(cli, number);
	free(number);
	return status;
}

int cli_evaluate_length(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret)
{
	struct sonde_value value;
	struct sonde_error *error;
	unsigned shift;
	char *number = split_suffix(text, &shift);

	if (!number)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	error = cli_evaluate(cli, number, thread, &value);
	free(number);
	CLI_TRY(cli, error);
	if (value.is_signed && (int64_t)value.integer < 0)
		return cli_fail(
			cli, SONDE_ERROR_INVALID, text, NULL, "a length is not negative");
	if (value.integer > UINT64_MAX >> shift)
		return cli_fail(
			cli, SONDE_ERROR_INVALID, text, NULL, "the length is too large");
	*ret = value.integer << shift;
	return CLI_DONE;
}

uint64_t cli_value_bits(const struct sonde_value *value)
{
	/* Of what has parts it is the address. */
	if (value->bytes >= 8 || !value->bytes || sonde_value_is_compound(value))
		return value->integer;
	return value->integer & ((UINT64_C(1) << 8 * value->bytes) - 1);
}
