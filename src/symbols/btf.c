/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records are variable: 12 bytes, then what the kind has. Numbers of types count
 * records from 1, 0 is void; a module's go on where the kernel's end, and so do
 * its offsets of strings.
 */
#include <inttypes.h>
#include <sys/mman.h>

#include "btf_format.h"

enum {
	MAGIC = 0xeb9f,
	VERSION = 1,
	RECORD_BYTES = 12,
	HUGE_PAGE_BYTES = 2 << 20,
};

enum kind {
	KIND_INT = 1,
	KIND_PTR,
	KIND_ARRAY,
	KIND_STRUCT,
	KIND_UNION,
	KIND_ENUM,
	KIND_FWD,
	KIND_TYPEDEF,
	KIND_VOLATILE,
	KIND_CONST,
	KIND_RESTRICT,
	KIND_FUNC,
	KIND_FUNC_PROTO,
	KIND_VAR,
	KIND_DATASEC,
	KIND_FLOAT,
	KIND_DECL_TAG,
	KIND_TYPE_TAG,
	KIND_ENUM64,
	KINDS,
};

enum {
	INT_SIGNED = 1,
	INT_BOOL = 4,
};

/*
 * What follows a record: fixed bytes, and so many for each of its parts. What the
 * kind is for us, and where its name is looked for.
 */
static const struct {
	uint8_t fixed, each;
	uint8_t kind, space;
} kinds[KINDS] = {
	[0] = {0, 0, SONDE_TYPE_VOID, SONDE_TYPE_NOWHERE},
	[KIND_INT] = {4, 0, SONDE_TYPE_INTEGER, SONDE_TYPE_NAMES},
	[KIND_PTR] = {0, 0, SONDE_TYPE_POINTER, SONDE_TYPE_NOWHERE},
	[KIND_ARRAY] = {12, 0, SONDE_TYPE_ARRAY, SONDE_TYPE_NOWHERE},
	[KIND_STRUCT] = {0, 12, SONDE_TYPE_STRUCT, SONDE_TYPE_STRUCTS},
	[KIND_UNION] = {0, 12, SONDE_TYPE_UNION, SONDE_TYPE_UNIONS},
	[KIND_ENUM] = {0, 8, SONDE_TYPE_ENUM, SONDE_TYPE_ENUMS},
	[KIND_FWD] = {0, 0, SONDE_TYPE_INCOMPLETE, SONDE_TYPE_STRUCTS},
	[KIND_TYPEDEF] = {0, 0, SONDE_TYPE_TYPEDEF, SONDE_TYPE_NAMES},
	[KIND_VOLATILE] = {0, 0, SONDE_TYPE_VOLATILE, SONDE_TYPE_NOWHERE},
	[KIND_CONST] = {0, 0, SONDE_TYPE_CONST, SONDE_TYPE_NOWHERE},
	[KIND_RESTRICT] = {0, 0, SONDE_TYPE_RESTRICT, SONDE_TYPE_NOWHERE},
	/* Nothing that a type can be: what refers to it gets what it has. */
	[KIND_FUNC] = {0, 0, SONDE_TYPE_TYPEDEF, SONDE_TYPE_FUNCTIONS},
	[KIND_FUNC_PROTO] = {0, 8, SONDE_TYPE_FUNCTION, SONDE_TYPE_NOWHERE},
	[KIND_VAR] = {4, 0, SONDE_TYPE_TYPEDEF, SONDE_TYPE_VARIABLES},
	[KIND_DATASEC] = {0, 12, SONDE_TYPE_VOID, SONDE_TYPE_NOWHERE},
	[KIND_FLOAT] = {0, 0, SONDE_TYPE_FLOAT, SONDE_TYPE_NAMES},
	[KIND_DECL_TAG] = {4, 0, SONDE_TYPE_VOID, SONDE_TYPE_NOWHERE},
	[KIND_TYPE_TAG] = {0, 0, SONDE_TYPE_TYPEDEF, SONDE_TYPE_NOWHERE},
	[KIND_ENUM64] = {0, 12, SONDE_TYPE_ENUM, SONDE_TYPE_ENUMS},
};

