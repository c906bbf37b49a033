/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Areas in the order of their addresses, while the process changes them: from a maple
 * tree, or, in kernels before 6.1, along a list. Where the walk has lost its way it
 * begins anew behind what has come up already.
 */
#include "kernel.h"
#include "mapping.h"

enum {
	/** Looks that are taken at an area that changes. */
	LOOKS = 4,
	/** How often a list is begun anew. */
	PATIENCE = 64,
};

#define PLACE(place) offsetof(struct sonde_linux_area_fields, place)
#define AREA(member, place)                                                      \
	{                                                                        \
		"struct vm_area_struct", member, PLACE(place), .optional = false \
	}
#define MEMORY(member, place)                                               \
	{                                                                   \
		"struct mm_struct", member, PLACE(place), .optional = false \
	}

static const struct sonde_field_wish area_wishes[] = {
	AREA("vm_start", start),
	AREA("vm_end", end),
	AREA("vm_mm", memory),
	AREA("vm_flags|flags", flags),
	AREA("vm_ops", operations),
	AREA("vm_pgoff", offset),
	AREA("vm_file", file),
	AREA("vm_private_data", private_data),
	{"struct vm_area_struct", "vm_next", PLACE(next), true},
	{"struct vm_area_struct", "anon_name", PLACE(anonymous_name), true},
};

static const struct sonde_field_wish memory_wishes[] = {
	MEMORY("start_brk", first_break),
	MEMORY("brk", last_break),
	MEMORY("start_stack", stack),
	{"struct mm_struct", "mmap", PLACE(list), true},
	{"struct mm_struct", "context.flags", PLACE(context_flags), true},
};

static const struct sonde_field_wish other_wishes[] = {
	{"struct mm_struct", "mm_mt", PLACE(tree), true},
	{"struct vm_area_struct", "shared", PLACE(shared), true},
	{"struct file", "f_inode", PLACE(file_inode), false},
	{"struct file", "f_path|__f_path", PLACE(file_path), false},
	{"struct file", "f_mode", PLACE(file_mode), false},
	{"struct backing_file", "user_path", PLACE(user_path), true},
	{"struct dentry", "d_inode", PLACE(dentry_inode), false},
	{"struct dentry", "d_sb", PLACE(dentry_super_block), false},
	{"struct vfsmount", "mnt_sb", PLACE(mount_super_block), false},
	{"struct vm_operations_struct", "name", PLACE(name), false},
	{"struct vm_special_mapping", "name", PLACE(special_name), false},
	{"struct anon_vma_name", "name", PLACE(anonymous_text), true},
};

static struct sonde_space *memory_of(const struct sonde_linux_areas *areas)
{
	return &areas->kernel->space.space;
}

static struct sonde_error *plan(struct sonde_linux_areas *areas,
	const struct sonde_field_wish *wishes, size_t count, size_t bytes,
	struct sonde_record *ret)
{
	CHECK(sonde_record_plan(wishes, count, &areas->fields,
		sonde_linux_record_gap(areas->kernel), ret));
	if (ret->bytes <= bytes)
		return NULL;
	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"'%s' is larger than any such structure", wishes[0].type);
}

