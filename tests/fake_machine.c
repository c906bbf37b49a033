/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "clock.h"
#include "fake_machine.h"
#include "target.h"

enum {
	CPUS = 2,
	REGISTERS = 24,
	INSTRUCTIONS = 16,
	COUNTING = 8,
	PC_INDEX = 16,
	TRAPS = 16,
	/** So many instructions can be undone. */
	RECORDED = 1 << 16,
};

struct fake_cpu {
	struct sonde_thread thread;
	uint64_t registers[REGISTERS];
};

struct fake_machine {
	struct sonde_target target;
	struct sonde_space space;
	uint8_t memory[FAKE_MACHINE_BYTES];
	struct fake_cpu cpus[CPUS];
	struct sonde_thread *threads[CPUS];
	struct sonde_register registers[REGISTERS];
	struct sonde_trap_place traps[TRAPS];
	size_t trap_count;
	struct sonde_resume_plan plan;
	bool interrupted;
	/** Which CPU executed each of the last instructions: a ring. */
	uint8_t record[RECORDED];
	size_t recorded, record_end;
};

/** What stays of the machine while nobody is attached. */
static enum sonde_state state_left = SONDE_STATE_RUNNING;

static struct fake_machine *machine_of(const struct sonde_target *target)
{
	return CONTAINER_OF(target, struct fake_machine, target);
}

static struct fake_cpu *cpu_of(struct sonde_thread *thread)
{
	return CONTAINER_OF(thread, struct fake_cpu, thread);
}

/* --- memory --------------------------------------------------------------------- */

static struct sonde_error *access_memory(struct sonde_space *space, uint64_t address,
	void *to, const void *from, size_t length)
{
	struct fake_machine *machine = CONTAINER_OF(space, struct fake_machine, space);
	uint64_t offset = address - FAKE_MACHINE_BASE;
	size_t usable;

	if (offset >= FAKE_MACHINE_BYTES)
		return sonde_error_fault(address, NULL);
	usable = FAKE_MACHINE_BYTES - (size_t)offset;
	if (usable > length)
		usable = length;
	if (to)
		memcpy(to, machine->memory + offset, usable);
	else if (from)
		memcpy(machine->memory + offset, from, usable);
	return usable < length ? sonde_error_fault(address + usable, NULL) : NULL;
}

static struct sonde_error *read_memory(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	return access_memory(space, address, buffer, NULL, length);
}

static struct sonde_error *write_memory(
	struct sonde_space *space, const struct sonde_write *write)
{
	return access_memory(space, write->address, NULL, write->data, write->length);
}

static const struct sonde_space_ops space_ops = {
	.read = read_memory,
	.write = write_memory,
};

static struct sonde_error *virtual_space(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	(void)thread;
	*ret = &machine_of(target)->space;
	return NULL;
}

static const char *means(const struct sonde_target *target)
{
	(void)target;
	return "mmap";
}

static const struct sonde_memory_facet memory_facet = {
	.virtual_space = virtual_space,
	.physical_space = NULL,
	.means = means,
};

/* --- registers and threads ------------------------------------------------------- */

static void list_registers(const struct sonde_target *target,
	const struct sonde_register **ret, size_t *count)
{
	*ret = machine_of(target)->registers;
	*count = REGISTERS;
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
	*ret = machine_of(target)->threads;
	*count = CPUS;
	return NULL;
}

static const struct sonde_thread_facet thread_facet = {.list = list_threads};

/* --- control -------------------------------------------------------------------- */

static const struct sonde_trap_place *find_trap(
	const struct fake_machine *machine, bool execution, uint64_t address)
{
	for (size_t i = 0; i < machine->trap_count; i++) {
		const struct sonde_trap_place *place = &machine->traps[i];
		bool executes = place->kind <= SONDE_BREAKPOINT_HARDWARE;

		if (execution == executes &&
			(executes ? address == place->address
				  : address - place->address < place->length))
			return place;
	}
	return NULL;
}

/* One instruction; true if it ended in a stop. */
static bool execute(
	struct fake_machine *machine, struct fake_cpu *cpu, struct sonde_stop *stop)
{
	uint64_t *pc = &cpu->registers[PC_INDEX];
	const struct sonde_trap_place *trap = find_trap(machine, true, *pc);
	uint64_t place = *pc - FAKE_MACHINE_BASE;

	*stop = (struct sonde_stop){
		.reason = SONDE_STOP_SIGNAL, .signal = 5, .thread = &cpu->thread};
	if (trap)
		return true;
	*pc = FAKE_MACHINE_BASE + (place + 1) % INSTRUCTIONS;
	machine->record[machine->record_end++ % RECORDED] = (uint8_t)cpu->thread.number;
	if (machine->recorded < RECORDED)
		machine->recorded++;
	if (place != COUNTING)
		return false;
	machine->memory[FAKE_MACHINE_COUNTER - FAKE_MACHINE_BASE]++;
	trap = find_trap(machine, false, FAKE_MACHINE_COUNTER);
	if (!trap)
		return false;
	stop->reason = SONDE_STOP_WATCHPOINT;
	stop->address = FAKE_MACHINE_COUNTER;
	return true;
}

