/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Linux version 6.1.0-1-amd64 (user@host) (compiler) #1 SMP Debian ..\n" and a NUL. Logs
 * and formats in a kernel's image begin with the same words, so all of it has to fit.
 */
#include <ctype.h>
#include <string.h>

#include "banner.h"
#include "error.h"
#include "space_search.h"

static const char words[] = "Linux version ";

enum {
	/** Places with these words that are looked at. */
	PLACES_MAX = 64,
};

static bool is_printable(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isascii((unsigned char)text[i]) || !isprint((unsigned char)text[i]))
			return false;
	return true;
}

static bool copy(char *ret, size_t size, const char *text, size_t length)
{
	if (!length || length >= size)
		return false;
	memcpy(ret, text, length);
	ret[length] = '\0';
	return true;
}

bool sonde_linux_banner_parse(
	const uint8_t *data, size_t length, struct sonde_linux_banner *ret)
{
	size_t prefix = sizeof(words) - 1, end;
	const char *release, *builder, *version;

	end = strnlen((const char *)data, length);
	if (end == length || end >= sizeof(ret->text) || end <= prefix ||
		memcmp(data, words, prefix) != 0 || data[end - 1] != '\n' ||
		!is_printable((const char *)data, end - 1))
		return false;
	memcpy(ret->text, data, end + 1);
	release = ret->text + prefix;
	builder = strstr(release, " (");
	version = strstr(release, ") #");
	if (!builder || !version || version < builder ||
		memchr(release, ' ', (size_t)(builder - release)))
		return false;
	version += 2;
	/* Placeholders have no number. */
	if (!isdigit((unsigned char)version[1]))
		return false;
	return copy(ret->release, sizeof(ret->release), release,
		       (size_t)(builder - release)) &&
	       copy(ret->version, sizeof(ret->version), version, strlen(version) - 1);
}

struct sonde_error *sonde_linux_banner_read(struct sonde_space *space, uint64_t address,
	struct sonde_linux_banner *ret, bool *found)
{
	uint8_t data[SONDE_LINUX_BANNER_MAX];
	size_t got;

	CHECK(sonde_space_read_part(space, address, data, sizeof(data), &got));
	*found = sonde_linux_banner_parse(data, got, ret);
	ret->address = address;
	return NULL;
}

struct sonde_error *sonde_linux_banner_search(struct sonde_space *space, uint64_t first,
	uint64_t last, struct sonde_linux_banner *ret, bool *found)
{
	uint64_t at;

	*found = false;
	for (unsigned i = 0; i < PLACES_MAX && first <= last; i++) {
		CHECK(sonde_space_search(
			space, first, last, words, sizeof(words) - 1, &at, found));
		if (!*found)
			return NULL;
		CHECK(sonde_linux_banner_read(space, at, ret, found));
		if (*found)
			return NULL;
		first = at + 1;
	}
	return NULL;
}
