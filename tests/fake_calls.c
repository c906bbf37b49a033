/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "btf.h"
#include "btf_builder.h"
#include "context.h"
#include "fake_calls.h"
#include "line.h"
#include "scope.h"
#include "target.h"

enum {
	REGISTERS_MAX = 24,
	FRAMES = 64,
	CODE_BYTES = 0x10000,
	/** Where functions are called from, within the code. */
	SITES = 0x1000,
	SITE_BYTES = 8,
	SITE_COUNT = 64,
};

struct frame {
	/** What it was before the arguments came, and when the call was made. */
	uint64_t outer, sp, address;
};

struct task {
	uint64_t sp;
	struct frame frames[FRAMES];
	unsigned depth;
	bool gone;
	uint64_t started;
};

struct cpu {
	struct sonde_thread thread;
	uint64_t registers[REGISTERS_MAX];
	unsigned task;
};

struct calls {
	struct sonde_target target;
	struct sonde_space space;
	uint8_t code[CODE_BYTES], data[4096], stacks[CALLS_TASKS][CALLS_STACK_BYTES];
	struct task tasks[CALLS_TASKS];
	struct cpu cpus[CALLS_CPUS];
	struct sonde_thread *threads[CALLS_CPUS];
	struct sonde_register registers[REGISTERS_MAX];
	size_t register_count, pc, sp;
	struct sonde_trap_place traps[CALLS_TRAPS];
	size_t trap_count;
	unsigned changes, executed;
	struct sonde_resume_plan plan;
	const struct calls_step *steps;
	size_t step_count, next;
	const struct calls_move *moves;
	size_t moves_left;
	struct btf_builder builder;
	struct sonde_types *types;
	struct sonde_scope scope;
	bool hidden[CALLS_FUNCTIONS];
	/** Whose name another function has, too. */
	bool has_second;
	enum calls_function named, second;
};

static const char *const names[] = {"open_file", "pair", "wide", "tick", "untyped"};

static struct calls *own(const struct sonde_target *target)
{
	return CONTAINER_OF(sonde_target_base(target), struct calls, target);
}

uint64_t calls_address(enum calls_function function)
{
	return CALLS_CODE + (uint64_t)function * CALLS_FUNCTION_BYTES;
}

/* --- memory --------------------------------------------------------------------------
 */

