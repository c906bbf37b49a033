/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "hex.h"
#include "layout.h"

void sonde_gdb_layout_deinit(struct sonde_gdb_layout *layout)
{
	free(layout->registers);
	free(layout->slots);
	sonde_gdb_description_deinit(&layout->description);
	*layout = (struct sonde_gdb_layout){0};
}

static struct sonde_error *allocate(struct sonde_gdb_layout *layout, size_t count)
{
	layout->registers = calloc(count ? count : 1, sizeof(*layout->registers));
	layout->slots = calloc(count ? count : 1, sizeof(*layout->slots));
	return layout->registers && layout->slots ? NULL : sonde_error_no_memory();
}

static void add(struct sonde_gdb_layout *layout, const char *name, const char *group,
	unsigned bits, unsigned number)
{
	size_t i = layout->count++;

	layout->registers[i] = (struct sonde_register){
		.name = name, .group = group, .bits = bits, .index = (unsigned)i};
	layout->slots[i] = (struct sonde_gdb_slot){
		.number = number, .bytes = (bits + 7) / 8, .offset = layout->bytes};
	layout->bytes += layout->slots[i].bytes;
	layout->listed = layout->count;
}

/* The architecture's own word is the same on every stub; the stub's is the fallback. */
static const char *group_of(
	const struct sonde_arch *arch, const struct sonde_gdb_described_register *reg)
{
	const char *group = arch->group_of ? arch->group_of(reg->name) : NULL;

	if (group)
		return group;
	if (reg->group)
		return reg->group;
	return reg->feature && *reg->feature ? reg->feature : "general";
}

struct sonde_error *sonde_gdb_layout_from_description(const struct sonde_arch *arch,
	struct sonde_gdb_description *description, struct sonde_gdb_layout *ret)
{
	struct sonde_gdb_layout layout = {.description = *description};
	struct sonde_error *error;

	*description = (struct sonde_gdb_description){0};
	error = allocate(&layout, layout.description.count);
	if (error) {
		sonde_gdb_layout_deinit(&layout);
		return error;
	}
	for (size_t i = 0; i < layout.description.count; i++) {
		const struct sonde_gdb_described_register *reg =
			&layout.description.registers[i];

		add(&layout, reg->name, group_of(arch, reg), reg->bits, reg->number);
	}
	*ret = layout;
	return NULL;
}

struct sonde_error *sonde_gdb_layout_from_arch(
	const struct sonde_arch *arch, size_t g_bytes, struct sonde_gdb_layout *ret)
{
	struct sonde_gdb_layout layout = {.g_bytes = g_bytes};
	struct sonde_error *error = allocate(&layout, arch->register_count);

	if (error) {
		sonde_gdb_layout_deinit(&layout);
		return error;
	}
	for (unsigned i = 0; i < arch->register_count; i++) {
		const struct sonde_arch_register *reg = &arch->registers[i];

		if (layout.bytes + (reg->bits + 7) / 8 > g_bytes)
			break;
		add(&layout, reg->name, reg->group, reg->bits, i);
	}
	*ret = layout;
	return NULL;
}

static bool is_listed(const struct sonde_gdb_layout *layout, const char *name)
{
	/* Most differ in the first character already. */
	for (size_t i = 0; i < layout->listed; i++)
		if (*layout->registers[i].name == *name &&
			!strcmp(layout->registers[i].name, name))
			return true;
	return false;
}

static struct sonde_error *list_one(
	struct sonde_gdb_layout *layout, const struct sonde_register *reg)
{
	if (!reg->name || !*reg->name)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "there is one without a name");
	if (!reg->bits || reg->bits > 8 * SONDE_REGISTER_MAX_BYTES)
		return sonde_error_create(SONDE_ERROR_INVALID, "%s cannot have %u bits",
			reg->name, reg->bits);
	if (is_listed(layout, reg->name))
		return NULL;
	layout->registers[layout->listed] = (struct sonde_register){
		.name = reg->name,
		.group = reg->group ? reg->group : "system",
		.bits = reg->bits,
		.index = (unsigned)layout->listed,
	};
	layout->listed++;
	return NULL;
}

