/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of the built-in types: C's words may come in any order and some twice, so
 * they are counted, two bits each, and the counts looked up. The kernel's and
 * stdint.h's names stand alone.
 */
#include <string.h>

#include "macros.h"
#include "scalar_type.h"

enum {
	WORD_VOID = 1 << 0,
	WORD_BOOL = 1 << 2,
	WORD_CHAR = 1 << 4,
	WORD_SHORT = 1 << 6,
	WORD_INT = 1 << 8,
	WORD_LONG = 1 << 10,
	WORD_SIGNED = 1 << 12,
	WORD_UNSIGNED = 1 << 14,
	WORD_ALIAS = 1 << 16,
};

static const struct word {
	const char *text;
	unsigned count;
	/** Of WORD_ALIAS. */
	enum sonde_scalar alias;
} known_words[] = {
	{"void", WORD_VOID, 0},
	{"_Bool", WORD_BOOL, 0},
	{"bool", WORD_BOOL, 0},
	{"char", WORD_CHAR, 0},
	{"short", WORD_SHORT, 0},
	{"int", WORD_INT, 0},
	{"long", WORD_LONG, 0},
	{"signed", WORD_SIGNED, 0},
	{"unsigned", WORD_UNSIGNED, 0},
	{"u8", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_CHAR},
	{"u16", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_SHORT},
	{"u32", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_INT},
	{"u64", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_LONG_LONG},
	{"s8", WORD_ALIAS, SONDE_SCALAR_SIGNED_CHAR},
	{"s16", WORD_ALIAS, SONDE_SCALAR_SHORT},
	{"s32", WORD_ALIAS, SONDE_SCALAR_INT},
	{"s64", WORD_ALIAS, SONDE_SCALAR_LONG_LONG},
	{"__u8", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_CHAR},
	{"__u16", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_SHORT},
	{"__u32", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_INT},
	{"__u64", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_LONG_LONG},
	{"__s8", WORD_ALIAS, SONDE_SCALAR_SIGNED_CHAR},
	{"__s16", WORD_ALIAS, SONDE_SCALAR_SHORT},
	{"__s32", WORD_ALIAS, SONDE_SCALAR_INT},
	{"__s64", WORD_ALIAS, SONDE_SCALAR_LONG_LONG},
	{"uint8_t", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_CHAR},
	{"uint16_t", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_SHORT},
	{"uint32_t", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_INT},
	{"uint64_t", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_LONG},
	{"int8_t", WORD_ALIAS, SONDE_SCALAR_SIGNED_CHAR},
	{"int16_t", WORD_ALIAS, SONDE_SCALAR_SHORT},
	{"int32_t", WORD_ALIAS, SONDE_SCALAR_INT},
	{"int64_t", WORD_ALIAS, SONDE_SCALAR_LONG},
	{"size_t", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_LONG},
	{"ssize_t", WORD_ALIAS, SONDE_SCALAR_LONG},
	{"uintptr_t", WORD_ALIAS, SONDE_SCALAR_UNSIGNED_LONG},
	{"intptr_t", WORD_ALIAS, SONDE_SCALAR_LONG},
	{"ptrdiff_t", WORD_ALIAS, SONDE_SCALAR_LONG},
};

/* Each with and without the words that mean nothing beside it: int and signed. */
static const struct {
	unsigned seen;
	enum sonde_scalar scalar;
} combinations[] = {
	{WORD_VOID, SONDE_SCALAR_VOID},
	{WORD_BOOL, SONDE_SCALAR_BOOL},
	{WORD_CHAR, SONDE_SCALAR_CHAR},
	{WORD_SIGNED + WORD_CHAR, SONDE_SCALAR_SIGNED_CHAR},
	{WORD_UNSIGNED + WORD_CHAR, SONDE_SCALAR_UNSIGNED_CHAR},
	{WORD_SHORT, SONDE_SCALAR_SHORT},
	{WORD_SHORT + WORD_INT, SONDE_SCALAR_SHORT},
	{WORD_SIGNED + WORD_SHORT, SONDE_SCALAR_SHORT},
	{WORD_SIGNED + WORD_SHORT + WORD_INT, SONDE_SCALAR_SHORT},
	{WORD_UNSIGNED + WORD_SHORT, SONDE_SCALAR_UNSIGNED_SHORT},
	{WORD_UNSIGNED + WORD_SHORT + WORD_INT, SONDE_SCALAR_UNSIGNED_SHORT},
	{WORD_INT, SONDE_SCALAR_INT},
	{WORD_SIGNED, SONDE_SCALAR_INT},
	{WORD_SIGNED + WORD_INT, SONDE_SCALAR_INT},
	{WORD_UNSIGNED, SONDE_SCALAR_UNSIGNED_INT},
	{WORD_UNSIGNED + WORD_INT, SONDE_SCALAR_UNSIGNED_INT},
	{WORD_LONG, SONDE_SCALAR_LONG},
	{WORD_LONG + WORD_INT, SONDE_SCALAR_LONG},
	{WORD_SIGNED + WORD_LONG, SONDE_SCALAR_LONG},
	{WORD_SIGNED + WORD_LONG + WORD_INT, SONDE_SCALAR_LONG},
	{WORD_UNSIGNED + WORD_LONG, SONDE_SCALAR_UNSIGNED_LONG},
	{WORD_UNSIGNED + WORD_LONG + WORD_INT, SONDE_SCALAR_UNSIGNED_LONG},
	{2 * WORD_LONG, SONDE_SCALAR_LONG_LONG},
	{2 * WORD_LONG + WORD_INT, SONDE_SCALAR_LONG_LONG},
	{WORD_SIGNED + 2 * WORD_LONG, SONDE_SCALAR_LONG_LONG},
	{WORD_SIGNED + 2 * WORD_LONG + WORD_INT, SONDE_SCALAR_LONG_LONG},
	{WORD_UNSIGNED + 2 * WORD_LONG, SONDE_SCALAR_UNSIGNED_LONG_LONG},
	{WORD_UNSIGNED + 2 * WORD_LONG + WORD_INT, SONDE_SCALAR_UNSIGNED_LONG_LONG},
};

static const struct word *find_word(const char *word, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_words); i++) {
		const char *text = known_words[i].text;

		if (strlen(text) == length && !memcmp(text, word, length))
			return &known_words[i];
	}
	return NULL;
}

bool sonde_scalar_words_know(const char *word, size_t length)
{
	return find_word(word, length);
}

bool sonde_scalar_words_add(
	struct sonde_scalar_words *words, const char *word, size_t length)
{
	const struct word *found = find_word(word, length);

	/* No type has a word three times, and two bits count no further. */
	if ((words->seen & found->count * 3) == found->count * 3)
		return false;
	words->seen += found->count;
	words->alias = found->alias;
	return true;
}

bool sonde_scalar_words_type(
	const struct sonde_scalar_words *words, enum sonde_scalar *ret)
{
	if (words->seen == WORD_ALIAS) {
		*ret = words->alias;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(combinations); i++) {
		if (combinations[i].seen != words->seen)
			continue;
		*ret = combinations[i].scalar;
		return true;
	}
	return false;
}