static uint8_t *find_memory(struct calls *calls, uint64_t address, size_t *left)
{
	struct {
		uint64_t first;
		uint8_t *bytes;
		size_t length;
	} parts[] = {
		{CALLS_CODE, calls->code, sizeof(calls->code)},
		{CALLS_DATA, calls->data, sizeof(calls->data)},
		{CALLS_STACK, calls->stacks[0], sizeof(calls->stacks)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		uint64_t offset = address - parts[i].first;

		if (offset < parts[i].length) {
			*left = parts[i].length - (size_t)offset;
			return parts[i].bytes + offset;
		}
	}
	return NULL;
}

static struct sonde_error *read_memory(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	size_t left;
	const uint8_t *bytes =
		find_memory(CONTAINER_OF(space, struct calls, space), address, &left);

	if (!bytes)
		return sonde_error_fault(address, NULL);
	memcpy(buffer, bytes, left < length ? left : length);
	return left < length ? sonde_error_fault(address + left, NULL) : NULL;
}

static struct sonde_error *write_memory(
	struct sonde_space *space, const struct sonde_write *write)
{
	size_t left;
	uint8_t *bytes = find_memory(
		CONTAINER_OF(space, struct calls, space), write->address, &left);

	if (!bytes || left < write->length)
		return sonde_error_fault(write->address, NULL);
	memcpy(bytes, write->data, write->length);
	return NULL;
}

static const struct sonde_space_ops space_ops = {
	.read = read_memory,
	.write = write_memory,
};

static struct sonde_error *virtual_space(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	(void)thread;
	*ret = &own(target)->space;
	return NULL;
}

static const char *means(const struct sonde_target *target)
{
	(void)target;
	return "stub";
}

static const struct sonde_memory_facet memory_facet = {
	.virtual_space = virtual_space,
	.means = means,
};

void calls_write(
	struct sonde_target *target, uint64_t address, const void *data, size_t length)
{
	size_t left;

	memcpy(find_memory(own(target), address, &left), data, length);
}

/* --- registers and threads -----------------------------------------------------------
 */

static struct cpu *cpu_of(struct sonde_thread *thread)
{
	return CONTAINER_OF(thread, struct cpu, thread);
}

static void list_registers(const struct sonde_target *target,
	const struct sonde_register **ret, size_t *count)
{
	*ret = own(target)->registers;
	*count = own(target)->register_count;
}

static struct sonde_error *read_register(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret,
	const char **why)
{
	(void)why;
	sonde_register_value_set_integer(
		ret, cpu_of(thread)->registers[reg->index], reg->bits);
	return NULL;
}

static struct sonde_error *write_register(struct sonde_thread *thread,
	const struct sonde_register *reg, const struct sonde_register_value *value)
{
	cpu_of(thread)->registers[reg->index] = sonde_register_value_integer(value);
	return NULL;
}

static const struct sonde_register_facet register_facet = {
	.list = list_registers,
	.read = read_register,
	.write = write_register,
};

static struct sonde_error *list_threads(
	struct sonde_target *target, struct sonde_thread *const **ret, size_t *count)
{
	*ret = own(target)->threads;
	*count = CALLS_CPUS;
	return NULL;
}

static const struct sonde_thread_facet thread_facet = {.list = list_threads};

static uint64_t *register_of(struct calls *calls, struct cpu *cpu, const char *name)
{
	const struct sonde_register *reg =
		sonde_target_find_register(&calls->target, name);

	return &cpu->registers[reg->index];
}

void calls_set_register(
	struct sonde_target *target, unsigned cpu, const char *name, uint64_t value)
{
	*register_of(own(target), &own(target)->cpus[cpu], name) = value;
}

uint64_t calls_site(unsigned number)
{
	return CALLS_CODE + SITES + (uint64_t)number * SITE_BYTES;
}

uint64_t calls_register(struct sonde_target *target, unsigned cpu, const char *name)
{
	return *register_of(own(target), &own(target)->cpus[cpu], name);
}

/* --- what happens ---------------------------------------------------------------------
 */

static void push(struct calls *calls, struct cpu *cpu, uint64_t value)
{
	uint64_t *sp = &cpu->registers[calls->sp];

	*sp -= 8;
	calls_write(&calls->target, *sp, &value, 8);
}

static void set_arguments(
	struct calls *calls, struct cpu *cpu, const struct calls_step *step)
{
	const struct sonde_arch_calls *rules = calls->target.arch->calls;
	size_t i = 0, count = CALLS_ARGUMENTS;

	for (; rules->arguments[i] && i < CALLS_ARGUMENTS; i++)
		*register_of(calls, cpu, rules->arguments[i]) = step->arguments[i];
	/* Those that find no register, the last one first. */
	while (count > i && !step->arguments[count - 1])
		count--;
	while (count > i)
		push(calls, cpu, step->arguments[--count]);
}

static void enter(struct calls *calls, struct cpu *cpu, const struct calls_step *step)
{
	cpu->registers[calls->pc] = calls_address(step->function);
}

static void do_call(struct calls *calls, struct cpu *cpu, const struct calls_step *step)
{
	struct task *task = &calls->tasks[cpu->task];
	struct frame *frame = &task->frames[task->depth++];
	uint64_t site = calls_site((unsigned)step->value);
	const struct sonde_arch_calls *rules = calls->target.arch->calls;

	frame->outer = cpu->registers[calls->sp];
	/* Who calls has kept the register with the way back. */
	if (rules->link && task->depth > 1)
		cpu->registers[calls->sp] -= 16;
	frame->address = site;
	set_arguments(calls, cpu, step);
	frame->sp = cpu->registers[calls->sp];
	if (rules->link)
		*register_of(calls, cpu, rules->link) = site;
	else
		push(calls, cpu, site);
	enter(calls, cpu, step);
}

static void do_return(struct calls *calls, struct cpu *cpu, const struct calls_step *step)
{
	struct task *task = &calls->tasks[cpu->task];
	const struct frame *frame = &task->frames[--task->depth];

	*register_of(calls, cpu, calls->target.arch->calls->result) = step->value;
	cpu->registers[calls->sp] = frame->sp;
	cpu->registers[calls->pc] = frame->address;
	calls->executed++;
}

static void do_switch(struct calls *calls, struct cpu *cpu, unsigned task)
{
	calls->tasks[cpu->task].sp = cpu->registers[calls->sp];
	cpu->task = task;
	cpu->registers[calls->sp] = calls->tasks[task].sp;
	cpu->registers[calls->pc] = CALLS_CODE + CODE_BYTES - 16;
}

/* The stack is cut: whoever caught this goes on from there. */
static void abandon(struct calls *calls, struct cpu *cpu, uint64_t frames)
{
	struct task *task = &calls->tasks[cpu->task];

	while (frames--)
		cpu->registers[calls->sp] = task->frames[--task->depth].outer;
	cpu->registers[calls->pc] = CALLS_CODE + CODE_BYTES - 16;
}

static bool has_trap(const struct calls *calls, bool executes, uint64_t address)
{
	for (size_t i = 0; i < calls->trap_count; i++)
		if (executes == (calls->traps[i].kind <= SONDE_BREAKPOINT_HARDWARE) &&
			calls->traps[i].address == address)
			return true;
	return false;
}

/* True if it ended in a stop. */
static bool play(
	struct calls *calls, const struct calls_step *step, struct sonde_stop *stop)
{
	struct cpu *cpu = &calls->cpus[step->cpu];

	*stop = (struct sonde_stop){
		.reason = SONDE_STOP_SIGNAL, .signal = 5, .thread = &cpu->thread};
	switch (step->event) {
	case CALLS_CALL:
		do_call(calls, cpu, step);
		break;
	case CALLS_RETURN:
		do_return(calls, cpu, step);
		break;
	case CALLS_TAIL_CALL:
		enter(calls, cpu, step);
		break;
	case CALLS_ABANDON:
		abandon(calls, cpu, step->value);
		break;
	case CALLS_SWITCH:
		do_switch(calls, cpu, (unsigned)step->value);
		break;
	case CALLS_AT:
		cpu->registers[calls->pc] = CALLS_CODE + step->value;
		break;
	case CALLS_WRITE:
		calls_write(&calls->target, CALLS_DATA, &step->value, 8);
		*stop = (struct sonde_stop){.reason = SONDE_STOP_WATCHPOINT,
			.thread = &cpu->thread,
			.address = CALLS_DATA};
		return has_trap(calls, false, CALLS_DATA);
	case CALLS_GO:
		cpu->registers[calls->pc] = step->value;
		break;
	}
	return has_trap(calls, true, cpu->registers[calls->pc]);
}

/* A debugger may have sent a CPU back to its caller already. */
static bool was_sent_back(struct calls *calls)
{
	const struct calls_step *step = &calls->steps[calls->next];
	struct cpu *cpu = &calls->cpus[step->cpu];
	struct task *task = &calls->tasks[cpu->task];

	if (step->event != CALLS_RETURN || !task->depth ||
		cpu->registers[calls->pc] != task->frames[task->depth - 1].address)
		return false;
	task->depth--;
	return true;
}

static struct sonde_error *resume(
	struct sonde_target *target, const struct sonde_resume_plan *plan)
{
	own(target)->plan = *plan;
	return NULL;
}

static struct sonde_error *interrupt(struct sonde_target *target)
{
	own(target)->next = own(target)->step_count;
	return NULL;
}

static void move(struct calls *calls, struct cpu *cpu)
{
	const struct calls_move *move = calls->moves;

	if (!calls->moves_left) {
		cpu->registers[calls->pc]++;
		return;
	}
	calls->moves++;
	calls->moves_left--;
	if (move->switches)
		do_switch(calls, cpu, move->task);
	cpu->registers[calls->pc] = move->pc;
}

static struct sonde_error *wait_for_stop(
	struct sonde_target *target, int timeout_ms, struct sonde_stop *ret)
{
	struct calls *calls = own(target);

	(void)timeout_ms;
	if (calls->plan.step) {
		move(calls, cpu_of(calls->plan.step));
		*ret = (struct sonde_stop){.reason = SONDE_STOP_SIGNAL,
			.signal = 5,
			.thread = calls->plan.step};
		return NULL;
	}
	while (calls->next < calls->step_count) {
		if (was_sent_back(calls)) {
			calls->next++;
			continue;
		}
		if (play(calls, &calls->steps[calls->next++], ret))
			return NULL;
	}
	*ret = (struct sonde_stop){.reason = SONDE_STOP_INTERRUPT,
		.signal = 2,
		.thread = &calls->cpus[0].thread};
	return NULL;
}

static struct sonde_error *set_trap(
	struct sonde_target *target, const struct sonde_trap_place *place, bool insert)
{
	struct calls *calls = own(target);

	calls->changes++;
	if (insert) {
		if (calls->trap_count == CALLS_TRAPS)
			return sonde_error_create(SONDE_ERROR_PROTOCOL, "too many");
		calls->traps[calls->trap_count++] = *place;
		return NULL;
	}
	for (size_t i = 0; i < calls->trap_count; i++) {
		if (calls->traps[i].address == place->address &&
			calls->traps[i].kind == place->kind) {
			calls->traps[i] = calls->traps[--calls->trap_count];
			return NULL;
		}
	}
	return sonde_error_create(SONDE_ERROR_NOT_FOUND, "there is no such trap");
}

static bool step_ignores_traps(const struct sonde_target *target)
{
	(void)target;
	return true;
}

static const struct sonde_control_facet control_facet = {
	.resume = resume,
	.interrupt = interrupt,
	.wait = wait_for_stop,
	.set_trap = set_trap,
	.step_ignores_traps = step_ignores_traps,
};

void calls_play(struct sonde_target *target, const struct calls_step *steps, size_t count)
{
	struct calls *calls = own(target);

	calls->steps = steps;
	calls->step_count = count;
	calls->next = 0;
}

void calls_move(struct sonde_target *target, const struct calls_move *moves, size_t count)
{
	own(target)->moves = moves;
	own(target)->moves_left = count;
}

size_t calls_moves_left(const struct sonde_target *target)
{
	return own(target)->moves_left;
}

unsigned calls_traps(const struct sonde_target *target)
{
	return (unsigned)own(target)->trap_count;
}

unsigned calls_trap_changes(const struct sonde_target *target)
{
	return own(target)->changes;
}

unsigned calls_executed(const struct sonde_target *target)
{
	return own(target)->executed;
}

/* --- symbols, types, tasks ------------------------------------------------------------
 */

static void fill(unsigned index, struct sonde_symbol *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->address = calls_address(index);
	ret->bytes = CALLS_FUNCTION_BYTES;
	ret->kind = 'T';
	strcpy(ret->name, names[index]);
}

static struct sonde_error *count_symbols(struct sonde_target *target, uint64_t *ret)
{
	(void)target;
	*ret = CALLS_FUNCTIONS;
	return NULL;
}

static struct sonde_error *get_symbol(
	struct sonde_target *target, uint64_t index, struct sonde_symbol *ret)
{
	(void)target;
	fill((unsigned)index, ret);
	return NULL;
}

static struct sonde_error *find_symbol(struct sonde_target *target, const char *name,
	unsigned number, struct sonde_symbol *ret, bool *found)
{
	*found = false;
	for (unsigned i = 0; i < CALLS_FUNCTIONS && !number; i++) {
		if (strcmp(names[i], name) != 0 || own(target)->hidden[i])
			continue;
		*found = true;
		fill(i, ret);
	}
	if (number == 1 && own(target)->has_second &&
		!strcmp(name, names[own(target)->named])) {
		*found = true;
		fill(own(target)->second, ret);
		strcpy(ret->name, name);
		strcpy(ret->module, "ext4");
	}
	return NULL;
}

void calls_add_name(struct sonde_target *target, enum calls_function function,
	enum calls_function other)
{
	own(target)->has_second = true;
	own(target)->named = function;
	own(target)->second = other;
}

static struct sonde_error *symbol_at(struct sonde_target *target, uint64_t address,
	struct sonde_symbol *ret, bool *found)
{
	uint64_t index = (address - CALLS_CODE) / CALLS_FUNCTION_BYTES;

	(void)target;
	*found = address >= CALLS_CODE && index < CALLS_FUNCTIONS;
	if (*found)
		fill((unsigned)index, ret);
	return NULL;
}

static struct sonde_error *arrival(
	struct sonde_target *target, uint64_t *ret, bool *found)
{
	(void)target;
	*found = true;
	*ret = calls_address(CALLS_TICK);
	return NULL;
}

/* Behind what there is, more is said to be that cannot be read. */
static struct sonde_error *code_range(struct sonde_target *target, unsigned number,
	uint64_t *address, uint64_t *bytes, bool *found)
{
	(void)target;
	*found = number < 3;
	*address = number == 2 ? CALLS_CODE + CODE_BYTES + 100 : CALLS_CODE;
	*bytes = number == 1 ? 0 : CODE_BYTES + 0x3000;
	return NULL;
}

static bool is_return(const char *name)
{
	return !strcmp(name, "untyped");
}

static struct sonde_error *line_at(struct sonde_target *target, uint64_t address,
	struct sonde_line *ret, bool *found)
{
	(void)target;
	(void)address;
	(void)ret;
	*found = false;
	return NULL;
}

static struct sonde_error *find_line(struct sonde_target *target, const char *file,
	unsigned line, struct sonde_line *ret_line, uint64_t **ret, size_t *count)
{
	(void)target;
	if (strcmp(file, "fs/file.c") != 0 || line != 12)
		return sonde_error_create(SONDE_ERROR_NOT_FOUND, "no code there");
	*ret_line = (struct sonde_line){.file = "fs/file.c", .line = 12};
	*ret = calloc(2, sizeof(**ret));
	(*ret)[0] = calls_address(CALLS_PAIR) + 16;
	(*ret)[1] = calls_address(CALLS_TICK);
	*count = 2;
	return NULL;
}

static const struct sonde_line_facet line_facet = {.at = line_at, .find = find_line};

void calls_hide(struct sonde_target *target, enum calls_function function, bool hidden)
{
	own(target)->hidden[function] = hidden;
}

static const struct sonde_symbol_facet symbol_facet = {
	.count = count_symbols,
	.get = get_symbol,
	.find = find_symbol,
	.at = symbol_at,
	.arrival = arrival,
	.code = code_range,
	.is_return = is_return,
};

static struct sonde_error *find_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	*ret = own(target)->types;
	return NULL;
}

