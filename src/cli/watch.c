/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports each time that memory is touched, with what it held before and holds now. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "number.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "stops.h"
#include "table.h"

enum {
	/** More than any stub watches. */
	LENGTH_MAX = 64 * 1024,
};

struct watched {
	uint64_t address;
	uint64_t length;
};

static const struct cli_column columns[] = {
	{"time", 10},
	{"cpu", 3},
	{"pid", 6, .optional = true},
	{"comm", 15, .optional = true},
	{"address", 18},
	{"old", 18},
	{"new", 18},
	{"pc", 18},
	{"symbol", .optional = true},
	{NULL},
};

/* --- what is watched ------------------------------------------------------------ */

/* "EXPR:LEN" taken apart; that of "?:" and of "[2:5]" is none. Caller frees. */
static char *split(const char *text, uint64_t *length)
{
	const char *colon = strchr(text, '?') ? NULL : strrchr(text, ':');

	*length = 0;
	if (!colon || strchr(colon, ']'))
		return strdup(text);
	return cli_parse_number(colon + 1, length) && *length
		       ? strndup(text, (size_t)(colon - text))
		       : NULL;
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	uint64_t length;
	char *expression;
	int status;

	if (cli_option_given(arguments, "--read") &&
		cli_option_given(arguments, "--access"))
		return cli_usage(cli, arguments->command,
			"--read and --access exclude each other");
	expression = split(arguments->operands[0], &length);
	if (!expression)
		return cli_usage(cli, arguments->command,
			"behind the colon of '%s' there is no length",
			arguments->operands[0]);
	status = cli_check_place(cli, expression);
	free(expression);
	if (length > LENGTH_MAX)
		return cli_usage(cli, arguments->command,
			"at most %d bytes can be watched", LENGTH_MAX);
	return status;
}

static struct sonde_error *evaluate_of(struct cli *cli, const char *operator,
	const char * expression, struct sonde_value *ret)
{
	struct sonde_error *error;
	char *text;

	if (asprintf(&text, "%s(%s)", operator, expression) < 0)
		abort();
	error = cli_evaluate(cli, text, NULL, ret);
	free(text);
	return error;
}

/*
 * What cannot be read now can still be watched: a kernel's data, while the CPU is in
 * user mode. Takes over @p fault, which is returned where there is no address either.
 */
static struct sonde_error *find_unreadable(struct cli *cli, const char *expression,
	struct sonde_error *fault, struct sonde_value *ret)
{
	struct sonde_value address, size;
	struct sonde_error *error = evaluate_of(cli, "&", expression, &address);

	if (!error)
		error = evaluate_of(cli, "sizeof", expression, &size);
	if (error) {
		sonde_error_destroy(error);
		return fault;
	}
	sonde_error_destroy(fault);
	*ret = (struct sonde_value){.has_address = true,
		.address = address.integer,
		.bytes = (unsigned)size.integer};
	return NULL;
}

/* A value that lies in memory is meant itself, any other is an address. */
static int evaluate(struct cli *cli, const char *text, struct sonde_value *ret)
{
	struct sonde_error *error;

	*ret = (struct sonde_value){.has_address = false};
	if (cli_is_symbol(text))
		return cli_find_place(cli, text, NULL, &ret->integer);
	error = cli_evaluate(cli, text, NULL, ret);
	if (error && sonde_error_kind(error) == SONDE_ERROR_FAULT)
		error = find_unreadable(cli, text, error, ret);
	CLI_TRY(cli, error);
	return CLI_DONE;
}

static int find(struct cli *cli, const char *text, struct watched *ret)
{
	struct sonde_value value;
	char *expression = split(text, &ret->length);
	int status;

	if (!expression)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	status = evaluate(cli, expression, &value);
	free(expression);
	if (status != CLI_DONE)
		return status;
	ret->address = value.has_address ? value.address : value.integer;
	if (!ret->length)
		ret->length = value.has_address && value.bytes
				      ? value.bytes
				      : sonde_target_address_bits(cli->target) / 8;
	if (ret->length > LENGTH_MAX)
		return cli_fail(cli, SONDE_ERROR_INVALID, text,
			"write how many bytes of it: EXPR:LEN",
			"it has %" PRIu64 " bytes, at most %d can be watched",
			ret->length, LENGTH_MAX);
	return CLI_DONE;
}

/* --- rows ----------------------------------------------------------------------- */

/* All architectures here are little-endian. NULL: it could not be read. */
static void put_content(struct cli_output *output, const uint8_t *bytes, size_t length)
{
	uint64_t integer = 0;

	if (!bytes) {
		cli_put_null(output);
	} else if (length > 8) {
		cli_put_data(output, bytes, length);
	} else {
		for (size_t i = length; i > 0; i--)
			integer = integer << 8 | bytes[i - 1];
		cli_put_hex(output, integer);
	}
}

static struct sonde_error *show(struct cli_hits *hits, struct sonde_probe_hit *hit)
{
	struct cli_output *output = &hits->output;
	struct sonde_probe_change change;
	struct sonde_error *error;
	uint64_t pc;

	error = sonde_probe_hit_change(hit, &change);
	if (!error)
		error = sonde_thread_read_pc(sonde_probe_hit_thread(hit), &pc);
	if (!error)
		error = cli_put_hit(hits, hit);
	if (error)
		return error;
	cli_put_hex(output, sonde_probe_hit_address(hit));
	put_content(output, change.before, change.length);
	put_content(output, change.now, change.length);
	cli_put_hex(output, pc);
	cli_put_symbol(output, pc);
	cli_output_row(output);
	return NULL;
}

/* --- the command ---------------------------------------------------------------- */

static enum sonde_probe_kind kind_of(const struct cli_arguments *arguments)
{
	if (cli_option_given(arguments, "--read"))
		return SONDE_PROBE_WATCH_READ;
	if (cli_option_given(arguments, "--access"))
		return SONDE_PROBE_WATCH_ACCESS;
	return SONDE_PROBE_WATCH_WRITE;
}

static int set_and_run(struct cli *cli, const struct cli_arguments *arguments,
	const struct watched *watched)
{
	struct cli_hits hits = {.cli = cli, .columns = columns, .show = show};

	cli_option_number(arguments, "-n", &hits.wanted);
	hits.reverse = cli->goes_back = cli_option_given(arguments, "--reverse");
	hits.options.kind = kind_of(arguments);
	hits.options.address = watched->address;
	hits.options.length = watched->length;
	return cli_hits_run(&hits);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct watched watched = {.length = 0};
	int status = find(cli, arguments->operands[0], &watched);

	if (status == CLI_DONE)
		status = set_and_run(cli, arguments, &watched);
	return status;
}

static const struct cli_option options[] = {
	{"--read", NULL, "when it is read"},
	{"--access", NULL, "when it is read or written"},
	{"-n", "COUNT", "end after so many hits [at Ctrl-C]", .number = true,
		.positive = true},
	{"--reverse", NULL, "go back from hit to hit, where the target replays a record"},
	{NULL},
};

const struct cli_command cli_command_watch = {
	.name = "watch",
	.operands = "EXPR|ADDR[:LEN]",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "report each time that memory is written",
	.details = "EXPR is something in memory, such as jiffies_64 or\n"
		   "'task(1).flags'; it is watched as a whole, or LEN bytes from\n"
		   "there on. Each hit says what was there, what is there now, and\n"
		   "which code did it. The guest goes on after each.",
	.example = "'*(unsigned int *)0xffffffff82a079c0' -n 3",
	.options = options,
	.completes_symbols = true,
	.use = CLI_USES_STOPPED_TARGET,
	.check = check,
	.run = run,
};
