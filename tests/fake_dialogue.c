/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "buffer.h"
#include "fake_dialogue.h"
#include "hex.h"
#include "wire_check.h"

struct line {
	/** '>' or '<'. */
	char mark;
	struct sonde_buffer text;
};

struct fake_dialogue {
	struct line *lines;
	size_t count;
	/** Behind the last request that was answered. */
	size_t position;
	unsigned unknown;
};

static void unescape(const char *text, struct sonde_buffer *ret)
{
	while (*text) {
		uint8_t byte = (uint8_t)*text;

		if (text[0] == '\\' && text[1] == 'x' &&
			sonde_hex_decode(text + 2, 1, &byte))
			text += 3;
		text++;
		check(sonde_buffer_append(ret, &byte, 1));
	}
}

static void add_line(struct fake_dialogue *dialogue, const char *text)
{
	struct line *line;

	if (text[0] != '>' && text[0] != '<')
		return;
	if (text[1] != ' ' && text[1])
		return;
	dialogue->lines = realloc(
		dialogue->lines, (dialogue->count + 1) * sizeof(*dialogue->lines));
	assert_non_null(dialogue->lines);
	line = &dialogue->lines[dialogue->count++];
	*line = (struct line){.mark = text[0]};
	if (text[1])
		unescape(strcmp(text + 2, "^C") ? text + 2 : "\3", &line->text);
}

struct fake_dialogue *fake_dialogue_read(const char *path)
{
	struct fake_dialogue *dialogue = calloc(1, sizeof(*dialogue));
	CLEANUP(cleanup_free) char *text = NULL;
	FILE *file = fopen(path, "re");
	size_t capacity = 0;

	if (!file)
		print_error("%s cannot be read\n", path);
	assert_non_null(file);
	assert_non_null(dialogue);
	while (getline(&text, &capacity, file) > 0) {
		text[strcspn(text, "\n")] = '\0';
		add_line(dialogue, text);
	}
	fclose(file);
	return dialogue;
}

void fake_dialogue_free(struct fake_dialogue *dialogue)
{
	if (!dialogue)
		return;
	for (size_t i = 0; i < dialogue->count; i++)
		sonde_buffer_deinit(&dialogue->lines[i].text);
	free(dialogue->lines);
	free(dialogue);
}

static void say_from(
	struct fake_dialogue *dialogue, size_t position, fake_say *say, void *user)
{
	while (position < dialogue->count && dialogue->lines[position].mark == '<') {
		const struct sonde_buffer *text = &dialogue->lines[position].text;

		say(user, text->length ? (const char *)text->data : "", text->length);
		position++;
	}
	dialogue->position = position;
}

void fake_dialogue_connect(struct fake_dialogue *dialogue, fake_say *say, void *user)
{
	say_from(dialogue, 0, say, user);
}

static bool is_request(const struct line *line, const char *request, size_t length)
{
	return line->mark == '>' && line->text.length == length &&
	       !memcmp(line->text.data, request, length);
}

void fake_dialogue_answer(struct fake_dialogue *dialogue, const char *request,
	size_t length, fake_say *say, void *user)
{
	for (size_t i = 0; i < dialogue->count; i++) {
		size_t at = (dialogue->position + i) % dialogue->count;

		if (is_request(&dialogue->lines[at], request, length)) {
			say_from(dialogue, at + 1, say, user);
			return;
		}
	}
	dialogue->unknown++;
	say(user, "", 0);
}

unsigned fake_dialogue_unknown(const struct fake_dialogue *dialogue)
{
	return dialogue->unknown;
}