static struct sonde_error *find_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	*ret = &own(target)->scope;
	return NULL;
}

static const struct sonde_type_facet type_facet = {
	.types = find_types,
	.scope = find_scope,
};

static const struct sonde_scope_ops scope_ops = {.variable = NULL};

static struct sonde_error *current_task(
	struct sonde_target *target, struct sonde_thread *thread, uint64_t *ret)
{
	(void)target;
	*ret = cpu_of(thread)->task + 1;
	return NULL;
}

static struct sonde_error *describe_task(struct sonde_target *target, uint64_t task,
	uint64_t *ret_pid, char ret_name[SONDE_TASK_NAME_BYTES])
{
	(void)target;
	*ret_pid = 100 + task - 1;
	memset(ret_name, 0, SONDE_TASK_NAME_BYTES);
	strcpy(ret_name, "caller");
	return NULL;
}

static struct sonde_error *task_is_there(
	struct sonde_target *target, uint64_t task, uint64_t pid, bool *ret)
{
	*ret = pid == 100 + task - 1 && !own(target)->tasks[task - 1].gone;
	return NULL;
}

/* The first two are one. */
static struct sonde_error *process_of_task(
	struct sonde_target *target, uint64_t task, uint64_t *ret)
{
	(void)target;
	*ret = task <= 2 ? 100 : 100 + task - 1;
	return NULL;
}

