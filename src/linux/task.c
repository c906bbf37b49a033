/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "kernel.h"
#include "space_search.h"
#include "task.h"
#include "type_fields.h"

enum {
	/** Tasks that are looked at for one (PID_MAX_LIMIT). */
	TASKS_MAX = 1 << 22,
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

struct sonde_error *sonde_linux_current_task(
	struct sonde_linux *kernel, struct sonde_thread *thread, uint64_t *ret)
{
	uint64_t variable;

	CHECK(sonde_linux_find(kernel));
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

struct task_fields {
	struct sonde_field next, tasks, pid, signal, thread_head, thread_node;
};

static const struct sonde_field_wish wishes[] = {
	{"struct list_head", "next", offsetof(struct task_fields, next)},
	{"struct task_struct", "tasks", offsetof(struct task_fields, tasks)},
	{"struct task_struct", "pid", offsetof(struct task_fields, pid)},
	{"struct task_struct", "signal", offsetof(struct task_fields, signal)},
	{"struct signal_struct", "thread_head",
		offsetof(struct task_fields, thread_head)},
	{"struct task_struct", "thread_node", offsetof(struct task_fields, thread_node)},
};

struct finder {
	struct sonde_linux *kernel;
	struct task_fields fields;
	uint64_t pid;
	/** Tasks that were looked at. */
	unsigned seen;
	uint64_t task;
	bool found;
};

static struct sonde_error *look_at(struct finder *finder, uint64_t task)
{
	uint64_t pid;

	if (++finder->seen > TASKS_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the list of tasks has no end");
	CHECK(sonde_field_read(
		&finder->fields.pid, &finder->kernel->space.space, task, &pid));
	finder->found = pid == finder->pid;
	finder->task = task;
	return NULL;
}

/* Along a list whose head is at @p head, by the links at @p links of each task. */
static struct sonde_error *look_along(struct finder *finder, uint64_t head,
	uint64_t links, struct sonde_error *(*look)(struct finder *, uint64_t))
{
	struct sonde_space *space = &finder->kernel->space.space;
	uint64_t link;

	CHECK(sonde_field_read(&finder->fields.next, space, head, &link));
	while (link != head && !finder->found) {
		CHECK(look(finder, link - links));
		CHECK(sonde_field_read(&finder->fields.next, space, link, &link));
	}
	return NULL;
}

/* A process: its threads are those of its signals, it is one of them. */
static struct sonde_error *look_at_process(struct finder *finder, uint64_t task)
{
	const struct task_fields *fields = &finder->fields;
	uint64_t signal;

	CHECK(look_at(finder, task));
	if (finder->found)
		return NULL;
	CHECK(sonde_field_read(
		&fields->signal, &finder->kernel->space.space, task, &signal));
	return look_along(finder, signal + fields->thread_head.offset,
		fields->thread_node.offset, look_at);
}

struct sonde_error *sonde_linux_find_task(
	struct sonde_linux *kernel, uint64_t pid, uint64_t *ret)
{
	struct finder finder = {.kernel = kernel, .pid = pid};
	const struct sonde_types *types;
	uint64_t init_task;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &finder.fields));
	CHECK(sonde_linux_init_task(kernel, &init_task));
	CHECK(look_at(&finder, init_task));
	if (!finder.found)
		CHECK(look_along(&finder, init_task + finder.fields.tasks.offset,
			finder.fields.tasks.offset, look_at_process));
	if (!finder.found)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "no task has the number %" PRIu64, pid);
	*ret = finder.task;
	return NULL;
}
