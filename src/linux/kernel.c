/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel level as a target; find.c finds the kernel. */
#include "kernel.h"

void sonde_linux_forget(struct sonde_linux *kernel)
{
	kernel->found = false;
	sonde_error_destroy(kernel->missing);
	kernel->missing = NULL;
	sonde_kallsyms_destroy(kernel->symbols);
	kernel->symbols = NULL;
	sonde_linux_symbol_files_forget(&kernel->symbol_files);
	sonde_linux_types_forget(&kernel->types);
	sonde_space_deinit(&kernel->image_space.space);
	sonde_space_deinit(&kernel->space.space);
	kernel->banner = (struct sonde_linux_banner){.address = 0};
}

static void destroy(struct sonde_target *target)
{
	struct sonde_linux *kernel = sonde_linux_of(target);

	sonde_linux_forget(kernel);
	sonde_linux_symbol_files_deinit(&kernel->symbol_files);
	sonde_linux_types_deinit(&kernel->types);
	sonde_linux_views_destroy(kernel);
	sonde_target_deinit(target);
	free(kernel);
}

static const struct sonde_target_ops target_ops = {
	.destroy = destroy,
};

struct sonde_error *sonde_kernel_open(struct sonde_target *machine,
	enum sonde_kernel_view view, struct sonde_target **ret)
{
	struct sonde_linux *kernel = calloc(1, sizeof(*kernel));
	struct sonde_error *error;

	if (!kernel) {
		sonde_target_close(machine);
		return sonde_error_no_memory();
	}
	kernel->view = view;
	kernel->target.ops = &target_ops;
	kernel->target.kind = "Linux";
	kernel->target.arch = machine->arch;
	kernel->target.memory = &sonde_linux_memory_facet;
	kernel->target.symbols = &sonde_linux_symbol_facet;
	kernel->target.types = &sonde_linux_type_facet;
	sonde_linux_types_init(&kernel->types, kernel);
	kernel->target.below = machine;
	error = sonde_target_init(
		&kernel->target, machine->sonde, sonde_target_name(machine));
	if (error) {
		sonde_target_close(&kernel->target);
		return error;
	}
	*ret = &kernel->target;
	return NULL;
}

/* --- symbols ---------------------------------------------------------------------- */

static struct sonde_error *count(struct sonde_target *target, uint64_t *ret)
{
	return sonde_linux_own_count(sonde_linux_of(target), ret);
}

static struct sonde_error *get(
	struct sonde_target *target, uint64_t index, struct sonde_symbol *ret)
{
	return sonde_linux_own_get(sonde_linux_of(target), index, ret);
}

static struct sonde_error *find(struct sonde_target *target, const char *name,
	unsigned number, struct sonde_symbol *ret, bool *found)
{
	return sonde_linux_own_find(sonde_linux_of(target), name, number, ret, found);
}

static struct sonde_error *at(struct sonde_target *target, uint64_t address,
	struct sonde_symbol *ret, bool *found)
{
	return sonde_linux_own_at(sonde_linux_of(target), address, ret, found);
}

const struct sonde_symbol_facet sonde_linux_symbol_facet = {
	.count = count,
	.get = get,
	.find = find,
	.at = at,
};
