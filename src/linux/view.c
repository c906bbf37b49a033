/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory as a CPU sees it, and in the kernel's half, where it sees nothing, as the kernel
 * does: a program that runs with page table isolation has next to nothing of the kernel
 * mapped. What a CPU does see of that half is the same as what the kernel sees. No kernel
 * is looked for until something is missing.
 */
#include "kernel.h"

struct sonde_linux_view {
	struct sonde_space space;
	struct sonde_linux *kernel;
	struct sonde_thread *thread;
	struct sonde_linux_view *next;
};

static struct sonde_linux_view *own(struct sonde_space *space)
{
	return CONTAINER_OF(space, struct sonde_linux_view, space);
}

static struct sonde_error *space_of_cpu(
	const struct sonde_linux_view *view, struct sonde_space **ret)
{
	return sonde_target_virtual(view->kernel->target.below, view->thread, ret);
}

/*
 * NULL if the kernel's space is to be asked for what is at the fault's address; *@p error
 * is consumed then. Else what is to be said.
 */
static struct sonde_error *replace_fault(
	const struct sonde_linux_view *view, struct sonde_error *error, uint64_t *address)
{
	struct sonde_error *missing;

	if (!sonde_error_is(error, SONDE_ERROR_FAULT) ||
		!(sonde_error_address(error) >> 63))
		return error;
	missing = sonde_linux_find(view->kernel);
	if (sonde_error_is(missing, SONDE_ERROR_INTERRUPTED)) {
		sonde_error_destroy(error);
		return missing;
	}
	if (missing) {
		sonde_error_destroy(missing);
		return error;
	}
	*address = sonde_error_address(error);
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *suggest(struct sonde_error *error)
{
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	return sonde_error_suggest(error, "the kernel has nothing mapped there, either");
}

static struct sonde_error *read_view(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_linux_view *view = own(space);
	struct sonde_space *kernel = &view->kernel->space.space, *cpu;
	struct sonde_error *error;
	uint64_t from;

	CHECK(space_of_cpu(view, &cpu));
	error = cpu->ops->read(cpu, address, buffer, length);
	if (!error)
		return NULL;
	CHECK(replace_fault(view, error, &from));
	if (from - address >= length)
		from = address;
	return suggest(kernel->ops->read(kernel, from,
		(uint8_t *)buffer + (from - address), length - (from - address)));
}

static struct sonde_error *look_view(
	struct sonde_space *space, uint64_t address, struct sonde_window *ret)
{
	struct sonde_linux_view *view = own(space);
	struct sonde_space *kernel = &view->kernel->space.space, *cpu;
	struct sonde_error *error;

	*ret = (struct sonde_window){.address = address};
	CHECK(space_of_cpu(view, &cpu));
	if (!cpu->ops->look)
		return NULL;
	error = cpu->ops->look(cpu, address, ret);
	if (!error)
		return NULL;
	CHECK(replace_fault(view, error, &address));
	return kernel->ops->look(kernel, address, ret);
}

static struct sonde_error *write_view(
	struct sonde_space *space, const struct sonde_write *write)
{
	struct sonde_linux_view *view = own(space);
	struct sonde_space *kernel = &view->kernel->space.space, *cpu;
	struct sonde_error *error;
	uint64_t from;

	CHECK(space_of_cpu(view, &cpu));
	error = cpu->ops->write(cpu, write);
	if (!error)
		return NULL;
	/* Nothing was written. */
	CHECK(replace_fault(view, error, &from));
	return suggest(kernel->ops->write(kernel, write));
}

static void init(struct sonde_linux_view *view, const struct sonde_space *cpu)
{
	static const struct sonde_space_ops ops = {
		.read = read_view,
		.look = look_view,
		.write = write_view,
	};
	static const struct sonde_space_ops read_only = {
		.read = read_view,
		.look = look_view,
	};

	view->space = (struct sonde_space){
		.ops = cpu->ops->write ? &ops : &read_only,
		.name = cpu->name,
		.page_bytes = cpu->page_bytes,
		.limit = cpu->limit,
		.big_endian = cpu->big_endian,
		.per_thread = cpu->per_thread,
		.traps = cpu->traps,
		.epoch = cpu->epoch,
		.tables = cpu->tables,
	};
}

struct sonde_error *sonde_linux_view_find(
	struct sonde_linux *kernel, struct sonde_thread *thread, struct sonde_space **ret)
{
	struct sonde_linux_view *view = kernel->views;
	struct sonde_space *cpu;

	while (view && view->thread != thread)
		view = view->next;
	if (view) {
		*ret = &view->space;
		return NULL;
	}
	CHECK(sonde_target_virtual(kernel->target.below, thread, &cpu));
	view = calloc(1, sizeof(*view));
	if (!view)
		return sonde_error_no_memory();
	view->kernel = kernel;
	view->thread = thread;
	init(view, cpu);
	view->next = kernel->views;
	kernel->views = view;
	*ret = &view->space;
	return NULL;
}

void sonde_linux_views_destroy(struct sonde_linux *kernel)
{
	while (kernel->views) {
		struct sonde_linux_view *view = kernel->views;

		kernel->views = view->next;
		sonde_space_deinit(&view->space);
		free(view);
	}
}
