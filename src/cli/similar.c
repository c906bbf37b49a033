/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "similar.h"

enum {
	/** Longer names are compared as far as this. */
	LENGTH_MAX = 63,
	/** Changes of letters that still make a name similar, for this many letters. */
	LETTERS_A_CHANGE = 3,
};

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* Levenshtein's: how many letters to add, drop or change. */
static unsigned distance(const char *a, const char *b)
{
	size_t length = strnlen(b, LENGTH_MAX);
	unsigned row[LENGTH_MAX + 1];

	for (size_t j = 0; j <= length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; i < LENGTH_MAX && a[i]; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < length; j++) {
			unsigned above = row[j + 1];

			row[j + 1] =
				least(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	return row[length];
}

void cli_similar_offer(struct cli_similar *similar, const char *name)
{
	size_t letters = strlen(similar->wanted);
	unsigned limit = (unsigned)(letters + LETTERS_A_CHANGE - 1) / LETTERS_A_CHANGE;
	size_t at = similar->count, length = strnlen(name, LENGTH_MAX);
	bool begins = letters > 1 && !strncmp(similar->wanted, name, letters);
	const char *kept;
	unsigned far;

	/* Nothing is so far that differs by more letters. */
	if (!begins && (length > letters + limit || length + limit < letters))
		return;
	far = begins || !strcasecmp(similar->wanted, name)
		      ? 0
		      : distance(similar->wanted, name);
	if (far > limit)
		return;
	while (at > 0 && similar->distances[at - 1] > far)
		at--;
	if (at == CLI_SIMILAR_MAX)
		return;
	kept = similar->copies ? strdup(name) : name;
	if (!kept)
		return;
	if (similar->count < CLI_SIMILAR_MAX)
		similar->count++;
	else if (similar->copies)
		free((char *)similar->names[CLI_SIMILAR_MAX - 1]);
	for (size_t i = similar->count - 1; i > at; i--) {
		similar->names[i] = similar->names[i - 1];
		similar->distances[i] = similar->distances[i - 1];
	}
	similar->names[at] = kept;
	similar->distances[at] = far;
}

void cli_similar_deinit(struct cli_similar *similar)
{
	for (size_t i = 0; i < similar->count && similar->copies; i++)
		free((char *)similar->names[i]);
	similar->count = 0;
}

char *cli_similar_hint(const struct cli_similar *similar)
{
	char *hint = NULL;
	size_t size;
	FILE *stream;

	if (!similar->count)
		return NULL;
	stream = open_memstream(&hint, &size);
	if (!stream)
		return NULL;
	fputs("did you mean ", stream);
	for (size_t i = 0; i < similar->count; i++)
		fprintf(stream, "%s%s",
			i == 0			 ? ""
			: i + 1 < similar->count ? ", "
						 : " or ",
			similar->names[i]);
	fputc('?', stream);
	return fclose(stream) == 0 ? hint : NULL;
}
