/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "options.h"
#include "report.h"

static const struct {
	const char *name;
	unsigned bit;
} kinds[] = {
	{"calls", SONDE_INSIDE_CALLS},
	{"returns", SONDE_INSIDE_RETURNS},
	{"tail-calls", SONDE_INSIDE_TAIL_CALLS},
	{"jumps", SONDE_INSIDE_JUMPS},
};

/* 0: it is none. */
static unsigned bit_of(const char *word, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == length &&
			!memcmp(kinds[i].name, word, length))
			return kinds[i].bit;
	return 0;
}

/* "calls,returns". False: a word in it is none. */
static bool parse(const char *text, unsigned *ret)
{
	*ret = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		unsigned bit = bit_of(text, length);

		*ret |= bit;
		if (!bit || !text[length])
			return bit;
		text += length + 1;
	}
}

int cli_check_places(struct cli *cli, const struct cli_arguments *arguments)
{
	const char *inside = cli_option_value(arguments, "--inside");
	unsigned bits;

	if (inside && cli_option_given(arguments, "--call-sites"))
		return cli_usage(cli, arguments->command,
			"--inside and --call-sites exclude each other");
	if (inside && !parse(inside, &bits))
		return cli_usage(cli, arguments->command,
			"'%s' is not calls, returns, tail-calls or jumps, with commas "
			"between",
			inside);
	return CLI_DONE;
}

void cli_take_places(
	const struct cli_arguments *arguments, struct sonde_probe_options *options)
{
	const char *inside = cli_option_value(arguments, "--inside");

	options->all = cli_option_given(arguments, "--all");
	if (inside) {
		options->kind = SONDE_PROBE_INSIDE;
		parse(inside, &options->instructions);
	} else if (cli_option_given(arguments, "--call-sites")) {
		options->kind = SONDE_PROBE_CALL_SITES;
	}
}

int cli_find_instruction(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret)
{
	const struct sonde_probe_options options = {
		.size = sizeof(options), .kind = SONDE_PROBE_INSTRUCTION, .place = text};
	int status = cli_find_place(cli, text, thread, ret);
	uint64_t *addresses;
	size_t count;

	if (status != CLI_DONE || !cli_is_symbol(text) || !strchr(text, '+'))
		return status;
	CLI_TRY(cli, sonde_probe_find_places(cli->target, &options, &addresses, &count));
	free(addresses);
	return CLI_DONE;
}
