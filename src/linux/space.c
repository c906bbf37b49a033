/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "kernel.h"
#include "page_cache.h"
#include "page_write.h"

static struct sonde_linux_space *own(struct sonde_space *space)
{
	return CONTAINER_OF(space, struct sonde_linux_space, space);
}

/* The kernel's own tables stay where they are. */
static void refresh(struct sonde_linux_space *space)
{
	space->tables.age = 1 + *space->space.epoch;
}

static struct sonde_error *check_half(
	const struct sonde_linux_space *space, uint64_t address)
{
	if (address >= space->tables.regime.ranges[0].first)
		return NULL;
	return sonde_error_suggest(
		sonde_error_fault(address, "this is no address of the kernel's"),
		"--level machine means what a CPU has mapped");
}

static struct sonde_error *read_kernel(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_page_tables *tables = &own(space)->tables;

	refresh(own(space));
	CHECK(check_half(own(space), address));
	return sonde_page_cache_read(
		space, tables->physical, &tables->regime, address, buffer, length);
}

static struct sonde_error *look_kernel(
	struct sonde_space *space, uint64_t address, struct sonde_window *ret)
{
	struct sonde_page_tables *tables = &own(space)->tables;

	refresh(own(space));
	return sonde_page_cache_look(
		space, tables->physical, &tables->regime, address, ret);
}

static struct sonde_error *write_kernel(
	struct sonde_space *space, const struct sonde_write *write)
{
	struct sonde_page_tables *tables = &own(space)->tables;

	CHECK(check_half(own(space), write->address));
	return sonde_page_write(tables->physical, &tables->regime, write);
}

/* Of the regime the kernel's half alone: the other one is some program's. Without one,
 * what is below is virtual memory already. */
static void take_half(
	struct sonde_page_regime *ret, const struct sonde_page_regime *regime)
{
	*ret = (struct sonde_page_regime){
		.range_count = regime->range_count ? 1 : 0, .name = regime->name};
	ret->ranges[0].first = UINT64_C(1) << 63;
	for (unsigned i = 0; i < regime->range_count; i++)
		if (regime->ranges[i].first >> 63)
			ret->ranges[0] = regime->ranges[i];
}

void sonde_linux_space_init(struct sonde_linux_space *ret, struct sonde_target *machine,
	struct sonde_space *physical, const struct sonde_page_regime *regime)
{
	static const struct sonde_space_ops ops = {
		.read = read_kernel,
		.look = look_kernel,
		.write = write_kernel,
	};

	*ret = (struct sonde_linux_space){
		.space =
			{
				.ops = &ops,
				.name = "kernel",
				.page_bytes = physical->page_bytes,
				.limit = UINT64_MAX,
				.big_endian = physical->big_endian,
				.traps = &machine->traps,
				.epoch = physical->epoch,
				.tables = &ret->tables,
			},
		.tables = {.physical = physical},
	};
	take_half(&ret->tables.regime, regime);
	sonde_page_tables_plan(&ret->tables);
	refresh(ret);
}

uint64_t sonde_linux_page_bytes(const struct sonde_linux *kernel)
{
	const struct sonde_page_regime *regime = &kernel->space.tables.regime;
	const struct sonde_page_format *format = regime->ranges[0].format;

	if (!regime->range_count || !format)
		return 4096;
	return UINT64_C(1) << format->levels[format->level_count - 1].shift;
}

/* --- the facet -------------------------------------------------------------------- */

static struct sonde_error *virtual_space(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	struct sonde_linux *kernel = sonde_linux_of(target);

	if (kernel->view == SONDE_KERNEL_VIEW_CPU)
		return sonde_linux_view_find(kernel, thread, ret);
	CHECK(sonde_linux_find(kernel));
	*ret = &kernel->space.space;
	return NULL;
}

static struct sonde_error *physical_space(
	struct sonde_target *target, struct sonde_space **ret)
{
	return sonde_target_physical(target->below, ret);
}

static struct sonde_error *translate(struct sonde_target *target,
	struct sonde_thread *thread, uint64_t address, struct sonde_translation *ret)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	struct sonde_memory_facet const *below =
		sonde_target_with_memory(target->below)->memory;
	struct sonde_error *error = NULL, *missing;

	if (kernel->view == SONDE_KERNEL_VIEW_CPU) {
		if (!below || !below->translate)
			return sonde_target_translate(
				target->below, thread, address, ret);
		error = below->translate(target->below, thread, address, ret);
		if (!sonde_error_is(error, SONDE_ERROR_FAULT) || !(address >> 63))
			return error;
	}
	missing = sonde_linux_find(kernel);
	if (missing)
		return sonde_error_first(error, missing);
	sonde_error_destroy(error);
	CHECK(check_half(&kernel->space, address));
	return sonde_page_walk(kernel->space.tables.physical,
		&kernel->space.tables.regime, address, ret);
}

static const char *means(const struct sonde_target *target)
{
	return sonde_target_memory_means(target->below);
}

static uint64_t ram_bytes(const struct sonde_target *target)
{
	return sonde_target_ram_bytes(target->below);
}

const struct sonde_memory_facet sonde_linux_memory_facet = {
	.virtual_space = virtual_space,
	.physical_space = physical_space,
	.translate = translate,
	.means = means,
	.ram_bytes = ram_bytes,
};
