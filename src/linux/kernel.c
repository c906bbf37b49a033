/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel level as a target; find.c finds the kernel. */
#include <string.h>

#include "kernel.h"
#include "task_layout.h"

enum {
	/** Gaps: a cache line where reading is copying, a system call's worth, a
	   packet's. */
	GAP_MAPPED = 64,
	GAP_PROCESS = 1024,
	GAP_PACKET = 4096,
};

uint64_t sonde_linux_record_gap(const struct sonde_linux *kernel)
{
	const char *means = sonde_target_memory_means(&kernel->target);

	if (!strcmp(means, "mmap"))
		return GAP_MAPPED;
	return strcmp(means, "process") != 0 ? GAP_PACKET : GAP_PROCESS;
}

void sonde_linux_forget(struct sonde_linux *kernel)
{
	kernel->found = false;
	sonde_error_destroy(kernel->missing);
	kernel->missing = NULL;
	sonde_kallsyms_destroy(kernel->symbols);
	kernel->symbols = NULL;
	sonde_linux_modules_forget(&kernel->modules);
	sonde_linux_task_layout_forget(kernel);
	sonde_linux_symbol_files_forget(&kernel->symbol_files);
	sonde_linux_types_forget(&kernel->types);
	sonde_linux_image_space_deinit(&kernel->image_space);
	sonde_space_deinit(&kernel->space.space);
	kernel->banner = (struct sonde_linux_banner){.address = 0};
	kernel->current_variable = 0;
	kernel->shown.types = NULL;
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
	kernel->target.lines = &sonde_linux_line_facet;
	kernel->target.tasks = &sonde_linux_task_facet;
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
	struct sonde_linux *kernel = sonde_linux_of(target);
	const struct sonde_linux_modules *modules;

	CHECK(sonde_linux_own_count(kernel, ret));
	CHECK(sonde_linux_modules_find(kernel, &modules));
	*ret += modules->symbol_count;
	return NULL;
}

/* The kernel's own come first, then those of modules. */
static struct sonde_error *get(
	struct sonde_target *target, uint64_t index, struct sonde_symbol *ret)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	const struct sonde_linux_modules *modules;
	uint64_t own;

	CHECK(sonde_linux_own_count(kernel, &own));
	if (index < own)
		return sonde_linux_own_get(kernel, index, ret);
	CHECK(sonde_linux_modules_find(kernel, &modules));
	if (index - own >= modules->symbol_count)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there are not so many symbols");
	sonde_linux_modules_get(modules, index - own, ret);
	return NULL;
}

/* How many symbols of the kernel's own are called @p name; at most @p most are counted.
 */
static struct sonde_error *count_named(
	struct sonde_linux *kernel, const char *name, unsigned most, unsigned *ret)
{
	struct sonde_symbol symbol;
	bool found = true;

	for (*ret = 0; *ret < most; ++*ret) {
		CHECK(sonde_linux_own_find(kernel, name, *ret, &symbol, &found));
		if (!found)
			break;
	}
	return NULL;
}

static struct sonde_error *find(struct sonde_target *target, const char *name,
	unsigned number, struct sonde_symbol *ret, bool *found)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	const struct sonde_linux_modules *modules;
	unsigned own;

	CHECK(sonde_linux_own_find(kernel, name, number, ret, found));
	if (*found)
		return NULL;
	CHECK(count_named(kernel, name, number, &own));
	CHECK(sonde_linux_modules_find(kernel, &modules));
	*found = sonde_linux_modules_find_symbol(modules, name, number - own, ret);
	return NULL;
}

static struct sonde_error *at(struct sonde_target *target, uint64_t address,
	struct sonde_symbol *ret, bool *found)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	const struct sonde_linux_image *image = &kernel->image;
	const struct sonde_linux_modules *modules;

	CHECK(sonde_linux_own_at(kernel, address, ret, found));
	if (*found || !(address >> 63) ||
		(address >= image->first && address <= image->last))
		return NULL;
	CHECK(sonde_linux_modules_find(kernel, &modules));
	*found = sonde_linux_modules_at(modules, address, ret);
	return NULL;
}

/* A module is in the list and has its symbols, and nothing of it has been executed. */
static struct sonde_error *arrival(
	struct sonde_target *target, uint64_t *ret, bool *found)
{
	struct sonde_symbol symbol;

	CHECK(sonde_linux_own_look_up(
		sonde_linux_of(target), "do_init_module", &symbol, found));
	if (*found)
		*ret = symbol.address;
	return NULL;
}

/* Code that is gone after the boot (.init.text) lies elsewhere. */
static struct sonde_error *own_code(
	struct sonde_linux *kernel, uint64_t *address, uint64_t *bytes, bool *found)
{
	struct sonde_symbol first = {.address = 0}, end = {.address = 0};

	CHECK(sonde_linux_own_look_up(kernel, "_stext", &first, found));
	if (*found)
		CHECK(sonde_linux_own_look_up(kernel, "_etext", &end, found));
	*found = *found && end.address > first.address;
	if (!*found)
		return NULL;
	*address = first.address;
	*bytes = end.address - first.address;
	return NULL;
}

static struct sonde_error *code(struct sonde_target *target, unsigned number,
	uint64_t *address, uint64_t *bytes, bool *found)
{
	struct sonde_linux *kernel = sonde_linux_of(target);
	const struct sonde_linux_modules *modules;

	if (!number)
		return own_code(kernel, address, bytes, found);
	CHECK(sonde_linux_modules_find(kernel, &modules));
	*found = sonde_linux_modules_code(modules, number - 1, address, bytes);
	return NULL;
}

/*
 * "jmp __x86_return_thunk" (arch/x86/lib/retpoline.S) and what stands in for it: with the
 * mitigations of RETBleed, SRSO and others (srso_return_thunk, retbleed_return_thunk,
 * call_depth_return_thunk, its_return_thunk). Without them RET is written there at boot.
 */
static bool is_return(const char *name)
{
	static const char end[] = "return_thunk";
	size_t length = strlen(name);

	return length >= sizeof(end) - 1 &&
	       !strcmp(name + length - (sizeof(end) - 1), end);
}

const struct sonde_symbol_facet sonde_linux_symbol_facet = {
	.count = count,
	.get = get,
	.find = find,
	.at = at,
	.arrival = arrival,
	.code = code,
	.is_return = is_return,
};