struct sonde_error *sonde_gdb_layout_list(struct sonde_gdb_layout *layout,
	const struct sonde_register *registers, size_t count)
{
	struct sonde_register *longer;

	if (!count)
		return NULL;
	if (count > SONDE_GDB_REGISTERS_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"there cannot be %zu, only %u", count,
			(unsigned)SONDE_GDB_REGISTERS_MAX);
	longer = realloc(
		layout->registers, (layout->listed + count) * sizeof(*layout->registers));
	if (!longer)
		return sonde_error_no_memory();
	layout->registers = longer;
	for (size_t i = 0; i < count; i++)
		CHECK(list_one(layout, &registers[i]));
	return NULL;
}

ptrdiff_t sonde_gdb_layout_find(const struct sonde_gdb_layout *layout, uint64_t number)
{
	size_t low = 0, high = layout->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (layout->slots[middle].number == number)
			return (ptrdiff_t)middle;
		if (layout->slots[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

struct sonde_error *sonde_gdb_register_cache_init(
	struct sonde_gdb_register_cache *cache, const struct sonde_gdb_layout *layout)
{
	*cache = (struct sonde_gdb_register_cache){
		.bytes = calloc(layout->bytes ? layout->bytes : 1, 1),
		.states = calloc(layout->count ? layout->count : 1, 1),
	};
	if (cache->bytes && cache->states)
		return NULL;
	sonde_gdb_register_cache_deinit(cache);
	return sonde_error_no_memory();
}

void sonde_gdb_register_cache_deinit(struct sonde_gdb_register_cache *cache)
{
	free(cache->bytes);
	free(cache->states);
	*cache = (struct sonde_gdb_register_cache){0};
}

void sonde_gdb_register_cache_clear(
	struct sonde_gdb_register_cache *cache, const struct sonde_gdb_layout *layout)
{
	memset(cache->states, SONDE_GDB_REGISTER_UNKNOWN, layout->count);
	cache->singles = 0;
	cache->has_g = false;
}

bool sonde_gdb_register_cache_put(struct sonde_gdb_register_cache *cache,
	const struct sonde_gdb_layout *layout, size_t index, const char *hex,
	size_t digits)
{
	const struct sonde_gdb_slot *slot = &layout->slots[index];

	if (digits != 2 * (size_t)slot->bytes)
		return false;
	if (memchr(hex, 'x', digits)) {
		cache->states[index] = SONDE_GDB_REGISTER_UNAVAILABLE;
		return true;
	}
	if (!sonde_hex_decode(hex, slot->bytes, cache->bytes + slot->offset))
		return false;
	cache->states[index] = SONDE_GDB_REGISTER_VALID;
	return true;
}

/* Without registers that are not available, all of it is decoded at once. */
static bool put_at_once(struct sonde_gdb_register_cache *cache,
	const struct sonde_gdb_layout *layout, const char *hex, size_t digits)
{
	size_t bytes = 0, whole = 0;

	for (; whole < layout->count; whole++) {
		const struct sonde_gdb_slot *slot = &layout->slots[whole];

		if (2 * (slot->offset + slot->bytes) > digits)
			break;
		bytes = slot->offset + slot->bytes;
	}
	if (memchr(hex, 'x', 2 * bytes) || !sonde_hex_decode(hex, bytes, cache->bytes))
		return false;
	memset(cache->states, SONDE_GDB_REGISTER_VALID, whole);
	return true;
}

static struct sonde_error *put_one_by_one(struct sonde_gdb_register_cache *cache,
	const struct sonde_gdb_layout *layout, const char *hex, size_t digits)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct sonde_gdb_slot *slot = &layout->slots[i];

		if (2 * (slot->offset + slot->bytes) > digits)
			break;
		if (!sonde_gdb_register_cache_put(cache, layout, i,
			    hex + 2 * slot->offset, 2 * (size_t)slot->bytes))
			return sonde_error_create(SONDE_ERROR_BAD_DATA,
				"the stub's registers cannot be read at %s",
				layout->registers[i].name);
	}
	return NULL;
}

struct sonde_error *sonde_gdb_register_cache_put_all(
	struct sonde_gdb_register_cache *cache, const struct sonde_gdb_layout *layout,
	const char *hex, size_t digits)
{
	if (!put_at_once(cache, layout, hex, digits))
		CHECK(put_one_by_one(cache, layout, hex, digits));
	cache->has_g = true;
	return NULL;
}
