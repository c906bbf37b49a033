/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Target descriptions: the input is target.xml, and behind NUL bytes the documents that
 * it may include, by the names "1", "2".. What is read is laid out, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const char *data;
	size_t size;
};

static struct sonde_error *fetch(void *user, const char *name, char **ret, size_t *length)
{
	const struct input *input = user;
	const char *p = input->data, *end = p + input->size;
	unsigned wanted = strcmp(name, "target.xml") ? (unsigned)atoi(name) : 0;
	const char *stop;

	for (;;) {
		stop = memchr(p, 0, (size_t)(end - p));
		if (!stop)
			stop = end;
		if (!wanted)
			break;
		if (stop == end)
			return sonde_error_create(SONDE_ERROR_NOT_FOUND, "no %s", name);
		wanted--;
		p = stop + 1;
	}
	*length = (size_t)(stop - p);
	*ret = malloc(*length + 1);
	if (!*ret)
		return sonde_error_no_memory();
	memcpy(*ret, p, *length);
	(*ret)[*length] = '\0';
	return NULL;
}

static void check(const struct sonde_gdb_layout *layout)
{
	size_t bytes = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const struct sonde_gdb_slot *slot = &layout->slots[i];

		if (slot->offset != bytes || !slot->bytes ||
			slot->bytes > SONDE_REGISTER_MAX_BYTES)
			abort();
		if (sonde_gdb_layout_find(layout, slot->number) != (ptrdiff_t)i)
			abort();
		if (!layout->registers[i].name || !layout->registers[i].group)
			abort();
		bytes += slot->bytes;
	}
	if (bytes != layout->bytes || layout->count > SONDE_GDB_REGISTERS_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.data = (const char *)data, .size = size};
	struct sonde_gdb_document_source source = {.fetch = fetch, .user = &input};
	struct sonde_gdb_description description;
	struct sonde_gdb_layout layout;
	struct sonde_error *error;

	if (!size)
		return 0;
	error = sonde_gdb_description_read(&source, &description);
	if (!error)
		error = sonde_gdb_layout_from_description(
			&sonde_arch_x86_64, &description, &layout);
	if (!error) {
		check(&layout);
		sonde_gdb_layout_deinit(&layout);
	}
	sonde_error_destroy(error);
	return 0;
}