struct header {
	uint32_t header_bytes;
	uint32_t types_offset, types_bytes;
	uint32_t strings_offset, strings_bytes;
	bool swapped;
};

static const struct sonde_btf *btf_of(const struct sonde_types *types)
{
	return (const struct sonde_btf *)types;
}

/* Kinds have 5 bits and parts 16 in what kernels up to 6.18 write, the rest being 0. */
static unsigned kind_of(uint32_t info)
{
	return info >> 24 & 0x7f;
}

static uint32_t parts_of(uint32_t info)
{
	return info & 0xffffff;
}

static bool flag_of(uint32_t info)
{
	return info >> 31;
}

const char *sonde_btf_string(const struct sonde_btf *btf, uint32_t offset)
{
	while (offset < btf->strings_first)
		btf = btf_of(btf->types.base);
	offset -= btf->strings_first;
	return offset < btf->strings_bytes ? btf->strings + offset : "";
}

static const uint8_t *record_of(const struct sonde_btf *btf, uint32_t id)
{
	return btf->records + btf->offsets[id - btf->types.first];
}

enum sonde_type_space sonde_btf_space(
	const struct sonde_btf *btf, uint32_t id, const char **ret_name)
{
	const uint8_t *record = record_of(btf, id);
	uint32_t info = sonde_btf_u32(btf, record + 4);
	enum sonde_type_space space = kinds[kind_of(info)].space;

	if (space == SONDE_TYPE_NOWHERE)
		return space;
	*ret_name = sonde_btf_string(btf, sonde_btf_u32(btf, record));
	if (kind_of(info) == KIND_FWD && flag_of(info))
		return SONDE_TYPE_UNIONS;
	return space;
}

/* The size of an array's element is the size of another type: not looked at here. */
static void describe_array(
	const struct sonde_btf *btf, const uint8_t *record, struct sonde_type_record *ret)
{
	ret->target = sonde_btf_u32(btf, record + RECORD_BYTES);
	ret->count = sonde_btf_u32(btf, record + RECORD_BYTES + 8);
}

static void describe_integer(
	const struct sonde_btf *btf, const uint8_t *record, struct sonde_type_record *ret)
{
	uint32_t word = sonde_btf_u32(btf, record + RECORD_BYTES);
	unsigned encoding = word >> 24 & 0xf;
	unsigned bits = word & 0xff;

	if (encoding & INT_BOOL)
		ret->kind = SONDE_TYPE_BOOL;
	ret->is_signed = encoding & INT_SIGNED;
	ret->bit_offset = word >> 16 & 0xff;
	if (ret->bit_offset || bits != 8 * ret->bytes)
		ret->bit_size = bits;
}

static void describe(
	const struct sonde_types *types, uint32_t id, struct sonde_type_record *ret)
{
	const struct sonde_btf *btf = btf_of(types);
	const uint8_t *record;
	uint32_t info, word;

	if (!id)
		return;
	record = record_of(btf, id);
	info = sonde_btf_u32(btf, record + 4);
	word = sonde_btf_u32(btf, record + 8);
	ret->kind = kinds[kind_of(info)].kind;
	ret->space = kinds[kind_of(info)].space;
	if (kind_of(info) != KIND_TYPE_TAG)
		ret->name = sonde_btf_string(btf, sonde_btf_u32(btf, record));
	switch (kind_of(info)) {
	case KIND_INT:
		ret->bytes = word;
		describe_integer(btf, record, ret);
		break;
	case KIND_ARRAY:
		describe_array(btf, record, ret);
		break;
	case KIND_STRUCT:
	case KIND_UNION:
	case KIND_FLOAT:
		ret->bytes = word;
		ret->count = parts_of(info);
		break;
	case KIND_ENUM:
	case KIND_ENUM64:
		ret->bytes = word;
		ret->count = parts_of(info);
		ret->is_signed = flag_of(info);
		break;
	case KIND_FWD:
		ret->is_union = flag_of(info);
		if (ret->is_union)
			ret->space = SONDE_TYPE_UNIONS;
		break;
	default:
		ret->target = word;
		if (ret->kind == SONDE_TYPE_FUNCTION)
			ret->count = parts_of(info);
		break;
	}
	/* "..." is a last parameter without a name and a type. */
	if (ret->kind == SONDE_TYPE_FUNCTION && ret->count) {
		const uint8_t *last = record + RECORD_BYTES + 8 * (ret->count - 1);

		ret->is_variadic =
			!sonde_btf_u32(btf, last) && !sonde_btf_u32(btf, last + 4);
		ret->count -= ret->is_variadic;
	}
}