static struct sonde_error *task_started(
	struct sonde_target *target, uint64_t task, uint64_t *ret)
{
	*ret = own(target)->tasks[task - 1].started;
	return NULL;
}

static struct sonde_error *departure(
	struct sonde_target *target, uint64_t *ret, uint64_t *ret_bytes, bool *found)
{
	(void)target;
	*ret = calls_address(CALLS_UNTYPED);
	*ret_bytes = CALLS_FUNCTION_BYTES;
	*found = true;
	return NULL;
}

static const struct sonde_task_facet task_facet = {
	.current = current_task,
	.describe = describe_task,
	.is_there = task_is_there,
	.process = process_of_task,
	.started = task_started,
	.departure = departure,
};

void calls_end_task(struct sonde_target *target, unsigned task)
{
	own(target)->tasks[task].gone = true;
}

void calls_replace_task(struct sonde_target *target, unsigned task)
{
	own(target)->tasks[task].started++;
}

static void make_types(struct calls *calls)
{
	struct btf_builder *btf = &calls->builder;
	uint32_t integer, character, short_integer, long_integer, file, file_pointer;
	uint32_t name_pointer, pair, wide, triple;

	btf_begin(btf, NULL);
	integer = btf_integer(btf, "int", 4, BTF_SIGNED);
	character = btf_integer(btf, "char", 1, BTF_SIGNED | BTF_CHAR);
	short_integer = btf_integer(btf, "unsigned short", 2, 0);
	long_integer = btf_integer(btf, "long", 8, BTF_SIGNED);
	file = btf_struct(btf, "file", 16,
		(struct btf_part[]){{.name = "mode", .type = integer},
			{.name = "size", .type = long_integer, .offset = 64}, {NULL}});
	file_pointer = btf_pointer(btf, file);
	name_pointer = btf_pointer(btf, btf_const(btf, character));
	pair = btf_struct(btf, "pair", 16,
		(struct btf_part[]){{.name = "a", .type = long_integer},
			{.name = "b", .type = long_integer, .offset = 64}, {NULL}});
	triple = btf_array(btf, long_integer, 3);
	wide = btf_struct(btf, "wide", 24,
		(struct btf_part[]){{.name = "elements", .type = triple}, {NULL}});
	btf_function(btf, "open_file",
		btf_prototype(btf, integer,
			(struct btf_part[]){{.name = "file", .type = file_pointer},
				{.name = "name", .type = name_pointer},
				{.name = "flags", .type = short_integer}, {NULL}}));
	btf_function(btf, "pair",
		btf_prototype(btf, long_integer,
			(struct btf_part[]){{.name = "by_value", .type = pair},
				{.name = "last", .type = character}, {NULL}}));
	btf_function(btf, "wide",
		btf_prototype(btf, long_integer,
			(struct btf_part[]){{.name = "by_value", .type = wide},
				{.name = "a", .type = long_integer},
				{.name = "b", .type = long_integer},
				{.name = "c", .type = long_integer},
				{.name = "d", .type = long_integer},
				{.name = "e", .type = long_integer},
				{.name = "f", .type = long_integer},
				{.name = "g", .type = integer}, {NULL}}));
	btf_function(btf, "tick", btf_prototype(btf, 0, (struct btf_part[]){{NULL}}));
	btf_finish(btf);
}

