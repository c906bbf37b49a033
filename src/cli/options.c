/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "options.h"
#include "report.h"
#include "similar.h"
#include "table.h"

const struct cli_option cli_global_options[] = {
	{"-t", "TARGET", "what to attach to, such as gdb:/run/vm.sock", .attaches = true},
	{"--level", "LEVEL", "machine, kernel (process:PID, process:NAME: not yet)",
		.attaches = true},
	{"--json", NULL, "JSON Lines on stdout, errors as one object on stderr"},
	{"--symbols", "FILE",
		"the kernel's vmlinux or System.map, or a directory of those",
		.attaches = true},
	{"--root", "DIR", "a copy of the guest's files", "the process level",
		.attaches = true},
	{"--helper", "FILE", "load a helper: NAME or ./FILE, then ,OPTION=VALUE...",
		.attaches = true},
	{"--stop", NULL, "stop the guest meanwhile (gdb: targets always do)"},
	{"--no-map", NULL, "read RAM files by pread(), map nothing", .attaches = true},
	{"--wait", NULL, "wait for a target that is absent or held, and for a kernel",
		.attaches = true},
	{"--no-guard", NULL, "if sonde is killed, leave the guest as it is then",
		.attaches = true},
	{"-v", NULL, "say more on stderr; twice: each packet", .attaches = true},
	{"--version", NULL, "print the version"},
	{"--help", NULL, "print help"},
	{"-h", NULL, "print help", .hidden = true},
	{NULL},
};

struct parser {
	struct cli *cli;
	struct cli_arguments *arguments;
	char *const *words;
	size_t count;
	size_t next;
	/** "--" was seen. */
	bool options_ended;
};

void cli_arguments_deinit(struct cli_arguments *arguments)
{
	free(arguments->operands);
	free(arguments->given);
}

static const struct cli_option *find_in(
	const struct cli_option *options, const char *name, size_t length)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == length &&
			!memcmp(options->name, name, length))
			return options;
	return NULL;
}

static const struct cli_option *find_option(
	const struct parser *parser, const char *name, size_t length)
{
	const struct cli_command *command = parser->arguments->command;
	const struct cli_option *option = NULL;

	if (command)
		option = find_in(command->options, name, length);
	return option ?: find_in(cli_global_options, name, length);
}

/* "-1" and "-$rax" are values. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !strchr("0123456789$(*~!", word[1]);
}

static int unknown_option(struct parser *parser, const char *name)
{
	const struct cli_command *command = parser->arguments->command;
	struct cli_similar similar = {.wanted = name};
	const struct cli_option *option;
	char *hint;
	int status;

	if (command && command->needs)
		return cli_absent(parser->cli, command->name, command->needs);
	for (option = command ? command->options : NULL; option && option->name; option++)
		cli_similar_offer(&similar, option->name);
	for (option = cli_global_options; option->name; option++)
		cli_similar_offer(&similar, option->name);
	hint = cli_similar_hint(&similar);
	if (hint)
		status = cli_usage_hint(parser->cli, command ? command->name : "", hint,
			"there is no option '%s'", name);
	else
		status = cli_usage(parser->cli, command, "there is no option '%s'", name);
	free(hint);
	return status;
}

static int take(struct parser *parser, const struct cli_option *option, const char *value)
{
	struct cli_arguments *arguments = parser->arguments;
	uint64_t number;

	if (option->needs) {
		char what[64];

		snprintf(what, sizeof(what), "%s%s%s",
			arguments->command ? arguments->command->name : "",
			arguments->command ? " " : "", option->name);
		return cli_absent(parser->cli, what, option->needs);
	}
	if (option->number && value &&
		(!cli_parse_number(value, &number) || (option->positive && !number)))
		return cli_usage(parser->cli, arguments->command,
			"%s wants a number, not '%s'", option->name, value);
	arguments->given[arguments->given_count++] =
		(struct cli_given){.option = option, .value = value};
	return CLI_DONE;
}

/* @p value is what was joined to the option, or NULL. */
static int take_with_argument(
	struct parser *parser, const struct cli_option *option, const char *value)
{
	if (!value && parser->next == parser->count)
		return cli_usage(parser->cli, parser->arguments->command, "%s wants %s",
			option->name, option->argument);
	if (!value)
		value = parser->words[parser->next++];
	return take(parser, option, value);
}

