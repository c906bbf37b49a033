/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "kernel.h"
#include "space_search.h"
#include "task.h"
#include "task_walk.h"
#include "type_fields.h"

enum {
	/** CPUs, where the kernel does not say. */
	CPUS_MAX = 8192,
	/** Names like that of the first task. */
	CANDIDATES_MAX = 64,
};

static struct sonde_error *find_symbol(
	struct sonde_linux *kernel, const char *name, uint64_t *ret, bool *found)
{
	struct sonde_symbol symbol;

	CHECK(sonde_linux_own_look_up(kernel, name, &symbol, found));
	if (*found)
		*ret = symbol.address;
	return NULL;
}

static struct sonde_error *need_symbol(
	struct sonde_linux *kernel, const char *name, uint64_t *ret)
{
	bool found;

	CHECK(find_symbol(kernel, name, ret, &found));
	if (found)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the kernel has no symbol '%s' (CONFIG_KALLSYMS_ALL)", name),
		"--symbols FILE takes it from the kernel's vmlinux or System.map");
}

/* --- variables of each CPU -------------------------------------------------------- */

struct sonde_error *sonde_linux_is_per_cpu(
	struct sonde_linux *kernel, uint64_t address, bool *ret)
{
	uint64_t first = 0, end = 0;
	bool found;

	*ret = false;
	CHECK(find_symbol(kernel, "__per_cpu_start", &first, &found));
	if (found)
		CHECK(find_symbol(kernel, "__per_cpu_end", &end, &found));
	*ret = found && address >= first && address < end;
	return NULL;
}

static struct sonde_error *check_cpu(struct sonde_linux *kernel, uint64_t cpu)
{
	uint64_t address, count = CPUS_MAX;
	bool found;

	CHECK(find_symbol(kernel, "nr_cpu_ids", &address, &found));
	if (found)
		CHECK(sonde_space_read_integer(&kernel->space.space, address, 4, &count));
	if (cpu < count && cpu < CPUS_MAX)
		return NULL;
	return sonde_error_create(
		SONDE_ERROR_NOT_FOUND, "the kernel has no CPU %" PRIu64, cpu);
}

struct sonde_error *sonde_linux_per_cpu(
	struct sonde_linux *kernel, uint64_t address, uint64_t cpu, uint64_t *ret)
{
	uint64_t offsets, offset;

	CHECK(sonde_linux_find(kernel));
	CHECK(need_symbol(kernel, "__per_cpu_offset", &offsets));
	CHECK(check_cpu(kernel, cpu));
	CHECK(sonde_space_read_integer(
		&kernel->space.space, offsets + 8 * cpu, 8, &offset));
	*ret = address + offset;
	return NULL;
}

/* --- the current task ------------------------------------------------------------- */

/* A register with an address of the kernel's; *@p ret is 0 if it has none. */
static struct sonde_error *read_kernel_address(
	struct sonde_thread *thread, const char *name, uint64_t *ret)
{
	const struct sonde_register *reg = sonde_thread_find_register(thread, name);
	struct sonde_register_value value;

	*ret = 0;
	if (!reg)
		return NULL;
	CHECK(sonde_thread_read_register(thread, reg, &value));
	if (value.available)
		*ret = sonde_register_value_integer(&value);
	if (!(*ret >> 63))
		*ret = 0;
	return NULL;
}

/* x86: the kernel's gs leads to a CPU's own; of two the other one is a program's. */
static struct sonde_error *find_base(
	struct sonde_linux *kernel, struct sonde_thread *thread, uint64_t *ret)
{
	CHECK(read_kernel_address(thread, "gs_base", ret));
	if (!*ret)
		CHECK(read_kernel_address(thread, "k_gs_base", ret));
	if (!*ret)
		CHECK(sonde_linux_per_cpu(kernel, 0, sonde_thread_number(thread), ret));
	return NULL;
}

/* From a CPU's own on; the same for all of this kernel. */
static struct sonde_error *find_current_variable(
	struct sonde_linux *kernel, uint64_t *ret)
{
	struct sonde_type_member member = {.bit_offset = 0};
	const struct sonde_types *types;
	struct sonde_type type;
	uint64_t variable;
	bool found;

	if (kernel->current_variable) {
		*ret = kernel->current_variable;
		return NULL;
	}
	CHECK(find_symbol(kernel, "current_task", &variable, &found));
	if (!found) {
		CHECK(need_symbol(kernel, "pcpu_hot", &variable));
		CHECK(sonde_linux_types_find(&kernel->types, &types));
		CHECK(sonde_types_find(types, "struct pcpu_hot", &type));
		CHECK(sonde_type_find_member(type, "current_task", &member));
	}
	*ret = kernel->current_variable = variable + member.bit_offset / 8;
	return NULL;
}

static struct sonde_error *read_current_x86(
	struct sonde_linux *kernel, struct sonde_thread *thread, uint64_t *ret)
{
	uint64_t variable, base;

	CHECK(find_current_variable(kernel, &variable));
	CHECK(find_base(kernel, thread, &base));
	return sonde_space_read_integer(&kernel->space.space, base + variable, 8, ret);
}

/* riscv64: in tp in the kernel, in sscratch while a program runs (arch/riscv/kernel/
 * entry.S). */
static struct sonde_error *read_current_riscv64(
	struct sonde_thread *thread, uint64_t *ret)
{
	CHECK(read_kernel_address(thread, "tp", ret));
	if (!*ret)
		CHECK(read_kernel_address(thread, "sscratch", ret));
	if (*ret)
		return NULL;
	return sonde_error_create(SONDE_ERROR_NOT_FOUND,
		"neither tp nor sscratch tells which task the CPU runs");
}