/* --- life ------------------------------------------------------------------------------
 */

static struct sonde_error *detach(struct sonde_target *target, enum sonde_state leave)
{
	(void)leave;
	if (own(target)->trap_count)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "traps were left behind");
	return NULL;
}

static void destroy(struct sonde_target *target)
{
	struct calls *calls = own(target);

	sonde_types_destroy(calls->types);
	btf_end(&calls->builder);
	sonde_target_deinit(target);
	free(calls);
}

static const struct sonde_target_ops target_ops = {
	.detach = detach,
	.destroy = destroy,
};

static void add_registers(struct calls *calls, const struct sonde_arch *arch)
{
	for (size_t i = 0; i < arch->register_count; i++) {
		const struct sonde_arch_register *known = &arch->registers[i];
		bool wanted = !strcmp(known->name, arch->pc) ||
			      !strcmp(known->name, arch->sp) ||
			      !strcmp(known->name, arch->calls->result);

		if (arch->calls->link)
			wanted = wanted || !strcmp(known->name, arch->calls->link) ||
				 !strcmp(known->name, "cpsr");
		for (size_t j = 0; arch->calls->arguments[j]; j++)
			wanted =
				wanted || !strcmp(known->name, arch->calls->arguments[j]);
		if (!wanted)
			continue;
		if (!strcmp(known->name, arch->pc))
			calls->pc = calls->register_count;
		if (!strcmp(known->name, arch->sp))
			calls->sp = calls->register_count;
		calls->registers[calls->register_count] =
			(struct sonde_register){.name = known->name,
				.group = "general",
				.bits = known->bits,
				.index = (unsigned)calls->register_count};
		calls->register_count++;
	}
}