static struct sonde_error *find_fields(struct sonde_linux_areas *areas)
{
	struct sonde_linux_area_fields *fields = &areas->fields;
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&areas->kernel->types, &types));
	CHECK(sonde_fields_resolve(types, area_wishes, ARRAY_SIZE(area_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, memory_wishes, ARRAY_SIZE(memory_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, other_wishes, ARRAY_SIZE(other_wishes), fields));
	CHECK(plan(areas, area_wishes, ARRAY_SIZE(area_wishes), SONDE_LINUX_AREA_BYTES,
		&areas->area));
	CHECK(plan(areas, memory_wishes, ARRAY_SIZE(memory_wishes),
		SONDE_LINUX_MEMORY_BYTES, &areas->memory_record));
	if (fields->tree.present)
		return sonde_maple_layout_find(types, &areas->layout);
	if (fields->list.present && fields->next.present)
		return NULL;
	return sonde_error_create(SONDE_ERROR_NOT_FOUND,
		"'struct mm_struct' has neither 'mm_mt' nor 'mmap'");
}

struct sonde_error *sonde_linux_areas_begin(
	struct sonde_linux_areas *ret, struct sonde_linux *kernel, uint64_t memory)
{
	const struct sonde_linux_area_fields *fields = &ret->fields;
	uint8_t copy[SONDE_LINUX_MEMORY_BYTES];

	ret->kernel = kernel;
	ret->memory = memory;
	ret->done = ret->passed = 0;
	ret->patience = PATIENCE;
	ret->incomplete = NULL;
	CHECK(find_fields(ret));
	CHECK(sonde_record_read(&ret->memory_record, memory_of(ret), memory, copy));
	ret->first_break = sonde_record_integer(&fields->first_break, copy);
	ret->last_break = sonde_record_integer(&fields->last_break, copy);
	ret->stack = sonde_record_integer(&fields->stack, copy);
	ret->context_flags = sonde_record_integer(&fields->context_flags, copy);
	ret->next = ret->list = sonde_record_integer(&fields->list, copy);
	if (!fields->tree.present)
		return NULL;
	sonde_maple_begin(
		&ret->maple, memory_of(ret), &ret->layout, memory + fields->tree.offset);
	ret->maple.moving = true;
	return NULL;
}

/* *@p good: there is one that can be an area of this memory. */
static struct sonde_error *read_area(struct sonde_linux_areas *areas, uint64_t address,
	struct sonde_linux_area *ret, bool *good)
{
	const struct sonde_linux_area_fields *fields = &areas->fields;
	uint8_t copy[SONDE_LINUX_AREA_BYTES];
	struct sonde_error *error;

	*good = false;
	if (!(address >> 63) || address & 7)
		return NULL;
	error = sonde_record_read(&areas->area, memory_of(areas), address, copy);
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	*ret = (struct sonde_linux_area){
		.address = address,
		.start = sonde_record_integer(&fields->start, copy),
		.end = sonde_record_integer(&fields->end, copy),
		.memory = sonde_record_integer(&fields->memory, copy),
		.flags = sonde_record_integer(&fields->flags, copy),
		.operations = sonde_record_integer(&fields->operations, copy),
		.offset = sonde_record_integer(&fields->offset, copy),
		.file = sonde_record_integer(&fields->file, copy),
		.private_data = sonde_record_integer(&fields->private_data, copy),
		.next = sonde_record_integer(&fields->next, copy),
		.anonymous_name = sonde_record_integer(&fields->anonymous_name, copy),
	};
	*good = ret->memory == areas->memory && ret->start < ret->end;
	return NULL;
}

struct sonde_error *sonde_linux_area_is_same(
	struct sonde_linux_areas *areas, const struct sonde_linux_area *area, bool *ret)
{
	struct sonde_linux_area now;

	CHECK(read_area(areas, area->address, &now, ret));
	*ret = *ret && now.start == area->start && now.file == area->file &&
	       now.operations == area->operations &&
	       now.anonymous_name == area->anonymous_name;
	return NULL;
}

/* --- a tree ----------------------------------------------------------------------- */

static struct sonde_error *next_in_tree(
	struct sonde_linux_areas *areas, struct sonde_linux_area *ret, bool *more)
{
	unsigned looks = 0;

	for (;;) {
		struct sonde_maple_range range;
		bool good;

		CHECK(sonde_maple_next(&areas->maple, &range, more));
		if (!*more) {
			if (areas->maple.torn)
				areas->incomplete = areas->maple.torn;
			return NULL;
		}
		CHECK(read_area(areas, range.entry, ret, &good));
		ret->torn = !good || ret->start != range.first ||
			    ret->end - 1 != range.last || ret->start < areas->done;
		if (good && (!ret->torn || looks == LOOKS))
			return NULL;
		if (looks == LOOKS) {
			areas->incomplete = "an area's structure is not there";
			looks = 0;
			continue;
		}
		looks++;
		sonde_maple_seek(&areas->maple, range.first);
	}
}

/* --- a list ----------------------------------------------------------------------- */

static void begin_anew(struct sonde_linux_areas *areas)
{
	areas->passed = 0;
	if (areas->patience) {
		areas->patience--;
		areas->next = areas->list;
		return;
	}
	areas->incomplete = "the list's areas do not fit together";
	areas->next = 0;
}

static struct sonde_error *read_first(struct sonde_linux_areas *areas)
{
	struct sonde_error *error = sonde_field_read(
		&areas->fields.list, memory_of(areas), areas->memory, &areas->list);

	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *next_in_list(
	struct sonde_linux_areas *areas, struct sonde_linux_area *ret, bool *more)
{
	for (;;) {
		bool good;

		*more = areas->next;
		if (!*more)
			return NULL;
		CHECK(read_area(areas, areas->next, ret, &good));
		if (!good || ret->start < areas->passed) {
			CHECK(read_first(areas));
			begin_anew(areas);
			continue;
		}
		ret->torn = ret->start < areas->done;
		areas->next = ret->next;
		areas->passed = ret->end;
		if (ret->end > areas->done)
			return NULL;
	}
}

struct sonde_error *sonde_linux_areas_next(
	struct sonde_linux_areas *areas, struct sonde_linux_area *ret, bool *more)
{
	if (areas->fields.tree.present)
		CHECK(next_in_tree(areas, ret, more));
	else
		CHECK(next_in_list(areas, ret, more));
	if (*more)
		areas->done = ret->end;
	return NULL;
}
