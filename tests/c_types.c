/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c_types.h"

enum {
	TAGS_MAX = 256,
	WORD_BYTES = 64,
	DIMENSIONS_MAX = 4,
};

struct type {
	uint32_t id;
	unsigned bytes, align;
};

struct tag {
	char kind;
	char name[WORD_BYTES];
	struct type type;
};

struct parser {
	struct btf_builder *btf;
	const char *at;
	char word[WORD_BYTES];
	/** Scalars are tags of kind ' '; incomplete types have no bytes. */
	struct tag tags[TAGS_MAX];
	unsigned tag_count;
};

static const struct {
	const char *name;
	unsigned bytes, encoding;
} scalars[] = {
	{"char", 1, BTF_SIGNED},
	{"unsigned char", 1, 0},
	{"short", 2, BTF_SIGNED},
	{"unsigned short", 2, 0},
	{"int", 4, BTF_SIGNED},
	{"unsigned int", 4, 0},
	{"long", 8, BTF_SIGNED},
	{"unsigned long", 8, 0},
	{"long long", 8, BTF_SIGNED},
	{"unsigned long long", 8, 0},
	{"bool", 1, BTF_BOOL},
	{"u8", 1, 0},
	{"u16", 2, 0},
	{"u32", 4, 0},
	{"u64", 8, 0},
	{"s8", 1, BTF_SIGNED},
	{"s16", 2, BTF_SIGNED},
	{"s32", 4, BTF_SIGNED},
	{"s64", 8, BTF_SIGNED},
};

_Noreturn static void refuse(const struct parser *parser, const char *why)
{
	fprintf(stderr, "types in C: %s, before \"%.40s\"\n", why, parser->at);
	abort();
}

/* --- words ------------------------------------------------------------------------ */