/* Undoes one instruction; true if that ended in a stop. */
static bool undo(struct fake_machine *machine, struct sonde_stop *stop)
{
	struct fake_cpu *cpu;
	uint64_t *pc;

	*stop = (struct sonde_stop){.reason = SONDE_STOP_RECORD_END,
		.signal = 5,
		.thread = &machine->cpus[0].thread};
	if (!machine->recorded)
		return true;
	machine->recorded--;
	cpu = &machine->cpus[machine->record[--machine->record_end % RECORDED]];
	pc = &cpu->registers[PC_INDEX];
	*pc = FAKE_MACHINE_BASE +
	      (*pc - FAKE_MACHINE_BASE + INSTRUCTIONS - 1) % INSTRUCTIONS;
	*stop = (struct sonde_stop){
		.reason = SONDE_STOP_SIGNAL, .signal = 5, .thread = &cpu->thread};
	if (*pc != FAKE_MACHINE_BASE + COUNTING)
		return find_trap(machine, true, *pc);
	machine->memory[FAKE_MACHINE_COUNTER - FAKE_MACHINE_BASE]--;
	if (find_trap(machine, false, FAKE_MACHINE_COUNTER)) {
		stop->reason = SONDE_STOP_WATCHPOINT;
		stop->address = FAKE_MACHINE_COUNTER;
		return true;
	}
	return find_trap(machine, true, *pc);
}

static struct sonde_error *resume(
	struct sonde_target *target, const struct sonde_resume_plan *plan)
{
	machine_of(target)->plan = *plan;
	return NULL;
}

static struct sonde_error *interrupt(struct sonde_target *target)
{
	machine_of(target)->interrupted = true;
	return NULL;
}

static struct sonde_error *step_one(struct fake_machine *machine, struct sonde_stop *ret)
{
	struct fake_cpu *cpu = cpu_of(machine->plan.step);

	if (!execute(machine, cpu, ret))
		*ret = (struct sonde_stop){
			.reason = SONDE_STOP_SIGNAL, .signal = 5, .thread = &cpu->thread};
	return NULL;
}

static struct sonde_error *wait_for_stop(
	struct sonde_target *target, int timeout_ms, struct sonde_stop *ret)
{
	struct fake_machine *machine = machine_of(target);
	int64_t deadline = sonde_deadline_in(timeout_ms);

	if (machine->plan.backwards) {
		while (!undo(machine, ret) && !machine->plan.step) {
		}
		return NULL;
	}
	if (machine->plan.step)
		return step_one(machine, ret);
	for (;;) {
		for (unsigned i = 0; i < 1000; i++)
			if (execute(machine, &machine->cpus[i % CPUS], ret))
				return NULL;
		if (machine->interrupted) {
			machine->interrupted = false;
			*ret = (struct sonde_stop){.reason = SONDE_STOP_INTERRUPT,
				.signal = 2,
				.thread = &machine->cpus[0].thread};
			return NULL;
		}
		CHECK(sonde_context_check_interrupt(target->sonde));
		if (sonde_deadline_left(deadline) == 0)
			return sonde_error_create(SONDE_ERROR_TIMEOUT, "no stop in time");
	}
}

static struct sonde_error *set_trap(
	struct sonde_target *target, const struct sonde_trap_place *place, bool insert)
{
	struct fake_machine *machine = machine_of(target);

	if (insert) {
		if (machine->trap_count == TRAPS)
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "too many");
		machine->traps[machine->trap_count++] = *place;
		return NULL;
	}
	for (size_t i = 0; i < machine->trap_count; i++) {
		if (memcmp(&machine->traps[i], place, sizeof(*place)) == 0) {
			machine->traps[i] = machine->traps[--machine->trap_count];
			return NULL;
		}
	}
	return sonde_error_create(SONDE_ERROR_NOT_FOUND, "there is no such trap");
}

static const struct sonde_control_facet control_facet = {
	.resume = resume,
	.interrupt = interrupt,
	.wait = wait_for_stop,
	.set_trap = set_trap,
};

/* --- life ----------------------------------------------------------------------- */

static struct sonde_error *detach(struct sonde_target *target, enum sonde_state leave)
{
	struct fake_machine *machine = machine_of(target);

	if (machine->trap_count)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "traps were left behind");
	state_left = leave;
	return NULL;
}

static void destroy(struct sonde_target *target)
{
	sonde_target_deinit(target);
	free(machine_of(target));
}

static const struct sonde_target_ops target_ops = {
	.detach = detach,
	.destroy = destroy,
};

static struct sonde_error *open_machine(
	struct sonde *sonde, const char *address, struct sonde_target **ret)
{
	struct fake_machine *machine = calloc(1, sizeof(*machine));
	struct sonde_target *target = &machine->target;

	(void)address;
	CHECK(sonde_target_init(target, sonde, "fake:"));
	target->ops = &target_ops;
	target->kind = "fake machine";
	target->arch = &sonde_arch_x86_64;
	target->memory = &memory_facet;
	target->registers = &register_facet;
	target->threads = &thread_facet;
	target->control = &control_facet;
	target->state = SONDE_STATE_STOPPED;
	target->found = state_left;
	machine->space = (struct sonde_space){.ops = &space_ops,
		.name = "virtual",
		.page_bytes = 4096,
		.limit = UINT64_MAX,
		.traps = &target->traps,
		.epoch = &target->epoch};
	memset(machine->memory, 0x90, INSTRUCTIONS);
	for (unsigned i = 0; i < REGISTERS; i++)
		machine->registers[i] = (struct sonde_register){
			.name = sonde_arch_x86_64.registers[i].name,
			.group = "general",
			.bits = sonde_arch_x86_64.registers[i].bits,
			.index = i};
	for (unsigned i = 0; i < CPUS; i++) {
		machine->cpus[i].thread = (struct sonde_thread){
			.target = target, .number = i, .name = i ? "1" : "0"};
		machine->cpus[i].registers[PC_INDEX] = FAKE_MACHINE_BASE + i;
		machine->threads[i] = &machine->cpus[i].thread;
	}
	target->current = machine->threads[0];
	*ret = target;
	return NULL;
}

const struct sonde_driver fake_machine_driver = {
	.name = "fake",
	.open = open_machine,
};
