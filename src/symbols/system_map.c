/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system_map.h"

#include <ctype.h>
#include <string.h>

#include "error.h"

/* Debian has such a line instead of a System.map, which is in its debug package. */
#define PLACEHOLDER "The real System.map"

struct line {
	uint64_t address;
	char kind;
	const char *name;
	size_t length;
	bool is_module;
};

/* As many as there are, but no more than 16; 0: none. */
static size_t parse_hex(const char *text, size_t length, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	size_t count = 0;

	for (*ret = 0; count < length && count < 16; count++) {
		const char *digit = text[count] ? strchr(digits, text[count]) : NULL;

		if (!digit)
			break;
		*ret = *ret << 4 | (uint64_t)(digit - digits);
	}
	return count;
}

static bool is_name_byte(char byte)
{
	return isgraph((unsigned char)byte) || (unsigned char)byte >= 0x80;
}

/* "ADDRESS KIND NAME", and for modules "\t[MODULE]". */
static bool parse_line(const char *text, size_t length, struct line *ret)
{
	size_t at = parse_hex(text, length, &ret->address);

	if (!at || length - at < 4 || text[at] != ' ' ||
		!isalpha((unsigned char)text[at + 1]) || text[at + 2] != ' ')
		return false;
	ret->kind = text[at + 1];
	at += 3;
	ret->name = text + at;
	for (ret->length = 0; at < length && is_name_byte(text[at]); at++)
		ret->length++;
	ret->is_module = length - at > 2 && text[at] == '\t' && text[at + 1] == '[' &&
			 text[length - 1] == ']';
	return ret->length && (at == length || ret->is_module);
}

static struct sonde_error *refuse_line(const char *text, size_t length, unsigned number)
{
	if (memmem(text, length, PLACEHOLDER, strlen(PLACEHOLDER)))
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_BAD_DATA,
				"it only says that the real System.map is elsewhere"),
			"on Debian: install the kernel's package whose name ends in -dbg "
			"and name /usr/lib/debug/boot/System.map-RELEASE");
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_BAD_DATA,
			"line %u is not \"ADDRESS KIND NAME\"", number),
		"a vmlinux (ELF) or a System.map is wanted");
}

/* The kernel shows zeros to those who may not know (kptr_restrict). */
static struct sonde_error *refuse_zeros(void)
{
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_BAD_DATA,
					   "all of its addresses are the same"),
		"copy /proc/kallsyms as root, with kernel.kptr_restrict=0");
}

static struct sonde_error *add_lines(
	const char *text, size_t length, struct sonde_symbol_table *table)
{
	const char *begin = text, *end = text + length;
	uint64_t bits = 0, first = 0;

	for (unsigned number = 1; text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t bytes = (size_t)((newline ?: end) - text);
		struct line line;

		if (!parse_line(text, bytes, &line))
			return refuse_line(text, bytes, number);
		if (!line.is_module)
			CHECK(sonde_error_while(
				sonde_symbol_table_add(table, line.address, line.kind,
					line.name, line.length),
				"reading its line %u", number));
		if (number == 1)
			first = line.address;
		bits |= line.address ^ first;
		text += bytes + 1;
	}
	return bits || text == begin ? NULL : refuse_zeros();
}

struct sonde_error *sonde_system_map_parse(
	const char *text, size_t length, struct sonde_symbol_table **ret)
{
	struct sonde_symbol_table *table;
	struct sonde_error *error;

	CHECK(sonde_symbol_table_create(&table));
	error = add_lines(text, length, table);
	if (!error)
		error = sonde_symbol_table_finish(table);
	if (error) {
		sonde_symbol_table_destroy(table);
		return error;
	}
	*ret = table;
	return NULL;
}
