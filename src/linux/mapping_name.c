/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As fs/proc/task_mmu.c names areas (show_map_vma()), and the one behind all of them. */
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "mapping.h"

enum {
	/** arch/x86/include/asm/mmu.h: MM_CONTEXT_HAS_VSYSCALL. */
	HAS_VSYSCALL = 1 << 1,
	/** arch/x86/entry/vsyscall/vsyscall_64.c: vsyscall_mode. */
	VSYSCALL_NONE = 2,
	/** Of a name that a program gave, with its NUL (ANON_VMA_NAME_MAX_LEN). */
	TEXT_BYTES = 81,
};

static struct sonde_space *memory_of(const struct sonde_linux_areas *areas)
{
	return &areas->kernel->space.space;
}

/* Up to a NUL; "" where there is none. */
static struct sonde_error *read_text(const struct sonde_linux_areas *areas,
	uint64_t address, char ret[static TEXT_BYTES])
{
	struct sonde_error *error;
	char *text;

	ret[0] = '\0';
	if (!(address >> 63))
		return NULL;
	error = sonde_space_read_string(memory_of(areas), address, TEXT_BYTES, &text);
	if (sonde_error_is(error, SONDE_ERROR_FAULT) ||
		sonde_error_is(error, SONDE_ERROR_BAD_DATA)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	snprintf(ret, TEXT_BYTES, "%s", text);
	free(text);
	return NULL;
}

/* 0 where it cannot be read. */
static struct sonde_error *read_member(const struct sonde_linux_areas *areas,
	const struct sonde_field *field, uint64_t address, uint64_t *ret)
{
	struct sonde_error *error = NULL;

	*ret = 0;
	if (address >> 63)
		error = sonde_field_read(field, memory_of(areas), address, ret);
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	*ret = 0;
	return NULL;
}

/* Special mappings, such as the vDSO, have operations that name them. */
static struct sonde_error *find_special(const struct sonde_linux_areas *areas,
	const struct sonde_linux_area *area, char ret[static TEXT_BYTES])
{
	const struct sonde_linux_area_fields *fields = &areas->fields;
	uint64_t address;

	ret[0] = '\0';
	CHECK(read_member(areas, &fields->name, area->operations, &address));
	if (!address)
		return NULL;
	CHECK(read_member(areas, &fields->special_name, area->private_data, &address));
	CHECK(read_text(areas, address, ret));
	if (ret[0] != '[')
		ret[0] = '\0';
	return NULL;
}

/* Where it is in a union with what areas of files have, those have no such name. */
static bool may_have_text(
	const struct sonde_linux_area_fields *fields, const struct sonde_linux_area *area)
{
	uint64_t offset = fields->anonymous_name.offset;

	if (!fields->anonymous_name.present || !fields->anonymous_text.present)
		return false;
	return !area->file || !fields->shared.present || offset < fields->shared.offset ||
	       offset >= fields->shared.offset + fields->shared.bytes;
}

static struct sonde_error *find_text(const struct sonde_linux_areas *areas,
	const struct sonde_linux_area *area, char ret[static SONDE_LINUX_AREA_NAME_BYTES])
{
	char text[TEXT_BYTES];

	if (!may_have_text(&areas->fields, area) || !area->anonymous_name)
		return NULL;
	CHECK(read_text(
		areas, area->anonymous_name + areas->fields.anonymous_text.offset, text));
	if (text[0])
		snprintf(ret, SONDE_LINUX_AREA_NAME_BYTES, "[%s:%s]",
			area->file ? "anon_shmem" : "anon", text);
	return NULL;
}

struct sonde_error *sonde_linux_area_name(struct sonde_linux_areas *areas,
	const struct sonde_linux_area *area, char ret[static SONDE_LINUX_AREA_NAME_BYTES])
{
	char text[TEXT_BYTES] = "";

	ret[0] = '\0';
	if (!area->file && area->operations)
		CHECK(find_special(areas, area, text));
	if (text[0])
		snprintf(ret, SONDE_LINUX_AREA_NAME_BYTES, "%s", text);
	else if (!area->file && area->start < areas->last_break &&
		 area->end > areas->first_break)
		snprintf(ret, SONDE_LINUX_AREA_NAME_BYTES, "[heap]");
	else if (!area->file && area->start <= areas->stack && area->end >= areas->stack)
		snprintf(ret, SONDE_LINUX_AREA_NAME_BYTES, "[stack]");
	else
		CHECK(find_text(areas, area, ret));
	return NULL;
}

struct sonde_error *sonde_linux_area_gate(
	struct sonde_linux_areas *areas, struct sonde_linux_area *ret, bool *found)
{
	struct sonde_linux *kernel = areas->kernel;
	struct sonde_symbol mode, gate;
	uint64_t value;

	*found = false;
	if (kernel->target.arch != &sonde_arch_x86_64 ||
		!(areas->context_flags & HAS_VSYSCALL))
		return NULL;
	CHECK(sonde_linux_own_look_up(kernel, "vsyscall_mode", &mode, found));
	if (*found)
		CHECK(sonde_linux_own_look_up(kernel, "gate_vma", &gate, found));
	if (!*found)
		return NULL;
	CHECK(sonde_space_read_integer(memory_of(areas), mode.address, 4, &value));
	*found = value != VSYSCALL_NONE;
	*ret = (struct sonde_linux_area){.address = gate.address};
	CHECK(sonde_field_read(
		&areas->fields.start, memory_of(areas), gate.address, &ret->start));
	CHECK(sonde_field_read(
		&areas->fields.end, memory_of(areas), gate.address, &ret->end));
	return sonde_field_read(
		&areas->fields.flags, memory_of(areas), gate.address, &ret->flags);
}
