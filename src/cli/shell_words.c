/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "shell.h"

static bool is_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\r' ||
	       character == '\n';
}

/*
 * Copies the word at *@p from to *@p to. False: a quote is not closed.
 */
static bool take_word(const char **from, char **to)
{
	char quote = '\0';

	for (; **from && (quote || !is_blank(**from)); (*from)++) {
		char character = **from;

		if (quote && character == quote) {
			quote = '\0';
		} else if (!quote && (character == '\'' || character == '"')) {
			quote = character;
		} else if (character == '\\' && quote != '\'' && (*from)[1]) {
			(*from)++;
			*(*to)++ = **from;
		} else {
			*(*to)++ = character;
		}
	}
	*(*to)++ = '\0';
	return !quote;
}

int cli_words_split(struct cli *cli, const char *line, struct cli_words *ret)
{
	/* No word is longer than the line, and between words there is a blank. */
	size_t length = strlen(line), words_max = length / 2 + 2;
	size_t table_bytes = words_max * sizeof(char *);
	struct cli_words words = {.words = malloc(table_bytes + length + 2)};
	char *to;

	if (!words.words)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	to = (char *)words.words + table_bytes;
	for (;;) {
		while (is_blank(*line))
			line++;
		if (!*line || *line == '#')
			break;
		words.words[words.count++] = to;
		if (!take_word(&line, &to)) {
			cli_words_deinit(&words);
			cli->json = cli->settings.json;
			return cli_usage_hint(cli, "shell",
				"write expressions with blanks as '$rsp + 16'",
				"a quotation mark is not closed");
		}
	}
	*ret = words;
	return CLI_DONE;
}

void cli_words_deinit(struct cli_words *words)
{
	free(words->words);
}
