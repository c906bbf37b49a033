/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text is for people, and differs between versions and modes of the CPU. So it is
 * read field by field, wherever they stand: a name, then hexadecimal words until
 * something else follows. What is not known is passed over.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "monitor_registers_arch.h"

enum {
	/** No text of QEMU is longer (bytes): the rest is not looked at. */
	TEXT_MAX = 1 << 18,
	HEX_MAX = 16,
};

static const struct sonde_qemu_architecture *const architectures[] = {
	&sonde_qemu_architecture_x86_64,
	&sonde_qemu_architecture_i386,
	&sonde_qemu_architecture_aarch64,
	&sonde_qemu_architecture_riscv64,
};

static const struct sonde_qemu_architecture *find_architecture(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (!strcmp(architectures[i]->name, name))
			return architectures[i];
	return NULL;
}

const struct sonde_qemu_register *sonde_qemu_registers_of(
	const char *architecture, size_t *count)
{
	const struct sonde_qemu_architecture *found = find_architecture(architecture);

	*count = found ? found->count : 0;
	return found ? found->registers : NULL;
}

/* --- what architectures use ------------------------------------------------------- */

bool sonde_qemu_field_is(const struct sonde_qemu_field *field, const char *name)
{
	return strlen(name) == field->name_length &&
	       !memcmp(field->name, name, field->name_length);
}

int sonde_qemu_field_number(const struct sonde_qemu_field *field, const char *prefix)
{
	size_t length = strlen(prefix), i = length;
	int number = 0;

	/* Two digits are enough for all. */
	if (field->name_length <= length || field->name_length > length + 2 ||
		memcmp(field->name, prefix, length) != 0)
		return -1;
	for (; i < field->name_length; i++) {
		if (!isdigit((unsigned char)field->name[i]))
			return -1;
		number = number * 10 + (field->name[i] - '0');
	}
	return number;
}

struct sonde_register_value *sonde_qemu_dump_find(
	const struct sonde_qemu_dump *dump, const char *name)
{
	const struct sonde_qemu_architecture *architecture = dump->architecture;

	for (size_t i = 0; i < architecture->count; i++)
		if (!architecture->registers[i].why_not &&
			!strcmp(architecture->registers[i].name, name))
			return &dump->values[i];
	return NULL;
}

void sonde_qemu_dump_set(
	struct sonde_qemu_dump *dump, const char *name, uint64_t low, uint64_t high)
{
	struct sonde_register_value *value = sonde_qemu_dump_find(dump, name);

	if (!value)
		return;
	sonde_register_value_set_integer(value, low, value->bits);
	for (unsigned i = 8; i < (value->bits + 7) / 8 && i < 16; i++)
		value->bytes[i] = (uint8_t)(high >> 8 * (i - 8));
	dump->known++;
}

/* --- the text --------------------------------------------------------------------- */

/* What is printed of the first CPU: from behind its heading to the next one. */
static const char *find_cpu(const char *text, const char **end)
{
	size_t length = strnlen(text, TEXT_MAX);
	const char *heading = memmem(text, length, "CPU#", 4);
	const char *start = text;

	*end = text + length;
	if (!heading)
		return start;
	/* Only blanks before it, or it is the second one's. */
	if (strspn(text, " \t\r\n") == (size_t)(heading - text)) {
		start = heading + 4;
		while (start < *end && isdigit((unsigned char)*start))
			start++;
		heading = memmem(start, (size_t)(*end - start), "CPU#", 4);
	}
	if (heading)
		*end = heading;
	return start;
}

static bool is_blank(char character)
{
	return isspace((unsigned char)character);
}

/* Whether a word may end here. */
static bool is_boundary(const char *position, const char *end)
{
	return position == end || is_blank(*position) || *position == ':';
}

/* A whole hexadecimal word; false, and nothing is moved, where there is none. */
static bool take_word(
	const char **position, const char *end, uint64_t *ret, unsigned *digits)
{
	const char *p = *position;

	if (!sonde_hex_parse(&p, end, ret) || p - *position > HEX_MAX ||
		!is_boundary(p, end))
		return false;
	*digits = (unsigned)(p - *position);
	*position = p;
	return true;
}

/* Words until something else comes. The last ones are kept: they are the lowest. */
static void take_words(
	const char **position, const char *end, struct sonde_qemu_field *field)
{
	enum {
		LAST = SONDE_QEMU_WORDS_MAX - 1,
	};

	field->count = 0;
	for (;;) {
		uint64_t word;
		unsigned digits;

		while (*position < end && (is_blank(**position) || **position == ':'))
			++*position;
		if (!take_word(position, end, &word, &digits))
			return;
		if (field->count == SONDE_QEMU_WORDS_MAX) {
			memmove(field->words, field->words + 1, LAST * sizeof(word));
			memmove(field->digits, field->digits + 1, LAST * sizeof(digits));
			field->count--;
		}
		field->words[field->count] = word;
		field->digits[field->count++] = digits;
	}
}

/* The next "NAME=" or "NAME =" with what follows. */
static bool next_equation(
	const char **position, const char *end, struct sonde_qemu_field *ret)
{
	const char *sign = memchr(*position, '=', (size_t)(end - *position));
	const char *behind, *start;

	if (!sign)
		return false;
	for (behind = sign; behind > *position && behind[-1] == ' '; behind--)
		;
	for (start = behind; start > *position && !is_blank(start[-1]); start--)
		;
	ret->name = start;
	ret->name_length = (size_t)(behind - start);
	*position = sign + 1;
	take_words(position, end, ret);
	return true;
}

/* The next "NAME WORD", the word with all of its digits: a name may look like one. */
static bool next_pair(
	const char **position, const char *end, struct sonde_qemu_field *ret)
{
	ret->name_length = 0;
	while (*position < end) {
		const char *start;
		const char *p;

		while (*position < end && is_blank(**position))
			++*position;
		start = p = *position;
		while (*position < end && !is_blank(**position))
			++*position;
		ret->count = *position - start == HEX_MAX &&
			     take_word(&p, end, &ret->words[0], &ret->digits[0]);
		if (ret->count && ret->name_length)
			return true;
		ret->name = start;
		ret->name_length = (size_t)(*position - start);
	}
	return false;
}

struct sonde_error *sonde_qemu_registers_parse(
	const char *architecture, const char *text, struct sonde_register_value *values)
{
	struct sonde_qemu_dump dump = {
		.architecture = find_architecture(architecture),
		.values = values,
	};
	const char *end, *position = find_cpu(text, &end);
	struct sonde_qemu_field field;

	if (!dump.architecture)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"registers of %s in QEMU's monitor are not known", architecture);
	for (size_t i = 0; i < dump.architecture->count; i++) {
		memset(&values[i], 0, sizeof(values[i]));
		values[i].bits = dump.architecture->registers[i].bits;
	}
	while (dump.architecture->equal_signs ? next_equation(&position, end, &field)
					      : next_pair(&position, end, &field))
		dump.architecture->take(&dump, &field);
	if (!dump.known)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"QEMU's monitor shows no registers of %s", architecture);
	if (dump.architecture->finish)
		dump.architecture->finish(&dump);
	return NULL;
}