static struct sonde_error *part(const struct sonde_types *types, uint32_t id,
	uint64_t index, struct sonde_type_part *ret)
{
	const struct sonde_btf *btf = btf_of(types);
	const uint8_t *record = record_of(btf, id), *place;
	uint32_t info = sonde_btf_u32(btf, record + 4), words[3] = {0};
	unsigned kind = kind_of(info);

	place = record + RECORD_BYTES + index * kinds[kind].each;
	for (unsigned i = 0; i < kinds[kind].each / 4; i++)
		words[i] = sonde_btf_u32(btf, place + 4 * i);
	ret->name = sonde_btf_string(btf, words[0]);
	switch (kind) {
	case KIND_STRUCT:
	case KIND_UNION:
		ret->target = words[1];
		ret->bit_offset = flag_of(info) ? words[2] & 0xffffff : words[2];
		ret->bit_size = flag_of(info) ? words[2] >> 24 : 0;
		return NULL;
	case KIND_ENUM:
		ret->value = flag_of(info) ? (uint64_t)(int32_t)words[1] : words[1];
		return NULL;
	case KIND_ENUM64:
		ret->value = (uint64_t)words[2] << 32 | words[1];
		return NULL;
	default:
		ret->target = words[1];
		return NULL;
	}
}

static size_t round_up(size_t bytes)
{
	return (bytes + HUGE_PAGE_BYTES - 1) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
}

/*
 * Storage of some megabytes: a large page, where the system has one, costs a single
 * fault. Aligned room lies somewhere in more of it; the rest is given back.
 */
static void *allocate_aligned(size_t bytes)
{
	uint8_t *place = mmap(NULL, bytes + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (place == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)place % HUGE_PAGE_BYTES;
	if (before)
		munmap(place, before);
	if (before < HUGE_PAGE_BYTES)
		munmap(place + before + bytes, HUGE_PAGE_BYTES - before);
	madvise(place + before, bytes, MADV_HUGEPAGE);
	return place + before;
}

static struct sonde_error *allocate_data(struct sonde_btf *btf, size_t bytes)
{
	btf->bytes = bytes;
	if (bytes < HUGE_PAGE_BYTES / 2) {
		btf->data = malloc(bytes);
	} else {
		btf->mapped = round_up(bytes);
		btf->data = allocate_aligned(btf->mapped);
	}
	return btf->data ? NULL : sonde_error_no_memory();
}

static void destroy(struct sonde_types *types)
{
	struct sonde_btf *btf = (struct sonde_btf *)types;

	if (btf->mapped && btf->data)
		munmap(btf->data, btf->mapped);
	else
		free(btf->data);
	free(btf->offsets);
	free(btf->names.slots);
	free(btf->functions.slots);
	free(btf);
}

static const struct sonde_types_ops ops = {
	.describe = describe,
	.part = part,
	.find = sonde_btf_find,
	.destroy = destroy,
};

static struct sonde_error *bad_data(const char *why)
{
	return sonde_error_create(SONDE_ERROR_BAD_DATA, "%s", why);
}

static struct sonde_error *read_header(const uint8_t *data, struct header *ret)
{
	struct sonde_btf reader = {0};
	struct header header = {0};
	uint16_t magic;

	memcpy(&magic, data, sizeof(magic));
	header.swapped = magic == __builtin_bswap16(MAGIC);
	reader.swapped = header.swapped;
	if (magic != MAGIC && !header.swapped)
		return bad_data("BTF begins with eb9f, this does not");
	if (data[2] != VERSION)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"BTF has version %u, known is version %d", data[2], VERSION);
	header.header_bytes = sonde_btf_u32(&reader, data + 4);
	header.types_offset = sonde_btf_u32(&reader, data + 8);
	header.types_bytes = sonde_btf_u32(&reader, data + 12);
	header.strings_offset = sonde_btf_u32(&reader, data + 16);
	header.strings_bytes = sonde_btf_u32(&reader, data + 20);
	if (header.header_bytes < SONDE_BTF_HEADER_BYTES || header.header_bytes % 4 ||
		header.types_offset % 4)
		return bad_data("the header of BTF has an impossible length");
	*ret = header;
	return NULL;
}