static void skip_space(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool take_sign(struct parser *parser, char sign)
{
	skip_space(parser);
	if (*parser->at != sign)
		return false;
	parser->at++;
	return true;
}

static void want_sign(struct parser *parser, char sign)
{
	if (!take_sign(parser, sign))
		refuse(parser, "something is missing");
}

/* A word or a number; it is empty where there is none. */
static const char *peek_word(struct parser *parser)
{
	size_t length = 0;

	skip_space(parser);
	while (isalnum((unsigned char)parser->at[length]) || parser->at[length] == '_')
		length++;
	if (length >= WORD_BYTES)
		refuse(parser, "a word is too long");
	memcpy(parser->word, parser->at, length);
	parser->word[length] = '\0';
	return parser->word;
}

static void take_word(struct parser *parser, char ret[WORD_BYTES])
{
	memcpy(ret, peek_word(parser), WORD_BYTES);
	parser->at += strlen(ret);
}

static bool take(struct parser *parser, const char *word)
{
	if (strcmp(peek_word(parser), word) != 0)
		return false;
	parser->at += strlen(word);
	return true;
}

static unsigned take_number(struct parser *parser)
{
	char word[WORD_BYTES], *end;
	unsigned long number;

	take_word(parser, word);
	number = strtoul(word, &end, 0);
	if (end == word || *end || number > 1 << 24)
		refuse(parser, "there should be a number");
	return (unsigned)number;
}

/* --- types that have a name ------------------------------------------------------- */

static struct tag *find_tag(struct parser *parser, char kind, const char *name)
{
	for (unsigned i = 0; i < parser->tag_count; i++)
		if (parser->tags[i].kind == kind && !strcmp(parser->tags[i].name, name))
			return &parser->tags[i];
	return NULL;
}

static struct tag *add_tag(
	struct parser *parser, char kind, const char *name, struct type type)
{
	struct tag *tag = find_tag(parser, kind, name);

	if (!tag && parser->tag_count == TAGS_MAX)
		refuse(parser, "there are too many types");
	if (!tag)
		tag = &parser->tags[parser->tag_count++];
	tag->kind = kind;
	snprintf(tag->name, sizeof(tag->name), "%s", name);
	tag->type = type;
	return tag;
}

static struct type find_scalar(struct parser *parser, const char *name)
{
	struct tag *tag = find_tag(parser, ' ', name);

	for (size_t i = 0; !tag && i < sizeof(scalars) / sizeof(scalars[0]); i++)
		if (!strcmp(scalars[i].name, name))
			tag = add_tag(parser, ' ', name,
				(struct type){
					btf_integer(parser->btf, name, scalars[i].bytes,
						scalars[i].encoding),
					scalars[i].bytes, scalars[i].bytes});
	if (!tag)
		refuse(parser, "no such type");
	return tag->type;
}

/* "unsigned" and "unsigned long int" have names of several words. */
static struct type parse_scalar(struct parser *parser)
{
	char name[4 * WORD_BYTES], word[WORD_BYTES];

	take_word(parser, word);
	snprintf(name, sizeof(name), "%s", word);
	if (!strcmp(word, "unsigned") && strcmp(peek_word(parser), "char") != 0 &&
		strcmp(peek_word(parser), "short") != 0 &&
		strcmp(peek_word(parser), "long") != 0) {
		take(parser, "int");
		return find_scalar(parser, "unsigned int");
	}
	if (!strcmp(word, "unsigned")) {
		take_word(parser, word);
		snprintf(name, sizeof(name), "unsigned %s", word);
	}
	if (!strcmp(word, "long") && take(parser, "long"))
		strcat(name, " long");
	return find_scalar(parser, name);
}

/* --- structures ------------------------------------------------------------------- */

static struct type parse_type(struct parser *parser);

struct layout {
	struct btf_part parts[BTF_MAX_PARTS];
	char names[BTF_MAX_PARTS][WORD_BYTES];
	unsigned count;
	bool is_union;
	/** Where the next one may be (bits), and how large it is (bytes). */
	uint64_t next;
	unsigned bytes, align;
};

static void place(struct parser *parser, struct layout *layout, struct type type,
	const char *name, unsigned bits)
{
	struct btf_part *part = &layout->parts[layout->count];
	uint64_t unit = 8 * (uint64_t)(type.align ? type.align : 1);
	uint64_t at = layout->is_union ? 0 : layout->next;
	uint64_t end;

	if (layout->count == BTF_MAX_PARTS - 1)
		refuse(parser, "a structure has too many members");
	if (!type.align)
		refuse(parser, "a member's type is incomplete");
	/* A bit-field may not lie across two of its units. */
	if (!bits || at / unit != (at + bits - 1) / unit)
		at = (at + unit - 1) / unit * unit;
	snprintf(layout->names[layout->count], WORD_BYTES, "%s", name);
	*part = (struct btf_part){
		layout->names[layout->count], type.id, (uint32_t)at, bits};
	layout->count++;
	end = at + (bits ? bits : 8 * (uint64_t)type.bytes);
	layout->next = end;
	if (end > 8 * (uint64_t)layout->bytes)
		layout->bytes = (unsigned)((end + 7) / 8);
	if (type.align > layout->align)
		layout->align = type.align;
}

/* Stars, a name, dimensions; *@p bits is 0 unless it is a bit-field. */
static struct type parse_declarator(
	struct parser *parser, struct type type, char name[WORD_BYTES], unsigned *bits)
{
	unsigned dimensions[DIMENSIONS_MAX], count = 0;

	while (take_sign(parser, '*'))
		type = (struct type){btf_pointer(parser->btf, type.id), 8, 8};
	take_word(parser, name);
	for (; take_sign(parser, '['); want_sign(parser, ']')) {
		if (count == DIMENSIONS_MAX)
			refuse(parser, "an array has too many dimensions");
		dimensions[count++] = take_number(parser);
	}
	while (count--) {
		type.id = btf_array(parser->btf, type.id, dimensions[count]);
		type.bytes *= dimensions[count];
	}
	*bits = take_sign(parser, ':') ? take_number(parser) : 0;
	return type;
}

static void parse_members(struct parser *parser, struct layout *layout)
{
	while (!take_sign(parser, '}')) {
		struct type type = parse_type(parser);

		if (take_sign(parser, ';')) {
			place(parser, layout, type, "", 0);
			continue;
		}
		do {
			char name[WORD_BYTES];
			unsigned bits;
			struct type whole = parse_declarator(parser, type, name, &bits);

			place(parser, layout, whole, name, bits);
		} while (take_sign(parser, ','));
		want_sign(parser, ';');
	}
}

static struct type parse_body(struct parser *parser, bool is_union, const char *name)
{
	struct layout *layout = calloc(1, sizeof(*layout));
	struct type type;

	if (!layout)
		abort();
	layout->is_union = is_union;
	layout->align = 1;
	parse_members(parser, layout);
	type.align = layout->align;
	type.bytes = (layout->bytes + type.align - 1) / type.align * type.align;
	layout->parts[layout->count].name = NULL;
	type.id = (is_union ? btf_union : btf_struct)(
		parser->btf, name, type.bytes, layout->parts);
	free(layout);
	return type;
}

static struct type parse_compound(struct parser *parser, bool is_union)
{
	char kind = is_union ? 'u' : 's', name[WORD_BYTES];
	struct type type;
	struct tag *tag;

	take_word(parser, name);
	if (take_sign(parser, '{')) {
		type = parse_body(parser, is_union, name);
		if (*name)
			add_tag(parser, kind, name, type);
		return type;
	}
	tag = find_tag(parser, kind, name);
	if (tag)
		return tag->type;
	type = (struct type){btf_forward(parser->btf, name, is_union), 0, 0};
	return add_tag(parser, kind, name, type)->type;
}

static struct type parse_enum(struct parser *parser)
{
	char name[WORD_BYTES], names[BTF_MAX_PARTS][WORD_BYTES];
	struct btf_part parts[BTF_MAX_PARTS];
	unsigned count = 0, value = 0;
	struct type type = {.bytes = 4, .align = 4};

	take_word(parser, name);
	if (!take_sign(parser, '{')) {
		struct tag *tag = find_tag(parser, 'e', name);

		if (!tag)
			refuse(parser, "no such enumeration");
		return tag->type;
	}
	while (!take_sign(parser, '}')) {
		if (count == BTF_MAX_PARTS - 1)
			refuse(parser, "an enumeration has too many values");
		take_word(parser, names[count]);
		if (take_sign(parser, '='))
			value = take_number(parser);
		parts[count] = (struct btf_part){names[count], 0, 0, 0, value++};
		count++;
		take_sign(parser, ',');
	}
	parts[count].name = NULL;
	type.id = btf_enum(parser->btf, name, 4, false, parts);
	if (*name)
		add_tag(parser, 'e', name, type);
	return type;
}

static struct type parse_type(struct parser *parser)
{
	while (take(parser, "const") || take(parser, "volatile"))
		continue;
	if (take(parser, "struct"))
		return parse_compound(parser, false);
	if (take(parser, "union"))
		return parse_compound(parser, true);
	if (take(parser, "enum"))
		return parse_enum(parser);
	if (take(parser, "void"))
		return (struct type){0, 0, 0};
	return parse_scalar(parser);
}

void c_types_add(struct btf_builder *btf, const char *text)
{
	struct parser *parser = calloc(1, sizeof(*parser));

	if (!parser)
		abort();
	parser->btf = btf;
	parser->at = text;
	for (skip_space(parser); *parser->at; skip_space(parser)) {
		parse_type(parser);
		want_sign(parser, ';');
	}
	free(parser);
}
