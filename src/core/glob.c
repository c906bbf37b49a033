/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Patterns, of bytes and without regard to locales: fnmatch(3) refuses what is no valid
 * text, and may take exponential time. Here only the last '*' is gone back to, which is
 * enough, since what was matched before it cannot match any better.
 */
#include "symbol.h"

/* Moves *@p pattern behind the ']'. A set without one is a '[' that stands for itself. */
static bool matches_set(const char **pattern, unsigned char byte)
{
	const unsigned char *at = (const unsigned char *)*pattern + 1;
	bool negated = *at == '!' || *at == '^', found = false;
	const unsigned char *first = at + negated;

	for (at = first; *at && (*at != ']' || at == first); at++) {
		unsigned char low = *at, high = low;

		if (at[1] == '-' && at[2] && at[2] != ']') {
			high = at[2];
			at += 2;
		}
		found = found || (byte >= low && byte <= high);
	}
	if (!*at) {
		++*pattern;
		return byte == '[';
	}
	*pattern = (const char *)at + 1;
	return found != negated;
}

/* One byte; moves *@p pattern behind what it was held against. */
static bool matches_one(const char **pattern, char byte)
{
	switch (**pattern) {
	case '\0':
		return false;
	case '?':
		++*pattern;
		return true;
	case '[':
		return matches_set(pattern, (unsigned char)byte);
	case '\\':
		if ((*pattern)[1])
			++*pattern;
		/* fall through */
	default:
		return *(*pattern)++ == byte;
	}
}

bool sonde_glob_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (matches_one(&pattern, *text)) {
			text++;
		} else if (star) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
