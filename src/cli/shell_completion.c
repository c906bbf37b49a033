/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the Tab key offers: commands, options, registers; from the table and the target.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "options.h"
#include "shell.h"
#include "table.h"

enum {
	/** Of symbols with fewer letters there are too many to look through. */
	SYMBOL_LETTERS_MIN = 2,
	/** More than that are of no use. */
	SYMBOLS_MAX = 1000,
};

struct gathering {
	struct cli_candidates *candidates;
	size_t capacity;
	/** What is typed already. */
	const char *prefix;
	size_t prefix_length;
};

static void offer(struct gathering *gathering, const char *name)
{
	struct cli_candidates *candidates = gathering->candidates;

	if (strncmp(name, gathering->prefix, gathering->prefix_length) != 0)
		return;
	if (candidates->count == gathering->capacity) {
		size_t capacity = gathering->capacity * 2 + 16;
		const char **names =
			reallocarray(candidates->names, capacity, sizeof(*names));

		if (!names)
			return;
		candidates->names = names;
		gathering->capacity = capacity;
	}
	candidates->names[candidates->count++] = name;
}

static void offer_commands(struct gathering *gathering)
{
	for (size_t i = 0; cli_table[i]; i++)
		if (cli_table[i] != &cli_command_shell)
			offer(gathering, cli_table[i]->name);
}

static void offer_options(struct gathering *gathering, const struct cli_option *options)
{
	for (; options && options->name; options++)
		if (!options->hidden && !options->needs && !options->attaches)
			offer(gathering, options->name);
}

static void offer_registers(struct cli *cli, struct gathering *gathering)
{
	const struct sonde_register *registers;
	struct sonde_error *error;
	size_t count = 0;

	error = sonde_target_registers(cli->target, &registers, &count);
	for (size_t i = 0; !error && i < count; i++)
		offer(gathering, registers[i].name);
	sonde_error_destroy(error);
}

static void drop_symbols(struct cli_candidates *candidates)
{
	for (size_t i = 0; i < candidates->symbol_count; i++)
		free(candidates->symbols[i]);
	free(candidates->symbols);
	candidates->symbols = NULL;
	candidates->symbol_count = 0;
}

/* Names that can be typed; a guest's may have anything in them. */
static bool keep_symbol(struct cli_candidates *candidates, const char *name)
{
	char *copy = cli_is_symbol(name) ? strdup(name) : NULL;

	if (copy)
		candidates->symbols[candidates->symbol_count++] = copy;
	return candidates->symbol_count < SYMBOLS_MAX;
}

static struct sonde_error *gather_symbols(struct cli *cli, struct gathering *gathering)
{
	struct cli_candidates *candidates = gathering->candidates;
	struct sonde_symbol symbol;
	uint64_t position = 0;
	bool more = true;
	size_t length = gathering->prefix_length;
	struct sonde_error *error;

	while (more) {
		error = sonde_symbol_next(cli->target, NULL, &position, &symbol, &more);
		if (error)
			return error;
		if (more && !strncmp(symbol.name, gathering->prefix, length) &&
			!keep_symbol(candidates, symbol.name))
			break;
	}
	/* With some of them missing, what all begin with is not known. */
	if (candidates->symbol_count == SYMBOLS_MAX)
		drop_symbols(candidates);
	return NULL;
}

static void offer_symbols(struct cli *cli, struct gathering *gathering)
{
	struct cli_candidates *candidates = gathering->candidates;

	if (gathering->prefix_length < SYMBOL_LETTERS_MIN)
		return;
	candidates->symbols = calloc(SYMBOLS_MAX, sizeof(*candidates->symbols));
	if (!candidates->symbols)
		return;
	sonde_error_destroy(gather_symbols(cli, gathering));
	for (size_t i = 0; i < candidates->symbol_count; i++)
		if (candidates->symbols[i])
			offer(gathering, candidates->symbols[i]);
}

static const struct cli_command *find_command(const char *line)
{
	const struct cli_command *command;
	size_t start = strspn(line, " \t");
	char *name = strndup(line + start, strcspn(line + start, " \t"));

	command = name ? cli_table_find(name) : NULL;
	free(name);
	return command;
}

static size_t start_of(const char *line, size_t cursor, bool (*belongs)(char))
{
	while (cursor > 0 && belongs(line[cursor - 1]))
		cursor--;
	return cursor;
}

static bool is_word(char character)
{
	return character != ' ' && character != '\t';
}

static bool is_name(char character)
{
	return isalnum((unsigned char)character) || character == '_';
}

static void gather(struct cli *cli, const char *line, struct gathering *gathering)
{
	const struct cli_command *command = find_command(line);
	size_t start = gathering->candidates->start;
	bool after_dollar = start > 0 && line[start - 1] == '$';
	bool is_first = strspn(line, " \t") == start;

	if (!after_dollar && line[start] == '-') {
		offer_options(gathering, command ? command->options : NULL);
		offer_options(gathering, cli_global_options);
	} else if (!after_dollar && (is_first || command == &cli_command_help)) {
		offer_commands(gathering);
	} else if (after_dollar || (command && command->completes_registers)) {
		offer_registers(cli, gathering);
	} else if (command && command->completes_symbols) {
		offer_symbols(cli, gathering);
	}
}

/*
 * A register and a name in an expression begin in the midst of a word; a symbol with
 * dots does not, nor does what is none. Of members nobody knows here.
 */
static size_t start_of_completed(const char *line, size_t cursor)
{
	size_t name = start_of(line, cursor, is_name);
	size_t word = start_of(line, cursor, is_word);

	if (name > word && strchr("$&('\"!~*+/<>=,[", line[name - 1]))
		return name;
	return word;
}

void cli_candidates_init(
	struct cli *cli, const char *line, size_t cursor, struct cli_candidates *ret)
{
	struct gathering gathering = {.candidates = ret};

	*ret = (struct cli_candidates){NULL};
	ret->start = start_of_completed(line, cursor);
	ret->in_word = ret->start > start_of(line, cursor, is_word);
	gathering.prefix = line + ret->start;
	gathering.prefix_length = cursor - ret->start;
	gather(cli, line, &gathering);
}

void cli_candidates_deinit(struct cli_candidates *candidates)
{
	free(candidates->names);
	drop_symbols(candidates);
}

size_t cli_candidates_common(const struct cli_candidates *candidates)
{
	size_t common = candidates->count ? strlen(candidates->names[0]) : 0;

	for (size_t i = 1; i < candidates->count; i++) {
		size_t same = 0;

		while (same < common &&
			candidates->names[i][same] == candidates->names[0][same])
			same++;
		common = same;
	}
	return common;
}
