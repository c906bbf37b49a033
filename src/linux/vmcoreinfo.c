/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * It begins with "OSRELEASE=", at the beginning of a page. Memory is read in pieces: what
 * is behind the physical space knows best which pages were never touched.
 */
#include <ctype.h>
#include <string.h>

#include "hex.h"
#include "space_search.h"
#include "target.h"
#include "vmcoreinfo.h"

static const char begin[] = "OSRELEASE=";

enum {
	PIECE_BYTES = 1 << 20,
	/** Kernels are below that. */
	ADDRESS_MAX_SHIFT = 40,
	/** A hole as large as that is the end of memory. */
	HOLE_SHIFT = 36,
	/** A kernel has some fifty lines (bytes). */
	TEXT_MIN = 64,
};

/* --- its text --------------------------------------------------------------------- */

/* The length of the lines at @p data; 0: these are no such lines. */
static size_t length_of_lines(const uint8_t *data, size_t length)
{
	size_t end = 0, line = 0;

	for (size_t i = 0; i < length && data[i]; i++) {
		if (data[i] == '\n') {
			if (!memchr(data + line, '=', i - line))
				return 0;
			line = end = i + 1;
		} else if (!isascii(data[i]) || !isprint(data[i])) {
			return 0;
		}
	}
	return end;
}

bool sonde_vmcoreinfo_parse(
	const uint8_t *data, size_t length, struct sonde_vmcoreinfo *ret)
{
	size_t lines;

	if (length > SONDE_VMCOREINFO_MAX)
		length = SONDE_VMCOREINFO_MAX;
	if (length < sizeof(begin) || memcmp(data, begin, sizeof(begin) - 1) != 0)
		return false;
	lines = length_of_lines(data, length);
	if (lines < TEXT_MIN)
		return false;
	memcpy(ret->text, data, lines);
	ret->text[lines] = '\0';
	return sonde_vmcoreinfo_text(
		       ret, "OSRELEASE", ret->release, sizeof(ret->release)) &&
	       *ret->release;
}

bool sonde_vmcoreinfo_text(
	const struct sonde_vmcoreinfo *info, const char *name, char *ret, size_t size)
{
	size_t length = strlen(name);

	for (const char *line = info->text; *line;) {
		const char *end = strchr(line, '\n');

		if (!strncmp(line, name, length) && line[length] == '=') {
			const char *value = line + length + 1;

			if ((size_t)(end - value) >= size)
				return false;
			memcpy(ret, value, (size_t)(end - value));
			ret[end - value] = '\0';
			return true;
		}
		line = end + 1;
	}
	return false;
}

static bool parse_hex(const char *text, uint64_t *ret)
{
	const char *end = text + strlen(text);

	if (text[0] == '0' && text[1] == 'x')
		text += 2;
	return sonde_hex_parse(&text, end, ret) && text == end;
}

bool sonde_vmcoreinfo_hex(
	const struct sonde_vmcoreinfo *info, const char *name, uint64_t *ret)
{
	char text[32];

	return sonde_vmcoreinfo_text(info, name, text, sizeof(text)) &&
	       parse_hex(text, ret);
}

bool sonde_vmcoreinfo_number(
	const struct sonde_vmcoreinfo *info, const char *name, uint64_t *ret)
{
	char text[32], *digits = text;
	uint64_t value = 0;

	if (!sonde_vmcoreinfo_text(info, name, text, sizeof(text)))
		return false;
	if (!strncmp(text, "0x", 2))
		return parse_hex(text, ret);
	digits += *text == '-';
	if (!*digits || strlen(digits) > 19 ||
		strspn(digits, "0123456789") != strlen(digits))
		return false;
	while (*digits)
		value = value * 10 + (uint64_t)(*digits++ - '0');
	*ret = *text == '-' ? -value : value;
	return true;
}

/* --- where it is ------------------------------------------------------------------ */

struct scan {
	struct sonde_space *space;
	struct sonde_vmcoreinfo *info;
	/** A piece. */
	uint8_t *buffer;
	bool found;
	/** Where. */
	uint64_t hit;
};

static bool begins(const uint8_t *page)
{
	return !memcmp(page, begin, sizeof(begin) - 1);
}

/* The page at @p address begins as it should. */
static struct sonde_error *take(struct scan *scan, uint64_t address)
{
	uint8_t data[SONDE_VMCOREINFO_MAX];
	size_t got;

	CHECK(sonde_space_read_part(scan->space, address, data, sizeof(data), &got));
	scan->found = sonde_vmcoreinfo_parse(data, got, scan->info);
	scan->hit = address;
	return NULL;
}

/* Up to the next multiple of a piece; *@p any: there is memory. */
static struct sonde_error *scan_piece(struct scan *scan, uint64_t *address, bool *any)
{
	size_t length = PIECE_BYTES - (size_t)(*address % PIECE_BYTES), got;

	CHECK(sonde_space_read_part(scan->space, *address, scan->buffer, length, &got));
	*any = got > 0;
	for (size_t at = 0; at + sizeof(begin) <= got && !scan->found;
		at += SONDE_WINDOW_PAGE_BYTES)
		if (begins(scan->buffer + at))
			CHECK(take(scan, *address + at));
	*address += length;
	return NULL;
}

static struct sonde_error *scan_memory(
	struct scan *scan, struct sonde *sonde, uint64_t address)
{
	uint64_t seen = address;

	while (!scan->found && address >> ADDRESS_MAX_SHIFT == 0 &&
		(address - seen) >> HOLE_SHIFT == 0) {
		bool any;

		CHECK(sonde_context_check_interrupt(sonde));
		CHECK(scan_piece(scan, &address, &any));
		if (any)
			seen = address;
	}
	return NULL;
}

struct sonde_error *sonde_vmcoreinfo_scan(struct sonde_target *machine, uint64_t *from,
	struct sonde_vmcoreinfo *ret, bool *found)
{
	struct scan scan = {.info = ret};
	struct sonde_error *error;

	*found = false;
	CHECK(sonde_target_physical(machine, &scan.space));
	scan.buffer = malloc(PIECE_BYTES);
	if (!scan.buffer)
		return sonde_error_no_memory();
	error = scan_memory(&scan, machine->sonde, *from);
	free(scan.buffer);
	*found = !error && scan.found;
	if (*found)
		*from = scan.hit + SONDE_WINDOW_PAGE_BYTES;
	return sonde_error_while(error, "looking for a kernel in physical memory");
}