static struct sonde_error *open_calls(
	struct sonde *sonde, const char *address, struct sonde_target **ret)
{
	struct calls *calls = calloc(1, sizeof(*calls));
	struct sonde_target *target = &calls->target;

	CHECK(sonde_target_init(target, sonde, "calls:"));
	target->ops = &target_ops;
	target->kind = "calls";
	target->arch = &sonde_arch_x86_64;
	if (!strcmp(address, "arm"))
		target->arch = &sonde_arch_aarch64;
	if (!strcmp(address, "riscv"))
		target->arch = &sonde_arch_riscv64;
	target->memory = &memory_facet;
	target->registers = &register_facet;
	target->threads = &thread_facet;
	target->control = &control_facet;
	target->symbols = &symbol_facet;
	target->lines = &line_facet;
	target->types = &type_facet;
	target->tasks = &task_facet;
	target->state = target->found = SONDE_STATE_STOPPED;
	calls->space = (struct sonde_space){.ops = &space_ops,
		.name = "virtual",
		.page_bytes = 4096,
		.limit = UINT64_MAX,
		.traps = &target->traps,
		.epoch = &target->epoch};
	add_registers(calls, target->arch);
	make_types(calls);
	CHECK(sonde_btf_create(calls->builder.out.data, calls->builder.out.length, NULL,
		8, &calls->types));
	calls->scope = (struct sonde_scope){
		.ops = &scope_ops, .level = "kernel", .types = calls->types};
	/* E8 and where it leads: a call before each site. */
	for (unsigned i = 0; i < SITE_COUNT; i++)
		calls->code[SITES + i * SITE_BYTES - 5] = 0xe8;
	for (unsigned i = 0; i < CALLS_TASKS; i++)
		calls->tasks[i].sp =
			CALLS_STACK + (uint64_t)(i + 1) * CALLS_STACK_BYTES - 64;
	for (unsigned i = 0; i < CALLS_CPUS; i++) {
		struct cpu *cpu = &calls->cpus[i];

		cpu->thread = (struct sonde_thread){
			.target = target, .number = i, .name = i ? "1" : "0"};
		cpu->task = i;
		cpu->registers[calls->sp] = calls->tasks[i].sp;
		cpu->registers[calls->pc] = CALLS_CODE + CODE_BYTES - 16;
		calls->threads[i] = &cpu->thread;
	}
	target->current = calls->threads[0];
	*ret = target;
	return NULL;
}

const struct sonde_driver calls_driver = {
	.name = "calls",
	.open = open_calls,
};