static uint64_t size_of(const struct header *header)
{
	uint64_t types = (uint64_t)header->types_offset + header->types_bytes;
	uint64_t strings = (uint64_t)header->strings_offset + header->strings_bytes;

	return header->header_bytes + (types > strings ? types : strings);
}

struct sonde_error *sonde_btf_size(const void *data, size_t *ret)
{
	struct header header;
	uint64_t bytes;

	CHECK(read_header(data, &header));
	bytes = size_of(&header);
	if (bytes > SONDE_BTF_BYTES_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"BTF claims %" PRIu64 " bytes, more than %d are not taken", bytes,
			SONDE_BTF_BYTES_MAX);
	*ret = (size_t)bytes;
	return NULL;
}

/* Both sections lie within the data: sonde_btf_size() was asked. */
static struct sonde_error *find_sections(struct sonde_btf *btf)
{
	const struct sonde_types *base = btf->types.base;
	struct header header;

	CHECK(read_header(btf->data, &header));
	btf->swapped = header.swapped;
	btf->types.big_endian = (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) != btf->swapped;
	btf->records = btf->data + header.header_bytes + header.types_offset;
	btf->records_bytes = header.types_bytes;
	btf->strings =
		(const char *)btf->data + header.header_bytes + header.strings_offset;
	btf->strings_bytes = header.strings_bytes;
	if (base) {
		const struct sonde_btf *lower = btf_of(base);

		btf->types.first = base->count;
		btf->strings_first = lower->strings_first + lower->strings_bytes;
		if (btf->strings_first > INT32_MAX)
			return bad_data("BTF has too many strings below it");
	} else if (!btf->strings_bytes || btf->strings[0]) {
		return bad_data("the strings of BTF do not begin with an empty one");
	}
	if (btf->strings_bytes && btf->strings[btf->strings_bytes - 1])
		return bad_data("the last string of BTF has no end");
	return NULL;
}

/* How long the record at @p offset is, if all of it is there. */
static struct sonde_error *measure_record(
	const struct sonde_btf *btf, uint32_t offset, uint32_t *ret_info, uint32_t *ret)
{
	uint32_t left = btf->records_bytes - offset;
	uint64_t bytes = RECORD_BYTES;

	if (left >= RECORD_BYTES) {
		uint32_t info = sonde_btf_u32(btf, btf->records + offset + 4);
		unsigned kind = kind_of(info);

		if (!kind || kind >= KINDS)
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"BTF has a record of kind %u, at byte %" PRIu32
				" of its types; known are 1 to %d",
				kind, offset, KINDS - 1);
		bytes += kinds[kind].fixed + (uint64_t)parts_of(info) * kinds[kind].each;
		*ret_info = info;
	}
	if (bytes > left)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the record at byte %" PRIu32 " of BTF's types is cut off",
			offset);
	*ret = (uint32_t)bytes;
	return NULL;
}

