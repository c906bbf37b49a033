/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "btf_builder.h"

static void must(struct sonde_error *error)
{
	if (error)
		abort();
}

static void put_word(
	const struct btf_builder *btf, struct sonde_buffer *buffer, uint32_t word)
{
	if (btf->swapped)
		word = __builtin_bswap32(word);
	must(sonde_buffer_append(buffer, &word, sizeof(word)));
}

static uint32_t put_string(struct btf_builder *btf, const char *text)
{
	size_t offset = btf->strings.length;

	if (!*text)
		return 0;
	must(sonde_buffer_append(&btf->strings, text, strlen(text) + 1));
	return btf->strings_first + (uint32_t)offset;
}

void btf_begin(struct btf_builder *btf, const struct btf_builder *base)
{
	*btf = (struct btf_builder){.next = 1};
	if (base) {
		btf->next = base->next;
		btf->strings_first = base->strings_first + (uint32_t)base->strings.length;
		btf->swapped = base->swapped;
	}
	must(sonde_buffer_append(&btf->strings, "", 1));
}

void btf_end(struct btf_builder *btf)
{
	sonde_buffer_deinit(&btf->records);
	sonde_buffer_deinit(&btf->strings);
	sonde_buffer_deinit(&btf->out);
}

void btf_finish(struct btf_builder *btf)
{
	uint16_t magic = btf->swapped ? 0x9feb : 0xeb9f;

	sonde_buffer_deinit(&btf->out);
	must(sonde_buffer_append(&btf->out, &magic, sizeof(magic)));
	must(sonde_buffer_append(&btf->out, "\1\0", 2));
	put_word(btf, &btf->out, 24);
	put_word(btf, &btf->out, 0);
	put_word(btf, &btf->out, (uint32_t)btf->records.length);
	put_word(btf, &btf->out, (uint32_t)btf->records.length);
	put_word(btf, &btf->out, (uint32_t)btf->strings.length);
	must(sonde_buffer_append(&btf->out, btf->records.data, btf->records.length));
	must(sonde_buffer_append(&btf->out, btf->strings.data, btf->strings.length));
}

uint32_t btf_add(struct btf_builder *btf, const char *name, uint32_t info, uint32_t word,
	const uint32_t *extra, size_t extra_count)
{
	put_word(btf, &btf->records, put_string(btf, name));
	put_word(btf, &btf->records, info);
	put_word(btf, &btf->records, word);
	for (size_t i = 0; i < extra_count; i++)
		put_word(btf, &btf->records, extra[i]);
	return btf->next++;
}

static uint32_t info(unsigned kind, size_t parts, bool flag)
{
	return kind << 24 | (uint32_t)parts | (uint32_t)flag << 31;
}

uint32_t btf_integer(
	struct btf_builder *btf, const char *name, unsigned bytes, unsigned encoding)
{
	uint32_t word = encoding << 24 | bytes * 8;

	return btf_add(btf, name, info(1, 0, false), bytes, &word, 1);
}

uint32_t btf_pointer(struct btf_builder *btf, uint32_t target)
{
	return btf_add(btf, "", info(2, 0, false), target, NULL, 0);
}

uint32_t btf_array(struct btf_builder *btf, uint32_t element, uint32_t count)
{
	uint32_t words[] = {element, 1, count};

	return btf_add(btf, "", info(3, 0, false), 0, words, 3);
}

uint32_t btf_typedef(struct btf_builder *btf, const char *name, uint32_t target)
{
	return btf_add(btf, name, info(8, 0, false), target, NULL, 0);
}

uint32_t btf_volatile(struct btf_builder *btf, uint32_t target)
{
	return btf_add(btf, "", info(9, 0, false), target, NULL, 0);
}

uint32_t btf_const(struct btf_builder *btf, uint32_t target)
{
	return btf_add(btf, "", info(10, 0, false), target, NULL, 0);
}

static size_t count_parts(const struct btf_part *parts)
{
	size_t count = 0;

	while (parts[count].name)
		count++;
	return count < BTF_MAX_PARTS ? count : BTF_MAX_PARTS;
}

static uint32_t add_compound(struct btf_builder *btf, unsigned kind, const char *name,
	unsigned bytes, const struct btf_part *parts)
{
	size_t count = count_parts(parts);
	uint32_t words[3 * BTF_MAX_PARTS];
	bool has_bits = false;

	for (size_t i = 0; i < count; i++)
		has_bits |= parts[i].bit_size != 0;
	for (size_t i = 0; i < count; i++) {
		words[3 * i] = put_string(btf, parts[i].name);
		words[3 * i + 1] = parts[i].type;
		words[3 * i + 2] = parts[i].offset | parts[i].bit_size << 24;
	}
	return btf_add(btf, name, info(kind, count, has_bits), bytes, words, 3 * count);
}

uint32_t btf_struct(struct btf_builder *btf, const char *name, unsigned bytes,
	const struct btf_part *parts)
{
	return add_compound(btf, 4, name, bytes, parts);
}

uint32_t btf_union(struct btf_builder *btf, const char *name, unsigned bytes,
	const struct btf_part *parts)
{
	return add_compound(btf, 5, name, bytes, parts);
}

uint32_t btf_enum(struct btf_builder *btf, const char *name, unsigned bytes,
	bool is_signed, const struct btf_part *parts)
{
	size_t count = count_parts(parts);
	uint32_t words[2 * BTF_MAX_PARTS];

	for (size_t i = 0; i < count; i++) {
		words[2 * i] = put_string(btf, parts[i].name);
		words[2 * i + 1] = (uint32_t)parts[i].value;
	}
	return btf_add(btf, name, info(6, count, is_signed), bytes, words, 2 * count);
}

uint32_t btf_enum64(struct btf_builder *btf, const char *name, bool is_signed,
	const struct btf_part *parts)
{
	size_t count = count_parts(parts);
	uint32_t words[3 * BTF_MAX_PARTS];

	for (size_t i = 0; i < count; i++) {
		words[3 * i] = put_string(btf, parts[i].name);
		words[3 * i + 1] = (uint32_t)parts[i].value;
		words[3 * i + 2] = (uint32_t)((uint64_t)parts[i].value >> 32);
	}
	return btf_add(btf, name, info(19, count, is_signed), 8, words, 3 * count);
}

uint32_t btf_forward(struct btf_builder *btf, const char *name, bool is_union)
{
	return btf_add(btf, name, info(7, 0, is_union), 0, NULL, 0);
}

uint32_t btf_prototype(
	struct btf_builder *btf, uint32_t result, const struct btf_part *parts)
{
	size_t count = count_parts(parts);
	uint32_t words[2 * BTF_MAX_PARTS];

	for (size_t i = 0; i < count; i++) {
		words[2 * i] = put_string(btf, parts[i].name);
		words[2 * i + 1] = parts[i].type;
	}
	return btf_add(btf, "", info(13, count, false), result, words, 2 * count);
}

uint32_t btf_function(struct btf_builder *btf, const char *name, uint32_t prototype)
{
	return btf_add(btf, name, info(12, 1, false), prototype, NULL, 0);
}

uint32_t btf_variable(struct btf_builder *btf, const char *name, uint32_t type)
{
	uint32_t linkage = 1;

	return btf_add(btf, name, info(14, 0, false), type, &linkage, 1);
}