struct sonde_error *sonde_linux_current_task(
	struct sonde_linux *kernel, struct sonde_thread *thread, uint64_t *ret)
{
	uint64_t variable;

	CHECK(sonde_linux_find(kernel));
	if (kernel->target.arch == &sonde_arch_riscv64)
		return read_current_riscv64(thread, ret);
	if (kernel->target.arch == &sonde_arch_x86_64) {
		CHECK(read_current_x86(kernel, thread, ret));
		return NULL;
	}
	/* In the kernel it is in SP_EL0; a program has its own stack there. */
	CHECK(read_kernel_address(thread, "SP_EL0", ret));
	if (*ret)
		return NULL;
	CHECK(need_symbol(kernel, "__entry_task", &variable));
	CHECK(sonde_linux_per_cpu(
		kernel, variable, sonde_thread_number(thread), &variable));
	return sonde_space_read_integer(&kernel->space.space, variable, 8, ret);
}

/* --- the first task --------------------------------------------------------------- */

struct first_fields {
	struct sonde_field next, prev, comm, pid, tasks, parent, leader;
};

static const struct sonde_field_wish first_wishes[] = {
	{"struct list_head", "next", offsetof(struct first_fields, next)},
	{"struct list_head", "prev", offsetof(struct first_fields, prev)},
	{"struct task_struct", "comm", offsetof(struct first_fields, comm)},
	{"struct task_struct", "pid", offsetof(struct first_fields, pid)},
	{"struct task_struct", "tasks", offsetof(struct first_fields, tasks)},
	{"struct task_struct", "real_parent", offsetof(struct first_fields, parent)},
	{"struct task_struct", "group_leader", offsetof(struct first_fields, leader)},
};

/* It has number 0, is its own parent and leader, and those beside it know it. */
static struct sonde_error *is_first(struct sonde_linux *kernel,
	const struct first_fields *fields, uint64_t task, bool *ret)
{
	struct sonde_space *space = &kernel->space.space;
	uint64_t pid, parent, leader, next, back;

	*ret = false;
	CHECK(sonde_field_read(&fields->pid, space, task, &pid));
	CHECK(sonde_field_read(&fields->parent, space, task, &parent));
	CHECK(sonde_field_read(&fields->leader, space, task, &leader));
	if (pid || parent != task || leader != task)
		return NULL;
	CHECK(sonde_field_read(&fields->next, space, task + fields->tasks.offset, &next));
	CHECK(sonde_field_read(&fields->prev, space, next, &back));
	*ret = back == task + fields->tasks.offset;
	return NULL;
}

static struct sonde_error *search_first(struct sonde_linux *kernel, uint64_t *ret)
{
	static const char name[] = {'s', 'w', 'a', 'p', 'p', 'e', 'r'};
	uint64_t place = kernel->image.code_end;
	const struct sonde_types *types;
	struct first_fields fields;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(
		types, first_wishes, ARRAY_SIZE(first_wishes), &fields));
	for (unsigned i = 0; i < CANDIDATES_MAX; i++, place++) {
		struct sonde_error *error;
		bool found;

		CHECK(sonde_space_search(&kernel->image_space.space, place,
			kernel->image.last, name, sizeof(name), &place, &found));
		if (!found)
			break;
		*ret = place - fields.comm.offset;
		error = is_first(kernel, &fields, *ret, &found);
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		if (!error && found)
			return NULL;
		sonde_error_destroy(error);
	}
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
		"the kernel has no symbol 'init_task' (CONFIG_KALLSYMS_ALL), and nothing "
		"in its image looks like it");
}

struct sonde_error *sonde_linux_init_task(struct sonde_linux *kernel, uint64_t *ret)
{
	uint64_t *task = &kernel->types.init_task;
	bool found = true;

	CHECK(sonde_linux_find(kernel));
	if (!*task)
		CHECK(find_symbol(kernel, "init_task", task, &found));
	if (!found) {
		uint64_t first;

		CHECK(search_first(kernel, &first));
		*task = first;
	}
	*ret = *task;
	return NULL;
}

/* --- a task by its number --------------------------------------------------------- */

/* Of those of @p walk; 0 as *@p ret: none has it. */
static struct sonde_error *find_along(
	struct sonde_linux_task_walk *walk, uint64_t pid, uint64_t *ret)
{
	for (;;) {
		struct sonde_error *error;
		uint64_t number;
		bool more;

		CHECK(sonde_linux_task_walk_next(walk, ret, &more));
		if (!more)
			break;
		error = sonde_field_read(
			&walk->links->pid, &walk->kernel->space.space, *ret, &number);
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		if (!error && number == pid)
			return NULL;
		sonde_error_destroy(error);
	}
	*ret = 0;
	return NULL;
}

/* Processes first: there are fewer of them, and they are what is asked for. */
struct sonde_error *sonde_linux_find_task(
	struct sonde_linux *kernel, uint64_t pid, uint64_t *ret)
{
	struct sonde_linux_task_walk walk;
	uint64_t task = 0;

	if (!pid)
		return sonde_linux_init_task(kernel, ret);
	for (unsigned threads = 0; threads <= 1 && !task; threads++) {
		CHECK(sonde_linux_task_walk_begin(&walk, kernel, threads));
		CHECK(find_along(&walk, pid, &task));
	}
	if (!task)
		return sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"no task has the number %" PRIu64 "%s%s", pid,
			walk.incomplete ? ", as far as can be seen: " : "",
			walk.incomplete ?: "");
	*ret = task;
	return NULL;
}