/* Room for the most records that there can be is cut to those that there are. */
static struct sonde_error *find_records(struct sonde_btf *btf)
{
	uint32_t count = btf->types.base ? 0 : 1, offset = 0, length = 0, info = 0;
	uint32_t *offsets =
		malloc((btf->records_bytes / RECORD_BYTES + 1) * sizeof(*offsets));

	if (!offsets)
		return sonde_error_no_memory();
	btf->offsets = offsets;
	offsets[0] = 0;
	for (; offset < btf->records_bytes; offset += length) {
		CHECK(measure_record(btf, offset, &info, &length));
		offsets[count++] = offset;
		if (kinds[kind_of(info)].space == SONDE_TYPE_FUNCTIONS)
			btf->function_count++;
		else if (kinds[kind_of(info)].space != SONDE_TYPE_NOWHERE)
			btf->named_count++;
	}
	if (btf->types.first > UINT32_MAX - count)
		return bad_data("BTF has too many types");
	btf->types.count = btf->types.first + count;
	offsets = realloc(offsets, (count + 1) * sizeof(*offsets));
	if (offsets)
		btf->offsets = offsets;
	return NULL;
}

static struct sonde_error *allocate_btf(size_t bytes, const struct sonde_types *base,
	unsigned pointer_bytes, struct sonde_btf **ret)
{
	struct sonde_error *error;
	struct sonde_btf *btf;

	if (base && base->ops != &ops)
		return bad_data("BTF can only stand on BTF");
	btf = calloc(1, sizeof(*btf));
	if (!btf)
		return sonde_error_no_memory();
	btf->types.ops = &ops;
	btf->types.base = base;
	btf->types.pointer_bytes = pointer_bytes;
	error = allocate_data(btf, bytes);
	if (error) {
		destroy(&btf->types);
		return error;
	}
	*ret = btf;
	return NULL;
}

/* Takes over @p btf, whose data are there. */
static struct sonde_error *finish(struct sonde_btf *btf, struct sonde_types **ret)
{
	struct sonde_error *error;
	size_t bytes = 0;

	/* The guest may have changed the header since it was measured. */
	error = sonde_btf_size(btf->data, &bytes);
	if (!error && bytes > btf->bytes)
		error = bad_data("BTF is cut off");
	if (!error)
		error = find_sections(btf);
	if (!error)
		error = find_records(btf);
	if (error) {
		destroy(&btf->types);
		return error;
	}
	*ret = &btf->types;
	return NULL;
}

struct sonde_error *sonde_btf_create(const void *data, size_t bytes,
	const struct sonde_types *base, unsigned pointer_bytes, struct sonde_types **ret)
{
	struct sonde_btf *btf = NULL;
	size_t needed;

	if (bytes < SONDE_BTF_HEADER_BYTES)
		return bad_data("there is not even a header of BTF");
	CHECK(sonde_btf_size(data, &needed));
	if (needed > bytes)
		return bad_data("BTF is cut off");
	CHECK(allocate_btf(needed, base, pointer_bytes, &btf));
	memcpy(btf->data, data, needed);
	return finish(btf, ret);
}

struct sonde_error *sonde_btf_read(struct sonde_space *space, uint64_t address,
	const struct sonde_types *base, unsigned pointer_bytes, size_t *room,
	struct sonde_types **ret)
{
	uint8_t header[SONDE_BTF_HEADER_BYTES];
	struct sonde_btf *btf = NULL;
	struct sonde_error *error;
	size_t bytes;

	CHECK(sonde_space_read(space, address, header, sizeof(header)));
	CHECK(sonde_btf_size(header, &bytes));
	if (bytes > *room)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"BTF claims %zu bytes, there is room for %zu more", bytes, *room);
	*room -= bytes;
	CHECK(allocate_btf(bytes, base, pointer_bytes, &btf));
	error = sonde_space_read(space, address, btf->data, bytes);
	if (error) {
		destroy(&btf->types);
		return error;
	}
	return finish(btf, ret);
}