static int parse_long(struct parser *parser, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = find_option(parser, word, length);

	if (!option)
		return unknown_option(parser, word);
	if (option->argument)
		return take_with_argument(parser, option, equals ? equals + 1 : NULL);
	if (equals)
		return cli_usage(parser->cli, parser->arguments->command,
			"%s takes no argument", option->name);
	return take(parser, option, NULL);
}

/* "-n 5", "-n5", "-vv". */
static int parse_short(struct parser *parser, const char *word)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const char name[] = {'-', *letter, '\0'};
		const struct cli_option *option = find_option(parser, name, 2);
		int status;

		if (!option)
			return unknown_option(parser, letter == word + 1 ? word : name);
		if (option->argument)
			return take_with_argument(
				parser, option, letter[1] ? letter + 1 : NULL);
		status = take(parser, option, NULL);
		if (status != CLI_DONE)
			return status;
	}
	return CLI_DONE;
}

static int parse_word(struct parser *parser, const char *word)
{
	struct cli_arguments *arguments = parser->arguments;

	if (!parser->options_ended && !strcmp(word, "--")) {
		parser->options_ended = true;
		return CLI_DONE;
	}
	if (!parser->options_ended && !strncmp(word, "--", 2))
		return parse_long(parser, word);
	if (!parser->options_ended && is_option(word))
		return parse_short(parser, word);
	if (arguments->command) {
		arguments->operands[arguments->operand_count++] = word;
		return CLI_DONE;
	}
	arguments->command = cli_table_find(word);
	return arguments->command ? CLI_DONE : cli_table_unknown(parser->cli, word);
}

/* By its name in the usage line: the operands there stand in their order. */
static int missing_operand(struct cli *cli, const struct cli_arguments *arguments)
{
	const char *name = arguments->command->operands ?: "";

	for (size_t i = 0; i < arguments->operand_count; i++) {
		name += strcspn(name, " ");
		name += strspn(name, " ");
	}
	return cli_usage(cli, arguments->command, "%.*s is missing",
		(int)strcspn(name, " ."), name);
}

static int check_operands(struct cli *cli, const struct cli_arguments *arguments)
{
	const struct cli_command *command = arguments->command;

	if (!command || command->needs || cli_option_given(arguments, "--help") ||
		cli_option_given(arguments, "-h"))
		return CLI_DONE;
	if (arguments->operand_count > command->operands_max)
		return cli_usage(cli, command, "'%s' is one word too many%s",
			arguments->operands[command->operands_max],
			command->completes_symbols
				? "; an expression with blanks stands in quotes"
				: "");
	if (arguments->operand_count < command->operands_min)
		return missing_operand(cli, arguments);
	return CLI_DONE;
}

int cli_arguments_parse(
	struct cli *cli, size_t count, char *const *words, struct cli_arguments *ret)
{
	struct cli_arguments arguments = {
		.operands = calloc(count + 1, sizeof(*arguments.operands)),
		.given = NULL,
	};
	struct parser parser = {
		.cli = cli, .arguments = &arguments, .words = words, .count = count};
	size_t letters = 0;
	int status = CLI_DONE;

	/* A word such as -vvv holds as many options as it has letters. */
	for (size_t i = 0; i < count; i++)
		letters += strlen(words[i]) + 1;
	arguments.given = calloc(letters + 1, sizeof(*arguments.given));
	if (!arguments.operands || !arguments.given)
		status = cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	while (status == CLI_DONE && parser.next < count)
		status = parse_word(&parser, words[parser.next++]);
	if (status == CLI_DONE)
		status = check_operands(cli, &arguments);
	if (status == CLI_DONE)
		*ret = arguments;
	else
		cli_arguments_deinit(&arguments);
	return status;
}

const char *cli_option_value(const struct cli_arguments *arguments, const char *name)
{
	for (size_t i = arguments->given_count; i > 0; i--)
		if (!strcmp(arguments->given[i - 1].option->name, name))
			return arguments->given[i - 1].value;
	return NULL;
}

bool cli_option_given(const struct cli_arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->given_count; i++)
		if (!strcmp(arguments->given[i].option->name, name))
			return true;
	return false;
}

bool cli_option_number(
	const struct cli_arguments *arguments, const char *name, uint64_t *ret)
{
	const char *value = cli_option_value(arguments, name);

	return value && cli_parse_number(value, ret);
}
