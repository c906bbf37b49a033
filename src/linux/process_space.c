/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"
#include "page_walk.h"
#include "process_space.h"

static struct sonde_error *read_process(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_linux_process_space *process =
		CONTAINER_OF(space, struct sonde_linux_process_space, space);

	return sonde_page_read(
		process->physical, &process->regime, address, buffer, length);
}

/* Programs' tables are made as the kernel's own, and translate what those do not. */
static void take_other_half(struct sonde_linux_process_space *process, uint64_t root)
{
	struct sonde_page_range *range = &process->regime.ranges[0];

	range->last = ~range->first;
	range->first = 0;
	range->ignored = 0;
	range->root = root;
	process->space.limit = range->last;
}

struct sonde_error *sonde_linux_process_space_init(struct sonde_linux_process_space *ret,
	struct sonde_linux *kernel, uint64_t tables)
{
	static const struct sonde_space_ops ops = {.read = read_process};
	const struct sonde_page_tables *own = &kernel->space.tables;
	struct sonde_translation found;

	if (!own->regime.range_count)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"programs' memory is reached by physical addresses only, "
			"and here there are none");
	if (tables < own->regime.ranges[0].first)
		return sonde_error_fault(tables, "this is no address of the kernel's");
	CHECK(sonde_page_walk(own->physical, &own->regime, tables, &found));
	*ret = (struct sonde_linux_process_space){
		.space =
			{
				.ops = &ops,
				.name = "process",
				.page_bytes = own->physical->page_bytes,
				.epoch = own->physical->epoch,
			},
		.physical = own->physical,
		.regime = own->regime,
	};
	take_other_half(ret, found.physical_address);
	return NULL;
}
