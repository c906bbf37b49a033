/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports each time that memory is touched, with what it held before and holds now. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "kernel.h"
#include "number.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "stops.h"
#include "table.h"
#include "typed.h"

enum {
	/** More than any stub watches. */
	LENGTH_MAX = 64 * 1024,
};

struct watched {
	uint64_t address;
	uint64_t length;
	/** Of the expression. */
	bool has_type;
	struct sonde_type type;
	/** As C writes it. Owned. */
	char *type_name;
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
	{"type", .json_only = true},
	{"old_value", .json_only = true},
	{"new_value", .json_only = true},
	{"changed", .json_only = true},
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
	return sonde_type_target(address.type, &ret->type);
}

static struct sonde_error *evaluate_place(
	struct cli *cli, const char *text, struct sonde_value *ret)
{
	struct sonde_error *error = cli_evaluate(cli, text, NULL, ret);

	if (error && sonde_error_kind(error) == SONDE_ERROR_FAULT)
		error = find_unreadable(cli, text, error, ret);
	return error;
}

/* A number, or what else is as short; *@p value is what it is at its address. A symbol
 * whose type is not known, or is larger, is an address. */
static void take_variable(struct cli *cli, const char *name, struct sonde_value *value)
{
	struct sonde_value variable;
	struct sonde_error *error = evaluate_place(cli, name, &variable);

	if (!error && variable.has_address && variable.address == value->integer &&
		variable.bytes && variable.bytes <= 8)
		*value = variable;
	sonde_error_destroy(error);
}

/* A value that lies in memory is meant itself, any other is an address. */
static int evaluate(struct cli *cli, const char *text, struct sonde_value *ret)
{
	int status;

	*ret = (struct sonde_value){.has_address = false};
	/* "init_task.__state" looks like a symbol, too. */
	if (strchr(text, '.') && cli_is_symbol(text)) {
		sonde_error_destroy(evaluate_place(cli, text, ret));
		if (ret->has_address)
			return CLI_DONE;
	}
	if (cli_is_symbol(text)) {
		status = cli_find_place(cli, text, NULL, &ret->integer);
		if (status == CLI_DONE)
			take_variable(cli, text, ret);
		return status;
	}
	CLI_TRY(cli, evaluate_place(cli, text, ret));
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
	ret->has_type = value.has_address && value.bytes && !value.bit_size &&
			value.bytes <= ret->length;
	ret->type = value.type;
	if (ret->has_type)
		ret->type_name = cli_type_name(value.type);
	if (ret->length > LENGTH_MAX)
		return cli_fail(cli, SONDE_ERROR_INVALID, text,
			"write how many bytes of it: EXPR:LEN",
			"it has %" PRIu64 " bytes, at most %d can be watched",
			ret->length, LENGTH_MAX);
	return CLI_DONE;
}

/* --- rows ----------------------------------------------------------------------- */

/* All architectures here are little-endian. NULL: it could not be read. */
static struct json_object *content_json(const uint8_t *bytes, size_t length)
{
	struct json_object *json;
	uint64_t integer = 0;
	char text[24], *digits;

	if (!bytes)
		return NULL;
	if (length > 8) {
		digits = cli_hex_digits(bytes, length);
		json = digits ? json_object_new_string(digits) : NULL;
		free(digits);
		return json;
	}
	for (size_t i = length; i > 0; i--)
		integer = integer << 8 | bytes[i - 1];
	snprintf(text, sizeof(text), "0x%" PRIx64, integer);
	return json_object_new_string(text);
}

/* Programs read the bytes, people what they are. */
static void put_content(
	struct cli_output *output, const uint8_t *bytes, size_t length, const char *text)
{
	struct json_object *json = content_json(bytes, length);

	if (json && !text)
		text = json_object_get_string(json);
	cli_put_json(output, json, text);
}

struct values {
	bool has_before, has_now;
	struct sonde_value before, now;
};

static void put_value(
	struct cli_output *output, bool has, const struct sonde_value *value)
{
	cli_put_json(output, has ? cli_value_json(value, 1) : NULL, NULL);
}

static void put_row(struct cli_hits *hits, struct sonde_probe_hit *hit,
	const struct sonde_probe_change *change, const struct values *values, uint64_t pc)
{
	const struct watched *watched = hits->user;
	struct cli_output *output = &hits->output;
	struct json_object *changed;
	char *texts[2];

	cli_describe_change(hits->cli, values->has_before ? &values->before : NULL,
		values->has_now ? &values->now : NULL, &texts[0], &texts[1], &changed);
	cli_put_hex(output, sonde_probe_hit_address(hit));
	put_content(output, change->before, change->length, texts[0]);
	put_content(output, change->now, change->length, texts[1]);
	cli_put_hex(output, pc);
	cli_put_symbol(output, pc);
	cli_put_guest_text(output, watched->type_name);
	put_value(output, values->has_before, &values->before);
	put_value(output, values->has_now, &values->now);
	cli_put_json(output, changed, NULL);
	cli_output_row(output);
	free(texts[0]);
	free(texts[1]);
}

static struct sonde_error *show(struct cli_hits *hits, struct sonde_probe_hit *hit)
{
	const struct watched *watched = hits->user;
	struct sonde_probe_change change;
	struct values values = {.has_before = false};
	struct sonde_error *error;
	uint64_t pc = 0;

	error = sonde_probe_hit_change(hit, &change);
	if (!error)
		error = sonde_thread_read_pc(sonde_probe_hit_thread(hit), &pc);
	if (!error && watched->has_type)
		error = sonde_probe_hit_change_values(hit, &watched->type,
			&values.has_before, &values.before, &values.has_now, &values.now);
	if (!error)
		error = cli_put_hit(hits, hit);
	if (!error)
		put_row(hits, hit, &change, &values, pc);
	return error;
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

static int set_and_run(
	struct cli *cli, const struct cli_arguments *arguments, struct watched *watched)
{
	struct cli_hits hits = {
		.cli = cli, .columns = columns, .show = show, .user = watched};

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
	free(watched.type_name);
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
